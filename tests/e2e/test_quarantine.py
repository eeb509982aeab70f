"""What an administrator does to the quarantine, and the effect of its limits: release, deletion, retention, quotas."""

import json
import os
import time

import pytest

from lab import HERE, mail
from lab.pop3_client import Refused
from lab.process import await_condition

CLEAN, INFECTED = mail.plain("clean"), mail.infected()
OTHERS = [mail.infected(mail.ARTICLE_HEADER + b"X-Number: %d\r\n" % n) for n in range(3)]


def is_notice(message):
    return b"Auto-Submitted: auto-generated\r\n" in message and not mail.is_infected(message)


def ask(postern, *argv):
    """The command's answer in JSON, from the service if it runs, otherwise from the command itself."""
    return json.loads(postern.command("quarantine", *argv, "--json").stdout)


def while_stopped(postern, *argv):
    postern.stop()
    answer = ask(postern, *argv)
    postern.start()
    return answer


def incident_of(postern, user):
    [incident] = [i for i in postern.incidents() if i["user"] == user]
    return incident


def refused(session, command):
    with pytest.raises(Refused) as refusal:
        session.ask(command)
    return refusal.value.args[0]


@pytest.mark.parametrize("asked", [ask, while_stopped])
def test_released_it_comes_for_that_user_and_stays_blocked_for_another(serve, gateway, login, asked):
    server = serve([CLEAN, INFECTED])
    postern = gateway(server)
    for user in (b"bob", b"carol"):
        session = login(postern, user)
        assert is_notice(session.retr(2))
        session.quit()
    held = incident_of(postern, "bob")
    answer = asked(postern, "release", held["id"])
    assert answer["user"] == "bob" and answer["released_to"] == "user"
    bob, carol = login(postern, b"bob"), login(postern, b"carol")
    assert bob.retr(2) == INFECTED
    assert bob.retr(1) == CLEAN
    assert is_notice(carol.retr(2))
    # TOP is then cut from the message itself.
    top = bob.ask_lines(b"TOP 2 3")
    assert top.startswith(mail.ARTICLE_HEADER[:-2]) and b"Auto-Submitted" not in top
    postern.await_log(rf"event=message .*verdict=infected.* fate=released.* incident={held['id']}")
    status = json.loads(postern.command("status", "--json").stdout)
    assert status["messages"]["released"] == 2 and status["messages"]["delivered"] == 1
    assert status["sessions"]["sessions"] == (4 if asked is ask else 2)
    bob.ask(b"DELE 2")
    for session in (bob, carol):
        session.quit()
    assert server.left("bob") == 1 and server.left("carol") == 2
    assert incident_of(postern, "bob")["count"] == 1, "what passes is no incident"
    # The released one is deleted, and its release with it.
    asked(postern, "delete", held["id"])
    server.mailboxes.clear()
    session = login(postern, b"bob")
    assert is_notice(session.retr(2))
    session.quit()


def test_released_for_everyone_it_comes_for_all(serve, gateway, login):
    postern = gateway(serve([INFECTED, OTHERS[0]]))
    session = login(postern, b"bob")
    assert is_notice(session.retr(1)) and is_notice(session.retr(2))
    session.quit()
    [held] = [i for i in postern.incidents() if i["size"] == len(INFECTED)]
    assert ask(postern, "release", held["id"], "--everyone")["released_to"] == "everyone"
    for user in (b"bob", b"carol", b"dave"):
        session = login(postern, user)
        assert session.retr(1) == INFECTED
        assert is_notice(session.retr(2)), "another message"
        session.quit()


def test_a_release_ends(serve, gateway, login):
    postern = gateway(serve([INFECTED]), {"quarantine": {"release_for": "2s"}})
    session = login(postern)
    assert is_notice(session.retr(1))
    session.quit()
    held = incident_of(postern, "bob")
    ask(postern, "release", held["id"])
    # The record has the time, to the second.
    until = incident_of(postern, "bob").get("released_until", "1970-01-01T00:00:00Z")
    await_condition(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > until, 10, "the release to end")
    session = login(postern)
    assert is_notice(session.retr(1))
    session.quit()
    assert incident_of(postern, "bob")["id"] == held["id"]
    assert incident_of(postern, "bob")["count"] == 2


