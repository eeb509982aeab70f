"""The log's reader stops reading: mail continues, the service can be stopped, and lost lines are counted."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import tty

import pytest
from watched_proxies import QUICK, Mirror

from lab import mail
from lab.host import HERE
from lab.pop3_client import Session
from lab.postern import PASSWORD, Postern
from lab.process import await_condition, freeze, kill_quietly
from lab.service_manager import ServiceManager

MESSAGE = mail.plain("one")
DROPPED = re.compile(rb"level=warning process=\S+ event=log_dropped dropped=(\d+)\n")
WHOLE = re.compile(rb"^ts=.* process=relay-0 event=(?:message .* fate=delivered|session .* culprit=none)\n", re.M)


def pipe():
    return os.pipe()


def journal():
    """As systemd provides it: a stream socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return ours.detach(), theirs.detach()


def terminal():
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    return ours, theirs


KINDS = pytest.mark.parametrize("kind", [pipe, journal, terminal])


class Log:
    """What a service logs to, and its reader, which reads when asked."""

    def __init__(self, kind=pipe):
        self.ours, self.theirs = kind()
        self.text = b""
        os.set_blocking(self.ours, False)

    def fill(self):
        """Writes lines until nothing more can be written."""
        os.set_blocking(self.theirs, False)
        for piece in (b"-" * 1023 + b"\n", b"\n"):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(self.theirs, piece)
        os.set_blocking(self.theirs, True)

    def read(self):
        with contextlib.suppress(BlockingIOError):
            while got := os.read(self.ours, 65536):
                self.text += got
        return self.text

    def of_sessions(self):
        """Two complete lines per session; a truncated one counts as lost."""
        return WHOLE.findall(self.read())

    def dropped(self):
        return [int(n) for n in DROPPED.findall(self.read())]

    def total(self):
        return len(self.of_sessions()) + sum(self.dropped())

    def close(self):
        os.close(self.ours)
        os.close(self.theirs)


def child_of(parent, title):
    """Returns the pid of the child with this title, or None."""
    with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as f:
        for pid in f.read().split():
            with open(f"/proc/{pid}/cmdline", "rb") as c:
                if c.read().rstrip(b"\0").decode() == f"postern: {title}":
                    return int(pid)
    return None


