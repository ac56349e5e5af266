// One set of MCP servers, reached three ways: straight, through weir's /mcp, and through `weir mcp` on stdio.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as t from "@modelcontextprotocol/sdk/types.js";

export const here = import.meta.dirname;
export const root = path.resolve(here, "../..");
export const weirBin = process.env.WEIR_BIN ?? path.join(root, "build/release/weir");
export const node = process.execPath;
export const fixture = (name) => path.join(here, "servers", name);
const packaged = (name) => path.join(here, "node_modules/@modelcontextprotocol", name, "dist/index.js");

// Which ways are tried; WEIR_MCP_ROUTES=direct is the servers alone.
export const routes = (process.env.WEIR_MCP_ROUTES ?? "direct,http,stdio").split(",");

export function until(promise, what, ms = 20000) {
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error(`waited ${ms} ms for ${what}`)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
export async function poll(condition, what, ms = 20000) {
  for (const end = Date.now() + ms; ; await new Promise((done) => setTimeout(done, 20))) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
  }
}
export function temporary(name) {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `weir-mcp-${name}-`)));
}
export const textOf = (result) => result.content.map((block) => block.text ?? "").join("\n");

// --- Processes, found by a mark in their environment

export function marked(mark) {
  const found = [];
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (fs.readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`WEIR_TEST_MARK=${mark}`)) found.push(Number(pid));
    } catch {}  // it ended meanwhile
  }
  return found;
}
export function processState(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], parent: Number(fields[1]), name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")) };
  } catch {
    return null;
  }
}
export const describe = (pids) => pids.map((pid) => `${pid} ${JSON.stringify(processState(pid))} ${(() => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " "); } catch { return ""; } })()}`).join("; ");

// --- Servers

export function serversFor(dir) {
  return {
    everything: { command: [node, packaged("server-everything"), "stdio"] },
    files: { command: [node, packaged("server-filesystem"), dir] },
    memory: { command: [node, packaged("server-memory")], env: { MEMORY_FILE_PATH: path.join(dir, "memory.jsonl") } },
    probe: { command: [node, fixture("probe.mjs")] },
  };
}

