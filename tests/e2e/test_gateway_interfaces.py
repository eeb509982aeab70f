"""Clients' packets come in by an interface that [gateway] does not list: mail is refused (no_proxy = block) and counted; check, doctor and
the watch name the interface; with the line that they print, mail is scanned again."""

import re

import pytest
from bobs_mail import fetch_both, fetch_unscanned, mailbox
from doctor_says import FAULT, doctor

from lab.gateway import PROXY, Gateway, mirror
from lab.postern import Postern


def add_interface(host, kind, more=""):
    """Adds an interface of that kind, or skips the test if the kernel lacks it."""
    if host.run(["ip", "link", "add", "tried", "link", "eth0", "type", kind, *more.split()], check=False).returncode:
        pytest.skip(f"this kernel has no interfaces of the kind {kind}")
    host.ip("link del tried")


def addresses(number, interface):
    return [f"addr replace 192.168.0.{number}/24 dev {interface}", f"addr replace 2001:db8:1::{number}/64 dev {interface} nodad",
            *([f"route replace default via {router}" for router in ("192.168.0.1", "2001:db8:1::1")] if number != 1 else [])]


def enslave(kind, name, more=""):
    def change(net, host, number):
        add_interface(host, kind, more)
        host.ip("link set eth0 down", f"link add {name} type {kind} {more}", f"link set eth0 master {name}", "link set eth0 up", f"link set {name} up",
                "addr flush dev eth0", *addresses(number, name))
    return change


def bond_in_a_bridge(net, host, number):
    enslave("bond", "bond0", "mode active-backup")(net, host, number)
    host.ip("link add br0 type bridge forward_delay 0", "link set br0 up", "link set bond0 master br0", "addr flush dev bond0", *addresses(number, "br0"))


def rename(net, host, number):
    host.ip("link set eth0 down", "link set eth0 name lan0", "link set lan0 up", *addresses(number, "lan0"))


def keepalived(net, host, number):
    """The clients' gateway is an address of a macvlan above eth0 (use_vmac)."""
    host.ip("link add vrrp51 link eth0 address 00:00:5e:00:01:33 type macvlan mode private", "link set vrrp51 up", "addr add 192.168.0.20/32 dev vrrp51")
    host.sysctl(**{"ipv4/conf/all/arp_ignore": 1, "ipv4/conf/vrrp51/arp_ignore": 1})
    net.janus.ip("route replace default via 192.168.0.20")


def keepalived_on_a_bridge(net, host, number):
    """A macvlan above the bridge of which eth0 is a port."""
    enslave("bridge", "br0", "forward_delay 0")(net, host, number)
    host.ip("link add vrrp51 link br0 address 00:00:5e:00:01:33 type macvlan mode private", "link set vrrp51 up", "addr add 192.168.0.20/32 dev vrrp51")
    host.sysctl(**{"ipv4/conf/all/arp_ignore": 1, "ipv4/conf/vrrp51/arp_ignore": 1})
    net.janus.ip("route replace default via 192.168.0.20")


def clients_in_a_vlan(net, host, number):
    add_interface(host, "vlan", "id 6")
    for end, address in ((net.janus, 4), (host, number)):
        end.ip("link add eth0.5 link eth0 type vlan id 5", "link set eth0.5 up", f"addr add 10.5.0.{address}/24 dev eth0.5")
    net.janus.ip("route replace default via 10.5.0.2 src 10.5.0.4")
    for name in ("mercure", "router"):
        net.hosts[name].ip("route add 10.5.0.0/24 via 192.168.0.2")


# change: (function, the interface by which packets then come in, whether IPv6 clients are affected, the corrected line)
CHANGES = {
    "port of a bridge": (enslave("bridge", "br0", "forward_delay 0"), "br0", True, "interface = br0"),
    "port of a bond": (enslave("bond", "bond0", "mode active-backup"), "bond0", True, "interface = bond0"),
    "bond in a bridge": (bond_in_a_bridge, "br0", True, "interface = br0"),
    "renamed": (rename, "lan0", True, "interface = lan0"),
    "macvlan above": (keepalived, "vrrp51", False, "interface = eth0 vrrp51"),
    "vlan above": (clients_in_a_vlan, "eth0.5", False, "interface = eth0 eth0.5"),
}


