"""Which is at fault when an engine gives no verdict: the engine, or the message."""

import os
import signal
import time

import pytest

from lab import mail
from lab.clamd import Clamd
from lab.host import HERE
from lab.pop3_client import Refused, mpop
from lab.postern import PASSWORD, script
from lab.process import await_condition, freeze

CLEAN, OTHER, INFECTED = mail.plain("one"), mail.plain("two"), mail.infected()


def by_command(lab, text, **scan):
    return {"scan": {"engines": "command"} | scan, "command": {"run": script(lab, "engine", text), "workers": 2}}


def retr_refused(session, number):
    with pytest.raises(Refused, match="SYS/TEMP"):
        session.retr(number)


def test_a_clamd_that_stands_still_fails_and_is_no_verdict_about_mail(lab, serve, gateway, login):
    clamd = Clamd(lab)
    postern = gateway(serve([CLEAN]), {"scan": {"engines": "clamd", "deadline": "3s"}, "clamd": {"socket": clamd.path}})
    postern.await_log("event=self_test engine=clamd result=passed")
    freeze(clamd.daemon.process.pid)
    retr_refused(login(postern), 1)
    os.kill(clamd.daemon.process.pid, signal.SIGCONT)
    postern.await_log("event=self_test engine=clamd result=passed", 20, count=2)
    for user in (b"bob", b"eva"):
        assert login(postern, user).retr(1) == CLEAN
    assert postern.incidents() == []


def test_a_program_that_hangs_for_all_fails(lab, serve, gateway, login):
    flag = os.path.join(lab.make_directory("flag"), "hangs")
    postern = gateway(serve([CLEAN]), by_command(lab, f"[ -e {flag} ] && exec sleep 1000\nexit 0\n", deadline="2s"))
    with open(flag, "wb"):
        pass
    retr_refused(login(postern), 1)
    os.unlink(flag)
    assert login(postern).retr(1) == CLEAN
    assert postern.incidents() == []


def test_a_message_that_one_program_hangs_for_is_to_blame_and_not_remembered(lab, serve, gateway, login):
    """The engine answers its self test meanwhile. Its next verdict counts."""
    flag = os.path.join(lab.make_directory("flag"), "quick")
    postern = gateway(serve([CLEAN]), by_command(lab, f'[ ! -e {flag} ] && grep -q "Subject: one" "$1" && exec sleep 1000\nexit 0\n', deadline="2s"))
    assert b"Auto-Submitted" in login(postern).retr(1)
    [incident] = postern.incidents()
    assert (incident["verdict"], incident["reason"], incident["virus"]) == ("unscannable", "limits", "deadline")
    with open(flag, "wb"):
        pass
    assert login(postern, b"eva").retr(1) == CLEAN


def test_workers_that_are_stopped_are_replaced_and_the_message_is_scanned(lab, serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]), {"scan": {"deadline": "1s"}, "builtin": {"workers": 2}})
    postern.await_log("event=self_test engine=builtin result=passed")
    [loader] = postern.children("clamav").values()
    with open(f"/proc/{loader}/task/{loader}/children", encoding="ascii") as f:
        workers = [int(pid) for pid in f.read().split()]
    assert len(workers) == 3  # one of them is for short tries
    for pid in workers:
        freeze(pid)
    session = login(postern)
    assert session.retr(1) == CLEAN
    assert b"Eicar" in session.retr(2)
    session.quit()
    assert len(postern.incidents()) == 1


def gives_up(postern, login):
    """Fetches the first message until it is no longer refused. Returns the number of refusals."""
    refusals = []

    def fetch():
        try:
            return login(postern).retr(1)
        except Refused:
            refusals.append(1)
            return None
    notice = await_condition(fetch, 30, "the message to be given up")
    assert b"Auto-Submitted" in notice
    return len(refusals)


