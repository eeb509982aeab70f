"""Peers that vanish: no incomplete message is ever completed, nothing is deleted, and the next session works."""

import os
import socket
import struct

import pytest
from conftest import PASSWORD

from lab import HERE, mail
from lab.pop3_client import Refused, Session
from lab.postern import script
from lab.process import await_condition

SHORT = b"From: a@provider.example\r\nSubject: cut me\r\n\r\nfirst line\r\n..\r\n.dots\r\n\r\nlast line\r\n"


class Gone:
    """A server that does not exist."""
    address = "127.0.0.1"

    def __init__(self):
        self.port = HERE.free_port()


def fetch(postern, message=1):
    """Sends one RETR. Returns the result: ("message", bytes), ("refused", line) or ("cut", bytes)."""
    with Session(postern.address, postern.port) as session:
        session.login(password=PASSWORD.encode())
        try:
            return "message", session.retr(message)
        except Refused as e:
            return "refused", e.args[0]
        except (EOFError, ConnectionResetError) as e:
            return "cut", e.args[0]


@pytest.mark.parametrize("command", [b"RETR 1", b"TOP 1 5"])
def test_a_server_cut_at_every_offset_never_completes_a_message(serve, gateway, command):
    server = serve([SHORT])
    postern = gateway(server, {"scan": {"engines": "none"}})
    whole = len(b"+OK here it is\r\n" + mail.stuff(SHORT))
    for cut in range(whole):
        server.cut_at = cut
        with Session(postern.address, postern.port) as session:
            session.login(password=PASSWORD.encode())
            session.send(command + b"\r\n")
            got = session.rest()
        assert not got.endswith(b"\r\n.\r\n"), (cut, got)
        assert got == b"" or got.startswith((b"-ERR", b"+OK")), (cut, got)
    server.cut_at = None
    assert fetch(postern) == ("message", SHORT)
    assert server.left("bob") == 1


def test_an_infected_message_cut_short_gives_nothing_away(serve, gateway):
    infected = mail.infected()
    server = serve([infected])
    postern = gateway(server)
    for cut in (len(infected), len(infected) + len(b"+OK here it is\r\n"), len(infected) + len(b"+OK here it is\r\n") + 1):
        server.cut_at = cut
        kind, got = fetch(postern)
        assert kind != "message" and not mail.is_infected(got)
    assert postern.incidents() == []


def test_quit_is_not_sent_for_a_client_that_vanished(serve, gateway, login):
    server = serve([SHORT, SHORT])
    postern = gateway(server, {"scan": {"engines": "none"}})
    session = login(postern)
    session.retr(1)
    session.ask(b"DELE 1")
    session.close()
    await_condition(lambda: server.sessions[0].ended, what="the server's leg to close")
    assert server.sessions[0].ended == "lost"
    assert server.left("bob") == 2


@pytest.fixture
def slow_engine(lab):
    """An engine that says clean once a file appears."""
    flag = os.path.join(lab.make_directory("flag"), "go")
    path = script(lab, "slow", f"while [ ! -e {flag} ]; do sleep 0.05; done\nexit 0\n")
    settings = {"scan": {"engines": "command"}, "command": {"run": path, "workers": 2}}
    return settings, lambda: open(flag, "w", encoding="ascii").close()


@pytest.mark.parametrize("how", ["close", "reset", "half"])
def test_a_client_gone_during_a_scan_harms_nobody(serve, gateway, login, slow_engine, how):
    settings, release = slow_engine
    server = serve([mail.plain(), SHORT])
    postern = gateway(server, settings)
    session = login(postern)
    session.send(b"RETR 1\r\n")
    await_condition(lambda: b"RETR 1" in server.commands())
    if how == "reset":
        session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "half":
        session.socket.shutdown(socket.SHUT_WR)
    else:
        session.close()
    release()
    if how == "half":  # it still listens
        session.status()
        assert session.lines() == mail.plain()
    assert fetch(postern, 2) == ("message", SHORT)


def test_a_client_gone_in_the_middle_of_a_delivery(serve, gateway, login):
    big = mail.with_attachment(os.urandom(3_000_000))
    postern = gateway(serve([big, SHORT]), {"scan": {"engines": "none"}})
    for _ in range(5):
        session = login(postern)
        session.send(b"RETR 1\r\n")
        session.status()
        session.close()
    assert fetch(postern) == ("message", big)


def test_a_server_that_cannot_be_reached_is_told_of(gateway):
    postern = gateway(Gone())
    with pytest.raises(Refused):
        Session(postern.address, postern.port)


def test_a_server_that_greets_and_goes(serve, gateway):
    server = serve([SHORT])
    server.cut_after_greeting = True
    postern = gateway(server, {"scan": {"engines": "none"}})
    for _ in range(20):
        with socket.create_connection((postern.address, postern.port)) as s:
            s.settimeout(10)
            while s.recv(1000):
                pass
    server.cut_after_greeting = False
    assert fetch(postern) == ("message", SHORT)


def test_a_server_that_stalls_is_given_up(serve, gateway, login):
    server = serve([SHORT])
    server.stall_at = 60
    postern = gateway(server, {"scan": {"engines": "none"}, "pop3": {"server_timeout": "500ms"}})
    session = login(postern)
    session.send(b"RETR 1\r\n")
    got = session.rest()
    assert not got.endswith(b"\r\n.\r\n")
    server.stall_at = None
    assert fetch(postern) == ("message", SHORT)


def test_one_session_that_waits_does_not_hold_up_another(serve, gateway, login, slow_engine):
    """One process relays both."""
    settings, release = slow_engine
    postern = gateway(serve([SHORT]), settings | {"postern": {"relays": 1}})
    waiting = login(postern)
    waiting.send(b"RETR 1\r\n")
    other = login(postern)
    for _ in range(10):
        other.ask(b"NOOP")
        other.ask(b"STAT")
    other.quit()
    release()
    waiting.status()
    assert waiting.lines() == SHORT
    waiting.quit()
