// The fixtures that the official conformance suite's server scenarios call (revision 2025-11-25), by the official SDK.
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { complete, elicitedDefaults, elicitedEnums, kSchema, moment, none, plainTools, promptList, prompts, read, resources, resourceTemplates, string, text } from "./conformance_fixtures.mjs";
import { serve } from "./serve.mjs";

function make() {
  let level = "debug";
  const server = new Server({ name: "conformance", version: "1" }, { capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, prompts: { listChanged: true }, logging: {}, completions: {} } });
  const elicit = async (extra, message, properties, required) => {
    const answer = await extra.sendRequest({ method: "elicitation/create", params: { message, requestedSchema: { type: "object", properties, ...(required && { required }) } } }, t.ElicitResultSchema);
    return answer;
  };
  const completed = (answer) => text(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`);
  const log = async (extra, data) => {
    if (t.LoggingLevelSchema.options.indexOf("info") >= t.LoggingLevelSchema.options.indexOf(level)) await extra.sendNotification({ method: "notifications/message", params: { level: "info", logger: "conformance", data } });
  };

  const tools = {
    ...plainTools,
    test_tool_with_logging: [none, async (args, request, extra) => {
      for (const said of ["Tool execution started", "Tool processing data"]) { await log(extra, said); await moment(); }
      await log(extra, "Tool execution completed");
      return text("Logged three times.");
    }],
    test_tool_with_progress: [none, async (args, request, extra) => {
      const progressToken = request.params._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await moment();
        if (progressToken !== undefined) await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
      }
      return text("Made progress.");
    }],
    test_sampling: [{ type: "object", properties: { prompt: string("what to ask the model") }, required: ["prompt"] }, async ({ prompt }, request, extra) => {
      const answer = await extra.sendRequest({ method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens: 100 } }, t.CreateMessageResultSchema);
      return text(`LLM response: ${answer.content.text}`);
    }],
    test_elicitation: [{ type: "object", properties: { message: string("what to ask the user") }, required: ["message"] }, async ({ message }, request, extra) => {
      const answer = await elicit(extra, message, { username: string("User's response"), email: string("User's email address") }, ["username", "email"]);
      return text(`User response: action: ${answer.action}, content: ${JSON.stringify(answer.content ?? {})}`);
    }],
    test_elicitation_sep1034_defaults: [none, async (args, request, extra) => completed(await elicit(extra, "Please check these", elicitedDefaults))],
    test_elicitation_sep1330_enums: [none, async (args, request, extra) => completed(await elicit(extra, "Please choose", elicitedEnums))],
    json_schema_2020_12_tool: [kSchema, () => text("called")],
    test_reconnection: [none, async (args, request, extra) => {
      extra.closeSSEStream?.();
      await moment();
      return text("Reconnection test completed successfully");
    }],
  };
  server.setRequestHandler(t.ListToolsRequestSchema, () => ({ tools: Object.entries(tools).map(([name, [inputSchema]]) => ({ name, description: `Fixture ${name}`, inputSchema })) }));
  server.setRequestHandler(t.CallToolRequestSchema, (request, extra) => {
    const tool = tools[request.params.name];
    if (!tool) throw new t.McpError(t.ErrorCode.InvalidParams, `Unknown tool: ${request.params.name}`);
    return tool[1](request.params.arguments ?? {}, request, extra);
  });
  server.setRequestHandler(t.ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(t.ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(t.ReadResourceRequestSchema, ({ params: { uri } }) => {
    const found = read(uri);
    if (!found) throw new t.McpError(-32002, "Resource not found", { uri });
    return found;
  });
  server.setRequestHandler(t.SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(t.UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(t.ListPromptsRequestSchema, () => ({ prompts: promptList() }));
  server.setRequestHandler(t.GetPromptRequestSchema, ({ params }) => {
    if (!prompts[params.name]) throw new t.McpError(t.ErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    return { messages: prompts[params.name][1](params.arguments ?? {}) };
  });
  server.setRequestHandler(t.CompleteRequestSchema, ({ params }) => complete(params.argument.value));
  server.setRequestHandler(t.SetLevelRequestSchema, ({ params }) => { level = params.level; return {}; });
  return server;
}

await serve(make);
