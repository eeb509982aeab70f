"""Servers that answer without end, or hardly at all: each session ends, with the server at fault, and holds little memory meanwhile."""

import re

import pytest
from test_abuse_client import ONE, resident_kb

from lab import mail
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, is_sanitized

MESSAGE = mail.plain()


def converse(postern, command):
    """Sends USER and PASS, then the command, and reads everything until the session is closed."""
    session = Session.__new__(Session)
    session.pending = b""
    session.socket = postern.host.connect(postern.address, postern.port, 60)
    session.send(b"USER bob\r\nPASS %s\r\n%s\r\n" % (PASSWORD.encode(), command))
    octets, tail = 0, b""
    try:
        while data := session.socket.recv(1 << 16):
            octets, tail = octets + len(data), (tail + data)[-1000:]
    except ConnectionResetError:
        pass
    session.close()
    return octets, tail


def reason(postern):
    return re.search(r"event=session .*reason=(\w+)", postern.log())[1]


# The verb that is answered; the beginning of the answer; what follows without end.
DRIPS = [(b"", b"", b"x"), (b"", b"+OK", b"x"), (b"USER", b"+", b"O"), (b"PASS", b"+OK", b"x"), (b"STAT", b"+OK 1", b"0"),
         (b"LIST", b"+OK", b"x"), (b"LIST", b"+OK\r\n1 ", b"1"), (b"UIDL", b"+OK\r\n1 ", b"a"), (b"CAPA", b"+OK\r\nSASL", b" X"),
         (b"RETR", b"+OK", b"x"), (b"TOP", b"+OK", b"x")]


@pytest.mark.parametrize("verb, start, repeated", DRIPS)
def test_a_reply_that_arrives_byte_by_byte_is_late(serve, gateway, verb, start, repeated):
    server = serve([MESSAGE])
    server.endless[verb] = start, repeated, 0.2
    postern = gateway(server, ONE | {"pop3": {"server_timeout": "1s"}})
    converse(postern, {b"RETR": b"RETR 1", b"TOP": b"TOP 1 0"}.get(verb, verb or b"STAT"))
    postern.await_log("event=session ")
    assert reason(postern) == "SERVER_TIMEOUT"


def test_a_listing_that_arrives_line_by_line_is_not_late(serve, gateway, login):
    """Each line is in time, though the whole takes longer than server_timeout."""
    server = serve([MESSAGE])
    server.endless[b"UIDL"] = b"+OK\r\n", b"1 a\r\n", 0.3
    postern = gateway(server, ONE | {"pop3": {"server_timeout": "1s"}})
    session = login(postern)
    session.ask(b"UIDL")
    for _ in range(12):
        assert session.line() == b"1 a"
    session.close()


@pytest.mark.parametrize("command", [b"RETR 1", b"TOP 1 5", b"TOP 1 0"])
def test_a_message_that_arrives_byte_by_byte_is_too_slow(serve, gateway, command):
    server = serve([MESSAGE])
    server.endless[b"TOP" if command == b"TOP 1 0" else b"RETR"] = b"+OK\r\nSubject: ", b"x", 0.1
    postern = gateway(server, ONE | {"pop3": {"server_timeout": "1m", "min_rate": 100, "min_rate_period": "1s"}})
    _, got = converse(postern, command)
    assert got.endswith(b"-ERR [SYS/TEMP] the server sends too slowly\r\n")
    postern.await_log("event=session ")
    assert reason(postern) == "SERVER_TOO_SLOW"


UIDS = b"".join(b"%d unique-id-%d\r\n" % (n, n) for n in range(1, 10000))
FLOODS = [
    (b"", b"+OK ", b"x" * 8192, "SERVER_LINE_TOO_LONG"),
    (b"", b"", b"\r\n", "SERVER_MALFORMED"),
    (b"", b"+OK\r\n", b"hello\r\n", "SERVER_(UNSOLICITED|MALFORMED)"),
    (b"USER", b"+OK", b"x" * 8192, "SERVER_LINE_TOO_LONG"),
    (b"LIST", b"+OK\r\n", b"1 1\r\n" * 10000, "SERVER_LIST_TOO_LONG"),
    (b"UIDL", b"+OK\r\n", UIDS, "SERVER_LIST_TOO_LONG"),
    (b"LIST", b"+OK\r\n", b"1" * 8000 + b"\r\n", "SERVER_LIST_TOO_LONG"),
    (b"CAPA", b"+OK\r\n", b"X-UNKNOWN\r\n" * 1000, "SERVER_LIST_TOO_LONG"),
    (b"AUTH", b"+OK\r\n", b"PLAIN\r\n" * 1000, "SERVER_LIST_TOO_LONG"),
    (b"RETR", b"+OK\r\nSubject: x\r\n\r\n", b"x" * 65536, "MESSAGE_TOO_LARGE"),
    (b"TOP", b"+OK\r\nSubject: x\r\n\r\n", b"x" * 65536, "MESSAGE_TOO_LARGE"),
]


@pytest.mark.parametrize("verb, start, repeated, why", FLOODS,
                         ids=[f"{flood[0].decode()}-{flood[1][:6]}-{flood[2][:6]}" for flood in FLOODS])
def test_a_reply_without_end_ends_the_session(serve, gateway, login, verb, start, repeated, why):
    server = serve([MESSAGE])
    postern = gateway(server, ONE | {"pop3": {"message_max": "10M"}})
    assert login(postern).retr(1) == MESSAGE
    relay = postern.children("relay")["relay", 0]
    before = resident_kb(relay)
    server.endless[verb] = start, repeated, 0
    octets, _ = converse(postern, {b"RETR": b"RETR 1", b"TOP": b"TOP 1 0"}.get(verb, verb or b"STAT"))
    postern.await_log(f"event=session .*reason={why}")
    assert octets < 150_000_000
    assert resident_kb(relay) - before < 20_000 or is_sanitized()  # a sanitizer keeps what was freed
    server.endless.clear()
    assert login(postern).retr(1) == MESSAGE


def test_a_message_that_is_too_large_but_ends_leaves_the_session(serve, gateway, login):
    server = serve([b"Subject: x\r\n\r\n" + b"x" * 1_500_000 + b"\r\n", MESSAGE])
    session = login(gateway(server, ONE | {"pop3": {"message_max": "1M"}}))
    with pytest.raises(Refused):
        session.retr(1)
    assert session.retr(2) == MESSAGE
