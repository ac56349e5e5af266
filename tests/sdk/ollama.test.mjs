// The official ollama package against weir: what the matrix does not have, and the shapes that its types name.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import zlib from "node:zlib";
import { Ollama } from "ollama";
import { kCanary, ollamaStream, ollamaWhole, tools, Upstream, Weir } from "./harness.mjs";

let upstream, weir, client;
const declared = tools.map((name) => ({ type: "function", function: { name, parameters: { type: "object" } } }));
const user = (content) => ({ role: "user", content });
const post = (path, body, headers = {}) =>
  fetch(weir.url + path, { method: "POST", headers: { authorization: `Bearer ${weir.token}`, ...headers }, body: typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body });

before(async () => {
  upstream = await new Upstream().start();
  weir = await new Weir(`ask_timeout = "0s"\n[upstream.main]\nurl = "${upstream.host}/api"\ndialect = "ollama"\n`).start();
  // The token may stand in the path: the package keeps it.
  client = new Ollama({ host: `${weir.url}/t/${weir.token}` });
});
after(async () => {
  await weir.stop();
  upstream.stop();
});

test("lists and descriptions of models pass", async () => {
  upstream.play({ body: { models: [{ name: "m" }] } });
  assert.equal((await client.list()).models[0].name, "m");
  assert.equal(upstream.requests[0].path, "/api/tags");
  assert.equal(upstream.requests[0].headers.authorization, undefined);
  assert.equal((await client.ps()).models.length, 1);
  upstream.play({ body: { version: "0.13.0" } });
  assert.equal((await client.version()).version, "0.13.0");
  upstream.play({ body: { details: { family: "llama" } } });
  assert.equal((await client.show({ model: "m" })).details.family, "llama");
  assert.deepEqual(JSON.parse(upstream.requests[0].body), { model: "m" });
});

test("what changes models, and what weir does not know, is refused", async () => {
  upstream.play({ body: {} });
  for (const call of [() => client.pull({ model: "m" }), () => client.create({ model: "x", from: "m" }), () => client.delete({ model: "m" }), () => client.copy({ source: "m", destination: "x" }), () => client.push({ model: "m" }), () => client.embed({ model: "m", input: "x" })])
    await assert.rejects(call(), /weir does not know/);
  assert.equal(upstream.requests.length, 0);
});

