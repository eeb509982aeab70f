"""STLS without interception: passed through unread, and logged; or neither offered nor accepted."""

import socket
import ssl
import threading
import time

import pytest
from conftest import PASSWORD

from lab import HERE, mail
from lab.dovecot import Dovecot
from lab.pop3_client import Refused, Session

MESSAGES = [mail.plain(), mail.infected()]


@pytest.fixture
def dovecot(lab):
    it = Dovecot(lab, password=PASSWORD, tls=True)
    it.deliver_all("bob", MESSAGES)
    return it


def encrypt(session):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    assert session.pending == b""
    session.socket = context.wrap_socket(session.socket)


def test_pass_lets_the_session_go_on_unread(dovecot, gateway, closing):
    postern = gateway(dovecot, {"pop3": {"tls": "pass"}})
    session = closing(Session(postern.address, postern.port))
    assert b"STLS" in session.ask_lines(b"CAPA").split(b"\r\n")
    session.ask(b"STLS")
    encrypt(session)
    session.login(password=PASSWORD.encode())
    assert [session.retr(1), session.retr(2)] == MESSAGES
    session.quit()
    postern.await_log(r"unscann|not scanned|unread")


def test_pass_still_scans_who_does_not_ask(dovecot, gateway, login):
    session = login(gateway(dovecot, {"pop3": {"tls": "pass"}}))
    assert session.retr(1) == MESSAGES[0]
    assert not mail.is_infected(session.retr(2))
    session.quit()


def test_what_was_said_before_the_handshake_is_not_answered(dovecot, gateway, closing):
    """Commands in the packet of STLS would slip from the plain into the encrypted session."""
    postern = gateway(dovecot)
    session = closing(Session(postern.address, postern.port))
    session.send(b"STLS\r\nUSER bob\r\nCAPA\r\nNOOP\r\n")
    session.status()
    session.socket.shutdown(socket.SHUT_WR)
    assert b"+OK" not in session.rest()


def test_block_neither_offers_nor_accepts(dovecot, gateway, login, closing):
    postern = gateway(dovecot, {"pop3": {"tls": "block"}})
    session = closing(Session(postern.address, postern.port))
    assert b"STLS" not in session.ask_lines(b"CAPA").split(b"\r\n")
    with pytest.raises(Refused):
        session.ask(b"STLS")
    session.login(password=PASSWORD.encode())
    assert not mail.is_infected(session.retr(2))
    session.quit()


class Deaf:
    """A server that accepts STLS, sends nothing more, and reads late."""
    def __init__(self):
        self.listener = HERE.listen("127.0.0.1", 0)
        self.address, self.port = self.listener.getsockname()[:2]
        self.got, self.listens = 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        peer, _ = self.listener.accept()
        with peer:
            peer.settimeout(30)
            peer.sendall(b"+OK\r\n")
            assert peer.recv(100) == b"STLS\r\n"
            peer.sendall(b"+OK\r\n")
            peer.shutdown(socket.SHUT_WR)
            self.listens.wait(30)
            while data := peer.recv(1 << 16):
                self.got += len(data)
                time.sleep(0.002)


def test_half_a_tunnel_ends_when_its_last_byte_has_arrived(gateway, closing):
    # The kernel decides how much it buffers before our own waiting begins, so various sizes are tried.
    for octets in range(8_000_000, 10_000_000, 200_000):
        server = Deaf()
        with gateway(server, {"scan": {"engines": "none"}, "postern": {"relays": 1}}) as postern:
            session = closing(Session(postern.address, postern.port))
            session.ask(b"STLS")
            assert session.rest() == b""
            sender = threading.Thread(target=lambda: (session.send(bytes(octets)), session.socket.shutdown(socket.SHUT_WR)))
            sender.start()
            sender.join(0.2)
            server.listens.set()
            sender.join(30)
            server.thread.join(30)
            assert server.got == octets
