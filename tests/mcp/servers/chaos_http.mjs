// An MCP server on HTTP that now and then forgets its sessions, breaks connections, stalls or fails. `calm` always answers.
import http from "node:http";
import { randomUUID } from "node:crypto";

const sessions = new Set();
const text = (what) => ({ content: [{ type: "text", text: what }] });

http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    const id = request.headers["mcp-session-id"];
    const json = (status, message, headers = {}) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(message && JSON.stringify({ jsonrpc: "2.0", ...message }));
    if (request.method === "DELETE") return sessions.delete(id), json(204);
    if (request.method === "GET") {
      if (!sessions.has(id)) return json(404);
      response.writeHead(200, { "content-type": "text/event-stream" });
      return response.write(": hello\n\n");
    }
    const message = JSON.parse(body);
    if (message.method === "initialize") {
      const made = randomUUID();
      sessions.add(made);
      return json(200, { id: message.id, result: { protocolVersion: message.params.protocolVersion, serverInfo: { name: "chaos", version: "1" }, capabilities: { tools: { listChanged: true } } } }, { "mcp-session-id": made });
    }
    if (!sessions.has(id)) return json(404, { id: message.id ?? null, error: { code: -32001, message: "no such session" } });
    if (message.id === undefined) return json(202);
    if (message.method === "tools/list") return json(200, { id: message.id, result: { tools: ["work", "calm"].map((name) => ({ name, inputSchema: { type: "object" } })) } });
    if (message.method !== "tools/call") return json(200, { id: message.id, error: { code: -32601, message: "no such method" } });
    if (message.params.name === "calm") return json(200, { id: message.id, result: text("calm") });
    const dice = Math.random();
    const events = (close) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`id: e1\ndata: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } })}\n\n`);
      if (close) return response.destroy();
      response.end(`id: e2\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: message.id, result: text("worked") })}\n\n`);
    };
    if (dice < 0.5) return json(200, { id: message.id, result: text("worked") });
    if (dice < 0.7) return events(false);
    if (dice < 0.75) return events(true);  // broken off, and a resume gets nothing
    if (dice < 0.80) return json(500, { error: "trouble" });
    if (dice < 0.84) return request.socket.destroy();
    if (dice < 0.87) return response.writeHead(200, { "content-type": "text/html" }).end("<p>not this</p>");
    if (dice < 0.90) return sessions.clear(), json(404);
    if (dice < 0.94) return undefined;  // stalls
    if (dice < 0.97) return json(200, { id: 12345678, result: text("another's") });
    return json(200, { id: message.id, result: text("y".repeat(200000)) });
  });
}).listen(0, "127.0.0.1", function () { console.log(`http://127.0.0.1:${this.address().port}/mcp`); });
