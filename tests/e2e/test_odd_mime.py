"""Mail in odd MIME [V3]: an attachment that any mail program may see is scanned. It has a harmless marker that only a signature of the lab
finds."""

import base64

import pytest

from lab import odd_mime, tnef
from lab.clamd import Clamd
from lab.signatures import make_marker_database, marker

WAYS = ["builtin", "fildes", "instream", "command"]
CORPUS = odd_mime.corpus(marker())
NOTICE = b"Auto-Submitted: auto-generated"
MARK = b"X-Postern: not scanned (ambiguous)\r\n"


@pytest.fixture(scope="module")
def settings():
    """settings(way): a configuration with that engine and the marker's signature."""
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
        yield engines.get


def missed(session, names):
    return [name for number, name in enumerate(names, 1) if NOTICE not in session.retr(number)]


@pytest.mark.parametrize("part", range(4))
def test_each_encoding_in_each_structure(serve, gateway, login, settings, part):
    names = list(CORPUS)[part::4]
    postern = gateway(serve([CORPUS[name] for name in names]), settings("builtin"))
    session = login(postern)
    lost = missed(session, names)
    session.quit()
    print_rates(odd_mime.labels(names), lost)
    assert not lost


def print_rates(labels, lost):
    """What was found, by label; and the readings of what was not."""
    for label in odd_mime.LABELS:
        mails = [name for name, (of, _) in labels.items() if of == label]
        print(f"{label}: {len(set(mails) - set(lost))} of {len(mails)} found")
        assert mails
    for name in lost:
        print(f"not found: {name}: {'; '.join(labels[name][1])}")


def test_every_label_names_a_mail():
    labels = odd_mime.labels(CORPUS)
    assert len(labels) == len(CORPUS) >= 400
    assert odd_mime.READINGS_OF_STRUCTURES.keys() <= odd_mime.structures().keys()
    assert odd_mime.READINGS_OF_ENCODINGS.keys() <= odd_mime.encodings(marker()).keys()
    assert all(readings or label == "valid" for label, readings in labels.values())


@pytest.mark.parametrize("way", WAYS[1:])
def test_other_engines_see_the_same(serve, gateway, login, settings, way):
    names = list(CORPUS)[::149]
    postern = gateway(serve([CORPUS[name] for name in names]), settings(way))
    session = login(postern)
    assert not missed(session, names)
    session.quit()


def test_clean_mail_is_delivered_as_it_is(serve, gateway, login, settings):
    """In the same encodings and structures, without the marker; marked if it hides its attachment."""
    clean = list(odd_mime.corpus(b"nothing but an ordinary text of some length, 0123456789").items())[::37]
    session = login(gateway(serve([message for _, message in clean]), settings("builtin")))
    assert not [name for number, (name, message) in enumerate(clean, 1) if session.retr(number).removeprefix(MARK) != message]
    session.quit()


def tnef_mail(stream):
    body = base64.encodebytes(stream).replace(b"\n", b"\r\n")
    return (b"From: jansen@example.org\r\nTo: bob@example.com\r\nSubject: winmail\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body)


def test_tnef_that_cannot_be_read_is_not_clean(serve, gateway, login, settings):
    """Cut off, an attachment of another kind of object, nothing at all, or an attachment that is only a reference; and one that can be read."""
    whole = tnef.stream(tnef.attached(b"an ordinary text"))
    mails = {
        "cut": tnef_mail(whole[:-20]), "no message": tnef_mail(tnef.stream(tnef.attached_by_property(tnef.OBJECT, tnef.IID_MESSAGE + b"no TNEF"))),
        "no TNEF": tnef_mail(b"an ordinary text"),
        "reference": tnef_mail(tnef.stream(tnef.attribute(tnef.ATTACHMENT, tnef.ATTACH_PROPERTIES, tnef.properties(tnef.value(tnef.INT32, tnef.ATTACH_METHOD, 2))))),
        "whole": tnef_mail(whole)}
    reasons = [b"(malformed): damaged-tnef"] * 3 + [b"(partial): external-body"]
    session = login(gateway(serve(list(mails.values())), settings("builtin")))
    assert not [name for (name, reason), number in zip(zip(mails, reasons), range(1, 9)) if reason not in session.retr(number)]
    assert session.retr(len(mails)) == mails["whole"]
    session.quit()
