"""Medians and ratios. A ratio is taken within each round, and the median of these is reported: what slowed the machine in a round slowed
both. Every figure is reported together with what it is compared with."""

import datetime
import os
import platform
import statistics

from bench.measure import KIB, MIB, Cell

YARDSTICK = "store"


def size_text(octets):
    return f"{octets // MIB} MiB" if octets >= MIB else f"{octets // KIB} KiB"


def cell_text(cell):
    what = {"stat": "STAT", "same": f"{size_text(cell.octets)}, always the same message,", "retr": size_text(cell.octets)}[cell.command]
    return f"{what} x {cell.sessions}"


def ratios(results, name, other, value=lambda r: r["per_second"]):
    """The ratio of two placements in each round."""
    return [value(a) / value(b) for a, b in zip(results[name], results[other])]


def median_of(results, value):
    return statistics.median(map(value, results))


def cpu_us(result):
    return sum(result["cpu_us"].values())


def summary_of_cell(cell, results):
    rows = []
    for name, rounds in results.items():
        row = {
            "placement": name,
            "per_second": median_of(rounds, lambda r: r["per_second"]),
            "p50_us": median_of(rounds, lambda r: r["p50_us"]),
            "p99_us": median_of(rounds, lambda r: r["p99_us"]),
            "cpu_us": median_of(rounds, cpu_us),
            "cpu_us_by_role": {role: median_of(rounds, lambda r, role=role: r["cpu_us"][role]) for role in rounds[0]["cpu_us"]},
        }
        row["cpu_ms_per_mib"] = row["cpu_us"] / 1000 / (cell.octets / MIB) if cell.command != "stat" else None
        for other in ("direct", YARDSTICK, "store+sha256", "cut"):
            if other in results:
                each = ratios(results, name, other)
                row[f"of_{other}"] = {"median": statistics.median(each), "low": min(each), "high": max(each)}
                row[f"p50_of_{other}"] = statistics.median(ratios(results, name, other, lambda r: r["p50_us"]))
        rows.append(row)
    return {"command": cell.command, "octets": cell.octets, "sessions": cell.sessions, "rows": rows}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "unknown")
    return {"cores": os.cpu_count(), "processor": model, "kernel": platform.release(),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "load_average_before": os.getloadavg()[0]}


def _share(value):
    return f"{value['median']:6.2f} ({value['low']:.2f}-{value['high']:.2f})"


def cell_lines(cell):
    base = YARDSTICK
    yield f"{cell_text(Cell(cell['command'], cell['octets'], cell['sessions']))}"
    yield (f"    {'':<16}{'answers/s':>10}  {'rate, of ' + base:>20}  {'p50 us':>9} {'of ' + base:>9} {'p99 us':>9}"
           f"  {'CPU us each':>11} {'CPU ms/MiB':>10}  by role")
    for row in cell["rows"]:
        roles = ", ".join(f"{role} {us:.0f}" for role, us in row["cpu_us_by_role"].items() if us >= 0.5)
        per_mib = f"{row['cpu_ms_per_mib']:10.2f}" if row["cpu_ms_per_mib"] is not None else f"{'':10}"
        yield (f"    {row['placement']:<16}{row['per_second']:10.0f}  {_share(row[f'of_{base}']):>20}  {row['p50_us']:9.0f}"
               f" {row[f'p50_of_{base}']:9.2f} {row['p99_us']:9.0f}  {row['cpu_us']:11.1f} {per_mib}  {roles}")


def idle_lines(idle):
    yield "Idle sessions: private memory per session, bytes"
    for name, entries in idle.items():
        for entry in entries:
            roles = ", ".join(f"{role} {n:.0f}" for role, n in entry["bytes_each"].items() if abs(n) >= 0.5)
            yield (f"    {name:<16}{sum(entry['bytes_each'].values()):8.0f}  {entry['sessions']} sessions, {entry['letters_each']} messages fetched"
                   f" in each, all answered at the end  ({roles})")


def _row(cell, name):
    return next((row for row in cell["rows"] if row["placement"] == name), None)


def _engine_share(row):
    roles = row["cpu_us_by_role"]
    return roles.get("engine", 0) / sum(roles.values())


def targets(report):
    """(what, figure, holds) for each target that this run has measured."""
    for cell in report["cells"]:
        text = cell_text(Cell(cell["command"], cell["octets"], cell["sessions"]))
        none, builtin = _row(cell, "postern none"), _row(cell, "postern builtin")
        if cell["command"] == "stat" and none:
            value = none["p50_of_cut"]
            if cell["sessions"] == 1:
                yield f"STAT round trip, of cut: at most 1.5 ({text})", value, value <= 1.5
        elif cell["command"] == "same":
            value = builtin["of_store+sha256"]["median"]
            yield f"remembered verdict: rate, of store+sha256: at least 0.85 ({text})", value, value >= 0.85
        elif builtin:
            if cell["octets"] >= 100 * KIB:
                value = _engine_share(builtin)
                yield f"builtin: the engine's share of Postern's CPU, at least 0.90 ({text})", value, value >= 0.90
        elif none and cell["octets"] <= MIB and cell["sessions"] <= 100:
            value = none["of_store"]["median"]
            yield f"none: rate, of store: at least 0.85 ({text})", value, value >= 0.85
    for entry in report["idle"].get("postern none", []):
        value = sum(entry["bytes_each"].values())
        yield f"idle session: at most 4096 bytes ({entry['sessions']} held, {entry['letters_each']} messages each)", value, value <= 4096


def lines(report):
    m = report["machine"]
    yield (f"{m['date']}; {m['cores']} cores, {m['processor']}; Linux {m['kernel']}; load average {m['load_average_before']:.1f} before,"
           f" {m['load_average_after']:.1f} after; {report['signatures']} signatures")
    for placement, about in report["placements"].items():
        yield f"    {placement:<16}{about}"
    for cell in report["cells"]:
        yield ""
        yield from cell_lines(cell)
    yield ""
    yield from idle_lines(report["idle"])
    yield ""
    yield "Targets"
    for what, value, holds in targets(report):
        yield f"    {'met   ' if holds else 'MISSED'} {value:8.2f}  {what}"
