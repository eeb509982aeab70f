"""Fixtures of the end-to-end tests. Run as root: /usr/bin/python3 -m pytest tests/e2e

Each test makes a lab with names, ports and directories of its own, so that several runs can coexist."""

import contextlib
import os
import pathlib
import signal
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from lab import Lab, mail  # noqa: E402
from lab.certificates import Authority  # noqa: E402
from lab.interception import Intercepting  # noqa: E402
from lab.pop3_client import Session  # noqa: E402
from lab.pop3_server import Pop3Server  # noqa: E402
from lab.postern import PASSWORD, Postern  # noqa: E402
from lab.process import await_condition  # noqa: E402
from lab.torture import SEED  # noqa: E402

TEST_SECONDS = 120
TORTURED = pytest.StashKey()


def pytest_configure(config):
    config.stash[TORTURED] = []
    config.addinivalue_line("markers", "seconds(n): the test may take so long, instead of two minutes")
    # A killed run removes its labs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests make network namespaces: run them as root", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """A test that hangs fails, and shows where."""
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
def tortured(request):
    """tortured(line, figures): printed at the end of the run, whether the test passes or not."""
    return lambda line, figures=None: request.config.stash[TORTURED].append((line, figures))


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash[TORTURED]
    if lines:
        terminalreporter.write_line(f"torture: seed {SEED} (repeat with POSTERN_SEED={SEED})")
    for line, figures in lines:
        for name, n in sorted((figures or {}).items()):
            terminalreporter.write_line(f"    {name}: {n}")
        terminalreporter.write_line(f"torture: {line}")


@pytest.fixture
def lab():
    """A lab without a network, for tests on loopback."""
    with Lab("e2e", hosts=()) as it:
        yield it


@pytest.fixture
def bare():
    """The article's network; only the router forwards."""
    with Lab("e2e") as it:
        yield it


@pytest.fixture
def net(bare):
    """The same, with saturne as a router; nothing is diverted yet."""
    bare.forward("saturne")
    return bare


@pytest.fixture
def closing():
    """closing(x): x is closed (as by `with`) when the test ends, in reverse order."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture
def authority(lab):
    """The authority of the servers."""
    return Authority(lab)


@pytest.fixture
def intercepting(lab, authority):
    """A gateway's settings for TLS, with an authority of its own. The gateway trusts `authority`."""
    return Intercepting(lab, authority.certificate)


@pytest.fixture
def serve(closing):
    """serve(messages, ...): a scripted server on loopback."""
    return lambda *arguments, **more: closing(Pop3Server(*arguments, **more))


@pytest.fixture
def gateway(lab):
    """gateway(server, settings): a Postern on loopback in front of the server. At the end it is stopped, and its promises are checked."""
    with contextlib.ExitStack() as stack:  # a stack of its own, as it must end before the lab
        yield lambda server, settings=None, **more: stack.enter_context(Postern(lab, settings, target=server, **more))


@pytest.fixture
def login(closing):
    """login(postern, user): a session through it."""
    def start(postern, user=b"bob", **more):
        session = closing(Session(postern.address, postern.port, **more))
        return session.login(user, PASSWORD.encode())
    return start


@pytest.fixture
def stopping(serve, gateway, login):
    """(server, postern, session): the service was told to stop, and the server stalls within the message that the session fetches."""
    server = serve([mail.plain()])
    server.stall_at = 100
    postern = gateway(server)
    session = login(postern)
    session.send(b"RETR 1\r\n")
    await_condition(lambda: b"RETR 1" in server.commands())
    postern.daemon.process.send_signal(signal.SIGTERM)
    return server, postern, session
