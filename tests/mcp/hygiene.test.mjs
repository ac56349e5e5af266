// No process is left: not of a client that left, not after weir was told to end, not after it was killed.
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";
import { describe as shown, fixture, marked, node, Peer, poll, processState, routes, stdioTransport, temporary, textOf, until, Way, Weir, weirBin } from "./lib.mjs";

const skip = routes.every((route) => route === "direct");
// Longer than what Child::close() takes for a server that ignores everything (2 s, TERM, 2 s, KILL).
const kGoneMs = 15000;

function servers() {
  return {
    probe: { command: [node, fixture("probe.mjs")] },
    wrapped: { command: ["bash", "-c", `true; ${node} ${fixture("probe.mjs")}; true`], manifest: "probe" },  // as npx is: the server is a grandchild
    tree: { command: [node, fixture("bad.mjs"), "tree"] },
    stubborn: { command: [node, fixture("bad.mjs"), "stubborn"] },
  };
}
const settings = () => ({ servers: servers(), keys: `ask_timeout = "0s"`, manifests: ["probe.toml", "bad.toml"] });

// Everything that bears the mark but those.
const children = (weir, ...own) => marked(weir.mark).filter((pid) => ![weir.child?.pid, ...own].includes(pid));
// All servers are up, with what they started: two of them have a grandchild that sleeps.
async function allUp(weir, way, ...own) {
  assert.ok((await way.list("probe", "tools")).length > 10);
  for (const [server, tool] of [["wrapped", "nothing"], ["tree", "work"], ["stubborn", "work"]]) await way.call(server, tool, {});
  const find = (name) => children(weir, ...own).filter((pid) => processState(pid)?.name === name).length;
  await poll(() => find("sleep") >= 4, "the grandchildren");
  return children(weir, ...own);
}
async function noneLeft(weir, pids, ...own) {
  await poll(() => children(weir, ...own).length === 0, "no process to be left", kGoneMs).catch((error) => { throw new Error(`${error.message}: ${shown(children(weir, ...own))}`); });
  // A zombie has no environment any more, so it is looked for by its number. One whose parent is the init process is
  // that one's to wait for.
  const zombies = () => pids.filter((pid) => { const found = processState(pid); return found?.state === "Z" && found.parent !== 1; });
  await poll(() => zombies().length === 0, "no zombie to be left", 3000).catch(() => assert.fail(`left: ${shown(zombies())}`));
}
function noZombieOf(parents) {
  const zombies = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => { const state = processState(pid); return state?.state === "Z" && parents.includes(state.parent); });
  assert.deepEqual(zombies, [], shown(zombies));
}

