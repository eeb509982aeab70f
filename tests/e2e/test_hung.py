"""Processes that give no sign of life: each is detected and replaced like a dead one, and no mail is lost or passes unscanned meanwhile."""

import contextlib
import os
import re
import signal
import threading
import time

import pytest

from lab import mail
from lab.host import HERE
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, Postern
from lab.process import await_condition, freeze, kill_quietly, start_time
from lab.service_manager import ServiceManager

NOTICED_S = 20  # ten seconds by contract; the rest is for a slow machine
MESSAGES = [mail.plain("one"), mail.infected(), mail.with_attachment(os.urandom(200_000))]


def kind(message):
    return "virus" if mail.is_infected(message) else "notice" if b"X-Postern-Incident" in message else "mail"


class Clients:
    """Runs sessions one after another, in threads; counts the results, and records errors."""

    def __init__(self, postern, n=3):
        self.postern, self.done, self.refused, self.wrong = postern, 0, 0, []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(n)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        while not self.is_over.is_set():
            try:
                self._session()
                self.done += 1
            except (OSError, EOFError, Refused, AssertionError):
                self.refused += 1
                time.sleep(0.05)

    def _session(self):
        with contextlib.closing(Session(self.postern.address, self.postern.port, timeout=30)) as session:
            session.login(b"bob", PASSWORD.encode())
            for number, sent in enumerate(MESSAGES, 1):
                try:
                    got = session.retr(number)
                except Refused:
                    self.refused += 1
                    continue
                if kind(got) != kind(sent).replace("virus", "notice") or (kind(sent) == "mail" and got != sent):
                    self.wrong.append((number, got[:2000]))
            session.quit()

    def await_more(self, n=3):
        """Waits for so many sessions that begin from now on and end well."""
        target = self.done + n + len(self.threads)
        await_condition(lambda: self.done >= target, 60, "more sessions")

    def close(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)


