// The official @google/genai package against weir: what the matrix does not have, and the shapes that its types name.
import { GoogleGenAI } from "@google/genai";
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { geminiStream, geminiWhole, kCanary, tools, Upstream, Weir } from "./harness.mjs";

let upstream, weir, client;
const functionDeclarations = tools.map((name) => ({ name, parametersJsonSchema: { type: "object", properties: { path: { type: "string" } } } }));
const user = (text) => ({ role: "user", parts: [{ text }] });
const post = (method, body, headers = { "x-goog-api-key": weir.token }, query = "") => fetch(`${weir.url}/v1beta/models/gemini-m:${method}${query}`, { method: "POST", headers, body: JSON.stringify(body) });

before(async () => {
  upstream = await new Upstream().start();
  weir = await new Weir(`ask_timeout = "0s"\n[upstream.main]\nurl = "${upstream.host}/v1beta"\ndialect = "gemini"\nkey_env = "TEST_UPSTREAM_KEY"\n`).start({ TEST_UPSTREAM_KEY: "AIza-upstream" });
  client = new GoogleGenAI({ apiKey: weir.token, httpOptions: { baseUrl: weir.url } });
});
after(async () => {
  await weir.stop();
  upstream.stop();
});

test("models and tokens", async () => {
  upstream.play({ body: { models: [{ name: "models/gemini-m" }] } });
  const names = [];
  for await (const model of await client.models.list()) names.push(model.name);
  assert.deepEqual(names, ["models/gemini-m"]);
  assert.match(upstream.requests[0].path, /^\/v1beta\/models/);
  assert.equal(upstream.requests[0].headers["x-goog-api-key"], "AIza-upstream");
  upstream.play({ body: { totalTokens: 5 } });
  assert.equal((await client.models.countTokens({ model: "gemini-m", contents: "hi" })).totalTokens, 5);
  assert.equal(upstream.requests[0].path, "/v1beta/models/gemini-m:countTokens");
});

test("the key may stand in the address, and goes nowhere from there", async () => {
  upstream.play(geminiWhole("hi", []));
  assert.equal((await post("generateContent", { contents: [user("hi")] }, {}, `?key=${weir.token}&alt=json`)).status, 200);
  assert.equal(upstream.requests[0].path, "/v1beta/models/gemini-m:generateContent?alt=json");
  assert.equal(upstream.requests[0].headers["x-goog-api-key"], "AIza-upstream");
  assert.equal((await post("generateContent", { contents: [user("hi")] }, {}, "?key=wrong-key-value")).status, 401);
  assert.equal((await post("generateContent", { contents: [user("hi")] }, {})).status, 401);
  assert.equal((await fetch(`${weir.url}/v1beta/unknown?key=${weir.token}`)).status, 404);
  const everything = weir.files() + weir.output;
  for (const secret of [weir.token, "wrong-key-value", "AIza-upstream"]) assert.ok(!everything.includes(secret));
});

test("the client's own key passes where the upstream takes it", async () => {
  const own = await new Weir(`[upstream.main]\nurl = "${upstream.host}/v1beta"\ndialect = "gemini"\nkey = "client"\n`).start();
  try {
    upstream.play(geminiWhole("hi", []));
    const other = new GoogleGenAI({ apiKey: "AIza-client", httpOptions: { baseUrl: `${own.url}/t/${own.token}` } });
    assert.equal((await other.models.generateContent({ model: "gemini-m", contents: "hi" })).text, "hi");
    assert.equal(upstream.requests[0].headers["x-goog-api-key"], "AIza-client");
    await fetch(`${own.url}/t/${own.token}/v1beta/models/gemini-m:generateContent?key=AIza-query`, { method: "POST", body: JSON.stringify({ contents: [user("hi")] }) });
    assert.equal(upstream.requests[1].headers["x-goog-api-key"], "AIza-query");
    assert.ok(!upstream.requests[1].path.includes("AIza"));
  } finally {
    await own.stop();
  }
});

test("a stream without alt=sse is one list", async () => {
  upstream.play(geminiStream("Good morning to you.", [["c1", "files__read", { path: "x" }]]));
  const reply = await post("streamGenerateContent", { contents: [user("read x")], tools: [{ functionDeclarations }] });
  assert.match(reply.headers.get("content-type"), /^application\/json/);
  const list = await reply.json();
  assert.equal(upstream.requests[0].path, "/v1beta/models/gemini-m:streamGenerateContent?alt=sse");
  const parts = list.flatMap((chunk) => chunk.candidates[0].content.parts);
  assert.equal(parts.map((part) => part.text ?? "").join(""), "Good morning to you.");
  assert.equal(parts.at(-1).functionCall.name, "files__read");
  // An upstream that breaks off ends the list with its error.
  upstream.play({ sse: geminiStream("Good morning to you.", []).sse.slice(0, 2) });
  const broken = await (await post("streamGenerateContent", { contents: [user("hi")] })).json();
  assert.match(broken.at(-1).error.message, /^weir: .*in the middle of a reply/);
});

test("the package's own chat, with functions that it calls itself", async () => {
  // Signatures come back byte for byte, and the planner sees that its call was stopped.
  const ran = [];
  const tool = {
    tool: async () => ({ functionDeclarations }),
    callTool: async (calls) => calls.map((call) => (ran.push([call.name, call.args]), { functionResponse: { id: call.id, name: call.name, response: { output: "words" } } })),
  };
  upstream.play(
    geminiWhole("Reading.", [["c1", "files__read", { path: "a" }], ["c2", "shell__run", { command: kCanary }]]),
    geminiWhole("Done.", []),
  );
  const reply = await client.models.generateContent({ model: "gemini-m", contents: "read a", config: { tools: [tool] } });
  assert.equal(reply.text, "Done.");
  assert.deepEqual(ran, [["files__read", { path: "a" }]]);
  const { contents } = JSON.parse(upstream.requests[1].body);
  assert.deepEqual(contents[1].parts, geminiWhole("Reading.", [["c1", "files__read", { path: "a" }], ["c2", "shell__run", { command: kCanary }]]).body.candidates[0].content.parts);
  assert.deepEqual(contents[2].parts.map((part) => part.functionResponse.id).sort(), ["c1", "c2"]);
  assert.match(JSON.stringify(contents[2].parts), /weir did not let this call through/);
});

