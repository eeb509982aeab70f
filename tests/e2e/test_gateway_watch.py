"""`postern gateway watch`: two proxies share the clients of the example network, and one of them dies."""

import contextlib
import os
import pathlib
import re
import signal
import time
from collections import defaultdict

import pytest
from bobs_mail import bob, fetch_unscanned, mailbox
from test_tproxy import AS_NOBODY, capabilities
from watched_proxies import QUICK, UNSCANNED, Mirror, Shared

from lab.gateway import proxy
from lab.postern import UID, Postern
from lab.process import await_condition

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
WITHIN = 5  # seconds, with the default interval
NET_ADMIN = 1 << 12


@pytest.fixture
def shared(bare, closing):
    return lambda **gateway: Shared(bare, closing, **gateway)


def await_service(shared, clients, family, since):
    """Asserts that a new connection of every client works before WITHIN is over."""
    def all_work():
        try:
            for client in clients.values():
                shared.connect(client, family).close()
            return True
        except (OSError, EOFError):  # the last processes of the dead proxy may still exist
            return False
    await_condition(all_work, since + WITHIN - time.monotonic(), "new connections of all clients")


@FAMILIES
def test_one_of_two_proxies_dies_and_returns(shared, family):
    shared = shared()
    clients = shared.clients(family)
    # 200 connections of 20 clients: both proxies have some, and each client always has the same one.
    of_client = defaultdict(set)
    open_sessions = {}
    for source, client in clients.items():
        for number in range(10):
            session = shared.connect(client, family)
            of_client[source].add(shared.proxy_of(session))
            if number == 0:
                open_sessions[source] = session
            else:
                session.ask(b"QUIT")
                session.close()
    assert all(len(names) == 1 for names in of_client.values())
    home = {source: names.pop() for source, names in of_client.items()}
    assert set(home.values()) == {"mercure", "mercure2"}

    killed = time.monotonic()
    shared.kill()
    await_service(shared, clients, family, killed)
    shared.mirror.daemon.await_line(rf"level=warning .*event=proxy_down proxy=\S*{re.escape(getattr(shared.net.mercure, family))}\S*8110 reason=\"Connection refused\"")
    # Only sessions of the dead proxy have ended.
    assert {source for source, session in open_sessions.items() if session.is_alive()} == {s for s, name in home.items() if name == "mercure2"}

    shared.proxies["mercure"].start()
    shared.mirror.await_all()
    for source, client in clients.items():
        with shared.connect(client, family) as session:
            assert shared.proxy_of(session) == home[source]
    assert {s for s, session in open_sessions.items() if session.is_alive()} == {s for s, name in home.items() if name == "mercure2"}


@FAMILIES
def test_spread_by_connection(shared, family):
    shared = shared(spread="connection")
    used = set()
    for _ in range(40):
        with shared.connect(shared.net.janus, family) as session:
            used.add(shared.proxy_of(session))
    assert used == {"mercure", "mercure2"}


def unplug(shared):
    shared.net.mercure.ip("link set eth0 down")
    return lambda: shared.net.mercure.ip("link set eth0 up")


def freeze(shared):
    """Stops mercure's relays: the kernel still accepts connections for them."""
    relays = shared.proxies["mercure"].children("relay").values()

    def send(number):
        for pid in relays:
            os.kill(pid, number)
    send(signal.SIGSTOP)
    return lambda: send(signal.SIGCONT)


@pytest.mark.parametrize("accident", [unplug, freeze])
def test_a_silent_proxy_is_dead(shared, closing, accident):
    shared = shared()
    clients = shared.clients("ip4")
    undo = accident(shared)
    with contextlib.ExitStack() as undone:
        undone.callback(undo)
        shared.mirror.daemon.await_line(r"event=spread over=\S*192\.168\.0\.5:8110 [^.]*$", timeout=WITHIN)
        for client in clients.values():
            with shared.connect(client, "ip4", timeout=2) as session:
                assert shared.proxy_of(session) == "mercure2"
    shared.mirror.daemon.await_line(r"event=proxy_up proxy=192\.168\.0\.3:8110", count=2)


@FAMILIES
@pytest.mark.parametrize("no_proxy", ["block", "pass"])
def test_none_left(shared, family, no_proxy):
    shared = shared(no_proxy=no_proxy, **QUICK)
    for name in shared.proxies:
        shared.kill(name)
    name, server = {"ip4": "IPv4", "ip6": "IPv6"}[family], getattr(shared.net.provider, family)
    then = {"block": "are refused", "pass": "pass unscanned"}[no_proxy]
    shared.mirror.daemon.await_line(rf'level=error .*event=no_proxy family={name} text="new connections {then}"')
    shared.mirror.await_status(rf".*{name}: 0 of 2 proxies answer, new connections {then}.*")
    shared.mirror.daemon.await_line("event=spread over=none")
    assert shared.mirror.in_use() == set() and shared.mirror.gateway.faults() == []
    if no_proxy == "block":
        with pytest.raises(ConnectionRefusedError):
            shared.net.janus.connect(server, 110, timeout=5)
    else:
        fetch_unscanned(shared.net.janus, server)
    shared.proxies["mercure"].start()
    shared.mirror.daemon.await_line(rf'level=warning .*event=proxy_again family={name}')
    shared.mirror.await_status("IPv4: 1 of 2 proxies answer; IPv6: 1 of 2 proxies answer")
    with shared.connect(shared.net.janus, family) as session:
        assert shared.proxy_of(session) == "mercure"


