"""Signatures change while mail flows: noticed, loaded beside the old ones, taken into use; or rejected."""

import json
import os
import time

import pytest
from conftest import PASSWORD
from test_reload import Coming, ask_all

from lab import mail
from lab.pop3_client import Refused, Session
from lab.process import await_condition
from lab.signatures import EICAR_NAME, body_signature

CLEAN, INFECTED = mail.plain("clean", "line\n" * 200), mail.infected()


def replace(postern, name, text):
    """As freshclam does: written elsewhere, then renamed."""
    place = f"{postern.directory}/database"
    with open(f"{place}/.new", "w", encoding="ascii") as f:
        f.write(text)
    os.rename(f"{place}/.new", f"{place}/{name}")


def status_of(postern):
    return json.loads(postern.command("status", "--json").stdout)


def marked(number):
    return mail.plain(f"round {number}", f"marker-of-round-{number}-\n")


def name_in(postern, path, data):
    with open(path, "wb") as f:
        f.write(data)
    return json.loads(postern.command("test-scan", "--json", path, check=False).stdout).get("name", "")


def scanners(postern):
    return {p["role"]: p["pid"] for p in status_of(postern)["processes"] if p["role"] in ("scan", "clamav") and not p["leaving"]}


@pytest.mark.seconds(200)
def test_signatures_replaced_twenty_times_under_load(lab, serve, gateway):
    postern = gateway(serve([CLEAN, INFECTED]), {"postern": {"log_level": "info"}, "pop3": {"max_sessions_per_client": 0}})
    path = os.path.join(lab.make_directory("mail"), "message.eml")
    others = {p["pid"] for p in status_of(postern)["processes"] if p["role"] in ("relay", "keeper", "reader")}
    with Coming(postern) as load:
        for n in range(1, 21):
            replace(postern, "round.ndb", body_signature(f"Lab.Round.{n}", b"marker-of-round-%d-" % n) + "\n")
            postern.await_log("event=signatures text=", 15, n + 1)
            loaded = time.monotonic()
            await_condition(lambda n=n: name_in(postern, path, marked(n)).startswith(f"Lab.Round.{n}."), 5, f"signature {n} in force")
            assert time.monotonic() - loaded < 5
            assert name_in(postern, path, marked(n - 1)) == "", "the old set is gone"
    assert load.wrong == [] and load.done > 20
    reported = status_of(postern)
    assert reported["messages"]["refused"] == reported["messages"]["marked"] == reported["verdicts"]["failed"] == 0
    assert {p["pid"] for p in reported["processes"] if p["role"] in ("relay", "keeper", "reader")} == others, "the other processes are unaffected"
    await_condition(lambda: len([p for p in status_of(postern)["processes"] if p["role"] == "clamav"]) == 1, what="the old set to go")
    assert postern.log().count("event=signatures_replaced") == 20 and "signatures_refused" not in postern.log()


def test_a_broken_set_is_refused_and_the_old_one_goes_on(lab, serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]))
    session = login(postern)
    before = scanners(postern)
    replace(postern, "broken.ldb", "no;signature\n")
    postern.await_log("event=signatures_refused")
    ask_all(session)
    assert scanners(postern) == before
    with open(f"{postern.directory}/database/daily.cvd", "wb") as f:  # truncated
        f.write(b"ClamAV-VDB:24 Nov 2026 00-00 +0000:1:1:90:x:x:lab:1795478400".ljust(512))
    postern.await_log("event=signatures_refused", count=2)
    ask_all(session)
    assert scanners(postern) == before
    os.unlink(f"{postern.directory}/database/broken.ldb")
    os.unlink(f"{postern.directory}/database/daily.cvd")
    postern.await_log("event=signatures_replaced")
    ask_all(session)
    assert scanners(postern)["clamav"] != before["clamav"]


def test_files_that_are_no_signatures_load_nothing(serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]))
    before = scanners(postern)
    replace(postern, "freshclam.dat", "x")
    time.sleep(2.5)  # nothing may happen, so there is no condition to wait for
    assert "signatures_changed" not in postern.log() and scanners(postern) == before
    replace(postern, "more.ndb", body_signature("Lab.More", b"something-else-altogether") + "\n")
    postern.await_log("event=signatures_replaced")


def test_a_cached_verdict_does_not_outlive_its_signatures(serve, gateway, login):
    postern = gateway(serve([CLEAN]))
    session = login(postern)
    assert session.retr(1) == CLEAN
    assert session.retr(1) == CLEAN
    replace(postern, "more.ndb", body_signature("Lab.More", b"line\nline\nline\n".replace(b"\n", b"\r\n") if b"line\r\n" in CLEAN else b"line\nline\n") + "\n")
    postern.await_log("event=signatures_replaced")
    assert b"Lab.More" in session.retr(1)


def test_without_room_for_two_sets_the_old_one_goes_first(lab, serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]), {"builtin": {"reload": "restart"}, "scan": {"deadline": "2s"}})
    path = os.path.join(lab.make_directory("mail"), "message.eml")
    session = login(postern)
    with Coming(postern) as load:
        replace(postern, "round.ndb", body_signature("Lab.Round.1", b"marker-of-round-1-") + "\n")
        postern.await_log("event=signatures_replaced")
        assert name_in(postern, path, marked(1)).startswith("Lab.Round.1")
        assert postern.command("reload").returncode == 0
    assert load.wrong == []
    ask_all(session)
    # A broken set: nothing passes unscanned, all mail stays on the server; then it is repaired.
    replace(postern, "broken.ldb", "no;signature\n")
    postern.await_log("event=signatures_refused")
    for n in (1, 2):
        with pytest.raises(Refused) as refusal:
            session.retr(n)
        assert b"[SYS/TEMP]" in refusal.value.args[0]
    os.unlink(f"{postern.directory}/database/broken.ldb")

    def is_mended():
        try:
            return session.retr(1) == CLEAN
        except Refused:
            return False
    await_condition(is_mended, 40)
    assert b"Auto-Submitted" in session.retr(2) and EICAR_NAME.encode() in session.retr(2)
    with Session(postern.address, postern.port) as other:
        other.login(b"other", PASSWORD.encode())
        ask_all(other)
        other.quit()