describe("processes", { skip, concurrency: 3 }, () => {
  for (const route of ["http", "stdio"]) {
    test(`after a client left in order [${route}]`, async () => {
      const weir = await new Weir(settings()).start();
      const way = new Way(route, { weir });
      try {
        const other = new Way("http", { weir });
        await other.call("probe", "remember", { what: "I stay" });
        const stays = children(weir);
        const pids = (await allUp(weir, way)).filter((pid) => !stays.includes(pid));
        assert.ok(pids.length >= 8, shown(pids));
        await way.close();
        await poll(() => pids.every((pid) => processState(pid) === null), "the client's processes to end", kGoneMs).catch(() => assert.fail(`left: ${shown(pids.filter((pid) => processState(pid)))}`));
        noZombieOf([weir.child.pid]);
        assert.equal(textOf(await other.call("probe", "recall", {})), "I stay");
        await other.close();
        await noneLeft(weir, pids, weir.child.pid);
      } finally {
        await way.close();
        await weir.discard();
      }
    });
  }

  test("after a client vanished [http]", { timeout: 60000 }, async () => {
    const weir = await new Weir(settings()).start();
    const way = new Way("http", { weir });
    try {
      const pids = await allUp(weir, way);
      await (await way.to("probe")).client.close();  // no DELETE: its connections are gone
      await poll(() => children(weir).length === 0, "weir to notice", 45000).catch(() => assert.fail(`left: ${shown(children(weir))}`));
      await noneLeft(weir, pids, weir.child.pid);
      noZombieOf([weir.child.pid]);
    } finally {
      await weir.discard();
    }
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"]) {
    test(`after ${signal} to weir`, async () => {
      const weir = await new Weir(settings()).start();
      const way = new Way("http", { weir });
      const pids = await allUp(weir, way);
      weir.child.kill(signal);
      await until(weir.gone, `weir to end after ${signal}`);
      await noneLeft(weir, pids);
      await way.close();
      fs.rmSync(weir.dir, { recursive: true, force: true });
    });

    test(`after ${signal} to \`weir mcp\`, another weir running`, async () => {
      const weir = await new Weir(settings()).start();
      const way = new Way("stdio", { weir });
      try {
        const joint = (await way.to("probe")).transport.pid;
        const pids = await allUp(weir, way, joint);
        process.kill(joint, signal);
        // After SIGKILL it can only be noticed that nobody listens any more.
        if (signal === "SIGKILL") await poll(() => children(weir).length === 0, "weir to notice", 45000);
        await noneLeft(weir, pids, weir.child.pid);
        noZombieOf([weir.child.pid]);
      } finally {
        await way.close();
        await weir.discard();
      }
    });

    test(`after ${signal} to \`weir mcp\` alone`, async () => {
      const weir = new Weir(settings());
      const way = new Way("stdio", { weir });
      const alone = (await way.to("probe")).transport.pid;
      const pids = await allUp(weir, way, alone);
      process.kill(alone, signal);
      await noneLeft(weir, pids);
      await way.close();
      fs.rmSync(weir.dir, { recursive: true, force: true });
    });
  }

  test("after the client of `weir mcp` alone closed its input", async () => {
    const weir = new Weir(settings());
    const peer = await new Peer(stdioTransport([weirBin, "mcp", "--config", weir.config], { WEIR_TEST_MARK: weir.mark })).connect();
    await peer.all("listTools", "tools");
    const pids = marked(weir.mark);
    assert.ok(pids.length >= 5, shown(pids));
    await peer.client.close();
    await noneLeft(weir, pids);
    fs.rmSync(weir.dir, { recursive: true, force: true });
  });

  test("of a server that crashed, and comes back", async () => {
    const weir = await new Weir({ ...settings(), servers: { tree: { command: ["bash", "-c", `${node} ${fixture("bad.mjs")} tree`] } } }).start();
    const way = new Way("http", { weir });
    try {
      await way.call("tree", "work", {});
      // In its sandbox it has another number.
      const server = () => children(weir).find((pid) => processState(pid)?.name === "node");
      const pids = await poll(() => { const found = children(weir); return found.filter((pid) => processState(pid)?.name === "sleep").length >= 2 && found; }, "the grandchildren");
      const first = server();
      process.kill(first, "SIGKILL");
      await poll(() => pids.every((pid) => processState(pid) === null), "what it had started to end", kGoneMs).catch(() => assert.fail(`left: ${shown(pids.filter((pid) => processState(pid)))}`));
      await poll(() => way.call("tree", "work", {}).then(() => true, () => false), "the server to be back");
      assert.notEqual(server(), first);
      noZombieOf([weir.child.pid]);
    } finally {
      await way.close();
      await weir.discard();
    }
  });

  test("weir's environment and files are not the servers'", async () => {
    const dir = temporary("env");
    const weir = new Weir({ ...settings(), servers: { look: { command: ["bash", "-c", `env > ${dir}/env; ls -l /proc/self/fd > ${dir}/fd; exec ${node} ${fixture("probe.mjs")}`], manifest: "probe" } } });
    process.env.WEIR_TEST_SECRET = "must not be seen";
    await weir.start();
    delete process.env.WEIR_TEST_SECRET;
    const way = new Way("http", { weir });
    try {
      await way.call("look", "nothing", {});
      assert.doesNotMatch(fs.readFileSync(`${dir}/env`, "utf8"), /must not be seen/);
      const files = fs.readFileSync(`${dir}/fd`, "utf8");
      assert.doesNotMatch(files, /socket:.*socket:|ledger|\.db|token|eventpoll/s);
    } finally {
      await way.close();
      await weir.discard();
      fs.rmSync(dir, { recursive: true, force: true });
    }
  });
});
