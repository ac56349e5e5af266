// The client that the conformance suite's client scenarios test: weir, with the suite's server behind it. What a
// person's client would do, an official SDK's client does in front of weir. The URL is the last argument.
import { Client as Stateless, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as Handshake } from "@modelcontextprotocol/sdk/client/index.js";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { httpTransport, Weir } from "./lib.mjs";

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const stateless = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === "2026-07-28";

// In watch mode: the suite's tools are in no manifest, and nobody is there to be asked.
const weir = await new Weir({ servers: { suite: { url, prefix: false } }, keys: 'mode = "watch"', manifests: [] }).start();

async function connect() {
  if (!stateless) {
    const client = new Handshake({ name: "conformance", version: "1" }, { capabilities: { elicitation: { form: { applyDefaults: true } } } });
    client.setRequestHandler(t.ElicitRequestSchema, () => ({ action: "accept", content: {} }));
    await client.connect(httpTransport(`${weir.url}/mcp`, weir.token));
    return { client, call: (params) => client.callTool(params, undefined, { timeout: 20000 }) };
  }
  const client = new Stateless({ name: "conformance", version: "1" }, { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: "2026-07-28" } } });
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { confirmed: true } }));
  await client.connect(new StreamableHTTPClientTransport(new URL(`${weir.url}/mcp`), { requestInit: { headers: { authorization: `Bearer ${weir.token}` } } }));
  return { client, call: (params) => client.callTool(params, { timeout: 20000 }) };
}

const kArguments = { add_numbers: { a: 2, b: 3 } };
try {
  const { client, call } = await connect();
  const { tools } = await client.listTools();
  if (scenario === "http-standard-headers") {
    const { resources } = await client.listResources();
    if (resources.length > 0) await client.readResource({ uri: resources[0].uri });
    const { prompts } = await client.listPrompts();
    if (prompts.length > 0) await client.getPrompt({ name: prompts[0].name, arguments: {} });
  }
  if (context.toolCalls) {
    for (const each of context.toolCalls) await call(each);
  } else if (!scenario.startsWith("json-schema")) {
    for (const { name } of tools) await call({ name, arguments: kArguments[name] ?? {} }).catch((error) => console.error(`${name}: ${error.message}`));
  }
  await client.close();
} finally {
  await weir.discard();
}
process.exit(0);
