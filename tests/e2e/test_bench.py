"""The bench still works: its programs run, their measurements are right, and the report can be written."""

import email.policy
import json
import pathlib
import poplib
import subprocess
import sys

import pytest
from conftest import ROOT

from lab.postern import build_directory, is_sanitized


@pytest.fixture(scope="module")
def programs():
    """The programs are only built on request."""
    subprocess.run(["ninja", "-C", str(build_directory()), "bench"], check=True, capture_output=True, timeout=100)


@pytest.fixture
def bench(lab, programs):
    from bench.placements import Bench
    with Bench(lab, ("direct", "cut", "store", "store+sha256", "postern none"), 10) as it:
        yield it


def test_every_placement_passes_letters_and_is_measured(bench):
    from bench import charts, report
    from bench.measure import KIB, Cell, Part, run_part

    cells = tuple(Cell("retr", size, 4) for size in (4 * KIB, 20 * KIB, 200 * KIB)) + (Cell("stat", 4 * KIB, 1),)
    results = run_part(bench, Part(bench.names, cells, rounds=1, ms=30), tell=lambda _: None)
    summary = [report.summary_of_cell(cell, results[cell]) for cell in cells]
    for cell in summary:
        rows = {row["placement"]: row for row in cell["rows"]}
        assert set(rows) == set(bench.names)
        assert rows["store"]["of_store"] == {"median": 1, "low": 1, "high": 1}
        assert rows["direct"]["cpu_us"] == 0 < rows["store"]["cpu_us"]
        if cell["command"] == "retr":
            assert {"relay", "scan", "parent", "keeper"} <= set(rows["postern none"]["cpu_us_by_role"])
            assert rows["postern none"]["cpu_us_by_role"]["relay"] > 0
    drawn = pathlib.Path(bench.lab.directory) / "charts"
    charts.draw_all(json.loads(json.dumps({"cells": summary})), drawn)
    assert {"by_size_4.svg"} == {p.name for p in drawn.iterdir()}
    assert (drawn / "by_size_4.svg").read_text().count("<polyline") == len(bench.names)


def test_idle_sessions_are_held_and_weighed(bench):
    from bench import processes
    from bench.measure import hold_idle

    before = processes.by_role(bench.running["postern none"].roles(), processes.private_bytes)
    entry = hold_idle(bench, "postern none", 50, 1, before)
    assert entry["answered"] == 50
    # With so few sessions only the processes that hold them are measured: what the others free meanwhile can be more.
    assert entry["bytes_each"]["relay"] > 100


@pytest.mark.parametrize("mode", ["read", "login"])
def test_slow_clients_cost_little(bench, mode):
    """A small version of `make bench-slow`, which measures the times; here all are served, and memory is bounded."""
    from bench.slow import measure

    result = measure(bench, mode, clients=300, rounds=3, ms=500)
    assert result["p99_ms_beside"] > 0 and result["p99_ms_alone"] > 0
    if not is_sanitized():
        assert result["bytes_each"] < 20000 and result["bytes_each_later"] < 2000


def test_letters_are_unique_in_every_part_and_of_the_size_asked_for(bench):
    pop = poplib.POP3("127.0.0.1", bench.server.port, timeout=10)
    pop.user("20480")
    pop.pass_("x")
    raw = [b"\r\n".join(pop.retr(1)[1]) + b"\r\n" for _ in range(2)]
    pop.quit()
    letters = [email.message_from_bytes(r, policy=email.policy.default) for r in raw]
    assert [len(r) + 1 for r in raw] == [20480] * 2  # including the removed dot
    assert letters[0]["message-id"] != letters[1]["message-id"]
    parts = [[part.get_payload(decode=True) for part in letter.iter_parts()] for letter in letters]
    assert len(parts[0]) == 2 and all(a != b for a, b in zip(*parts))


def test_what_is_refused_is_no_figure(bench):
    from bench.placements import program

    done = subprocess.run([program("pop3_load"), "retr", str(bench.server.port), "1", "1000", "100", "5"], capture_output=True, text=True,
                          timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, "") and "the name is no size" in done.stderr


def test_the_command_line_tells_its_options():
    done = subprocess.run([sys.executable, "-m", "bench", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert "--quick" in done.stdout
