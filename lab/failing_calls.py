"""Calls of the C library that fail on demand, in one role of a gateway: `postern = gateway(server, prefix=calls.prefix)`."""

import mmap
import os
import shutil
import struct

from lab.postern import build_directory, is_sanitized

# In the order of enum fault in tests/tools/failing_calls.c.
FAULTS = ["none", "memory", "interrupted", "again", "short", "no space", "no descriptor", "reset", "io error"]
LAYOUT = struct.Struct("<qqqq16s24s")
EVERY = -1


class FailingCalls:
    """Initially nothing fails. The prefix of a command makes that command and its children subject to the plan."""

    def __init__(self, lab):
        directory = lab.make_directory("calls")
        path = os.path.join(directory, "plan")
        with open(path, "wb") as f:
            f.write(bytes(LAYOUT.size))
        os.chmod(path, 0o666)  # postern-clamav maps it when it is unprivileged
        with open(path, "r+b") as f:
            self._plan = mmap.mmap(f.fileno(), LAYOUT.size)
        calm = ["ASAN_OPTIONS=verify_asan_link_order=0"] if is_sanitized() else []
        library = shutil.copy(build_directory() / "tests" / "tools" / "failing_calls.so", directory)
        self.prefix = ["env", *calm, f"LD_PRELOAD={library}", f"FAILING_CALLS={path}"]

    def plan(self, role, fault, number):
        """Makes the call with that number fail, in the processes of the role (EVERY: all of them; 0: none, they are only counted)."""
        self.clear()
        self._plan[:LAYOUT.size] = LAYOUT.pack(0, number, 0, 0, role.encode(), b"")
        self._plan[:8] = struct.pack("<q", FAULTS.index(fault))

    def clear(self):
        self._plan[:8] = bytes(8)

    @property
    def counted(self):
        return LAYOUT.unpack(self._plan[:LAYOUT.size])[2]

    @property
    def injected(self):
        return LAYOUT.unpack(self._plan[:LAYOUT.size])[3]

    @property
    def call(self):
        """The function that failed last."""
        return LAYOUT.unpack(self._plan[:LAYOUT.size])[5].rstrip(b"\0").decode()
