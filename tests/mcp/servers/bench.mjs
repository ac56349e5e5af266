// What the benchmark measures: the official SDK's server, as a server's author would write it.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { serve } from "./serve.mjs";

const count = Number(process.env.TOOLS ?? 0);
const large = "The quick brown fox jumps over the lazy dog, line by line. ".repeat(1200).slice(0, 65536);

await serve(() => {
  const server = new McpServer({ name: "bench", version: "1" });
  server.registerTool("echo", { description: "Echoes", inputSchema: { text: z.string() } }, ({ text }) => ({ content: [{ type: "text", text }] }));
  // No two results alike, as with real data.
  let times = 0;
  server.registerTool("large", { description: "64 KiB", inputSchema: {} }, () => ({ content: [{ type: "text", text: `${times++} ${large}` }] }));
  for (let i = 0; i < count; i++) server.registerTool(`tool_${i}`, { description: `Tool number ${i}, which does what tools do with the things that it is given.`, inputSchema: { text: z.string().describe("what to say"), times: z.number().optional() } }, () => ({ content: [] }));
  return server;
});
