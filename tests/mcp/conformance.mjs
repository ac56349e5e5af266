// Runs the official conformance suite; see tests/checks/conformance.
// node conformance.mjs REVISION SIDE [WAY...]; SIDE: server (weir is the server) or client (weir is the client).
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fixture, here, node, serversFor, startHttp, temporary, Weir } from "./lib.mjs";

const [revision = "2025-11-25", side = "server", ...ways] = process.argv.slice(2);
const kSuite = path.join(here, "node_modules/.bin/conformance");
const kKeys = 'auth = "none"\nask_timeout = "0s"';

function run(args, output, env = {}) {
  const child = spawn(node, [kSuite, ...args, "--requirements", revision, "-o", output], { cwd: output, env: { ...process.env, NO_COLOR: "1", ...env } });
  let text = "";
  child.stdout.on("data", (piece) => (text += piece));
  child.stderr.on("data", (piece) => (text += piece));
  return new Promise((done) => child.on("exit", (code) => done({ code, text })));
}

// weir in front of the fixture of one era, alone ("transparent") or among other servers ("aggregating").
const kFixtures = { "2025-11-25": "conformance.mjs", "2026-07-28": "conformance_stateless.mjs" };
async function behind(file, { http = false, others = {} } = {}) {
  const server = http ? await startHttp(file) : null;
  const own = http ? { url: server.url, prefix: false } : { command: [node, fixture(file)], prefix: false };
  const weir = await new Weir({ servers: { ...others, conformance: own }, keys: kKeys, manifests: ["conformance.toml"] }).start();
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

// What the suite's summary says. `applies`: whether a scenario is weir's to pass.
function report(name, { code, text }, applies = () => true) {
  const scenarios = [...text.matchAll(/^([✓✗]) (\S+): (\d+) passed, (\d+) failed/gm)].filter((each) => applies(each[2]));
  const unscored = [...text.matchAll(/^ +[✓✗] (\S+) \((?:added-after-release|pending|extension)/gm)].map((each) => each[1]);
  const scored = scenarios.filter((each) => !unscored.includes(each[2]));
  const extra = scenarios.filter((each) => unscored.includes(each[2]));
  const passed = (some) => some.filter((each) => each[1] === "✓").length;
  if (process.env.VERBOSE || scored.length === 0) console.log(text);
  for (const each of scenarios.filter((one) => one[1] !== "✓")) console.log(`   failed: ${each[2]}${unscored.includes(each[2]) ? " (not scored)" : ""}`);
  console.log(`conformance ${revision} ${side}: ${passed(scored)} of ${scored.length} required (${name}); not scored ${passed(extra)} of ${extra.length}; ${/Total: .*/.exec(text)?.[0] ?? "no total"}`);
  return scored.length > 0 && passed(scored) === scored.length && (code === 0 || applies !== undefined);
}

let worst = 0;
for (const name of ways.length > 0 ? ways : Object.keys(serverWays)) {
  const way = await serverWays[name]();
  const output = temporary("conformance");
  const done = await run(["server", "--url", way.url], output);
  await way.stop();
  fs.rmSync(output, { recursive: true, force: true });
  if (!report(name, done) || done.code !== 0) worst = 1;
}
process.exit(worst);
