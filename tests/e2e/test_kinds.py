"""A mail and a file are two questions about the same bytes, put to each engine in the way that fits: `postern test-scan` asks both."""

import io
import json
import os
import zipfile

import pytest

from lab import archives, mail
from lab.clamav_probe import Probe
from lab.clamd import Clamd
from lab.signatures import EICAR_NAME, MARKER_NAME, UNOFFICIAL, eicar, make_database, make_marker_database, marker

NOT_CLEAN = 4
FOUND = f"infected {EICAR_NAME}{UNOFFICIAL}"
# The test virus stands only where every engine looks; elsewhere there is the marker.
MARKED = f"infected {MARKER_NAME}{UNOFFICIAL}"


def zipped(content):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("harmless.txt", b"nothing to see\n" * 100)
        archive.writestr("virus.com", content)
    return data.getvalue()


HEADERLIKE = b"Subject: how a header looks\r\nFrom: a text file\r\nContent-Type: message/partial\r\n\r\nIt ends here.\r\n"
WIDE = "a text with a byte order mark\r\n".encode("utf-16")
NULS = b"MZ" + bytes(4000) + b"program"


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    with Probe(make_marker_database(tmp_path_factory.mktemp("database")), tmp_path_factory.mktemp("probe")) as it:
        yield it


def kinds(*rows):
    return pytest.mark.parametrize("content, expected", [row[1:] for row in rows], ids=[row[0] for row in rows])


@kinds(
    ("plain", eicar(), FOUND),
    ("zip", zipped(eicar()), FOUND),
    ("mail", mail.infected(), FOUND),
    ("zip after a header", b"Subject: x\r\n\r\n" + zipped(marker()), MARKED),
    ("zip after a partial header", HEADERLIKE + zipped(marker()), MARKED),
    ("encrypted", archives.encrypted_zip("x.com", b"secret content" * 20), "unscannable encrypted"),
    ("rar", archives.rar(), "unscannable unsupported"),
    ("zstd", b"\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00hello", "unscannable unsupported"),
    ("headerlike", HEADERLIKE, "clean"),
    ("text", b"any text\n" * 50, "clean"),
    ("wide", WIDE, "clean"),
    ("nuls", NULS, "clean"),
    ("line ends", b"a\r\r\nb\rc\n.\n", "clean"),
    ("tiny", b"12345", "clean"),
    ("byte", b"x", "clean"),
    ("empty", b"", "clean"),
)
def test_the_builtin_engine_takes_a_file_for_what_it_is(probe, content, expected):
    assert probe.verdict(content, how="file") == expected


@kinds(
    ("mail", mail.infected(), FOUND),
    ("wide", WIDE, "unscannable malformed"),
    ("nuls", NULS, "unscannable malformed"),
    ("headerlike", HEADERLIKE, "clean"),
)
def test_the_builtin_engine_takes_a_mail_for_one(probe, content, expected):
    assert probe.verdict(content) == expected


def test_a_worker_is_shown_nothing_that_is_neither(probe):
    assert probe.verdict(b"any text", how="neither") == "died"
    assert probe.verdict(b"any text", how="file") == "clean"


def test_nothing_stands_before_a_file(probe):
    """A signature at offset 0 matches a file, and no mail: a line of ours stands there."""
    signature = probe.directory.parent / "offset"
    database = make_database(signature)
    (database / "offset.ndb").write_text("Lab.AtTheStart:0:0:" + b"marker at the start".hex() + "\n")
    content = b"marker at the start\n" * 3
    with Probe(database, signature) as other:
        assert other.verdict(content, how="file") == f"infected Lab.AtTheStart{UNOFFICIAL}"
        assert "Lab.AtTheStart" not in other.verdict(content)


def engine_of(name, lab):
    if name == "builtin":
        return {}
    if name == "command":
        database = make_database(os.path.join(lab.make_directory("signatures"), "database"))
        return {"scan": {"engines": "command"}, "command": {"run": f"/usr/bin/clamscan --no-summary -i -d {database}"}}
    clamd = Clamd(lab)
    return {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path if name == "fildes" else clamd.tcp}}


@pytest.mark.parametrize("engine", ["builtin", "command", "fildes", "instream"])
def test_each_engine_is_asked_both(lab, serve, gateway, engine):
    postern = gateway(serve(), engine_of(engine, lab))
    directory = lab.make_directory("files")

    def verdict(content, *options):
        path = os.path.join(directory, "content")
        with open(path, "wb") as f:
            f.write(content)
        done = postern.command("test-scan", "--json", *options, path, check=False)
        told = json.loads(done.stdout)
        assert told["kind"] == ("file" if options else "mail")
        assert done.returncode == (0 if told["verdict"] == "clean" else NOT_CLEAN)
        return told["verdict"], told.get("reason"), told["fate"]

    refused = ("infected", None, "quarantined, and refused")
    clean = ("clean", None, "delivered as it is")
    for content in eicar(), zipped(eicar()), mail.infected():
        assert verdict(content, "--file") == refused
    for content in HEADERLIKE, b"Content-\rType: message/partial\r\n\r\n", b"one\n.\ntwo\n", WIDE, b"x", b"":
        assert verdict(content, "--file") == clean
    assert verdict(mail.infected())[0] == "infected"
    assert verdict(mail.plain()) == clean
    # What is known of the one kind says nothing of the other, whichever was asked first.
    for _ in range(2):
        assert verdict(HEADERLIKE)[:2] == ("unscannable", "partial")
        assert verdict(HEADERLIKE, "--file") == clean
        assert verdict(b"Subject: x\r\n\r\none\n.\ntwo\r\n")[:2] == ("unscannable", "malformed")
        assert verdict(b"Subject: x\r\n\r\none\n.\ntwo\r\n", "--file") == clean
