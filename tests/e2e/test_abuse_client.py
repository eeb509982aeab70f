"""Clients that hold a session, or a message, without using it: no login, commands without end, a message that is hardly read."""

import contextlib
import os
import re
import socket
import time

import pytest

from lab import mail
from lab.pop3_client import Session
from lab.postern import PASSWORD, is_sanitized
from lab.process import await_condition

NONE = {"scan": {"engines": "none"}}
ONE = NONE | {"postern": {"relays": 1}}


def await_end(session, data, pause, seconds=30):
    """Sends `data` again and again, with a pause, until the other side closes. Returns all that it sent."""
    end = time.monotonic() + seconds
    session.socket.settimeout(pause)
    while time.monotonic() < end:
        try:
            session.send(data)
            more = session.socket.recv(1 << 16)
            if not more:
                return session.pending
            session.pending += more
        except TimeoutError:
            pass
        except OSError:
            return session.pending
    raise AssertionError(f"the session still exists after {seconds} s; it got {session.pending[-200:]}")


def reasons(postern):
    """The reasons with which sessions have ended."""
    return re.findall(r"event=session .*reason=(\w+)", postern.log())


def first_reasons(postern):
    """The same, when there is one."""
    return await_condition(lambda: reasons(postern))


def tiny(postern, octets=4096):
    """A session, logged in, of a client with a small receive buffer."""
    session = Session.__new__(Session)
    session.socket, session.pending = socket.socket(), b""
    session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
    session.socket.settimeout(60)
    session.socket.connect((postern.address, postern.port))
    session.status()
    return session.login(b"bob", PASSWORD.encode())


@pytest.mark.parametrize("data", [b"", b"U", b"NOOP\r\n", b"USER bob\r\nPASS wrong\r\n", b"AUTH PLAIN\r\n*\r\n"],
                         ids=["silent", "byte by byte", "noop", "wrong password", "aborted SASL"])
def test_a_client_that_does_not_log_in_is_disconnected(serve, gateway, login, closing, data):
    server = serve([mail.plain()])
    server.replies[b"PASS"] = lambda password: None if password == PASSWORD.encode() else b"-ERR no\r\n"
    postern = gateway(server, NONE | {"pop3": {"login_timeout": "2s"}})
    other = login(postern)
    got = await_end(closing(Session(postern.address, postern.port)), data, 0.1)
    assert got.endswith(b"-ERR [SYS/TEMP] no login in time\r\n")
    assert first_reasons(postern) == ["CLIENT_LOGIN_TIMEOUT"]
    assert other.retr(1) == mail.plain(), "a session that is logged in stays"


def test_a_session_that_has_switched_to_tls_needs_no_login(serve, gateway, closing):
    server = serve([mail.plain()])
    server.replies[b"STLS"] = b"+OK\r\n"
    postern = gateway(server, NONE | {"pop3": {"login_timeout": "2s"}})
    session = closing(Session(postern.address, postern.port))
    session.ask(b"STLS")
    await_end(closing(Session(postern.address, postern.port)), b"", 0.1)
    assert session.is_alive()


def test_a_command_that_arrives_byte_by_byte_does_not_keep_a_session(serve, gateway, login):
    """Only whole commands show that a client is there [S9]."""
    postern = gateway(serve([mail.plain()]), NONE | {"pop3": {"idle_timeout": "2s"}})
    session = login(postern)
    await_end(session, b"N", 0.1)
    assert first_reasons(postern) == ["CLIENT_IDLE"]


def test_whole_commands_keep_a_session(serve, gateway, login):
    postern = gateway(serve([mail.plain()]), NONE | {"pop3": {"idle_timeout": "2s"}})
    idle, busy = login(postern), login(postern)

    def has_idle_ended():
        busy.ask(b"NOOP")
        return reasons(postern)
    assert await_condition(has_idle_ended) == ["CLIENT_IDLE"]
    assert idle.rest() == b""
    busy.quit()


def flood(session, data, seconds=30):
    """Sends until the other side closes, reading meanwhile."""
    end = time.monotonic() + seconds
    session.socket.settimeout(0.01)
    while time.monotonic() < end:
        try:
            session.socket.send(data)
            session.pending = session.pending[-1000:] + session.socket.recv(1 << 16)
        except TimeoutError:
            pass
        except OSError:
            return
    raise AssertionError(f"the session still exists after {seconds} s")


@pytest.mark.parametrize("before", [b"", b"USER "], ids=["no verb", "a verb"])
def test_a_line_without_end_ends_the_session(serve, gateway, login, before):
    postern = gateway(serve([mail.plain()]), ONE)
    session = login(postern)
    session.send(before)
    flood(session, b"x" * 65536)
    postern.await_log("event=session .*reason=CLIENT_LINE_TOO_LONG")
    assert login(postern).retr(1) == mail.plain()


