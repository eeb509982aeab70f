"""STLS without interception: let through unread, and said so; or neither offered nor accepted."""

import socket
import ssl

import pytest
from conftest import PASSWORD

from lab import mail
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
    """Commands in STLS's packet would slip from the clear into the encrypted session."""
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
