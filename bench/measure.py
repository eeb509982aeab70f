"""The plan of a run. No machine is constant: every cell is measured in several rounds, in each of them once through every placement,
one right after the other, and results are compared only within a round."""

import json
import subprocess
from dataclasses import dataclass

from bench import processes
from bench.placements import program

KIB, MIB = 1024, 1024 * 1024
GRACE_SECONDS = 60


@dataclass(frozen=True)
class Cell:
    """The load: retr (each message is unique), same (always the same message) or stat; the size of the messages; the number of
    simultaneous sessions."""
    command: str
    octets: int
    sessions: int


@dataclass(frozen=True)
class Part:
    """Cells that are measured through the same placements, each for `ms`."""
    placements: tuple
    cells: tuple
    rounds: int
    ms: int


@dataclass(frozen=True)
class Plan:
    parts: tuple
    idle_sessions: int
    idle_placements: tuple
    signatures: int

    def names(self):
        return tuple(dict.fromkeys(name for part in self.parts for name in part.placements))


RELAYS = ("direct", "cut", "store", "store+sha256", "haproxy", "nginx", "postern none")
ENGINES = ("store", "postern builtin", "postern fildes", "postern instream")
REMEMBERED = ("store", "store+sha256", "postern builtin")
IDLE = ("cut", "store", "haproxy", "nginx", "postern none")


def _grid(command, sizes, sessions):
    return tuple(Cell(command, size, count) for size in sizes for count in sessions)


def full_plan(signatures):
    return Plan(
        parts=(
            Part(RELAYS, _grid("retr", (10 * KIB, 100 * KIB, MIB), (1, 10, 100)), rounds=11, ms=300),
            Part(RELAYS, (Cell("retr", 10 * KIB, 1000), Cell("retr", 10 * MIB, 1), Cell("retr", 64 * MIB, 1)), rounds=3, ms=500),
            Part(RELAYS, _grid("stat", (10 * KIB,), (1, 10, 100)), rounds=9, ms=250),
            Part(REMEMBERED, _grid("same", (10 * KIB, 100 * KIB, MIB), (1, 10, 100)), rounds=7, ms=300),
            Part(ENGINES, _grid("retr", (10 * KIB, 100 * KIB, MIB), (1, 10)), rounds=3, ms=1200),
        ),
        idle_sessions=5000, idle_placements=IDLE, signatures=signatures)


def quick_plan(signatures):
    return Plan(
        parts=(
            Part(RELAYS, _grid("retr", (10 * KIB, 100 * KIB, MIB), (1, 10)), rounds=3, ms=150),
            Part(RELAYS, _grid("stat", (10 * KIB,), (1,)), rounds=3, ms=150),
            Part(REMEMBERED, _grid("same", (100 * KIB,), (10,)), rounds=3, ms=150),
            Part(ENGINES, _grid("retr", (100 * KIB,), (10,)), rounds=1, ms=500),
        ),
        idle_sessions=500, idle_placements=IDLE, signatures=min(signatures, 1000))


def _load(mode, port, sessions, octets, ms, count):
    return [program("pop3_load"), mode, str(port), str(sessions), str(octets), str(ms), str(count)]


def run_cell(bench, name, cell, ms, count=1000000):
    """One run of the load, with the processor time that the placement's processes used meanwhile."""
    running = bench.running[name]
    roles = running.roles()
    before = processes.by_role(roles, processes.cpu_ns)
    done = subprocess.run(_load(cell.command, running.port, cell.sessions, cell.octets, ms, count), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=ms / 1000 + GRACE_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name}, {cell}: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    after = processes.by_role(roles, processes.cpu_ns)
    result["per_second"] = result["answers"] / result["seconds"]
    result["cpu_us"] = {role: (after[role] - before[role]) / 1000 / result["answers"] for role in before}
    return result


def hold_idle_all(bench, plan, tell):
    """{name: [result of each]}, from a placement that has not held sessions before."""
    results = {}
    for name in plan.idle_placements:
        before = processes.by_role(bench.running[name].roles(), processes.private_bytes)
        for letters in (0, 1):
            tell(f"{plan.idle_sessions} idle sessions, {letters} messages each: {name}")
            results.setdefault(name, []).append(hold_idle(bench, name, plan.idle_sessions, letters, before))
    return results


def run_part(bench, part, tell):
    """{cell: {name: [result of each round]}}. Each round begins with another placement, so that none always has the same position."""
    results = {cell: {name: [] for name in part.placements} for cell in part.cells}
    for cell in part.cells:
        tell(f"{cell.command} {cell.octets} octets x {cell.sessions}")
        for r in range(part.rounds):
            turn = r % len(part.placements)
            for name in part.placements[turn:] + part.placements[:turn]:
                results[cell][name].append(run_cell(bench, name, cell, part.ms))
    return results


def hold_idle(bench, name, sessions, letters, before, ms=120000):
    """The private memory per session, compared with `before`, when all sessions are logged in, have each fetched `letters` messages
    and are idle. All must answer a STAT at the end."""
    running = bench.running[name]
    with subprocess.Popen(_load("idle", running.port, sessions, 10 * KIB, ms, letters), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as load:
        try:
            held = load.stdout.readline() == "held\n"
            after = processes.by_role(running.roles(), processes.private_bytes)
            out, err = load.communicate(timeout=GRACE_SECONDS)
        finally:
            load.kill()
    if not held or load.returncode != 0:
        raise RuntimeError(f"{name}: {sessions} idle sessions: {err.strip()}")
    return {
        "sessions": sessions, "letters_each": letters, "answered": json.loads(out)["answers"],
        "bytes_each": {role: (after[role] - before[role]) / sessions for role in after},
    }
