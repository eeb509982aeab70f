"""A mail whose structure hides content from the ordinary reading, while other mail programs show it [V3]: scanned in every reading, and marked as
ambiguous. Ordinary mail is never marked."""

import base64
import json

import pytest

from lab import mail, odd_mime, ordinary_mail
from lab.clamd import Clamd
from lab.pop3_client import Refused
from lab.signatures import make_marker_database, marker

WAYS = ["builtin", "fildes", "instream", "command"]
ORDINARY = ordinary_mail.corpus()
MARK = b"X-Postern: not scanned (ambiguous)\r\n"
HARMLESS = b"nothing but a harmless text of some length, 0123456789"
LINES = base64.encodebytes(HARMLESS).replace(b"\n", b"\r\n")
FIELDS = b"Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n"
HEADER = mail.ARTICLE_HEADER
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nThe visible text.\r\n"
AFTER_THE_END = HEADER + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + TEXT + b"--b--\r\n" + FIELDS + b"\r\n" + LINES
# What the lab's odd structures and encodings are to the ordinary reading.
HIDING = {"continued boundary", "encoded boundary", "two boundaries", "two types", "empty boundary", "no boundary", "no semicolon", "declared as text",
          "declared as unknown", "in the preamble", "in the epilogue", "after the end", "blanks before the delimiter", "byte order mark first",
          "blank line first", "stray line in the header", "blanks in the empty line", "bare CR", "mixed line ends"}
HIDING_ENCODINGS = {"padding within", "folded in the word", "quoted value", "semicolon", "unknown name", "other name", "second of two"}


@pytest.fixture(scope="module")
def settings():
    """settings(way, **policy): a configuration with that engine and the marker's signature."""
    from lab.network import Lab
    with Lab("e2e", hosts=()) as lab:
        database = make_marker_database(lab.make_directory("database"))
        clamd = Clamd(lab, database=database)
        engines = {
            "builtin": {"builtin": {"database": database}},
            "fildes": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path}},
            "instream": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.tcp}},
            "command": {"scan": {"engines": "command"}, "command": {"run": f"/usr/bin/clamscan --no-summary -d {database}"}},
        }
        yield lambda way, **policy: engines[way] | {"policy": policy}


@pytest.mark.parametrize("part", range(3))
def test_ordinary_mail_is_delivered_byte_for_byte(serve, gateway, login, settings, part):
    messages = list(ORDINARY.items())[part::3]
    session = login(gateway(serve([message for _, message in messages]), settings("builtin")))
    assert len(ORDINARY) >= 1000
    assert not [name for number, (name, message) in enumerate(messages, 1) if session.retr(number) != message]
    session.quit()


@pytest.mark.parametrize("way", WAYS)
def test_by_default_it_is_delivered_marked(serve, gateway, login, settings, way):
    """Twice: the second time the verdict is known, if verdicts are remembered."""
    postern = gateway(serve([AFTER_THE_END]), settings(way))
    session = login(postern)
    for _ in range(2):
        assert session.retr(1) == MARK + AFTER_THE_END
    session.quit()
    assert postern.incidents() == []
    assert "unscannable=ambiguous name=hidden-part" in postern.log()


@pytest.mark.parametrize("way", ["builtin", "command"])
def test_by_policy_it_is_kept(serve, gateway, login, settings, way):
    postern = gateway(serve([AFTER_THE_END]), settings(way, ambiguous="quarantine"))
    session = login(postern)
    notice = session.retr(1)
    assert b"    not scannable (ambiguous): hidden-part" in notice and LINES not in notice
    session.quit()
    [incident] = postern.incidents()
    assert (incident["verdict"], incident["reason"], incident["virus"]) == ("unscannable", "ambiguous", "hidden-part")


def test_by_policy_it_is_refused(serve, gateway, login, settings):
    session = login(gateway(serve([AFTER_THE_END]), settings("builtin", ambiguous="refuse")))
    with pytest.raises(Refused):
        session.retr(1)
    session.quit()


@pytest.mark.parametrize("way", WAYS)
def test_a_virus_in_what_is_hidden_is_found(serve, gateway, login, settings, way):
    infected = AFTER_THE_END.replace(LINES, base64.encodebytes(marker()).replace(b"\n", b"\r\n"))
    postern = gateway(serve([infected]), settings(way))
    session = login(postern)
    assert b"Lab.Harmless-Marker" in session.retr(1)
    session.quit()
    [incident] = postern.incidents()
    assert incident["verdict"] == "infected"


def test_other_reasons_come_first(serve, gateway, login, settings):
    """A fragment; a part that is elsewhere."""
    reasons = {"partial": [AFTER_THE_END.replace(HEADER, HEADER + b"Content-Type: message/partial\r\n", 1),
                           AFTER_THE_END + b"Content-Type: message/external-body\r\n\r\n"]}
    for reason, messages in reasons.items():
        session = login(gateway(serve(messages), settings("builtin")))
        for number in range(1, len(messages) + 1):
            assert f"not scannable ({reason})".encode() in session.retr(number)
        session.quit()


def test_odd_mail_is_ambiguous_if_it_hides_its_attachment(serve, gateway, login, settings):
    """Each structure with an ordinary encoding, each encoding in an ordinary structure."""
    clean = odd_mime.corpus(HARMLESS)
    odd = {f"base64, {where}": where in HIDING for where in odd_mime.structures()} | {f"{how}, multipart": how in HIDING_ENCODINGS for how in odd_mime.encodings(HARMLESS)}
    session = login(gateway(serve([clean[name] for name in odd]), settings("builtin")))
    for number, (name, is_hidden) in enumerate(odd.items(), 1):
        # Where the message does not begin with a field, there is no place for the mark.
        may_be_marked = not name.endswith(("mark first", "blank line first"))
        assert session.retr(number) == (MARK if is_hidden and may_be_marked else b"") + clean[name], name
    session.quit()


def test_an_administrators_test_tells_it(lab, serve, gateway, settings):
    postern = gateway(serve([]), settings("builtin"))
    path = f"{lab.make_directory('ambiguous')}/a.eml"
    with open(path, "wb") as f:
        f.write(AFTER_THE_END)
    reported = json.loads(postern.command("test-scan", "--json", path, check=False).stdout)
    assert (reported["verdict"], reported["reason"]) == ("unscannable", "ambiguous")
