"""A client that asks for a message and goes: its request is taken back, and what scan still holds counts for its address."""

import os
import socket
import struct
import threading

import pytest

from lab import mail
from lab.bombs import bomb
from lab.clamd import Clamd, WaitingClamd
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, script
from lab.process import await_condition

SESSIONS, CONNECTIONS, ROUNDS = 5, 2, 60
DESCRIPTORS = 100  # the limit of each process, if there is one
OWN = 1  # the test message for the engine


@pytest.fixture
def clamd(lab, closing):
    return closing(WaitingClamd(lab))


def settings(clamd):
    return {"postern": {"relays": 1},
            "pop3": {"max_sessions_per_client": SESSIONS, "patience": "100ms"},
            "scan": {"engines": "clamd", "self_test": "none", "cache_entries": 100},
            "clamd": {"socket": clamd.path, "connections": CONNECTIONS}}


def held_by(pid):
    """Returns the number of messages that the process holds."""
    held = 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            held += os.readlink(f"/proc/{pid}/fd/{fd}").startswith("/memfd:postern-spool")
        except FileNotFoundError:
            pass
    return held


def connect(postern, source="127.0.0.1"):
    """Returns a session from that address, or None if it is refused."""
    session = Session.__new__(Session)
    session.socket, session.pending = socket.socket(), b""
    session.socket.settimeout(30)
    session.socket.bind((source, 0))
    session.socket.connect((postern.address, postern.port))
    try:
        session.status()
        return session.login(b"bob", PASSWORD.encode())
    except Refused:
        session.close()
        return None


def ask_and_reset(postern, number):
    """Requests the message and, once its scan is requested, resets the connection. Returns whether the client was admitted."""
    session = connect(postern)
    if session is None:
        return False
    session.send(b"RETR %d\r\n" % number)
    assert session.line().startswith(b"+OK")  # after `patience`
    session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    session.close()
    return True


def slow_messages(n):
    return [mail.plain(f"number {i}", WaitingClamd.SLOW.decode() + "\n" + "filler\n" * 1000) for i in range(n)]


def test_requests_of_clients_that_have_gone_are_taken_back(serve, gateway, clamd):
    """One address asks and resets in a loop: scan keeps what the engine is scanning, and no more."""
    postern = gateway(serve(slow_messages(ROUNDS)), settings(clamd))
    scan = postern.children("scan")["scan", 0]
    for number in range(1, ROUNDS + 1):
        await_condition(lambda: ask_and_reset(postern, number), what="a session to be admitted")
    await_condition(lambda: held_by(scan) <= CONNECTIONS + OWN, what=f"{ROUNDS} requests to be taken back")
    clamd.released.set()
    await_condition(lambda: held_by(scan) == OWN, what="the rest to be closed")
    assert clamd.seen <= CONNECTIONS


def test_what_is_still_scanned_counts_for_its_address(serve, gateway, clamd):
    limits = settings(clamd)
    limits["pop3"] = limits["pop3"] | {"max_sessions_per_client": 1}
    postern = gateway(serve(slow_messages(1) + [mail.plain("quick")]), limits)
    assert ask_and_reset(postern, 1)
    await_condition(lambda: clamd.seen == 1)
    postern.await_log("reason=CLIENT_GONE")
    assert not ask_and_reset(postern, 1)
    connect(postern, "127.0.0.2").quit()
    clamd.released.set()
    await_condition(lambda: ask_and_reset(postern, 2), what="the address to be admitted again")


def retrieve(postern, number, results):
    with Session(postern.address, postern.port, timeout=60) as session:
        session.login(b"bob", PASSWORD.encode())
        results.append((number, session.retr(number)))
        session.quit()


def test_a_scan_process_without_free_descriptors_accuses_no_relay(serve, gateway, clamd):
    """Requests wait in the channel until there are descriptors again: no process is replaced, no message is refused."""
    messages = slow_messages(DESCRIPTORS + 10)
    limits = settings(clamd)
    limits["postern"], limits["pop3"] = {"relays": 8}, {"max_sessions_per_client": len(messages)}
    postern = gateway(serve(messages), limits, prefix=("prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"))
    before, results = postern.children(), []
    clients = [threading.Thread(target=retrieve, args=(postern, n, results)) for n in range(1, len(messages) + 1)]
    for client in clients:
        client.start()
    postern.await_log("process=scan event=ipc_no_descriptor peer=relay", 30)
    clamd.released.set()
    for client in clients:
        client.join(60)
    assert sorted(results) == list(enumerate(messages, 1))
    assert postern.children() == before
    assert "ipc_violation" not in postern.log()


BOMBS, SMALL = 6, 12


@pytest.mark.parametrize("engine", ["builtin", "clamd"])
def test_a_bystander_is_served_while_one_address_asks_for_bombs_and_resets(lab, serve, gateway, engine):
    """It fetches all its mail during the loop. Scan never holds more than the address may have sessions; `builtin` stops the scans."""
    limits = {"postern": {"relays": 1}, "pop3": {"max_sessions_per_client": SESSIONS, "patience": "100ms"},
              "scan": {"engines": engine}, "builtin": {"workers": 3}}
    if engine == "clamd":
        limits["clamd"] = {"socket": Clamd(lab).path, "connections": 4}
    small = [mail.plain(f"mail {i}") for i in range(SMALL)]
    postern = gateway(serve([bomb(i, members=2) for i in range(BOMBS)] + small), limits)
    scan, ended, rounds, held = postern.children("scan")["scan", 0], threading.Event(), [], []
    own = held_by(scan)

    def attack():
        while not ended.is_set():
            rounds.append(ask_and_reset(postern, 1 + len(rounds) % BOMBS))
            held.append(held_by(scan))

    bystander, attack = connect(postern, "127.0.0.2"), threading.Thread(target=attack)
    assert bystander.retr(BOMBS + 1) == small[0]
    attack.start()
    for i in range(1, SMALL):
        await_condition(lambda: len(rounds) >= i, what="the loop to go on")
        assert bystander.retr(BOMBS + 1 + i) == small[i]
    ended.set()
    attack.join()
    assert max(held) <= SESSIONS + 1 + own  # its own, and the bystander's
    if engine == "builtin":
        postern.await_log("event=worker_died")
    await_condition(lambda: held_by(scan) <= own, 100, "the scans to end")
    assert "verdict=failed" not in postern.log()


def test_the_program_of_a_client_that_has_gone_is_killed(lab, serve, gateway):
    """A program that would never end; the deadline is far away."""
    directory = lab.make_directory("programs-log")
    os.chmod(directory, 0o777)
    begun = os.path.join(directory, "begun")
    program = script(lab, "endless", f"echo $$ >> {begun}; exec sleep 100000")
    postern = gateway(serve([mail.plain("one"), mail.plain("two")]),
                      {"pop3": {"patience": "100ms"}, "scan": {"engines": "command", "deadline": "1h"}, "command": {"run": program, "workers": 1}})
    for number in (1, 2):
        assert ask_and_reset(postern, number)
        await_condition(lambda: os.path.exists(begun) and len(open(begun, encoding="ascii").read().split()) == number)
        pid = int(open(begun, encoding="ascii").read().split()[-1])
        await_condition(lambda: not os.path.exists(f"/proc/{pid}"), what="the program to be killed")
