"""Reload: a new configuration while sessions run. None is cut, none is refused, and an invalid one changes nothing."""

import json
import os
import re
import signal
import socket
import threading

import pytest
from conftest import PASSWORD

from lab import HERE, mail
from lab.pop3_client import Refused, Session
from lab.process import await_condition, start_time

CLEAN, INFECTED = mail.plain("clean", "line\n" * 200), mail.infected()


def rewrite(postern, *changes):
    """changes: (a line's key, its new line or None)."""
    with open(postern.config, encoding="utf-8") as f:
        text = f.read()
    for key, line in changes:
        text, n = re.subn(rf"(?m)^{key} = .*\n", lambda _, new=line: new + "\n" if new else "", text)
        assert n == 1, key
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(text)


def reload(postern, check=True):
    return postern.command("reload", check=check)


def status_of(postern):
    return json.loads(postern.command("status", "--json").stdout)


def ask_all(session):
    assert session.retr(1) == CLEAN
    got = session.retr(2)
    assert not mail.is_infected(got) and b"Auto-Submitted" in got


def test_a_session_outlives_a_reload_and_keeps_what_it_has(serve, gateway, login):
    server = serve([CLEAN, INFECTED])
    postern = gateway(server)
    old = login(postern)
    before = postern.children()
    rewrite(postern, ("template", f"subject = [other] notice:\nlanguage = en\ntemplate = {os.path.dirname(postern.binary)}/notices/en.mail"))
    assert "reloaded" in reload(postern).stdout
    ask_all(old)
    new = login(postern)
    assert b"[other] notice:" in new.retr(2)
    assert b"[other] notice:" not in old.retr(2)
    old.quit()
    new.quit()
    await_condition(lambda: not any(start_time(pid) for pid in before.values()), what="all of the old ones to end")
    assert status_of(postern)["sessions"]["now"] == 0
    assert not any(p["leaving"] for p in status_of(postern)["processes"])


class Sitting:
    """Many sessions that stay logged in and fetch in turn; any cut or refusal is recorded."""

    def __init__(self, postern, count, threads=4):
        self.postern, self.wrong, self.done = postern, [], 0
        self.end = threading.Event()
        self.sessions = [Session(postern.address, postern.port, timeout=30) for _ in range(count)]
        for n, session in enumerate(self.sessions):
            session.login(b"user%d" % n, PASSWORD.encode())
        self.threads = [threading.Thread(target=self._run, args=(self.sessions[i::threads],)) for i in range(threads)]

    def _run(self, mine):
        while not self.end.is_set():
            for session in mine:
                try:
                    ask_all(session)
                    self.done += 2
                except Exception as e:  # any exception is a failure of the gateway
                    self.wrong.append(repr(e))
                    return
                if self.end.is_set():
                    return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        for thread in self.threads:
            thread.join()


class Coming:
    """New sessions, one after another: none may be refused."""

    def __init__(self, postern):
        self.postern, self.wrong, self.done = postern, [], 0
        self.end = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(3)]

    def _run(self):
        while not self.end.is_set():
            try:
                with Session(self.postern.address, self.postern.port, timeout=30) as session:
                    session.login(b"coming", PASSWORD.encode())
                    ask_all(session)
                    session.quit()
                self.done += 1
            except Exception as e:
                self.wrong.append(repr(e))

    __enter__, __exit__ = Sitting.__enter__, Sitting.__exit__


@pytest.mark.seconds(600)
def test_a_hundred_reloads_under_two_hundred_sessions(serve, gateway):
    postern = gateway(serve([CLEAN, INFECTED]), {"pop3": {"max_sessions_per_client": 0}, "postern": {"log_level": "info"}})
    with Sitting(postern, 200) as sitting, Coming(postern) as coming:
        for n in range(100):
            if n % 10 == 5:  # more relays, and fewer again
                rewrite(postern, ("relays", f"relays = {1 + n // 10 % 3}"))
            done = reload(postern, check=False)
            assert done.returncode == 0, (n, done.stderr, postern.log()[-3000:])
            assert not sitting.wrong and not coming.wrong, (n, sitting.wrong, coming.wrong, postern.log()[-3000:])
    assert sitting.wrong == [] and coming.wrong == []
    assert sitting.done > 200 and coming.done > 20
    for session in sitting.sessions:
        ask_all(session)
        session.quit()
    await_condition(lambda: not any(p["leaving"] for p in status_of(postern)["processes"]), 20, "the old relays to end")
    assert "reload_failed" not in postern.log() and "level=error" not in postern.log()


