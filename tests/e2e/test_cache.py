"""A message to many recipients is scanned once, and again when the signatures may have changed [K5]."""

import os
import signal

from lab import mail
from lab.clamd import WaitingClamd
from lab.process import await_condition, freeze

KNOWN = "event=verdict_known"
DEBUG = {"postern": {"log_level": "debug"}}


def test_the_same_bytes_are_scanned_once(serve, gateway, login):
    postern = gateway(serve([mail.plain(), mail.infected(), mail.plain("other")]), DEBUG)
    first, second = login(postern, b"bob"), login(postern, b"alice")
    assert first.retr(1) == mail.plain()
    assert KNOWN not in postern.log()
    assert second.retr(1) == mail.plain()
    await_condition(lambda: postern.log().count(KNOWN) == 1)
    assert not mail.is_infected(first.retr(2)) and not mail.is_infected(second.retr(2))
    await_condition(lambda: postern.log().count(KNOWN) == 2)
    assert first.retr(3) == mail.plain("other")
    assert postern.log().count(KNOWN) == 2
    assert len(postern.incidents()) == 2  # a verdict is shared, but an incident belongs to one user


def test_equal_messages_that_wait_at_the_same_time_are_scanned_once(lab, closing, serve, gateway, login):
    """A mail to a list of users, who fetch it while it is being scanned. The first of them goes without waiting."""
    clamd = closing(WaitingClamd(lab))
    message = mail.plain("to a list", WaitingClamd.SLOW.decode())
    settings = {"scan": {"engines": "clamd", "self_test": "none"}, "clamd": {"socket": clamd.path, "connections": 4}}
    postern = gateway(serve([message]), DEBUG | settings)
    sessions = [login(postern, b"user%d" % n) for n in range(10)]
    for n, session in enumerate(sessions, 1):
        session.send(b"RETR 1\r\n")
        await_condition(lambda: postern.log().count("from=RECEIVING to=SCANNING") == n)
    await_condition(lambda: clamd.seen == 1)
    sessions.pop().close()
    clamd.released.set()
    for session in sessions:
        session.status()
        assert session.lines() == message
    assert clamd.seen == 1


def test_another_loader_may_have_other_signatures(serve, gateway, login):
    postern = gateway(serve([mail.plain()]), DEBUG)
    session = login(postern)
    session.retr(1)
    [loader] = postern.children("clamav").values()
    os.kill(loader, signal.SIGKILL)
    postern.await_log(r"event=child_ready .*role=clamav", count=2)
    assert session.retr(1) == mail.plain()
    assert KNOWN not in postern.log()


def test_none_are_remembered_if_so_configured(serve, gateway, login):
    session = login(gateway(serve([mail.plain()]), DEBUG | {"scan": {"cache_entries": "0"}}))
    for _ in range(3):
        assert session.retr(1) == mail.plain()


def test_of_what_is_known_scan_is_not_even_asked(serve, gateway, login):
    postern = gateway(serve([mail.plain(), mail.infected()]), DEBUG)
    session = login(postern)
    assert session.retr(1) == mail.plain()
    assert not mail.is_infected(session.retr(2))
    [scan] = postern.children("scan").values()
    freeze(scan)
    try:
        assert session.retr(1) == mail.plain()
        assert not mail.is_infected(session.retr(2))
    finally:
        os.kill(scan, signal.SIGCONT)
    assert postern.log().count(KNOWN) == 2


def test_what_a_scan_that_died_has_said_counts_no_more(serve, gateway, login):
    postern = gateway(serve([mail.plain()]), DEBUG)
    session = login(postern)
    session.retr(1)
    [scan] = postern.children("scan").values()
    os.kill(scan, signal.SIGKILL)
    postern.await_log(r"event=child_ready .*role=scan", count=2)
    assert session.retr(1) == mail.plain()
    assert KNOWN not in postern.log()
