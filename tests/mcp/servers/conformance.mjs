// The fixtures that the official conformance suite's server scenarios call (revision 2025-11-25), by the official SDK.
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { serve } from "./serve.mjs";

const kPng = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const kWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";
const text = (what) => ({ content: [{ type: "text", text: what }] });
const image = { type: "image", data: kPng, mimeType: "image/png" };
const moment = () => new Promise((done) => setTimeout(done, 50));  // the suite asks for these pauses
const none = { type: "object", properties: {} };
const string = (description) => ({ type: "string", description });

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
  const choices = ["option1", "option2", "option3"];
  const titled = (words) => words.map(([value, title]) => ({ const: value, title }));

  const tools = {
    test_simple_text: [none, () => text("This is a simple text response for testing.")],
    test_image_content: [none, () => ({ content: [image] })],
    test_audio_content: [none, () => ({ content: [{ type: "audio", data: kWav, mimeType: "audio/wav" }] })],
    test_embedded_resource: [none, () => ({ content: [{ type: "resource", resource: { uri: "test://embedded-resource", mimeType: "text/plain", text: "This is an embedded resource content." } }] })],
    test_multiple_content_types: [none, () => ({ content: [{ type: "text", text: "Multiple content types test:" }, image, { type: "resource", resource: { uri: "test://mixed-content-resource", mimeType: "application/json", text: '{"test":"data","value":123}' } }] })],
    test_tool_with_logging: [none, async (args, request, extra) => {
      for (const said of ["Tool execution started", "Tool processing data"]) { await log(extra, said); await moment(); }
      await log(extra, "Tool execution completed");
      return text("Logged three times.");
    }],
    test_error_handling: [none, () => ({ ...text("This tool intentionally returns an error for testing"), isError: true })],
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
    test_elicitation_sep1034_defaults: [none, async (args, request, extra) => completed(await elicit(extra, "Please check these", {
      name: { type: "string", default: "John Doe" }, age: { type: "integer", default: 30 }, score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" }, verified: { type: "boolean", default: true },
    }))],
    test_elicitation_sep1330_enums: [none, async (args, request, extra) => completed(await elicit(extra, "Please choose", {
      untitledSingle: { type: "string", enum: choices },
      titledSingle: { type: "string", oneOf: titled([["value1", "First Option"], ["value2", "Second Option"], ["value3", "Third Option"]]) },
      legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
      untitledMulti: { type: "array", items: { type: "string", enum: choices } },
      titledMulti: { type: "array", items: { anyOf: titled([["value1", "First Choice"], ["value2", "Second Choice"], ["value3", "Third Choice"]]) } },
    }))],
    json_schema_2020_12_tool: [kSchema, () => text("called")],
    test_reconnection: [none, async (args, request, extra) => {
      extra.closeSSEStream?.();
      await moment();
      return text("Reconnection test completed successfully");
    }],
  };
  const resources = [
    { uri: "test://static-text", name: "static text", description: "A text", mimeType: "text/plain" },
    { uri: "test://static-binary", name: "static binary", description: "A picture", mimeType: "image/png" },
    { uri: "test://watched-resource", name: "watched", description: "Can be subscribed to", mimeType: "text/plain" },
  ];
  const user = (content) => ({ role: "user", content });
  const prompts = {
    test_simple_prompt: [[], () => [user({ type: "text", text: "This is a simple prompt for testing." })]],
    test_prompt_with_arguments: [["arg1", "arg2"], ({ arg1, arg2 }) => [user({ type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })]],
    test_prompt_with_embedded_resource: [["resourceUri"], ({ resourceUri }) => [user({ type: "resource", resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." } }), user({ type: "text", text: "Please process the embedded resource above." })]],
    test_prompt_with_image: [[], () => [user(image), user({ type: "text", text: "Please analyze the image above." })]],
  };

  server.setRequestHandler(t.ListToolsRequestSchema, () => ({ tools: Object.entries(tools).map(([name, [inputSchema]]) => ({ name, description: `Fixture ${name}`, inputSchema })) }));
  server.setRequestHandler(t.CallToolRequestSchema, (request, extra) => {
    const tool = tools[request.params.name];
    if (!tool) throw new t.McpError(t.ErrorCode.InvalidParams, `Unknown tool: ${request.params.name}`);
    return tool[1](request.params.arguments ?? {}, request, extra);
  });
  server.setRequestHandler(t.ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(t.ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "template", description: "Data by id", mimeType: "application/json" }] }));
  server.setRequestHandler(t.ReadResourceRequestSchema, ({ params: { uri } }) => {
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    if (id) return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }] };
    if (uri === "test://static-binary") return { contents: [{ uri, mimeType: "image/png", blob: kPng }] };
    if (resources.some((each) => each.uri === uri)) return { contents: [{ uri, mimeType: "text/plain", text: uri === "test://static-text" ? "This is the content of the static text resource." : "Watched." }] };
    throw new t.McpError(-32002, "Resource not found", { uri });
  });
  server.setRequestHandler(t.SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(t.UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(t.ListPromptsRequestSchema, () => ({ prompts: Object.entries(prompts).map(([name, [args]]) => ({ name, description: `Fixture ${name}`, ...(args.length > 0 && { arguments: args.map((each) => ({ name: each, description: each, required: true })) }) })) }));
  server.setRequestHandler(t.GetPromptRequestSchema, ({ params }) => {
    if (!prompts[params.name]) throw new t.McpError(t.ErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    return { messages: prompts[params.name][1](params.arguments ?? {}) };
  });
  server.setRequestHandler(t.CompleteRequestSchema, ({ params }) => ({ completion: { values: ["paris", "park", "party"].filter((each) => each.startsWith(params.argument.value)), total: 3, hasMore: false } }));
  server.setRequestHandler(t.SetLevelRequestSchema, ({ params }) => { level = params.level; return {}; });
  return server;
}

const kSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
  properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" }, contactMethod: { type: "string", enum: ["phone", "email"] }, phone: { type: "string" }, email: { type: "string" } },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

await serve(make);
