"""Failures within the gateway: killed processes, engines gone, a read-only or full quarantine. No virus passes, no mail is lost [P5]."""

import ctypes
import os
import signal
import threading
import time

import pytest
from conftest import PASSWORD

from lab import HERE, mail
from lab.clamd import WaitingClamd
from lab.pop3_client import Refused, Session
from lab.postern import check_log, script
from lab.process import await_condition, start_time

CLEAN, INFECTED = mail.plain("clean", "line\n" * 200), mail.infected()


class Load:
    """Runs sessions in several threads, one after another. Every result is judged: the clean message, a notice, -ERR or a cut."""

    def __init__(self, postern, clients=6):
        self.postern = postern
        self.end = threading.Event()
        self.wrong = []
        self.good = []          # times at which a message or notice arrived complete
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        for thread in self.threads:
            thread.join()

    def _run(self, number):
        while not self.end.is_set():
            try:
                self._session(b"user%d" % number)
            except (Refused, EOFError, OSError):
                time.sleep(0.005)

    def _session(self, user):
        with Session(self.postern.address, self.postern.port, timeout=20) as session:
            session.login(user, PASSWORD.encode())
            for n in (1, 2, 1, 2):
                got = session.retr(n)
                is_right = got == CLEAN if n == 1 else not mail.is_infected(got) and b"Auto-Submitted: auto-generated\r\n" in got
                if not is_right:
                    self.wrong.append((n, got))
                self.good.append(time.monotonic())
            session.quit()

    def await_good(self, count, timeout=20):
        """Waits for that many more messages."""
        now = time.monotonic()
        await_condition(lambda: sum(t > now for t in self.good[-500:]) >= count, timeout, f"{count} messages")


ROLES = ["relay", "scan", "clamav", "reader", "keeper"]


@pytest.mark.parametrize("role", ROLES)
def test_kill_9_under_load(serve, gateway, role):
    server = serve([CLEAN, INFECTED])
    postern = gateway(server)
    with Load(postern) as load:
        load.await_good(20)
        for _ in range(3):
            key, pid = sorted(postern.children(role).items())[-1]
            os.kill(pid, signal.SIGKILL)
            killed = time.monotonic()
            await_condition(lambda k=key, p=pid: postern.children(role)[k] != p, 10, f"another {role}")
            load.await_good(20)
            # The service is back within a second, but the test machine may be busy.
            assert min(t for t in load.good if t > killed) - killed < 5
    assert load.wrong == []
    assert all(server.left(user) == 2 for user in server.mailboxes)
    # With everything restored, both messages arrive as they should.
    with Session(postern.address, postern.port) as session:
        session.login(password=PASSWORD.encode())
        assert session.retr(1) == CLEAN
        assert not mail.is_infected(session.retr(2))
        session.quit()
    for pid in postern.children().values():
        assert start_time(pid)


def test_kill_9_of_a_worker_that_scans(serve, gateway):
    """The workers are children of the loader, not of the parent."""
    server = serve([CLEAN, INFECTED])
    postern = gateway(server)

    def workers():
        [loader] = postern.children("clamav").values()
        return children_of(loader)

    with Load(postern) as load:
        load.await_good(20)
        for _ in range(3):
            before = await_condition(workers, 5)
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            await_condition(lambda b=before: set(workers()) - set(b), 10, "new workers")
            load.await_good(20)
    assert load.wrong == []


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except FileNotFoundError:
        return []


def test_the_parent_killed_takes_everything_with_it(serve, gateway):
    postern = gateway(serve([CLEAN]))
    pids = list(postern.children().values())
    os.kill(postern.daemon.pid, signal.SIGKILL)
    await_condition(lambda: not any(start_time(p) for p in pids), 10, "the children to end")
    postern.daemon = None


def retr_refused(session, n):
    with pytest.raises(Refused) as refusal:
        session.retr(n)
    assert refusal.value.args[0].startswith(b"-ERR [SYS/TEMP]")


def assert_kept_on_server(session):
    """An infected message that cannot be stored: no notice, no deletion, and the rest of the mailbox works."""
    retr_refused(session, 2)
    with pytest.raises(Refused):
        session.ask(b"DELE 2")
    assert session.retr(1) == CLEAN


@pytest.fixture
def adopting():
    """The children of a parent that is killed become children of this process, which learns how they end."""
    PR_SET_CHILD_SUBREAPER = 36
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


def ending(pid):
    """Waits for the adopted process and returns its exit status, or minus the signal that ended it."""
    status = []

    def has_ended():
        found, code = os.waitpid(pid, os.WNOHANG)
        if found:
            status.append(os.waitstatus_to_exitcode(code))
        return found

    await_condition(has_ended, 20, f"process {pid} to end")
    return status[0]