class Service:
    """A Postern that logs to `to`, with a manager that reads its notifications."""

    def __init__(self, postern, to):
        self.postern = postern
        self.manager = ServiceManager(os.path.join(postern.directory, "notify"))
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", postern.binary, "run", "-c", postern.config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=to, env=self.manager.environment, start_new_session=True)
        await_condition(self._is_ready, 60, "postern to be ready")

    def _is_ready(self):
        assert self.process.poll() is None, "it has ended"
        return "READY=1" in self.manager.heard

    def fetch(self, times=1):
        """Fetches message 1 so many times. Returns the last copy."""
        for _ in range(times):
            with contextlib.closing(Session(self.postern.address, self.postern.port, timeout=20)) as session:
                session.login(b"bob", PASSWORD.encode())
                got = session.retr(1)
                session.quit()
        return got

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)

    def close(self):
        kill_quietly(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.manager.__exit__()


@pytest.fixture
def service(lab, serve, closing):
    def start(to, messages=(MESSAGE,), level="info", **more):
        postern = Postern(lab, {"scan": {"engines": "none"}, "postern": {"relays": 1, "log_level": level}} | more, target=serve(list(messages)),
                          start=False)
        return closing(contextlib.closing(Service(postern, to)))
    return start


@pytest.fixture
def log(closing):
    return lambda *arguments: closing(contextlib.closing(Log(*arguments)))


@KINDS
def test_mail_goes_on_and_what_was_lost_is_counted(service, log, kind):
    said = log(kind)
    it = service(said.theirs)
    it.fetch()
    await_condition(lambda: said.total() == 2, what="the first session in the log")
    assert said.dropped() == []
    said.fill()
    assert it.fetch(20) == MESSAGE
    assert os.get_blocking(said.theirs), "the open file is others' as well"
    # The parent reports it without another event.
    await_condition(lambda: said.total() >= 42, what="all lines, or their count")
    assert said.total() == 42
    assert said.dropped() and it.fetch() == MESSAGE
    assert it.stop() == 0


@KINDS
def test_the_service_starts_and_ends_while_the_log_stands_still(service, log, kind):
    said = log(kind)
    said.fill()
    it = service(said.theirs)
    assert it.fetch() == MESSAGE
    assert it.stop() == 0


def test_the_count_comes_before_the_next_line(service, log):
    said = log()
    it = service(said.theirs)
    said.fill()
    it.fetch(3)
    freeze(it.process.pid)  # it would report sooner
    said.read()
    at = len(said.text)
    it.fetch()
    await_condition(lambda: said.read()[at:].count(b"\n") >= 3, what="the next lines")
    assert DROPPED.search(said.text[at:].split(b"\n")[0] + b"\n")
    os.kill(it.process.pid, signal.SIGCONT)
    assert it.stop() == 0


def test_every_process_goes_on(service, log):
    """Engine, reader and keeper log, too; a reload restarts all of them."""
    said = log()
    it = service(said.theirs, [mail.infected()], level="debug", scan={"engines": "builtin"})
    said.fill()
    for _ in range(2):
        assert b"X-Postern-Incident" in it.fetch()
        it.postern.command("reload")
    assert "engine" in it.postern.command("status").stdout
    assert it.stop() == 0
    assert said.dropped() == [], "there was room"


def test_a_file_on_a_disk_that_hangs(service, lab):
    path = os.path.join(lab.make_directory("log"), "log")
    with open(path, "ab") as f:
        it = service(f, level="debug")
    await_condition(lambda: "event=started" in open(path, encoding="utf-8").read(), what="the log to be written")
    writer = child_of(it.process.pid, "log")
    freeze(writer)
    assert os.stat(f"/proc/{writer}").st_uid != 0
    size = os.path.getsize(path)
    assert it.fetch(400) == MESSAGE
    assert os.path.getsize(path) == size
    assert it.stop() == 0
    kill_quietly(writer, signal.SIGCONT)  # the kernel does the same to a stopped process whose session has ended
    await_condition(lambda: not os.path.exists(f"/proc/{writer}"), what="it to write the rest and end")
    assert "event=stopped" in open(path, encoding="utf-8").read() or "event=log_dropped" in open(path, encoding="utf-8").read()


def test_the_process_that_writes_the_log_is_replaced(gateway, serve, login):
    postern = gateway(serve([MESSAGE]), {"scan": {"engines": "none"}})
    writer = await_condition(lambda: child_of(postern.daemon.pid, "log"), what="its process")
    os.kill(writer, signal.SIGKILL)
    assert login(postern).retr(1) == MESSAGE
    postern.await_log("event=log_writer_ended")
    postern.await_log("event=message .*fate=delivered")


def test_a_full_disk_loses_lines_and_no_mail(service, closing, tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)])
    closing(contextlib.closing(Mounted(str(place))))
    with open(place / "log", "ab") as f:
        it = service(f)
    await_condition(lambda: b"event=started" in (place / "log").read_bytes(), what="the log to be written")
    with open(place / "filler", "wb", buffering=0) as f, contextlib.suppress(OSError):
        while True:
            f.write(b"-" * 64)
    assert it.fetch(40) == MESSAGE
    os.unlink(place / "filler")

    def total():
        text = (place / "log").read_bytes()
        return len(WHOLE.findall(text)) + sum(int(n) for n in DROPPED.findall(text))
    await_condition(lambda: total() >= 80, what="the count")
    assert total() == 80 and DROPPED.search((place / "log").read_bytes())
    assert it.stop() == 0


class Mounted:
    def __init__(self, place):
        self.place = place

    def close(self):
        HERE.run(["umount", "-l", self.place])


def test_the_gateways_watch_goes_on(bare, closing, log):
    said = log()
    said.fill()
    watched = Mirror(bare, closing, **QUICK).lay()
    watched.watch("bash", "-c", f'exec "$0" "$@" 2>&{said.theirs}', pass_fds=(said.theirs,))
    watched.await_status("IPv4: 0 of 2 .*; IPv6: 0 of 2 .*")
    turns = watched.manager.heard.count("WATCHDOG=1")
    await_condition(lambda: watched.manager.heard.count("WATCHDOG=1") > turns + 3, what="more turns")
    at = len(said.read())
    await_condition(lambda: said.dropped(), what="the count")
    assert DROPPED.search(said.text[at:].split(b"\n")[0] + b"\n") or at
    said.fill()
    assert watched.daemon.stop() == 0
