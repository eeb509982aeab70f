"""The control socket: status and test-scan of a running service, and who may use it."""

import json
import os
import re
import signal
import subprocess

import pytest

from lab import HERE, mail
from lab.postern import script
from lab.process import await_condition, freeze, start_time
from lab.signatures import EICAR_NAME

NOT_RUNNING, NOT_CLEAN = 3, 4


def status_of(postern):
    return json.loads(postern.command("status", "--json").stdout)


def test_status_counts_what_has_happened(serve, gateway, login):
    postern = gateway(serve([mail.plain(), mail.infected()]))
    before = status_of(postern)
    assert before["ready"] and before["sessions"] == {"now": 0, "sessions": 0, "unscanned": 0}
    session = login(postern)
    session.retr(1)
    session.retr(2)
    session.retr(1)
    now = status_of(postern)
    assert now["sessions"]["now"] == 1 and now["sessions"]["sessions"] == 1
    assert now["messages"] == {"delivered": 2, "marked": 0, "replaced": 1, "released": 0, "refused": 0}
    assert now["verdicts"] == {"clean": 2, "infected": 1, "unscannable": 0, "failed": 0}
    assert now["quarantine"]["incidents"] == 1 and now["quarantine"]["free_bytes"] > 0 and now["quarantine"]["free_inodes"] > 0
    session.quit()
    await_condition(lambda: status_of(postern)["sessions"]["now"] == 0)


def test_status_tells_engine_signatures_and_processes(serve, gateway):
    postern = gateway(serve())
    reported = status_of(postern)
    [engine] = reported["engines"]
    assert engine["name"] == "builtin" and engine["ready"]
    assert engine["signatures"].startswith("ClamAV-") and 0 <= engine["signatures_age_s"] < 600
    found = {(p["role"], p["index"]): p["pid"] for p in reported["processes"]}
    assert found == postern.children()
    text = postern.command("status").stdout
    assert "builtin, ready, ClamAV-" in text and "serves clients" in text


def test_status_counts_restarts(serve, gateway):
    postern = gateway(serve())
    [pid] = postern.children("keeper").values()
    os.kill(pid, signal.SIGKILL)

    def keeper():
        [it] = [p for p in status_of(postern)["processes"] if p["role"] == "keeper"]
        return it["ready"] and it["pid"] != pid and it
    assert await_condition(keeper)["restarts"] == 1


def processes_of(postern):
    """The last part of the text of status: {(role, index): the rest of the line}."""
    found = re.findall(r"^(\w+) +(\d+)  (pid .*)$", postern.command("status").stdout, re.M)
    return {(role, int(index)): rest for role, index, rest in found}


def test_status_while_the_service_stops(stopping):
    """One relay waits for its session, the other has ended, and is not restarted. No process is reported as a fault."""
    server, postern, session = stopping
    postern.await_log("event=child_ended role=relay")
    [ended] = [p for p in status_of(postern)["processes"] if not p["pid"]]
    assert ended["role"] == "relay" and all(p["leaving"] for p in status_of(postern)["processes"])
    found = processes_of(postern)
    assert found.pop(("relay", ended["index"])).endswith(" has ended"), found
    assert len(found) >= 4 and all("ends when its work is done" in rest for rest in found.values()), found
    faults = [line["text"] for line in json.loads(postern.command("doctor", "--json", check=False).stdout)["links"] if line["link"] == "service"]
    assert not any(text.startswith("process") for text in faults), faults
    server.go.set()
    session.status()
    assert session.lines() == mail.plain()
    session.close()
    assert postern.daemon.wait(35) == 0
    postern.daemon = None


def test_status_while_scan_is_stuck(serve, gateway):
    """A process that does not answer is reported as such, and nothing waits for ever."""
    postern = gateway(serve())
    [pid] = postern.children("scan").values()
    freeze(pid)
    try:
        reported = status_of(postern)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert reported["engines"] == [] and reported["ready"]
    assert status_of(postern)["engines"], "the late answer is no crime"
    assert start_time(pid)


