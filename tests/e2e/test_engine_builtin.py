"""postern-clamav on its own: it detects what it should, and never reports as clean what libclamav has not scanned.

A test of the second kind fails if its countermeasure (listed in src/clamav/message_scan.h) is removed."""

import contextlib
import hashlib
import os
import pathlib
import resource
import signal
import subprocess
import time

import pytest

from lab import archives, mail
from lab.clamav_probe import Probe
from lab.postern import Postern
from lab.process import await_condition
from lab.signatures import EICAR_NAME, MARKER_NAME, UNOFFICIAL, eicar, make_database, make_marker_database, marker

TESTFILES = pathlib.Path("/usr/share/clamav-testfiles")
INFECTED = f"infected {EICAR_NAME}{UNOFFICIAL}"
# The test virus stands only where every engine looks; elsewhere there is the marker.
FOUND = f"infected {MARKER_NAME}{UNOFFICIAL}"
HEADER = b"From: alice@provider.example\r\nTo: bob@janus.example\r\nSubject: test\r\nMIME-Version: 1.0\r\n"
TEXT = b"The quick brown fox jumps over the lazy dog.\r\n"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    directory = make_marker_database(tmp_path_factory.mktemp("database"))
    # Matches only in normalised HTML, which was converted from its character set before.
    (directory / "html.ndb").write_text("Lab.Html:3:*:" + b"<p>postern-html-marker".hex() + "\n")
    return directory


@pytest.fixture
def probe(database, tmp_path, closing):
    """probe(option=value, ...): a postern-clamav with other than the usual limits."""
    def start(temp=None, prepare=None, **limits):
        options = {name.replace("_", "-"): value for name, value in limits.items()}
        return closing(Probe(database, tmp_path, options, temp=temp, prepare=prepare))
    return start


@pytest.fixture(scope="module")
def ordinary(database, tmp_path_factory):
    with Probe(database, tmp_path_factory.mktemp("ordinary")) as it:
        yield it


def attached(content, name="file.bin"):
    return mail.with_attachment(content, name=name, header=HEADER)


def two_attached(first, second):
    """Inserts the second one before the end of a mail with the first."""
    end = b"--limit-of-parts--\r\n"
    whole, other = attached(first), attached(second)
    part = other[other.index(b"--limit-of-parts\r\nContent-Type: application"):]
    return whole[:-len(end)] + part


# Detection


def test_an_ordinary_message_is_clean(ordinary):
    assert ordinary.verdict(HEADER + b"\r\n" + TEXT) == "clean"
    assert ordinary.verdict(attached(TEXT)) == "clean"
    assert ordinary.verdict(attached(archives.zipped([("a", TEXT * 20), ("empty", b""), ("dir/", b""), ("tiny", b"ab")]))) == "clean"
    assert ordinary.verdict(b"\r\n" + TEXT) == "clean"
    assert ordinary.verdict(b"") == "clean"


def test_eicar_is_found_wherever_it_is(ordinary):
    assert ordinary.verdict(HEADER + b"\r\n" + eicar() + b"\r\n") == INFECTED
    assert ordinary.verdict(attached(eicar())) == INFECTED
    assert ordinary.verdict(attached(archives.zipped([("a.txt", TEXT), ("e.com", eicar())]))) == INFECTED
    assert ordinary.verdict(attached(archives.nested(marker(), 5))) == FOUND


def test_the_verdict_names_engine_and_signatures(ordinary):
    assert ordinary.ask(HEADER + b"\r\n" + TEXT)["signatures"].startswith("ClamAV-1.")


def test_a_message_on_disk_is_read_as_one_in_memory(ordinary):
    assert ordinary.verdict(attached(eicar()), how="disk") == INFECTED
    assert ordinary.verdict(attached(TEXT), how="disk") == "clean"


@pytest.mark.skipif(not TESTFILES.is_dir(), reason="package clamav-testfiles")
def test_debians_test_files_are_all_found_in_the_sandbox(tmp_path, closing):
    program = (TESTFILES / "clam.exe").read_bytes()
    database = tmp_path / "database"
    database.mkdir()
    (database / "clam.hdb").write_text(f"{hashlib.md5(program).hexdigest()}:{len(program)}:ClamAV-Test-File\n")
    # One is nested as deeply as the usual limit allows, and here it is within a mail.
    probe = closing(Probe(database, tmp_path, {"max-recursion": 20}))
    files = sorted(TESTFILES.iterdir())
    verdicts = {file.name: probe.verdict(attached(file.read_bytes(), name=file.name)) for file in files}
    assert len(files) > 40
    assert {name: verdict for name, verdict in verdicts.items() if verdict != f"infected ClamAV-Test-File{UNOFFICIAL}"} == {}


