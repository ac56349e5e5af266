// Puts a server of ours on a transport: stdio, or streamable HTTP with `--http` (prints its URL on a line).
import http from "node:http";
import { randomUUID } from "node:crypto";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

// Keeps the events of all streams of one session, so that a client can come back with Last-Event-ID.
class EventStore {
  events = [];
  async storeEvent(streamId, message) {
    this.events.push({ streamId, message });
    return `${streamId}_${this.events.length}`;
  }
  async replayEventsAfter(last, { send }) {
    const at = last.lastIndexOf("_");
    const streamId = last.slice(0, at);
    for (let i = Number(last.slice(at + 1)); i < this.events.length; i++) {
      const event = this.events[i];
      if (event.streamId === streamId && Object.keys(event.message).length > 0) await send(`${streamId}_${i + 1}`, event.message);
    }
    return streamId;
  }
}

export async function serve(makeServer) {
  if (!process.argv.includes("--http")) return makeServer().connect(new StdioServerTransport());
  const sessions = new Map();
  const listener = http.createServer(async (request, response) => {
    // A page of another name that resolves to this machine must not get in.
    const foreign = [`http://${request.headers.host}`, request.headers.origin].some((each) => each !== undefined && !["127.0.0.1", "localhost"].includes(URL.canParse(each) ? new URL(each).hostname : ""));
    if (foreign) return response.writeHead(403).end();
    const id = request.headers["mcp-session-id"];
    let transport = sessions.get(id);
    if (!transport && id) return response.writeHead(404).end();
    if (!transport) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        eventStore: new EventStore(),
        retryInterval: 50,
        onsessioninitialized: (made) => sessions.set(made, transport),
      });
      transport.onclose = () => sessions.delete(transport.sessionId);
      await makeServer().connect(transport);
    }
    await transport.handleRequest(request, response);
  });
  listener.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}/mcp`));
}
