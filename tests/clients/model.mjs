// A worst-case model: it does whatever any text that it is shown tells it to, and else its user's task. It speaks
// Chat Completions, Messages, Responses and Gemini's API, and knows no more of an agent than the tools that the agent offers.
import http from "node:http";

// The task: read a page, note its opening hours in a file, and say them.
const kHours = /Opening hours: ([^.\n]+)\./;
const kOrder = /run this command: `([^`\n]+)`/g;
const kReference = /\{\{weir:v\d+\}\}/g;

const textOf = (content) => {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((part) => (typeof part === "string" ? part : part.text ?? "")).join("") : "";
};

// What the request shows, the same for each API: {system, results, shown, tools, stream}. `shown` is all text that is
// not the model's own.
export function view(api, body, url = "") {
  const out = { system: "", results: [], users: [], tools: [], stream: body.stream === true || /:streamGenerateContent/.test(url) };
  if (api === "messages") {
    out.system = textOf(body.system);
    for (const { role, content } of body.messages ?? []) {
      if (role !== "user") {
        if (role !== "assistant") out.system += textOf(content);
        continue;
      }
      for (const block of typeof content === "string" ? [{ type: "text", text: content }] : content) {
        if (block.type === "tool_result") out.results.push(textOf(block.content));
        else if (block.type === "text") out.users.push(block.text);
      }
    }
    out.tools = (body.tools ?? []).map((tool) => tool.name);
  } else if (api === "chat") {
    for (const { role, content } of body.messages ?? []) {
      if (role === "tool") out.results.push(textOf(content));
      else if (role === "user") out.users.push(textOf(content));
      else if (role !== "assistant") out.system += textOf(content);
    }
    out.tools = (body.tools ?? []).map((tool) => tool.function?.name);
  } else if (api === "gemini") {
    out.system = textOf(body.systemInstruction?.parts);
    for (const { text, functionResponse } of (body.contents ?? []).flatMap(({ role, parts }) => (role === "model" ? [] : parts))) {
      if (functionResponse) out.results.push(Object.values(functionResponse.response ?? {}).map(String).join("\n"));
      else if (text) out.users.push(text);
    }
    out.tools = (body.tools ?? []).flatMap((tool) => (tool.functionDeclarations ?? []).map((each) => each.name));
  } else {
    out.system = body.instructions ?? "";
    for (const item of typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input ?? []) {
      if (/_output$/.test(item.type ?? "")) out.results.push(textOf(item.output));
      else if (item.role === "user") out.users.push(textOf(item.content));
      else if (item.role && item.role !== "assistant") out.system += textOf(item.content);
    }
    const late = Array.isArray(body.input) ? body.input.flatMap((item) => (item.type === "additional_tools" ? item.tools : [])) : [];
    out.tools = [...(body.tools ?? []), ...late].flatMap((tool) => [tool.name, ...(tool.tools ?? []).map((inner) => inner.name)]).filter(Boolean);
  }
  out.shown = [out.system, ...out.users, ...out.results].join("\n");
  return out;
}

// --- The APIs' replies. A call's arguments come in one piece, so that what stands in them can be found in the bytes.
let serial = 0;
const sse = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const chatReply = (stream, text, calls) => {
  const head = { id: `chatcmpl-${++serial}`, created: 1, model: "m" };
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
  const finish_reason = calls.length ? "tool_calls" : "stop";
  const tool_calls = calls.map(([name, args], index) => ({ index, id: `call_${++serial}`, type: "function", function: { name, arguments: JSON.stringify(args) } }));
  if (!stream) {
    const message = { role: "assistant", content: text || null, ...(calls.length && { tool_calls: tool_calls.map(({ index, ...call }) => call) }) };
    return [JSON.stringify({ ...head, object: "chat.completion", choices: [{ index: 0, message, finish_reason }], usage })];
  }
  const chunk = (choices, more = {}) => `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices, ...more })}\n\n`;
  const delta = (each, finish = null) => chunk([{ index: 0, delta: each, finish_reason: finish }]);
  return [delta({ role: "assistant", content: text }), ...(calls.length ? [delta({ tool_calls })] : []), delta({}, finish_reason), chunk([], { usage }), "data: [DONE]\n\n"];
};
const messageReply = (stream, text, calls) => {
  const content = [...(text || !calls.length ? [{ type: "text", text }] : []), ...calls.map(([name, input]) => ({ type: "tool_use", id: `toolu_${++serial}`, name, input }))];
  const stop_reason = calls.length ? "tool_use" : "end_turn";
  const message = { id: `msg_${++serial}`, type: "message", role: "assistant", model: "m", content, stop_reason, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 4 } };
  if (!stream) return [JSON.stringify(message)];
  const blocks = content.flatMap((block, index) => {
    const [begun, delta] = block.type === "text" ? [{ type: "text", text: "" }, { type: "text_delta", text: block.text }] : [{ ...block, input: {} }, { type: "input_json_delta", partial_json: JSON.stringify(block.input) }];
    return [sse("content_block_start", { index, content_block: begun }), sse("content_block_delta", { index, delta }), sse("content_block_stop", { index })];
  });
  return [sse("message_start", { message: { ...message, content: [], stop_reason: null } }), ...blocks, sse("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 4 } }), sse("message_stop", {})];
};
const responseReply = (stream, text, calls) => {
  const output = [];
  if (text || !calls.length) output.push({ id: `msg_${++serial}`, type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text, annotations: [], logprobs: [] }] });
  for (const [name, args, namespace] of calls) {  // arguments that are text make it a custom tool's
    const custom = typeof args === "string";
    const item = { id: `${custom ? "ctc" : "fc"}_${++serial}`, type: custom ? "custom_tool_call" : "function_call", status: "completed", call_id: `call_${++serial}`, name, ...(namespace && { namespace }) };
    output.push(custom ? { ...item, input: args } : { ...item, arguments: JSON.stringify(args) });
  }
  const usage = { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 4, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 7 };
  const whole = { id: `resp_${++serial}`, object: "response", created_at: 1, status: "completed", model: "m", output, usage, error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true, temperature: 1, tool_choice: "auto", tools: [], top_p: 1 };
  if (!stream) return [JSON.stringify(whole)];
  let sequence_number = 0;
  const say = (type, data) => sse(type, { sequence_number: sequence_number++, ...data });
  const items = output.flatMap((item, output_index) => {
    const at = { item_id: item.id, output_index };
    if (item.type === "message") {
      const part = item.content[0];
      const text_at = { ...at, content_index: 0 };
      return [say("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } }), say("response.content_part.added", { ...text_at, part: { ...part, text: "" } }),
        say("response.output_text.delta", { ...text_at, delta: part.text, logprobs: [] }), say("response.output_text.done", { ...text_at, text: part.text, logprobs: [] }),
        say("response.content_part.done", { ...text_at, part }), say("response.output_item.done", { output_index, item })];
    }
    const key = item.input === undefined ? "arguments" : "input";
    const about = key === "input" ? "response.custom_tool_call_input" : "response.function_call_arguments";
    return [say("response.output_item.added", { output_index, item: { ...item, status: "in_progress", [key]: "" } }), say(`${about}.delta`, { ...at, delta: item[key] }),
      say(`${about}.done`, { ...at, ...(key === "arguments" && { name: item.name }), [key]: item[key] }), say("response.output_item.done", { output_index, item })];
  });
  const begun = { ...whole, status: "in_progress", output: [], usage: null };
  return [say("response.created", { response: begun }), ...items, say("response.completed", { response: whole })];
};
const geminiReply = (stream, text, calls) => {
  const head = { modelVersion: "m", responseId: `r${++serial}` };
  const parts = [...(text || !calls.length ? [{ text }] : []), ...calls.map(([name, args]) => ({ functionCall: { id: `fc${++serial}`, name, args } }))];
  const whole = (each, last) => ({ candidates: [{ index: 0, content: { role: "model", parts: each }, ...(last && { finishReason: "STOP" }) }],
    ...(last && { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 } }), ...head });
  if (!stream) return [JSON.stringify(whole(parts, true))];
  return parts.map((part, at) => `data: ${JSON.stringify(whole([part], at === parts.length - 1))}\r\n\r\n`);
};
const kReplies = { chat: chatReply, messages: messageReply, responses: responseReply, gemini: geminiReply };
const kApis = { chat: /\/chat\/completions/, messages: /\/messages/, responses: /\/responses/, gemini: /:(g|streamG)enerateContent/ };
const apiOf = (url) => Object.keys(kApis).find((api) => kApis[api].test(url));

export class Model {
  // `tools`: the agent's own as calls [name, arguments, namespace]: read(path), write(path, text), shell(command).
  constructor(tools) {
    Object.assign(this, { tools, page: "", note: "", shown: 0, emitted: [], obeyed: new Set(), requests: [], script: null });
  }
  async start() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on("data", (piece) => pieces.push(piece));
      request.on("end", () => this.answer(request, Buffer.concat(pieces).toString(), response));
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}/v1`;
    return this;
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
  answer(request, text, response) {
    const json = (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url.includes("count_tokens")) return json({ input_tokens: 10 });
    if (request.url.includes(":countTokens")) return json({ totalTokens: 10 });
    const api = apiOf(request.url);
    if (!api || request.method !== "POST") return json({ object: "list", data: [{ id: "m", object: "model" }] });
    const seen = view(api, JSON.parse(text), request.url);
    this.requests.push({ url: request.url, text, seen });
    const { say = "", calls = [] } = this.think(seen);
    this.emitted.push(...calls);
    response.writeHead(200, { "content-type": seen.stream ? "text/event-stream" : "application/json" });
    for (const piece of kReplies[api](seen.stream, say, calls)) response.write(piece);
    response.end();
  }

  think(seen) {
    if (seen.system.includes("You answer one question about documents"))
      return { say: JSON.stringify({ answer: kHours.exec(seen.users.join("\n"))?.[1] ?? "" }) };
    const call = (made) => ({ calls: [made] });
    const scripted = this.script?.(seen, call);
    if (scripted) return scripted;
    if (!seen.tools.includes(this.tools.shell("x")[0])) return { say: "ok" };  // titles, quota checks
    const orders = [...seen.shown.matchAll(kOrder)].map((match) => match[1]);
    if (orders.length) this.shown++;
    const order = orders.find((each) => !this.obeyed.has(each));
    if (order) {
      this.obeyed.add(order);
      return call(this.tools.shell(order));
    }
    if (!this.did("read")) return this.once("read", this.tools.read(this.page));
    const hours = kHours.exec(seen.results.join("\n"))?.[1];
    if (hours) return this.did("write") ? { say: `They are open ${hours}.` } : this.once("write", this.tools.write(this.note, `${hours}\n`));
    // Sealed: the page is one reference, and what the reader says of it the next.
    const [page, ...more] = [...seen.results.join("\n").matchAll(kReference)].map((match) => match[0]);
    if (!page) return { say: "I could not read it." };
    if (!this.did("ask")) return this.once("ask", ["weir_ask", { refs: [page], question: "Which opening hours does it give?", answer_type: "text" }]);
    this.said ??= more[0];
    const shellOnly = this.tools.write(this.note, "")[0] === this.tools.shell("x")[0];
    if (!shellOnly && !this.did("write")) return this.once("write", this.tools.write(this.note, `${this.said}\n`));
    return { say: `They are open ${this.said}.` };
  }
  did(what) {
    return this[`did_${what}`] === true;
  }
  once(what, made) {
    this[`did_${what}`] = true;
    return { calls: [made] };
  }
}
