"""A clean message reaches the client byte for byte; a message that parsers interpret differently does not."""

import os
import random
import signal
import socket

import pytest
from conftest import PASSWORD

from lab import mail
from lab.pop3_client import HostPop3
from lab.pop3_server import Raw
from lab.process import freeze
from lab.signatures import MARKER_NAME, make_marker_database, marker

UNSCANNED = {"scan": {"engines": "none"}}


@pytest.fixture(scope="module")
def messages():
    return mail.random_messages(1000, seed=20050205)


def test_a_thousand_random_messages(messages, serve, gateway, login):
    session = login(gateway(serve(messages), UNSCANNED))
    for n, message in enumerate(messages, 1):
        assert session.retr(n) == message, n
    session.quit()


def test_two_hundred_that_an_engine_has_looked_at(messages, serve, gateway, login):
    """They pass through a memfd, unlike messages without an engine."""
    session = login(gateway(serve(messages[:200]), {"scan": {"engines": "command"}, "command": {"run": "/bin/true"}}))
    for n, message in enumerate(messages[:200], 1):
        assert session.retr(n) == message, n
    session.quit()


def test_where_nobody_scans_nobody_is_asked(serve, gateway, login):
    postern = gateway(serve([mail.plain(), mail.infected()]), UNSCANNED)
    scan = next(iter(postern.children("scan").values()))
    freeze(scan)
    try:
        session = login(postern)
        assert session.retr(1) == mail.plain()
        assert session.retr(2) == mail.infected()
        session.quit()
    finally:
        os.kill(scan, signal.SIGCONT)


def test_fifty_in_one_byte_reads(messages, serve, gateway):
    postern = gateway(serve(messages[:50]), UNSCANNED)
    with socket.create_connection((postern.address, postern.port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        commands = [b"USER bob", b"PASS " + PASSWORD.encode()] + [b"RETR %d" % n for n in range(1, 51)]
        read_line(s)
        for command in commands[:2]:
            ask(s, command)
        for command, message in zip(commands[2:], messages, strict=False):
            assert ask(s, command).startswith(b"+OK")
            wanted = mail.stuff(message)
            got = bytearray()
            while len(got) < len(wanted):
                got += s.recv(1)
            assert got == wanted


def ask(s, command):
    for byte in command + b"\r\n":
        s.send(bytes([byte]))
    return read_line(s)


def read_line(s):
    line = bytearray()
    while not line.endswith(b"\r\n"):
        line += s.recv(1)
    return bytes(line)


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_a_server_that_speaks_in_crumbs(messages, serve, gateway, login, piece):
    few = [m for m in messages if len(m) < 2000][:25]
    server = serve(few)
    server.piece = piece
    session = login(gateway(server, UNSCANNED))
    for n, message in enumerate(few, 1):
        assert session.retr(n) == message, n
    session.quit()


def test_mail_that_the_engine_scanned_is_untouched(serve, gateway, login):
    messages = [mail.plain(f"number {n}", text) for n, text in enumerate(["", ".\n", "..\n.\n...\n", "accents: \u00e9\u00e8\n", "x" * 70000 + "\n"])]
    messages.append(mail.with_attachment(bytes(range(256)) * 300))
    session = login(gateway(serve(messages)))
    for n, message in enumerate(messages, 1):
        assert session.retr(n) == message, n
    session.quit()


@pytest.mark.parametrize("body", [b"one\n.\ntwo\r\n", b"one\n.\r\ntwo\r\n", b"one\r.\rtwo\r\n"])
def test_a_dot_between_bare_line_ends_becomes_a_notice(serve, gateway, login, body):
    """Python's poplib, for example, takes it for the end, and what follows for replies."""
    hidden = mail.plain() + body
    postern = gateway(serve([hidden, mail.plain()]), UNSCANNED)
    session = login(postern)
    notice = session.retr(1)
    assert notice != hidden and mail.BARE_DOT.search(notice) is None
    assert b"Auto-Submitted: auto-generated\r\n" in notice
    session.quit()
    [incident] = postern.incidents()
    with open(f"{postern.quarantine}/{incident['file']}", "rb") as f:
        assert f.read() == hidden
    client = HostPop3(postern.address, postern.port)
    client.user("bob")
    client.pass_(PASSWORD)
    client.retr(1)
    assert b"\r\n".join(client.retr(2)[1]) + b"\r\n" == mail.plain()
    client.quit()


def test_a_long_line_before_a_dot_does_not_end_a_message(lab, serve, gateway, login):
    """P3Scan read lines of 4,095 bytes and took the "." after them for the end."""
    database = make_marker_database(lab.make_directory("database"))
    message = mail.plain() + b"x" * 4095 + b".\r\n" + mail.with_attachment(marker())
    session = login(gateway(serve([message]), {"builtin": {"database": database}}))
    assert MARKER_NAME.encode() in session.retr(1)
    session.ask(b"NOOP")


def test_a_message_without_dots_doubled_is_read_as_it_stands(serve, gateway, login):
    """RFC 1939 removes one dot from any line that starts with one; a server that did not add it is taken literally."""
    server = serve([Raw(mail.plain() + b".half\r\n..whole\r\n.\r\n")])
    session = login(gateway(server, UNSCANNED))
    assert session.retr(1) == mail.plain() + b"half\r\n.whole\r\n"
    session.quit()


def test_large_messages_go_by_disk(serve, gateway, login):
    big = mail.with_attachment(random.Random(3).randbytes(6_000_000))
    session = login(gateway(serve([big, mail.plain()]), UNSCANNED | {"spool": {"memory_max": "64K"}}))
    assert session.retr(1) == big
    assert session.retr(2) == mail.plain()
    session.quit()
