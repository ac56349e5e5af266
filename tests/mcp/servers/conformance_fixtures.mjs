// The fixtures of the official conformance suite's server scenarios that are the same in every era.
export const kPng = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const kWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";
export const text = (what) => ({ content: [{ type: "text", text: what }] });
export const image = { type: "image", data: kPng, mimeType: "image/png" };
export const none = { type: "object", properties: {} };
export const string = (description) => ({ type: "string", description });

export const plainTools = {
  test_simple_text: [none, () => text("This is a simple text response for testing.")],
  test_image_content: [none, () => ({ content: [image] })],
  test_audio_content: [none, () => ({ content: [{ type: "audio", data: kWav, mimeType: "audio/wav" }] })],
  test_embedded_resource: [none, () => ({ content: [{ type: "resource", resource: { uri: "test://embedded-resource", mimeType: "text/plain", text: "This is an embedded resource content." } }] })],
  test_multiple_content_types: [none, () => ({ content: [{ type: "text", text: "Multiple content types test:" }, image, { type: "resource", resource: { uri: "test://mixed-content-resource", mimeType: "application/json", text: '{"test":"data","value":123}' } }] })],
  test_error_handling: [none, () => ({ ...text("This tool intentionally returns an error for testing"), isError: true })],
};
export const resources = [
  { uri: "test://static-text", name: "static text", description: "A text", mimeType: "text/plain" },
  { uri: "test://static-binary", name: "static binary", description: "A picture", mimeType: "image/png" },
  { uri: "test://watched-resource", name: "watched", description: "Can be subscribed to", mimeType: "text/plain" },
];
const user = (content) => ({ role: "user", content });
export const prompts = {
  test_simple_prompt: [[], () => [user({ type: "text", text: "This is a simple prompt for testing." })]],
  test_prompt_with_arguments: [["arg1", "arg2"], ({ arg1, arg2 }) => [user({ type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })]],
  test_prompt_with_embedded_resource: [["resourceUri"], ({ resourceUri }) => [user({ type: "resource", resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." } }), user({ type: "text", text: "Please process the embedded resource above." })]],
  test_prompt_with_image: [[], () => [user(image), user({ type: "text", text: "Please analyze the image above." })]],
};

export const kSchema = {
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

// The contents of a resource; undefined: there is none.
export function read(uri) {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id) return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }] };
  if (uri === "test://static-binary") return { contents: [{ uri, mimeType: "image/png", blob: kPng }] };
  if (resources.some((each) => each.uri === uri)) return { contents: [{ uri, mimeType: "text/plain", text: uri === "test://static-text" ? "This is the content of the static text resource." : "Watched." }] };
}
export const resourceTemplates = [{ uriTemplate: "test://template/{id}/data", name: "template", description: "Data by id", mimeType: "application/json" }];
export const promptList = () => Object.entries(prompts).map(([name, [args]]) => ({ name, description: `Fixture ${name}`, ...(args.length > 0 && { arguments: args.map((each) => ({ name: each, description: each, required: true })) }) }));
export const complete = (value) => ({ completion: { values: ["paris", "park", "party"].filter((each) => each.startsWith(value)), total: 3, hasMore: false } });
export const moment = () => new Promise((done) => setTimeout(done, 50));  // the suite asks for these pauses

const choices = ["option1", "option2", "option3"];
const titled = (words) => words.map(([value, title]) => ({ const: value, title }));
export const elicitedDefaults = {
  name: { type: "string", default: "John Doe" }, age: { type: "integer", default: 30 }, score: { type: "number", default: 95.5 },
  status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" }, verified: { type: "boolean", default: true },
};
export const elicitedEnums = {
  untitledSingle: { type: "string", enum: choices },
  titledSingle: { type: "string", oneOf: titled([["value1", "First Option"], ["value2", "Second Option"], ["value3", "Third Option"]]) },
  legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
  untitledMulti: { type: "array", items: { type: "string", enum: choices } },
  titledMulti: { type: "array", items: { anyOf: titled([["value1", "First Choice"], ["value2", "Second Choice"], ["value3", "Third Choice"]]) } },
};
