// The measuring side of bench/mcp/run: opens the sessions, takes turns, prints one JSON object. The client here is as
// thin as can be, sockets and lines, so that it is the gateway and the server that are measured.
import { spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { fixture, node, startHttp, Weir } from "../../tests/mcp/lib.mjs";

const [rounds, scale] = process.argv.slice(2).map(Number);
const hello = { method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } } };

// JSON-RPC over a child's stdin and stdout; one request at a time.
class Stdio {
  constructor(command, env) {
    this.child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "ignore"] });
    this.parts = [];
    this.child.stdout.on("data", (piece) => {
      if (piece[piece.length - 1] !== 10) return this.parts.push(piece);
      const whole = this.parts.length ? Buffer.concat([...this.parts, piece]) : piece;
      this.parts = [];
      this.done(whole);
    });
  }
  request(text) {
    return new Promise((done) => { this.done = done; this.child.stdin.write(`${text}\n`); });
  }
  notify(text) { this.child.stdin.write(`${text}\n`); }
  close() { this.child.kill("SIGKILL"); }
}

// JSON-RPC over one HTTP/1.1 connection that stays.
class Http {
  constructor(url, token) {
    this.url = new URL(url);
    this.token = token;
    this.socket = net.connect(Number(this.url.port), this.url.hostname);
    this.socket.setNoDelay(true);
    this.socket.on("data", (piece) => this.take(piece));
    this.socket.on("close", () => this.fail?.(new Error("the connection was closed")));
    this.parts = [];
    this.size = 0;
  }
  take(piece) {
    this.parts.push(piece);
    this.size += piece.length;
    if (this.need === undefined) {
      const head = Buffer.concat(this.parts);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const text = head.toString("latin1", 0, end);
      this.session ??= /^mcp-session-id: *(\S+)/im.exec(text)?.[1];
      if (!/^HTTP\/1.1 20/.test(text)) return this.fail(new Error(text));
      this.chunked = /^transfer-encoding: *chunked/im.test(text);
      this.need = this.chunked ? 0 : end + 4 + Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
      this.parts = [head];
    }
    if (this.chunked ? piece.length < 5 || piece.toString("latin1", piece.length - 5) !== "0\r\n\r\n" : this.size < this.need) return;
    const whole = Buffer.concat(this.parts);
    this.parts = [];
    this.size = 0;
    this.need = undefined;
    this.done(whole);
  }
  request(text) {
    return new Promise((done, fail) => {
      this.done = done;
      this.fail = fail;
      this.socket.write(`POST ${this.url.pathname} HTTP/1.1\r\nhost: ${this.url.host}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n${this.token ? `weir-token: ${this.token}\r\n` : ""}${this.session ? `mcp-session-id: ${this.session}\r\nmcp-protocol-version: 2025-11-25\r\n` : ""}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    });
  }
  notify(text) { return this.request(text); }
  close() { this.fail = null; this.socket.destroy(); }
}

async function open(make) {
  const link = make();
  let id = 0;
  const ask = async (method, params) => {
    const answer = await link.request(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }));
    return answer;
  };
  await ask(hello.method, hello.params);
  await link.notify(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  return { ask, close: () => link.close() };
}

const p = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const median = (values) => p([...values].sort((a, b) => a - b), 0.5);

async function turn(clients, total, step, check) {
  const times = [];
  let left = total;
  const begin = performance.now();
  await Promise.all(clients.map(async (client) => {
    while (left-- > 0) {
      const start = performance.now();
      const answer = await step(client, left);
      times.push((performance.now() - start) * 1000);
      if (!answer.includes(check)) throw new Error(`not what was asked for: ${answer.toString().slice(0, 600)}`);
    }
  }));
  const seconds = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  return { p50: p(times, 0.5), p99: p(times, 0.99), rps: times.length / seconds };
}

async function row(name, { transport, clients, total, step, check, tools = 0 }) {
  const env = { TOOLS: String(tools) };
  const upstream = transport === "http" ? await startHttp("bench.mjs", { env }) : null;
  const command = [node, fixture("bench.mjs")];
  const weir = await new Weir({ servers: { bench: upstream ? { url: upstream.url } : { command, env } }, keys: 'ask_timeout = "0s"', manifests: ["bench.toml"], dir: process.env.BENCH_DIR && path.join(process.env.BENCH_DIR, `weir-${++made}`) }).start();
  const groups = { direct: [], weir: [] };
  for (let i = 0; i < clients; i++) {
    groups.direct.push(await open(() => (upstream ? new Http(upstream.url) : new Stdio(command, env))));
    groups.weir.push(await open(() => new Http(`${weir.url}/mcp`, weir.token)));
  }
  const steps = { direct: (client, i) => step(client, "", i), weir: (client, i) => step(client, "bench__", i) };
  for (const way of ["direct", "weir"]) await turn(groups[way], clients * 8, steps[way], check);
  const runs = { direct: [], weir: [] };
  for (let round = 0; round < rounds; round++) {
    for (const way of round % 2 ? ["weir", "direct"] : ["direct", "weir"]) runs[way].push(await turn(groups[way], Math.max(clients, Math.round(total * scale)), steps[way], check));
  }
  const result = { name, transport, clients };
  for (const way of ["direct", "weir"]) {
    groups[way].forEach((client) => client.close());
    result[way] = { p50_us: median(runs[way].map((run) => run.p50)), p99_us: median(runs[way].map((run) => run.p99)), rps: median(runs[way].map((run) => run.rps)) };
  }
  result.added_p50_us = median(runs.weir.map((run, i) => run.p50 - runs.direct[i].p50));
  result.weir_rss_mib = weir.rss() / 1024;
  await weir.discard();
  await upstream?.stop();
  console.log(JSON.stringify(result));
}

let made = 0;
const call = (tool, args) => (client, prefix, i) => client.ask("tools/call", { name: `${prefix}${tool}`, arguments: args(i) });
for (const transport of ["stdio", "http"]) {
  for (const clients of [1, 32]) {
    await row(`echo, ${transport}, ${clients}`, { transport, clients, total: clients === 1 ? 500 : 3200, step: call("echo", (i) => ({ text: `hello ${i}` })), check: "hello" });
    await row(`64 KiB, ${transport}, ${clients}`, { transport, clients, total: clients === 1 ? 200 : 960, step: call("large", () => ({})), check: "quick brown fox" });
  }
  await row(`list of 1,000 tools, ${transport}`, { transport, clients: 1, total: 20, tools: 1000, step: (client) => client.ask("tools/list", {}), check: "tool_999" });
}
process.exit(0);
