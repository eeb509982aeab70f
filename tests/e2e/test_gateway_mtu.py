"""A client behind a link of smaller MTU than the proxy's also gets large messages: a router that needs smaller packets reports it to the
server's address, and the mirror passes the report to the proxy; if there is no report, TCP on the proxy probes for the size.

janus is the router of a branch office, 10.9.0.0/24 and 2001:db8:9::/64, connected by a tunnel."""

import json
import time

import pytest
from bobs_mail import fetch_unscanned
from doctor_says import doctor, faults, finds

from lab import mail
from lab.gateway import PROXY, Gateway, mirror
from lab.host import LabHost, Sender
from lab.pop3_client import Session
from lab.pop3_server import Pop3Server
from lab.postern import Postern
from lab.process import await_condition

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
INTERCEPTIONS = pytest.mark.parametrize("interception", ["redirect", "tproxy"])
BIG = mail.plain("big", ("line of text " * 5 + "\n") * 6000)
NUMBERS = (2, 3, 4, 5)
ADDRESS = {"ip4": "10.9.0.{}", "ip6": "2001:db8:9::{}"}
SILENT = "table inet silence { chain out { type filter hook output priority 0; icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; }\n}"
# Seconds. A message takes longer only if lost packets had to be repeated.
PROMPT = 3


def branch(lab, mtu, via="saturne"):
    """A client of janus, with the gateway `via`, on a link of that MTU. It has four addresses of each family."""
    name = f"{lab.name}-branch"
    lab.janus.run(["ip", "netns", "add", name])
    client, router, gateway = LabHost(lab, "branch"), lab.janus, lab.hosts[via]
    for host in (client, router):
        host.sysctl(**{"ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/default/accept_dad": 0, "ipv6/conf/all/accept_dad": 0})
    router.ip(f"link add br1 type veth peer name eth0 netns {name}", f"link set br1 mtu {mtu} up", "addr add 10.9.0.1/24 dev br1",
              f"route replace default via {gateway.ip4}")
    client.ip("link set lo up", "link set eth0 up", *(f"addr add 10.9.0.{n}/24 dev eth0" for n in NUMBERS), "route add default via 10.9.0.1")
    if mtu >= 1280:
        router.ip("addr add 2001:db8:9::1/64 dev br1 nodad", f"route replace default via {gateway.ip6}")
        client.ip(*(f"addr add 2001:db8:9::{n}/64 dev eth0 nodad" for n in NUMBERS), "route add default via 2001:db8:9::1")
    lab.forward("janus")
    for host in (lab.saturne, lab.mercure, lab.mercure2, lab.router):
        host.ip("route add 10.9.0.0/24 via 192.168.0.4", "route add 2001:db8:9::/64 via 2001:db8:1::4")
    return client


@pytest.fixture
def servers(bare, closing):
    return [closing(Pop3Server([BIG], getattr(bare.provider, family), 110, host=bare.provider)) for family in ("ip4", "ip6")]


@pytest.fixture
def diverted(bare, closing, servers):
    """diverted(interception, ...) applies the example network, and returns the mirror and Postern."""
    def start(interception="redirect", **keys):
        gateway = mirror(bare, **keys).apply()
        postern = closing(Postern(bare, {"pop3": {"interception": interception}, "gateway": PROXY}, host=bare.mercure))
        Gateway.of(postern).apply()
        return gateway, postern
    return start


def fetch(client, address, timeout=20):
    """Returns the large message, and how long it took."""
    with Session(address, 110, client, timeout) as session:
        session.login(b"bob", b"x")
        begin = time.monotonic()
        assert session.retr(1) == BIG
        return time.monotonic() - begin


def hangs(lab, client, address):
    """Asserts that the message does not arrive. Afterwards raises the MTU for a moment, so that Postern detects the client's end."""
    with pytest.raises(OSError):
        fetch(client, address, timeout=4)
    mtu = json.loads(lab.janus.run(["ip", "-json", "link", "show", "br1"]).stdout)[0]["mtu"]
    lab.janus.ip("link set br1 mtu 1500")
    await_condition(lambda: not established(lab.mercure), 30, "the end of the session that hung")
    lab.janus.ip(f"link set br1 mtu {mtu}")


def established(host):
    return host.run(["ss", "-Htno", "state", "connected", "exclude", "time-wait", "dport", "!=", ":8110"]).stdout.strip()


