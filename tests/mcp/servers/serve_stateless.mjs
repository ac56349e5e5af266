// Puts a server of ours of revision 2026-07-28 on a transport: stdio, or HTTP with `--http` (prints its URL on
// a line). With `--both` it serves the eras before, too. `make(notify)` gives the SDK's Server for one request
// (HTTP) or one connection (stdio); notify tells subscribers what changed.
import http from "node:http";
import { Readable } from "node:stream";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

export function serveStateless(make) {
  const legacy = process.argv.includes("--both");
  if (!process.argv.includes("--http")) {
    let server;
    const notify = {
      toolsChanged: () => server.sendToolListChanged(),
      promptsChanged: () => server.sendPromptListChanged(),
      resourcesChanged: () => server.sendResourceListChanged(),
      resourceUpdated: (uri) => server.sendResourceUpdated({ uri }),
    };
    serveStdio((context) => (server = make(notify, context)), { legacy: legacy ? "serve" : "reject" });
    return;
  }
  const handler = createMcpHandler((context) => make(handler.notify, context), { legacy: legacy ? "stateless" : "reject" });
  const listener = http.createServer(async (request, response) => {
    const local = [`http://${request.headers.host}`, request.headers.origin].every((each) => each === undefined || ["127.0.0.1", "localhost"].includes(URL.canParse(each) ? new URL(each).hostname : ""));
    if (!local) return response.writeHead(403).end();
    const stop = new AbortController();
    response.on("close", () => stop.abort());
    const body = ["GET", "HEAD"].includes(request.method) ? undefined : Readable.toWeb(request);
    const answer = await handler.fetch(new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers: request.headers, body, duplex: "half", signal: stop.signal }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (!answer.body) return response.end();
    response.flushHeaders();
    Readable.fromWeb(answer.body).on("error", () => response.destroy()).pipe(response);
  });
  listener.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}/mcp`));
}
