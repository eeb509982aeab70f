"""The resources that a process has used, as counted by the kernel."""

import os


def cpu_ns(pid):
    """Processor time of all its threads; 0 if the process has ended."""
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return total


def private_bytes(pid):
    """Memory that is not shared with other processes."""
    kib = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            for line in f:
                if line.startswith(("Private_Clean:", "Private_Dirty:")):
                    kib += int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return kib * 1024


def children(pid):
    """All descendants of a process."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as f:
                for child in map(int, f.read().split()):
                    found += [child, *children(child)]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def by_role(roles, measure):
    """{role: sum of measure(pid)} for roles = {role: [pid]}."""
    return {role: sum(map(measure, pids)) for role, pids in roles.items()}
