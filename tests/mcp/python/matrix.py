"""Every feature of MCP in both eras with the official Python SDK's client, through weir's /mcp and `weir mcp`.

The same table as features.test.mjs and eras.test.mjs. Run by tests/checks/clients, which makes the venv. Arguments: the
ways to try ("http", "stdio"). A failure is printed; the exit status says whether there was one."""
import contextlib
import importlib.metadata
import os
import subprocess
import sys
import traceback
import warnings

import anyio

import features  # noqa: F401, for what it registers
import handshake  # noqa: F401
import stateless  # noqa: F401
from lib import HERE, NODE, Peer, Stateless, Weir
from registry import ERAS, ROUTES
from registry import features as table

STEP_S = 40


@contextlib.contextmanager
def serving(*command, **env):
    """A server of ours on HTTP; gives its address."""
    child = subprocess.Popen([*command, "--http"], stdout=subprocess.PIPE, text=True, env={**os.environ, **env})
    try:
        yield child.stdout.readline().strip()
    finally:
        child.kill()
        child.wait()


async def run(kind, route, weir, outcome):
    peer = await kind(weir, route).open()
    for name, by_era in table.items():
        check, routes = by_era.get(kind.era, (None, ()))
        if route not in routes:
            continue
        try:
            with anyio.fail_after(STEP_S):
                await check(peer)
            outcome[name, kind.era, route] = "yes"
        except Exception:
            outcome[name, kind.era, route] = "FAILS"
            print("FAILED: %s [%s, %s]\n%s" % (name, kind.era, route, traceback.format_exc()), flush=True)
    await peer.close()


def main():
    warnings.simplefilter("ignore")  # the SDK calls deprecated what only the earlier era has
    outcome = {}
    with serving(NODE, str(HERE / "servers/probe.mjs"), PROBE_NAME="net") as net, \
         serving(NODE, str(HERE / "servers/stateless.mjs"), STATELESS_NAME="newnet") as newnet, \
         serving(sys.executable, "-B", str(HERE / "python/server.py"), "pynet") as pynet:
        for route in sys.argv[1:] or ROUTES:
            for kind in (Peer, Stateless):
                weir = Weir({"net": net, "newnet": newnet, "pynet": pynet})  # one each: it remembers what was written after something had failed
                try:
                    anyio.run(run, kind, route, weir, outcome)
                finally:
                    weir.stop()
    ways = [(era, route) for era in ERAS for route in ROUTES]
    titles = ["%s %s" % (era, {"http": "`/mcp`", "stdio": "`weir mcp`"}[route]) for era, route in ways]
    print("| Python SDK %s | %s |\n|---|%s" % (importlib.metadata.version("mcp"), " | ".join(titles), "---|" * len(ways)))
    for name, by_era in table.items():
        cells = [outcome.get((name, *way), "not run") if way[1] in by_era.get(way[0], (None, ()))[1] else "-"
                 for way in ways]
        print("| %s | %s |" % (name, " | ".join(cells)))
    failed = sum(each != "yes" for each in outcome.values())
    print("clients: %d passed, %d failed" % (len(outcome) - failed, failed))
    return 1 if failed or not outcome else 0


if __name__ == "__main__":
    sys.exit(main())
