// Starts a scripted upstream and a weir in front of it; real HTTP on loopback.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
export const weirBin = process.env.WEIR_BIN ?? path.join(root, "build/release/weir");

// An upstream that plays one reply after another. A reply is {status, headers, body} or {sse: [text, …], type, cut, hold}, or
// a function of the request that gives one.
export class Upstream {
  requests = [];
  replies = [];
  closed = 0;

  async start() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on("data", (piece) => pieces.push(piece));
      request.on("end", async () => {
        const body = Buffer.concat(pieces).toString();
        this.requests.push({ path: request.url, headers: request.headers, body });
        const next = this.replies.length > 1 ? this.replies.shift() : this.replies[0];
        const reply = typeof next === "function" ? next(request.url, body) : next;
        response.on("close", () => !response.writableEnded && this.closed++);
        if (reply.sse) {
          response.writeHead(200, { "content-type": reply.type ?? "text/event-stream" });
          for (const piece of reply.sse) {
            response.write(piece);
            await new Promise((done) => setTimeout(done, 2));
          }
          if (reply.hold) return;
          if (reply.cut) return response.destroy();
          return response.end();
        }
        response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
        response.end(typeof reply.body === "string" || Buffer.isBuffer(reply.body) ? reply.body : JSON.stringify(reply.body));
      });
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.host = `http://127.0.0.1:${this.server.address().port}`;
    this.url = `${this.host}/v1`;
    return this;
  }
  play(...replies) {
    this.requests.length = 0;
    this.replies = replies;
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export class Weir {
  constructor(config) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "weir-sdk-"));
    this.config = path.join(this.dir, "weir.toml");
    fs.writeFileSync(this.config, `listen = "127.0.0.1:0"\ndata_dir = "${this.dir}/data"\n${config}`);
    this.output = "";
  }
  async start(env = {}) {
    this.env = { ...process.env, ...env };
    delete this.env.WEIR_DATA;
    this.child = spawn(weirBin, ["up", "--config", this.config], { env: this.env });
    this.child.stdout.on("data", (piece) => (this.output += piece));
    this.child.stderr.on("data", (piece) => (this.output += piece));
    for (let i = 0; i < 500 && !/listening on (\S+)/.test(this.output); i++) await new Promise((done) => setTimeout(done, 20));
    const found = /listening on (\S+)/.exec(this.output);
    if (!found) throw new Error(`weir did not start: ${this.output}`);
    this.url = found[1];
    this.token = this.run("token").trim();
    this.person = this.run("token", "--person").trim();
    return this;
  }
  run(...args) {
    const done = spawnSync(weirBin, [...args, "--config", this.config], { env: this.env, encoding: "utf8" });
    return done.stdout + done.stderr;
  }
  async admin(method, target, body) {
    const reply = await fetch(this.url + target, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${this.person}` } });
    return { status: reply.status, json: await reply.json() };
  }
  // Answers the next ask, once there is one.
  async answerNext(answer) {
    for (let i = 0; i < 500; i++) {
      const { json } = await this.admin("GET", "/weir/approvals");
      if (json.pending.length > 0) {
        await this.admin("POST", `/weir/approvals/${json.pending[0].id}`, { answer });
        return json.pending[0];
      }
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error("nobody was asked");
  }
  files() {
    const out = [];
    const walk = (dir) => {
      for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
        const full = path.join(dir, entry.name);
        if (entry.isDirectory()) walk(full);
        else if (!/token$|ledger\.key$/.test(entry.name)) out.push(fs.readFileSync(full).toString("latin1"));
      }
    };
    walk(path.join(this.dir, "data"));
    return out.join("\n");
  }
  async stop() {
    this.child.kill("SIGTERM");
    await new Promise((done) => (this.child.exitCode === null ? this.child.on("exit", done) : done()));
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

export const kCanary = "UK77EVIL00001111222233";
export const tools = ["files__read", "bank__send_money", "mail__search"];

// What the wire looks like: chunks of Chat Completions.
export function chatChunk(delta, finish = null, index = 0) {
  return `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
}
const kWords = /(?<= )/;
export function chatStream(text, calls, { finish = calls.length ? "tool_calls" : "stop", cut = kWords } = {}) {
  const out = [chatChunk({ role: "assistant", content: "" })];
  for (const word of text.split(cut)) if (word) out.push(chatChunk({ content: word }));
  calls.forEach(([id, name, args], index) => {
    out.push(chatChunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }));
    const json = JSON.stringify(args);
    for (let i = 0; i < json.length; i += 7) out.push(chatChunk({ tool_calls: [{ index, function: { arguments: json.slice(i, i + 7) } }] }));
  });
  out.push(chatChunk({}, finish));
  out.push(`data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } })}\n\n`);
  out.push("data: [DONE]\n\n");
  return { sse: out };
}
export function chatWhole(text, calls, { finish = calls.length ? "tool_calls" : "stop" } = {}) {
  const message = { role: "assistant", content: text || null };
  if (calls.length) message.tool_calls = calls.map(([id, name, args]) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } }));
  return { body: { id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, message, finish_reason: finish }], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } } };
}

