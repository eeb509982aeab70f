"""clamd as the engine: over its Unix socket and its port, killed, missing, lying, and without its alerts [V1, V2]."""

import concurrent.futures
import json
import os
import re
import socket
import threading

import pytest
from conftest import PASSWORD

from lab import mail
from lab.clamd import Clamd, LyingClamd
from lab.pop3_client import Refused, Session
from lab.process import await_condition

CLEAN, INFECTED, ZIPPED = mail.plain("greetings"), mail.infected(), mail.infected_zip()


def by(*sockets, **scan):
    return {"scan": {"engines": "clamd"} | scan, "clamd": {"socket": " ".join(sockets)}}


def by_liar(liar, **scan):
    """The test is about its replies to messages, not to the test virus."""
    return by(liar.path, self_test="none", **scan)


@pytest.fixture(scope="module")
def clamd():
    from lab.network import Lab
    with Lab("e2e", hosts=()) as lab:
        yield Clamd(lab)


@pytest.mark.parametrize("way", ["path", "tcp"])
def test_it_scans(clamd, serve, gateway, login, way):
    postern = gateway(serve([CLEAN, INFECTED, ZIPPED, mail.plain("large", "x" * 300000 + "\n")]), by(getattr(clamd, way)))
    session = login(postern)
    assert session.retr(1) == CLEAN
    for number in (2, 3):
        assert b"Eicar-Test-Signature" in session.retr(number)
    assert len(session.retr(4)) > 300000
    session.quit()
    assert {i["engine"] for i in postern.incidents()} == {"clamd"}
    assert all(i["signatures"].startswith("ClamAV ") for i in postern.incidents())
    [reported] = json.loads(postern.command("status", "--json").stdout)["engines"]
    assert reported["name"] == "clamd" and reported["ready"] and reported["signatures"].startswith("ClamAV ")


def test_addresses_are_tried_in_turn(clamd, serve, gateway, login):
    session = login(gateway(serve([CLEAN, INFECTED]), by("/nonexistent/clamd.ctl", "127.0.0.1:1", clamd.path)))
    assert session.retr(1) == CLEAN
    assert b"Eicar" in session.retr(2)
    session.quit()


def test_every_engine_says_the_same(lab, clamd, serve, gateway, login):
    script = {"engines": "command"}
    notices = {}
    for name, settings in {"builtin": {}, "fildes": by(clamd.path), "instream": by(clamd.tcp),
                           "command": {"scan": script, "command": {"run": f"/usr/bin/clamscan --no-summary -i -d {clamd.database}"}}}.items():
        session = login(gateway(serve([INFECTED]), settings))
        notice = session.retr(1)
        session.quit()
        assert b"Eicar-Test-Signature.UNOFFICIAL" in notice, name
        # Different in each run: port, incident and its file, addresses.
        notices[name] = [line for line in notice.split(b"\r\n") if not any(c in line for c in (b"POP3 from", b"Incident", b"Message-ID"))
                         and not any(len(word) >= 32 for word in line.split())]
    assert len({tuple(n) for n in notices.values()}) == 1


@pytest.mark.parametrize("answer", [b"fd[10]: OK", b"", b"\0", b"OK\0", b"fd[10]: OK\n\0", b"fd[10]: (null) FOUND\0", b"stream: OK\0",
                                    b"fd[10]: Can't allocate memory ERROR\0", b"fd[10]: OK\0fd[10]: OK\0", b"x" * 5000], ids=range(10))
def test_only_an_exact_ok_is_clean(lab, serve, gateway, login, closing, answer):
    liar = closing(LyingClamd(lab, answer))
    server = serve([CLEAN])
    session = login(gateway(server, by_liar(liar)))
    session.send(b"RETR 1\r\nDELE 1\r\n")
    for _ in range(2):
        with pytest.raises(Refused, match="SYS/TEMP"):
            session.status()
    liar.answer = b"fd[7]: OK\0"
    assert session.retr(1) == CLEAN
    session.quit()


def test_one_that_hangs_is_given_up(lab, serve, gateway, login, closing):
    """It does not answer any request: the engine is at fault, and not the message."""
    liar = closing(LyingClamd(lab, None))
    postern = gateway(serve([CLEAN]), by_liar(liar, deadline="1s"))
    with pytest.raises(Refused, match="SYS/TEMP"):
        login(postern).retr(1)
    assert postern.incidents() == []


def test_one_that_takes_connections_and_says_nothing(lab, serve, gateway, login, closing):
    """As if its queue were full: not even its version is answered."""
    path = f"{lab.make_directory('mute')}/clamd.ctl"
    mute = closing(socket.socket(socket.AF_UNIX))
    mute.bind(path)
    os.chmod(path, 0o666)
    mute.listen(100)
    postern = gateway(serve([CLEAN]), by(path, deadline="1s"))
    session = login(postern)
    with pytest.raises(Refused, match="SYS/TEMP"):
        session.retr(1)
    session.ask(b"NOOP")
    session.quit()
    assert postern.incidents() == []


def test_a_socket_that_is_not_there(serve, gateway, login):
    """The service still starts, since clamd may start later; until then all mail stays on its server."""
    server = serve([CLEAN, INFECTED])
    postern = gateway(server, by("/nonexistent/clamd.ctl"))
    postern.await_log("level=error .*event=clamd .*cannot be reached")
    session = login(postern)
    session.send(b"RETR 2\r\nDELE 2\r\nSTAT\r\n")
    for _ in range(2):
        with pytest.raises(Refused):
            session.status()
    session.status()
    session.quit()
    assert server.left("bob") == 2


