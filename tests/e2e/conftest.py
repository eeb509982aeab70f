"""What the end-to-end tests share. Run as root: /usr/bin/python3 -m pytest tests/e2e

Each test makes its own lab; names, ports and directories are its own, so that several runs may go on at once."""

import os
import pathlib
import signal
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from lab import Lab  # noqa: E402

TEST_SECONDS = 120


def pytest_configure(config):
    config.addinivalue_line("markers", "seconds(n): the test may take so long, instead of two minutes")
    # A killed run takes its labs with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests make network namespaces: run them as root", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """A test that hangs fails, with the place where it hung."""
    mark = item.get_closest_marker("seconds")
    seconds = mark.args[0] if mark else TEST_SECONDS

    def ring(*_):
        raise TimeoutError(f"the test took longer than {seconds} s")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def lab():
    """A lab without a network, for what runs on loopback."""
    with Lab("e2e", hosts=()) as it:
        yield it


@pytest.fixture
def net():
    """The article's network, nothing diverted yet."""
    with Lab("e2e") as it:
        it.mirror_forward()
        yield it
