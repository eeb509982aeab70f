"""Servers that deviate from RFC 1939 without harm, and programs that put up with it: what such a program gets through the gateway is what it
gets from the server, the infected message replaced. doc/QUIRKS.md has what is not so, and why.

The programs of POSTERN_QUIRKS (names, or `all`) fetch from each server; without it, two of them do."""

import os
import poplib

import pytest
from conftest import ROOT

from lab import mail
from lab.host import HERE
from lab.pop3_client import curl, fetchmail, getmail, mpop, mutt
from lab.pop3_server import Pop3Server
from lab.postern import PASSWORD, Postern
from lab.server_quirks import QUIRKS

MESSAGES = [mail.plain("one", "first\n..\n.\nlast\n"), mail.infected(), mail.plain("two")]


def with_poplib(address, port, _):
    client = poplib.POP3(address, port, timeout=5)
    try:
        client.user("bob")
        client.pass_(PASSWORD)
        count = client.stat()[0]
        numbers = [int(line.split()[0]) for line in client.list()[1]]
        assert len(numbers) == count
        got = [b"".join(line + b"\n" for line in client.retr(n)[1]) for n in numbers]
        client.quit()
    finally:
        client.close()
    return got


def with_curl(address, port, _):
    return [curl(HERE, address, port, "bob", PASSWORD, n) for n in range(1, len(MESSAGES) + 1)]


def with_program(program):
    return lambda address, port, directory: program(HERE, address, port, "bob", PASSWORD, directory)


PROGRAMS = {"poplib": with_poplib, "mpop": with_program(mpop), "fetchmail": with_program(fetchmail), "getmail": with_program(getmail),
            "curl": with_curl, "mutt": with_program(mutt)}


def outcome(program, at, lab):
    """What the program has at the end, in no order and with one kind of line end; None if it says, or shows, that it failed."""
    try:
        got = PROGRAMS[program](at.address, at.port, lab.make_directory("out"))
    except Exception:  # each program has its own
        return None
    return sorted(map(essence, got)) if len(got) == len(MESSAGES) else None


def essence(message):
    if b"X-Postern-Incident: " in message:
        return b"a notice"
    # What programs add of their own in front differs with the server's port.
    lines = message.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith((b"Status:", b"X-UIDL:", b"Content-Length:", b"Lines:")))
