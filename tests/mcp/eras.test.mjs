// Clients and servers of both eras of MCP (2025-11-25 and 2026-07-28), each by its official SDK, bridged by weir in
// all four combinations, over HTTP and by `weir mcp` on stdio.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { fixture, httpTransport, node, Peer, poll, startHttp, stdioTransport, textOf, until, Weir, weirBin } from "./lib.mjs";

const same = assert.deepStrictEqual;
const kAnnotations = "io.modelcontextprotocol/trust-annotations";
let weir, net;

before(async () => {
  net = await startHttp("stateless.mjs", { env: { STATELESS_NAME: "newnet" } });
  weir = await new Weir({
    servers: { old: { command: [node, fixture("probe.mjs")] }, new: { command: [node, fixture("stateless.mjs")] }, newnet: { url: net.url } },
    manifests: ["eras.toml"],
  }).start();
});
after(async () => {
  await weir?.discard();
  await net?.stop();
});

// The two SDKs' clients, as far as they are used here, in one shape.
class Handshake {
  async connect(route) {
    this.peer = await new Peer(route === "http" ? httpTransport(`${weir.url}/mcp`, weir.token) : stdioTransport([weirBin, "mcp", "--config", weir.config], weir.env)).connect();
    this.client = this.peer.client;
    return this;
  }
  call(name, args = {}, options) { return this.client.callTool({ name, arguments: args }, undefined, { timeout: 30000, ...options }); }
  heard(...args) { return this.peer.heard(...args); }
  log(level) { return this.client.setLoggingLevel(level); }
  async subscribe(uri) { await this.client.listTools(); await this.client.subscribeResource({ uri }); }
  setRoots(uris) { this.peer.roots = uris; }
  close() { return this.peer.close(); }
}

class Stateless {
  notes = [];
  waiters = [];
  roots = ["file:///srv/first"];
  async connect(route, headers = {}) {
    const capabilities = { sampling: {}, elicitation: { form: {} }, roots: {} };
    this.client = new Client({ name: "weir-eras", version: "1" }, { capabilities, versionNegotiation: { mode: { pin: "2026-07-28" } } });
    this.client.setRequestHandler("sampling/createMessage", ({ params }) => ({ model: "scripted", role: "assistant", content: { type: "text", text: `sampled: ${params.messages[0].content.text}` } }));
    this.client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { colour: "blue" } }));
    this.client.setRequestHandler("roots/list", () => ({ roots: this.roots.map((uri) => ({ uri })) }));
    this.client.fallbackNotificationHandler = async (note) => { this.notes.push(note); this.waiters = this.waiters.filter((waiter) => !waiter()); };
    for (const method of ["notifications/message", "notifications/tools/list_changed", "notifications/resources/updated"]) this.client.setNotificationHandler(method, (note) => this.client.fallbackNotificationHandler(note));
    const transport = route === "http" ? new StreamableHTTPClientTransport(new URL(`${weir.url}/mcp`), { requestInit: { headers: { authorization: `Bearer ${weir.token}`, ...headers } } }) : new StdioClientTransport({ command: weirBin, args: ["mcp", "--config", weir.config], env: { PATH: process.env.PATH, HOME: process.env.HOME ?? "/", ...weir.env }, stderr: "ignore" });
    await this.client.connect(transport, { timeout: 30000 });
    return this;
  }
  call(name, args = {}, options = {}) {
    const meta = this.level ? { _meta: { "io.modelcontextprotocol/logLevel": this.level } } : {};
    return this.client.callTool({ name, arguments: args, ...meta }, { timeout: 30000, ...options });
  }
  heard(method, fits = () => true, ms = 20000) {
    const take = () => {
      const at = this.notes.findIndex((note) => note.method === method && fits(note.params ?? {}));
      return at >= 0 ? this.notes.splice(at, 1)[0].params : null;
    };
    const there = take();
    if (there) return Promise.resolve(there);
    return until(new Promise((done) => this.waiters.push(() => { const found = take(); if (found) done(found); return Boolean(found); })), method, ms);
  }
  log(level) { this.level = level; }
  async subscribe(uri) { this.subscription = await this.client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] }); }
  setRoots(uris) { this.roots = uris; }
  async close() { await this.subscription?.close(); await this.client.close(); }
}

const clients = { "2025-11-25": Handshake, "2026-07-28": Stateless };
const resources = { old: "probe://note/a", new: "stateless://note", newnet: "newnet://note" };

