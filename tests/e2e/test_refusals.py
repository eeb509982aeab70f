"""Repeated refusals are logged once, then counted; a directory of another user is reported with its cure."""

import contextlib
import os
import re
import shlex

import pytest

from lab import mail
from lab.host import HERE
from lab.pop3_client import Refused, Session
from lab.postern import Postern

MESSAGE = mail.plain("one")
NONE = {"scan": {"engines": "none"}}


def refuse(postern, times):
    for _ in range(times):
        with contextlib.suppress(Refused, OSError, AssertionError), contextlib.closing(Session(postern.address, postern.port)) as session:
            session.login(b"bob", b"x")


def levels(postern, event):
    return re.findall(rf"level=(\w+) process=\S+ event={event}\b", postern.log())


@pytest.mark.parametrize("limit, reason", [("max_sessions", "SESSIONS_MAX"), ("max_sessions_per_client", "SESSIONS_MAX_PER_CLIENT")])
def test_clients_over_a_limit_are_a_warning_once(gateway, serve, login, limit, reason):
    postern = gateway(serve([MESSAGE]), NONE | {"postern": {"relays": 1}, "pop3": {limit: 1}})
    session = login(postern)
    refuse(postern, 20)
    postern.await_log(f"event=refused .*{reason}", count=20)
    assert levels(postern, "refused").count("warning") == 1 and levels(postern, "refused").count("debug") == 19
    session.close()


def test_a_full_spool_is_an_error_once(gateway, serve, login, lab, closing):
    place = lab.make_directory("small")
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "none", place])
    closing(contextlib.closing(Mounted(place)))
    big = mail.with_attachment(os.urandom(300_000))
    postern = gateway(serve([big]), NONE | {"postern": {"relays": 1}, "spool": {"directory": place, "memory_max": "0", "min_free": "0"}})
    for _ in range(5):
        with contextlib.suppress(Refused, EOFError, OSError):
            login(postern).retr(1)
    postern.await_log("event=spool ", count=5)
    assert levels(postern, "spool").count("error") == 1 and levels(postern, "spool").count("debug") == 4


class Mounted:
    def __init__(self, place):
        self.place = place

    def close(self):
        HERE.run(["umount", "-l", self.place])


def cure_of(reported, what):
    """The line about that directory, and the command in it."""
    line = next(line for line in reported.splitlines() if f"{what} directory" in line)
    return line, shlex.split(re.search(r": ((?:chown -R|chmod) \S+ [^\s;]+)(?:;|$)", line)[1])


def change_user(postern, user):
    with open(postern.config, encoding="utf-8") as f:
        text = f.read()
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(re.sub(r"(?m)^user = \w+$", f"user = {user}", text))


@pytest.mark.parametrize("command", ["check", "doctor"])
@pytest.mark.parametrize("what", ["spool", "quarantine"])
def test_a_directory_of_another_user_is_told_with_its_cure(lab, serve, command, what):
    postern = Postern(lab, NONE, target=serve([MESSAGE]), start=False)
    change_user(postern, "daemon")
    reported = postern.command(command, check=False)
    line, cure = cure_of(reported.stdout + reported.stderr, what)
    assert "belongs to user nobody, not to daemon" in line
    assert cure == ["chown", "-R", "daemon:", getattr(postern, what)]
    HERE.run(cure)
    reported = postern.command(command, check=False)
    assert f"{what} directory" not in reported.stdout + reported.stderr


@pytest.mark.parametrize("closed", ["above", "itself"])
def test_a_directory_that_is_closed(lab, serve, closed):
    postern = Postern(lab, NONE, target=serve([MESSAGE]), start=False)
    place = os.path.dirname(postern.spool) if closed == "above" else postern.spool
    os.chmod(place, 0o700 if closed == "above" else 0o500)
    reported = postern.command("check", check=False)
    line, cure = cure_of(reported.stdout + reported.stderr, "spool")
    assert cure == ["chmod", "o+x" if closed == "above" else "u+rwx", place], line
    HERE.run(cure)
    reported = postern.command("check", check=False)
    assert "spool directory" not in reported.stdout + reported.stderr
