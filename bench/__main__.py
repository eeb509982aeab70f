"""python3 -m bench [--quick] [--signatures N] [--json FILE] [--charts DIRECTORY] [--only PLACEMENT,...]: see the package."""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

from bench import charts, report
from bench.measure import full_plan, hold_idle_all, quick_plan, run_part
from bench.placements import PLACEMENTS, Bench
from lab import Lab


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description="Measures Postern, its yardsticks and other proxies, on loopback.")
    parser.add_argument("--quick", action="store_true", help="fewer cells and rounds, under a minute")
    parser.add_argument("--signatures", type=int, default=100000, help="size of the engine's generated set (default: 100000)")
    parser.add_argument("--json", type=pathlib.Path, help="the file for all results")
    parser.add_argument("--charts", type=pathlib.Path, help="the directory for charts")
    parser.add_argument("--only", type=lambda text: tuple(text.split(",")), help="only these placements and those that they are compared with")
    return parser.parse_args()


def chosen(plan, only):
    """The plan with only these placements and the yardsticks."""
    if not only:
        return plan
    wanted = {*only, report.YARDSTICK, "store+sha256", "cut"}
    parts = tuple(dataclasses.replace(part, placements=tuple(n for n in part.placements if n in wanted)) for part in plan.parts)
    return dataclasses.replace(plan, parts=tuple(p for p in parts if set(p.placements) & set(only)),
                               idle_placements=tuple(n for n in plan.idle_placements if n in only))


def tell(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run(plan):
    result = {"machine": report.machine(), "signatures": plan.signatures, "cells": []}
    result["placements"] = {name: PLACEMENTS[name].about for name in plan.names()}
    with Lab("bench", hosts=()) as lab, Bench(lab, plan.names(), plan.signatures) as bench:
        result["idle"] = hold_idle_all(bench, plan, tell)
        for part in plan.parts:
            for cell, results in run_part(bench, part, tell).items():
                result["cells"].append(report.summary_of_cell(cell, results))
    result["machine"]["load_average_after"] = os.getloadavg()[0]
    return result


def main():
    options = arguments()
    plan = chosen((quick_plan if options.quick else full_plan)(options.signatures), options.only)
    result = run(plan)
    print("\n".join(report.lines(result)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.charts:
        charts.draw_all(result, options.charts)


if __name__ == "__main__":
    main()