def test_a_bad_file_changes_nothing(serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]))
    session = login(postern)
    before = postern.children()
    with open(postern.config, encoding="utf-8") as f:
        good = f.read()
    for bad, what in ((good.replace("listen = ", "listen = malformed "), "listen"), (good.replace("template = ", "template = /nonexistent"), "/nonexistent"),
                      (good.replace("user = nobody", "user = nobody-of-that-name"), "nobody-of-that-name")):
        with open(postern.config, "w", encoding="utf-8") as f:
            f.write(bad)
        done = reload(postern, check=False)
        assert done.returncode == 1 and what in done.stderr and "nothing was changed" in done.stderr
        reported = json.loads(postern.command("reload", "--json", check=False).stdout)
        assert not reported["reloaded"] and any(what in line for line in reported["problems"])
        assert what in postern.log() and "reload_failed" in postern.log()
    assert postern.children() == before
    ask_all(session)
    session.quit()


def test_a_port_that_is_taken_changes_nothing(serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]))
    before = postern.children()
    taken = HERE.listen("127.0.0.1")
    rewrite(postern, ("listen", f"listen = 127.0.0.1:{postern.port} 127.0.0.1:{taken.getsockname()[1]}"))
    done = reload(postern, check=False)
    assert done.returncode == 1 and re.search(r"127\.0\.0\.1:\d+: .*in use", done.stderr)
    assert postern.children() == before
    ask_all(login(postern))


def test_signatures_that_do_not_load_change_nothing(serve, gateway, login):
    """An error that no check can detect: it appears when the new processes start, and they end again."""
    postern = gateway(serve([CLEAN, INFECTED]))
    session = login(postern)
    with open(f"{postern.directory}/database/broken.ldb", "w", encoding="ascii") as f:
        f.write("no;signature\n")
    done = reload(postern, check=False)
    assert done.returncode == 1 and "clamav" in done.stderr
    ask_all(session)
    ask_all(login(postern))
    os.unlink(f"{postern.directory}/database/broken.ldb")
    assert reload(postern).returncode == 0
    ask_all(session)


def test_addresses_come_and_go(serve, gateway, login):
    postern = gateway(serve([CLEAN, INFECTED]))
    first, second = postern.port, HERE.free_port()
    staying = login(postern)
    rewrite(postern, ("listen", f"listen = 127.0.0.1:{first} 127.0.0.1:{second}"))
    reload(postern)
    postern.port = second
    ask_all(login(postern))
    rewrite(postern, ("listen", f"listen = 127.0.0.1:{second}"))
    reload(postern)
    ask_all(login(postern))
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", first), 2) as s:
        assert s.recv(1)
        raise AssertionError("the old address still answers")
    ask_all(staying)


def test_sighup_and_the_log_s_level(serve, gateway, login):
    postern = gateway(serve([CLEAN]), {"postern": {"log_level": "info"}})
    login(postern).quit()
    assert "level=debug" not in postern.log()
    rewrite(postern, ("log_level", "log_level = debug"))
    postern.daemon.process.send_signal(signal.SIGHUP)
    postern.await_log("event=reloaded")
    login(postern).quit()
    postern.await_log("level=debug.*event=session_begin")


def test_the_service_manager_is_told(lab, serve, gateway):
    postern = gateway(serve())
    reported = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    os.unlink(f"{postern.directory}/notify")
    reported.bind(f"{postern.directory}/notify")
    reported.settimeout(10)
    reload(postern)
    assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+\nWATCHDOG=1", reported.recv(200))
    assert reported.recv(200) == b"READY=1"
    reported.close()


def test_settings_that_take_a_restart_are_told(serve, gateway):
    postern = gateway(serve())
    rewrite(postern, ("log_level", f"log_level = debug\npid_file = {postern.directory}/pid"))
    done = reload(postern)
    assert "warning: [postern] pid_file" in done.stderr


def test_stopping_while_a_reload_goes_on(serve, gateway):
    postern = gateway(serve())
    for _ in range(3):
        postern.daemon.process.send_signal(signal.SIGHUP)
    postern.stop()
    assert postern.daemon is None


def test_an_unprivileged_user_cannot_reload(serve, gateway):
    postern = gateway(serve())
    done = HERE.run(["setpriv", "--reuid=7777", "--regid=7777", "--clear-groups", postern.binary, "reload", "-c", postern.config], check=False)
    assert done.returncode == 1 and "only root" in done.stderr
    assert "event=reload" not in postern.log()


def test_reload_of_a_service_that_does_not_run(serve, gateway):
    postern = gateway(serve())
    postern.stop()
    assert reload(postern, check=False).returncode == 3


def test_without_root(lab, serve, closing):
    from test_start import unprivileged
    postern = closing(unprivileged(lab, serve([CLEAN, INFECTED])))
    with Session(postern.address, postern.port) as session:
        session.login(password=PASSWORD.encode())
        assert reload(postern).returncode == 0
        ask_all(session)
        with pytest.raises(Refused):
            session.ask(b"RETR 9")
        session.quit()
