"""Tables of one run: for the terminal while it goes on, and as the page docs/benchmarks-peers.md."""

OURS = "weir guard"
NOT_PEERS = ("direct", "nginx")
BUSY = 0.2  # of the machine, before the run

# Asked of the registries on 2026-11-28; a no is not asked for again.
ABSENT = [
    ("Bifrost", "the Go module proxy refuses `github.com/maximhq/bifrost/transports`; npm's `@maximhq/bifrost` holds no gateway, it fetches one "
                "from elsewhere"),
    ("agentgateway", "there is no such crate"),
]


def ms(us):
    """Microseconds as milliseconds with three digits that count."""
    if us is None:
        return "-"
    value = us / 1000
    return "%.0f" % value if abs(value) >= 100 else "%.1f" % value if abs(value) >= 10 else "%.2f" % value


def whole(value):
    return "%.0f" % value if value >= 10 else "%.1f" % value


def show(row):
    """One row, for the terminal."""
    print("== %s: added p50 ms (p99), requests a second, processor us a request" % row["name"])
    for name, figures in row["peers"].items():
        if "error" in figures:
            print("   %-13s %s" % (name, figures["error"]))
            continue
        added = (figures["p50_us"], figures["p99_us"]) if name == "direct" else (figures["added_p50_us"], figures["added_p99_us"])
        print("   %-13s %s%9s (%9s) %9s/s %8s us%s" % (
            name, " " if name == "direct" else "+", ms(added[0]), ms(added[1]), whole(figures["rps"]), whole(figures["cpu_us"]),
            "  %d failed" % figures["failed"] if figures["failed"] else ""), flush=True)


def show_memory(memory):
    for name, figures in memory.items():
        print("   %-13s idle %7.1f MiB, at the end %7.1f, peak %7.1f; %s requests%s" % (
            name, figures["idle_mib"], figures["end_mib"], figures["peak_mib"], figures.get("requests", "-"),
            "; %s failed: %s" % (figures.get("failed"), figures["error"]) if figures.get("error") else ""), flush=True)


def failures(result):
    failed = ["%s, %s: %s" % (row["name"], name, figures["error"]) for row in result["rows"] for name, figures in row["peers"].items()
              if "error" in figures]
    return failed + ["memory, %s: %s" % (name, figures["error"]) for name, figures in result["memory"].items() if figures.get("error")]


def verdicts(result):
    """(row, measure, the best peer, its figure, ours): where a peer is ahead of weir guard."""
    behind, rows = [], 0
    for row in result["rows"]:
        good = {name: figures for name, figures in row["peers"].items() if "error" not in figures}
        peers = {name: figures for name, figures in good.items() if name not in NOT_PEERS and not name.startswith("weir")}
        if OURS not in good or not peers:
            continue
        for key, better in (("added_p50_us", min), ("rps", max)):
            rows += 1
            best = better(peers, key=lambda name: peers[name][key])
            ours, theirs = good[OURS][key], peers[best][key]
            if (ours > theirs) if better is min else (ours < theirs):
                behind.append((row["name"], key, best, theirs, ours))
    return rows, behind


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def grid(rows, names, cell, first="answer, connections"):
    def one(row, name):
        figures = row["peers"].get(name)
        return "" if figures is None else "failed" if "error" in figures else cell(name, figures)

    return table([first, *names], [[row["name"], *(one(row, name) for name in names)] for row in rows])


def latency_cell(name, figures):
    key = "" if name == "direct" else "added_"
    return "%s / %s" % (ms(figures[key + "p50_us"]), ms(figures[key + "p99_us"]))


def goals(result):
    """What docs and summary say of the goals."""
    rows, behind = verdicts(result)
    lines = ["goal %s: weir guard is ahead of every peer in %d of %d comparisons of added p50 and throughput" % (
        "met" if rows and not behind else "MISS", rows - len(behind), rows)]
    for name, key, best, theirs, ours in behind:
        form = (lambda v: "+%s ms" % ms(v)) if key == "added_p50_us" else (lambda v: "%s/s" % whole(v))
        lines.append("  behind: %s: %s %s, weir guard %s" % (name, best, form(theirs), form(ours)))
    near, of = 0, 0
    for row in result["rows"]:
        nginx, ours = row["peers"].get("nginx", {}), row["peers"].get(OURS, {})
        if "added_p50_us" in nginx and "added_p50_us" in ours:
            of += 1
            near += ours["added_p50_us"] <= 2 * max(nginx["added_p50_us"], 0)
    lines.append("goal %s: weir guard adds at most twice what nginx adds in %d of %d rows" % ("met" if near == of else "MISS", near, of))
    return lines