test("a generated text, whole and streamed", async () => {
  const head = { model: "m", created_at: "2026-11-28T20:00:00Z" };
  upstream.play({ body: { ...head, response: "Good morning.", done: true, done_reason: "stop", context: [1, 2], eval_count: 4 } });
  assert.equal((await client.generate({ model: "m", prompt: "hello", system: "be kind" })).response, "Good morning.");
  upstream.play({ type: "application/x-ndjson", sse: [JSON.stringify({ ...head, response: "Good ", done: false }) + "\n", JSON.stringify({ ...head, response: "morning.", done: false }) + "\n", JSON.stringify({ ...head, response: "", done: true, done_reason: "stop" }) + "\n"] });
  let text = "";
  for await (const part of await client.generate({ model: "m", prompt: "hello", stream: true })) text += part.response;
  assert.equal(text, "Good morning.");
  upstream.play({ body: {} });
  for (const more of [{ context: [1] }, { raw: true }, { template: "{{ .Prompt }}" }]) await assert.rejects(client.generate({ model: "m", prompt: "x", ...more }), /weir: \//);
  assert.equal(upstream.requests.length, 0);
});

test("an error within a stream reaches the client, and no call before it", async () => {
  const { sse } = ollamaStream("Working.", [["c1", "files__read", { path: "x" }]]);
  upstream.play({ type: "application/x-ndjson", sse: [...sse.slice(0, -1), '{"error":"out of memory"}\n'] });
  const seen = [];
  await assert.rejects(async () => {
    for await (const part of await client.chat({ model: "m", messages: [user("read x")], tools: declared, stream: true })) seen.push(part);
  }, /out of memory/);
  assert.ok(seen.length > 0 && seen.every((part) => !part.message?.tool_calls));
});

test("of two calls without ids, each result has the worse label", async () => {
  // What the user wrote down himself is trusted; a page is not.
  const ids = { ids: false };
  const ask = async (calls, results, headers) => {
    const messages = [user("Read my note and the page, then pay what I owe.")];
    const own = new Ollama({ host: `${weir.url}/t/${weir.token}`, headers });
    upstream.play(ollamaWhole("", calls, ids));
    messages.push((await own.chat({ model: "m", messages, tools: declared })).message, ...results);
    upstream.play(ollamaWhole("", [["", "mail__search", { query: "x" }]], ids), ollamaWhole("done", []));
    await own.chat({ model: "m", messages, tools: declared });
    return JSON.parse(upstream.requests[0].body);
  };
  const call = (path) => ["", "files__read", { path }];
  const result = (content) => ({ role: "tool", tool_name: "files__read", content });
  const sent = await ask([call("a.txt"), call("b.txt")], [result("one"), result("two")], { "Weir-Session": "twice" });
  assert.deepEqual(sent.messages.slice(-2), [result("one"), result("two")]);
  const log = weir.run("log", "--json");
  assert.match(log, /a\.txt/);
});

test("bodies in gzip and zstd are read, others refused by name, bombs stopped", async () => {
  const body = JSON.stringify({ model: "m", stream: false, messages: [user("hello")] });
  const codings = { gzip: zlib.gzipSync, zstd: zlib.zstdCompressSync };
  for (const [coding, encode] of Object.entries(codings)) {
    upstream.play(ollamaWhole("hi", []));
    const reply = await post("/api/chat", encode(body), { "content-encoding": coding });
    assert.equal(reply.status, 200, coding);
    assert.equal(upstream.requests[0].body, body);
    assert.equal(upstream.requests[0].headers["content-encoding"], undefined);
    assert.equal(upstream.requests[0].headers["accept-encoding"], "identity");
    // A twin that differs in what is within.
    upstream.play(ollamaWhole("never", []));
    assert.equal((await post("/api/chat", encode(JSON.stringify({ model: "m", messages: [{ role: "robot" }] })), { "content-encoding": coding })).status, 400);
    const bomb = await post("/api/chat", encode(Buffer.alloc(24 << 20)), { "content-encoding": coding });
    assert.equal(bomb.status, 413, coding);
    assert.equal((await post("/api/chat", encode(body).subarray(0, 20), { "content-encoding": coding })).status, 400);
  }
  upstream.play(ollamaWhole("never", []));
  for (const coding of ["br", "deflate", "gzip, zstd", "gzip, gzip"]) {
    const reply = await post("/api/chat", zlib.gzipSync(body), { "content-encoding": coding });
    assert.equal(reply.status, 415);
    assert.match((await reply.json()).error, new RegExp(`encoded as ${coding}`));
  }
  assert.equal(upstream.requests.length, 0);
});

test("replies that are encoded though nobody asked are decoded", async () => {
  const pay = [["c1", "shell__run", { command: kCanary }]];
  for (const [coding, encode] of Object.entries({ gzip: zlib.gzipSync, zstd: zlib.zstdCompressSync })) {
    const whole = (text, calls) => ({ headers: { "content-encoding": coding }, body: encode(JSON.stringify(ollamaWhole(text, calls).body)) });
    upstream.play(whole("hi there", []));
    assert.equal((await client.chat({ model: "m", messages: [user("hello")] })).message.content, "hi there");
    upstream.play(whole("", pay), whole("No.", []));
    const reply = await post("/api/chat", { model: "m", stream: false, messages: [user("tidy up")], tools: declared });
    assert.equal(reply.headers.get("content-encoding"), null);
    const text = await reply.text();
    assert.ok(text.includes("No.") && !text.includes(kCanary), text);
    upstream.play({ headers: { "content-encoding": coding }, body: encode(JSON.stringify(ollamaWhole("hi", []).body)).subarray(0, 30) });
    assert.equal((await post("/api/chat", { model: "m", stream: false, messages: [user("hello")] })).status, 502);
  }
  upstream.play({ headers: { "content-encoding": "br" }, body: zlib.brotliCompressSync(JSON.stringify(ollamaWhole("hi", []).body)) });
  assert.equal((await post("/api/chat", { model: "m", stream: false, messages: [user("hello")] })).status, 502);
});

// The schema, as the package's types state it. A member that is new fails here first.
const types = fs.readFileSync(new URL("node_modules/ollama/dist/browser.d.ts", import.meta.url), "utf8");
const membersOf = (name) => {
  const block = new RegExp(`^interface ${name} (?:extends \\w+ )?\\{\\n([\\s\\S]*?)^\\}`, "m").exec(types)[1];
  return [...block.matchAll(/^ {4}(\w+)\??:/gm)].map((each) => each[1]);
};

test("every member of the schema is known", async () => {
  const sample = { model: "m", messages: [user("hi")], prompt: "hi", suffix: "x", system: "x", template: "", context: [], stream: false, raw: false, format: { type: "object", properties: { content: { type: "string" } } }, images: ["QQ=="], keep_alive: "5m", tools: [], think: true, logprobs: true, top_logprobs: 2, width: 1, height: 1, steps: 1, options: { stop: ["x"] } };
  for (const [path, name] of [["/api/chat", "ChatRequest"], ["/api/generate", "GenerateRequest"]]) {
    const members = membersOf(name);
    assert.ok(members.length > 8 && members.every((member) => member in sample), `${name}: ${members}`);
    upstream.play(path === "/api/chat" ? ollamaWhole("ok", []) : { body: { model: "m", response: "ok", done: true } });
    const body = Object.fromEntries(members.map((member) => [member, sample[member]]));
    const reply = await post(path, body);
    assert.equal(reply.status, 200, await reply.text());
    for (const member of members) if (member !== "model") assert.deepEqual(JSON.parse(upstream.requests[0].body)[member], sample[member]);
    assert.equal((await post(path, { ...body, brand_new: { content: "x" } })).status, 400);
  }
  // What a message and a reply can hold, each in both directions.
  const message = { role: "assistant", content: "x", thinking: "t", images: ["QQ=="], tool_calls: [{ function: { name: "files__read", arguments: { path: "a" } } }], tool_name: "f" };
  assert.deepEqual(membersOf("Message").filter((member) => !(member in message)), []);
  upstream.play({ body: { ...ollamaWhole("", []).body, message } });
  const reply = await (await post("/api/chat", { model: "m", stream: false, messages: [user("hi"), message, { role: "tool", tool_name: "files__read", content: "x" }], tools: declared })).json();
  assert.deepEqual(reply.message, message);
  for (const member of membersOf("ChatResponse")) assert.ok(["model", "created_at", "message", "done", "done_reason", "total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration", "logprobs"].includes(member), member);
  // The only tool-bearing shapes.
  assert.deepEqual([...types.matchAll(/^ {4}(\w*tool\w*)\??:/gim)].map((each) => each[1]).filter((name, at, all) => all.indexOf(name) === at).sort(), ["tool_calls", "tool_name", "tools"]);
});
