// A server whose every answer waits for an event that the test makes, so that no test sleeps.
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { serve } from "./serve.mjs";

const text = (what) => ({ content: [{ type: "text", text: String(what) }] });
const object = (properties = {}) => ({ type: "object", properties, required: Object.keys(properties) });
const string = { type: "string" };
const kName = process.env.PROBE_NAME ?? "probe";  // two that run at once must not offer the same URI
const kPage = 3;  // entries a page
const kLevels = t.LoggingLevelSchema.options;

function make() {
  const server = new Server({ name: "probe", version: "1" }, {
    capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, prompts: { listChanged: true }, logging: {}, completions: {} },
    instructions: "Probes are for tests.",
  });
  const state = { remembered: "", cancelled: [], gates: new Map(), extra: true, extraResource: true, extraPrompt: true, subscribed: new Set(), rootsChanged: 0, level: "" };
  const gate = (name) => {
    if (!state.gates.has(name)) {
      let open;
      const opened = new Promise((done) => (open = done));
      state.gates.set(name, { open, opened });
    }
    return state.gates.get(name);
  };
  const progress = async (request, extra, value) => {
    const token = request.params._meta?.progressToken;
    if (token !== undefined) await extra.sendNotification({ method: "notifications/progress", params: { progressToken: token, progress: value, total: 10, message: `step ${value}` } });
  };

  const tools = {
    echo: [object({ text: string }), ({ text: what }) => text(what)],
    nothing: [object(), () => text("no arguments needed")],
    fail: [object(), () => ({ ...text("it failed as it should"), isError: true })],
    throw: [object(), () => { throw new t.McpError(t.ErrorCode.InternalError, "thrown", { detail: 7 }); }],
    big: [object({ bytes: { type: "number" } }), ({ bytes }) => text("é".repeat(bytes / 2))],
    structured: [object(), () => ({ ...text('{"list":[1,2.50,1e2],"deep":{"x":null}}'), structuredContent: { list: [1, 2.5, 100], deep: { x: null }, text: "ünï" }, _meta: { "example.org/kept": [1] } }), { type: "object", properties: { list: { type: "array" }, deep: { type: "object" }, text: string } }],
    // Reports progress, then waits until `open` is called with the same gate.
    wait: [object({ gate: string }), async ({ gate: name }, request, extra) => {
      await progress(request, extra, 1);
      await gate(name).opened;
      await progress(request, extra, 2);
      return text(`passed ${name}`);
    }],
    open: [object({ gate: string }), ({ gate: name }) => { gate(name).open(); return text("open"); }],
    // Waits for its cancellation.
    hang: [object({ mark: string }), async ({ mark }, request, extra) => {
      await progress(request, extra, 1);
      await new Promise((done) => extra.signal.addEventListener("abort", done));
      state.cancelled.push(mark);
      gate(`cancelled ${mark}`).open();
      return text("cancelled");
    }],
    await_cancelled: [object({ mark: string }), async ({ mark }) => { await gate(`cancelled ${mark}`).opened; return text(state.cancelled.join()); }],
    // The SDK's client forgets who wants progress once the answer is there, so the answer waits for the gate.
    steps: [object({ count: { type: "number" }, gate: string }), async ({ count, gate: name }, request, extra) => {
      for (let i = 1; i <= count; i++) await progress(request, extra, i);
      await gate(name).opened;
      return text("done");
    }],
    log: [object({ level: string, message: string }), async ({ level, message }) => {
      if (kLevels.indexOf(level) >= kLevels.indexOf(state.level)) await server.sendLoggingMessage({ level, logger: "probe", data: { message } });
      return text("logged");
    }],
    level: [object(), () => text(state.level)],
    touch: [object({ uri: string }), async ({ uri }) => {
      if (state.subscribed.has(uri)) await server.sendResourceUpdated({ uri });
      return text(state.subscribed.has(uri) ? "touched" : "nobody listens");
    }],
    // Takes an entry away or puts it back, and says so.
    toggle: [object({ list: { type: "string", enum: ["tools", "resources", "prompts"] } }), async ({ list }) => {
      if (list === "tools") { state.extra = !state.extra; await server.sendToolListChanged(); }
      if (list === "resources") { state.extraResource = !state.extraResource; await server.sendResourceListChanged(); }
      if (list === "prompts") { state.extraPrompt = !state.extraPrompt; await server.sendPromptListChanged(); }
      return text("toggled");
    }],
    sample: [object({ prompt: string }), async ({ prompt }, request, extra) => {
      const answer = await extra.sendRequest({ method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens: 10 } }, t.CreateMessageResultSchema);
      return text(answer.content.text);
    }],
    elicit: [object({ question: string }), async ({ question }, request, extra) => {
      const answer = await extra.sendRequest({ method: "elicitation/create", params: { message: question, requestedSchema: { type: "object", properties: { colour: string }, required: ["colour"] } } }, t.ElicitResultSchema);
      return text(`${answer.action} ${answer.content?.colour ?? ""}`);
    }],
    list_roots: [object(), async (_, request, extra) => text((await extra.sendRequest({ method: "roots/list" }, t.ListRootsResultSchema)).roots.map((root) => root.uri).join())],
    await_roots_changed: [object(), async () => { await gate("roots changed").opened; return text("roots changed"); }],
    remember: [object({ what: string }), ({ what }) => { state.remembered = what; return text("remembered"); }],
    recall: [object(), () => text(state.remembered)],
    die: [object(), () => process.exit(7)],
    extra: [object(), () => text("extra")],
  };
  const resources = () => [..."abcde"].map((letter) => ({ uri: `probe://note/${letter}`, name: `note ${letter}`, mimeType: "text/plain" })).concat(state.extraResource ? [{ uri: `${kName}://extra`, name: "extra" }] : []);
  const prompts = () => ["one", "two", "three", "four"].concat(state.extraPrompt ? ["extra"] : []).map((name) => ({ name, description: `Prompt ${name}`, arguments: [{ name: "who", required: true }] }));
  const page = (all, request, member) => {
    const from = Number(request.params?.cursor ?? 0);
    return { [member]: all.slice(from, from + kPage), ...(from + kPage < all.length ? { nextCursor: String(from + kPage) } : {}) };
  };

  server.setRequestHandler(t.ListToolsRequestSchema, (request) => page(Object.entries(tools).filter(([name]) => name !== "extra" || state.extra).map(([name, [inputSchema, , outputSchema]]) => ({ name, description: `Probe: ${name}`, inputSchema, ...(outputSchema && { outputSchema }) })), request, "tools"));
  server.setRequestHandler(t.CallToolRequestSchema, (request, extra) => {
    const tool = tools[request.params.name];
    if (!tool || (request.params.name === "extra" && !state.extra)) throw new t.McpError(t.ErrorCode.InvalidParams, `unknown tool ${request.params.name}`);
    return tool[1](request.params.arguments ?? {}, request, extra);
  });
  server.setRequestHandler(t.ListResourcesRequestSchema, (request) => page(resources(), request, "resources"));
  server.setRequestHandler(t.ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [{ uriTemplate: "probe://made/{name}", name: "made" }] }));
  server.setRequestHandler(t.ReadResourceRequestSchema, ({ params: { uri } }) => {
    if (!uri.startsWith("probe://note/") && !uri.startsWith("probe://made/")) throw new t.McpError(-32002, "Resource not found", { uri });
    return { contents: [{ uri, mimeType: "text/plain", text: `text of ${uri}` }] };
  });
  server.setRequestHandler(t.SubscribeRequestSchema, ({ params: { uri } }) => { state.subscribed.add(uri); return {}; });
  server.setRequestHandler(t.UnsubscribeRequestSchema, ({ params: { uri } }) => { state.subscribed.delete(uri); return {}; });
  server.setRequestHandler(t.ListPromptsRequestSchema, (request) => page(prompts(), request, "prompts"));
  server.setRequestHandler(t.GetPromptRequestSchema, ({ params }) => ({ description: params.name, messages: [{ role: "user", content: { type: "text", text: `${params.name} for ${params.arguments?.who}` } }] }));
  server.setRequestHandler(t.CompleteRequestSchema, ({ params: { ref, argument, context } }) => ({ completion: { values: [`${ref.name ?? ref.uri}:${argument.name}=${argument.value}${context ? ` with ${JSON.stringify(context.arguments)}` : ""}`], total: 1, hasMore: false } }));
  server.setRequestHandler(t.SetLevelRequestSchema, ({ params: { level } }) => { state.level = level; return {}; });
  server.setNotificationHandler(t.RootsListChangedNotificationSchema, () => gate("roots changed").open());
  return server;
}

await serve(make);
