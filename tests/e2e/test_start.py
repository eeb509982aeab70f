"""Starting, and what prevents it: a clear message, status 1, nothing left running."""

import os
import re
import signal
import subprocess

import pytest
from conftest import PASSWORD

from lab import HERE, mail
from lab.pop3_client import Refused, Session
from lab.postern import Ended, Postern, binary, is_sanitized
from lab.process import await_condition, start_time


class Nowhere:
    address, port = "127.0.0.1", 110


def refuses(lab, settings, pattern, **more):
    with pytest.raises(Ended) as ended:
        Postern(lab, settings, target=Nowhere, **more)
    assert ended.value.status == 1, ended.value
    assert re.search(pattern, ended.value.log), ended.value.log
    pids = [int(p) for p in re.findall(r"event=child_started .*pid=(\d+)", ended.value.log)]
    assert not any(start_time(p) for p in pids)
    return ended.value.log


def test_every_error_of_a_file_is_told_with_its_line(lab):
    text = "[postern]\nusr = nobody\n[pop3]\nlisten = 127.0.0.1:999999\ninterception = sideways\n[nonsense]\nx = 1\n[scan]\nengines = clamav\n"
    with pytest.raises(Ended) as ended:
        Postern(lab, text=text, target=Nowhere)
    assert ended.value.status == 1
    for line, what in ((2, "usr"), (4, "listen"), (5, "interception"), (6, "nonsense"), (9, "engines")):
        assert re.search(rf"postern\.conf:{line}: .*{what}", ended.value.log), (line, ended.value.log)
    assert re.search(r":2: .*\buser\b", ended.value.log), "the nearest key is suggested"


def test_check_reports_the_same_and_starts_nothing(lab):
    postern = Postern(lab, text="[postern]\nusr = nobody\n[pop3]\nlisten = x\n", target=Nowhere, start=False)
    done = postern.command("check", check=False)
    assert done.returncode == 1
    assert "postern.conf:2: " in done.stderr + done.stdout and "postern.conf:4: " in done.stderr + done.stdout


def test_check_of_a_good_file(lab):
    postern = Postern(lab, target=Nowhere, start=False)
    done = postern.command("check", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_port_taken(lab):
    taken = HERE.listen("127.0.0.1")
    port = taken.getsockname()[1]
    refuses(lab, {"pop3": {"listen": f"127.0.0.1:{port}"}}, rf"127\.0\.0\.1:{port}.*[Ii]n use")


def test_user_unknown(lab):
    refuses(lab, {"postern": {"user": "nobody-of-that-name"}}, "nobody-of-that-name")


def test_template_missing(lab):
    refuses(lab, {"notice": {"template": "/nonexistent/x.mail"}}, "/nonexistent/x.mail")


def test_template_with_an_unknown_variable(lab):
    path = os.path.join(lab.make_directory("template"), "bad.mail")
    with open(path, "w", encoding="ascii") as f:
        f.write("Content-Type: text/plain\n\nBonjour.\n%VIRUSNAM%\n")
    refuses(lab, {"notice": {"template": path}}, r"bad\.mail:4: .*VIRUSNAM")


def test_quarantine_missing(lab):
    refuses(lab, {"quarantine": {"directory": "/nonexistent/quarantine"}}, "/nonexistent/quarantine")


def test_quarantine_not_writable(lab):
    place = lab.make_directory("locked", 0o555)
    refuses(lab, {"quarantine": {"directory": place}}, re.escape(place))


def test_no_signatures(lab):
    empty = lab.make_directory("empty")
    log = refuses(lab, {"builtin": {"database": empty}}, re.escape(empty))
    assert "freshclam" in log


def test_engine_program_missing(lab):
    refuses(lab, {"scan": {"engines": "command"}, "command": {"run": "/nonexistent/scanner"}}, "/nonexistent/scanner")


def test_no_configuration_file(lab):
    done = HERE.run([binary(), "run", "-c", f"{lab.directory}/none.conf"], check=False)
    assert done.returncode == 1
    assert "none.conf" in done.stderr


@pytest.mark.parametrize("verb", [[], ["run"], ["check"], ["doctor"], ["status"], ["reload"], ["test-scan"], ["quarantine"], ["version"]])
def test_help(verb):
    done = HERE.run([binary(), *verb, "--help"])
    assert "postern" in done.stdout and len(done.stdout) > 60


def test_unknown_verbs_and_options():
    for argv in (["frobnicate"], ["run", "--frobnicate"], ["quarantine", "frobnicate"]):
        done = HERE.run([binary(), *argv], check=False)
        assert done.returncode not in (0, -signal.SIGABRT) and done.stderr, argv


def test_version():
    assert re.search(r"\d+\.\d+\.\d+", HERE.run([binary(), "version"]).stdout)


def test_no_engine_is_announced(serve, gateway):
    gateway(serve(), {"scan": {"engines": "none"}}).await_log("level=warning.*(none|not scanned|unscanned)")


def test_children_have_no_privileges(serve, gateway):
    postern = gateway(serve([mail.plain()]))
    children = postern.children()
    assert {role for role, _ in children} == {"relay", "scan", "clamav", "reader", "keeper"}
    for role, pid in children.items():
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        assert set(status["Uid"].split()) == {"65534"}, role
        assert set(status["Gid"].split()) == {"65534"}, role
        assert status["Groups"].split() in ([], ["65534"]), role
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[kind], 16) == 0, (role, kind)
        assert status["NoNewPrivs"] == "1", role
        assert status["Seccomp"] == "2" or is_sanitized(), role


def unprivileged(lab, target, settings=None):
    """Starts as an unprivileged user."""
    return Postern(lab, settings, target=target, user=None, prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"])


def test_fixed_mode_without_root(lab, serve, closing):
    server = serve([mail.plain(), mail.infected()])
    postern = closing(unprivileged(lab, server))
    with Session(postern.address, postern.port) as session:
        session.login(password=PASSWORD.encode())
        assert session.retr(1) == mail.plain()
        assert b"Auto-Submitted" in session.retr(2)
        session.quit()
    assert len(postern.incidents()) == 1


def test_sigterm_lets_the_message_in_flight_end(stopping):
    server, postern, session = stopping

    def is_closed():
        try:
            Session(postern.address, postern.port).close()
        except (OSError, EOFError, Refused):
            return True
        return False
    await_condition(is_closed, what="the port to close")
    server.go.set()
    session.status()
    assert session.lines() == mail.plain()
    session.close()
    assert postern.daemon.wait(35) == 0
    postern.daemon = None


def test_it_can_be_started_again_at_once(serve, gateway, login):
    postern = gateway(serve([mail.plain()]))
    for _ in range(3):
        session = login(postern)
        assert session.retr(1) == mail.plain()
        postern.stop()
        postern.start()
    with pytest.raises((EOFError, ConnectionResetError, subprocess.SubprocessError)):
        session.ask(b"NOOP")


def test_sigterm_does_not_wait_for_a_server_that_does_not_greet(serve, gateway, closing):
    server = serve([])
    server.greeting = b""
    postern = gateway(server)
    client = closing(HERE.connect(postern.address, postern.port))
    postern.await_log("event=session_begin")
    postern.daemon.process.send_signal(signal.SIGTERM)
    assert client.recv(1000).startswith(b"-ERR")
    assert postern.daemon.wait(20) == 0
    postern.daemon = None
