// Codex, whole, in weir's sandbox: its folder, its settings and weir are all that it has (docs/sandbox.md).
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { responseStream, Upstream, Weir } from "../sdk/harness.mjs";

const weirBin = path.resolve(process.env.WEIR_BIN ?? "../../build/release/weir");

test("the whole agent in a sandbox", async (t) => {
  // Not below /tmp, which every sandbox has of its own.
  const home = fs.realpathSync(fs.mkdtempSync("/var/tmp/weir-codex-"));
  const work = path.join(home, "work");
  for (const name of [".ssh", ".codex", "work"]) fs.mkdirSync(path.join(home, name));
  fs.writeFileSync(path.join(home, ".ssh/id_ed25519"), "CANARY-in-the-home");
  if (spawnSync(weirBin, ["sandbox", "--", "/bin/true"], { cwd: work }).status === 3) return t.skip("no sandbox on this machine");
  const upstream = await new Upstream().start();
  const weir = await new Weir(`mode = "watch"\nhosted_tools = "strip"\n[upstream.main]\nurl = "${upstream.url}"\ndialect = "responses"\n`).start();
  fs.writeFileSync(path.join(home, ".codex/config.toml"), `model = "gpt-5"
model_provider = "weir"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.weir]
name = "weir"
base_url = "${weir.url}/v1"
wire_api = "responses"
http_headers = { "Weir-Token" = "${weir.token}" }
`);
  const config = path.join(home, "weir.toml");
  const modules = path.resolve("node_modules");
  fs.writeFileSync(config, `[sandbox.agent]
like = "shell"
read = ["${modules}"]
write = ["~/.codex"]
net = ["${new URL(weir.url).host}"]
`);
  let said = "";
  upstream.play((url, text) => {
    const results = JSON.parse(text).input.filter((item) => item.type === "function_call_output");
    said = JSON.stringify(results);
    const cmd = `cat ${home}/.ssh/id_ed25519; uname -n; echo made > made.txt`;
    return results.length ? responseStream("Done.", []) : responseStream("On it.", [["call_1", "exec_command", { cmd }]]);
  });
  const run = async (...front) => {
    const child = spawn(front[0] ?? path.join(modules, ".bin/codex"), [...front.slice(1), ...(front.length ? [path.join(modules, ".bin/codex")] : []), "exec", "--skip-git-repo-check", "look"], {
      cwd: work,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: `${modules}/.bin:${process.env.PATH}`, HOME: home, LANG: "C.UTF-8", WEIR_DATA: path.join(home, "data") },
    });
    let output = "";
    child.stdout.on("data", (piece) => (output += piece));
    child.stderr.on("data", (piece) => (output += piece));
    const code = await new Promise((done) => child.on("exit", done));
    assert.equal(code, 0, output);
    return said;
  };
  try {
    assert.match(await run(), /CANARY-in-the-home/);
    fs.rmSync(path.join(work, "made.txt"));
    const inside = await run(weirBin, "sandbox", "--config", config, "--profile", "agent", "--");
    assert.doesNotMatch(inside, /CANARY-in-the-home/);
    assert.match(inside, /sandbox/);
    assert.equal(fs.readFileSync(path.join(work, "made.txt"), "utf8"), "made\n", inside);
  } finally {
    await weir.stop();
    upstream.stop();
    fs.rmSync(home, { recursive: true, force: true });
  }
});
