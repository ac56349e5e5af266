// Servers that break the protocol, flood, stall or die: their own calls fail, everybody else's go on.
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";
import { fixture, node, poll, routes, textOf, until, Way, Weir } from "./lib.mjs";

const kCallMs = 5000;  // an upper bound for a call beside a hostile server, on a busy machine

// mode → what its own tool does: a text that its result has, or "fails"; `list`: whether it is offered.
const modes = {
  "stderr-flood": { says: /flooded/ },
  "stdout-flood": { says: "any" },
  "notify-flood": { says: "any" },
  "change-flood": { says: "any" },
  "request-flood": { says: "any" },
  "utf8": { says: "fails" },
  "unknown-ids": { says: /the answer/ },
  "null-id": { says: "any" },
  "huge": { says: "fails" },
  "endless-line": { says: "fails" },
  "deep": { says: "fails" },
  "shape": { says: "fails" },
  "both": { says: "fails" },
  "dies": { says: "fails" },
  "closes-stdout": { says: "fails" },
  "garbage-first": { says: /worked/ },
  "list-names": { says: /worked/ },
  "cursor-loop": { says: /worked/ },
  "list-shape": { list: false },
  "wrong-version": { list: false },
  "exits": { list: false },
  "mute": { list: false },
};

describe("hostile servers", { concurrency: 4, skip: routes.every((route) => route === "direct") }, () => {
  for (const [mode, { says, list = true }] of Object.entries(modes)) {
    test(`${mode}: the others go on`, { timeout: 60000 }, async () => {
      const weir = await new Weir({
        servers: { bad: { command: [node, fixture("bad.mjs"), mode] }, probe: { command: [node, fixture("probe.mjs")] } },
        keys: `ask_timeout = "0s"`, manifests: ["probe.toml", "bad.toml"],
      }).start();
      const way = new Way("http", { weir });
      const echo = async (what) => {
        const begin = Date.now();
        assert.equal(textOf(await until(way.call("probe", "echo", { text: what }), "an echo", kCallMs)), what);
        return Date.now() - begin;
      };
      try {
        await until(way.to("probe"), "initialize", kCallMs);
        const tools = await until(way.list("probe", "tools"), "tools/list", 20000);
        assert.ok(tools.length > 10, "the other server's tools are offered");
        assert.equal((await way.list("bad", "tools")).some((tool) => tool.name === "work"), list);
        await echo("before");
        let over = false, outcome;
        const own = way.call("bad", "work", {}, { timeout: 15000 }).then((result) => (outcome = result), (error) => (outcome = error)).finally(() => (over = true));
        let slowest = 0;
        for (let i = 0; i < 20 || (!over && i < 2000); i++) slowest = Math.max(slowest, await echo(`beside ${i}`));
        await until(own, "the hostile server's call", 20000);
        // Not by the client's own time-out: whoever waits for an answer that nobody can read is told so.
        if (says === "fails") assert.ok((outcome instanceof Error && outcome.code !== -32001) || outcome.isError, String(outcome instanceof Error ? outcome : JSON.stringify(outcome)).slice(0, 300));
        else if (says === "any") assert.ok(outcome);
        else if (says) assert.match(outcome.content ? textOf(outcome) : String(outcome), says);
        await echo("after");
        assert.equal(weir.ended, null, `weir ended: ${weir.output.slice(-2000)}`);
        const peak = Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${weir.child.pid}/status`, "latin1"))[1]) >> 10;
        assert.ok(peak < 512, `weir took ${peak} MiB`);
        console.log(`HOSTILE ${mode}: slowest call beside it ${slowest} ms, weir's peak ${peak} MiB`);
      } finally {
        await way.close();
        await weir.discard();
      }
    });
  }

  test("a stalled call ends when the client cancels it, and nothing else waits for it", async () => {
    const weir = await new Weir({ servers: { bad: { command: [node, fixture("bad.mjs"), "stalls"] }, probe: { command: [node, fixture("probe.mjs")] } }, manifests: ["probe.toml", "bad.toml"] }).start();
    const way = new Way("http", { weir });
    try {
      const stop = new AbortController();
      const stalled = way.call("bad", "work", {}, { signal: stop.signal }).catch((error) => error);
      await until(way.call("probe", "echo", { text: "x" }), "an echo", kCallMs);
      stop.abort();
      assert.ok((await until(stalled, "the cancelled call", kCallMs)) instanceof Error);
      await way.close();
    } finally {
      await weir.discard();
    }
  });

  test("a server that comes up late is offered then", async () => {
    const dir = (await import("./lib.mjs")).temporary("late");
    const flag = `${dir}/up`;
    const weir = await new Weir({ servers: { late: { command: ["bash", "-c", `[[ -e ${flag} ]] || exit 1; exec ${node} ${fixture("probe.mjs")}`], manifest: "probe" }, probe: { command: [node, fixture("probe.mjs")] } } }).start();
    const way = new Way("http", { weir });
    try {
      assert.ok((await until(way.list("probe", "tools"), "tools/list", 15000)).length > 10);
      assert.equal((await way.list("late", "tools")).length, 0);
      const changed = (await way.to("probe")).heard("notifications/tools/list_changed", undefined, 40000);
      fs.writeFileSync(flag, "");
      await changed;
      assert.ok(await poll(async () => (await way.list("late", "tools")).length > 10, "the late tools"));
      assert.equal(textOf(await way.call("late", "echo", { text: "late" })), "late");
    } finally {
      await way.close();
      await weir.discard();
      fs.rmSync(dir, { recursive: true, force: true });
    }
  });
});
