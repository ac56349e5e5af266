// The features of MCP 2025-11-25, one check each, by each route. Prints the table of what works where.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { httpTransport, Peer, poll, Relay, routes, serversFor, startHttp, temporary, textOf, until, Way, Weir } from "./lib.mjs";

let dir, own, servers, weir, web, net;
const straight = () => new Way("direct", { servers, weir });

before(async () => {
  dir = temporary("files");
  fs.writeFileSync(path.join(dir, "hello.txt"), "Hello from a file.\n");
  web = await startHttp("probe.mjs", { env: { PROBE_NAME: "net" } });
  own = Object.fromEntries(routes.map((route) => [route, temporary(`own-${route}`)]));
  servers = { ...serversFor(dir), net: { url: web.url } };
  servers.files.command.push(...Object.values(own));
});
// A weir for each way: it remembers, over all its clients, what was written after something had failed or was a stranger's.
async function startWeir() {
  weir = await new Weir({
    servers, keys: `ask_timeout = "0s"`,
    tables: [`file:${dir}`, `file:${dir}/**`, "tool:files/*", "tool:memory/*"].map((origin) => `[[trust]]\norigin = "${origin}"\nintegrity = "trusted"\n`).join(""),
  }).start();
}
after(async () => {
  await web.stop();
  for (const each of [dir, ...Object.values(own)]) fs.rmSync(each, { recursive: true, force: true });
});

const features = [];
// `only`: the routes where it means something.
function feature(name, check, only = ["direct", "http", "stdio"]) {
  features.push({ name, check, only, outcome: {} });
}
const same = (a, b) => assert.deepEqual(a, b);
const rejectsWith = async (promise, code) => assert.equal(await promise.then(() => "no error", (error) => error.code), code);

feature("initialize, ping, instructions", async (way) => {
  const peer = await way.to("probe");
  assert.ok(peer.client.getServerVersion().name);
  const capabilities = peer.client.getServerCapabilities();
  for (const each of ["tools", "resources", "prompts", "logging", "completions"]) assert.ok(capabilities[each], each);
  assert.ok(capabilities.resources.subscribe);
  same(await peer.client.ping(), {});
});

feature("tools/list, three stock servers", async (way) => {
  const plain = straight();
  try {
    for (const server of ["everything", "files", "memory"]) {
      const [here, there] = [await way.list(server, "tools"), await plain.list(server, "tools")];
      assert.ok(there.length >= 5);
      same(here, there);
    }
  } finally {
    await plain.close();
  }
});

feature("lists in pages", async (way) => {
  assert.ok((await way.list("probe", "tools")).some((tool) => tool.name === "extra"), "the last page's entry");
  const peer = await way.to("probe");
  const uris = (await peer.all("listResources", "resources")).map((each) => each.uri);
  for (const letter of "abcde") assert.ok(uris.includes(`probe://note/${letter}`));
});

feature("tools/call", async (way) => {
  same(textOf(await way.call("everything", "echo", { message: "hällo\u0000\u2028𝄞" })), "Echo: hällo\u0000\u2028𝄞");
  assert.match(textOf(await way.call("everything", "get-sum", { a: 2.5, b: 1e3 })), /1002\.5/);
  assert.match(textOf(await way.call("files", "read_text_file", { path: path.join(dir, "hello.txt") })), /Hello from a file/);
  const made = path.join(own[way.route], "made.txt");
  const wrote = await way.call("files", "write_file", { path: made, content: "x\n" });
  assert.ok(!wrote.isError, textOf(wrote));
  same(fs.readFileSync(made, "utf8"), "x\n");
  await way.call("memory", "create_entities", { entities: [{ name: `weir ${way.route}`, entityType: "gateway", observations: ["carries calls"] }] });
  assert.match(textOf(await way.call("memory", "search_nodes", { query: `weir ${way.route}` })), /carries calls/);
});

feature("call without arguments", async (way) => same(textOf(await way.call("probe", "nothing")), "no arguments needed"));