def test_gone_and_back_again(lab, serve, gateway, login):
    clamd = Clamd(lab)
    session = login(gateway(serve([CLEAN, INFECTED]), by(clamd.path)))
    clamd.kill()
    with pytest.raises(Refused, match="SYS/TEMP"):
        session.retr(1)
    clamd.start()
    assert session.retr(1) == CLEAN
    assert b"Eicar" in session.retr(2)


def test_killed_fifty_times_under_load_it_loses_and_lets_through_nothing(lab, serve, gateway):
    clamd = Clamd(lab)
    messages = [mail.plain(f"clean {n}", "text\n" * n) if n % 3 else mail.infected() for n in range(1, 13)]
    server = serve(messages)
    postern = gateway(server, by(clamd.path, cache_entries="0"))
    over = threading.Event()
    is_back = threading.Event()

    def fetch(session, number):
        while True:
            try:
                return session.retr(number)
            except Refused:
                assert is_back.wait(60)

    def load(user):
        fetched = 0
        while not over.is_set():
            with Session(postern.address, postern.port) as session:
                session.login(user, PASSWORD.encode())
                for number, message in enumerate(messages, 1):
                    got = fetch(session, number)
                    assert not mail.is_infected(got)
                    assert got == message or mail.is_infected(message)
                    fetched += 1
                session.quit()
        return fetched

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        users = [b"user%d" % n for n in range(8)]
        running = [pool.submit(load, user) for user in users]
        try:
            for _ in range(50):
                is_back.clear()
                clamd.kill()
                clamd.start()
                is_back.set()
        finally:
            over.set()
        assert all(one.result(60) > 0 for one in running)
    assert all(server.left(user.decode()) == len(messages) for user in users)


def test_missing_alerts_are_told_and_others_are_not(lab, serve, gateway, login):
    reported = r"event=clamd_alerts"
    without = gateway(serve([CLEAN]), by(Clamd(lab, alerts=False).path))
    without.await_log(reported)
    with_them = gateway(serve([CLEAN]), by(Clamd(lab).path))
    with_them.await_log(r"event=clamd text=\"?ClamAV")
    session = login(with_them)
    assert session.retr(1) == CLEAN
    session.quit()
    assert "event=clamd_alerts" not in with_them.log()


def test_limits_and_encryption_are_unscannable(lab, serve, gateway, login):
    clamd = Clamd(lab, limits="MaxFileSize 50K\nStreamMaxLength 200K")
    large = mail.plain("large", "many words\n" * 10000)
    for address in (clamd.path, clamd.tcp):
        postern = gateway(serve([large, mail.plain("huge", "many words\n" * 60000)]), by(address))
        session = login(postern)
        for number in (1, 2):
            assert b"Auto-Submitted" in session.retr(number)
        session.quit()
        assert {i["verdict"] for i in postern.incidents()} == {"unscannable"}


def test_another_version_between_two_scans_forgets_what_the_first_has_said(lab, serve, gateway, login, closing):
    clamd = closing(LyingClamd(lab, b"fd[7]: OK\0"))
    postern = gateway(serve([CLEAN]), by_liar(clamd))
    postern.await_log(r"event=clamd .*9\.9\.9/1")
    session = login(postern)
    assert session.retr(1) == CLEAN
    clamd.answer = b"fd[7]: Lab.New FOUND\0"
    assert session.retr(1) == CLEAN
    clamd.version = b"ClamAV 9.9.9/2/today"
    postern.await_log(r"event=clamd .*9\.9\.9/2", timeout=30)
    await_condition(lambda: b"Lab.New" in session.retr(1), what="the verdict to be forgotten")  # the log line comes a moment earlier
    session.quit()
    assert [i["signatures"] for i in postern.incidents()] == ["ClamAV 9.9.9/2"]


def test_new_signatures_empty_the_memory(lab, serve, gateway, login):
    clamd = Clamd(lab)
    postern = gateway(serve([CLEAN]), by(clamd.path) | {"postern": {"log_level": "debug"}})
    session = login(postern)
    postern.await_log(r"event=clamd text=\"?ClamAV")
    session.retr(1)
    session.retr(1)
    session.quit()
    await_condition(lambda: "verdict_known" in postern.log())


CONNECTIONS = "[clamd] connections = 10 is not less than MaxThreads of clamd, 10"


def test_too_few_threads_of_clamd_are_reported_until_the_cure_is_taken(lab, serve, gateway):
    """By `check` and by `doctor`; both cures, as they are printed. The lab's clamd has 10 threads."""
    clamd = Clamd(lab)
    settings = {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path, "connections": 10}}
    postern = gateway(serve(), settings)
    warned = [postern.command("check").stderr, postern.command("doctor", check=False).stdout]
    for output in warned:
        assert CONNECTIONS in output
        assert "set connections = 9 in [clamd], or set MaxThreads 11 in clamd's configuration" in re.sub(r"\s+", " ", output)
    with open(postern.config, encoding="utf-8") as f:
        text = f.read()
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(text.replace("connections = 10\n", "connections = 9\n"))
    assert "MaxThreads" not in postern.command("check").stderr + postern.command("doctor", check=False).stdout
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(text)
    clamd.kill()
    clamd.threads = 11
    clamd.start()
    assert "MaxThreads" not in postern.command("check").stderr + postern.command("doctor", check=False).stdout


def test_a_clamd_that_does_not_report_its_threads_gives_no_warning(lab, serve, gateway, closing):
    liar = closing(LyingClamd(lab, b"fd[9]: OK\0"))
    settings = {"scan": {"engines": "clamd", "self_test": "none"}, "clamd": {"socket": liar.path, "connections": 1000}}
    assert "MaxThreads" not in gateway(serve(), settings).command("doctor", check=False).stdout