def test_a_message_that_a_healthy_program_always_fails_for_is_given_up(lab, serve, gateway, login):
    postern = gateway(serve([CLEAN, OTHER]), by_command(lab, 'grep -q "Subject: one" "$1" && exit 2\nexit 0\n', give_up_after="2s"))
    assert gives_up(postern, login) >= 2
    [incident] = postern.incidents()
    assert (incident["verdict"], incident["reason"]) == ("unscannable", "engine")
    session = login(postern)
    assert b"Auto-Submitted" in session.retr(1), "at once from now on"
    assert session.retr(2) == OTHER
    session.quit()
    # mpop stops at the first -ERR: it gets the messages after it only now.
    got = mpop(HERE, postern.address, postern.port, "bob", PASSWORD, lab.make_directory("mail"))
    assert len(got) == 2 and b"Auto-Submitted" in got[0] and got[1] == OTHER.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("action", ["deliver", "refuse"])
def test_the_policy_decides(lab, serve, gateway, login, action):
    settings = by_command(lab, 'grep -q "Subject: one" "$1" && exit 2\nexit 0\n', give_up_after="1s") | {"policy": {"engine": action}}
    postern = gateway(serve([CLEAN]), settings)

    def fetch():
        try:
            return login(postern).retr(1)
        except Refused:
            return None
    if action == "deliver":
        got = await_condition(fetch, 30, "the message to be given up")
        assert got.startswith(b"X-Postern: not scanned") and got.endswith(CLEAN)
    else:
        await_condition(lambda: fetch() or "event=engine_gives_up" in postern.log(), 30, "the message to be given up")
        with pytest.raises(Refused, match="SYS/PERM"):
            login(postern).retr(1)
    assert postern.incidents() == []


def test_a_message_that_clamd_cannot_parse_is_given_up(lab, serve, gateway, login, closing):
    """It fails for this message, but passes its self test."""
    from lab.clamd import LyingClamd

    class Choosy(LyingClamd):
        def answer_to(self, content):
            return b"fd[10]: Can't parse data ERROR\0" if b"Subject: one" in content else b"fd[10]: OK\0"
    clamd = closing(Choosy(lab, b""))
    settings = {"scan": {"engines": "clamd", "self_test": "none", "give_up_after": "2s"}, "clamd": {"socket": clamd.path}}
    postern = gateway(serve([CLEAN, OTHER]), settings)
    assert gives_up(postern, login) >= 2
    assert login(postern).retr(2) == OTHER
    assert [incident["reason"] for incident in postern.incidents()] == ["engine"]


def test_an_engine_that_fails_for_all_gives_up_no_message(lab, serve, gateway, login):
    """However often: the engine is broken."""
    flag = os.path.join(lab.make_directory("flag"), "works")
    postern = gateway(serve([CLEAN]), by_command(lab, f"[ -e {flag} ] && exit 0\nexit 2\n", give_up_after="1s"))

    def counted():
        retr_refused(login(postern), 1)
        return postern.log().count("event=engine_failed") >= 12
    await_condition(counted, 60, "many failures")
    with open(flag, "wb"):
        pass
    assert login(postern).retr(1) == CLEAN
    assert "event=engine_gives_up" not in postern.log()


def test_a_message_that_the_program_never_got_is_not_given_up(lab, serve, gateway, login):
    """There is no room for its copy, but for the small self test: that is not the message's fault."""
    place, large = lab.make_directory("copies"), mail.plain("large", "a line of text\n" * 40000)
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=64k,uid=65534,gid=65534,mode=700", "lab", place])
    try:
        settings = by_command(lab, "exit 0\n", give_up_after="1s")
        settings["command"]["directory"] = place
        postern = gateway(serve([large]), settings)

        begun = time.monotonic()

        def counted():
            retr_refused(login(postern), 1)
            return postern.log().count("event=engine_failed") >= 12 and time.monotonic() - begun > 3
        await_condition(counted, 60, "many failures")
        assert "event=engine_gives_up" not in postern.log()
        HERE.run(["mount", "-o", "remount,size=8m", place])
        assert login(postern).retr(1) == large
        assert postern.incidents() == []
    finally:
        HERE.run(["umount", "-l", place])