def test_the_watch_notices_each_apply(bare, closing):
    mailbox(bare)
    postern = closing(Postern(bare, UNSCANNED, host=bare.mercure2))
    proxy(bare, "mercure2").apply()
    watched = Mirror(bare, closing, **QUICK).watch()
    watched.await_status("IPv4: 1 of 2 proxies answer; IPv6: 1 of 2 proxies answer; waiting for postern gateway apply")
    assert "READY=1" in watched.manager.heard
    watched.daemon.await_line("event=no_table")
    watched.lay()
    watched.daemon.await_line("event=spread ")
    of_one = watched.table()
    bob(bare.janus, bare.provider.ip4).close()
    watched.gateway.remove()
    watched.daemon.await_line("level=error .*event=table_gone")
    watched.await_status(".*waiting for postern gateway apply")
    watched.lay()
    watched.daemon.await_line("event=spread ", count=2)
    assert watched.table() == of_one
    assert "event=spread_failed" not in watched.daemon.log()
    assert len(re.findall("event=session_begin", postern.log())) == 1


def test_a_table_of_another_configuration_is_reported_once_and_retried(bare, closing):
    watched = Mirror(bare, closing, **QUICK).watch()
    bare.saturne.nft("table inet postern { chain balance4 { }\n}")
    watched.daemon.await_line("level=error .*event=spread_failed")
    turns = watched.manager.heard.count("WATCHDOG=1")
    await_condition(lambda: watched.manager.heard.count("WATCHDOG=1") > turns + 5, what="it to try again")
    bare.saturne.nft("".join(f"add chain inet postern {name}\n" for name in ("fallback4", "balance6", "fallback6", "no_proxy4", "no_proxy6")))
    watched.daemon.await_line("event=spread over=none")
    assert len(re.findall("level=error .*event=spread_failed", watched.daemon.log())) == 1


def test_the_end_of_the_watch_changes_nothing(shared):
    shared = shared(**QUICK)
    shared.kill()
    shared.mirror.await_status("IPv4: 1 of 2 .*IPv6: 1 of 2 .*")
    before = shared.mirror.table()
    assert shared.mirror.daemon.stop(signal.SIGTERM) == 0
    await_condition(lambda: "STOPPING=1" in shared.mirror.manager.heard)
    assert re.search('level=warning .*event=stopped text="2 of 4 proxies are out', shared.mirror.daemon.log())
    assert shared.mirror.table() == before
    shared.proxies["mercure"].start()
    shared.mirror.watch().await_all()
    assert shared.mirror.table() != before


def test_a_proxy_on_the_mirror_itself(bare, closing):
    mailbox(bare)
    here = closing(Postern(bare, UNSCANNED, host=bare.saturne))
    there = closing(Postern(bare, UNSCANNED, host=bare.mercure))
    proxy(bare).apply()
    watched = Mirror(bare, closing, proxies=("saturne", "mercure"), role="mirror proxy", **QUICK).lay().watch()
    watched.await_all()
    here.stop()
    watched.await_status("IPv4: 1 of 2 .*IPv6: 1 of 2 .*")
    watched.daemon.await_line("event=spread .*192.168.0.3:8110")
    assert watched.in_use() == {"192.168.0.3", "2001:db8:1::3"} and watched.gateway.faults() == []
    for family in ("ip4", "ip6"):
        bob(bare.janus, getattr(bare.provider, family)).close()
    assert len(set(re.findall(r"event=session_begin .*client=(\S+)", there.log()))) == 2


def test_privileges_and_service_notifications(bare, closing):
    watched = Mirror(bare, closing, **QUICK).watch()
    await_condition(lambda: watched.manager.heard.count("WATCHDOG=1") >= 3, what="the watchdog to be fed")
    assert watched.manager.heard[0] in ("READY=1", "WATCHDOG=1") and "READY=1" in watched.manager.heard
    assert capabilities(watched.daemon.pid) == dict.fromkeys(("Inh", "Prm", "Eff", "Bnd", "Amb"), NET_ADMIN)
    status = pathlib.Path(f"/proc/{watched.daemon.pid}/status").read_text(encoding="ascii")
    assert f"\nUid:\t{UID}\t{UID}\t{UID}\t{UID}\n" in status and "\nNoNewPrivs:\t1\n" in status


def test_the_watch_needs_root(bare, closing):
    refused = Mirror(bare, closing).watch(*AS_NOBODY)
    assert refused.daemon.wait() == 1
    assert "postern gateway watch needs root" in refused.daemon.log()


def test_probes_are_logged_rarely_by_the_proxy(shared):
    shared = shared(**QUICK)
    log = shared.proxies["mercure"].await_log(r"level=debug .*event=refused .*DESTINATION_REFUSED", count=30) and shared.proxies["mercure"].log()
    warnings = re.findall(r"level=warning .*event=refused client=(\S+):\d+ ", log)
    assert set(warnings) == {"192.168.0.2", "[2001:db8:1::2]"} and len(warnings) <= 4  # one per family from each of two relays