feature("tool errors, protocol errors", async (way) => {
  const failed = await way.call("probe", "fail", {});
  assert.equal(failed.isError, true);
  same(textOf(failed), "it failed as it should");
  await rejectsWith(way.call("probe", "throw", {}), t.ErrorCode.InternalError);
  await rejectsWith(way.call("probe", "no_such_tool", {}), t.ErrorCode.InvalidParams);
  const peer = await way.to("probe");
  await rejectsWith(peer.client.request({ method: "no/such/method" }, t.EmptyResultSchema), t.ErrorCode.MethodNotFound);
});

feature("parallel calls", async (way) => {
  const peer = await way.to("probe");
  const slow = way.call("probe", "wait", { gate: "parallel" });
  const answers = await until(Promise.all(Array.from({ length: 60 }, (_, i) => way.call(...[
    ["probe", "echo", { text: `n${i}` }], ["everything", "echo", { message: `n${i}` }], ["files", "list_directory", { path: dir }], ["memory", "read_graph", {}],
  ][i % 4]))), "calls beside a slow one");
  answers.forEach((answer, i) => assert.match(textOf(answer), [new RegExp(`^n${i}$`), new RegExp(`n${i}$`), /hello\.txt/, /entities/][i % 4]));
  await way.call("probe", "open", { gate: "parallel" });
  same(textOf(await slow), "passed parallel");
  assert.ok(peer);
});

