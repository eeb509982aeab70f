"""A plain mail is scanned by each engine, whatever its first field is: engines recognise a file as mail by its first line."""

import base64

import pytest

from lab.signatures import marker
from test_odd_mime import WAYS, missed, settings  # noqa: F401

FIRST = ["MIME-Version: 1.0", "DKIM-Signature: v=1; a=rsa-sha256; d=example.org", "X-Unheard-Of: 1", "Authentication-Results: mx.example.org; none",
         "/From: a@example.org", "received: from here", "A: b"]
OTHERS = [["From: a@example.org", "To: b@example.org", "Subject: a file"], []]


def quoted_printable(content):
    """All of it is encoded."""
    return b"=\r\n".join(b"".join(b"=%02X" % c for c in content[at:at + 24]) for at in range(0, len(content), 24)) + b"\r\n"


def in_base64(content):
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


ENCODINGS = {"base64": in_base64, "quoted-printable": quoted_printable}


def header(first, others, content_type):
    """A field of MIME may stand only once."""
    names = {"MIME-Version": "1.0", "Content-Type": content_type}
    fields = [first, *others]
    return fields + [f"{name}: {value}" for name, value in names.items() if not first.startswith(name)]


def single(first, others, encoding):
    fields = header(first, others, "text/plain" if encoding == "quoted-printable" else "application/octet-stream")
    return "\r\n".join([*fields, f"Content-Transfer-Encoding: {encoding}", "", ""]).encode() + ENCODINGS[encoding](marker())


def multipart(first, others, encoding):
    fields = header(first, others, "multipart/mixed; boundary=xyz")
    before = ["", "--xyz", "Content-Type: text/plain", "", "Hello", "--xyz", "Content-Type: application/octet-stream",
              f"Content-Transfer-Encoding: {encoding}", "", ""]
    return "\r\n".join(fields + before).encode() + ENCODINGS[encoding](marker()) + b"--xyz--\r\n"


@pytest.mark.parametrize("way", WAYS)
def test_the_first_field_does_not_matter(serve, gateway, login, settings, way):  # noqa: F811
    mails = {f"{make.__name__}, {encoding}, {first}, {others}": make(first, others, encoding)
             for make in (single, multipart) for encoding in ENCODINGS for first in FIRST for others in OTHERS}
    session = login(gateway(serve(list(mails.values())), settings(way)))
    assert not missed(session, list(mails))
    session.quit()
