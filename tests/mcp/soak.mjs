// Many clients and servers that crash, stall and flood, for a while; see tests/checks/mcp-soak.
import fs from "node:fs";
import path from "node:path";
import { describe, fixture, httpTransport, marked, Peer, poll, processState, startHttp, until, Weir } from "./lib.mjs";

const kSeconds = Number(process.argv[2] ?? 600);
const kClients = Number(process.argv[3] ?? 32);
const kCallMs = 3000;  // then the client cancels
const kStuckMs = 30000;  // a step takes this long at most

const chaos = { command: ["python3", "-B", fixture("chaos.py")] };
const http = await startHttp("chaos_http.mjs");
const weir = await new Weir({ servers: { one: chaos, two: chaos, three: chaos, four: { url: http.url } }, keys: 'ask_timeout = "0s"', manifests: ["chaos.toml"] }).start();
const failures = [];
const fail = (what) => { failures.push(what); console.log(`FAILED: ${what}`); };
const counts = {};
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };
const seen = new Set();
const descriptors = () => fs.readdirSync(`/proc/${weir.child.pid}/fd`).length;
const atRest = { rss: weir.rss(), fds: descriptors() };

const connect = () => until(new Peer(httpTransport(`${weir.url}/mcp`, weir.token), { capabilities: {} }).connect(), "a connection", kStuckMs);
const call = (peer, server, tool) => peer.client.callTool({ name: `${server}__${tool}`, arguments: {} }, undefined, { timeout: kCallMs });

const end = Date.now() + kSeconds * 1000;
async function client(number) {
  let peer = null;
  while (Date.now() < end) {
    const dice = Math.random();
    const step = async () => {
      if (!peer) return peer = await connect();
      if (dice < 0.005) { count("left in order"); await peer.close(); peer = null; return; }
      if (dice < 0.008) { count("vanished"); await peer.client.close(); peer = null; return; }
      if (dice < 0.05) return void await peer.all("listTools", "tools").then(() => count("list"), () => count("list failed"));
      const server = ["one", "two", "three", "four"][Math.floor(Math.random() * 4)];
      await call(peer, server, dice < 0.1 ? "calm" : "work").then((result) => count(result.isError ? "tool error" : "answered"), (error) => count(error.code === -32001 ? "timed out, cancelled" : "failed"));
    };
    try {
      await until(step(), `client ${number}`, kStuckMs);
    } catch (error) {
      fail(`client ${number} is stuck: ${error.message}`);
      peer = null;
    }
    await new Promise((done) => setTimeout(done, Math.random() * 100));
  }
  // Each still gets an answer from each server.
  peer ??= await connect();
  for (const server of ["one", "two", "three", "four"]) {
    await poll(() => call(peer, server, "calm").then((result) => !result.isError, () => false), `${server} to answer`, 60000).catch((error) => fail(`client ${number}: ${error.message}`));
  }
  return peer;
}

const rss = [];
// What weir remembers for good, by its own account. The servers repeat themselves, so that this comes to rest soon.
const trace = () => Math.round((JSON.parse(weir.run("status", "--json")).trace_bytes ?? NaN) / 1024);
const measure = () => {
  for (const pid of marked(weir.mark)) seen.add(pid);
  if (weir.ended) return fail(`weir ended: ${JSON.stringify(weir.ended)} ${weir.output.slice(-1000)}`);
  rss.push([Math.round((Date.now() - end) / 1000 + kSeconds), Math.round(weir.rss() / 1024), descriptors(), marked(weir.mark).length, trace()]);
  console.log(`at ${rss.at(-1)[0]} s: RSS ${rss.at(-1)[1]} MiB, ${rss.at(-1)[2]} descriptors, ${rss.at(-1)[3]} processes, trace ${rss.at(-1)[4]} KiB; ${Object.entries(counts).map(([what, times]) => `${times} ${what}`).join(", ")}`);
};
const timer = setInterval(measure, Math.max(5, kSeconds / 20) * 1000);
const peers = await Promise.all(Array.from({ length: kClients }, (_, i) => client(i)));
clearInterval(timer);
measure();

for (const peer of peers) await peer.close().catch(() => {});
await poll(() => { for (const pid of marked(weir.mark)) seen.add(pid); return marked(weir.mark).filter((pid) => pid !== weir.child.pid).length === 0; }, "no process to be left", 60000).catch(() => fail(`left: ${describe(marked(weir.mark))}`));
const zombies = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => processState(pid)?.state === "Z" && processState(pid).parent === weir.child.pid);
if (zombies.length > 0) fail(`zombies: ${describe(zombies)}`);
await poll(() => descriptors() <= atRest.fds + 8, "descriptors to be closed", 30000).catch(() => fail(`${descriptors()} descriptors, at first ${atRest.fds}`));

// Flat: between a third of the time and the end no more than a tenth and 16 MiB.
const settled = rss.find(([at]) => at >= kSeconds / 3) ?? rss[0];
const last = rss.at(-1);
console.log(`RSS: ${Math.round(atRest.rss / 1024)} MiB at rest, then ${rss.map(([at, mib]) => `${at} s ${mib}`).join(", ")}; ${Math.round(weir.rss() / 1024)} after all left`);
if (last[1] > settled[1] * 1.1 + 16) fail(`RSS grew from ${settled[1]} to ${last[1]} MiB`);
if (!(last[4] <= settled[4] * 1.1 + 1024)) fail(`trace grew from ${settled[4]} to ${last[4]} KiB, so that this was no test of leaks`);
console.log(`${seen.size} processes seen, none left; ledger ${Math.round(fs.readdirSync(path.join(weir.dir, "data"), { recursive: true }).reduce((sum, name) => sum + (fs.statSync(path.join(weir.dir, "data", name)).size ?? 0), 0) / (1 << 20))} MiB`);
if (!weir.ended) await weir.discard();
await http.stop();
console.log(failures.length === 0 ? `mcp-soak: passed, ${kClients} clients, ${kSeconds} s` : `mcp-soak: ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