def reports(gateway, family):
    return next(rule["packets"] for rule in gateway.status()["rules"] if rule["chain"] == "errors" and family[2] in rule["rule"] and "about mail" in rule["rule"])


@FAMILIES
@INTERCEPTIONS
def test_the_router_s_error_reaches_the_proxy(bare, diverted, family, interception):
    gateway, _ = diverted(interception)
    bare.mercure.sysctl(**{"ipv4/tcp_mtu_probing": 0})
    client = branch(bare, 1280)
    server = getattr(bare.provider, family)
    assert fetch(client, server) < PROMPT
    assert reports(gateway, family) > 0

    # Without the mirror's chain, the proxy does not receive the error, and the message does not arrive.
    bare.saturne.nft("flush chain inet postern errors")
    bare.mercure.run(["ip", "-6" if family == "ip6" else "-4", "route", "flush", "cache"])
    hangs(bare, client, server)


@FAMILIES
def test_tproxy_on_the_router_keeps_the_error(bare, closing, servers, family):
    """Without a mirror, the error arrives at the proxy addressed to the server, and must not be forwarded."""
    settings = {"pop3": {"interception": "tproxy"}, "gateway": PROXY}
    gateway = Gateway.of(closing(Postern(bare, settings, host=bare.router))).apply()
    bare.router.sysctl(**{"ipv4/tcp_mtu_probing": 0})
    client = branch(bare, 1280, via="router")
    assert fetch(client, getattr(bare.provider, family)) < PROMPT
    rule = {"ip4": "ICMP errors for transparent sockets", "ip6": "ICMPv6 errors for transparent sockets"}[family]
    assert next(r["packets"] for r in gateway.status()["rules"] if r["rule"] == rule) > 0


@pytest.mark.parametrize("interception, family, mtu", [("redirect", "ip4", 1280), ("redirect", "ip6", 1280), ("tproxy", "ip4", 576)])
def test_no_error_arrives_at_all(bare, diverted, interception, family, mtu):
    """A firewall at the branch drops ICMP: a black hole."""
    _, postern = diverted(interception)
    client = branch(bare, mtu)
    bare.janus.nft(SILENT)
    server = getattr(bare.provider, family)
    bare.mercure.sysctl(**{"ipv4/tcp_mtu_probing": 0})
    hangs(bare, client, server)
    finds(postern, "path MTU", "net/ipv4/tcp_mtu_probing is 0")
    Gateway.of(postern).apply()
    assert not faults(doctor(postern)[1])
    fetch(client, server, timeout=60)


@FAMILIES
@pytest.mark.parametrize("spread", ["client", "connection"])
def test_of_two_proxies_the_error_reaches_the_one_with_the_connection(bare, closing, servers, family, spread):
    """The hash of the quoted client equals that of the connection's SYN."""
    for host in (bare.mercure, bare.mercure2):
        Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=host))).apply()
        host.sysctl(**{"ipv4/tcp_mtu_probing": 0})
    gateway = mirror(bare, ("mercure", "mercure2"), spread=spread).apply()
    client = branch(bare, 1280)

    def used():
        return {rule["chain"] for rule in gateway.status()["rules"] if rule["rule"] == "packets" and rule["packets"] and family[2] in rule["chain"]}
    fetches = 0
    while fetches < 40 and (fetches < len(NUMBERS) or len(used()) < 2):  # spread by connection, a few may all reach the same proxy
        number = NUMBERS[fetches % len(NUMBERS)]
        assert fetch(Sender(client, ADDRESS[family].format(number)), getattr(bare.provider, family)) < PROMPT
        fetches += 1
    assert len(used()) == 2, used()


def test_errors_about_mail_that_is_not_diverted_are_not_changed(bare, diverted):
    """A bypassed client is connected to the server itself, so the server must receive the errors."""
    gateway, _ = diverted(bypass="10.9.0.2/31 2001:db8:9::2/127")
    client = branch(bare, 1280)
    for family in ("ip4", "ip6"):
        assert fetch(Sender(client, ADDRESS[family].format(2)), getattr(bare.provider, family)) < PROMPT
        assert reports(gateway, family) == 0
        fetch(Sender(client, ADDRESS[family].format(4)), getattr(bare.provider, family))
        assert reports(gateway, family) > 0
