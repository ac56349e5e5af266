// Runs the official conformance suite; see tests/checks/conformance.
// node conformance.mjs REVISION SIDE [WAY...]; SIDE: server (weir is the server) or client (weir is the client).
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fixture, here, node, serversFor, startHttp, temporary, Weir } from "./lib.mjs";

const [revision = "2025-11-25", side = "server", ...ways] = process.argv.slice(2);
const kSuite = path.join(here, "node_modules/.bin/conformance");
const kKeys = 'auth = "none"\nask_timeout = "0s"';

function run(args, output, env = {}, set = ["--requirements", revision]) {
  const child = spawn(node, [kSuite, ...args, ...set, "-o", output], { cwd: output, env: { ...process.env, NO_COLOR: "1", ...env } });
  let text = "";
  child.stdout.on("data", (piece) => (text += piece));
  child.stderr.on("data", (piece) => (text += piece));
  return new Promise((done) => child.on("exit", (code) => done({ code, text })));
}

// weir in front of the fixture of one era, alone ("transparent") or among other servers ("aggregating").
const kFixtures = { "2025-11-25": "conformance.mjs", "2026-07-28": "conformance_stateless.mjs" };
// The suite gives one scenario 600 ms from the first request of a client that can do more than those before it. weir
// starts that client's servers then, which on a busy machine takes node longer: it is asked once before.
async function warm(url) {
  const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": { name: "conformance-client", version: "1.0.0" }, "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } };
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } }) });
  await answer.text();
}
async function behind(file, { http = false, others = {} } = {}) {
  const server = http ? await startHttp(file) : null;
  const own = http ? { url: server.url, prefix: false } : { command: [node, fixture(file)], prefix: false };
  const weir = await new Weir({ servers: { ...others, conformance: own }, keys: kKeys, manifests: ["conformance.toml"] }).start();
  if (revision === "2026-07-28") await warm(`${weir.url}/mcp`);
  return { url: `${weir.url}/mcp`, stop: async () => { await weir.discard(); await server?.stop(); } };
}
async function aggregating(file) {
  const dir = temporary("conformance-files");
  const { memory, probe } = serversFor(dir);
  const { stop, url } = await behind(file, { http: true, others: { memory, probe } });
  return { url, stop: async () => { await stop(); fs.rmSync(dir, { recursive: true, force: true }); } };
}
const serverWays = {
  "direct": async () => {
    const server = await startHttp(kFixtures[revision]);
    return { url: server.url, stop: () => server.stop() };
  },
  "transparent, stdio": () => behind(kFixtures[revision]),
  "transparent, HTTP": () => behind(kFixtures[revision], { http: true }),
  "aggregating": () => aggregating(kFixtures[revision]),
  // The eras bridged: what this revision's clients see of a server of the other.
  ...(revision === "2025-11-25" && { "server of 2026-07-28, stdio": () => behind(kFixtures["2026-07-28"]), "server of 2026-07-28, HTTP": () => behind(kFixtures["2026-07-28"], { http: true }) }),
};

// What the suite's summary says.
function report(name, { text }) {
  const scenarios = [...text.matchAll(/^([✓✗]) (\S+): (\d+) passed, (\d+) failed/gm)];
  const unscored = [...text.matchAll(/^ +[✓✗] (\S+) \((?:added-after-release|pending|extension)/gm)].map((each) => each[1]);
  const scored = scenarios.filter((each) => !unscored.includes(each[2]));
  const extra = scenarios.filter((each) => unscored.includes(each[2]));
  const passed = (some) => some.filter((each) => each[1] === "✓").length;
  if (process.env.VERBOSE || scored.length === 0) console.log(text);
  for (const each of scenarios.filter((one) => one[1] !== "✓")) console.log(`   failed: ${each[2]}${unscored.includes(each[2]) ? " (not scored)" : ""}`);
  console.log(`conformance ${revision} ${side}: ${passed(scored)} of ${scored.length} required (${name}); not scored ${passed(extra)} of ${extra.length}; ${/Total: .*/.exec(text)?.[0] ?? "no total"}`);
  return scored.length > 0 && passed(scored) === scored.length;
}

// weir takes no part in OAuth: it passes no tokens through, and sends the servers behind it the headers that their
// operator wrote into weir.toml. The suite's auth/ scenarios test an OAuth client, which weir is not.
const isOauth = (scenario) => scenario.startsWith("auth/");
const required = (set) => {
  const text = fs.readFileSync(path.join(here, "node_modules/@modelcontextprotocol/conformance/requirements", `${revision}.yaml`), "utf8");
  const list = text.slice(text.indexOf(`\n${set}:`)).split("\n").slice(2);
  return list.slice(0, list.findIndex((line) => !line.startsWith("  - "))).map((line) => line.slice(4).trim());
};
async function clientSide() {
  const all = required("client");
  const own = all.filter((scenario) => !isOauth(scenario));
  const output = temporary("conformance");
  let passed = 0;
  for (const scenario of own) {
    const { code, text } = await run(["client", "--command", `${node} ${path.join(here, "conformance_client.mjs")}`, "--scenario", scenario, "--spec-version", revision], output, {}, []);
    const failed = /^.*\b(\d+) failed/m.exec(text)?.[1] !== "0";
    if (process.env.VERBOSE || (code !== 0 || failed)) console.log(text);
    if (code === 0 && !failed) passed++;
    else console.log(`   failed: ${scenario}`);
  }
  fs.rmSync(output, { recursive: true, force: true });
  console.log(`conformance ${revision} client: ${passed} of ${own.length} required that are not OAuth; ${all.length - own.length} OAuth scenarios not applicable, weir is no OAuth client`);
  return own.length > 0 && passed === own.length;
}

let worst = 0;
if (side === "client") process.exit((await clientSide()) ? 0 : 1);
for (const name of ways.length > 0 ? ways : Object.keys(serverWays)) {
  const way = await serverWays[name]();
  const output = temporary("conformance");
  const done = await run(["server", "--url", way.url], output);
  await way.stop();
  fs.rmSync(output, { recursive: true, force: true });
  if (!report(name, done) || done.code !== 0) worst = 1;
}
process.exit(worst);