// A server of ours on HTTP. Gives {url, pid, stop()}.
export async function startHttp(file, { args = [], env = {} } = {}) {
  const child = spawn(node, [fixture(file), "--http", ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const url = await until(new Promise((done, fail) => {
    let out = "";
    child.stdout.on("data", (piece) => { out += piece; if (out.includes("\n")) done(out.trim()); });
    child.on("exit", (code) => fail(new Error(`${file} ended with ${code}`)));
  }), `${file} to listen`);
  const gone = new Promise((done) => child.on("exit", done));
  return { url, pid: child.pid, stop: () => { child.kill("SIGKILL"); return gone; } };
}

// --- weir

const toml = (value) => Array.isArray(value) ? `[${value.map(toml).join(", ")}]` : typeof value === "object" ? `{ ${Object.entries(value).map(([key, each]) => `"${key}" = ${toml(each)}`).join(", ")} }` : JSON.stringify(value);

export class Weir {
  // `servers`: name → the keys of its [[server]]. `extra`: further TOML, top level keys first.
  constructor({ servers, keys = "", tables = "", manifests = ["everything.toml", "probe.toml"], dir, mark = "" }) {
    if (dir) fs.mkdirSync(dir, { recursive: true });
    this.dir = dir || temporary("weir");
    this.mark = mark || path.basename(this.dir);
    this.config = path.join(this.dir, "weir.toml");
    this.settings = { servers, keys, tables, manifests };
    this.write();
  }
  write(change = {}) {
    const { servers, keys, tables, manifests } = Object.assign(this.settings, change);
    const text = [`listen = "127.0.0.1:0"`, `data_dir = "${this.dir}/data"`, `manifests = ${toml(manifests.map((name) => path.resolve(here, "manifests", name)))}`, keys];
    for (const [name, server] of Object.entries(servers)) {
      text.push("[[server]]", `name = "${name}"`);
      const env = server.command ? { WEIR_TEST_MARK: this.mark, ...server.env } : server.env;
      const sandbox = server.command ? "test" : undefined;
      for (const [key, value] of Object.entries({ sandbox, ...server, env })) if (value !== undefined) text.push(`${key} = ${toml(value)}`);
    }
    // What servers may touch: the programs here, and to write the tests' own folders that they are told of.
    const told = new Set(JSON.stringify(servers).match(/[^"\s]*\/weir-mcp-[\w-]+/g)?.filter((name) => fs.existsSync(name)));
    const sandbox = ["[sandbox.test]", `read = ${toml([here, path.dirname(path.dirname(node))])}`, `write = ${toml([...told])}`];
    fs.writeFileSync(this.config, [...text, tables, ...sandbox, ""].join("\n"));
  }
  async start() {
    this.env = { ...process.env, WEIR_TEST_MARK: this.mark };
    delete this.env.WEIR_DATA;
    this.output = "";
    this.child = spawn(weirBin, ["up", "--config", this.config], { env: this.env });
    this.gone = new Promise((done) => this.child.on("exit", (code, signal) => { this.ended = { code, signal }; done(this.ended); }));
    this.ended = null;
    const collect = (piece) => { this.output = (this.output + piece).slice(-200000); };
    this.child.stdout.on("data", collect);
    this.child.stderr.on("data", collect);
    await poll(() => /listening on (\S+)/.test(this.output) || this.ended, "weir to listen");
    if (this.ended) throw new Error(`weir did not start: ${this.output}`);
    this.url = /listening on (\S+)/.exec(this.output)[1];
    this.token = this.run("token").trim();
    return this;
  }
  run(...args) {
    const done = spawnSync(weirBin, [...args, "--config", this.config], { env: this.env, encoding: "utf8", timeout: 20000 });
    this.status = done.status;
    return done.stdout + done.stderr;
  }
  async admin(method, target, body) {
    this.person ??= this.run("token", "--person").trim();
    const reply = await fetch(this.url + target, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${this.person}` } });
    return { status: reply.status, json: await reply.json() };
  }
  rss() {  // KiB
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.child.pid}/status`, "latin1"))[1]);
  }
  async stop(signal = "SIGTERM") {
    if (this.child && !this.ended) this.child.kill(signal);
    await until(this.gone ?? Promise.resolve(), `weir to end after ${signal}`, 30000);
  }
  async discard() {
    await this.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

// --- Clients

export const allCapabilities = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };

// One SDK client, with what it was told, and what it was asked.
export class Peer {
  constructor(transport, { capabilities = allCapabilities, roots = ["file:///srv/first"] } = {}) {
    this.transport = transport;
    this.roots = roots;
    this.asked = [];
    this.notes = [];
    this.waiters = [];
    this.errors = [];
    this.client = new Client({ name: "weir-mcp-tests", version: "1" }, { capabilities });
    this.client.onerror = (error) => this.errors.push(error);
    this.closed = new Promise((done) => (this.client.onclose = done));
    if (capabilities.sampling) this.client.setRequestHandler(t.CreateMessageRequestSchema, ({ params }) => { this.asked.push(["sampling", params]); return { model: "scripted", role: "assistant", content: { type: "text", text: `sampled: ${params.messages[0].content.text}` } }; });
    if (capabilities.elicitation) this.client.setRequestHandler(t.ElicitRequestSchema, ({ params }) => { this.asked.push(["elicitation", params]); return this.elicit ? this.elicit(params) : { action: "accept", content: { colour: "blue" } }; });
    if (capabilities.roots) this.client.setRequestHandler(t.ListRootsRequestSchema, () => ({ roots: this.roots.map((uri) => ({ uri })) }));
    this.client.fallbackNotificationHandler = async (note) => {
      this.notes.push(note);
      this.waiters = this.waiters.filter((waiter) => !waiter(note));
    };
  }
  async connect() {
    await this.client.connect(this.transport, { timeout: 30000 });
    return this;
  }
  // The next notification that fits, or one that came already and was not taken.
  heard(method, fits = () => true, ms = 20000) {
    const matches = (note) => note.method === method && fits(note.params ?? {});
    const at = this.notes.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.notes.splice(at, 1)[0].params);
    return until(new Promise((done) => this.waiters.push((note) => matches(note) && (this.notes.splice(this.notes.indexOf(note), 1), done(note.params), true))), method, ms);
  }
  async all(method, member) {
    const entries = [];
    for (let cursor, rounds = 0; rounds < 50; rounds++) {
      const page = await this.client[method](cursor ? { cursor } : {});
      entries.push(...page[member]);
      cursor = page.nextCursor;
      if (!cursor) return entries;
    }
    throw new Error(`${method} has no end`);
  }
  async close() {
    if (this.transport.terminateSession) await this.transport.terminateSession().catch(() => {});
    await this.client.close();
  }
}

export function stdioTransport(command, env = {}) {
  return new StdioClientTransport({ command: command[0], args: command.slice(1), env: { PATH: process.env.PATH, HOME: process.env.HOME ?? "/", ...env }, stderr: "ignore", maxBufferSize: 300 << 20 });
}
export function httpTransport(url, token, options = {}) {
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: token ? { authorization: `Bearer ${token}` } : {} },
    reconnectionOptions: { initialReconnectionDelay: 20, maxReconnectionDelay: 200, reconnectionDelayGrowFactor: 1.5, maxRetries: 20 },
    ...options,
  });
}