def test_what_must_never_be_delivered_as_it_is_cannot_be_released(serve, gateway, login):
    trap = mail.plain("trap") + b"one\n.\n+OK two\r\n"
    postern = gateway(serve([trap]))
    session = login(postern)
    assert is_notice(session.retr(1))
    session.quit()
    failed = postern.command("quarantine", "release", incident_of(postern, "bob")["id"], check=False)
    assert failed.returncode == 1 and "never delivered" in failed.stderr
    session = login(postern)
    assert is_notice(session.retr(1))
    session.quit()


def test_past_its_retention_it_goes_by_itself(serve, gateway, login):
    postern = gateway(serve([INFECTED]), {"quarantine": {"retention": "2s"}})
    session = login(postern)
    assert is_notice(session.retr(1))
    await_condition(lambda: os.listdir(postern.quarantine) == [], 20, "the incident to go")
    postern.await_log("event=expired")
    assert is_notice(session.retr(1))
    assert len(postern.incidents()) == 1
    session.quit()


def test_over_quota_it_refuses_and_loses_nothing(serve, gateway, login):
    server = serve([CLEAN, INFECTED, *OTHERS])
    postern = gateway(server, {"quarantine": {"max_incidents": 2}})
    session = login(postern)
    assert is_notice(session.retr(2)) and is_notice(session.retr(3))
    kept = {i["id"] for i in postern.incidents()}
    for number in (4, 5, 4):
        assert refused(session, b"RETR %d" % number).startswith(b"-ERR [SYS/TEMP]")
        refused(session, b"DELE %d" % number)
    # Messages already stored, and clean ones, are not affected.
    assert is_notice(session.retr(2)) and session.retr(1) == CLEAN
    session.quit()
    assert {i["id"] for i in postern.incidents()} == kept
    assert server.left("bob") == 5
    # A released one makes room, and still passes.
    held = [i for i in postern.incidents() if i["size"] == len(INFECTED)][0]
    ask(postern, "release", held["id"])
    session = login(postern)
    assert is_notice(session.retr(4)) and session.retr(2) == INFECTED
    refused(session, b"RETR 5")
    session.quit()
    states = {i["id"]: i["state"] for i in postern.incidents()}
    assert len(states) == 3 and states[held["id"]] == "missing"
    assert all(states[id] == "quarantined" for id in kept - {held["id"]})


def test_what_has_to_stay_free_on_the_disk_stays_free(lab, serve, gateway, login):
    place = lab.make_directory("small")
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=256k,uid=65534,gid=65534,mode=700", "lab", place])
    try:
        server = serve([CLEAN, INFECTED])
        postern = gateway(server, {"quarantine": {"directory": place, "min_free_bytes": "300K"}})
        session = login(postern)
        assert refused(session, b"RETR 2").startswith(b"-ERR [SYS/TEMP]")
        postern.await_log("min_free_bytes")
        assert os.listdir(place) == [] and session.retr(1) == CLEAN
        HERE.run(["mount", "-o", "remount,size=1m", place])
        assert is_notice(session.retr(2))
        session.quit()
        assert os.statvfs(place).f_bavail * os.statvfs(place).f_frsize >= 300 << 10
        postern.stop()
    finally:
        HERE.run(["umount", "-l", place])


def test_a_release_and_new_limits_outlive_a_reload(serve, gateway, login):
    """Another keeper takes over, with the new limits and the earlier releases."""
    postern = gateway(serve([INFECTED, *OTHERS]))
    session = login(postern)
    assert is_notice(session.retr(1))
    ask(postern, "release", postern.incidents()[0]["id"])
    assert is_notice(session.retr(2))
    with open(postern.config, "a", encoding="utf-8") as f:
        f.write("[quarantine]\nmax_incidents = 2\n")
    postern.command("reload")
    session.quit()
    session = login(postern)
    assert session.retr(1) == INFECTED
    assert is_notice(session.retr(2)) and is_notice(session.retr(3))
    assert refused(session, b"RETR 4").startswith(b"-ERR [SYS/TEMP]")
    session.quit()