// And events of Messages. Each message has an id of its own: Claude Code joins those that share one.
let messages = 0;
const messageId = () => `msg_${++messages}`;
const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;
export const kThinking = { type: "thinking", thinking: "Let me see.", signature: "c2lnbmF0dXJl/+8=" };
export function messageStream(text, calls, { thinking = false, stop = calls.length ? "tool_use" : "end_turn", cut = kWords } = {}) {
  const out = [event("message_start", { message: { id: messageId(), type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 1 } } }), event("ping", {})];
  let index = 0;
  if (thinking) {
    out.push(event("content_block_start", { index, content_block: { type: "thinking", thinking: "", signature: "" } }));
    out.push(event("content_block_delta", { index, delta: { type: "thinking_delta", thinking: kThinking.thinking } }));
    out.push(event("content_block_delta", { index, delta: { type: "signature_delta", signature: kThinking.signature } }));
    out.push(event("content_block_stop", { index: index++ }));
  }
  if (text) {
    out.push(event("content_block_start", { index, content_block: { type: "text", text: "" } }));
    for (const word of text.split(cut)) out.push(event("content_block_delta", { index, delta: { type: "text_delta", text: word } }));
    out.push(event("content_block_stop", { index: index++ }));
  }
  for (const [id, name, args] of calls) {
    out.push(event("content_block_start", { index, content_block: { type: "tool_use", id, name, input: {} } }));
    const json = JSON.stringify(args);
    for (let i = 0; i < json.length; i += 7) out.push(event("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: json.slice(i, i + 7) } }));
    out.push(event("content_block_stop", { index: index++ }));
  }
  out.push(event("message_delta", { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 9 } }));
  out.push(event("message_stop", {}));
  return { sse: out };
}
export function messageWhole(text, calls, { thinking = false, stop = calls.length ? "tool_use" : "end_turn" } = {}) {
  const content = [];
  if (thinking) content.push(kThinking);
  if (text) content.push({ type: "text", text });
  for (const [id, name, input] of calls) content.push({ type: "tool_use", id, name, input });
  return { body: { id: messageId(), type: "message", role: "assistant", model: "m", content, stop_reason: stop, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 9 } } };
}

