"""Lists the labs, and removes one: the caller's own, or one with a killed owner."""

import os
import re
import shutil
import signal
import tempfile

from lab.host import HERE, NETNS_DIRECTORY
from lab.process import await_condition, kill_quietly, start_time

NAME = re.compile(r"(plab-[a-z0-9]+-(\d+)-(\d+))(?:-[a-z0-9]+)?")


def names():
    """The existing labs: name -> is its owner alive (always true for a kept one)?"""
    found = {}
    for directory in (NETNS_DIRECTORY, tempfile.gettempdir()):
        try:
            entries = os.listdir(directory)
        except FileNotFoundError:
            continue
        for entry in entries:
            name = NAME.fullmatch(entry)
            if name:
                pid, start = int(name[2]), int(name[3])
                found[name[1]] = pid == 0 or start_time(pid) == start
    return found


def sweep():
    """Removes the labs of killed owners."""
    for name, is_alive in names().items():
        if not is_alive:
            remove(name)


def remove(name):
    """Ends the processes of the lab of that name and removes its namespaces, mounts and files."""
    assert NAME.fullmatch(name)
    directory = os.path.join(tempfile.gettempdir(), name)
    spaces = [e for e in _list(NETNS_DIRECTORY) if (m := NAME.fullmatch(e)) and m[1] == name]
    _end_processes(lambda: _written_down(directory) | _inside(spaces) | _running_from(directory))
    for space in spaces:
        HERE.run(["ip", "netns", "delete", space], check=False)
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as f:
        mounts = [line.split()[1] for line in f]
    for mount in reversed(mounts):
        if mount.startswith(directory + "/"):
            HERE.run(["umount", "-l", mount], check=False)
    shutil.rmtree(directory, ignore_errors=True)


def _list(directory):
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def _written_down(directory):
    """Processes started by the lab that are still the same ones."""
    try:
        with open(os.path.join(directory, "pids"), encoding="ascii") as f:
            lines = [line.split() for line in f]
    except FileNotFoundError:
        return set()
    return {int(pid) for pid, start in lines if start != "None" and start_time(int(pid)) == int(start)}


def _running_from(directory):
    """Processes that run the lab's own copy of the program: children that outlived their parent."""
    pids = set()
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/exe").startswith(directory + "/") and start_time(int(entry)):
                pids.add(int(entry))
        except OSError:
            continue
    return pids


def _inside(spaces):
    pids = set()
    for space in spaces:
        pids.update(int(p) for p in HERE.run(["ip", "netns", "pids", space], check=False).stdout.split())
    return pids - {os.getpid()}


def _end_processes(find):
    for number, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 5)):
        for pid in find():
            kill_quietly(pid, number)
        try:
            await_condition(lambda: not find(), patience, "processes of a lab to end")
            return
        except TimeoutError:
            continue
