"""A fragment of a message that the mail client joins (message/partial): each is clean by itself, whatever the engine, and the joined
message is never scanned. So fragments are unscannable."""

import json

import pytest

from lab import mail
from lab.clamd import Clamd
from lab.signatures import eicar

WAYS = ["builtin", "fildes", "instream", "command"]
FIELD = b'Content-Type: message/partial; id="a@provider.example"; number=1; total=2\r\n'
PIECE = mail.ARTICLE_HEADER + FIELD + b"\r\nContent-Type: text/plain\r\n\r\nthe first half of something\r\n"
INFECTED = mail.ARTICLE_HEADER + FIELD + b"\r\n" + eicar() + b"\r\n"
TOLD = mail.plain("pieces", f"Some readers join what is {FIELD.decode()}\n")


@pytest.fixture(scope="module")
def settings():
    """settings(way, **policy): a configuration with that engine."""
    from lab.network import Lab
    with Lab("e2e", hosts=()) as lab:
        clamd = Clamd(lab)
        engines = {
            "builtin": {},
            "fildes": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path}},
            "instream": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.tcp}},
            "command": {"scan": {"engines": "command"}, "command": {"run": f"/usr/bin/clamscan --no-summary -d {clamd.database}"}},
            "two": {"scan": {"engines": "builtin clamd"}, "clamd": {"socket": clamd.path}},
            "none": {"scan": {"engines": "none"}},
        }
        yield lambda way, **policy: engines[way] | {"policy": policy}


@pytest.mark.parametrize("way", [*WAYS, "two"])
def test_a_piece_is_kept_and_a_notice_comes_in_its_place(serve, gateway, login, settings, way):
    """Twice: the second time the verdict is cached, if there is a cache. A message that only mentions fragments is ordinary mail."""
    postern = gateway(serve([PIECE, TOLD]), settings(way))
    session = login(postern)
    for _ in range(2):
        notice = session.retr(1)
        assert b"Auto-Submitted: auto-generated" in notice
        assert b"    not scannable (partial): message-partial" in notice
        assert b"the first half" not in notice
        assert session.retr(2) == TOLD
    session.quit()
    [incident] = postern.incidents()
    assert (incident["verdict"], incident["reason"], incident["virus"]) == ("unscannable", "partial", "message-partial")
    assert incident["engine"] in ("builtin", "clamd", "command")


# A parser that drops lone CRs, or takes them for line ends, sees the field; one that keeps them does not.
HIDDEN = {
    "within the name": PIECE.replace(b"Content-Type: message", b"Content-\rType: message"),
    "within the type": PIECE.replace(b"message/partial", b"mess\rage/partial"),
    "before the name": PIECE.replace(b"Content-Type: message", b"\rContent-Type: message"),
    "in place of a line end": PIECE.replace(b"\r\nContent-Type: message", b"\rContent-Type: message"),
    "in doubled line ends": PIECE.replace(b"\r\n", b"\r\r\n"),
}


@pytest.mark.parametrize("way", ["builtin", "command"])
def test_a_piece_that_only_some_readers_see_is_one(serve, gateway, login, settings, way):
    postern = gateway(serve(list(HIDDEN.values())), settings(way))
    session = login(postern)
    for number, name in enumerate(HIDDEN, 1):
        notice = session.retr(number)
        assert b"    not scannable (partial): message-partial" in notice, name
        assert b"the first half" not in notice, name
    session.quit()
    assert len(postern.incidents()) == len(HIDDEN)


@pytest.mark.parametrize("way", WAYS)
def test_by_policy_it_is_delivered_marked(serve, gateway, login, settings, way):
    postern = gateway(serve([PIECE]), settings(way, partial="deliver", unsupported="refuse"))
    session = login(postern)
    assert session.retr(1) == b"X-Postern: not scanned (partial)\r\n" + PIECE
    session.quit()
    assert postern.incidents() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_piece_that_is_infected_by_itself_is_infected(serve, gateway, login, settings, way):
    postern = gateway(serve([INFECTED]), settings(way, partial="deliver"))
    session = login(postern)
    assert b"Eicar" in session.retr(1)
    session.quit()
    [incident] = postern.incidents()
    assert incident["verdict"] == "infected"


@pytest.mark.parametrize("way", WAYS)
def test_an_administrators_test_tells_it(lab, serve, gateway, settings, way):
    postern = gateway(serve([]), settings(way))
    path = f"{lab.make_directory('piece')}/piece.eml"
    with open(path, "wb") as f:
        f.write(PIECE)
    reported = json.loads(postern.command("test-scan", "--json", path, check=False).stdout)
    assert (reported["verdict"], reported["reason"]) == ("unscannable", "partial")


def test_where_nothing_is_scanned_nothing_is_looked_for(serve, gateway, login, settings):
    assert login(gateway(serve([PIECE]), settings("none"))).retr(1) == PIECE


def test_a_large_memory_of_verdicts_does_not_stand_in_its_way(serve, gateway, login, settings):
    session = login(gateway(serve([TOLD, PIECE]), settings("fildes", partial="deliver") | {"scan": {"engines": "clamd", "cache_entries": "10000000"}}))
    assert session.retr(1) == TOLD
    assert session.retr(2).startswith(b"X-Postern: not scanned (partial)\r\n")