// One client of all servers. Names are the servers' own here, whichever way it goes.
export class Way {
  constructor(route, { servers, weir, ...options }) {
    Object.assign(this, { route, servers, weir, options });
    this.peers = new Map();
  }
  get direct() { return this.route === "direct"; }
  // The client that reaches this server.
  async to(server) {
    const key = this.direct ? server : "weir";
    if (!this.peers.has(key)) this.peers.set(key, this.open(server));
    return this.peers.get(key);
  }
  open(server) {
    if (this.direct) {
      const { command, env, url } = this.servers[server];
      return new Peer(url ? httpTransport(url) : stdioTransport(command, { ...env, WEIR_TEST_MARK: this.weir?.mark ?? "" }), this.options).connect();
    }
    if (this.route === "http") return new Peer(httpTransport(`${this.weir.url}/mcp`, this.weir.token), this.options).connect();
    return new Peer(stdioTransport([weirBin, "mcp", "--config", this.weir.config], { WEIR_TEST_MARK: this.weir.mark }), this.options).connect();
  }
  name(server, name) { return this.direct ? name : `${server}__${name}`; }
  async call(server, tool, args, options) {
    const peer = await this.to(server);
    return peer.client.callTool({ name: this.name(server, tool), ...(args && { arguments: args }) }, undefined, { timeout: 30000, ...options });
  }
  // Entries of that server alone, with its own names.
  async list(server, kind) {
    const peer = await this.to(server);
    const entries = await peer.all({ tools: "listTools", prompts: "listPrompts" }[kind], kind);
    if (this.direct) return entries;
    return entries.filter((entry) => entry.name.startsWith(`${server}__`)).map((entry) => ({ ...entry, name: entry.name.slice(server.length + 2) }));
  }
  async close() {
    for (const peer of this.peers.values()) await peer.then((each) => each.close()).catch(() => {});
    this.peers.clear();
  }
}

// A TCP relay whose connections can be cut, for streams that break.
export class Relay {
  connections = new Set();
  total = 0;
  async start(target) {
    const { hostname, port } = new URL(target);
    this.server = net.createServer((socket) => {
      const out = net.connect(Number(port), hostname);
      this.total++;
      const both = [socket, out];
      this.connections.add(both);
      for (const [from, to] of [[socket, out], [out, socket]]) {
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.on("close", () => { to.destroy(); this.connections.delete(both); });
      }
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    const url = new URL(target);
    url.port = this.server.address().port;
    this.url = url.href;
    return this;
  }
  cut() {
    for (const both of this.connections) for (const socket of both) socket.destroy();
  }
  stop() {
    this.cut();
    this.server.close();
  }
}