def kill_parent_during_a_scan(postern, clamd):
    """Returns how scan ends: killed by the kernel because its parent is dead, or in order if it runs first, as it can on one
    processor where the parent runs at the lowest priority."""
    children = postern.children()
    scan = children["scan", 0]
    relays = [pid for (role, _), pid in children.items() if role == "relay"]
    for pid in (postern.daemon.pid, scan):
        os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})
    os.sched_setscheduler(postern.daemon.pid, os.SCHED_IDLE, os.sched_param(0))
    with Session(postern.address, postern.port, timeout=20) as session:
        session.login(b"bob", PASSWORD.encode())
        before = clamd.seen
        session.send(b"RETR 1\r\n")
        await_condition(lambda: clamd.seen > before, 20, "clamd to scan the message")
        for pid in relays:
            os.kill(pid, signal.SIGSTOP)
        os.kill(postern.daemon.pid, signal.SIGKILL)
        postern.daemon.wait()
        for pid in relays:
            os.kill(pid, signal.SIGKILL)
        status = {pid: ending(pid) for pid in children.values()}
    check_log(postern.log(), ())
    postern.daemon = None
    return status[scan]


def test_the_parent_is_killed_during_a_scan(lab, serve, gateway, closing, adopting):
    """scan loses its parent while relays still wait for a verdict. It does not crash."""
    clamd = closing(WaitingClamd(lab))
    pop3 = serve([mail.plain("slow", WaitingClamd.SLOW.decode())])
    settings = {"scan": {"engines": "clamd", "self_test": "none"}, "clamd": {"socket": clamd.path}}
    statuses = {kill_parent_during_a_scan(gateway(pop3, settings), clamd) for _ in range(6)}
    assert statuses <= {0, -signal.SIGKILL}


def test_a_quarantine_that_became_read_only(serve, gateway, login):
    server = serve([CLEAN, INFECTED])
    postern = gateway(server)
    os.chown(postern.quarantine, 0, 0)
    os.chmod(postern.quarantine, 0o555)
    session = login(postern)
    assert_kept_on_server(session)
    os.chown(postern.quarantine, 65534, 65534)
    os.chmod(postern.quarantine, 0o700)
    assert b"Auto-Submitted" in session.retr(2)
    session.ask(b"DELE 2")
    session.quit()
    assert server.left("bob") == 1


def test_a_quarantine_that_is_full(lab, serve, gateway, login):
    place = lab.make_directory("small")
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=128k,uid=65534,gid=65534,mode=700", "lab", place])
    try:
        server = serve([CLEAN, INFECTED])
        postern = gateway(server, {"quarantine": {"directory": place, "min_free_bytes": 0}})
        filler = os.path.join(place, "filler")
        with pytest.raises(OSError, match="No space"), open(filler, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
        session = login(postern)
        assert_kept_on_server(session)
        assert not any(mail.is_infected(read(f"{place}/{name}")) for name in os.listdir(place) if name != "filler"), "a draft was left"
        os.unlink(filler)
        assert b"Auto-Submitted" in session.retr(2)
        session.quit()
    finally:
        HERE.run(["umount", "-l", place])


def read(path):
    if not os.path.isfile(path):
        return b""
    with open(path, "rb") as f:
        return f.read()


def test_an_engine_that_fails_and_recovers(lab, serve, gateway, login):
    broken = os.path.join(lab.make_directory("flag"), "broken")
    engine = script(lab, "engine", f"[ -e {broken} ] && exit 2\nexit 0\n")
    server = serve([CLEAN, INFECTED])
    session = login(gateway(server, {"scan": {"engines": "command"}, "command": {"run": engine}}))
    assert session.retr(1) == CLEAN
    with open(broken, "wb"):
        pass
    retr_refused(session, 1)
    with pytest.raises(Refused):
        session.ask(b"DELE 1")
    os.unlink(broken)
    assert session.retr(1) == CLEAN
    session.ask(b"DELE 1")
    session.quit()
    assert server.left("bob") == 1


def test_an_engine_that_is_killed_says_nothing(lab, serve, gateway, login):
    engine = script(lab, "engine", "kill -9 $$\n")
    session = login(gateway(serve([CLEAN]), {"scan": {"engines": "command"}, "command": {"run": engine}}))
    retr_refused(session, 1)
    session.quit()


def test_failed_deliver_hands_out_marked(lab, serve, gateway, login):
    engine = script(lab, "engine", "exit 2\n")
    session = login(gateway(serve([CLEAN]), {"scan": {"engines": "command"}, "command": {"run": engine}, "policy": {"failed": "deliver"}}))
    got = session.retr(1)
    assert got.endswith(CLEAN) and got.startswith(b"X-Postern: not scanned")
    session.quit()


def test_a_scan_past_its_deadline_is_ended(lab, serve, gateway, login):
    engine = script(lab, "engine", 'grep -q "Subject: clean" "$1" && exec sleep 1000\nexit 0\n')
    postern = gateway(serve([CLEAN]), {"scan": {"engines": "command", "deadline": "2s"}, "command": {"run": engine}})
    session = login(postern)
    notice = session.retr(1)
    assert b"Auto-Submitted: auto-generated\r\n" in notice
    session.quit()
    assert postern.incidents()[0]["verdict"] == "unscannable"
