"""The lab itself: the network behaves as the article shows, and nothing remains."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

from lab import HERE, Lab, mail
from lab.dovecot import Dovecot
from lab.network_state import differences, network_state
from lab.pop3_client import Session, curl, fetchmail, getmail, mpop
from lab.pop3_server import Pop3Server
from lab.process import await_condition, start_time
from lab.sweep import names

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])


@FAMILIES
def test_saturne_is_janus_s_gateway_and_the_router_saturne_s(net, family):
    server = getattr(net.provider, family)
    with net.provider.listen(server, 110):
        assert net.janus.traceroute(server, 110) == [getattr(h, family) for h in (net.saturne, net.router, net.provider)] + ["[open]"]


def test_several_labs_stand_side_by_side():
    with Lab("twin") as a, Lab("twin") as b:
        listeners = [n.provider.listen(n.provider.ip4, 110) for n in (a, b)]
        for n in (a, b):
            n.forward("saturne")
            n.janus.connect(n.provider.ip4, 110).close()
        b_name = b.name
        del listeners
    assert a.name not in names() and b_name not in names()


def test_a_killed_owner_s_lab_is_swept():
    script = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from lab import Lab
lab = Lab("victim")
daemon = lab.janus.start(["sleep", "1000"])
lab.start(["sh", "-c", "mkdir {{0}}/m; mount -t tmpfs none {{0}}/m".format(lab.directory)]).wait()
print(lab.name, daemon.pid, flush=True)
time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        name, pid = owner.stdout.readline().split()
        assert names()[name]
        os.kill(owner.pid, signal.SIGKILL)
    await_condition(lambda: start_time(owner.pid) is None)
    assert names().get(name) is False
    with Lab("next", hosts=()):
        assert name not in names()
        assert start_time(int(pid)) is None
    with open("/proc/self/mounts", encoding="utf-8") as f:
        assert name not in f.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_owner_leaves_nothing(number):
    script = f"""
import sys, time, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background run may have it ignored
sys.path.insert(0, {str(ROOT)!r})
from lab import Lab
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with Lab("victim") as lab:
    print(lab.name, flush=True)
    time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as owner:
        name = owner.stdout.readline().strip()
        assert names()[name]
        os.kill(owner.pid, number)
    assert name not in names()


def test_the_scripted_server_serves_random_messages_whole(lab):
    messages = mail.random_messages(300, seed=7)
    with Pop3Server(messages) as server, Session(server.address, server.port) as session:
        session.login()
        assert [session.retr(n) for n in range(1, 301)] == messages
        session.quit()
        assert server.sessions[0].ended == "quit"


@FAMILIES
def test_clients_fetch_from_dovecot_across_the_network(net, family):
    server = Dovecot(net, net.provider)
    messages = [mail.plain(), mail.infected(), mail.plain("dots", "..x\n.\nlast\n")]
    server.deliver_all("bob", messages)
    address, out = getattr(net.provider, family), net.make_directory("out")
    for fetch in (fetchmail, mpop, getmail):
        got = fetch(net.janus, address, 110, "bob", "secret", out)
        assert [m.replace(b"\r\n", b"\n") for m in got] == [m.replace(b"\r\n", b"\n") for m in messages], fetch.__name__
    assert [curl(net.janus, address, 110, "bob", "secret", n) for n in (1, 2, 3)] == messages
    assert set(server.peers()) == {"203.0.113.1" if family == "ip4" else "2001:db8:2::1"}
    assert server.stop() == 0


def test_the_lab_by_hand(tmp_path):
    def by_hand(*argv, **more):
        return subprocess.run([sys.executable, "-m", "lab", *argv], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30, **more)

    tag = f"hand{os.getpid()}"
    try:
        assert "203.0.113.10" in by_hand("up", tag).stdout
        assert tag in by_hand("list").stdout
        assert "192.168.0.4/24" in by_hand("shell", "janus", tag, input="ip addr\n").stdout
        assert by_hand("up", tag).returncode != 0
    finally:
        by_hand("down", tag)
    assert tag not in by_hand("list").stdout
    assert HERE.run(["ip", "netns", "list"]).stdout.count(tag) == 0


def test_nothing_that_runs_from_a_lab_outlives_it():
    """Not even processes without a living ancestor in the lab."""
    with Lab("orphan", hosts=()) as it:
        program = f"{it.directory}/program"
        HERE.run(["cp", "/bin/sleep", program])
        pid = int(HERE.run(["sh", "-c", f"{program} 1000 >/dev/null 2>&1 & echo $!"]).stdout)
        assert start_time(pid)
    assert start_time(pid) is None


@pytest.mark.parametrize("change, back, what", [
    (["nft", "add table inet foreign"], ["nft", "delete table inet foreign"], "nft list ruleset"),
    (["ip", "rule", "add", "fwmark", "1", "table", "7"], ["ip", "rule", "del", "fwmark", "1", "table", "7"], "ip -4 rule"),
    (["ip", "-6", "rule", "add", "fwmark", "1", "table", "7"], ["ip", "-6", "rule", "del", "fwmark", "1", "table", "7"], "ip -6 rule"),
    (["ip", "route", "add", "unreachable", "default", "table", "7"], ["ip", "route", "del", "unreachable", "default", "table", "7"],
     "ip -4 route show table all"),
    (["ip", "-6", "route", "add", "unreachable", "default", "table", "7"], ["ip", "-6", "route", "del", "unreachable", "default", "table", "7"],
     "ip -6 route show table all"),
    (["sysctl", "-q", "net.ipv4.conf.eth0.forwarding=1"], ["sysctl", "-q", "net.ipv4.conf.eth0.forwarding=0"], "ipv4/conf/eth0/forwarding"),
], ids=lambda value: None if isinstance(value, list) else value)
def test_a_host_s_network_state_shows_what_changed(change, back, what):
    with Lab("state", hosts=("mercure",)) as it:
        before = network_state(it.mercure)
        it.mercure.run(change)
        assert list(differences(before, network_state(it.mercure))) == [what]
        it.mercure.run(back)
        assert not differences(before, network_state(it.mercure))
