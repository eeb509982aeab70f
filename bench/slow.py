"""python3 -m bench.slow [--clients N] [--rounds N] [--json FILE]: what slow clients cost the others. As root.

In each round an ordinary load is measured first alone, and then beside N slow clients, with the same processes."""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess

from bench import processes, report
from bench.measure import GRACE_SECONDS, KIB, Cell, run_cell
from bench.placements import Bench, program
from lab import Lab

ORDINARY = Cell("retr", 100 * KIB, 4)
PLACEMENT = "postern none"


def memory(bench):
    return sum(processes.by_role(bench.running[PLACEMENT].roles(), processes.private_bytes).values())


@contextlib.contextmanager
def slow_clients(bench, mode, clients, octets):
    """All have begun when the block is entered, and must be connected at its end."""
    with subprocess.Popen([program("pop3_slow"), mode, str(bench.running[PLACEMENT].port), str(clients), str(octets)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as slow:
        try:
            if slow.stdout.readline() != "held\n":
                raise RuntimeError("the slow clients could not begin")
            yield
            out, _ = slow.communicate(timeout=GRACE_SECONDS)
        finally:
            slow.kill()
    if json.loads(out)["open"] != clients:
        raise RuntimeError(f"of {clients} slow clients only {json.loads(out)['open']} are left")


def measure(bench, mode, clients, octets=100 * KIB, rounds=5, ms=3000):
    """The medians of the ordinary load's times, and the memory that the slow clients cost at most: when they have begun, and since then."""
    run_cell(bench, PLACEMENT, ORDINARY, ms)
    results = []
    for _ in range(rounds):
        alone = run_cell(bench, PLACEMENT, ORDINARY, ms)
        before = memory(bench)
        with slow_clients(bench, mode, clients, octets):
            begun = memory(bench)
            beside = run_cell(bench, PLACEMENT, ORDINARY, ms)
            ended = memory(bench)
        results.append({
            "p99_ms_alone": alone["p99_us"] / 1000, "p99_ms_beside": beside["p99_us"] / 1000,
            "p50_ms_alone": alone["p50_us"] / 1000, "p50_ms_beside": beside["p50_us"] / 1000,
            "p99_ratio": beside["p99_us"] / alone["p99_us"],
            "bytes_each": (begun - before) / clients, "bytes_each_later": (ended - begun) / clients})
    return {"mode": mode, "clients": clients, "octets": octets, "rounds": results,
            **{key: (max if key.startswith("bytes") else statistics.median)(r[key] for r in results) for key in results[0]}}


def main():
    parser = argparse.ArgumentParser(prog="bench.slow", description="Measures what clients at one byte per second cost the others.")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path, help="the file for all results")
    options = parser.parse_args()
    results = []
    for mode in ("read", "login"):
        with Lab("slow", hosts=()) as lab, Bench(lab, (PLACEMENT,), 10) as bench:
            results.append(measure(bench, mode, options.clients, rounds=options.rounds))
        line = results[-1]
        print(f"{mode}: {line['clients']} slow clients, ordinary RETR of 100 KiB p50 {line['p50_ms_alone']:.2f} -> {line['p50_ms_beside']:.2f} ms, "
              f"p99 {line['p99_ms_alone']:.2f} -> {line['p99_ms_beside']:.2f} ms (x {line['p99_ratio']:.2f}); "
              f"{line['bytes_each']:.0f} bytes each, {line['bytes_each_later']:+.0f} later", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"machine": report.machine() | {"load_average_after": os.getloadavg()[0]},
                                            "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
