"""Messages with lines that do not end in a plain CRLF. A client removes a line end from each line and stores an ordinary message; what it
stores must be what engines have scanned. The message contains a harmless marker that only a signature of the lab finds."""

import email
import json

import pytest

from lab import mail
from lab.clamd import Clamd
from lab.host import HERE
from lab.pop3_client import curl, fetchmail, getmail, mpop
from lab.postern import PASSWORD
from lab.signatures import MARKER_NAME, make_marker_database, marker

WAYS = ["builtin", "fildes", "instream", "command"]
PROGRAMS = [fetchmail, mpop, getmail]
ORDINARY = mail.quoted(marker())
HEADER, _, BODY = ORDINARY.partition(b"\r\n\r\n")
MIDDLE = marker()[:5]
# What servers do to line ends (the first two), and what may separate lines.
MARKED = {
    "doubled": ORDINARY.replace(b"\r\n", b"\r\r\n"),
    "doubled in the body": HEADER + b"\r\n\r\n" + BODY.replace(b"\r\n", b"\r\r\n"),
    "tripled": ORDINARY.replace(b"\r\n", b"\r\r\r\n"),
    "one within a name": ORDINARY.replace(b"Transfer-Enc", b"Transfer-\rEnc"),
    "one within the body": HEADER + b"\r\n\r\n" + BODY.replace(MIDDLE, MIDDLE[:3] + b"\r" + MIDDLE[3:]),
    "header in lone ones": ORDINARY.replace(b"\r\nContent-", b"\rContent-"),
    "lone ones only": ORDINARY.replace(b"\r\n", b"\r") + b"\r\n",
}
CLEAN = {
    "doubled": mail.plain("doubled").replace(b"\r\n", b"\r\r\n"),
    "doubled with an attachment": mail.with_attachment(mail.zipped(b"an ordinary attachment\n"), "a.zip").replace(b"\r\n", b"\r\r\n"),
    "lone ones": mail.plain("lone", "one\ntwo\n").replace(b"one\r\n", b"one\r"),
}


@pytest.fixture(scope="module")
def settings():
    """settings(way, **policy): a configuration with that engine and the marker's signature."""
    from lab.network import Lab
    with Lab("e2e", hosts=()) as lab:
        database = make_marker_database(lab.make_directory("database"))
        clamd = Clamd(lab, database=database)
        builtin = {"builtin": {"database": database}}
        engines = {
            "builtin": builtin,
            "fildes": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path}},
            "instream": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.tcp}},
            "command": {"scan": {"engines": "command"}, "command": {"run": f"/usr/bin/clamscan --no-summary -d {database}"}},
            "two": builtin | {"scan": {"engines": "builtin clamd"}, "clamd": {"socket": clamd.path}},
        }
        yield lambda way, **more: engines[way] | more


def shows_marker(stored):
    """Does a reader of this message see the marker?"""
    message = email.message_from_bytes(stored)
    return any(marker() in (part.get_payload(decode=True) or b"") for part in message.walk())


@pytest.mark.parametrize("way", [*WAYS, "two"])
def test_what_clients_store_is_scanned(serve, gateway, login, settings, way):
    """Twice: the second time the verdict is cached, if there is a cache."""
    postern = gateway(serve(list(MARKED.values())), settings(way))
    session = login(postern)
    for _ in range(2):
        for number, name in enumerate(MARKED, 1):
            assert b"Auto-Submitted: auto-generated" in session.retr(number), name
    session.quit()
    incidents = postern.incidents()
    assert len(incidents) == len(MARKED)
    assert all(MARKER_NAME in incident["virus"] for incident in incidents)


