"""Messages that take an engine long do not hold up those of other clients [K4]."""

import threading

import pytest
from conftest import PASSWORD

from lab import mail
from lab.bombs import bomb
from lab.clamd import Clamd
from lab.host import HERE
from lab.pop3_client import Session

BOMBS, SMALL, BYSTANDER = 6, 11, "127.0.2.1"


def engine_settings(lab, engine):
    settings = {"scan": {"engines": engine}}
    return settings if engine == "builtin" else settings | {"clamd": {"socket": Clamd(lab).path}}


def start(postern, address, user):
    return Session(postern.address, postern.port, host=HERE.sender(address), timeout=110).login(user, PASSWORD.encode())


@pytest.mark.parametrize("addresses", [1, BOMBS])
@pytest.mark.parametrize("engine", ["builtin", "clamd"])
def test_a_bystander_is_served_while_bombs_are_scanned(lab, serve, gateway, engine, addresses):
    """It fetches all its mail while most of the bombs are still being scanned."""
    bombs = [bomb(i, members=2) for i in range(BOMBS)]
    postern = gateway(serve(bombs + [mail.plain(f"mail {i}") for i in range(SMALL)]), engine_settings(lab, engine))
    bystander = start(postern, BYSTANDER, b"eva")
    assert bystander.retr(BOMBS + 1) == mail.plain("mail 0")
    received = []

    def fetch(i):
        session = start(postern, f"127.0.1.{1 + i % addresses}", b"bob%d" % i)
        received.append((i, session.retr(1 + i)))

    fetching = [threading.Thread(target=fetch, args=(i,)) for i in range(BOMBS)]
    for thread in fetching:
        thread.start()
    postern.await_log("to=SCANNING", count=1 + BOMBS)
    for i in range(1, SMALL):
        assert bystander.retr(BOMBS + 1 + i) == mail.plain(f"mail {i}")
    assert len(received) <= BOMBS // 2
    for thread in fetching:
        thread.join()
    assert sorted(i for i, _ in received) == list(range(BOMBS))
    assert all(message.endswith(bombs[i]) for i, message in received)  # perhaps after lines that say it is being scanned