@pytest.mark.parametrize("charset, mark", [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-32-le", b"\xff\xfe\0\0")])
def test_html_in_wide_characters_is_converted_in_the_sandbox(ordinary, charset, mark):
    page = "<html><head><title>x</title></head><body><p>postern-html-marker</p></body></html>"
    message = mail.with_attachment(mark + page.encode(charset), name="page.html", header=HEADER, kind="text/html")
    assert ordinary.verdict(message) == f"infected Lab.Html{UNOFFICIAL}"


# Limits


def test_nesting_beyond_the_limit_is_unscannable(probe):
    it = probe(max_recursion=8)
    assert it.verdict(attached(archives.nested(marker(), 3))) == FOUND
    assert it.verdict(attached(archives.nested(marker(), 12))) == "unscannable limits"


def test_more_files_than_the_limit_are_unscannable(probe):
    it = probe(max_files=20)
    members = [(f"file{n}", TEXT + b"%d" % n) for n in range(40)]
    assert it.verdict(attached(archives.zipped(members + [("e.com", marker())]))) == "unscannable limits"


def test_more_bytes_than_the_scan_limit_are_unscannable(probe):
    it = probe(max_scan_bytes=1 << 20)
    members = [(f"file{n}", os.urandom(300 << 10)) for n in range(8)]
    assert it.verdict(attached(archives.zipped(members + [("e.com", marker())]))) == "unscannable limits"


def test_a_message_beyond_the_file_limit_is_unscannable(probe):
    it = probe(max_file_bytes=64 << 10)
    assert it.verdict(HEADER + b"\r\n" + TEXT * 2000 + marker()) == "unscannable limits"


def test_a_member_beyond_the_file_limit_is_unscannable_again_and_again(probe):
    it = probe(max_file_bytes=256 << 10)
    message = attached(archives.zipped([("large", bytes(400 << 10) + marker())]))
    assert [it.verdict(message) for _ in range(3)] == ["unscannable limits"] * 3


def test_a_scan_beyond_its_deadline_is_unscannable(ordinary):
    members = [(f"file{n}", b"%d" % n + TEXT * 2000) for n in range(400)]
    message = attached(archives.zipped(members))
    assert ordinary.verdict(message) == "clean"
    begin = time.monotonic()
    assert ordinary.verdict(message, deadline_ms=1) == "unscannable limits"
    assert time.monotonic() - begin < 5


# What libclamav cannot open


@pytest.mark.parametrize("name", ["zip", "pdf", "7z"])
def test_what_is_encrypted_is_unscannable(ordinary, tmp_path, name):
    if name == "zip":
        content = archives.encrypted_zip("e.com", marker())
    elif name == "pdf":
        content = archives.encrypted_pdf()
    else:
        (tmp_path / "e.com").write_bytes(marker())
        subprocess.run(["7z", "a", "-psecret", "e.7z", "e.com"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
        content = (tmp_path / "e.7z").read_bytes()
    assert ordinary.verdict(attached(content, name="file." + name)) == "unscannable encrypted"


def test_an_encrypted_zip_behind_other_bytes_is_no_exception(ordinary):
    assert ordinary.verdict(attached(b"#!/bin/sh\n" + archives.encrypted_zip("e.com", marker()))) == "unscannable encrypted"


def test_an_encrypted_part_hides_no_limit(probe):
    it = probe(max_recursion=8)
    secret, deep = archives.encrypted_zip("e.com", marker()), archives.nested(marker(), 12)
    # If libclamav reported only one of two alerts, it would be a random one.
    for _ in range(12):
        assert it.verdict(two_attached(secret, deep)) == "unscannable limits"
        assert it.verdict(two_attached(deep, secret)) == "unscannable limits"


def test_an_encrypted_part_or_a_limit_hides_no_virus(probe):
    it = probe(max_recursion=8)
    secret, deep = archives.encrypted_zip("a.txt", TEXT), archives.nested(TEXT, 12)
    for unscannable in (secret, deep, archives.rar(), archives.zip64([("a", TEXT, True)])):
        assert it.verdict(two_attached(unscannable, marker())) == FOUND
        assert it.verdict(two_attached(marker(), unscannable)) == FOUND


@pytest.mark.parametrize("content", [
    archives.zip64([("e.com", marker(), True)]),
    archives.streamed([("e.com", marker())]),
    archives.zipped([("e.com", marker(), 14)]),
], ids=["zip64", "streamed", "lzma"])
def test_a_zip_that_was_not_unpacked_is_unscannable(ordinary, content):
    assert ordinary.verdict(attached(content)) == "unscannable unsupported"


@pytest.mark.parametrize("content", [
    archives.zip64([("a", TEXT, False), ("e.com", marker(), True)]),
    archives.zip64([("e.com", marker(), True), ("a", TEXT, False)]),
    archives.zipped([("a", TEXT), ("e.com", marker(), 14), ("b", TEXT + TEXT)]),
], ids=["zip64 last", "zip64 first", "lzma"])
def test_one_member_that_was_not_unpacked_is_enough(ordinary, content):
    assert ordinary.verdict(attached(content)) == "unscannable unsupported"


@pytest.mark.parametrize("content", [
    archives.zip64([("e.com", marker(), True)]),
    archives.zip64([("a", TEXT, False), ("e.com", marker(), True)]),
    archives.zipped([("e.com", marker(), 14)]),
], ids=["zip64", "zip64 last", "lzma"])
def test_a_zip_behind_other_bytes_is_no_exception(ordinary, content):
    assert ordinary.verdict(attached(b"#!/bin/sh\n" + content)) == "unscannable unsupported"
    assert ordinary.verdict(two_attached(b"#!/bin/sh\n" + content, TEXT)) == "unscannable unsupported"
    assert ordinary.verdict(attached(b"#!/bin/sh\n" + archives.zipped([("a", TEXT), ("b", TEXT * 2)]))) == "clean"


@pytest.mark.parametrize("method", ["BZip2", "Deflate", "LZMA2"])
def test_a_7z_of_an_unknown_method_is_unscannable(ordinary, tmp_path, method):
    (tmp_path / "e.com").write_bytes(marker())
    subprocess.run(["7z", "a", "-m0=" + method, "e.7z", "e.com"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    verdict = ordinary.verdict(attached((tmp_path / "e.7z").read_bytes()))
    assert verdict == (FOUND if method == "LZMA2" else "unscannable unsupported")


def test_a_rar_archive_is_unscannable(ordinary):
    assert ordinary.verdict(attached(archives.rar())) == "unscannable unsupported"
    assert ordinary.verdict(attached(archives.zipped([("a.rar", archives.rar())]))) == "unscannable unsupported"


# Mail that does not look like mail

FIRST_LINES = [
    b"",
    b"GIF89a: x\r\n",
    b"MZ: x\r\n",
    b"PK\x03\x04: x\r\n",
    b"%PDF-1.4: x\r\n",
    b"\x7fELF: x\r\n",
    b"Rar!: x\r\n",
    b"BZh9: x\r\n",
    b"X-Odd: x\r\n",
    b"<html>: x\r\n",
]


@pytest.mark.parametrize("first", FIRST_LINES, ids=lambda line: repr(line[:4]))
@pytest.mark.parametrize("shape", ["type first", "capitals", "no version", "ordinary"])
def test_odd_headers_hide_no_attachment(ordinary, first, shape):
    message = attached(marker())
    head, body = message.split(b"\r\n\r\n", 1)
    fields = head.split(b"\r\n")
    if shape == "type first":
        fields = fields[-1:] + [field for field in fields[:-1] if not field.startswith(b"MIME")]
    elif shape == "no version":
        fields = [field for field in fields if not field.startswith(b"MIME")]
    elif shape == "capitals":
        fields = [field.split(b":")[0].upper() + b":" + field.split(b":", 1)[1] for field in fields]
    assert ordinary.verdict(first + b"\r\n".join(fields) + b"\r\n\r\n" + body) == FOUND


@pytest.mark.parametrize("charset, mark", [
    ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b""), ("utf-32-le", b""), ("utf-32-be", b"")])
def test_wide_characters_are_unscannable(ordinary, charset, mark):
    assert ordinary.verdict(mark + attached(marker()).decode("ascii").encode(charset)) == "unscannable malformed"


# Failures of the machine


@contextlib.contextmanager
def small_tmpfs(path, size):
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.mark.parametrize("message", [
    attached(os.urandom(2 << 20)),
    mail.with_attachment(b"<html>" + b"<p>text</p>" * 20000, name="page.html", header=HEADER, kind="text/html"),
    HEADER + b"\r\n" + TEXT * 20000,
    attached(archives.zipped([("noise", os.urandom(2 << 20)), ("text", TEXT)])),
], ids=["attachment", "html", "text", "zip"])
def test_a_full_temporary_directory_is_a_failure(probe, tmp_path, closing, message):
    it = probe(temp=closing(small_tmpfs(tmp_path / "small", "256k")))
    assert it.verdict(attached(TEXT)) == "clean"
    assert it.verdict(message) == "failed"
    assert it.verdict(attached(TEXT)) == "clean"
    assert it.log().count("\n") < 50


def test_a_limit_of_file_size_kills_and_does_not_cut(probe):
    def ignore():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    it = probe(prepare=ignore)
    assert it.verdict(attached(TEXT)) == "clean"
    it.limit_worker(resource.RLIMIT_FSIZE, 64 << 10)
    assert it.verdict(attached(archives.zipped([("noise", os.urandom(2 << 20)), ("text", TEXT)]))) == "died"


def test_no_descriptors_left_is_a_failure(probe):
    it = probe()
    assert it.verdict(attached(TEXT)) == "clean"
    # 0 to 2, its channel, the event loop's, the message itself: none is left for a temporary file.
    it.limit_worker(resource.RLIMIT_NOFILE, 9)
    assert it.verdict(attached(archives.zipped([("text", TEXT)]))) == "failed"


def test_no_memory_left_is_a_limit(probe):
    """With an amount of memory between too little and enough, libclamav skips a part and reports the rest as clean."""
    noise = os.urandom(1 << 20)
    messages = [attached(archives.zipped([("a.zip", archives.zipped([("noise", noise + noise), ("e.com", marker())]))])),
                attached(archives.encrypted_pdf() + noise + marker())]
    verdicts = set()
    for extra_kib in (64, 1024, 3 * 1024, 4 * 1024, 6 * 1024, 8 * 1024, 12 * 1024):
        it = probe()
        assert it.verdict(attached(TEXT)) == "clean"
        if it.is_sanitized():
            pytest.skip("a sanitizer's runtime does not live with a limit of address space")
        pages = int(pathlib.Path(f"/proc/{it.worker_pid()}/statm").read_text(encoding="ascii").split()[0])
        it.limit_worker(resource.RLIMIT_AS, pages * resource.getpagesize() + (extra_kib << 10))
        verdicts |= {it.verdict(message) for message in messages}
    assert "unscannable limits" in verdicts
    assert verdicts <= {"unscannable limits", "died", FOUND}


def test_a_temporary_directory_that_is_gone_is_a_failure(probe):
    it = probe()
    assert it.verdict(attached(archives.zipped([("text", TEXT)]))) == "clean"
    it.remove_temp()
    assert it.verdict(attached(archives.zipped([("text", TEXT)]))) == "failed"


@pytest.mark.parametrize("how", ["unsealed", "writable", "shorter"])
def test_bytes_that_may_change_under_it_are_not_scanned(ordinary, how):
    assert ordinary.verdict(HEADER + b"\r\n" + TEXT, how=how) == "failed"


# Processes


def test_a_killed_worker_is_replaced_and_leaves_nothing(probe):
    it = probe()
    for _ in range(3):
        pid = it.worker_pid()
        (directory,) = it.temp.iterdir()
        (directory / "remains").write_bytes(TEXT)
        os.kill(pid, signal.SIGKILL)
        await_condition(lambda: not os.path.exists(f"/proc/{pid}"), what="the worker is gone")
        assert it.verdict(attached(marker())) in (FOUND, "died")
        assert it.verdict(attached(marker())) == FOUND
        assert it.worker_pid() != pid
        assert not (directory / "remains").exists()


def test_scan_can_have_a_worker_killed(probe):
    it = probe()
    pid = it.worker_pid()
    assert it.command("kill") == {"died": 0}
    assert it.verdict(attached(marker())) == FOUND
    assert it.worker_pid() != pid


def test_a_new_scan_gets_workers_of_its_own(probe):
    it = probe()
    pid = it.worker_pid()
    it.command("scan")
    assert it.verdict(attached(marker())) == FOUND
    assert it.worker_pid() != pid


def test_workers_die_with_their_loader(probe):
    it = probe()
    pid = it.worker_pid()
    os.kill(it.loader_pid(), signal.SIGKILL)
    await_condition(lambda: not is_alive(pid), what="the worker is gone")


def is_alive(pid):
    with contextlib.suppress(OSError):
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        return stat.rsplit(")", 1)[1].split()[0] not in "ZX"
    return False


def test_a_worker_is_shut_in(probe):
    it = probe()
    assert it.verdict(attached(TEXT)) == "clean"
    status = pathlib.Path(f"/proc/{it.worker_pid()}/status").read_text(encoding="ascii")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["NoNewPrivs"] == "1"
    if not it.is_sanitized():
        assert fields["Seccomp"] == "2"
    descriptors = os.listdir(f"/proc/{it.worker_pid()}/fd")
    assert len(descriptors) < 9
    assert resource.prlimit(it.worker_pid(), resource.RLIMIT_CORE) == (0, 0)


def test_workers_share_the_signatures(database, tmp_path, closing):
    many = tmp_path / "many"
    make_marker_database(many)
    (many / "many.hdb").write_text("".join(f"{n:032x}:{1000 + n}:Lab.Many-{n}\n" for n in range(200000)))
    it = closing(Probe(many, tmp_path))
    assert it.verdict(attached(marker())) == FOUND
    rollup = pathlib.Path(f"/proc/{it.worker_pid()}/smaps_rollup").read_text(encoding="ascii")
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    assert sizes["Private_Dirty"] < sizes["Rss"] / 3


# No signatures


@pytest.mark.parametrize("what", ["empty", "missing", "broken", "truncated"])
def test_it_does_not_start_without_signatures(tmp_path, closing, what):
    database = tmp_path / "database"
    if what != "missing":
        database.mkdir()
    if what == "broken":
        (database / "broken.ndb").write_text("this is no signature\n")
    if what == "truncated":  # as an interrupted download leaves it
        whole = make_database(database) / "lab.ndb"
        whole.write_bytes(whole.read_bytes()[:-72])
    it = closing(Probe(database, tmp_path))
    assert it.first == {"exit": 78}
    assert str(database) in it.log() and "freshclam" in it.log()


def test_it_does_not_start_with_options_it_does_not_know(database, tmp_path, closing):
    assert closing(Probe(database, tmp_path, {"max-files": "many"})).first == {"exit": 78}
    assert closing(Probe(database, tmp_path, {"unknown": "1"})).first == {"exit": 78}


@pytest.mark.parametrize("name,line", [("own.fp", "9dd4e461268c8034f5c8564e155c67a6:1:x"), ("own.sfp", f"{'0' * 64}:1:x"), ("own.ign2", "Some.Name"),
                                       ("own.wdb", "M:a.example:b.example")])
def test_a_set_of_exceptions_alone_is_no_signature_set(lab, serve, tmp_path, name, line):
    """Not even together with an empty file of a kind that detects; and `check` reports it before the service is started. With a signature
    it is one."""
    (tmp_path / name).write_text(line + "\n")
    (tmp_path / "empty.ndb").write_text("")
    with Probe(tmp_path, lab.make_directory("probe")) as it:
        assert it.first == {"exit": 78}
        assert "event=no_signatures" in it.log()
    place = lab.make_directory("database")
    os.chmod(place, 0o755)
    with open(os.path.join(place, name), "w", encoding="ascii") as f:
        f.write(line + "\n")
    postern = Postern(lab, {"builtin": {"database": place}}, target=serve(), start=False)
    said = postern.command("check", check=False)
    assert said.returncode == 1 and f"no virus signatures in {place}: run freshclam first" in said.stderr
    make_database(place)  # as freshclam would
    assert "no signatures" not in postern.command("check", check=False).stderr
    with Probe(place, lab.make_directory("again")) as it:
        assert "ready" in it.first
