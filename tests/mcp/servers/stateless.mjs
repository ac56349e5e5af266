// A server of revision 2026-07-28 (the official SDK's) whose every answer waits for an event that the test makes.
// Its tools do what those of probe.mjs do, so that the eras can be compared.
import { ProtocolError, Server } from "@modelcontextprotocol/server";
import { serveStateless } from "./serve_stateless.mjs";

const text = (what) => ({ content: [{ type: "text", text: String(what) }] });
const object = (properties = {}) => ({ type: "object", properties, required: Object.keys(properties) });
const string = { type: "string" };
const kNote = `${process.env.STATELESS_NAME ?? "stateless"}://note`;  // two that run at once must not offer the same URI
const state = { cancelled: [], gates: new Map(), extra: true };
const gate = (name) => {
  if (!state.gates.has(name)) {
    let open;
    const opened = new Promise((done) => (open = done));
    state.gates.set(name, { open, opened });
  }
  return state.gates.get(name);
};
const ask = (inputRequests, requestState) => ({ resultType: "input_required", inputRequests, ...(requestState && { requestState }) });

function make(notify, served) {
  const server = new Server({ name: "stateless", version: "1" }, { capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, prompts: { listChanged: true }, logging: {}, completions: {} } });
  const tools = {
    echo: [object({ text: string }), ({ text: what }) => text(what)],
    fail: [object(), () => ({ ...text("it failed as it should"), isError: true })],
    throw: [object(), () => { throw new ProtocolError(-32603, "thrown", { detail: 7 }); }],
    structured: [object(), () => ({ ...text("[1,2.50]"), structuredContent: [1, 2.5], _meta: { "example.org/kept": [1] } })],
    steps: [object({ count: { type: "number" }, gate: string }), async ({ count, gate: name }, { progress }) => {
      for (let i = 1; i <= count; i++) await progress(i);
      await gate(name).opened;
      return text("done");
    }],
    open: [object({ gate: string }), ({ gate: name }) => { gate(name).open(); return text("open"); }],
    hang: [object({ mark: string }), async ({ mark }, { progress, signal }) => {
      await progress(1);
      await new Promise((done) => signal.addEventListener("abort", done));
      state.cancelled.push(mark);
      gate(`cancelled ${mark}`).open();
      return text("cancelled");
    }],
    await_cancelled: [object({ mark: string }), async ({ mark }) => { await gate(`cancelled ${mark}`).opened; return text(state.cancelled.join()); }],
    log: [object({ message: string }), async ({ message }, { mcpReq, level }) => {
      if (level) await mcpReq.notify({ method: "notifications/message", params: { level: "error", logger: "stateless", data: { message } } });
      return text(level ?? "not wanted");
    }],
    touch: [object({ uri: string }), ({ uri }) => { notify.resourceUpdated(uri); return text("touched"); }],
    toggle: [object(), () => { state.extra = !state.extra; notify.toolsChanged(); return text("toggled"); }],
    sample: [object({ prompt: string }), ({ prompt }, { given }) => given?.said ? text(given.said.content.text) : ask({ said: { method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens: 10 } } })],
    elicit: [object({ question: string }), ({ question }, { given, state: said }) => given?.colour && said === `asked ${question}` ? text(`${given.colour.action} ${given.colour.content?.colour ?? ""}`) : ask({ colour: { method: "elicitation/create", params: { message: question, requestedSchema: object({ colour: string }) } } }, `asked ${question}`)],
    list_roots: [object(), (args, { given }) => given?.roots ? text(given.roots.roots.map((root) => root.uri).join()) : ask({ roots: { method: "roots/list", params: {} } })],
    both: [object(), (args, { given }) => given?.said && given.colour ? text(`${given.said.content.text} ${given.colour.content.colour}`) : ask({ said: { method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text: "one" } }], maxTokens: 10 } }, colour: { method: "elicitation/create", params: { message: "two", requestedSchema: object({ colour: string }) } } }, "both")],
    later: [object(), (args, { state: said }) => said === "twice" ? text("at last") : ask(undefined, said === "once" ? "twice" : "once")],
    where: [object({ region: { ...string, "x-mcp-header": "Region" } }), () => text(served.requestInfo?.headers.get("mcp-param-region") ?? "no headers here")],
    extra: [object(), () => text("extra")],
  };
  server.setRequestHandler("tools/list", () => ({ tools: Object.entries(tools).filter(([name]) => name !== "extra" || state.extra).map(([name, [inputSchema]]) => ({ name, description: `Stateless: ${name}`, inputSchema })), ttlMs: 60_000, cacheScope: "public" }));
  server.setRequestHandler("tools/call", (request, { mcpReq }) => {
    const tool = tools[request.params.name];
    if (!tool) throw new ProtocolError(-32602, `unknown tool ${request.params.name}`);
    const token = request.params._meta?.progressToken ?? mcpReq._meta?.progressToken;
    return tool[1](request.params.arguments ?? {}, {
      mcpReq,
      given: mcpReq.inputResponses,
      state: mcpReq.requestState?.(),
      signal: mcpReq.signal,
      level: mcpReq.envelope?.["io.modelcontextprotocol/logLevel"],
      progress: (value) => (token === undefined ? undefined : mcpReq.notify({ method: "notifications/progress", params: { progressToken: token, progress: value, total: 10, message: `step ${value}` } })),
    });
  });
  server.setRequestHandler("resources/list", () => ({ resources: [{ uri: kNote, name: "note", mimeType: "text/plain" }], ttlMs: 0, cacheScope: "public" }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [], ttlMs: 0, cacheScope: "public" }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    if (uri !== kNote) throw new ProtocolError(-32602, "Resource not found", { uri });
    return { contents: [{ uri, mimeType: "text/plain", text: `text of ${uri}` }], ttlMs: 0, cacheScope: "private" };
  });
  server.setRequestHandler("prompts/list", () => ({ prompts: [{ name: "one", description: "Prompt one", arguments: [{ name: "who", required: true }] }], ttlMs: 0, cacheScope: "public" }));
  server.setRequestHandler("prompts/get", ({ params }) => ({ messages: [{ role: "user", content: { type: "text", text: `${params.name} for ${params.arguments?.who}` } }] }));
  server.setRequestHandler("completion/complete", ({ params: { argument } }) => ({ completion: { values: [`${argument.name}=${argument.value}`], total: 1, hasMore: false } }));
  return server;
}

serveStateless(make);
