"""A wall clock that a test sets for the programs it starts: `postern = gateway(server, prefix=clock.prefix)`."""

import mmap
import os
import shutil
import struct
import time

from lab.postern import build_directory, is_sanitized

DAY = 86400


class WallClock:
    """Initially correct. The prefix of a command makes that command and its children use it."""

    def __init__(self, lab, to=None):
        directory = lab.make_directory("clock")
        path = os.path.join(directory, "off")
        with open(path, "wb") as f:
            f.write(bytes(8))
        with open(path, "r+b") as f:
            self._off = mmap.mmap(f.fileno(), 8)
        # The sanitizer requires to be the first library unless this check is off.
        calm = ["ASAN_OPTIONS=verify_asan_link_order=0"] if is_sanitized() else []
        # A copy: the tree may lie in a directory with a blank in its name, which ends a name in LD_PRELOAD.
        library = shutil.copy(build_directory() / "tests" / "tools" / "wall_clock.so", directory)
        self.prefix = ["env", *calm, f"LD_PRELOAD={library}", f"WALL_CLOCK={path}"]
        if to is not None:
            self.set(to)

    def ahead(self, seconds):
        """Sets its offset from the true time."""
        self._off[:8] = struct.pack("<q", int(seconds))

    def set(self, to):
        self.ahead(to - time.time())
