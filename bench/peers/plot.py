"""The run as one SVG: panels of bars beside each other, on log scales."""
import math
from xml.sax.saxutils import escape

WIDTH, MARGIN, COLUMNS = 1080, 16, 3
BAR, GAP, TITLE, AXIS = 15, 5, 30, 22
LABEL = 84      # for the peers' names, left of the bars
VALUE = 58      # for the figures, right of the longest bar
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"
COLOURS = {"direct": "#8a8f98", "nginx": "#5b6470", "weir watch": "#7fb2e5", "weir guard": "#1667b7", "weir seal": "#0b3a6e"}
OTHERS = ["#d9822b", "#b4532a", "#c9a227", "#8c6d46", "#a8577e"]


def colour(name, names):
    others = [n for n in names if n not in COLOURS]
    return COLOURS.get(name) or OTHERS[others.index(name) % len(OTHERS)]


def figure(value, unit):
    if value is None:
        return "failed"
    if unit == " ms" and abs(value) >= 1000:
        value, unit = value / 1000, " s"
    text = "%.0f" % value if abs(value) >= 100 else "%.1f" % value if abs(value) >= 10 else "%.2f" % value
    if unit == "/s" and value >= 10_000:
        text = "%.1fk" % (value / 1000)
    return text + unit


def ticks(low, high):
    return [10 ** e for e in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)]


def power(value):
    return "%g" % value if value < 10_000 else "%gk" % (value / 1000)


def panel(title, unit, bars, scale, x, y, width, names):
    """One panel: `bars` are (name, value or None); values at or below the scale's low end get a bar of no length."""
    low, high = scale
    left, room = x + LABEL, width - LABEL - VALUE
    place = lambda v: left + room * (math.log10(max(v, low)) - math.log10(low)) / (math.log10(high) - math.log10(low))  # noqa: E731
    bottom = y + TITLE + len(bars) * (BAR + GAP)
    out = ["<text x='%d' y='%d' font-size='13' font-weight='bold' fill='#1d232b'>%s</text>" % (x, y + 14, escape(title))]
    for tick in ticks(low, high):
        out.append("<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' stroke='#dfe3e8'/>" % (place(tick), place(tick), y + TITLE - 4, bottom))
        out.append("<text x='%.1f' y='%d' font-size='10' fill='#5b6470' text-anchor='middle'>%s</text>" % (place(tick), bottom + 12, power(tick)))
    for i, (name, value) in enumerate(bars):
        top = y + TITLE + i * (BAR + GAP)
        end = left if value is None else place(value)
        weight = " font-weight='bold'" if name == "weir guard" else ""
        out.append("<text x='%d' y='%d' font-size='11' fill='#1d232b' text-anchor='end'%s>%s</text>" % (left - 6, top + 12, weight, escape(name)))
        out.append("<rect x='%d' y='%d' width='%.1f' height='%d' fill='%s'/>" % (left, top, max(end - left, 1.5), BAR, colour(name, names)))
        out.append("<text x='%.1f' y='%d' font-size='11' fill='#1d232b'%s>%s</text>" % (end + 4, top + 12, weight, figure(value, unit)))
    return out


def height(bars):
    return TITLE + len(bars) * (BAR + GAP) + AXIS


def scale_of(groups, least):
    """One scale for panels that are compared: decades around all their values."""
    values = [value for bars in groups for _, value in bars if value is not None and value > least] or [least * 10]
    low = 10 ** math.floor(math.log10(min(values)))
    high = max(values) * 1.05
    return low, max(high, low * 10)


def bars_of(row, key, factor, skip=()):
    return [(name, figures[key] * factor if figures.get(key) is not None else None) for name, figures in row["peers"].items() if name not in skip]


def bands(result):
    """(title, unit, panels): panels are (title, bars) or None for a place that stays empty, and share one scale."""
    model = {(r["connections"], r["reply"], r["stream"]): r for r in result["rows"] if r["path"] == "model"}
    mcp = [r for r in result["rows"] if r["path"] == "mcp"]
    kinds = (("text", "text", False), ("streamed text", "text", True), ("a tool call", "tool", False), ("a streamed tool call", "tool", True))

    def across(reply, stream, key, factor, skip=()):
        """The panels of one kind of answer, a column for each number of connections."""
        rows = [(c, model.get((c, reply, stream))) for c in (1, 64, 1000)]
        return [row and (connections(c), bars_of(row, key, factor, skip)) for c, row in rows]

    for what, reply, stream in kinds:
        yield "Added latency, p50, of %s (milliseconds)" % what, " ms", across(reply, stream, "added_p50_us", 1e-3, ("direct",))
    for what, reply, stream in kinds[:2]:
        yield "Throughput, %s (requests a second; more is better)" % what, "/s", across(reply, stream, "rps", 1)
    busiest = [next((model[c, reply, stream] for c in (64, 1000, 1) if (c, reply, stream) in model), None) for _, reply, stream in kinds[:3]]
    yield "Processor time a request (milliseconds)", " ms", [
        row and ("%s, %s" % (what, connections(row["connections"])), bars_of(row, "cpu_us", 1e-3, ("direct",)))
        for (what, _, _), row in zip(kinds, busiest)]
    yield "MCP tools/call: added latency, p50 (milliseconds)", " ms", [
        ("1 client" if r["connections"] == 1 else "%d clients" % r["connections"], bars_of(r, "added_p50_us", 1e-3, ("direct",))) for r in mcp]


def connections(count):
    return "1 connection" if count == 1 else "{:,} connections".format(count)


def svg(result):
    names = [peer["name"] for peer in result["peers"]]
    width = (WIDTH - MARGIN * (COLUMNS + 1)) // COLUMNS
    out, y = [], 58
    memory = [(name, f["end_mib"] if not f.get("error") else None) for name, f in result["memory"].items()]
    for title, unit, panels in bands(result):
        if not any(panels):
            continue
        out.append("<text x='%d' y='%d' font-size='15' fill='#1667b7'>%s</text>" % (MARGIN, y + 14, escape(title)))
        y += 26
        scale = scale_of([each[1] for each in panels if each], 1e-3)
        drawn = [each and (*each, unit, scale) for each in panels]
        if title.startswith("MCP") and memory:
            drawn.append(("Memory, RSS after %g minutes" % result["minutes"], memory, " MiB", scale_of([memory], 1e-3)))
        for column, each in enumerate(drawn):
            if each:
                name, bars, each_unit, each_scale = each
                out += panel(name, each_unit, bars, each_scale, MARGIN + column * (width + MARGIN), y, width, names)
        y += max(height(each[1]) for each in drawn if each) + 18
    head = "weir beside its peers: same load, same mock upstream, one run. %s, %s%s" % (
        result["date"], result["machine"].split(",")[0], ", a quick run" if result["quick"] else "")
    return ("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d' %s>\n"
            "<rect width='100%%' height='100%%' fill='#ffffff'/>\n<text x='%d' y='26' font-size='17' font-weight='bold' fill='#1d232b'>%s</text>\n"
            "<text x='%d' y='45' font-size='12' fill='#5b6470'>Log scales, shared within a band. A bar of no length: no difference to direct that could be "
            "measured.</text>\n%s\n</svg>\n") % (WIDTH, y, WIDTH, y, FONT, MARGIN, escape(head), MARGIN, "\n".join(out))
