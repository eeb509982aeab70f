"""The memory of running processes, as root sees it."""

import os

SMALL = 1 << 20
SKIPPED = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


def regions(pid):
    """Yields (start, end, name) of what can be read."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
        for line in f:
            span, mode, *_, name = (line.rstrip("\n").split(maxsplit=5) + [""])[:6]
            start, end = (int(n, 16) for n in span.split("-"))
            if "r" in mode and name not in SKIPPED:
                yield start, end, name


def count(pid, *texts):
    """How often each of the texts occurs in the memory of a process. Pages that were never used cost nothing."""
    found = dict.fromkeys(texts, 0)
    with open(f"/proc/{pid}/mem", "rb", 0) as memory, open(f"/proc/{pid}/pagemap", "rb", 0) as pages:
        for start, end, _ in regions(pid):
            for first, last in used(pages, start, end):
                try:
                    memory.seek(first)
                    part = memory.read(last - first)
                except OSError:
                    continue
                for text in texts:
                    found[text] += part.count(text)
    return found


def used(pages, start, end):
    """The parts of a region that have pages, in memory or in swap space. A small region counts as used: a page of shared memory may be known
    to another process alone."""
    if end - start <= SMALL:
        yield start, end
        return
    size = os.sysconf("SC_PAGE_SIZE")
    pages.seek(start // size * 8)
    entries = pages.read((end - start) // size * 8)
    at = None
    for n in range(0, len(entries) + 8, 8):
        present = n < len(entries) and entries[n + 7] & 0xC0
        here = start + n // 8 * size
        if present and at is None:
            at = here
        elif not present and at is not None:
            yield at, here
            at = None


def processes(parent):
    """The pids of a process and of all below it."""
    found = [parent]
    for pid in found:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as f:
                found += map(int, f.read().split())
    return found


def name(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read().rstrip(b"\0").decode("utf-8", "replace")
