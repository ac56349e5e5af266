// One run of one agent: a home that `weir init` set up, a tap where the agent expects weir, weir, and a model.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { weirBin } from "../sdk/harness.mjs";
import { Model } from "./model.mjs";

export const here = import.meta.dirname;
export const bin = (name) => path.join(here, "node_modules/.bin", name);

// Stands where the agent thinks that weir is, passes all on, and keeps what went by.
class Tap {
  requests = [];
  replies = [];  // the bytes that the agent got

  async start() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on("data", (piece) => pieces.push(piece));
      request.on("end", () => {
        const body = Buffer.concat(pieces);
        const kept = { method: request.method, url: request.url, headers: request.headers, body };
        this.requests.push(kept);
        const { hostname, port } = new URL(this.target);
        const out = http.request({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (reply) => {
          kept.status = reply.statusCode;
          response.writeHead(reply.statusCode, reply.headers);
          reply.on("data", (piece) => this.replies.push(piece));
          reply.pipe(response);
        });
        out.on("error", () => response.destroy());
        response.on("close", () => out.destroy());
        out.end(body);
      });
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.address = `127.0.0.1:${this.server.address().port}`;
    return this;
  }
  bytes() {
    return Buffer.concat(this.replies).toString("latin1");
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export class Lab {
  constructor(agent) {
    this.agent = agent;
    this.home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `weir-${agent.name}-`)));
    this.work = path.join(this.home, "work");
    fs.mkdirSync(this.work);
    this.env = {
      PATH: `${path.join(here, "node_modules/.bin")}:${path.dirname(process.execPath)}:${path.dirname(weirBin)}:/usr/bin:/bin`,
      WEIR_TEST_MARK: path.basename(this.home), HOME: this.home, LANG: "C.UTF-8", TERM: "dumb", WEIR_FOLDER: path.join(here, "../.."),
    };
    this.model = new Model(agent.tools);
    this.output = "";
  }
  file(name, text) {
    const full = path.resolve(this.work, name);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    if (text !== undefined) fs.writeFileSync(full, text);
    return full;
  }
  read(name) {
    const full = path.resolve(this.work, name);
    return fs.existsSync(full) ? fs.readFileSync(full, "utf8") : null;
  }
  // `top` and `tables`: more lines of weir.toml.
  async start(mode, { top = "", tables = "" } = {}) {
    await this.model.start();
    this.tap = await new Tap().start();
    const args = ["--client", this.agent.init ?? this.agent.name, "--upstream", this.model.url, "--listen", this.tap.address, "--model", "m", "--yes", "--apply", ...(this.agent.initArgs ?? [])];
    this.said = this.weir("init", ...args);
    this.config = path.join(this.home, ".config/weir/weir.toml");
    if (!fs.existsSync(this.config)) throw new Error(`weir init did not write weir.toml: ${this.said}`);
    fs.writeFileSync(this.config, `${top}\n${fs.readFileSync(this.config, "utf8")}\n${tables}`);
    this.token = this.weir("token").trim();
    this.person = this.weir("token", "--person").trim();
    this.url = `http://${this.tap.address}`;
    this.agent.prepare?.(this);
    this.child = spawn(weirBin, ["up"], { cwd: this.work, env: { ...this.env, WEIR_LISTEN: "127.0.0.1:0", WEIR_MODE: mode } });
    this.weirSaid = "";
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (piece) => (this.weirSaid += piece));
    for (let i = 0; i < 500 && !/listening on \S+/.test(this.weirSaid) && this.child.exitCode === null; i++) await new Promise((done) => setTimeout(done, 20));
    const found = /listening on (\S+)/.exec(this.weirSaid);
    if (!found) throw new Error(`weir did not start: ${this.weirSaid}`);
    this.tap.target = found[1];
    return this;
  }
  weir(...args) {
    const done = spawnSync(weirBin, args, { cwd: this.work, env: this.env, encoding: "utf8", timeout: 30000 });
    return done.stdout + done.stderr;
  }
  async admin(method, target, body) {
    const reply = await fetch(this.tap.target + target, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${this.person}` } });
    return reply.json();
  }
  // The person at the other terminal: answers each question that comes while the agent works, until it is done.
  async answerAll(decide, until) {
    const asked = [];
    let done = false;
    until.finally(() => (done = true));
    while (!done) {
      for (const ask of (await this.admin("GET", "/weir/approvals")).pending) {
        asked.push(ask);
        await this.admin("POST", `/weir/approvals/${ask.id}`, { answer: decide(ask) });
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
    return asked;
  }
  // Runs the agent on one prompt. Gives {code, output}; after `ms` it is killed and code is null.
  run(prompt, { ms = this.agent.ms ?? 160000, more = [] } = {}) {
    const [command, ...args] = this.agent.command(prompt, this);
    const child = spawn(command, [...args, ...more], { cwd: this.work, stdio: ["ignore", "pipe", "pipe"], env: { ...this.env, ...this.agent.env?.(this) } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += piece));
    const timer = setTimeout(() => this.killAll(), ms);  // some agents leave the group that they were started in
    return new Promise((done) => child.on("close", (code) => {
      clearTimeout(timer);
      done({ code, output });
    }));
  }
  killAll() {
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const environment = fs.readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
        if (environment.includes(`WEIR_TEST_MARK=${path.basename(this.home)}`) && Number(pid) !== this.child?.pid) process.kill(Number(pid), "SIGKILL");
      } catch {}  // it ended meanwhile
    }
  }
  // The ledger's decisions: {index, tool, decision, enforced, why}.
  log() {
    const { entries } = JSON.parse(this.weir("log", "--json", "-n", "500"));
    return entries.filter(({ entry }) => entry.type === "decision").map(({ index, entry, detail }) => ({ index, ...entry, ...detail }));
  }
  async stop() {
    this.killAll();
    this.model.stop();
    this.tap.stop();
    if (this.child.exitCode === null) {
      this.child.kill("SIGTERM");
      await new Promise((done) => this.child.on("exit", done));
    }
    if (process.env.WEIR_CAPTURE) {
      const folder = path.join(process.env.WEIR_CAPTURE, `${this.agent.name}-${process.pid}-${Date.now()}`);
      fs.mkdirSync(folder, { recursive: true });
      this.tap.requests.forEach(({ method, url, headers, body, status }, at) => fs.writeFileSync(path.join(folder, `${String(at).padStart(2, "0")}.txt`), `${method} ${url} -> ${status}\n${JSON.stringify(headers, null, 1)}\n${body}\n`));
      fs.writeFileSync(path.join(folder, "weir.txt"), this.weirSaid);
    }
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}