feature("image, links, embedded resources", async (way) => {
  const plain = straight();
  try {
    for (const [tool, args] of [["get-tiny-image", {}], ["get-resource-reference", { resourceType: "Blob", resourceId: 3 }], ["get-annotated-message", { messageType: "error", includeImage: true }], ["get-resource-links", { count: 4 }]]) {
      const [here, there] = [await way.call("everything", tool, args), await plain.call("everything", tool, args)];
      // The everything server writes the time of day into dynamic resources.
      // weir says what its label of the result is.
      delete here._meta?.["io.modelcontextprotocol/trust-annotations"];
      if (here._meta && Object.keys(here._meta).length === 0) delete here._meta;
      const stable = (result) => JSON.parse(JSON.stringify(result).replace(/\d+:\d\d:\d\d [AP]M/g, "now").replace(/"blob":"[^"]*"/g, '"blob":"now"'));
      same(stable(here), stable(there));
      assert.ok(!here.isError, textOf(here));
    }
  } finally {
    await plain.close();
  }
});

feature("structuredContent, _meta", async (way) => {
  const peer = await way.to("everything");
  await peer.all("listTools", "tools");  // the client checks against output schemas that it has seen
  same((await way.call("everything", "get-structured-content", { location: "Chicago" })).structuredContent, { temperature: 36, conditions: "Light rain / drizzle", humidity: 82 });
  const probe = await way.call("probe", "structured", {});
  same(probe.structuredContent, { list: [1, 2.5, 100], deep: { x: null }, text: "ünï" });
  same(probe._meta["example.org/kept"], [1]);
});

feature("1 MiB of text", async (way) => {
  const result = textOf(await way.call("probe", "big", { bytes: 1 << 20 }));
  same(Buffer.byteLength(result), 1 << 20);
  assert.ok(/^é+$/.test(result));
});

feature("resources/list, read", async (way) => {
  const peer = await way.to("everything");
  const found = (await peer.all("listResources", "resources")).filter((each) => each.uri.startsWith("demo://resource/static/document/"));
  assert.ok(found.length >= 5);
  assert.match((await peer.client.readResource({ uri: "demo://resource/static/document/features.md" })).contents[0].text, /Everything Server/);
  const probe = await way.to("probe");
  same((await probe.client.readResource({ uri: "probe://note/b" })).contents, [{ uri: "probe://note/b", mimeType: "text/plain", text: "text of probe://note/b" }]);
  assert.ok([-32002, t.ErrorCode.InvalidParams].includes(await probe.client.readResource({ uri: "probe://nowhere" }).then(() => 0, (error) => error.code)));
});

feature("resource templates", async (way) => {
  const peer = await way.to("everything");
  const templates = (await peer.all("listResourceTemplates", "resourceTemplates")).map((each) => each.uriTemplate);
  assert.ok(templates.some((each) => each.startsWith("demo://resource/dynamic/text/")));
  assert.match((await peer.client.readResource({ uri: "demo://resource/dynamic/text/7" })).contents[0].text, /Resource 7/);
  assert.ok((await peer.client.readResource({ uri: "demo://resource/dynamic/blob/7" })).contents[0].blob);
  same((await (await way.to("probe")).client.readResource({ uri: "probe://made/up" })).contents[0].text, "text of probe://made/up");
});

feature("resources/subscribe, updated", async (way) => {
  const peer = await way.to("probe");
  const uri = "probe://note/a";
  await peer.client.subscribeResource({ uri });
  const updated = peer.heard("notifications/resources/updated");
  same(textOf(await way.call("probe", "touch", { uri })), "touched");
  same((await updated).uri, uri);
  await peer.client.unsubscribeResource({ uri });
  same(textOf(await way.call("probe", "touch", { uri })), "nobody listens");
  const stock = await way.to("everything");
  await stock.client.subscribeResource({ uri: "demo://resource/dynamic/text/1" });
  await way.call("everything", "toggle-subscriber-updates", {});
  same((await stock.heard("notifications/resources/updated")).uri, "demo://resource/dynamic/text/1");
  await way.call("everything", "toggle-subscriber-updates", {});
});

feature("prompts/list, get", async (way) => {
  const prompts = await way.list("everything", "prompts");
  for (const name of ["simple-prompt", "args-prompt", "completable-prompt", "resource-prompt"]) assert.ok(prompts.some((each) => each.name === name), name);
  const peer = await way.to("everything");
  const got = await peer.client.getPrompt({ name: way.name("everything", "args-prompt"), arguments: { city: "Kraków", state: "x" } });
  assert.match(got.messages[0].content.text, /Kraków/);
  const embedded = await peer.client.getPrompt({ name: way.name("everything", "resource-prompt"), arguments: { resourceType: "Text", resourceId: "2" } });
  assert.ok(embedded.messages.some((message) => message.content.type === "resource"));
  const probe = await way.to("probe");
  same((await probe.client.getPrompt({ name: way.name("probe", "four"), arguments: { who: "me" } })).messages[0].content.text, "four for me");
});

feature("completion", async (way) => {
  const peer = await way.to("everything");
  const complete = (argument, context) => peer.client.complete({ ref: { type: "ref/prompt", name: way.name("everything", "completable-prompt") }, argument, ...context });
  same((await complete({ name: "department", value: "S" })).completion.values, ["Sales", "Support"]);
  same((await complete({ name: "name", value: "" }, { context: { arguments: { department: "Sales" } } })).completion.values, ["David", "Eve", "Frank"]);
  const probe = await way.to("probe");
  same((await probe.client.complete({ ref: { type: "ref/resource", uri: "probe://made/{name}" }, argument: { name: "name", value: "x" } })).completion.values, ["probe://made/{name}:name=x"]);
});

feature("logging: setLevel, messages", async (way) => {
  const peer = await way.to("probe");
  await peer.client.setLoggingLevel("warning");
  await poll(async () => textOf(await way.call("probe", "level", {})) === "warning", "the level to reach the server");
  await way.call("probe", "log", { level: "info", message: "not this" });
  await way.call("probe", "log", { level: "error", message: "but this" });
  const heard = await peer.heard("notifications/message", (params) => params.logger === "probe");
  same([heard.level, heard.data], ["error", { message: "but this" }]);
  await peer.client.setLoggingLevel("debug");
});

async function stepsOf(way, server, count) {
  const steps = [];
  const gate = `${count} steps`;
  same(textOf(await way.call(server, "steps", { count, gate }, { onprogress: (progress) => { if (steps.push(progress) === count) way.call(server, "open", { gate }); } })), "done");
  return steps;
}

feature("progress", async (way) => {
  const steps = await stepsOf(way, "probe", 6);
  same(steps.map((each) => each.progress), [1, 2, 3, 4, 5, 6]);
  same([steps[2].total, steps[2].message], [10, "step 3"]);
  const stock = [];
  await way.call("everything", "trigger-long-running-operation", { duration: 0.2, steps: 4 }, { onprogress: (progress) => stock.push(progress.progress) });
  same(stock.slice(0, 3), [1, 2, 3]);  // the last comes with the answer, and the SDK's client may drop it
});

feature("progress while it runs", async (way) => {
  let started;
  const began = new Promise((done) => (started = done));
  const call = way.call("probe", "wait", { gate: "progress" }, { onprogress: started });
  await until(began, "progress before the end");
  await way.call("probe", "open", { gate: "progress" });
  same(textOf(await call), "passed progress");
});

feature("cancellation", async (way) => {
  const stop = new AbortController();
  let started;
  const began = new Promise((done) => (started = done));
  const call = way.call("probe", "hang", { mark: `by ${way.route}` }, { signal: stop.signal, onprogress: started });
  const failed = call.then(() => assert.fail("it was answered"), (error) => error);
  await until(began, "the call to begin");
  stop.abort("no longer wanted");
  await failed;
  assert.match(textOf(await way.call("probe", "await_cancelled", { mark: `by ${way.route}` })), new RegExp(`by ${way.route}`));
  same(textOf(await way.call("probe", "echo", { text: "still there" })), "still there");
});

feature("list_changed: tools, resources, prompts", async (way) => {
  const peer = await way.to("probe");
  await way.list("probe", "tools"), await way.list("probe", "prompts"), await peer.all("listResources", "resources");
  const has = {
    tools: async () => (await way.list("probe", "tools")).some((each) => each.name === "extra"),
    prompts: async () => (await way.list("probe", "prompts")).some((each) => each.name === "extra"),
    resources: async () => (await peer.all("listResources", "resources")).some((each) => each.uri === "probe://extra"),
  };
  for (const list of ["tools", "prompts", "resources"]) {
    assert.ok(await has[list](), `${list} before`);
    for (const there of [false, true]) {
      peer.notes.length = 0;
      const changed = peer.heard(`notifications/${list}/list_changed`);
      await way.call("probe", "toggle", { list });
      await changed;
      // Of several servers another may have been the one that changed.
      await poll(async () => (await has[list]()) === there, `${list} after the change`, 3000);
    }
  }
});

feature("sampling", async (way) => {
  same(textOf(await way.call("probe", "sample", { prompt: "What now?" })), "sampled: What now?");
  assert.match(textOf(await way.call("everything", "trigger-sampling-request", { prompt: "hi", maxTokens: 5 })), /sampled: Resource trigger-sampling-request context: hi/);
});

feature("elicitation", async (way) => {
  const peer = await way.to("probe");
  same(textOf(await way.call("probe", "elicit", { question: "Which colour?" })), "accept blue");
  peer.elicit = () => ({ action: "decline" });
  same(textOf(await way.call("probe", "elicit", { question: "Which colour?" })), "decline ");
  peer.elicit = null;
  const stock = await way.to("everything");
  stock.elicit = () => ({ action: "cancel" });
  assert.match(textOf(await way.call("everything", "trigger-elicitation-request", {})), /cancel/);
  stock.elicit = null;
});

feature("roots, roots/list_changed", async (way) => {
  const peer = await way.to("probe");
  same(textOf(await way.call("probe", "list_roots", {})), "file:///srv/first");
  peer.roots = ["file:///srv/second", "file:///srv/third"];
  await peer.client.sendRootsListChanged();
  same(textOf(await way.call("probe", "await_roots_changed", {})), "roots changed");
  same(textOf(await way.call("probe", "list_roots", {})), "file:///srv/second,file:///srv/third");
  peer.roots = ["file:///srv/first"];
});

feature("upstream over HTTP: all of the above in short", async (way) => {
  const peer = await way.to("net");
  same(textOf(await way.call("net", "echo", { text: "over HTTP" })), "over HTTP");
  same((await stepsOf(way, "net", 3)).map((each) => each.progress), [1, 2, 3]);
  same(textOf(await way.call("net", "sample", { prompt: "a" })), "sampled: a");
  same(textOf(await way.call("net", "elicit", { question: "b" })), "accept blue");
  same(textOf(await way.call("net", "list_roots", {})), "file:///srv/first");
  const changed = peer.heard("notifications/prompts/list_changed");
  await way.list("net", "prompts");
  await way.call("net", "toggle", { list: "prompts" });
  await changed;
  await way.call("net", "toggle", { list: "prompts" });
  const stop = new AbortController();
  let started;
  const began = new Promise((done) => (started = done));
  const failed = way.call("net", "hang", { mark: "h" }, { signal: stop.signal, onprogress: started }).then(() => assert.fail("answered"), (error) => error);
  await until(began, "the call to begin");
  stop.abort();
  await failed;
  same(textOf(await way.call("net", "await_cancelled", { mark: "h" })), "h");
});

feature("resume of a broken stream", async (way) => {
  const relay = await new Relay().start(way.direct ? web.url : `${weir.url}/mcp`);
  const peer = await new Peer(httpTransport(relay.url, weir && !way.direct ? weir.token : "")).connect();
  const call = (tool, args, options) => peer.client.callTool({ name: way.direct ? tool : `probe__${tool}`, arguments: args }, undefined, { timeout: 30000, ...options });
  try {
    let started;
    const began = new Promise((done) => (started = done));
    const steps = [];
    const waiting = call("wait", { gate: "cut" }, { onprogress: (each) => { steps.push(each.progress); started(); } });
    await until(began, "the stream to begin");
    relay.cut();
    const before = relay.total;
    // The client's pool may still hold a connection that was cut.
    await poll(() => call("open", { gate: "cut" }).then(() => true, () => false), "a new connection");
    same(textOf(await waiting), "passed cut");
    same(steps, [1, 2]);  // each once
    assert.ok(relay.total > before, "it came back on another connection");
  } finally {
    await peer.close();
    relay.stop();
  }
}, ["direct", "http"]);

feature("two clients, sessions of their own", async (way) => {
  const other = new Way(way.route, { servers, weir });
  try {
    await way.call("probe", "remember", { what: "mine" });
    await other.call("probe", "remember", { what: "theirs" });
    same(textOf(await way.call("probe", "recall", {})), "mine");
    same(textOf(await other.call("probe", "recall", {})), "theirs");
    await (await way.to("probe")).client.subscribeResource({ uri: "probe://note/c" });
    same(textOf(await other.call("probe", "touch", { uri: "probe://note/c" })), "nobody listens");
    // The same id of two clients at once is two requests.
    const [one, two] = await Promise.all([way.call("probe", "echo", { text: "one" }), other.call("probe", "echo", { text: "two" })]);
    same([textOf(one), textOf(two)], ["one", "two"]);
    await other.close();
    same(textOf(await way.call("probe", "recall", {})), "mine");
  } finally {
    await other.close();
  }
});

feature("a server that died is there again", async (way) => {
  await way.call("probe", "die", {}).then(() => assert.fail("the dead answered"), (error) => error);
  if (way.direct) return way.peers.delete("probe");
  same(textOf(await poll(() => way.call("probe", "echo", { text: "back" }).catch(() => null), "the server to be back")), "back");
});

feature("session ends with DELETE", async (way) => {
  const url = way.direct ? web.url : `${weir.url}/mcp`;
  const transport = httpTransport(url, way.direct ? "" : weir.token);
  const peer = await new Peer(transport).connect();
  await peer.all("listTools", "tools");
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-session-id": transport.sessionId, "mcp-protocol-version": "2025-11-25", ...(way.direct ? {} : { "weir-token": weir.token }) };
  await peer.close();
  const reply = await fetch(url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }) });
  same(reply.status, 404);
}, ["direct", "http"]);

for (const route of routes) {
  describe(`by ${route}`, () => {
    let way;
    before(async () => {
      if (route !== "direct") await startWeir();
      way = new Way(route, { servers, weir });
    });
    after(async () => {
      await way.close();
      await weir?.discard();
      weir = null;
    });
    for (const each of features) {
      if (!each.only.includes(route)) continue;
      test(`${each.name} [${route}]`, { timeout: 40000 }, async () => {
        each.outcome[route] = "FAILS";
        await each.check(way);
        each.outcome[route] = "yes";
      });
    }
  });
}

after(() => {
  const titles = { direct: "direct", http: "weir http", stdio: "weir stdio" };
  console.log(`FEATURES | ${"".padEnd(48)} | ${routes.map((route) => titles[route].padEnd(10)).join(" | ")}`);
  for (const each of features) console.log(`FEATURES | ${each.name.padEnd(48)} | ${routes.map((route) => (each.only.includes(route) ? each.outcome[route] ?? "not run" : "-").padEnd(10)).join(" | ")}`);
});
