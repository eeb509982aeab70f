"""Servers that deviate harmlessly from RFC 1939, and programs that tolerate it: such a program gets through the gateway what it gets from
the server, with the infected message replaced. doc/QUIRKS.md lists the exceptions, and why.

The programs in POSTERN_QUIRKS (names, or `all`; make check-quirks) fetch from each server; without it, two of them do."""

import os
import poplib
from types import SimpleNamespace

import pytest
from conftest import ROOT

from lab import Lab, mail
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
    """What the program has at the end, unordered and with uniform line ends; None if it reports, or shows, failure."""
    try:
        got = PROGRAMS[program](at.address, at.port, lab.make_directory("out"))
    except Exception:  # each program has its own
        return None
    # curl waits for an end that it has missed, and takes everything it receives for the message.
    is_whole = len(got) == len(MESSAGES) and not any(b"-ERR idle" in message for message in got)
    return sorted(map(essence, got)) if is_whole else None


def essence(message):
    if b"X-Postern-Incident: " in message:
        return "a notice"
    # Header fields that programs add depend on the server's port.
    lines = message.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith((b"Status:", b"X-UIDL:", b"Content-Length:", b"Lines:"))).decode("latin-1")


# Quirks with which no program gets the message itself, and each gets a notice.
MALFORMED = {"bare LF in messages, including their ends", "bare LF everywhere", "the final dot after CRLF, but followed by a bare LF"}
# (quirk, program): what it gets from the server, but not through the gateway.
WORSE = {("a line of text after the reply to PASS", "curl")}

DETAIL = os.environ.get("POSTERN_QUIRKS", "poplib mpop")
CHOSEN = list(PROGRAMS) if DETAIL == "all" else DETAIL.split()


@pytest.fixture(scope="module")
def place():
    """A lab, a port for all the servers, one after the other, and a gateway in front of it."""
    with Lab("e2e", hosts=()) as lab:
        with Pop3Server(MESSAGES) as first:
            target = SimpleNamespace(address=first.address, port=first.port)
        with Postern(lab, {"pop3": {"server_timeout": "10s"}}, target=target) as postern:
            yield lab, target, postern


def expected_of(quirk, direct):
    if quirk in MALFORMED:
        return ["a notice"] * len(MESSAGES)
    return sorted("a notice" if mail.is_infected(m.encode("latin-1")) else m for m in direct)


@pytest.mark.parametrize("program", CHOSEN)
@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_program_gets_what_it_gets_from_the_server(place, quirk, program):
    lab, target, postern = place
    with Pop3Server(MESSAGES, target.address, target.port) as server:
        server.capabilities.remove(b"STLS")
        server.idle_limit = 3  # so that a program that waits in vain does not wait long
        QUIRKS[quirk](server)
        direct, through = outcome(program, server, lab), outcome(program, postern, lab)
    assert not any(mail.is_infected(m.encode("latin-1")) for m in through or [])
    if direct is not None:
        assert (through == expected_of(quirk, direct)) is ((quirk, program) not in WORSE), through


def test_the_table_in_the_manual_has_all_that_is_not_so():
    with open(ROOT / "doc" / "QUIRKS.md", encoding="utf-8") as f:
        table = f.read()
    for quirk in [*MALFORMED, *(quirk for quirk, _ in WORSE)]:
        assert f"| {quirk} |" in table
    assert len(QUIRKS) >= 40