def markdown(result):
    names = [peer["name"] for peer in result["peers"]]
    model = [row for row in result["rows"] if row["path"] == "model"]
    mcp = [row for row in result["rows"] if row["path"] == "mcp"]
    on_model = [name for name in names if any(name in row["peers"] for row in model)]
    on_mcp = [name for name in names if any(name in row["peers"] for row in mcp)]
    busy = result["busy_before"] > BUSY
    lines = ["# weir beside its peers", "",
             "Written by `./dev bench peers --docs`; how it measures stands in [benchmarks.md](benchmarks.md#peers). %s, %s; %s, at most "
             "%g s each half of a run; one `fdatasync` of 4 KiB took %.0f us, and all of it %.0f minutes." % (
                 result["date"], result["machine"].split(", Linux")[0],
                 "one round" if result["rounds"] == 1 else "%d rounds" % result["rounds"], result["seconds"], result["fdatasync_us"],
                 result["took_s"] / 60), ""]
    if result["quick"] or busy:
        lines += ["**%s%s: for the form of it, not for its figures.**" % (
            "A `--quick` run" if result["quick"] else "A run", ", on a busy machine (%.0f %% of it at work for others)" % (100 * result["busy_before"]) if busy else ""), ""]
    lines += ["![Added latency, throughput, MCP calls and memory, each as bars beside each other](peers.svg)", "", *goals_block(result), "",
              "## Model path", "",
              "Milliseconds, p50 / p99: what is added to *direct*, whose own are given. p99 is for information.", "",
              *grid(model, on_model, latency_cell), "", "Requests a second:", "",
              *grid(model, on_model, lambda name, f: whole(f["rps"])), "",
              "Processor time a request in the peer's own processes, microseconds:", "",
              *grid(model, [n for n in on_model if n != "direct"], lambda name, f: whole(f["cpu_us"])), "",
              "## MCP path", "", "`tools/call` over streamable HTTP. Milliseconds, p50 / p99, added to *direct*; *guard* with policies on, "
              "*watch* with policies off:", "", *grid(mcp, on_mcp, latency_cell, "call, clients"), "", "Calls a second:", "",
              *grid(mcp, on_mcp, lambda name, f: whole(f["rps"]), "call, clients"), "", "Processor time a call, microseconds:", "",
              *grid(mcp, [n for n in on_mcp if n != "direct"], lambda name, f: whole(f["cpu_us"]), "call, clients"), "",
              "## Memory", "",
              "RSS in MiB, summed over a peer's processes, before and after %g minutes of load: all at once, each the same %d requests a second "
              "(text over 16 connections; %d `tools/call` for those that only speak MCP):" % (
                  result["minutes"], result["memory_rate"]["model"], result["memory_rate"]["mcp"]), "",
              *table(["", "load", "requests", "before", "after", "peak"],
                     [[name, f["load"], str(f.get("requests", "-")), whole(f["idle_mib"]), whole(f["end_mib"]) if not f.get("error") else "failed", whole(f["peak_mib"])]
                      for name, f in result["memory"].items()]), "",
              "## Versions", "",
              *table(["peer", "from", "version"], [[p["name"], p["made_of"], p["version"]] for p in result["peers"] if p["name"] != "direct"]), "",
              "Not to be had here: %s." % "; ".join("%s (%s)" % entry for entry in ABSENT)]
    failed = failures(result)
    if failed:
        lines += ["", "## What failed", "", *("- " + line.replace("|", "/")[:300] for line in failed)]
    return "\n".join(lines) + "\n"


def goals_block(result):
    return ["```text", *goals(result), "```"]
