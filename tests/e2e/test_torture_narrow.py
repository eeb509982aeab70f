"""Little of everything: a server that is cut at every offset of a session, disks of 64 KiB as spool and as quarantine, one octet for each
read and write on both legs. No mail is lost, none arrives damaged, and no virus arrives."""

import contextlib
import os
import pathlib
import random
import re

import pytest

from lab import mail
from lab.failing_calls import EVERY, FailingCalls
from lab.host import HERE
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD
from lab.process import await_condition
from lab.torture import IS_LONG, SEED

CLEAN, INFECTED = mail.plain("clean", "..\n.\nlast\n"), mail.infected()
TMPFS = "uid=65534,gid=65534,mode=700"


class Reader:
    """A client that fetches and deletes everything, with all that it has received."""

    def __init__(self, postern, user):
        self.got, self.received = {}, b""
        session = None
        try:
            session = Session(postern.address, postern.port)
            session.ask_lines(b"CAPA")
            session.login(user.encode(), PASSWORD.encode())
            session.ask(b"STAT")
            numbers = [int(line.split()[0]) for line in session.ask_lines(b"LIST").splitlines()]
            session.ask_lines(b"UIDL")
            for n in numbers:
                self.read(session, n)
            session.quit()
        except (EOFError, OSError, Refused) as e:
            self.received += e.args[0] if e.args and isinstance(e.args[0], bytes) else b""
        if session:
            session.close()

    def read(self, session, n):
        with contextlib.suppress(Refused):
            self.received += session.ask_lines(b"TOP %d 0" % n)
            self.got[n] = session.retr(n)
            self.received += self.got[n]
            session.ask(b"DELE %d" % n)


def is_right(sent, got):
    if sent == INFECTED:
        return b"Auto-Submitted: auto-generated\r\n" in got and not mail.is_infected(got)
    return got == sent


@pytest.mark.seconds(1200 if IS_LONG else 300)
def test_a_server_cut_at_every_offset_of_a_session(serve, gateway, tortured):
    """Also within the greeting, lists, status lines and the reply to QUIT. What the server has deleted has arrived."""
    server = serve([CLEAN, INFECTED])
    postern = gateway(server, {"postern": {"log_level": "info"}})
    whole = Reader(postern, "whole")
    assert server.left("whole") == 0 and is_right(CLEAN, whole.got[1]) and is_right(INFECTED, whole.got[2])
    octets, cuts = server.sessions[0].sent, 0
    assert octets > len(CLEAN) + len(INFECTED)
    offsets = range(octets) if IS_LONG else sorted(random.Random(SEED).sample(range(octets), 120))
    for server.cut_session_at in offsets:
        user = f"cut{server.cut_session_at}"
        reader = Reader(postern, user)
        assert not mail.is_infected(reader.received), server.cut_session_at
        for n, sent in ((1, CLEAN), (2, INFECTED)):
            is_deleted = server.mailboxes.get(user, [b"", b""])[n - 1] is None
            assert n in reader.got or not is_deleted, (server.cut_session_at, n)
            assert n not in reader.got or is_right(sent, reader.got[n]), (server.cut_session_at, n)
        cuts += server.sessions[-1].ended == "cut"
    server.cut_session_at = None
    tortured(f"{cuts} cuts at {len(offsets)} of {octets} offsets: 0 lost, 0 infected out")
    assert cuts == len(offsets)
    assert is_right(CLEAN, Reader(postern, "end").got[1])


@pytest.fixture
def small_disk(lab, closing):
    """A file system of 64 KiB; small_disk.grow() makes it large."""
    place = lab.make_directory("small")
    HERE.run(["mount", "-t", "tmpfs", "-o", f"size=64k,{TMPFS}", "lab", place])
    closing(contextlib.closing(Mounted(place)))
    return Mounted(place)


class Mounted:
    def __init__(self, place):
        self.place = place

    def grow(self):
        HERE.run(["mount", "-o", "remount,size=64m", self.place])

    def close(self):
        HERE.run(["umount", "-l", self.place])


