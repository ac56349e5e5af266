// The fixtures that the official conformance suite's server scenarios of revision 2026-07-28 call, by the official SDK.
import { createHmac } from "node:crypto";
import { MissingRequiredClientCapabilityError, ProtocolError, Server } from "@modelcontextprotocol/server";
import { complete, elicitedDefaults, elicitedEnums, kSchema, moment, none, plainTools, promptList, prompts, read, resources, resourceTemplates, string, text } from "./conformance_fixtures.mjs";
import { serveStateless } from "./serve_stateless.mjs";

const kInvalidParams = -32602;
const changed = { tools: false, prompts: false };
const elicit = (message, properties, required = Object.keys(properties)) => ({ method: "elicitation/create", params: { message, requestedSchema: { type: "object", properties, ...(required.length > 0 && { required }) } } });
const completed = (given) => given?.values && text(`Elicitation completed: action=${given.values.action}, content=${JSON.stringify(given.values.content ?? {})}`);
const sample = (what) => ({ method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text: what } }], maxTokens: 100 } });
const roots = { method: "roots/list", params: {} };
const ask = (inputRequests, requestState) => ({ resultType: "input_required", inputRequests, ...(requestState && { requestState }) });
const content = (response) => (response && typeof response === "object" ? response.content ?? {} : {});
const sign = (said) => `${said}.${createHmac("sha256", "fixture").update(said).digest("hex")}`;
const name = { name: { type: "string" } };
const ok = { ok: { type: "boolean" } };

