"""Messages for tests and for the demo, as bytes with CRLF line ends, not byte-stuffed.

The test virus is assembled at run time (lab.signatures); no file of the tree is infected.
"""

import base64
import io
import random
import re
import zipfile
import zlib

from lab.signatures import eicar

# The header of the article's example; a notice keeps all of it except Subject, the X- fields and those of MIME.
ARTICLE_HEADER = b"""\
Return-Path: <webmaster@divx-overnet.example>
Received: from mwinf1008.wanadoo.example (mwinf1008.wanadoo.example)
\tby mwinb0704 (SMTP Server) with LMTP; Sat, 05 Feb 2005 14:30:25 +0100
X-Sieve: Server Sieve 2.2
Received: from me-wanadoo.example (localhost [127.0.0.1])
\tby mwinf1008.wanadoo.example (SMTP Server) with ESMTP id 56A2B6000384
\tfor <caleca.christian@free.example>; Sat,  5 Feb 2005 14:30:25 +0100 (CET)
Received: from free.example (rev.gaoland.example [203.0.113.12])
\tby mwinf1008.free.example (SMTP Server) with ESMTP id EC80B600038E
\tfor <caleca.christian@free.example>; Sat,  5 Feb 2005 14:30:17 +0100 (CET)
X-ME-UUID: 20050205133018968.EC80B600038E@mwinf1008.free.example
From: webmaster@divx-overnet.example
To: caleca.christian@free.example
Date: Sat, 05 Feb 2005 14:30:34 +0100
Subject: Information
Message-ID: <20050205133018968.EC80B600038E@mwinf1008.free.example>
MIME-Version: 1.0
""".replace(b"\n", b"\r\n")


def plain(subject="Bonjour", text="Rien de special a signaler.\n", sender="alice@provider.example", to="bob@janus.example"):
    lines = [f"Return-Path: <{sender}>", f"From: {sender}", f"To: {to}", "Date: Sat, 05 Feb 2005 14:30:34 +0100",
             f"Subject: {subject}", f"Message-ID: <{zlib.crc32((subject + text).encode())}@provider.example>", "MIME-Version: 1.0",
             "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", *text.splitlines(), ""]
    return "\r\n".join(lines).encode()


def with_attachment(content, name="information.exe", header=ARTICLE_HEADER, kind="application/octet-stream"):
    """A text and, in base64, an attachment."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return header + "\r\n".join([
        'Content-Type: multipart/mixed; boundary="limit-of-parts"', "",
        "This is a message in several parts.", "--limit-of-parts", "Content-Type: text/plain; charset=us-ascii", "",
        "Please read the attached file.", "--limit-of-parts", f'Content-Type: {kind}; name="{name}"',
        f'Content-Disposition: attachment; filename="{name}"', "Content-Transfer-Encoding: base64", "", ""]).encode() \
        + encoded + b"--limit-of-parts--\r\n"


def quoted(content, header=ARTICLE_HEADER):
    """Text in quoted-printable, with a soft line break after every tenth byte of the content."""
    pieces = [content[at:at + 10] for at in range(0, len(content), 10)]
    return header + b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" \
        + b"=\r\n".join(pieces) + b"\r\n"


def infected(header=ARTICLE_HEADER):
    return with_attachment(eicar(), header=header)


def zipped(content, name="information.com"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo(name, (2005, 2, 5, 14, 30, 34)), content)
    return packed.getvalue()


def infected_zip(header=ARTICLE_HEADER):
    return with_attachment(zipped(eicar()), "information.zip", header, "application/zip")


def is_infected(data):
    """Did a client that got these bytes get the virus: unencoded, or in one of this module's encodings?"""
    return any(form in data for form in FORMS)


FORMS = (eicar(), base64.encodebytes(eicar()).splitlines()[0], base64.encodebytes(zipped(eicar())).splitlines()[1])


def stuff(message):
    """The message on the wire, after the status line: byte-stuffed and terminated."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", message) + b".\r\n"


def unstuff(wire):
    assert wire.endswith(b".\r\n") and (wire == b".\r\n" or wire.endswith(b"\r\n.\r\n")), wire[-40:]
    return re.sub(rb"(\A|\r\n)\.", rb"\1", wire[:-3])


# A "." alone on a line, for a parser that takes a bare LF or CR as a line end.
BARE_DOT = re.compile(rb"((?<!\r)\n|\r(?!\n))\.(?=[\r\n])")


def random_messages(count, seed=1):
    """Unusual messages: bare CR and LF, NULs, 8-bit bytes, lines of 70 KB, leading dots, empty ones, no header.

    All end in CRLF or are empty, as required by POP3; none has the bare "." line that would make it unscannable."""
    dice = random.Random(seed)
    return [random_message(dice) for _ in range(count)]


def random_message(dice):
    kind = dice.randrange(20)
    if kind == 0:
        return b""
    header = b"" if kind < 4 else b"".join(
        b"X-Field-%d: %s\r\n" % (i, bytes(dice.choices(b"abc xyz=?<>@\t\x80\xff;\"", k=dice.randrange(60)))) for i in range(dice.randrange(1, 6)))
    pieces = [header]
    if kind != 1:
        pieces.append(b"\r\n")
    for _ in range(dice.randrange(12)):
        pieces.append(random_line(dice))
    message = b"".join(pieces) + dice.choice([b"\r\n", b".\r\n", b"end\r\n"])
    return BARE_DOT.sub(rb"\1.x", message)


def random_line(dice):
    kind = dice.randrange(30)
    if kind == 0:
        return dice.randbytes(dice.randrange(1000, 70000)) + b"\r\n"
    if kind == 1:
        return b"." * dice.randrange(1, 5) + b"\r\n"
    if kind == 2:
        return bytes([dice.choice(b"ab.\x00\xe9")]) * dice.randrange(65000, 71000) + b"\r\n"
    if kind == 3:
        return bytes(dice.choices(b".\r\n\x00a", k=dice.randrange(200)))
    return bytes(dice.choices(range(256), weights=WEIGHTS, k=dice.randrange(100))) + dice.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n."])


WEIGHTS = [{0: 2, 10: 4, 13: 4, 46: 6}.get(i, 3 if 32 <= i < 127 else 1) for i in range(256)]
