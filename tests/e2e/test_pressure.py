"""Aggressive peers: one that floods, or does not read, neither fills our memory nor delays a timer or another session."""

import contextlib
import hashlib
import os
import re
import select
import socket
import threading
import time

import pytest

from lab import mail
from lab.pop3_client import Refused, Session
from lab.process import await_condition

NONE = {"scan": {"engines": "none"}, "pop3": {"tls": "block"}}
LOCAL = b"STLS\r\n"  # with these settings it is answered without the server


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def digest(message):
    return len(message), hashlib.sha256(message).hexdigest()


def push(s, data, octets):
    """Sends `data` repeatedly while the other side accepts it, up to `octets`. Returns how many were sent."""
    s.setblocking(False)
    sent = 0
    while sent < octets and select.select([], [s], [], 1)[1]:
        sent += s.send(data)
    return sent


def test_a_client_that_never_reads_its_answers_is_read_no_further(serve, gateway, login):
    postern = gateway(serve([mail.plain()]), NONE | {"postern": {"relays": 1, "log_level": "info"}})
    relay = postern.children("relay")["relay", 0]
    session = login(postern)
    before = resident_kb(relay)
    push(session.socket, LOCAL * 20000, 12_000_000)
    assert resident_kb(relay) - before < 20_000
    # It has not lost count: the replies come as soon as they are read.
    session.socket.settimeout(30)
    for _ in range(1000):
        assert session.line() == b"-ERR TLS is not available here"
    session.close()


def test_a_long_message_is_delivered_whole_when_patience_with_the_client_is_short(serve, gateway, login):
    """The delivery used to stall when its deadline was earlier than the one of the running timer."""
    big = mail.with_attachment(os.urandom(30_000_000))
    postern = gateway(serve([big]), NONE | {"pop3": {"tls": "block", "idle_timeout": "20s"}})
    assert digest(login(postern).retr(1)) == digest(big)


@pytest.mark.parametrize("patience", ["10s", "200ms"])
def test_what_is_said_to_and_by_a_client_does_not_put_off_the_servers_time(serve, gateway, login, patience):
    server = serve([mail.plain()])
    server.stall_at = 60
    postern = gateway(server, NONE | {"pop3": {"tls": "block", "server_timeout": "1s", "patience": patience}})
    session = login(postern)
    session.send(b"RETR 1\r\n")
    begun = time.monotonic()
    session.socket.settimeout(0.2)
    while time.monotonic() - begun < 10:
        try:
            session.send(b"N")
            if not session.socket.recv(100):
                break
        except TimeoutError:
            pass
        except OSError:
            break
    assert time.monotonic() - begun < 5


def slowly(postern):
    """A session on a client with next to no receive buffer."""
    session = Session.__new__(Session)
    session.socket, session.pending = socket.socket(), b""
    session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    session.socket.settimeout(30)
    session.socket.connect((postern.address, postern.port))
    session.status()
    return session.login()


def take_slowly(session, seconds):
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        session.pending += session.socket.recv(1000)
        time.sleep(0.02)


def test_a_client_that_takes_its_message_slowly_is_not_idle(serve, gateway):
    big = mail.with_attachment(os.urandom(6_000_000))
    session = slowly(gateway(serve([big]), NONE | {"pop3": {"tls": "block", "idle_timeout": "2s"}}))
    session.ask(b"RETR 1")
    take_slowly(session, 5)
    assert digest(session.lines()) == digest(big)


def test_a_server_is_kept_alive_all_through_a_slow_delivery(serve, gateway):
    big = mail.with_attachment(os.urandom(6_000_000))
    server = serve([big])
    session = slowly(gateway(server, NONE | {"pop3": {"tls": "block", "keep_alive": "300ms"}}))
    session.ask(b"RETR 1")
    take_slowly(session, 4)
    assert server.commands().count(b"NOOP") >= 8
    assert digest(session.lines()) == digest(big)
    session.ask(b"STAT")


def test_a_message_found_too_large_holds_no_room_while_its_rest_comes(serve, gateway, login):
    server = serve([mail.with_attachment(os.urandom(3_000_000))])
    server.stall_at = 3_000_000
    postern = gateway(server, NONE | {"pop3": {"tls": "block", "message_max": "2M", "patience": "1m"}, "spool": {"memory_max": "64K"},
                                      "postern": {"relays": 1}})
    spooled = lambda: [fd for fd in os.scandir(f"/proc/{postern.children('relay')['relay', 0]}/fd")
                       if os.readlink(fd.path).startswith(postern.spool)]
    session = login(postern)
    session.send(b"RETR 1\r\n")
    with contextlib.suppress(TimeoutError):  # it may be over before it is seen
        await_condition(spooled, 2)
    await_condition(lambda: not spooled())
    assert session.pending == b""
    server.go.set()
    with pytest.raises(Refused):
        session.status()
    session.ask(b"NOOP")


def test_a_client_that_never_reads_does_not_hold_up_a_stop(serve, gateway, login):
    session = login(gateway(serve([mail.plain()]), NONE | {"postern": {"relays": 1, "log_level": "info"}}))
    push(session.socket, LOCAL * 20000, 12_000_000)
    # The gateway is stopped before the session is closed.


class Pipe:
    """A log that is read only on demand."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "log")
        os.mkfifo(self.path)
        os.chmod(self.path, 0o666)
        self._fd = os.open(self.path, os.O_RDWR)
        self._wanted = threading.Event()
        self._wanted.set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while self._wanted.wait():
            os.read(self._fd, 4096)

    def want(self, on):
        self._wanted.set() if on else self._wanted.clear()

    def is_full(self):
        return not select.select([], [self._fd], [], 0)[1]


def test_a_client_that_sent_in_time_is_not_idle_however_late_it_is_read(lab, serve, gateway, login):
    """The relay is blocked by its log until the time limit of a client has passed that has sent something meanwhile."""
    log = Pipe(lab.make_directory("log"))
    idle = 2
    postern = gateway(serve([mail.plain()]), NONE | {"postern": {"relays": 1}, "pop3": {"tls": "block", "idle_timeout": f"{idle}s"}},
                      prefix=["sh", "-c", f'exec "$0" "$@" 2>{log.path}'])
    loud, other = login(postern), login(postern)
    log.want(False)
    loud.send(LOCAL * 3000)
    await_condition(log.is_full)
    other.send(b"NOOP\r\n")
    time.sleep(idle + 0.5)
    log.want(True)
    other.status()