function make(notify) {
  const server = new Server({ name: "conformance", version: "1" }, { capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, prompts: { listChanged: true }, logging: {}, completions: {} } });
  const tools = {
    ...plainTools,
    test_tool_with_progress: [none, async (args, { mcpReq, token }) => {
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await moment();
        if (token !== undefined) await mcpReq.notify({ method: "notifications/progress", params: { progressToken: token, progress, total: 100 } });
      }
      return text("Made progress.");
    }],
    // What clients of the earlier eras are asked by requests is asked by answers here; weir bridges it.
    test_sampling: [{ type: "object", properties: { prompt: string("what to ask the model") }, required: ["prompt"] }, ({ prompt }, { given }) => given?.said ? text(`LLM response: ${given.said.content.text}`) : ask({ said: sample(prompt) })],
    test_elicitation: [{ type: "object", properties: { message: string("what to ask the user") }, required: ["message"] }, ({ message }, { given }) => given?.user ? text(`User response: action: ${given.user.action}, content: ${JSON.stringify(given.user.content ?? {})}`) : ask({ user: elicit(message, { username: string("User's response"), email: string("User's email address") }) }, "asked the user")],
    test_elicitation_sep1034_defaults: [none, (args, { given }) => completed(given) ?? ask({ values: elicit("Please check these", elicitedDefaults, []) })],
    test_elicitation_sep1330_enums: [none, (args, { given }) => completed(given) ?? ask({ values: elicit("Please choose", elicitedEnums, []) })],
    test_tool_with_logging: [none, async (args, { mcpReq, level }) => {
      for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        if (level) await mcpReq.notify({ method: "notifications/message", params: { level: "info", logger: "conformance", data } });
        await moment();
      }
      return text("Logged three times.");
    }],
    test_reconnection: [none, () => text("Reconnection test completed successfully")],
    json_schema_2020_12_tool: [kSchema, () => text("called")],
    test_missing_capability: [none, (args, { capabilities }) => {
      if (!capabilities.sampling) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
      return text("sampling is there");
    }],
    test_input_required_result_elicitation: [none, (args, { given }) => typeof given?.user_name === "object" ? text(`Hello, ${content(given.user_name).name}!`) : ask({ user_name: elicit("What is your name?", name) })],
    test_input_required_result_sampling: [none, (args, { given }) => given?.capital_question ? text(`Sampled: ${given.capital_question.content?.text}`) : ask({ capital_question: sample("What is the capital of France?") })],
    test_input_required_result_list_roots: [none, (args, { given }) => given?.client_roots ? text(`Roots: ${(given.client_roots.roots ?? []).map((root) => root.uri).join(",")}`) : ask({ client_roots: roots })],
    test_input_required_result_request_state: [none, (args, { given, state }) => given?.confirm && state === "state of one round" ? text("state-ok") : ask({ confirm: elicit("Please confirm", ok) }, "state of one round")],
    test_input_required_result_multiple_inputs: [none, (args, { given, state }) => given?.user_name && given.greeting && given.client_roots && state === "three" ? text(`${content(given.user_name).name} ${given.greeting.content?.text}`) : ask({ user_name: elicit("What is your name?", name), greeting: sample("Generate a greeting"), client_roots: roots }, "three")],
    test_input_required_result_multi_round: [none, (args, { given, state }) => {
      if (state === "round 1" && given?.step1) return ask({ step2: elicit("Step 2: What is your favorite color?", { color: { type: "string" } }) }, `round 2 ${content(given.step1).name}`);
      if (state?.startsWith("round 2 ") && given?.step2) return text(`${state.slice(8)} likes ${content(given.step2).color}`);
      return ask({ step1: elicit("Step 1: What is your name?", name) }, "round 1");
    }],
    test_input_required_result_tampered_state: [none, (args, { given, state }) => {
      if (state !== undefined && state !== sign("whole")) throw new ProtocolError(kInvalidParams, "the requestState was changed");
      return state && given?.confirm ? text("state is whole") : ask({ confirm: elicit("Please confirm", ok) }, sign("whole"));
    }],
    test_input_required_result_capabilities: [none, (args, { given, capabilities }) => given ? text("given") : ask({ ...(capabilities.elicitation && { elicited: elicit("A value", { value: { type: "string" } }) }), ...(capabilities.sampling && { sampled: sample("Sample request") }) }, "capabilities")],
    test_streaming_elicitation: [none, (args, { given }) => given ? text("Streamed") : ask({ user_name: elicit("What is your name?", name) })],
    test_logging_tool: [none, async (args, { mcpReq, level }) => {
      if (level) await mcpReq.notify({ method: "notifications/message", params: { level: "info", logger: "conformance", data: "logged" } });
      return text("Logged, if that was wanted.");
    }],
    test_trigger_tool_change: [none, () => { changed.tools = !changed.tools; notify.toolsChanged(); return text("changed"); }],
    test_trigger_prompt_change: [none, () => { changed.prompts = !changed.prompts; notify.promptsChanged(); return text("changed"); }],
    test_extra: [none, () => text("extra")],
  };
  const context = (request, { mcpReq }) => ({
    mcpReq,
    token: request.params._meta?.progressToken ?? mcpReq._meta?.progressToken,
    given: mcpReq.inputResponses,
    state: mcpReq.requestState?.(),
    capabilities: mcpReq.envelope?.["io.modelcontextprotocol/clientCapabilities"] ?? {},
    level: mcpReq.envelope?.["io.modelcontextprotocol/logLevel"],
  });

  server.setRequestHandler("tools/list", () => ({ tools: Object.entries(tools).filter(([each]) => each !== "test_extra" || changed.tools).map(([each, [inputSchema]]) => ({ name: each, description: `Fixture ${each}`, inputSchema })), ttlMs: 1000, cacheScope: "public" }));
  server.setRequestHandler("tools/call", (request, ctx) => {
    const tool = tools[request.params.name];
    if (!tool) throw new ProtocolError(kInvalidParams, `Unknown tool: ${request.params.name}`);
    return tool[1](request.params.arguments ?? {}, context(request, ctx));
  });
  server.setRequestHandler("resources/list", () => ({ resources, ttlMs: 0, cacheScope: "private" }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates, ttlMs: 0, cacheScope: "public" }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const found = read(uri);
    if (!found) throw new ProtocolError(kInvalidParams, "Resource not found", { uri });
    return { ...found, ttlMs: 0, cacheScope: "private" };
  });
  const extraPrompt = () => (changed.prompts ? [{ name: "test_extra_prompt", description: "extra" }] : []);
  server.setRequestHandler("prompts/list", () => ({ prompts: [...promptList(), { name: "test_input_required_result_prompt", description: "Fixture" }, ...extraPrompt()], ttlMs: 0, cacheScope: "public" }));
  server.setRequestHandler("prompts/get", (request, ctx) => {
    const { name: which, arguments: args } = request.params;
    if (which === "test_input_required_result_prompt") {
      const { given } = context(request, ctx);
      const key = "user_context";
      if (!given?.[key]) return ask({ [key]: elicit("What context should the prompt use?", { context: { type: "string" } }) });
      return { messages: [{ role: "user", content: { type: "text", text: `Use this context: ${content(given[key]).context}` } }] };
    }
    if (!prompts[which]) throw new ProtocolError(kInvalidParams, `Unknown prompt: ${which}`);
    return { messages: prompts[which][1](args ?? {}) };
  });
  server.setRequestHandler("completion/complete", ({ params }) => complete(params.argument.value));
  return server;
}

serveStateless(make);
