"""A clean and an infected message that wait for Bob at the provider, and Bob, who fetches both from wherever he is."""

from conftest import PASSWORD

from lab import mail
from lab.dovecot import Dovecot
from lab.pop3_client import Session

CLEAN, INFECTED = mail.plain("greetings", "..dots\n.\nhello\n"), mail.infected()
# What the provider sees of the LAN.
MASQUERADED = {"ip4": "203.0.113.1", "ip6": "2001:db8:2::1"}


def mailbox(net, host=None):
    """The provider (or another host) with Bob's mail."""
    server = Dovecot(net, host or net.provider, password=PASSWORD)
    server.deliver_all("bob", [CLEAN, INFECTED])
    return server


def bob(host, address, timeout=10):
    """A session of Bob's from that host, logged in."""
    return Session(address, 110, host, timeout).login(password=PASSWORD.encode())


def is_notice(message):
    return b"Auto-Submitted: auto-generated" in message and not mail.is_infected(message)


def fetch_both(host, address, timeout=10):
    """The clean message comes as it is, and a notice in place of the other. Gives the address and port that the session had on the host."""
    with bob(host, address, timeout) as session:
        assert session.socket.getpeername()[0] == address
        assert session.retr(1) == CLEAN
        assert is_notice(session.retr(2))
        end = session.socket.getsockname()[:2]
        session.quit()
    return end


def fetch_unscanned(host, address):
    """The infected message comes as it is: nobody looked."""
    with bob(host, address) as session:
        assert session.retr(2) == INFECTED
        session.quit()
