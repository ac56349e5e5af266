// A server that breaks the protocol in the way that its argument names. No SDK: that would not let it.
import { spawn } from "node:child_process";
import fs from "node:fs";
import readline from "node:readline";

const mode = process.argv[2];
const kMiB = 1 << 20;
// Blocking writes: a flood must not pile up in this process.
const write = (fd, data) => {
  let bytes = typeof data === "string" ? Buffer.from(data) : data;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(fs.writeSync(fd, bytes));
    } catch (error) {
      if (error.code === "EPIPE") process.exit(0);
      if (error.code !== "EAGAIN") throw error;
    }
  }
};
const send = (message) => write(1, JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
const flood = (fd, line, lines) => { for (let i = 0; i < lines; i++) write(fd, line); };
const text = (what) => ({ content: [{ type: "text", text: what }] });

if (mode === "exits") process.exit(3);
if (mode === "garbage-first") write(1, Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
if (mode === "tree" || mode === "stubborn") {
  // A grandchild that has left the process group, and its own child; neither ends by itself.
  const stay = "trap '' TERM HUP INT; sleep 1000 & while :; do sleep 1000; done";
  spawn("setsid", ["bash", "-c", stay], { stdio: "ignore", detached: true }).unref();
}
if (mode === "stubborn") for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
if (mode === "stubborn") setInterval(() => {}, 1000);

const tools = [{ name: "work", description: "Works", inputSchema: { type: "object" } }];
function onCall(id) {
  switch (mode) {
    case "dies": return process.kill(process.pid, "SIGKILL");
    case "stderr-flood": flood(2, "e".repeat(4000) + "\n", 5000); return send({ id, result: text("flooded") });
    case "stdout-flood": flood(1, "this is no JSON\n", 100000); return send({ id, result: text("flooded") });
    case "notify-flood": flood(1, JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "error", data: "n".repeat(200) } }) + "\n", 20000); return send({ id, result: text("flooded") });
    case "change-flood": flood(1, JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" }) + "\n", 20000); return send({ id, result: text("flooded") });
    case "request-flood": for (let i = 0; i < 5000; i++) send({ id: `r${i}`, method: "roots/list" }); return send({ id, result: text("flooded") });
    case "utf8": return write(1, Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}]}}\n')]));
    case "unknown-ids": send({ id: 987654, result: text("nobody asked") }); send({ id: "x", error: { code: 1, message: "nobody" } }); send({ id, result: text("the answer") }); return send({ id, result: text("a second answer") });
    case "null-id": send({ id: null, result: {} }); return send({ id, result: text("the answer") });
    case "huge": {
      write(1, `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`);
      const piece = Buffer.alloc(kMiB, "h");
      for (let i = 0; i < 100; i++) write(1, piece);
      return write(1, '"}]}}\n');
    }
    case "endless-line": for (const piece = Buffer.alloc(kMiB, "x"); ;) write(1, piece);
    case "deep": return write(1, `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"structuredContent":${'{"a":['.repeat(100000)}${"]}".repeat(100000)}}}\n`);
    case "shape": return send({ id, result: { content: "a string", isError: "no" } });
    case "both": return send({ id, result: text("ok"), error: { code: 1, message: "and not" } });
    case "closes-stdout": return fs.closeSync(1);
    case "stalls": return undefined;
    default: return send({ id, result: text(`worked ${process.pid}`) });
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (mode === "mute") return;
  if (method === "initialize") {
    if (mode === "wrong-version") return send({ id, result: { protocolVersion: "1999-01-01", capabilities: { tools: {} }, serverInfo: { name: "bad", version: "1" } } });
    return send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: { listChanged: true }, logging: {} }, serverInfo: { name: "bad", version: "1" } } });
  }
  if (method === "tools/list") {
    if (mode === "list-shape") return send({ id, result: { tools: { not: "a list" } } });
    if (mode === "list-names") return send({ id, result: { tools: [...tools, { name: "work" }, { name: "" }, { name: 7 }, null, "x", { name: "a".repeat(100000) }, { name: "bad/../../\u0000\n" }] } });
    if (mode === "cursor-loop") return send({ id, result: { tools, nextCursor: "again" } });
    return send({ id, result: { tools } });
  }
  if (method === "tools/call") return onCall(id);
  if (id !== undefined && method) send({ id, error: { code: -32601, message: "no such method" } });
});
