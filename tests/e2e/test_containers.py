"""Measures what engine builtin does with each kind of container, and compares it with the table of `postern check --containers`: a harmless
member is added that a signature of its hash finds only if it is extracted as a whole; a container that is not opened must not be clean."""

import base64
import glob
import os
import random
import re
import struct
import subprocess

import pytest

from lab import containers, mail
from lab.clamav_probe import Probe, build_directory
from lab.clamd import Clamd
from lab.signatures import make_database, marker

CONTENT = marker() + b"-" * 170
FOUND, UNSUPPORTED = "infected Member.UNOFFICIAL", "unscannable unsupported"
# A variant of a format, or a format within another: the line of the table that applies.
LINES = {"tar-gz": "gzip", "tar-old": "tar", "deb": "ar", "gcab": "cab", "qcow2": "qcow", "rar4": "rar", "rar5": "rar"}
# Samples that have only as much of their format as is needed to recognise it: they contain no member.
HEADS_ONLY = {"dmg", "chm", "udf"}
# Methods and options that libclamav may or may not open: either is right, but clean is not.
VARIANTS = {"zip-deflate64", "zip-bzip2", "zip-lzma", "zip-ppmd", "zip-xz", "7z-ppmd", "7z-bzip2", "7z-deflate64", "iso-udf", "vhd-dynamic"}
# Recognised by fewer than four bytes, or by an offset in the file, so not searched for after other data.
START_ONLY = {"lzma", "compress", "tar-old", "udf"}
OTHER = b"MZ" + random.Random(1).randbytes(3000)


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    with Probe(make_database(tmp_path_factory.mktemp("database"), {"Member": CONTENT}), tmp_path_factory.mktemp("probe")) as it:
        yield it


@pytest.fixture(scope="module")
def samples():
    made = containers.samples(CONTENT)
    assert len(made) >= 30
    return made


@pytest.fixture(scope="module")
def table():
    """{name: what the program says of it}"""
    return tables()[0]


@pytest.fixture(scope="module")
def table_of_encrypted():
    return tables()[1]


