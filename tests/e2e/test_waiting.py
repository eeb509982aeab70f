"""While the engine works, client and server are kept alive, and neither gives up [K1, K2]."""

import os
import poplib
import re
import threading
import time

import pytest
from conftest import PASSWORD

from lab import mail
from lab.host import HERE
from lab.pop3_client import Refused, curl, curl_top, fetchmail, getmail, mpop
from lab.postern import Postern, script
from lab.process import await_condition

CLEAN = mail.plain("slow to scan", "..dots\n.\nhello\n")
BAD = mail.plain("bad", "Lab-Test-Virus\n")
WAIT_LINE = re.compile(rb"X-Postern-Wait: \d+ s\r\n")
SOON = {"pop3": {"patience": "200ms", "keep_alive": "300ms"}}


class Engine:
    """Answers when released: a message that contains `Lab-Test-Virus` is infected."""

    def __init__(self, lab):
        self.flag = os.path.join(lab.make_directory("flag"), "go")
        waiting = f'while [ ! -e {self.flag} ]; do sleep 0.05; done\n'
        path = script(lab, "slow", waiting + 'grep -q "^Lab-Test-Virus" "$1" && echo "$1: Lab.Test FOUND" && exit 1\nexit 0\n')
        self.settings = SOON | {"scan": {"engines": "command"}, "command": {"run": path, "workers": 2}}

    def release(self):
        with open(self.flag, "w", encoding="ascii"):
            pass


@pytest.fixture
def engine(lab):
    return Engine(lab)


def release_when_waited_for(engine, server):
    """A second after the server was asked for the message, which is longer than patience; a thread."""
    def run():
        await_condition(lambda: {b"RETR 1", b"TOP 1 1"} & set(server.commands()), 30, "a message to be asked for")
        time.sleep(1)
        engine.release()
    releasing = threading.Thread(target=run)
    releasing.start()
    return releasing


def without_wait_lines(message):
    return WAIT_LINE.sub(b"", message)


def test_a_slow_scan_is_bridged_on_both_legs(serve, gateway, login, engine):
    server = serve([CLEAN, BAD])
    session = login(gateway(server, engine.settings))
    session.send(b"RETR 1\r\nDELE 1\r\n")
    assert session.line() == b"+OK message follows"
    assert WAIT_LINE.fullmatch(session.line() + b"\r\n")
    await_condition(lambda: server.commands()[-2:] == [b"NOOP", b"NOOP"], what="two NOOPs at the server")
    engine.release()
    got = session.lines()
    assert without_wait_lines(got) == CLEAN
    session.status()
    assert server.left("bob") == 2  # until QUIT
    session.quit()
    await_condition(lambda: server.left("bob") == 1)


@pytest.mark.parametrize("slow", ["scan", "client"])
def test_a_server_that_logs_out_after_a_minute_keeps_the_session(serve, gateway, login, engine, slow):
    """At a tenth of the time: it logs out after 6 s of silence, and a NOOP is sent every 2.5 s, as with 60 s and the default of 25 s."""
    text = mail.with_attachment(os.urandom(6_000_000)) if slow == "client" else CLEAN
    server = serve([text])
    server.idle_limit = 6
    if slow == "client":
        engine.release()
    session = login(gateway(server, engine.settings | {"pop3": {"patience": "30s", "keep_alive": "2500ms"}}))
    session.send(b"RETR 1\r\nDELE 1\r\n")
    await_condition(lambda: server.commands().count(b"NOOP") >= 3, 30, "longer than the server's limit")
    engine.release()
    session.status()
    assert session.lines() == text
    session.status()
    session.quit()
    await_condition(lambda: server.left("bob") == 0)
    assert [s.ended for s in server.sessions] == ["quit"]


