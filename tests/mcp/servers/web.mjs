// The web, as far as tests need it: every address has the page that PAGE says.
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { serve } from "./serve.mjs";

await serve(() => {
  const server = new Server({ name: "web", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(t.ListToolsRequestSchema, () => ({ tools: [{ name: "fetch", description: "Gets a page", inputSchema: { type: "object", properties: { url: { type: "string" } }, required: ["url"] } }] }));
  server.setRequestHandler(t.CallToolRequestSchema, () => ({ content: [{ type: "text", text: process.env.PAGE }] }));
  return server;
});
