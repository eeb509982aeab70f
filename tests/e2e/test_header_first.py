"""Clients that take a message's header from TOP n 0 and its body from RETR: the notice's body is readable with either header."""

import email
import email.policy
import subprocess

import pytest
from conftest import PASSWORD, ROOT

from lab import mail
from lab.host import HERE
from lab.pop3_client import mail_box, mutt
from lab.postern import build_directory, script

FRENCH, POLISH = ROOT / "conf/notices/fr.mail", ROOT / "conf/notices/pl.mail"
HEADER = b"From: a@x.example\r\nTo: b@x.example\r\nDate: Sat, 05 Feb 2005 14:30:34 +0100\r\nSubject: bad\r\nX-Lab-Virus: yes\r\n"
WORDS = ("Lab.Test", "POP3")

# Header fields that determine how the body is parsed.
LAYOUTS = {
    "none": b"",
    "multipart": b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="limit-of-parts"\r\n',
    "alternative": b"Content-Type: multipart/alternative;\r\n\tboundary=\"=_Next'(Part)+_,-./:=?\"\r\n",
    "related": b'Content-Type: multipart/related; type="text/html"; start="<a@b>"; boundary="a b"\r\n',
    "signed": b"Content-Type: multipart/signed; micalg=pgp-sha1; protocol=\"application/pgp-signature\"; boundary=x\r\n",
    "base64": b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n",
    "quoted-printable": b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n",
    "latin1": b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n",
    "utf-8": b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n",
    "ascii": b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n",
    "another character set": b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n",
    "html": b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=windows-1252\r\nContent-Transfer-Encoding: base64\r\n",
    "an attachment": b"MIME-Version: 1.0\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n",
}


def text_of(message):
    """What a mail client shows: its first text, or the text in the attachment that it consists of."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    part = parsed.get_body(("plain", "html")) or parsed
    content = part.get_content()
    return content if isinstance(content, str) else content.decode()


def join(header, message):
    """As such clients do: their header, and the body after the header that they discard."""
    return header.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + message.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("template", [FRENCH, POLISH], ids=lambda path: path.stem)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_reader_that_is_not_ours_reads_it_by_either_header(layout, template):
    header = HEADER + LAYOUTS[layout] + b"\r\n"
    done = subprocess.run([build_directory() / "tests/tools/notice_render", "--fit", template], input=header, capture_output=True, check=True)
    own, joined = email.message_from_bytes(done.stdout, policy=email.policy.default), join(header, done.stdout)
    assert own.defects == [] and own["Subject"].startswith("[virus]") and "X-Lab-Virus" not in own
    for message in (done.stdout, joined):
        text = text_of(message)
        assert "Eicar-Test-Signature" in text and "192.168.0.10:1395" in text
        # The letters of the template, or their replacements. It asks one question.
        assert text.count("?") == 1


@pytest.fixture
def scanned(lab):
    """Settings of an engine that finds something in each message that contains it."""
    path = script(lab, "engine", 'grep -q "^X-Lab-Virus: yes" "$1" && echo "$1: Lab.Test FOUND" && exit 1\nexit 0\n')
    return {"scan": {"engines": "command"}, "command": {"run": path}}


def messages():
    return [HEADER + LAYOUTS[layout] + b"\r\nbody of the virus\r\n" for layout in LAYOUTS]


@pytest.mark.parametrize("first", ["TOP of all", "TOP of each", "TOP with lines"])
def test_header_by_top_and_body_by_retr(serve, gateway, login, scanned, first):
    session = login(gateway(serve(messages()), scanned))
    headers = {n: session.ask_lines(b"TOP %d 0" % n) for n in range(1, len(LAYOUTS) + 1)} if first == "TOP of all" else {}
    for n in range(1, len(LAYOUTS) + 1):
        if first == "TOP of each":
            headers[n] = session.ask_lines(b"TOP %d 0" % n)
        if n in headers:
            assert b"Subject: bad\r\n" in headers[n]
        notice = session.ask_lines(b"TOP %d 9999" % n) if first == "TOP with lines" else session.retr(n)
        assert b"X-Postern-Incident: " in notice and b"body of the virus" not in notice
        for message in (notice, join(headers.get(n, notice), notice)):
            assert all(word in text_of(message) for word in WORDS), (n, message)
    session.quit()


def test_body_first_then_header(serve, gateway, login, scanned):
    clean = mail.plain("good")
    session = login(gateway(serve([*messages(), clean]), scanned))
    for n in range(1, len(LAYOUTS) + 1):
        notice = session.retr(n)
        header = session.ask_lines(b"TOP %d 0" % n)
        assert header == notice.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        assert b"Content-Type: text/plain; charset=utf-8\r\n" in header
    n = len(LAYOUTS) + 1
    assert session.retr(n) == clean
    assert session.ask_lines(b"TOP %d 0" % n) == clean.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    session.quit()


def test_one_who_has_seen_no_header_gets_the_notice_as_ever(serve, gateway, login, scanned):
    session = login(gateway(serve(messages()), scanned))
    session.ask_lines(b"TOP 1 0")
    assert b"Content-Type: text/plain; charset=utf-8\r\n" in session.retr(2)
    session.quit()


@pytest.mark.parametrize("layout", ["none", "multipart", "base64", "quoted-printable", "html"])
def test_perls_mail_box_stores_the_notice(lab, serve, gateway, scanned, layout):
    server = serve([HEADER + LAYOUTS[layout] + b"\r\nbody of the virus\r\n", mail.plain("good")])
    server.capabilities.remove(b"STLS")
    postern = gateway(server, scanned)
    bad, good = mail_box(HERE, postern.address, postern.port, "bob", PASSWORD)
    assert b"TOP 1 0" in server.commands()
    assert b"Subject: bad\n" in bad and b"body of the virus" not in bad and all(word in text_of(bad) for word in WORDS)
    assert b"Rien de special" in good


def test_mutt_stores_the_notice(lab, serve, gateway, scanned):
    server = serve([HEADER + LAYOUTS[layout] + b"\r\nbody of the virus\r\n" for layout in ("multipart", "base64", "html")])
    server.capabilities.remove(b"STLS")
    postern = gateway(server, scanned)
    got = mutt(HERE, postern.address, postern.port, "bob", PASSWORD, lab.make_directory("out"))
    assert b"TOP 1 0" in server.commands() and len(got) == 3
    for message in got:
        assert all(word in text_of(message) for word in WORDS)
