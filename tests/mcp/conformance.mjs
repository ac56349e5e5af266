// Runs the official conformance suite's server scenarios of a revision; see tests/checks/conformance.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fixture, here, node, startHttp, temporary, Weir } from "./lib.mjs";

const [revision = "2025-11-25", ...ways] = process.argv.slice(2);
const kSuite = path.join(here, "node_modules/.bin/conformance");

function run(url, output) {
  const child = spawn(node, [kSuite, "server", "--url", url, "--requirements", revision, "-o", output], { cwd: output, env: { ...process.env, NO_COLOR: "1" } });
  let text = "";
  child.stdout.on("data", (piece) => (text += piece));
  child.stderr.on("data", (piece) => (text += piece));
  return new Promise((done) => child.on("exit", (code) => done({ code, text })));
}

const makers = {
  "direct": async () => {
    const server = await startHttp("conformance.mjs");
    return { url: server.url, stop: () => server.stop() };
  },
  "weir, stdio server": async () => {
    const weir = await new Weir({ servers: { conformance: { command: [node, fixture("conformance.mjs")], prefix: false } }, keys: 'auth = "none"\nask_timeout = "0s"', manifests: ["conformance.toml"] }).start();
    return { url: `${weir.url}/mcp`, stop: () => weir.discard() };
  },
  "weir, HTTP server": async () => {
    const server = await startHttp("conformance.mjs");
    const weir = await new Weir({ servers: { conformance: { url: server.url, prefix: false } }, keys: 'auth = "none"\nask_timeout = "0s"', manifests: ["conformance.toml"] }).start();
    return { url: `${weir.url}/mcp`, stop: async () => { await weir.discard(); await server.stop(); } };
  },
};

let worst = 0;
for (const name of ways.length > 0 ? ways : Object.keys(makers)) {
  const way = await makers[name]();
  const output = temporary("conformance");
  const { code, text } = await run(way.url, output);
  await way.stop();
  fs.rmSync(output, { recursive: true, force: true });
  const scenarios = [...text.matchAll(/^([✓✗]) (\S+): (\d+) passed, (\d+) failed/gm)];
  const unscored = [...text.matchAll(/^ +[✓✗] (\S+) \((?:added-after-release|pending|extension)/gm)].map((each) => each[1]);
  const scored = scenarios.filter((each) => !unscored.includes(each[2]));
  const passed = scored.filter((each) => each[1] === "✓");
  if (process.env.VERBOSE || scored.length === 0) console.log(text);
  for (const each of scenarios.filter((one) => one[1] !== "✓")) console.log(`   failed: ${each[2]}${unscored.includes(each[2]) ? " (not scored)" : ""}`);
  const extra = scenarios.filter((each) => unscored.includes(each[2]));
  console.log(`conformance ${revision}, ${name}: ${passed.length}/${scored.length} required scenarios; not scored ${extra.filter((each) => each[1] === "✓").length}/${extra.length}; ${/Total: .*/.exec(text)?.[0] ?? "no total"}`);
  if (code !== 0 || scored.length === 0 || passed.length < scored.length) worst = 1;
}
process.exit(worst);
