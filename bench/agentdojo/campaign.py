"""All cases of a campaign: which there are, running them on some processes, keeping what came out."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import tempfile
import time

import attacks
import case as cases
import report
import world

HERE = pathlib.Path(__file__).resolve().parent


def plan(options, modes):
    """Every case in a fixed order; `off` first, because it says which pairs are feasible."""
    suites = [s for s in world.SUITES if not options.suite or s in options.suite]
    out = []
    for mode in modes:
        for suite in suites:
            of = world.suite(suite)
            out += [cases.Case(mode, suite, user) for user in of.user_tasks]
            if options.clean:
                continue
            pairs = [(user, injection) for user in of.user_tasks for injection in of.injection_tasks]
            tenth = seeded_tenth(options.seed, suite, pairs)
            few = mode == "watch" or mode.endswith("@mcp")
            chosen = tenth if options.quick or few else pairs
            orders = ("first",) if mode.endswith("+person") else ("first", "last")
            out += [cases.Case(mode, suite, u, i, order) for order in orders for u, i in chosen]
            if few or mode.endswith("+person"):
                continue
            for at, (user, injection) in enumerate(tenth):
                out.append(cases.Case(mode, suite, user, injection, "first", "enc:" + attacks.ENCODINGS[at % len(attacks.ENCODINGS)]))
            out += [c for u, i in tenth for c in rewrites(mode, suite, u, i)]
            if not options.quick:
                out += single_vectors(mode, suite)
    return out


def seeded_tenth(seed, suite, pairs):
    return random.Random("%d/%s" % (seed, suite)).sample(pairs, (len(pairs) + 9) // 10)


def rewrites(mode, suite, user, injection):
    each = (cases.Case(mode, suite, user, injection, "first", "rw:" + kind) for kind in attacks.REWRITES)
    return [c for c in each if c.rewritten()]


def single_vectors(mode, suite):
    """Each vector alone, where the pairs show it only together with others: one user task for each, all injections."""
    of, out = world.suite(suite), []
    for vector in of.get_injection_vector_defaults():
        showing = [u for u in of.user_tasks if vector in world.vectors_shown(suite, u)]
        if not showing or any(world.vectors_shown(suite, u) == (vector,) for u in showing):
            continue
        out += [cases.Case(mode, suite, showing[0], i, "first", "vec:" + vector) for i in of.injection_tasks]
    return out


def fingerprint(mode, binary, options):
    """What a result depends on: results of another weir or bench are not taken for this one's."""
    digest = hashlib.sha256()
    parts = ["agent.py", "attacks.py", "case.py", "model.py", "world.py"]
    if mode != "off":
        parts += ["wall.py"] + sorted("manifests/" + p.name for p in HERE.glob("manifests/*.toml"))
        digest.update(pathlib.Path(binary).read_bytes())
    if mode.endswith("@mcp"):
        parts.append("mcp.py")
    if mode.startswith("seal") or "intent" in mode:
        parts += ["conditions.py", "oracle.py", "reader.py"]
    for part in parts:
        digest.update((HERE / part).read_bytes())
    digest.update(repr((options.model, options.model_name)).encode())
    return digest.hexdigest()[:16]


class Kept:
    """Results of one mode, as JSON lines; the first line is the fingerprint."""

    def __init__(self, folder, mode, print_of, options):
        self.path = folder / ("%s-%s.jsonl" % ("live" if options.model else "results", mode.replace("+", "-")))
        fresh = options.fresh
        self.results = {}
        if self.path.exists() and not fresh:
            lines = self.path.read_text().splitlines()
            if lines and json.loads(lines[0]).get("fingerprint") == print_of:
                for line in lines[1:]:
                    try:
                        result = json.loads(line)
                    except ValueError:
                        continue  # it was cut off while this line was written
                    self.results[result["key"]] = result
        self.file = open(self.path, "w")
        self.file.write(json.dumps({"fingerprint": print_of}) + "\n")
        for result in self.results.values():
            self.file.write(json.dumps(result) + "\n")
        self.file.flush()

    def add(self, result):
        self.results[result["key"]] = result
        self.file.write(json.dumps(result) + "\n")
        self.file.flush()


_bench = None


def _begin(binary, scratch, live):
    global _bench
    _bench = cases.Bench(binary, scratch, live)


def _run(case):
    started = time.time()
    try:
        result = _bench.run(case)
    except Exception as error:
        result = {"key": case.key, "failed": repr(error)}
    result["seconds"] = round(time.time() - started, 3)
    return result


def live_model(options):
    if not options.model:
        return None
    return {"url": options.model.rstrip("/"), "model": options.model_name, "key_env": options.key_env}


def run(options, binary, folder):
    modes = options.mode or list(cases.MODES)
    for mode in modes:
        if mode not in cases.MODES:
            print("bench: no mode %r; there are %s" % (mode, ", ".join(cases.MODES)))
            return 2
    for suite in options.suite or []:
        if suite not in world.SUITES:
            print("bench: no suite %r; there are %s" % (suite, ", ".join(world.SUITES)))
            return 2
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as scratch:
        if options.only:
            one = cases.Bench(binary, scratch, live_model(options))
            print(json.dumps(one.run(cases.Case(*("" if part == "-" else part for part in options.only.split("|")))), indent=1))
            return 0
        modes = ["off"] + [m for m in modes if m != "off"]
        kept = {m: Kept(folder, m, fingerprint(m, binary, options), options) for m in modes}
        planned = plan(options, modes)
        if not options.report:
            execute(planned, kept, options, binary, scratch)
    results = [kept[c.mode].results[c.key] for c in planned if c.key in kept[c.mode].results]
    return report.write(results, options, folder, pathlib.Path(binary).parent / ("bench-agentdojo%s.json" % ("-live" if options.model else "")))


def execute(planned, kept, options, binary, scratch):
    left = [c for c in planned if c.key not in kept[c.mode].results]
    print("bench: %d cases, %d of them to be run" % (len(planned), len(left)), flush=True)
    started, failed = time.time(), 0
    with concurrent.futures.ProcessPoolExecutor(options.workers, initializer=_begin,
                                                initargs=(binary, scratch, live_model(options))) as pool:
        for at, result in enumerate(pool.map(_run, left, chunksize=8), 1):
            if "failed" in result:
                failed += 1
                print("bench: %s: %s" % (result["key"], result["failed"]), flush=True)
            else:
                kept[result["mode"]].add(result)
            if at % 500 == 0:
                print("bench: %d of %d, %.0f s" % (at, len(left), time.time() - started), flush=True)
    if left:
        print("bench: %d cases in %.0f s, %d failed" % (len(left), time.time() - started, failed), flush=True)
