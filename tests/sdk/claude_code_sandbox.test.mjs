// Claude Code's shell in weir's sandbox, by the setting that puts something in front of its commands (docs/sandbox.md).
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { messageStream, messageWhole, Upstream, Weir } from "./harness.mjs";

const weirBin = path.resolve(process.env.WEIR_BIN ?? "../../build/release/weir");

test("its commands run in the sandbox", async (t) => {
  const home = fs.realpathSync(fs.mkdtempSync("/var/tmp/weir-claude-"));
  const work = path.join(home, "work");
  fs.mkdirSync(path.join(home, ".ssh"));
  fs.mkdirSync(work);
  fs.writeFileSync(path.join(home, ".ssh/id_ed25519"), "CANARY-in-the-home");
  if (spawnSync(weirBin, ["sandbox", "--", "/bin/true"], { cwd: work }).status === 3) return t.skip("no sandbox on this machine");
  const upstream = await new Upstream().start();
  const weir = await new Weir(`mode = "watch"\n[upstream.main]\nurl = "${upstream.url}"\ndialect = "messages"\n`).start();
  const command = `cat ${home}/.ssh/id_ed25519; uname -n; echo made > made.txt`;
  let said = "";
  upstream.play((url, text) => {
    const body = JSON.parse(text);
    if (url.includes("count_tokens")) return { body: { input_tokens: 10 } };
    const reply = body.stream ? messageStream : messageWhole;
    if (!(body.tools ?? []).some((tool) => tool.name === "Bash")) return reply("ok", []);
    const results = body.messages.flatMap((message) => (Array.isArray(message.content) ? message.content : [])).filter((block) => block.type === "tool_result");
    said = JSON.stringify(results);
    return results.length ? reply("Done.", []) : reply("", [["toolu_1", "Bash", { command, description: "look" }]]);
  });
  const run = async (settings) => {
    const child = spawn(path.resolve("node_modules/.bin/claude"), ["-p", "look", "--allowedTools", "Bash"], {
      cwd: work,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH, HOME: home, LANG: "C.UTF-8", IS_SANDBOX: "1", ANTHROPIC_BASE_URL: weir.url, ANTHROPIC_AUTH_TOKEN: weir.token,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1", ...settings,
      },
    });
    let output = "";
    child.stdout.on("data", (piece) => (output += piece));
    child.stderr.on("data", (piece) => (output += piece));
    const code = await new Promise((done) => child.on("exit", done));
    assert.equal(code, 0, output);
    return said;
  };
  try {
    assert.match(await run({}), /CANARY-in-the-home/);
    fs.rmSync(path.join(work, "made.txt"));
    const prefix = path.join(home, "in-sandbox");
    fs.writeFileSync(prefix, `#!/bin/sh\nexec ${weirBin} sandbox -- bash -c "$1"\n`, { mode: 0o755 });
    const inside = await run({ CLAUDE_CODE_SHELL_PREFIX: prefix });
    assert.doesNotMatch(inside, /CANARY-in-the-home/);
    assert.match(inside, /"[^"]*sandbox\\?[n"]/, inside);
    assert.equal(fs.readFileSync(path.join(work, "made.txt"), "utf8"), "made\n", inside);
  } finally {
    await weir.stop();
    upstream.stop();
    fs.rmSync(home, { recursive: true, force: true });
  }
});