for (const [era, Kind] of Object.entries(clients)) {
  for (const route of ["http", "stdio"]) {
    for (const server of ["old", "new", "newnet"]) {
      describe(`client of ${era} by ${route}, server ${server}`, { timeout: 90000 }, () => {
        let client;
        const call = (tool, args, options) => client.call(`${server}__${tool}`, args, options);
        before(async () => { client = await new Kind().connect(route); });
        after(() => client?.close());

        test("lists and calls", async () => {
          const names = (await poll(async () => { const { tools } = await client.client.listTools(); return ["old", "new", "newnet"].every((each) => tools.some((tool) => tool.name === `${each}__echo`)) && tools; }, "all servers' tools")).map((tool) => tool.name);
          assert.ok(names.includes(`${server}__elicit`));
          same(textOf(await call("echo", { text: "wörld" })), "wörld");
          const failed = await call("fail");
          same([textOf(failed), failed.isError], ["it failed as it should", true]);
          await assert.rejects(call("throw"), /thrown/);
          await assert.rejects(call("no_such_tool"), /no_such_tool/);
          const structured = await call("structured");
          same(structured._meta["example.org/kept"], [1]);
          same(structured._meta[kAnnotations], { untrusted: false, sensitive: false });
          // Before 2026-07-28 structured content is an object.
          if (server === "old") same(structured.structuredContent.list, [1, 2.5, 100]);
          else same(structured.structuredContent, era === "2026-07-28" ? [1, 2.5] : undefined);
        });

        test("resources, prompts, completion", async () => {
          same((await client.client.readResource({ uri: resources[server] })).contents[0].text, `text of ${resources[server]}`);
          await assert.rejects(client.client.readResource({ uri: `${resources[server]}/no` }));
          same((await client.client.getPrompt({ name: `${server}__one`, arguments: { who: "me" } })).messages[0].content.text, "one for me");
          assert.match((await client.client.complete({ ref: { type: "ref/prompt", name: `${server}__one` }, argument: { name: "who", value: "m" } })).completion.values[0], /who=m/);
        });

        test("what the server asks of the client", async () => {
          same(textOf(await call("sample", { prompt: "What now?" })), "sampled: What now?");
          same(textOf(await call("elicit", { question: "Which colour?" })), "accept blue");
          client.setRoots(["file:///srv/a", "file:///srv/b"]);
          same(textOf(await call("list_roots")), "file:///srv/a,file:///srv/b");
          if (server === "old") return;
          same(textOf(await call("both")), "sampled: one blue");
          same(textOf(await call("later")), "at last");
        });

        test("progress", async () => {
          const steps = [];
          const gate = `${era} ${route} ${server}`;
          same(textOf(await call("steps", { count: 4, gate }, { onprogress: (each) => { if (steps.push(each.progress) === 4) call("open", { gate }); } })), "done");
          same(steps, [1, 2, 3, 4]);
        });

        test("cancellation", async () => {
          const stop = new AbortController();
          const mark = `${era} by ${route}`;
          let started;
          const began = new Promise((done) => (started = done));
          const failed = call("hang", { mark }, { signal: stop.signal, onprogress: started }).then(() => assert.fail("it was answered"), (error) => error);
          await until(began, "the call to begin");
          stop.abort("no longer wanted");
          await failed;
          assert.match(textOf(await call("await_cancelled", { mark })), new RegExp(mark));
        });

        test("log messages, only where they are wanted", async () => {
          await client.log("error");
          const args = server === "old" ? { level: "error", message: "but this" } : { message: "but this" };
          if (server === "old") await poll(async () => textOf(await call("level")) === "error", "the level to reach the server");
          await call("log", args);
          same((await client.heard("notifications/message", (params) => params.logger === (server === "old" ? "probe" : "stateless"))).data, { message: "but this" });
        });

        test("changes of lists and resources", async () => {
          await client.subscribe(resources[server]);
          client.notes ? (client.notes.length = 0) : (client.peer.notes.length = 0);
          // A server of the other era learns of the subscription behind the acknowledgement.
          const updated = client.heard("notifications/resources/updated");
          const again = setInterval(() => call("touch", { uri: resources[server] }).catch(() => {}), 200);
          try {
            same((await updated).uri, resources[server]);
          } finally {
            clearInterval(again);
          }
          const has = async () => (await client.client.listTools(...(era === "2026-07-28" ? [{}, { cacheMode: "refresh" }] : []))).tools.some((tool) => tool.name === `${server}__extra`);
          const first = await has();
          for (const there of [!first, first]) {
            const changed = client.heard("notifications/tools/list_changed");
            await call("toggle", server === "old" ? { list: "tools" } : {});
            await changed;
            await poll(async () => (await has()) === there, "the list after the change", 5000);
          }
        });
      });
    }
  }
}

test("a server of 2026-07-28 over HTTP is told chosen arguments in headers, in either era", async () => {
  const old = await new Handshake().connect("http");
  const stateless = await new Stateless().connect("http");
  await old.client.listTools(), await stateless.client.listTools();
  same(textOf(await old.call("newnet__where", { region: "Zürich" })), "=?base64?WsO8cmljaA==?=");
  same(textOf(await stateless.call("newnet__where", { region: "eu-1" })), "eu-1");
  await old.close(), await stateless.close();
});

test("clients of one Weir-Session share what they have read, others do not", async () => {
  const count = async () => (await weir.admin("GET", "/weir/status")).json;
  assert.ok(await count());
  const one = await new Stateless().connect("http", { "weir-session": "one" });
  const two = await new Stateless().connect("http", { "weir-session": "two" });
  same(textOf(await one.call("old__remember", { what: "mine" })), "remembered");
  same(textOf(await two.call("old__remember", { what: "theirs" })), "remembered");
  same(textOf(await one.call("old__recall")), "mine");
  same(textOf(await two.call("old__recall")), "theirs");
  await one.close(), await two.close();
});
