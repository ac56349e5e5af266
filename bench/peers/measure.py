"""The runs: latency and throughput in turns, memory of all at once."""
import json
import pathlib
import subprocess
import tempfile
import threading
import time

import common

ANSWER_BYTES = 2048         # of a text answer, and of an MCP result
CONVERSATION_BYTES = 4096   # and ten tools on top
MEMORY_RATE = {"model": 10, "mcp": 5}  # requests a second to each of a path, so that the slowest still keeps up with all of them at work
LATE_SECONDS = 240          # a load that has not ended so long after its time is a failure


def model_rows(quick):
    """connections, reply, stream"""
    chosen = [(1, "text", False), (1, "text", True), (1, "tool", False), (64, "text", True), (64, "tool", False), (1000, "text", False)]
    every = [(c, r, s) for c in (1, 64, 1000) for r in ("text", "tool") for s in (False, True)]
    for connections, reply, stream in chosen if quick else every:
        yield {"path": "model", "connections": connections, "reply": reply, "stream": stream,
               "name": "%s, %s, %d" % (reply, "streamed" if stream else "whole", connections)}


def mcp_rows(quick):
    for clients in (1, 32):
        yield {"path": "mcp", "connections": clients, "name": "tools/call, %d" % clients}


def busy(seconds):
    """The share of the machine that something else uses; a load average would still speak of the build before."""
    def ticks():
        fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    total, idle = ticks()
    time.sleep(seconds)
    total_after, idle_after = ticks()
    return 1 - (idle_after - idle) / max(total_after - total, 1)


class Failure(Exception):
    """A peer did not do what was asked; the row says so."""


def _client(command, seconds):
    """Runs a load client to its end, and gives what it printed; some answers may have failed."""
    try:
        run = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=2 * seconds + LATE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure("did not end") from None
    try:
        return json.loads(run.stdout)
    except ValueError:
        raise Failure("%s: %s" % (command[0], run.stderr.strip()[-300:])) from None


def _headers(headers):
    return [word for name, value in headers.items() for word in ("--header", "%s: %s" % (name, value))]


def model_load(peer, row, seconds, requests, seed, rate=0):
    turns = 4 if row["connections"] > 64 else 8
    command = [common.BUILD / "bench/bench_load", "--url", peer.url, "--model", peer.model(row["reply"]), "--reply", row["reply"],
               "--connections", row["connections"], "--requests", requests, "--turns", turns, "--bytes", CONVERSATION_BYTES,
               "--seed", seed, "--seconds", seconds, *(["--stream"] if row["stream"] else []), *(["--rate", rate] if rate else [])]
    return _client(command + _headers(peer.headers), seconds)


def mcp_load(peer, row, seconds, requests, rate=0):
    command = [common.BUILD / "bench/bench_mcp_load", "--url", peer.mcp_url, "--tool", peer.tool, "--clients", row["connections"],
               "--requests", requests, "--seconds", seconds, *(["--rate", rate] if rate else [])]
    return _client(command + _headers(peer.headers), seconds)


def run_once(peer, row, plan, seed):
    """One run of one row through one peer: figures, or what went wrong."""
    requests = plan.requests[row["path"], row["connections"]]
    before = peer.cpu_s()
    try:
        if row["path"] == "model":
            figures = model_load(peer, row, plan.seconds, requests, seed)
        else:
            figures = mcp_load(peer, row, plan.seconds, requests)
    except Failure as failure:
        return {"error": str(failure)}
    if figures["requests"] == 0 or figures["failed"] * 100 > figures["requests"]:
        return {"error": "%d of %d answers failed: %s" % (figures["failed"], figures["requests"], figures["error"])}
    done = figures["requests"] + figures["primed"]
    return {"p50_us": figures["p50_us"], "p99_us": figures["p99_us"], "rps": figures["requests"] / figures["seconds"],
            "requests": figures["requests"], "failed": figures["failed"], "cpu_us": (peer.cpu_s() - before) / done * 1e6}


def anew(peer, stage):
    """A peer that starts anew for each run, in a folder of its own below the stage's."""
    peer.stop()
    peer.start(pathlib.Path(tempfile.mkdtemp(dir=stage.folder)), stage.upstreams, stage.workers)


def measure(row, peers, stage, plan, number):
    """All rounds of one row, the peers in turns; their order rotates. Gives the row with medians for each peer."""
    runs = {peer.name: [] for peer in peers}
    for round_number in range(plan.rounds):
        for i in range(len(peers)):
            peer = peers[(i + round_number) % len(peers)]
            try:
                if peer.anew:
                    anew(peer, stage)
                runs[peer.name].append(run_once(peer, row, plan, 1000 * number + round_number + 1))
            except (common.Failed, OSError) as error:
                runs[peer.name].append({"error": str(error)})
            if peer.anew:
                peer.stop()
    result = dict(row, peers={})
    for peer in peers:
        good = [run for run in runs[peer.name] if "error" not in run]
        if len(good) * 2 <= len(runs[peer.name]):
            result["peers"][peer.name] = {"error": next(run["error"] for run in runs[peer.name] if "error" in run)}
            continue
        figures = {key: common.median([run[key] for run in good]) for key in ("p50_us", "p99_us", "rps", "cpu_us")}
        for key in ("p50_us", "p99_us"):  # the median of the rounds' differences
            pairs = [(run[key], straight[key]) for run, straight in zip(runs[peer.name], runs["direct"])
                     if "error" not in run and "error" not in straight]
            figures["added_" + key] = common.median([a - b for a, b in pairs]) if pairs else None
        figures["failed"] = sum(run["failed"] for run in good)
        result["peers"][peer.name] = figures
    return result


def memory(peers, plan):
    """RSS of each running peer's processes: idle, and while and after each got the same paced load for plan.minutes, all at once."""
    results = {peer.name: {"idle_mib": peer.rss_mib()} for peer in peers}
    seconds = plan.minutes * 60
    row = {"connections": 16, "reply": "text", "stream": False}

    def load(peer):
        try:
            rate = MEMORY_RATE["model" if peer.serves_model else "mcp"]
            if peer.serves_model:  # a ninth of the requests comes before its clock starts
                figures = model_load(peer, row, seconds, int(rate * seconds * 8 / 9), 77, rate)
            else:
                figures = mcp_load(peer, row, seconds, int(rate * seconds), rate)
            results[peer.name].update(requests=figures["requests"] + figures["primed"], failed=figures["failed"], error=figures["error"])
        except Failure as failure:
            results[peer.name]["error"] = str(failure)

    threads = [threading.Thread(target=load, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        for peer in peers:
            results[peer.name]["peak_mib"] = max(results[peer.name].get("peak_mib", 0), peer.rss_mib())
    for peer in peers:
        results[peer.name]["end_mib"] = peer.rss_mib()
        results[peer.name]["load"] = "model" if peer.serves_model else "mcp"
    return results