@pytest.mark.parametrize("key", ["keep_alive", "patience"])
def test_check_names_a_time_that_is_too_long_and_its_line_cures_it(lab, serve, key):
    """Its proposed line replaces the rejected one."""
    postern = Postern(lab, {"pop3": {key: "2m"}}, target=serve([CLEAN]), start=False)
    done = postern.command("check", check=False)
    said = re.search(rf"postern\.conf:(\d+): .*{key} is over 50s.*; write: (.*)", done.stdout + done.stderr)
    assert done.returncode == 0 and said, done.stdout + done.stderr
    with open(postern.config, encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert lines[int(said[1]) - 1] == f"{key} = 2m"
    lines[int(said[1]) - 1] = said[2]
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    done = postern.command("check", check=False)
    assert done.returncode == 0 and key not in done.stdout + done.stderr


def test_a_fast_message_has_no_such_line(serve, gateway, login, engine):
    engine.release()
    session = login(gateway(serve([CLEAN]), engine.settings | {"pop3": {"patience": "30s"}}))
    assert session.retr(1) == CLEAN


def test_a_slow_reception_is_bridged(serve, gateway, login, engine):
    engine.release()
    server = serve([CLEAN])
    server.stall_at = len(b"+OK\r\n") + 60
    session = login(gateway(server, engine.settings))
    session.send(b"RETR 1\r\n")
    assert session.line() == b"+OK message follows"
    assert WAIT_LINE.fullmatch(session.line() + b"\r\n")
    server.go.set()
    assert without_wait_lines(session.lines()) == CLEAN


def test_a_message_without_a_header_gets_no_line(serve, gateway, login, engine):
    text = b"no header at all\r\n"
    server = serve([text])
    session = login(gateway(server, engine.settings))
    session.send(b"RETR 1\r\n")
    assert session.line() == b"+OK message follows"
    await_condition(lambda: server.commands()[-2:] == [b"NOOP", b"NOOP"], what="time to pass")
    engine.release()
    assert session.lines() == text


def test_a_failure_after_that_cuts_and_keeps_the_mail(lab, serve, gateway, login, engine):
    broken = script(lab, "broken", f"while [ ! -e {engine.flag} ]; do sleep 0.05; done\nexit 7\n")
    server = serve([CLEAN])
    session = login(gateway(server, engine.settings | {"command": {"run": broken}}))
    session.send(b"RETR 1\r\nDELE 1\r\nQUIT\r\n")
    assert session.line() == b"+OK message follows"
    engine.release()
    rest = session.rest()
    assert b"\r\n.\r\n" not in b"\r\n" + rest and b"-ERR" not in rest and b"Subject: slow" not in rest
    assert not {b"DELE 1", b"QUIT"} & set(server.commands())


@pytest.mark.parametrize("program", [fetchmail, mpop, getmail])
def test_programs_accept_message_and_notice(lab, serve, gateway, engine, program):
    server = serve([CLEAN, BAD])
    postern = gateway(server, engine.settings)
    releasing = release_when_waited_for(engine, server)
    got = program(HERE, postern.address, postern.port, "bob", PASSWORD, lab.make_directory("out"))
    releasing.join()
    assert len(got) == 2
    first = got[0].replace(b"\r\n", b"\n")
    assert b"X-Postern-Wait: " in first and re.sub(rb"X-Postern-Wait: \d+ s\n", b"", first) == CLEAN.replace(b"\r\n", b"\n")
    assert b"Lab.Test" in got[1] and b"Lab-Test-Virus" not in got[1]


def test_poplib_accepts_message_notice_and_top(serve, gateway, engine):
    server = serve([CLEAN, BAD])
    postern = gateway(server, engine.settings)
    client = poplib.POP3(postern.address, postern.port, timeout=30)
    client.user("bob")
    client.pass_(PASSWORD)
    releasing = release_when_waited_for(engine, server)
    got = b"".join(line + b"\r\n" for line in client.top(1, 1)[1])
    assert WAIT_LINE.search(got) and CLEAN.startswith(without_wait_lines(got))
    releasing.join()
    assert b"\r\n".join(client.retr(1)[1]) + b"\r\n" == CLEAN
    assert b"Lab.Test" in b"\n".join(client.retr(2)[1])
    client.quit()


def test_curl_accepts_message_and_top(serve, gateway, engine):
    server = serve([CLEAN])
    postern = gateway(server, engine.settings)
    releasing = release_when_waited_for(engine, server)
    got = curl(HERE, postern.address, postern.port, "bob", PASSWORD, 1)
    releasing.join()
    assert WAIT_LINE.search(got) and without_wait_lines(got) == CLEAN
    assert CLEAN.startswith(without_wait_lines(curl_top(HERE, postern.address, postern.port, "bob", PASSWORD, 1, 1)).replace(b".\r\n", b""))


def test_a_client_that_retries_is_not_refused(serve, gateway, login, engine):
    """A client that gave up during the scan gets its message on the next try [P4]."""
    server = serve([CLEAN])
    postern = gateway(server, engine.settings)
    first = login(postern)
    first.send(b"RETR 1\r\n")
    first.line()
    first.close()
    engine.release()
    second = login(postern)
    try:
        assert without_wait_lines(second.retr(1)) == CLEAN
    except Refused as e:
        pytest.fail(str(e))