@pytest.mark.parametrize("way", WAYS)
def test_clean_ones_are_delivered_byte_for_byte(serve, gateway, login, settings, way):
    session = login(gateway(serve(list(CLEAN.values())), settings(way)))
    for _ in range(2):
        for number, (name, message) in enumerate(CLEAN.items(), 1):
            assert session.retr(number) == message, name
    session.quit()


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_client_stores_the_marker(lab, serve, gateway, settings, program):
    """What it stores directly shows the marker, in some cases at least; what it stores through Postern never does."""
    server = serve(list(MARKED.values()))
    directory = lab.make_directory("mail")
    direct = program(HERE, server.address, server.port, "bob", PASSWORD, directory)
    assert sum(map(shows_marker, direct)) >= 2
    through = gateway(server, settings("builtin"))
    kept = program(HERE, through.address, through.port, "bob", PASSWORD, directory)
    assert len(kept) == len(MARKED)
    assert not any(map(shows_marker, kept))
    assert all(b"Auto-Submitted: auto-generated" in message for message in kept)


def test_curl_stores_no_marker(serve, gateway, settings):
    server = serve(list(MARKED.values()))
    postern = gateway(server, settings("builtin"))
    for number in range(1, len(MARKED) + 1):
        assert curl(HERE, server.address, server.port, "bob", PASSWORD, number) == server.messages[number - 1]
        assert b"Auto-Submitted" in curl(HERE, postern.address, postern.port, "bob", PASSWORD, number)


@pytest.mark.parametrize("program", PROGRAMS)
def test_clean_ones_are_stored_as_without_postern(lab, serve, gateway, settings, program):
    server = serve(list(CLEAN.values()))
    directory = lab.make_directory("mail")
    postern = gateway(server, settings("builtin"))
    direct = program(HERE, server.address, server.port, "bob", PASSWORD, directory)
    assert program(HERE, postern.address, postern.port, "bob", PASSWORD, directory) == direct


@pytest.mark.parametrize("way", WAYS)
def test_test_scan_reports_it(lab, serve, gateway, settings, way):
    """Its verdict on the message is then used for clients, without a second scan."""
    server = serve([MARKED["doubled"]])
    postern = gateway(server, settings(way))
    path = f"{lab.make_directory('message')}/message.eml"
    with open(path, "wb") as f:
        f.write(MARKED["doubled"])
    reported = json.loads(postern.command("test-scan", "--json", path, check=False).stdout)
    assert reported["verdict"] == "infected" and MARKER_NAME in reported["name"]
    assert b"Auto-Submitted" in curl(HERE, postern.address, postern.port, "bob", PASSWORD, 1)


def test_a_head_is_cut_at_the_true_empty_line(serve, gateway, login, settings):
    """TOP n 0 is relayed from a server that cuts anywhere: the whole header passes, and nothing of the body."""
    message = CLEAN["doubled"]
    header = message[:message.index(b"\r\r\n\r\r\n") + 6]
    server = serve([message])
    server.replies[b"TOP"] = lambda arguments: b"+OK\r\n" + mail.stuff(message)
    session = login(gateway(server, settings("builtin")))
    assert session.ask_lines(b"TOP 1 0") == header
    assert session.ask_lines(b"TOP 1 1") == header + message[len(header):].split(b"\r\n")[0] + b"\r\n"
    session.quit()


def test_the_notice_has_the_facts_of_the_header(serve, gateway, login, settings):
    session = login(gateway(serve([MARKED["doubled"]]), settings("builtin")))
    notice = session.retr(1)
    assert b"webmaster@divx-overnet.example" in notice and b"caleca.christian@free.example" in notice
    session.quit()


@pytest.mark.parametrize("way", ["builtin", "command"])
def test_more_than_the_memory_for_it_is_not_clean(serve, gateway, login, settings, way):
    large = mail.plain("large", "a line of an ordinary message\n" * 50000).replace(b"\r\n", b"\r\r\n")
    postern = gateway(serve([large, CLEAN["doubled"]]), settings(way, spool={"memory_max": "64K", "memory_total_max": "1M"}))
    session = login(postern)
    assert b"not scannable (limits): readings-too-large" in session.retr(1)
    assert session.retr(2) == CLEAN["doubled"]
    session.quit()