@pytest.mark.parametrize("line", [b"x\r\n", b"RETR x\r\n", b"y" * 20000 + b"\r\n"], ids=["verbs", "arguments", "lengths"])
def test_invalid_commands_without_end_end_the_session(serve, gateway, login, line):
    postern = gateway(serve([mail.plain()]), ONE)
    session = login(postern)
    session.send(line * 50 + b"NOOP\r\n")
    for _ in range(50):
        assert session.line().startswith(b"-ERR")
    session.status()
    flood(session, line * 10)
    assert b"-ERR too many invalid commands\r\n" in session.pending
    postern.await_log("event=session .*commands_refused=150.*reason=CLIENT_ERRORS_MAX")


def test_refused_commands_do_not_fill_the_log(serve, gateway, login):
    """Each is followed by a valid one, so that the session goes on."""
    postern = gateway(serve([mail.plain()]), ONE)
    session = login(postern)
    for _ in range(300):
        session.send(b"x\r\nNOOP\r\n")
        assert session.line().startswith(b"-ERR")
        session.status()
    session.quit()
    postern.await_log("event=session .*commands_refused=300")
    levels = re.findall(r"level=(\w+) process=\S+ event=command_refused", postern.log())
    assert (levels.count("info"), levels.count("debug")) == (10, 290)


SLOW = {"pop3": {"min_rate": 2000, "min_rate_period": "2s", "idle_timeout": "1h"}}


def spooled(postern):
    return [fd.path for fd in os.scandir(f"/proc/{postern.children('relay')['relay', 0]}/fd")
            if os.readlink(fd.path).startswith(postern.spool)]


@pytest.mark.parametrize("memory_max", ["64M", "0"], ids=["in memory", "on disk"])
def test_a_client_that_hardly_reads_its_message_is_disconnected(serve, gateway, memory_max):
    big = mail.with_attachment(os.urandom(9_000_000))
    postern = gateway(serve([big]), ONE | SLOW | {"spool": {"memory_max": memory_max}})
    session = tiny(postern)
    session.ask(b"RETR 1")
    await_condition(lambda: session.socket.recv(1) and "reason=CLIENT_TOO_SLOW" in postern.log(), 30)
    assert first_reasons(postern) == ["CLIENT_TOO_SLOW"]
    await_condition(lambda: not spooled(postern), 30)
    session.close()


def test_a_client_on_a_slow_line_gets_its_message(serve, gateway):
    """It reads several times the minimum, and nothing in half of one period."""
    big = mail.with_attachment(os.urandom(4_000_000))
    postern = gateway(serve([big]), ONE | {"pop3": {"min_rate": 20_000, "min_rate_period": "3s"}})
    session = tiny(postern, 65536)
    session.ask(b"RETR 1")
    begun = time.monotonic()
    time.sleep(1.5)
    while not session.pending.endswith(b"\r\n.\r\n"):
        more = session.socket.recv(10_000)
        assert more, postern.log()[-1000:]
        session.pending += more
        time.sleep(0.02)
    assert time.monotonic() - begun > 5, "too little was measured"
    assert mail.unstuff(session.pending) == big
    session.pending = b""
    session.quit()
    assert first_reasons(postern) == ["CLIENT_QUIT"]


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read())[1])


def test_clients_that_do_not_read_messages_on_disk_cost_little_memory(serve, gateway):
    """A part of each message is copied for the socket; it used to be over 256 KiB, which no limit counted."""
    if is_sanitized():
        pytest.skip("a sanitizer keeps what was freed")
    big = mail.with_attachment(os.urandom(6_000_000))
    postern = gateway(serve([big]), ONE | {"spool": {"memory_max": "0"}})
    relay = postern.children("relay")["relay", 0]
    with contextlib.ExitStack() as stack:
        def ask():
            stack.enter_context(tiny(postern)).ask(b"RETR 1")
        ask()
        before = resident_kb(relay)
        for _ in range(30):
            ask()
        await_condition(lambda: len(spooled(postern)) == 62)
        assert (resident_kb(relay) - before) / 30 < 100


@pytest.mark.seconds(240)
def test_idle_sessions_cost_the_same_whatever_the_mailbox(serve, gateway, login):
    """Each remembers some 80 KiB of its LIST and UIDL, until it has been idle for a minute."""
    if is_sanitized():
        pytest.skip("a sanitizer keeps what was freed")
    server = serve([mail.plain()])
    server.replies[b"UIDL"] = b"+OK\r\n" + b"".join(b"%d unique-id-%020d\r\n" % (n, n) for n in range(1, 2001)) + b".\r\n"
    server.replies[b"LIST"] = b"+OK\r\n" + b"".join(b"%d 2000000\r\n" % n for n in range(1, 2001)) + b".\r\n"
    postern = gateway(server, ONE)
    relay = postern.children("relay")["relay", 0]
    before = resident_kb(relay)
    sessions = [login(postern) for _ in range(150)]
    for session in sessions:
        session.ask_lines(b"LIST")
        session.ask_lines(b"UIDL")
    assert (resident_kb(relay) - before) / 150 > 60
    await_condition(lambda: (resident_kb(relay) - before) / 150 < 40, 120)
    assert sessions[0].is_alive()
