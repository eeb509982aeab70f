"""Whatever the original was, its notice is a valid message for an independent parser."""

import email
import email.header
import email.policy
import pathlib
import random
import re
import subprocess

import pytest
from conftest import ROOT

from lab.postern import build_directory

ENGLISH = ROOT / "conf/notices/en.mail"
OURS = sorted((ROOT / "conf/notices").glob("*.mail"))
UNKNOWN = {"de": "unbekannt", "en": "unknown", "es": "desconocido", "fr": "inconnu", "it": "sconosciuto", "nl": "onbekend", "pl": "nieznane",
           "pt": "desconhecido"}
CONNECTION = "POP3 from 192.168.0.10:1395 to 193.252.22.90:110"

PLAIN = (b"Return-Path: <a@x.example>\r\nReceived: from a by b; Sat, 5 Feb 2005 14:30:25 +0100\r\n"
         b"From: Zo\xc3\xa9 <a@x.example>\r\nTo: b@x.example\r\nDate: Sat, 05 Feb 2005 14:30:34 +0100\r\n"
         b"Subject: Information\r\nMessage-ID: <1@x.example>\r\n\r\nbody\r\n")


def render(message, template=ENGLISH, *more):
    program = build_directory() / "tests/tools/notice_render"
    done = subprocess.run([program, template, *more], input=message, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def parse(notice):
    """Parses the message and checks it: lines, structure, and each field of ours."""
    assert notice.endswith(b"\r\n")
    lines = notice.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line or len(line) > 998 for line in lines)
    assert b"." not in lines
    assert notice.split(b"\r\n\r\n", 1)[0].isascii()
    message = email.message_from_bytes(notice, policy=email.policy.default)
    assert message.defects == [], message.defects
    for name in ("Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Message-ID", "Auto-Submitted"):
        assert len(message.get_all(name)) == 1, name
        assert message[name].defects == (), (name, message[name].defects)
    for name in ("From", "Date", "X-Postern-Incident"):
        assert message.keys().count(name) == 1, name
    assert message.get_content_type() == "text/plain" and message.get_content_charset() == "utf-8"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "X" not in message
    assert CONNECTION in message.get_content()
    return message


@pytest.mark.parametrize("template", OURS, ids=lambda path: path.stem)
def test_our_templates_tell_everything(template):
    message = parse(render(PLAIN, template))
    for value in ("Eicar-Test-Signature", "Zo\u00e9 <a@x.example>", "b@x.example", "Sat, 05 Feb 2005 14:30:34 +0100",
                  "Information", CONNECTION, "0123456789abcdef", "mercure", "00112233445566778899aabbccddeeff"):
        assert value in message.get_content()
    assert message["Subject"] == "[virus] dans un message pour vous: Eicar-Test-Signature"
    assert message["From"].addresses[0].addr_spec == "a@x.example"
    assert message["From"].addresses[0].display_name == "Zo\u00e9"
    assert message["References"] == "<1@x.example>"
    assert "%" not in message.get_content()
    assert message["Content-Language"] == template.stem


@pytest.mark.parametrize("template", OURS, ids=lambda path: path.stem)
def test_what_nobody_knows_is_said_in_the_language(template):
    content = parse(render(b"\r\n", template)).get_content()
    assert content.count(f"    {UNKNOWN[template.stem]}\r\n") == 4  # sender, recipient, date, subject


def test_all_languages_are_there():
    assert [path.stem for path in OURS] == sorted(UNKNOWN)


@pytest.mark.parametrize("template", OURS, ids=lambda path: path.stem)
def test_templates_have_one_structure(template):
    """The same variables in the same paragraphs, short lines, and a text that is not the English one."""
    def shape(path):
        header, body = path.read_text(encoding="utf-8").split("\n\n", 1)
        return [line.split(":")[0] for line in header.splitlines()], [sorted(re.findall(r"%\w+%", part)) for part in body.split("\n\n")]

    assert shape(template) == shape(ENGLISH)
    lines = template.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 80 and not any(line.endswith(" ") for line in lines if line != "-- ")
    english = set(ENGLISH.read_text(encoding="utf-8").splitlines())
    shared = [line for line in lines if line and line in english and "%" not in line and not line.startswith(("Content-", "--"))]
    assert template == ENGLISH or len(shared) <= 1  # Date: is the same word in French


HOSTILE = {
    "no header": b"nothing\r\n",
    "empty": b"",
    "a sender of 9000 bytes": b"From: " + b"A" * 9000 + b" <a@x.example>\r\n\r\n",
    "a hundred thousand lines": b"X: y\r\n" * 100000,
    "controls": b"Subject: a\x1b[31m\x07\0b\r\nFrom: \x01 <a@x.example>\r\n\r\n",
    "injection by encoded words": b"Subject: =?utf-8?q?a=0D=0AX:_y=0D=0A=0D=0A.=0D=0A?=\r\nFrom: =?utf-8?b?DQpYOiB5DQo=?= <a@x.example>\r\n\r\n",
    "bare line ends": b"From: a@x.example\rSubject: b\rX: y\n\nbody",
    "lone surrogates": b"Subject: \xed\xa0\x80\xed\xb0\x80 =?utf-8?b?7aCA?=\r\n\r\n",
    "broken base64": b"Subject: =?utf-8?b?!!!?= =?utf-8?b?YWJjZ?=\r\n\r\n",
    "a dot": b"Subject: .\r\nFrom: .\r\n\r\n.\r\n",
    "two of all": PLAIN[:-8] + PLAIN,
    "a message id that is none": b"Message-ID: <a b>\r\n c\r\nFrom: a@x.example\r\n\r\n",
    "only recipients": b"To: undisclosed-recipients:;\r\n\r\n",
}


@pytest.mark.parametrize("original", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_original_gives_a_valid_notice(original):
    parse(render(original))


def test_a_virus_name_cannot_break_out():
    message = parse(render(PLAIN, ENGLISH, "en", "a\r\nX: y\r\n\r\n.\r\n"))
    assert "aX:y" in message.get_content()


def test_a_template_with_dots_and_long_lines(tmp_path):
    template = pathlib.Path(tmp_path) / "dots.mail"
    template.write_bytes(b"Content-Type: text/plain; charset=iso-8859-1\nSubject: %SUBJECT%\n\n%SUBJECT%\n" + b"\xe9" * 3000 +
                         b" %PROTOCOL% from %CLIENTIP%:%CLIENTPORT% to %SERVERIP%:%SERVERPORT%\n.\n")
    message = parse(render(b"Subject: .\r\n\r\n", template))
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert message.get_content().startswith(".\r\n" + "\u00e9" * 3000 + " POP3")


def test_random_headers_give_valid_notices():
    chance = random.Random(2005)
    names = [b"From", b"To", b"Cc", b"Date", b"Subject", b"Message-ID", b"Received", b"Return-Path", b"X", b"", b"A B"]
    pieces = [b"=?utf-8?q?", b"?=", b"=?iso-8859-1?b?", b"<a@x>", b"\"", b"\r\n ", b"\r", b"\n", b"\0", b"\xe9", b"\xc3\xa9", b"(", b")",
              b",", b";", b":", b"@", b"abc", b" ", b"\t", b"=0D=0A", b"x" * 300]
    for _ in range(150):
        lines = [chance.choice(names) + b":" + b"".join(chance.choices(pieces, k=chance.randrange(12))) for _ in range(10)]
        notice = render(b"\r\n".join(lines) + b"\r\n\r\n")
        # The content of the original's fields is not checked; that they are fields, and unique, is checked by parse.
        parse(notice)
