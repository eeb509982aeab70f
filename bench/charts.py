"""Charts of a run's ratios: SVG, readable on a light and on a dark background, without scripts and embedded fonts."""

import math

from bench.measure import KIB
from bench.report import YARDSTICK, size_text

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 56, 48
SERIES = {  # placement: colour on a light and on a dark ground
    "direct": ("#8a8f98", "#9aa0aa"),
    "cut": ("#b26a00", "#e8a33d"),
    "store": ("#1a1a1a", "#f2f2f2"),
    "store+sha256": ("#7a4fb5", "#b694e8"),
    "haproxy": ("#2f7d4f", "#5cc48a"),
    "nginx": ("#0a7f8c", "#4fc3d0"),
    "postern none": ("#c62828", "#ff7a70"),
}
STYLE = """
svg { font: 12px system-ui, sans-serif; } .ground { fill: #ffffff; }
text { fill: #1a1a1a; } .title { font-size: 15px; font-weight: 600; } .quiet { fill: #5c6370; }
.grid { stroke: #e3e6ea; } .target { stroke: #5c6370; stroke-dasharray: 4 4; } polyline { fill: none; stroke-width: 2; }
"""
DARK = """
.ground { fill: #16181d; } text { fill: #f2f2f2; } .quiet { fill: #a8afba; } .grid { stroke: #2c313a; } .target { stroke: #a8afba; }
"""


def _style(names):
    def colours(ground):
        return "".join(f".s{list(SERIES).index(n)} {{ stroke: {SERIES[n][ground]}; }} .f{list(SERIES).index(n)} {{ fill: {SERIES[n][ground]}; }}\n"
                       for n in names)
    return f"<style>{STYLE}{colours(0)}@media (prefers-color-scheme: dark) {{{DARK}{colours(1)}}}</style>"


def _spread(wanted, least):
    """Positions for labels, in order, near the wanted ones and without overlap."""
    placed = []
    for y in sorted(wanted):
        placed.append(max(y, placed[-1] + least) if placed else y)
    over = max(0, (placed[-1] if placed else 0) - (HEIGHT - BOTTOM))
    return [y - over for y in placed]


def line_chart(title, note, ticks, lines, target=None):
    """An SVG. ticks: the names along the x axis; lines: {placement: [value or None at each tick]}."""
    values = [v for line in lines.values() for v in line if v is not None] + [1.0]
    low, high = math.floor(math.log2(min(values)) - 0.1), math.ceil(math.log2(max(values)) + 0.1)
    span_x, span_y = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(i):
        return LEFT + span_x * (i / (len(ticks) - 1) if len(ticks) > 1 else 0.5)

    def y(value):
        return TOP + span_y * (high - math.log2(value)) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
           f"<title>{title}</title>", _style(lines), '<rect class="ground" width="100%" height="100%"/>',
           f'<text class="title" x="{LEFT}" y="24">{title}</text>',
           f'<text class="quiet" x="{LEFT}" y="42">{note}</text>']
    for power in range(low, high + 1):
        label = f"{2 ** power:g}" if power >= 0 else f"1/{2 ** -power}"
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(2.0 ** power):.1f}" y2="{y(2.0 ** power):.1f}"/>')
        out.append(f'<text class="quiet" x="{LEFT - 8}" y="{y(2.0 ** power) + 4:.1f}" text-anchor="end">{label}</text>')
    for i, tick in enumerate(ticks):
        out.append(f'<text class="quiet" x="{x(i):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{tick}</text>')
    if target:
        out.append(f'<line class="target" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(target):.1f}" y2="{y(target):.1f}"/>')
    out += _series(lines, x, y)
    return "\n".join([*out, "</svg>"]) + "\n"


def _series(lines, x, y):
    out, ends = [], []
    for name, values in lines.items():
        number = list(SERIES).index(name)
        points = [(x(i), y(v)) for i, v in enumerate(values) if v is not None]
        out.append(f'<polyline class="s{number}" points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in points)}"/>')
        out += [f'<circle class="f{number}" cx="{px:.1f}" cy="{py:.1f}" r="3"/>' for px, py in points]
        ends.append((points[-1][1], name, number))
    ends.sort()
    for place, (_, name, number) in zip(_spread([e[0] for e in ends], 15), ends):
        out.append(f'<text class="f{number}" x="{WIDTH - RIGHT + 10}" y="{place + 4:.1f}">{name}</text>')
    return out


def _lines_of(report, cells, figure):
    found = [{row["placement"]: row for row in cell["rows"]} for cell in cells]
    names = [n for n in SERIES if all(n in rows for rows in found)]
    return {n: [figure(rows[n]) for rows in found] for n in names}


def _cells(report, command, **fixed):
    """The cells of the part that measures relays; the part for engines has other placements."""
    return [c for c in report["cells"] if c["command"] == command and all(c[k] == v for k, v in fixed.items())
            and any(row["placement"] == "cut" for row in c["rows"])]


def draw_all(report, directory):
    """Writes by_size_*.svg and by_sessions_*.svg, as far as the run has their data."""
    directory.mkdir(parents=True, exist_ok=True)
    rate = f"answers per second, as a ratio to the yardstick &#8220;{YARDSTICK}&#8221;; dashed: 0.85"

    def of_yardstick(row):
        return row[f"of_{YARDSTICK}"]["median"]

    for sessions in sorted({c["sessions"] for c in report["cells"]}):
        cells = sorted(_cells(report, "retr", sessions=sessions), key=lambda c: c["octets"])
        if len(cells) > 2:
            text = line_chart(f"By size of the message, {sessions} session{'s' if sessions > 1 else ''}", rate,
                              [size_text(c["octets"]) for c in cells], _lines_of(report, cells, of_yardstick), target=0.85)
            (directory / f"by_size_{sessions}.svg").write_text(text, encoding="utf-8")
    for octets in sorted({c["octets"] for c in report["cells"]}):
        cells = sorted(_cells(report, "retr", octets=octets), key=lambda c: c["sessions"])
        if len(cells) > 2:
            text = line_chart(f"By simultaneous sessions, messages of {size_text(octets)}", rate, [str(c["sessions"]) for c in cells],
                              _lines_of(report, cells, of_yardstick), target=0.85)
            (directory / f"by_sessions_{octets // KIB}k.svg").write_text(text, encoding="utf-8")