@pytest.fixture
def article(bare, closing):
    def start(**keys):
        mailbox(bare)
        Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))).apply()
        return mirror(bare, **keys).apply()
    return start


def servers(net, both):
    return [net.provider.ip4, *([net.provider.ip6] if both else [])]


def is_refused(net, server):
    with pytest.raises(ConnectionRefusedError):
        net.janus.connect(server, 110, timeout=5)
    return True


@pytest.mark.parametrize("change", CHANGES)
def test_mail_is_refused_and_the_printed_line_cures_it(bare, article, change):
    how, name, both, line = CHANGES[change]
    gateway = article(probe_interval="200ms")
    watch = gateway.watch()
    watch.await_line("event=spread ")
    for server in servers(bare, both):
        fetch_both(bare.janus, server)
    how(bare, bare.saturne, 2)
    for server in servers(bare, both):
        assert is_refused(bare, server)
    watch.await_line(r"level=(error|warning) .*event=interface_fault interface=eth0 ")
    said = [text for text in gateway.faults() if text.startswith(f"mail came in by {name}, which is not in [gateway] interface, and was refused")]
    found = re.search(r"packets since the table was installed: (\d+): write (interface = .*), or list its clients in bypass", said[0])
    assert int(found[1]) >= len(servers(bare, both)) and found[2] == line, said
    status, links = doctor(gateway)
    assert status == FAULT and any(f"write {line}" in text for state, text, _ in links["packet filter"] if state == "fault"), links
    key, value = found[2].split(" = ")
    assert gateway.change(**{key: value}).apply().faults() == []
    for server in servers(bare, both):
        fetch_both(bare.janus, server)
    assert gateway.faults() == []


def test_two_names_away(bare, article):
    gateway = article()
    keepalived_on_a_bridge(bare, bare.saturne, 2)
    assert is_refused(bare, bare.provider.ip4)
    said = " ".join(gateway.faults())
    assert "mail came in by vrrp51, " in said and "eth0 is a port of the bridge br0" in said
    assert gateway.change(interface="br0 vrrp51").apply().faults() == []
    fetch_both(bare.janus, bare.provider.ip4)


@pytest.mark.parametrize("change", ["port of a bridge", "renamed"])
def test_apply_changes_nothing_while_no_packet_comes_in_by_a_listed_interface(bare, article, change):
    how, name, _, line = CHANGES[change]
    gateway = article()
    how(bare, bare.saturne, 2)
    done = gateway.run("apply", check=False)
    assert done.returncode == 1 and ("eth0 does not exist" if change == "renamed" else line) in done.stderr, done
    assert is_refused(bare, bare.provider.ip4)


def test_the_watch_logs_interface_faults_and_unlisted_interfaces(bare, article):
    gateway = article(probe_interval="200ms")
    bare.saturne.ip("link add vrrp51 link eth0 type macvlan mode private")
    bare.saturne.ip("link set vrrp51 up", "addr add 192.168.0.20/32 dev vrrp51")
    bare.saturne.sysctl(**{"ipv4/conf/all/arp_ignore": 1, "ipv4/conf/vrrp51/arp_ignore": 1})
    bare.janus.ip("route replace default via 192.168.0.20")
    assert is_refused(bare, bare.provider.ip4)
    watch = gateway.watch()
    watch.await_line(r'level=error .*event=unlisted_interface interface=vrrp51 packets=[1-9]\d* text="mail from it was refused"')
    watch.await_line(r"level=warning .*event=interface_fault interface=eth0 text=.*by vrrp51 \(macvlan, above eth0\) is not diverted")
    bare.saturne.ip("link set eth0 down", "link set eth0 name lan0")
    watch.await_line(r"level=error .*event=interface_fault interface=eth0 text=.*eth0 does not exist")
    bare.saturne.ip("link set lan0 name eth0", "link set eth0 up")
    watch.await_line(r"event=interface_mended interface=eth0", count=2)
    assert len(re.findall("event=unlisted_interface", watch.log())) == 1