def sizes(seed, largest):
    """Mail of all sizes up to the largest. Every third is infected."""
    dice = random.Random(seed)
    messages = []
    for n in range(24):
        identifier = f"<{n}@small.example>".encode()
        filler = b"X-Filler: " + b"x" * 70 + b"\r\n"
        head = re.sub(rb"(?<=Message-ID: )<.*>", identifier, mail.ARTICLE_HEADER) + filler * dice.randrange(largest // len(filler))
        messages.append(mail.infected(head) if n % 3 == 0 else mail.with_attachment(b"%d" % n, header=head))
    return messages


@pytest.mark.parametrize("what", ["spool", "quarantine"])
def test_a_disk_of_64_kib(what, small_disk, serve, gateway, tortured):
    messages = sizes(f"{SEED}-{what}", 100_000)
    server = serve(messages)
    settings = {"spool": {"directory": small_disk.place, "min_free": 0, "memory_max": "4K", "memory_total_max": "64K"}} if what == "spool" else {
        "quarantine": {"directory": small_disk.place, "min_free_bytes": 0, "min_free_inodes": 0}}
    postern = gateway(server, settings)
    kept = small_disk.place if what == "quarantine" else postern.quarantine
    got = {}

    def fetch():
        """New sessions number what is left anew."""
        left = [n for n, m in enumerate(server.mailboxes.get("bob", messages)) if m is not None]
        reader = Reader(postern, "bob")
        assert not mail.is_infected(reader.received)
        for n, copy in reader.got.items():
            assert n - 1 in left
            sent = messages[n - 1]
            if mail.is_infected(sent):
                assert b"Auto-Submitted: auto-generated\r\n" in copy
                assert sent in originals(kept)
            else:
                assert copy == sent
            got[n - 1] = copy
        return len(reader.got)

    while fetch():
        pass
    refused = server.left("bob")
    assert 0 < refused < len(messages)
    assert all(m is not None or n in got for n, m in enumerate(server.mailboxes["bob"]))
    small_disk.grow()
    await_condition(lambda: fetch() * 0 + (server.left("bob") == 0), 60, "the rest of the mail")
    assert sorted(got) == list(range(len(messages)))
    tortured(f"{what} of 64 KiB: {len(messages)} mails, {refused} refused until there was space: 0 lost, 0 infected out")


def originals(directory):
    return [path.read_bytes() for path in pathlib.Path(directory).glob("*.eml")]


@pytest.mark.parametrize("role", ["relay", "scan", "reader", "keeper", "worker"])
def test_one_octet_at_a_time(role, lab, serve, gateway, tortured):
    """In every read and write of that role: for the relay, on both legs."""
    calls = FailingCalls(lab)
    messages = [*mail.random_messages(12, seed=20050205), CLEAN, INFECTED, mail.with_attachment(os.urandom(3000))]
    server = serve(messages)
    postern = gateway(server, prefix=calls.prefix)
    calls.plan(role, "short", EVERY)
    reader = Reader(postern, "bob")
    for n, sent in enumerate(messages, 1):
        assert is_right(sent, reader.got[n]), (n, postern.log()[-3000:])
    assert server.left("bob") == 0 and not mail.is_infected(reader.received)
    assert originals(postern.quarantine) == [INFECTED]
    assert calls.injected
    tortured(f"{role}: {calls.injected} reads and writes of one octet")
    calls.clear()


def test_a_text_in_utf16_is_recognised_even_if_a_worker_reads_one_octet_at_a_time(lab, serve, gateway, login):
    """An engine reads such a text differently from mail programs, so it is not delivered."""
    calls = FailingCalls(lab)
    wide = "Subject: wide\r\n\r\nhello".encode("utf-16") + b"\r\n"
    postern = gateway(serve([wide]), {"scan": {"cache_entries": 0}}, prefix=calls.prefix)
    expected = login(postern, b"eva").retr(1)
    calls.plan("worker", "short", EVERY)
    got = login(postern, b"bob").retr(1)
    postern.await_log("utf-16", count=2)
    assert wide not in expected and wide not in got
    assert calls.injected
    calls.clear()
