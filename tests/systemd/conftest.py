"""The units under a live systemd, in a container: make check-systemd. As root; not among `make check`, for it may have to fetch a root."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.dont_write_bytecode = True
