"""A gateway that intercepts TLS: its settings, its authority, and clients that trust it."""

import os
import ssl

from lab import mail
from lab.host import HERE
from lab.pop3_client import Session
from lab.postern import PASSWORD, binary

NAME = "pop.example.org"  # of the server
MESSAGES = [mail.plain(), mail.infected()]


class Intercepting:
    """Makes an authority for gateways in the lab. `settings(server, ...)` are those of a gateway in front of a server."""

    def __init__(self, lab, roots, passphrase=None):
        self.lab, self.roots, self.passphrase = lab, roots, passphrase
        self.directory = lab.make_directory("tls")
        self.certificate = f"{self.directory}/ca.pem"
        self._make()
        HERE.run(["chmod", "755", self.directory])

    def _make(self):
        conf = f"{self.directory}.conf"
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"[tls]\ndirectory = {self.directory}\n")
            if self.passphrase:
                f.write(f"passphrase_file = {self.write_passphrase()}\n")
        HERE.run([binary(), "tls", "init", "--name", "Gateway of the lab", "-c", conf])

    def write_passphrase(self):
        """Returns the path of a file with it, which only root can read."""
        path = f"{self.directory}.passphrase"
        with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as f:
            f.write(f"{self.passphrase}\n")
        return path

    def make_again(self):
        """Replaces the authority by another one, with other keys."""
        for name in os.listdir(self.directory):
            if name != "leaves":
                os.remove(f"{self.directory}/{name}")
        self._make()

    def settings(self, port=None, relays=1, pop3=None, **tls):
        """port: the server's, if its connections begin with TLS."""
        keys = {"mode": "intercept", "directory": self.directory, "trust": self.roots}
        more = {"tls_ports": port, "ports": 110} if port else {}
        return {"postern": {"relays": relays}, "pop3": more | (pop3 or {}), "tls": keys | tls}

    def context(self, **attributes):
        """A client's context, which trusts this authority alone."""
        context = ssl.create_default_context(cafile=self.certificate)
        for name, value in attributes.items():
            setattr(context, name, value)
        return context


class TlsSession(Session):
    """A session over TLS from the first byte."""

    def __init__(self, address, port, context, name=NAME, host=HERE, timeout=30):
        self.plain = host.connect(address, port, timeout)
        self.pending = b""
        try:
            self.socket = context.wrap_socket(self.plain, server_hostname=name)
        except (OSError, ssl.SSLError):
            self.plain.close()
            raise
        self.greeting = self.status()


def start_tls(session, context, name=NAME):
    """STLS."""
    session.ask(b"STLS")
    assert session.pending == b""
    session.socket = context.wrap_socket(session.socket, server_hostname=name)
    return session


def handshake(address, port, context, name=NAME, host=HERE):
    """Returns the socket after the handshake, or raises."""
    plain = host.connect(address, port, 30)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except (OSError, ssl.SSLError):
        plain.close()
        raise


def fetch(session):
    """Logs in, and fetches both MESSAGES: the first arrives unmodified, a notice replaces the second."""
    session.login(password=PASSWORD.encode())
    clean, notice = session.retr(1), session.retr(2)
    session.quit()
    assert clean == MESSAGES[0]
    assert b"EICAR" not in notice and not mail.is_infected(notice)
