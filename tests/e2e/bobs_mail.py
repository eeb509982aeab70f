"""A clean and an infected message wait for Bob at the provider; Bob fetches both from any host."""

from conftest import PASSWORD

from lab import mail
from lab.dovecot import Dovecot
from lab.pop3_client import Session

CLEAN, INFECTED = mail.plain("greetings", "..dots\n.\nhello\n"), mail.infected()
# Bob's address as the provider sees it.
MASQUERADED = {"ip4": "203.0.113.1", "ip6": "2001:db8:2::1"}


def mailbox(net, host=None):
    """Puts Bob's mail on the provider (or another host)."""
    server = Dovecot(net, host or net.provider, password=PASSWORD)
    server.deliver_all("bob", [CLEAN, INFECTED])
    return server


def bob(host, address, timeout=10):
    """Returns a session of Bob from that host, logged in."""
    return Session(address, 110, host, timeout).login(password=PASSWORD.encode())


def is_notice(message):
    return b"Auto-Submitted: auto-generated" in message and not mail.is_infected(message)


def fetch_both(host, address, timeout=10):
    """Asserts that the clean message arrives unmodified, and a notice in place of the other. Returns the address and port of the session on
    the host."""
    with bob(host, address, timeout) as session:
        assert session.socket.getpeername()[0] == address
        assert session.retr(1) == CLEAN
        assert is_notice(session.retr(2))
        end = session.socket.getsockname()[:2]
        session.quit()
    return end


def fetch_unscanned(host, address):
    """Asserts that the infected message arrives unmodified, as it was not scanned."""
    with bob(host, address) as session:
        assert session.retr(2) == INFECTED
        session.quit()
