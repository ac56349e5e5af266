// Tools as a file says (DEFINITIONS: JSON, a list of tools/list entries); when the file changes, the list has changed.
import fs from "node:fs";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import * as t from "@modelcontextprotocol/sdk/types.js";
import { serve } from "./serve.mjs";

const file = process.env.DEFINITIONS;
const read = () => JSON.parse(fs.readFileSync(file, "utf8"));

await serve(() => {
  const server = new Server({ name: "scripted", version: "1" }, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler(t.ListToolsRequestSchema, async () => {
    await new Promise((done) => setTimeout(done, Number(process.env.SLOW_LIST_MS ?? 0)));
    return { tools: read() };
  });
  server.setRequestHandler(t.CallToolRequestSchema, ({ params }) => ({ content: [{ type: "text", text: `called ${params.name}` }] }));
  // The test renames a new file over it, so the folder is watched.
  fs.watch(file.slice(0, file.lastIndexOf("/")), (event, name) => {
    if (name === file.slice(file.lastIndexOf("/") + 1)) server.sendToolListChanged().catch(() => {});
  });
  return server;
});
