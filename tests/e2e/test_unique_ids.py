"""Servers that generate a message anew for each RETR: a release stays in effect, and one mail is one incident."""

import itertools
import json
import shutil

import pytest

from lab import mail
from lab.mailutils import MailutilsPop3d
from lab.pop3_client import Session

INFECTED, CLEAN = mail.infected(), mail.plain("clean")


def is_notice(message):
    return b"Auto-Submitted: auto-generated\r\n" in message and not mail.is_infected(message)


def status_line(changes):
    return lambda verb, answer: answer.replace(b"\r\n", b"\r\nStatus: O%d\r\n" % next(changes), 1) if verb == b"RETR" else answer


def boundary(changes):
    """Another boundary each time, as in a generated wrapper."""
    return lambda verb, answer: answer.replace(b"=_NextPart", b"=_NextPart%d" % (next(changes) % 10)).replace(
        b"\r\n", b"\r\nX-Boundary-Of: %d\r\n" % next(changes), 1) if verb == b"RETR" else answer


def unread(changes):
    """mailutils: the field appears after the first RETR, and then changes."""
    def rewrite(verb, answer):
        n = next(changes) if verb == b"RETR" else 0
        return answer.replace(b"\r\n", b"\r\nStatus: %s\r\nX-IMAPbase: 1 %d\r\n" % (b"RO" if n > 2 else b"O", n), 1) if n > 1 else answer
    return rewrite


ANEW = {"a Status line": status_line, "a boundary": boundary, "fields that come later": unread}


@pytest.fixture(params=ANEW.values(), ids=ANEW)
def server(serve, request):
    it = serve([CLEAN, INFECTED])
    it.rewrite = request.param(itertools.count(1))
    return it


def fetch(login, postern, uidl=b"UIDL", user=b"bob"):
    session = login(postern, user)
    if uidl == b"UIDL":
        session.ask_lines(uidl)
    elif uidl:
        session.ask(uidl)
    message = session.retr(2)
    session.quit()
    return message


def test_one_mail_is_one_incident(server, gateway, login):
    postern = gateway(server)
    for _ in range(4):
        assert is_notice(fetch(login, postern))
    [held] = postern.incidents()
    assert held["count"] == 4 and held["uidl"] == f"uid-2-{len(INFECTED)}" and held["state"] == "quarantined"
    shown = postern.command("quarantine", "show", held["id"]).stdout
    assert f"uidl            uid-2-{len(INFECTED)}" in shown


@pytest.mark.parametrize("uidl", [b"UIDL", b"UIDL 2"], ids=["all", "one"])
def test_a_release_holds_for_its_user(server, gateway, login, uidl):
    postern = gateway(server)
    assert is_notice(fetch(login, postern, uidl))
    [held] = postern.incidents()
    answer = json.loads(postern.command("quarantine", "release", held["id"], "--json").stdout)
    assert answer["released_to"] == "user"
    assert mail.is_infected(fetch(login, postern, uidl)) and mail.is_infected(fetch(login, postern, uidl))
    assert is_notice(fetch(login, postern, uidl, b"carol")), "another user"
    postern.command("quarantine", "delete", held["id"])
    assert is_notice(fetch(login, postern, uidl))


def test_a_client_that_asks_for_no_unique_id_gets_what_the_content_says(server, gateway, login):
    postern = gateway(server)
    assert is_notice(fetch(login, postern, None))
    [held] = postern.incidents()
    assert held["uidl"] == ""
    postern.command("quarantine", "release", held["id"])
    assert is_notice(fetch(login, postern, None))
    assert b"UIDL" not in b" ".join(server.commands()), "nothing is asked that the client did not ask"


def test_pipelined_behind_uidl(server, gateway, login):
    postern = gateway(server)
    assert is_notice(fetch(login, postern))
    postern.command("quarantine", "release", postern.incidents()[0]["id"])
    session = login(postern)
    session.send(b"UIDL\r\nRETR 1\r\nRETR 2\r\n")
    session.status(), session.lines(), session.status()
    assert session.lines().endswith(CLEAN[-20:])
    session.status()
    assert mail.is_infected(session.lines())
    session.quit()


def test_another_message_under_a_released_unique_id_is_held(serve, gateway, login):
    """A server chooses unique-ids: it may assign that of a released message to other content."""
    other = mail.infected(mail.ARTICLE_HEADER.replace(b"Subject: ", b"Subject: Re: "))
    server = serve([CLEAN, INFECTED])
    server.replies[b"UIDL"] = b"+OK\r\n1 a\r\n2 b\r\n.\r\n"
    postern = gateway(server)
    assert is_notice(fetch(login, postern))
    postern.command("quarantine", "release", postern.incidents()[0]["id"])
    assert mail.is_infected(fetch(login, postern))
    server.mailboxes.clear()
    server.messages[1] = other
    assert is_notice(fetch(login, postern))
    assert len(postern.incidents()) == 2 and all(i["state"] == "quarantined" for i in postern.incidents())


@pytest.mark.skipif(not shutil.which("pop3d"), reason="no mailutils-pop3d")
def test_what_mailutils_writes_anew_is_released(lab, closing, gateway):
    server = closing(MailutilsPop3d(lab, [CLEAN, INFECTED]))
    user = server.user.encode()

    def fetch(of):
        session = closing(Session(of.address, of.port)).login(user, b"x")
        session.ask_lines(b"UIDL")
        message = session.retr(2)
        session.quit()
        return message

    postern = gateway(server)
    assert is_notice(fetch(postern)) and is_notice(fetch(postern))
    [held] = postern.incidents()
    assert held["count"] == 2 and held["user"] == server.user
    postern.command("quarantine", "release", held["id"])
    directly = fetch(server)
    assert b"\r\nStatus: " in directly, "it was written anew"
    with open(f"{postern.quarantine}/{held['file']}", "rb") as f:
        assert f.read() != directly
    assert fetch(postern) == directly
