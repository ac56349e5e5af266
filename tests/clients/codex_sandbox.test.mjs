// Codex, whole, in weir's sandbox: its folder, its settings and weir are all that it has (docs/sandbox.md).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { responseStream, Upstream, weirBin } from "../sdk/harness.mjs";
import { Codex } from "./codex_home.mjs";

test("the whole agent in a sandbox", async (t) => {
  const upstream = await new Upstream().start();
  const codex = new Codex(upstream, "responses", "/var/tmp");  // not below /tmp, which every sandbox has of its own
  try {
    if (spawnSync(weirBin, ["sandbox", "--", "/bin/true"], { cwd: codex.work }).status === 3) return t.skip("no sandbox on this machine");
    const { weir } = await codex.start("watch");
    codex.file("../.ssh/id_ed25519", "CANARY-in-the-home");
    const config = codex.file("../weir.toml", `[sandbox.agent]
like = "shell"
read = ["${codex.modules}"]
write = ["~/.codex"]
net = ["${new URL(weir.url).host}"]
`);
    let said = "";
    upstream.play((url, body) => {
      const results = codex.results(body);
      said = JSON.stringify(results);
      const cmd = `cat ${codex.home}/.ssh/id_ed25519; uname -n; echo made > made.txt`;
      return results.length ? responseStream("Done.", []) : responseStream("On it.", [["call_1", "exec_command", { cmd }]]);
    });
    const look = async (...front) => {
      const { code, output } = await codex.run("look", front);
      assert.equal(code, 0, output);
      assert.equal(codex.read("made.txt"), "made\n", said);
      return said;
    };
    assert.match(await look(), /CANARY-in-the-home/);
    codex.file("made.txt", "");
    const inside = await look(weirBin, "sandbox", "--config", config, "--profile", "agent", "--");
    assert.doesNotMatch(inside, /CANARY-in-the-home/);
    assert.match(inside, /sandbox/);
  } finally {
    await codex.end();
    upstream.stop();
  }
});
