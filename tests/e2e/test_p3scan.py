"""The article's p3scan.conf, as printed there: P3Scan's file, template and scanner have the same effect in Postern."""

import email
import email.policy
import os
import re

import pytest
from conftest import PASSWORD

from lab import mail
from lab.dovecot import Dovecot
from lab.gateway import divert
from lab.p3scan import prepare
from lab.pop3_client import Session
from lab.postern import Postern
from lab.process import await_condition

CLEAN = mail.plain("R\u00e9union", "\u00c0 demain.\n")


@pytest.fixture(params=["justdelete", "quarantine"])
def p3scan(request, net, closing):
    """(lab, provider, gateway, home, whether mail is destroyed), the proxy at work with the article's file."""
    divert(net)
    provider = Dovecot(net, net.provider, password=PASSWORD)
    provider.deliver_all("bob", [CLEAN, mail.infected(), mail.infected_zip()])
    home, text, prefix = prepare(net, request.param == "justdelete")
    return net, provider, closing(Postern(net, host=net.mercure, text=text, prefix=prefix)), home, request.param == "justdelete"


def test_the_article_s_file_runs(p3scan):
    net, provider, postern, home, is_destroyed = p3scan
    await_condition(lambda: os.path.exists(f"{home}/run/p3scan.pid"))
    with open(f"{home}/run/p3scan.pid", encoding="ascii") as f:
        assert int(f.read()) == postern.daemon.pid
    with Session(net.provider.ip4, 110, net.janus) as session:
        session.login(password=PASSWORD.encode())
        connection = "POP3 from {}:{} to {}:110".format(*session.socket.getsockname(), net.provider.ip4)
        assert session.retr(1) == CLEAN
        notices = [session.retr(2), session.retr(3)]
        session.quit()
    for notice, original in zip(notices, [mail.infected(), mail.infected_zip()], strict=True):
        assert_is_the_article_s(notice, connection)
        kept = [f for f in os.listdir(f"{home}/spool") if read(f"{home}/spool/{f}") == original]
        if is_destroyed:
            assert kept == []
            assert "Pour information, le message a été détruit." in text_of(notice)
        else:
            assert len(kept) == 1
            assert kept[0] in text_of(notice)
    assert provider.left("bob") == 3


def read(path):
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as f:
        return f.read()


def text_of(notice):
    """The body as a mail client shows it, whatever its encoding."""
    return email.message_from_bytes(notice, policy=email.policy.default).get_content()


def assert_is_the_article_s(notice, connection):
    assert not mail.is_infected(notice)
    header = notice.split(b"\r\n\r\n", 1)[0]
    text = text_of(notice)
    for field in ("Eicar-Test-Signature", "webmaster@divx-overnet.example", "caleca.christian@free.example",
                  "Sat, 05 Feb 2005 14:30:34 +0100", "Information", connection, "Bonjour bob.", "passerelle mercure"):
        assert field in text, (field, text)
    assert not re.search("%[A-Z]+%", text), text
    assert not text.rstrip().endswith("\n."), "P3Scan's final dot is no part of the text"
    # The original's header is kept, except its subject and the fields that described its body.
    original = mail.ARTICLE_HEADER.split(b"Subject:")[0].replace(b"X-Sieve: Server Sieve 2.2\r\n", b"")
    for field in re.findall(rb"(?:Return-Path|Received|From|To|Date):.*?\r\n(?![ \t])", original, re.S):
        assert field in header + b"\r\n", field
    assert header.count(b"Received:") == 3
    assert b"Subject: [virus] dans un message pour vous: Eicar-Test-Signature" in header
    assert b"\r\nSubject: Information" not in header


def test_check_tells_what_it_thinks_of_the_file(net, p3scan):
    _, _, postern, _, _ = p3scan
    done = postern.command("check", check=False)
    assert done.returncode == 0, done.stderr