@pytest.mark.parametrize("command", [["status"], ["test-scan", "/etc/hostname"]])
def test_a_service_that_does_not_run(serve, gateway, command):
    postern = gateway(serve())
    assert postern.command("status").returncode == 0
    postern.stop()
    done = postern.command(*command, check=False)
    assert done.returncode == NOT_RUNNING and "is not running" in done.stderr
    assert not os.path.exists(f"{postern.runtime}/control")


def test_a_socket_left_behind_is_taken_over(serve, gateway):
    postern = gateway(serve())
    pids = [postern.daemon.pid, *postern.children().values()]
    os.kill(postern.daemon.pid, signal.SIGKILL)
    postern.daemon.wait()
    await_condition(lambda: not any(start_time(p) for p in pids))
    assert os.path.exists(f"{postern.runtime}/control")
    assert postern.command("status", check=False).returncode == NOT_RUNNING
    postern.start()
    assert status_of(postern)["ready"]


def scan(postern, path, data):
    with open(path, "wb") as f:
        f.write(data)
    done = postern.command("test-scan", "--json", path, check=False)
    return done.returncode, json.loads(done.stdout)


def test_test_scan_says_what_a_client_would_get(lab, serve, gateway):
    postern = gateway(serve())
    path = os.path.join(lab.make_directory("mail"), "message.eml")
    status, reported = scan(postern, path, mail.plain())
    assert (status, reported["verdict"], reported["fate"]) == (0, "clean", "delivered as it is")
    status, reported = scan(postern, path, mail.infected())
    assert (status, reported["verdict"]) == (NOT_CLEAN, "infected") and reported["name"].startswith(EICAR_NAME)
    assert reported["fate"].startswith("quarantined")
    status, reported = scan(postern, path, b"Subject: x\r\n\r\none\n.\ntwo\r\n")
    assert (status, reported["verdict"], reported["reason"]) == (NOT_CLEAN, "unscannable", "malformed")
    assert postern.incidents() == [] and status_of(postern)["messages"]["delivered"] == 0
    assert "infected" in postern.command("test-scan", "-", check=False, input=mail.infected().decode()).stdout


def test_test_scan_without_a_verdict(lab, serve, gateway):
    postern = gateway(serve(), {"scan": {"engines": "command"}, "command": {"run": script(lab, "engine", "exit 2\n")}})
    assert postern.command("test-scan", "/nonexistent", check=False).returncode == 1
    path = os.path.join(lab.make_directory("mail"), "message.eml")
    status, reported = scan(postern, path, mail.plain())
    assert (status, reported["verdict"]) == (1, "failed")


def test_test_scan_when_scan_dies_meanwhile(lab, serve, gateway):
    postern = gateway(serve(), {"scan": {"engines": "command"}, "command": {"run": script(lab, "engine", "exec sleep 1000\n")}})
    path = os.path.join(lab.make_directory("mail"), "message.eml")
    with open(path, "wb") as f:
        f.write(mail.plain())
    asking = subprocess.Popen([postern.binary, "test-scan", "-c", postern.config, path], stderr=subprocess.PIPE, text=True)
    [pid] = postern.children("scan").values()

    def programs():
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return f.read().split()
    await_condition(programs, what="the engine's program")
    os.kill(pid, signal.SIGKILL)
    assert "try again" in asking.communicate(timeout=20)[1]
    assert asking.returncode == 1


def as_user(postern, identity, *command):
    return HERE.run(["setpriv", *identity, postern.binary, *command, "-c", postern.config], check=False)


OUTSIDER = ["--reuid=7777", "--regid=7777", "--clear-groups"]


def test_an_unprivileged_user_is_refused_and_logged(serve, gateway):
    postern = gateway(serve())
    for command in (["status"], ["test-scan", "/etc/hostname"]):
        done = as_user(postern, OUTSIDER, *command)
        assert done.returncode == 1 and "only root" in done.stderr, done
    postern.await_log("control_refused.*uid=7777", count=2)