def test_in_a_vrf_the_printed_command_cures_it(bare, article):
    gateway, saturne = article(), bare.saturne
    add_interface(saturne, "vrf", "table 78")
    saturne.ip("link add red type vrf table 77", "link set red up", "link set eth0 master red", "route add default via 192.168.0.1 vrf red")
    assert is_refused(bare, bare.provider.ip4)
    said = [text for text in gateway.faults() if "is in the VRF red" in text]
    command = re.search(r": (ip link set eth0 nomaster)$", said[0])[1]
    saturne.run(command.split())
    saturne.ip(*addresses(2, "eth0"))  # entering the VRF has removed the routes
    fetch_both(bare.janus, bare.provider.ip4)
    assert not [text for text in gateway.faults() if "VRF" in text]


def test_an_altname_is_reported(bare, article):
    bare.saturne.ip("link property add dev eth0 altname enp3s0")
    gateway = mirror(bare, interface="enp3s0")
    done = gateway.run("apply", check=False)
    line = re.search(r"enp3s0 is an altname of eth0, and the packet filter knows no altnames: write interface = (\S+)$", done.stderr, re.M)
    assert done.returncode == 1 and gateway.change(interface=line[1]).apply().faults() == []


def test_with_no_proxy_pass_unlisted_mail_is_counted(bare, article):
    gateway = article(no_proxy="pass")
    keepalived(bare, bare.saturne, 2)
    fetch_unscanned(bare.janus, bare.provider.ip4)
    assert any(text.startswith("mail came in by vrrp51, which is not in [gateway] interface, and passed unscanned") for text in gateway.faults())


def test_the_router_itself(bare, closing):
    """Here mail leaves by another interface than that by which it came in."""
    mailbox(bare)
    bare.janus.ip(f"route replace default via {bare.router.ip4}", f"route replace default via {bare.router.ip6}")
    gateway = Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.router))).apply()
    fetch_both(bare.janus, bare.provider.ip4)
    enslave("bridge", "br0", "forward_delay 0")(bare, bare.router, 1)
    for server in servers(bare, True):
        assert is_refused(bare, server)
    assert any(text.startswith("mail came in by br0, ") and "write interface = br0" in text for text in gateway.faults())


@pytest.mark.parametrize("lan", [None, "192.168.0.0/24 2001:db8:1::/64"])
def test_a_server_behind_the_gateway_is_reached_from_outside(bare, closing, lan):
    """Connections from the servers' side are not clients' mail."""
    server = mailbox(bare, bare.janus)
    bare.janus.ip(f"route replace default via {bare.router.ip4}", f"route replace default via {bare.router.ip6}")
    bare.router.ip("route add default via 203.0.113.10", "route add default via 2001:db8:2::10")
    gateway = Gateway.of(closing(Postern(bare, {"gateway": PROXY | {"lan": lan}}, host=bare.router))).apply()
    for address in (bare.janus.ip4, bare.janus.ip6):
        fetch_unscanned(bare.provider, address)
    assert len(server.peers()) == 2 and gateway.faults() == []


def test_mail_of_the_lan_and_of_bypass_passes_by_any_interface(bare, article):
    gateway = article(bypass=bare.mercure2.ip4)
    keepalived(bare, bare.saturne, 2)
    server = mailbox(bare, bare.router)
    bare.janus.ip(f"route add {bare.router.ip4} via 192.168.0.20")
    fetch_unscanned(bare.janus, bare.router.ip4)
    bare.mercure2.ip("route replace default via 192.168.0.20")
    fetch_unscanned(bare.mercure2, bare.provider.ip4)
    assert server.peers() == [bare.janus.ip4] and gateway.faults() == []
    assert is_refused(bare, bare.provider.ip4)