test("what the provider would run, or keeps, is refused by name", async () => {
  upstream.play(geminiWhole("never", []));
  const refused = [{ tools: [{ googleSearch: {} }] }, { tools: [{ urlContext: {} }] }, { tools: [{ codeExecution: {} }] }, { tools: [{ computerUse: { environment: "ENVIRONMENT_BROWSER" } }] }, { cachedContent: "cachedContents/1" }, { candidateCount: 2 }];
  for (const config of refused)
    await assert.rejects(client.models.generateContent({ model: "gemini-m", contents: "hi", config }), (error) => error.status === 400 && /weir: /.test(error.message), JSON.stringify(config));
  for (const call of [() => client.caches.create({ model: "gemini-m", config: {} }), () => client.files.list(), () => client.models.embedContent({ model: "gemini-m", contents: "x" }), () => client.batches.list()])
    await assert.rejects(async () => {
      for await (const _ of (await call()) ?? []);
    }, (error) => error.status === 404 && /weir does not know/.test(error.message));
  assert.equal(upstream.requests.length, 0);
});

test("what the provider ran ends the reply", async () => {
  for (const part of [{ executableCode: { code: "1" } }, { toolCall: { toolType: "GOOGLE_SEARCH_WEB", args: {} } }, { functionCall: { name: "x", partialArgs: [] } }, { function_call: { name: "x" } }]) {
    upstream.play({ sse: [`data: ${JSON.stringify({ candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP" }] })}\n\n`] });
    await assert.rejects(async () => {
      for await (const chunk of await client.models.generateContentStream({ model: "gemini-m", contents: "hi" })) assert.fail(JSON.stringify(chunk));
    }, /weir: /);
  }
});

// The schema, as the package's types state it: whatever it names is known to weir, to pass or to be refused for what it
// is. A new name fails here first.
const types = fs.readFileSync(new URL("node_modules/@google/genai/dist/genai.d.ts", import.meta.url), "utf8").replaceAll("\r\n", "\n");
const membersOf = (name) => {
  const block = new RegExp(`^export declare (?:interface|class) ${name} \\{\\n([\\s\\S]*?)^\\}`, "m").exec(types)[1];
  return [...block.matchAll(/^ {4}(\w+)\?:/gm)].map((each) => each[1]);
};

test("every part, tool and member of the schema is known", async () => {
  const sample = { text: "x", functionCall: { name: "f" }, functionResponse: { name: "f", response: {} }, inlineData: { mimeType: "a/b", data: "QQ==" }, fileData: { fileUri: "https://x.example" }, audioTranscription: { text: "x" }, executableCode: { code: "x" }, codeExecutionResult: { output: "x" }, toolCall: { toolType: "x" }, toolResponse: { toolType: "x" } };
  const beside = { thought: true, thoughtSignature: "QQ==", videoMetadata: {}, mediaResolution: {}, mediaProcessing: {}, speechMetadata: {}, partMetadata: { a: 1 } };
  const parts = membersOf("Part");
  assert.ok(parts.length >= 15, parts);
  const outcome = {};
  for (const member of [...parts, "brandNew"]) {
    const part = member in beside ? { text: "x", [member]: beside[member] } : { [member]: sample[member] ?? {} };
    upstream.play(geminiWhole("ok", []));
    const asked = await post("generateContent", { contents: [member === "functionResponse" ? { role: "user", parts: [part] } : { role: "model", parts: [part] }] });
    upstream.play({ body: { candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP" }] } });
    const answered = await post("generateContent", { contents: [user("hi")], tools: [{ functionDeclarations: [{ name: "f" }] }] });
    outcome[member] = [asked.status, answered.status];
  }
  const hosted = [200, 400];
  assert.deepEqual(outcome, {
    ...Object.fromEntries(parts.map((member) => [member, [200, 200]])),
    toolCall: hosted, toolResponse: hosted, codeExecutionResult: hosted, executableCode: hosted,
    functionResponse: [200, 400], brandNew: [400, 400],
  });
  // Of a tool everything but the functions is the provider's.
  upstream.play(geminiWhole("ok", []));
  const offered = membersOf("Tool");
  assert.ok(offered.length > 12, offered);
  const ours = [];
  for (const member of [...offered, "brandNew"]) if ((await post("generateContent", { contents: [user("hi")], tools: [{ [member]: member === "functionDeclarations" ? [] : {} }] })).status === 200) ours.push(member);
  assert.deepEqual(ours, ["functionDeclarations"]);
  // A call has these members; two of them make it a piece of one.
  assert.deepEqual(membersOf("FunctionCall").sort(), ["args", "id", "name", "partialArgs", "willContinue"]);
  assert.deepEqual(membersOf("FunctionResponse").sort(), ["id", "name", "parts", "response", "scheduling", "willContinue"]);
  // No other type brings calls to a client of generateContent.
  assert.deepEqual(membersOf("Candidate").sort(), ["avgLogprobs", "citationMetadata", "content", "continuationToken", "finishMessage", "finishReason", "groundingMetadata", "index", "logprobsResult", "safetyRatings", "tokenCount", "urlContextMetadata"]);
});