// And events of Responses. A call is [id, name, arguments]; arguments that are a string make it a custom tool's.
let responses = 0;
function responseItems(text, calls, { reasoning = false } = {}) {
  const n = ++responses;
  const items = [];
  if (reasoning) items.push({ id: `rs_${n}`, type: "reasoning", summary: [{ type: "summary_text", text: "Let me see." }], encrypted_content: "c2VhbGVk/+8=" });
  if (text) items.push({ id: `msg_${n}`, type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text, annotations: [], logprobs: [] }] });
  for (const [id, name, args] of calls) {
    const custom = typeof args === "string";
    const item = { id: `${custom ? "ctc" : "fc"}_${id}`, type: custom ? "custom_tool_call" : "function_call", status: "completed", call_id: id, name };
    items.push(custom ? { ...item, input: args } : { ...item, arguments: JSON.stringify(args) });
  }
  return items;
}
function responseObject(status, output) {
  const usage = status === "in_progress" ? null : { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 4, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 7 };
  return { id: `resp_${responses}`, object: "response", created_at: 1, status, model: "m", output, usage, error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true, temperature: 1, tool_choice: "auto", tools: [], top_p: 1 };
}
export function responseStream(text, calls, options) {
  const items = responseItems(text, calls, options);
  const out = [];
  let number = 0;
  const say = (type, data) => out.push(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...data })}\n\n`);
  say("response.created", { response: responseObject("in_progress", []) });
  say("response.in_progress", { response: responseObject("in_progress", []) });
  items.forEach((item, output_index) => {
    const at = { item_id: item.id, output_index };
    const key = item.type === "custom_tool_call" ? "input" : "arguments";
    const begun = { ...item, ...(item[key] !== undefined && { [key]: "" }), ...(item.content && { content: [] }), ...(item.summary && { summary: [] }), ...(item.status && { status: "in_progress" }) };
    say("response.output_item.added", { output_index, item: begun });
    if (item.type === "reasoning") {
      say("response.reasoning_summary_part.added", { ...at, summary_index: 0, part: { type: "summary_text", text: "" } });
      say("response.reasoning_summary_text.delta", { ...at, summary_index: 0, delta: item.summary[0].text });
      say("response.reasoning_summary_text.done", { ...at, summary_index: 0, text: item.summary[0].text });
      say("response.reasoning_summary_part.done", { ...at, summary_index: 0, part: item.summary[0] });
    } else if (item.type === "message") {
      const part = item.content[0];
      say("response.content_part.added", { ...at, content_index: 0, part: { ...part, text: "" } });
      for (const word of part.text.split(/(?<= )/)) say("response.output_text.delta", { ...at, content_index: 0, delta: word, logprobs: [] });
      say("response.output_text.done", { ...at, content_index: 0, text: part.text, logprobs: [] });
      say("response.content_part.done", { ...at, content_index: 0, part });
    } else {
      const about = key === "input" ? "response.custom_tool_call_input" : "response.function_call_arguments";
      for (let i = 0; i < item[key].length; i += 7) say(`${about}.delta`, { ...at, delta: item[key].slice(i, i + 7) });
      say(`${about}.done`, { ...at, ...(key === "arguments" && { name: item.name }), [key]: item[key] });
    }
    say("response.output_item.done", { output_index, item });
  });
  say("response.completed", { response: responseObject("completed", items) });
  return { sse: out };
}
export function responseWhole(text, calls, options) {
  const items = responseItems(text, calls, options);
  return { body: responseObject("completed", items) };
}

// And lines of Ollama. Calls have ids as newer servers give them, unless `ids` is false.
const ollamaHead = { model: "m", created_at: "2026-11-28T20:00:00Z" };
const ollamaEnd = { done: true, done_reason: "stop", total_duration: 5, prompt_eval_count: 3, eval_count: 4 };
const ollamaCalls = (calls, ids) => calls.map(([id, name, args], index) => ({ ...(ids && { id }), function: { index, name, arguments: args } }));
export function ollamaStream(text, calls, { cut = kWords, ids = true } = {}) {
  const say = (message) => JSON.stringify({ ...ollamaHead, message: { role: "assistant", content: "", ...message }, done: false }) + "\n";
  const out = [];
  for (const word of text.split(cut)) if (word) out.push(say({ content: word }));
  for (const call of ollamaCalls(calls, ids)) out.push(say({ tool_calls: [call] }));
  out.push(JSON.stringify({ ...ollamaHead, message: { role: "assistant", content: "" }, ...ollamaEnd }) + "\n");
  return { sse: out, type: "application/x-ndjson" };
}
export function ollamaWhole(text, calls, { ids = true } = {}) {
  const message = { role: "assistant", content: text, ...(calls.length && { tool_calls: ollamaCalls(calls, ids) }) };
  return { body: { ...ollamaHead, message, ...ollamaEnd } };
}

// And events of Gemini. Each call bears a signature of its own.
const geminiParts = (text, calls, ids) => [...(text ? [{ text }] : []), ...calls.map(([id, name, args]) => ({ functionCall: { ...(ids && { id }), name, args }, thoughtSignature: Buffer.from(`signed ${id} \u00ff`).toString("base64") }))];
const geminiBody = (parts, end) => ({ candidates: [{ content: { parts, role: "model" }, ...(end && { finishReason: "STOP" }), index: 0 }], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 }, modelVersion: "m", responseId: "r1" });
export function geminiStream(text, calls, { cut = kWords, ids = true } = {}) {
  const say = (parts, end) => `data: ${JSON.stringify(geminiBody(parts, end))}\r\n\r\n`;
  const out = text.split(cut).filter(Boolean).map((word) => say([{ text: word }]));
  // Calls come with the end, as they mostly do.
  out.push(say(calls.length ? geminiParts("", calls, ids) : [{ text: "" }], true));
  return { sse: out };
}
export function geminiWhole(text, calls, { ids = true } = {}) {
  return { body: geminiBody(geminiParts(text, calls, ids), true) };
}
