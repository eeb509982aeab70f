"""No more descriptors: the listeners neither spin nor fill the log, existing sessions go on, and new ones are served when there are some."""

import contextlib
import os
import re
import resource
import socket
import subprocess
import time

import pytest
from test_abuse_client import ONE

from bench import processes
from lab import mail
from lab.pop3_client import Refused, Session
from lab.process import await_condition

MESSAGE = mail.with_attachment(os.urandom(50_000))
ON_DISK = ONE | {"spool": {"memory_max": "0"}}


@contextlib.contextmanager
def no_more_descriptors(pid):
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def busy_part(pid, seconds=1.5):
    """The processor time that the process uses meanwhile, as a part of that time."""
    before, begun = processes.cpu_ns(pid), time.monotonic()
    time.sleep(seconds)
    return (processes.cpu_ns(pid) - before) / 1e9 / (time.monotonic() - begun)


def test_a_parent_without_descriptors_waits_and_answers_later(serve, gateway):
    postern = gateway(serve([MESSAGE]), ONE)
    parent = postern.daemon.pid
    with no_more_descriptors(parent):
        status = subprocess.Popen([postern.binary, "status", "-c", postern.config], stdout=subprocess.PIPE, text=True)
        assert busy_part(parent) < 0.5
    assert "relay" in status.communicate(timeout=30)[0]
    assert status.returncode == 0


def limited(descriptors):
    """A prefix for programs that may have so many, even as root."""
    return ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource", "prlimit", f"--nofile={descriptors}:{descriptors}"]


def log_in_all(postern, login):
    """As many sessions as are accepted."""
    sessions = []
    with pytest.raises(Refused, match="out of resources"):
        while len(sessions) < 64:
            sessions.append(login(postern))
    return sessions


def await_session(postern, login):
    def is_admitted():
        try:
            return login(postern)
        except Refused:
            return None
    return await_condition(is_admitted)


def test_new_sessions_leave_descriptors_to_the_messages_of_existing_ones(serve, gateway, login):
    postern = gateway(serve([MESSAGE]), ON_DISK, prefix=limited(64))
    sessions = log_in_all(postern, login)
    assert len(sessions) > 5
    for _ in range(20):
        with contextlib.suppress(Refused), contextlib.closing(Session(postern.address, postern.port)):
            pass
    for session in sessions[:3]:
        session.send(b"RETR 1\r\n")
    for session in sessions[:3]:
        session.status()
        assert session.lines() == MESSAGE
    postern.await_log("event=refused .*PROCESS_LIMIT", count=20)
    assert len(re.findall(r"level=error process=\S+ event=refused", postern.log())) == 1
    sessions.pop().quit()
    assert await_session(postern, login).retr(1) == MESSAGE


def exhaust(serve, gateway, login, descriptors):
    """Messages of existing sessions use all descriptors, perhaps but one. Returns whether connections could not even be accepted."""
    server = serve([MESSAGE])
    postern = gateway(server, ON_DISK, prefix=limited(descriptors))
    sessions = log_in_all(postern, login)
    server.stall_at = len(MESSAGE) // 2
    for session in sessions:
        session.send(b"RETR 1\r\n")
    postern.await_log("event=spool .*Too many open files")
    with socket.create_connection((postern.address, postern.port)) as pending:
        postern.await_log("event=(accept|refused) .*(Too many open files|PROCESS_LIMIT)", count=2)
        assert busy_part(postern.children("relay")["relay", 0]) < 0.5
        server.go.set()
        pending.settimeout(30)
        assert pending.recv(100).startswith((b"+OK", b"-ERR [SYS/TEMP] out of resources"))
    outcomes = [session.line()[:20] for session in sessions]
    assert b"-ERR [SYS/TEMP] out " in outcomes and any(line.startswith(b"+OK") for line in outcomes)
    assert "reason=PROCESS_LIMIT culprit=us" in postern.log() and "culprit=disk" not in postern.log()
    for session in sessions:
        session.close()
    assert await_session(postern, login).retr(1) == MESSAGE
    levels = re.findall(r"level=(\w+) process=\S+ event=accept", postern.log())
    assert levels.count("error") <= 1
    return "event=accept" in postern.log()


def test_without_descriptors_a_relay_waits_and_accuses_nobody(serve, gateway, login):
    """Each session uses an even number of them, so one of two limits leaves none."""
    assert any([exhaust(serve, gateway, login, descriptors) for descriptors in (64, 65)])
