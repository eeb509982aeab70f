"""The units under a running systemd, in a container: make check-systemd. As root; not part of `make check`, as it may have to download
packages."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.dont_write_bytecode = True