def pids_of(postern, role):
    """Returns the pids of live processes of the service by name, including workers."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if entry.isdigit() and belongs(int(entry), postern.daemon.pid) and start_time(int(entry)) is not None:
                found.append((int(entry), open(f"/proc/{entry}/cmdline", "rb").read().split(b"\0")[0].decode()))
    return [pid for pid, name in found if name == role]


def belongs(pid, ancestor):
    for _ in range(5):
        if pid == ancestor:
            return True
        with open(f"/proc/{pid}/stat", "rb") as f:
            pid = int(f.read().rsplit(b")", 1)[1].split()[1])
    return False


@pytest.fixture
def busy(gateway, serve, closing):
    """A service with clients that never stop."""
    postern = gateway(serve(MESSAGES), {"postern": {"relays": 2}, "builtin": {"workers": 2}})
    clients = closing(contextlib.closing(Clients(postern)))
    clients.await_more(1)
    return postern, clients


@pytest.mark.parametrize("role", ["relay", "scan", "reader", "clamav"])
def test_a_child_that_was_stopped_is_replaced(busy, role):
    postern, clients = busy
    (_, index), pid = next(iter(postern.children(role).items()))
    freeze(pid)
    postern.await_log(rf"event=child_hung role={role} index={index} pid={pid} state=T", NOTICED_S)
    postern.await_log(rf"event=child_ended role={role} index={index} pid={pid} signal=9")
    await_condition(lambda: postern.children(role).get((role, index), pid) != pid, what="another one")
    clients.await_more()
    clients.close()
    assert clients.wrong == []
    assert login_and_read(postern) == ["mail", "notice", "mail"]


def login_and_read(postern):
    with contextlib.closing(Session(postern.address, postern.port, timeout=60)) as session:
        session.login(b"bob", PASSWORD.encode())
        got = [kind(session.retr(number)) for number in (1, 2, 3)]
        session.quit()
    return got


@pytest.mark.seconds(240)
def test_the_keeper_has_more_time_for_its_disk(busy):
    postern, clients = busy
    (_, index), pid = next(iter(postern.children("keeper").items()))
    freeze(pid)
    stopped = time.monotonic()
    postern.await_log(rf"event=child_hung role=keeper index={index} pid={pid} state=T", 120)
    assert time.monotonic() - stopped > 40
    clients.await_more()
    clients.close()
    assert clients.wrong == [] and login_and_read(postern) == ["mail", "notice", "mail"]


def test_a_worker_that_was_stopped_costs_no_message(busy):
    postern, clients = busy
    refused = clients.refused
    for pid in pids_of(postern, "postern-clamav")[1:]:
        kill_quietly(pid, signal.SIGSTOP)
    postern.await_log("event=worker_stopped")
    clients.await_more()
    clients.close()
    assert clients.wrong == [] and clients.refused == refused
    assert not re.search(r"unscannable=limits", postern.log())


def test_a_parent_that_was_stopped_restarts_no_child(gateway, serve):
    """The same after the whole service was stopped and continued, as when a machine is suspended."""
    postern = gateway(serve(MESSAGES))
    before = postern.children()
    freeze(postern.daemon.pid)
    assert login_and_read(postern) == ["mail", "notice", "mail"]  # its children do not need it
    everybody = [postern.daemon.pid, *before.values()]
    for pid in everybody:
        freeze(pid)
    time.sleep(12)  # longer than a child may be silent: there is no event to wait for
    for pid in everybody:  # the parent first: the others have not answered yet
        os.kill(pid, signal.SIGCONT)
    assert login_and_read(postern) == ["mail", "notice", "mail"]
    postern.command("status")
    assert postern.children() == before and "child_hung" not in postern.log()


def test_a_child_that_is_stopped_before_it_is_ready(gateway, serve, lab):
    """At a reload, which it would otherwise block for ever."""
    postern = gateway(serve(MESSAGES))
    old = set(postern.children("clamav").values())
    os.kill(postern.daemon.pid, signal.SIGHUP)
    new = await_condition(lambda: set(postern.children("clamav").values()) - old, what="a new engine").pop()
    freeze(new)
    if re.search(rf"event=child_ready role=clamav index=\d+ pid={new}\b", postern.log()):
        pytest.skip("it was ready too soon")
    postern.await_log(rf"event=child_hung role=clamav index=\d+ pid={new} ", NOTICED_S)
    postern.await_log("event=(reload_failed|reloaded|not_reloaded)")
    assert login_and_read(postern) == ["mail", "notice", "mail"]


def test_a_stopped_parent_sends_no_sign_of_life(lab, serve, closing):
    """What a manager like systemd receives: signs of life only while the parent's loop runs."""
    postern = Postern(lab, {"scan": {"engines": "none"}}, target=serve([mail.plain()]), start=False)
    manager = closing(ServiceManager(os.path.join(postern.directory, "watched"), WATCHDOG_USEC="1000000"))
    postern.daemon = lab.start([postern.binary, "run", "-c", postern.config], name="postern", log=postern.log_path, env=manager.environment)
    closing(postern)
    await_condition(lambda: manager.heard.count("WATCHDOG=1") >= 3 and "READY=1" in manager.heard, 30, "signs of life")
    freeze(postern.daemon.pid)
    assert manager.misses_watchdog(1, 10)
    os.kill(postern.daemon.pid, signal.SIGCONT)
    assert not manager.misses_watchdog(1, 3)


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_a_stopped_service_is_told_with_its_cure(gateway, serve, command):
    postern = gateway(serve([mail.plain()]), {"scan": {"engines": "none"}})
    freeze(postern.daemon.pid)
    reported = postern.command(command, check=False)
    assert reported.returncode != 0
    cure = re.search(r"stopped by a signal.*(kill -CONT \d+)", reported.stdout + reported.stderr)[1]
    HERE.run(cure.split())
    reported = postern.command(command, check=False)
    assert "stopped by a signal" not in reported.stdout + reported.stderr
    assert postern.command("status").returncode == 0