def test_members_of_the_service_s_group_may_ask(serve, gateway):
    postern = gateway(serve())
    for identity in (["--reuid=7777", "--regid=65534", "--clear-groups"], ["--reuid=7777", "--regid=7777", "--groups=1,65534"]):
        assert as_user(postern, identity, "status").returncode == 0


def test_a_program_of_the_service_s_own_is_refused(lab, serve, gateway, login):
    """It handles mail, whatever user it runs as."""
    place = lab.make_directory("out", 0o777)
    postern = gateway(serve([mail.plain()]), {"scan": {"engines": "command"}, "command": {"run": "/bin/true"}}, start=False)
    engine = script(lab, "engine", f"{postern.binary} status -c {postern.config} >{place}/said 2>&1\nexit 0\n")
    with open(postern.config, encoding="utf-8") as f:
        text = f.read().replace("run = /bin/true", f"run = {engine}")
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(text)
    postern.start()
    login(postern).retr(1)
    with open(f"{place}/said", encoding="utf-8") as f:
        assert "only root" in f.read()
    assert as_user(postern, ["--reuid=65534", "--regid=65534", "--clear-groups"], "status").returncode == 0


def test_nonsense_at_the_socket_harms_nobody(serve, gateway):
    import socket
    postern = gateway(serve())
    for data in (b"x", b"\0" * 8, b"\0" * 4000, b"\1sop" + b"\xff" * 12, b"\1sop" + b"\3" + b"\0" * 11):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(f"{postern.runtime}/control")
            s.settimeout(5)
            s.send(data)
            assert s.recv(4096)
    silent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    silent.connect(f"{postern.runtime}/control")
    assert status_of(postern)["ready"]
    silent.close()


def test_the_service_itself_changes_its_quarantine(serve, gateway, login):
    """Released for one user: the next fetch delivers. Deleted: it is gone from disk, and the keeper knows it."""
    postern = gateway(serve([mail.infected()]))
    session = login(postern)
    assert b"Auto-Submitted" in session.retr(1)
    [incident] = postern.incidents()
    reported = json.loads(postern.command("quarantine", "release", incident["id"], "--json").stdout)
    assert reported["id"] == incident["id"] and reported["user"] == "bob"
    assert mail.is_infected(session.retr(1))
    await_condition(lambda: status_of(postern)["messages"]["released"] == 1)
    other = login(postern, b"carol")
    assert b"Auto-Submitted" in other.retr(1)
    ids = [i["id"] for i in postern.incidents()]
    assert len(ids) == 2
    reported = json.loads(postern.command("quarantine", "delete", *ids, "--json").stdout)
    assert all(t["deleted"] for t in reported)
    assert postern.incidents() == [] and status_of(postern)["quarantine"]["incidents"] == 0
    assert b"Auto-Submitted" in session.retr(1), "the release went with its incident"
    session.quit()
    other.quit()


def test_the_quarantine_s_complaints_come_back(serve, gateway):
    postern = gateway(serve())
    done = postern.command("quarantine", "delete", "0123456789ab", check=False)
    assert done.returncode == 1 and "no incident" in done.stderr
    assert json.loads(postern.command("quarantine", "expire", "--json").stdout) == {"removed": 0, "freed_bytes": 0}
    done = HERE.run(["setpriv", *OUTSIDER, postern.binary, "quarantine", "-c", postern.config, "expire"], check=False)
    assert done.returncode == 1 and "only root" in done.stderr


def test_the_quarantine_while_its_keeper_is_gone(serve, gateway):
    postern = gateway(serve())
    [pid] = postern.children("keeper").values()
    freeze(pid)
    asking = subprocess.Popen([postern.binary, "quarantine", "-c", postern.config, "expire"], stderr=subprocess.PIPE, text=True)
    await_condition(lambda: status_of(postern)["quarantine"] is None, what="the question to be with the keeper")
    os.kill(pid, signal.SIGKILL)
    assert "may or may not have been carried out" in asking.communicate(timeout=20)[1]
    assert asking.returncode == 1
    await_condition(lambda: postern.command("quarantine", "expire", check=False).returncode == 0)