def tables():
    said = subprocess.run([build_directory() / "src/postern", "check", "--containers"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [dict(re.findall(r"^  (\S+) +(.*)$", text, re.M)) for text in said.split("Content that opens only")]


def line_of(kind):
    line = LINES.get(kind, kind.split("-")[0])
    return LINES.get(line, line)


def test_the_table_says_what_the_engine_does(probe, samples, table):
    for kind, sample in samples.items():
        verdict = probe.verdict(mail.with_attachment(sample, "file.bin"))
        said = table[line_of(kind)]
        if kind in VARIANTS:
            assert verdict in (FOUND, UNSUPPORTED), kind
        elif said == "unsupported" or kind in HEADS_ONLY:
            assert verdict == UNSUPPORTED, kind
        else:
            assert verdict == FOUND, kind


def test_after_other_data_it_is_found_or_unsupported(probe, samples, table):
    """As in a self-extracting archive or script."""
    for kind, sample in samples.items():
        verdict = probe.verdict(mail.with_attachment(OTHER + sample, "setup.exe"))
        if kind in START_ONLY:
            continue
        if kind in VARIANTS:
            assert verdict in (FOUND, UNSUPPORTED), kind
        else:
            assert verdict == (FOUND if table[line_of(kind)] == "opened" else UNSUPPORTED), kind


def test_in_an_archive_that_is_opened_it_is_unsupported_too(probe, samples):
    for kind in ("rar5", "zstd", "ace", "rpm"):
        assert probe.verdict(mail.with_attachment(mail.zipped(samples[kind], "inner.bin"), "a.zip")) == UNSUPPORTED
        assert probe.verdict(mail.with_attachment(containers.tar(samples[kind]), "a.tar")) == UNSUPPORTED


def test_every_line_of_the_table_was_measured(samples, table):
    """Except those for which the program is not installed."""
    absent = {line_of(kind) for kind, make in containers.MAKERS.items() if kind not in samples}
    assert set(table) == {line_of(kind) for kind in samples} | absent


@pytest.mark.parametrize("kind", ["rar5", "zstd"])
def test_the_client_gets_a_notice(serve, gateway, login, samples, kind):
    session = login(gateway(serve([mail.with_attachment(OTHER + samples[kind], "setup.exe")])))
    assert b"not scannable (unsupported)" in session.retr(1)
    session.quit()


def test_what_is_infected_and_unsupported_is_infected(probe, samples):
    whole, other = mail.infected(), mail.with_attachment(samples["zstd"])
    part = other[other.index(b"--limit-of-parts\r\nContent-Type: application"):]
    assert probe.verdict(whole[:-len(b"--limit-of-parts--\r\n")] + part).startswith("infected")


# Not archives


KINDS = ("pdf", "png", "jpg", "gif", "svg", "ttf", "otf", "woff2", "odt", "docx", "xls", "doc", "html", "ps", "ico", "wav", "webp", "tiff", "xml", "csv", "txt")


def test_ordinary_attachments_are_clean(probe):
    """Documents, images and fonts of this machine."""
    tried = 0
    for kind in KINDS:
        found = [path for path in glob.glob(f"/usr/share/**/*.{kind}", recursive=True) if 0 < os.path.getsize(path) < 2 << 20]
        for path in random.Random(2).sample(sorted(found), min(6, len(found))):
            with open(path, "rb") as f:
                assert probe.verdict(mail.with_attachment(f.read(), os.path.basename(path))) == "clean", path
            tried += 1
    assert tried >= 20


def test_texts_about_archives_are_clean(probe):
    for text in (b"A RAR archive begins with Rar!\x1a\x07. ", b"07070100 is cpio's, !<arch>\n is ar's", b"-lh5- and ustar and LZIP and QFI\xfb and hsqs"):
        assert probe.verdict(mail.with_attachment(text * 20, "notes.txt")) == "clean"
    assert probe.verdict(mail.plain("archives", "BZh91AY and 7z and xar! and **ACE** and koly\n" * 10)) == "clean"


# Office documents


def compound(streams):
    """A compound file (MS-CFB) with these streams, each padded to 4096 bytes at least, so that none is in the mini stream."""
    streams = [(name, data.ljust(4096, b"\0")) for name, data in streams]
    free, end, fat_sector, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    fat, sectors = [fat_sector], [None]

    def add(data):
        first = len(sectors)
        pieces = [data[at:at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        sectors.extend(pieces)
        fat.extend([first + i + 1 for i in range(len(pieces) - 1)] + [end])
        return first

    def entry(name, kind, start, size, child=none, right=none):
        text = name.encode("utf-16-le") + b"\0\0"
        return text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, none, right, child) + bytes(36) + struct.pack("<IQ", start, size)
    starts = [add(data) for _, data in streams]
    directory = entry("Root Entry", 5, end, 0, child=1)
    for i, (name, data) in enumerate(streams):
        directory += entry(name, 2, starts[i], len(data), right=i + 2 if i + 1 < len(streams) else none)
    at = add(directory.ljust(-(-len(directory) // 512) * 512, b"\0"))
    assert len(fat) <= 128
    sectors[0] = struct.pack("<128I", *fat, *[free] * (128 - len(fat)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, at, 0, 4096, end, 0, end, 0) \
        + struct.pack("<109I", 0, *[free] * 108)
    return head + b"".join(sectors)


WORD = b"\xec\xa5\xc1\0" + bytes(6)
BOF = struct.pack("<HH", 0x809, 16) + struct.pack("<HHHHII", 0x600, 5, 0x1234, 1997, 0, 6)
USER = struct.pack("<HHI", 0, 0xFF6, 0x1C) + struct.pack("<I", 0x14)
ENCRYPTED = {
    "docx": compound([("EncryptionInfo", b"\4\0\4\0\x40\0\0\0<?xml version=\"1.0\"?>"), ("EncryptedPackage", bytes(range(256)) * 20)]),
    "doc": compound([("WordDocument", WORD + b"\0\1" + bytes(30)), ("1Table", b"x")]),
    "xls": compound([("Workbook", BOF + struct.pack("<HHH", 0x2F, 2, 1) + bytes(50))]),
    "ppt": compound([("Current User", USER + b"\xdf\xc4\xd1\xf3"), ("PowerPoint Document", b"x")]),
    "odt": mail.zipped(b'<?xml version="1.0"?><manifest:manifest><manifest:file-entry><manifest:encryption-data '
                       b'manifest:checksum-type="SHA1/1K"/></manifest:file-entry></manifest:manifest>', "META-INF/manifest.xml"),
}
OPEN = {
    "doc": compound([("WordDocument", WORD + b"\0\0" + bytes(30)), ("1Table", b"x")]),
    "xls": compound([("Workbook", BOF + struct.pack("<HHH", 0x42, 2, 1200) + bytes(50))]),
    "ppt": compound([("Current User", USER + b"\x5f\xc0\x91\xe3"), ("PowerPoint Document", b"x")]),
    "odt": mail.zipped(b'<?xml version="1.0"?><manifest:manifest><manifest:file-entry manifest:full-path="/"/></manifest:manifest>', "META-INF/manifest.xml"),
}


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_an_office_document_with_a_password_is_encrypted(probe, kind):
    assert probe.verdict(mail.with_attachment(ENCRYPTED[kind], f"document.{kind}")) == "unscannable encrypted"
    assert probe.verdict(mail.with_attachment(mail.zipped(ENCRYPTED[kind], f"document.{kind}"), "a.zip")) == "unscannable encrypted"


def test_what_opens_only_with_a_password_is_encrypted(probe, table_of_encrypted):
    """As an attachment and in an archive; every line of the table is measured."""
    made = containers.encrypted_samples(CONTENT)
    for kind, sample in made.items():
        assert table_of_encrypted[line_of(kind)].startswith("encrypted"), kind
        assert probe.verdict(mail.with_attachment(sample, "file.bin")) == "unscannable encrypted", kind
        expected = UNSUPPORTED if line_of(kind) == "rar" else "unscannable encrypted"  # a stored archive within another may be a self-extractor
        assert probe.verdict(mail.with_attachment(mail.zipped(sample, "file.bin"), "a.zip")) == expected, kind
    absent = {line_of(kind) for kind in containers.ENCRYPTED_MAKERS if kind not in made}
    assert set(table_of_encrypted) == {line_of(kind) for kind in made} | absent | {"office"}


def test_pgp_in_a_mail_is_encrypted(probe):
    """PGP/MIME (RFC 3156) and armor in a text; not a signed message, nor a text that mentions the armor."""
    armor = containers.pgp("--symmetric", "--armor")(CONTENT).replace(b"\n", b"\r\n")
    head = b"From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    whole = head + b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n' \
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n" + armor + b"\r\n--b--\r\n"
    assert probe.verdict(whole) == "unscannable encrypted"
    assert probe.verdict(head + b"Content-Type: text/plain\r\n\r\n" + armor) == "unscannable encrypted"
    assert probe.verdict(mail.plain("pgp", "A message begins with\n-----BEGIN PGP MESSAGE-----\n\nand ends later.\n" * 5)) == "clean"
    assert probe.verdict(mail.plain("pgp", "> " + armor.decode().replace("\r\n", "\n> "))) == "clean"


@pytest.fixture(scope="module")
def engines():
    from lab.network import Lab
    with Lab("e2e", hosts=()) as lab:
        clamd = Clamd(lab)
        yield {"builtin": {"builtin": {"database": clamd.database}},
               "clamd": {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path}},
               "command": {"scan": {"engines": "command"},
                           "command": {"run": f"/usr/bin/clamscan --no-summary --alert-encrypted=yes -d {clamd.database}"}}}


@pytest.mark.parametrize("engine", ["builtin", "clamd", "command"])
def test_every_engine_says_encrypted(serve, gateway, login, engines, engine):
    """The same content as attachments of another type, and OpenPGP in a text; documents without a password are not marked."""
    made = containers.encrypted_samples(CONTENT)
    mails = {kind: mail.with_attachment(sample, "file.bin") for kind, sample in (made | ENCRYPTED).items() if kind != "odt"}
    mails["text"] = mail.plain("pgp", "Hello,\n" + made["pgp"].decode())
    clean = {kind: mail.with_attachment(sample, f"file.{kind}") for kind, sample in OPEN.items()}
    session = login(gateway(serve([*mails.values(), *clean.values()]), engines[engine]))
    assert not [kind for number, kind in enumerate(mails, 1) if not session.retr(number).startswith(b"X-Postern: not scanned (encrypted)\r\n")]
    assert not [kind for number, kind in enumerate(clean, len(mails) + 1) if session.retr(number) != clean[kind]]
    session.quit()


def test_an_archive_with_an_open_member_is_unsupported(probe):
    """Encrypted would be milder: the engine cannot open the other member."""
    locked, plain = containers.encrypted_rar4(CONTENT), containers.rar4(CONTENT)
    assert probe.verdict(mail.with_attachment(locked[:-7] + plain[20:], "a.rar")) == UNSUPPORTED
    locked, plain = containers.encrypted_rar5(CONTENT), containers.rar5(CONTENT)
    assert probe.verdict(mail.with_attachment(locked[:-8] + plain[16:], "a.rar")) == UNSUPPORTED


@pytest.mark.parametrize("kind", OPEN)
def test_one_without_is_clean(probe, kind):
    assert probe.verdict(mail.with_attachment(OPEN[kind], f"document.{kind}")) == "clean"


# What mail programs unwrap, and libclamav does not


def unwrapped_by_mail_programs(directory):
    """{name: (bytes, verdict)}"""
    inner = mail.with_attachment(CONTENT, header=b"")
    (directory / "in").write_bytes(inner)

    def openssl(*argv):
        subprocess.run(["openssl", *argv], cwd=directory, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return (directory / "out").read_bytes()
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "out", "-subj", "/CN=lab", "-days", "2")
    (directory / "out").rename(directory / "certificate.pem")
    sign = ["cms", "-sign", "-binary", "-in", "in", "-signer", "certificate.pem", "-inkey", "key.pem", "-outform", "DER", "-out", "out"]
    value = base64.b64encode(CONTENT)
    folded = b"\r\n ".join(value[at:at + 70] for at in range(0, len(value), 70))
    calendar = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:meeting, see base64\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n"
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Alice\r\n%sEND:VCARD\r\n"
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20))
    return {
        "signed": (openssl(*sign, "-nodetach"), UNSUPPORTED),
        "signed, streamed": (openssl(*sign, "-nodetach", "-stream"), UNSUPPORTED),
        "detached signature": (openssl(*sign), "clean"),
        "encrypted": (openssl("cms", "-encrypt", "-binary", "-in", "in", "-outform", "DER", "-out", "out", "certificate.pem"), "unscannable encrypted"),
        "calendar": (calendar % (b"ATTACH;FMTTYPE=application/zip;ENCODING=BASE64;VALUE=BINARY:" + folded + b"\r\n"), UNSUPPORTED),
        "calendar, folded": (calendar % (b"ATTACH;VALUE=BINARY;ENCODING=BA\r\n SE64:" + folded + b"\r\n"), UNSUPPORTED),
        "calendar with a link": (calendar % b"ATTACH:https://provider.example/agenda.pdf\r\n", "clean"),
        "card 3.0": (card % (b"LOGO;ENCODING=b;TYPE=PNG:" + folded + b"\r\n"), UNSUPPORTED),
        "card 4.0": (card % (b"KEY:data:application/octet-stream;base64," + folded + b"\r\n"), UNSUPPORTED),
        "card 2.1": (card % (b"SOUND;WAVE;BASE64:\r\n " + folded + b"\r\n"), UNSUPPORTED),
        "card with a picture": (card % (b"PHOTO;ENCODING=b;TYPE=PNG:" + picture + b"\r\n"), "clean"),
    }


def test_what_mail_programs_unwrap_is_not_clean(probe, tmp_path):
    for name, (content, verdict) in unwrapped_by_mail_programs(tmp_path).items():
        assert probe.verdict(mail.with_attachment(content, "file.bin")) == verdict, name


def test_attachments_of_pdf_files_are_opened(probe):
    for packed in (False, True):
        assert probe.verdict(mail.with_attachment(containers.pdf_with_file(CONTENT, packed), "a.pdf")) == FOUND
