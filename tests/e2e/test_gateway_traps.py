"""The pitfalls of doc/GATEWAY.md. Each test shows that the pitfall occurs when the countermeasure of `postern gateway apply` is removed by
hand, and not otherwise."""

import signal
import socket

import pytest
from bobs_mail import MASQUERADED, bob, fetch_both, fetch_unscanned, mailbox

from lab.gateway import PROXY, Gateway, mirror, proxy, shared_by
from lab.pop3_client import Refused
from lab.postern import Postern
from lab.process import await_condition

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])


def at(host, family):
    return getattr(host, family)


def via(family):
    return {"ip4": "-4", "ip6": "-6"}[family]


@pytest.fixture
def applied(bare, closing):
    """applied(settings of the proxy, keys of the mirror's [gateway]) applies both: (lab, provider, mirror, the proxy's Postern)."""
    def start(settings=None, **keys):
        provider = mailbox(bare)
        gateway = mirror(bare, **keys).apply()
        postern = closing(Postern(bare, {"gateway": PROXY} | (settings or {}), host=bare.mercure))
        Gateway.of(postern).apply()
        return bare, provider, gateway, postern
    return start


# 1. ICMP redirects

def link_local(host):
    return host.run(["sh", "-c", "ip -6 -o addr show dev eth0 scope link | sed 's/.*inet6 \\([^/]*\\).*/\\1/'"]).stdout.strip()


def route_by_link_local(net):
    """As router advertisements do. The kernel sends IPv6 redirects only to a next hop with a link-local address."""
    net.janus.run(["ip", "-6", "route", "replace", "default", "via", link_local(net.saturne), "dev", "eth0"])
    net.saturne.run(["ip", "-6", "route", "replace", "default", "via", link_local(net.router), "dev", "eth0"])


def send_past(net, family, web):
    """janus sends a few packets through saturne although the router is nearer. It accepts IPv4 redirects for UDP, and IPv6 redirects for
    TCP."""
    if family == "ip4":
        with net.janus.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(5)
            s.connect((net.provider.ip4, 9))
            for _ in range(4):
                with pytest.raises(ConnectionRefusedError):
                    s.send(b"?")
                    s.recv(1)
    else:
        with net.janus.connect(net.provider.ip6, 80) as s, web.accept()[0] as server:
            for _ in range(4):
                s.send(b"?")
                server.recv(1)
                server.send(b"!")
                s.recv(1)


def goes_past_saturne(net, family):
    way = net.janus.run(["ip", "route", "get", at(net.provider, family)]).stdout
    return f"via {net.router.ip4 if family == 'ip4' else link_local(net.router)} " in way


def dropped(gateway, comment):
    return next((rule["packets"] for rule in gateway.status()["rules"] if rule["rule"] == comment), 0)


@pytest.mark.parametrize("family, sysctl", [("ip4", "all"), ("ip4", "eth0"), ("ip6", None)])
def test_a_redirect_past_the_mirror(applied, family, sysctl):
    net, _, gateway, _ = applied()
    server = at(net.provider, family)
    web = net.provider.listen(server, 80)
    route_by_link_local(net)
    capture = net.start(["tcpdump", "--immediate-mode", "-l", "-n", "-i", "eth0", "icmp[icmptype] == 5 or (icmp6 and ip6[40] == 137)"], host=net.janus)
    capture.await_line("listening on")

    if sysctl:
        # As on a new interface: the kernel sends redirects, and the rule drops them.
        net.saturne.sysctl(**{f"ipv4/conf/{sysctl}/send_redirects": 1})
        send_past(net, family, web)
        assert dropped(gateway, "ICMP redirects") > 0 and not goes_past_saturne(net, family)
    net.saturne.delete_rule("postern", "ICMP redirects" if sysctl else "ICMPv6 redirects")
    assert gateway.faults() != []
    await_condition(lambda: send_past(net, family, web) or goes_past_saturne(net, family), what="a redirect that is believed")
    capture.await_line("redirect")
    fetch_unscanned(net.janus, server)

    gateway.apply()
    net.janus.run(["ip", via(family), "route", "flush", "cache"])
    reported = capture.log().count("redirect")
    for _ in range(10):
        send_past(net, family, web)
    assert not goes_past_saturne(net, family)
    fetch_both(net.janus, server)
    capture.stop(signal.SIGINT)
    assert capture.log().count("redirect,") + capture.log().count("ICMP redirect") == reported
    web.close()


# 2. An empty table falls through to the next

@FAMILIES
def test_the_route_to_the_proxy_is_lost(applied, family):
    net, _, gateway, _ = applied()
    server = at(net.provider, family)
    web = net.provider.listen(server, 80)
    net.saturne.ip("route del default metric 100 table 200", "route del unreachable default metric 4000 table 200", family=via(family))
    with pytest.raises(OSError, match="No route to host|Network is unreachable"):  # refused by the policy rule for unmarked mail
        net.janus.connect(server, 110, timeout=3)
    net.saturne.ip("rule del priority 11200", family=via(family))
    with pytest.raises(ConnectionRefusedError):
        net.janus.connect(server, 110, timeout=3)
    assert len(gateway.faults()) == 3
    net.saturne.nft("delete chain inet postern guard")
    fetch_unscanned(net.janus, server)

    gateway.apply()
    fetch_both(net.janus, server)
    net.saturne.ip("route del default metric 100 table 200", family=via(family))
    with pytest.raises(OSError):
        net.janus.connect(server, 110, timeout=3)
    net.janus.connect(server, 80).close()
    web.close()


# 3. Connection tracking sees one direction only

STATEFUL = """
    table inet firewall {
        chain forward { type filter hook forward priority filter; policy accept; ct state invalid drop; }
    }"""


@FAMILIES
def test_a_firewall_that_drops_invalid_packets(applied, family):
    net, _, gateway, _ = applied(notrack="no")
    net.saturne.nft(STATEFUL)
    with pytest.raises(TimeoutError):
        bob(net.janus, at(net.provider, family), timeout=2)
    gateway.change(notrack="yes").apply()
    fetch_both(net.janus, at(net.provider, family))


# 4. The proxy's own connections

@FAMILIES
def test_the_proxy_s_default_route_is_the_mirror(bare, family):
    """If the proxy's connections were marked like clients', they would return to the proxy."""
    gateway = mirror(bare).apply()
    proxy(bare).apply()
    server = at(bare.provider, family)
    listener = bare.provider.listen(server, 110)
    bare.mercure.run(["ip", "route", "replace", "default", "via", at(bare.saturne, family)])

    bare.saturne.delete_rule("postern", "a proxy's own connections " + ("(IPv4)" if family == "ip4" else "(IPv6)"), chain="divert")
    with pytest.raises(OSError):
        bare.mercure.connect(server, 110, timeout=2)
    gateway.apply()
    bare.mercure.connect(server, 110).close()
    assert listener.accept()[1][0] == MASQUERADED[family]
    listener.close()


# 5. TPROXY

TPROXY = {"pop3": {"interception": "tproxy", "connect_timeout": "2s"}}


@FAMILIES
def test_tproxy_without_its_rule_or_its_route(applied, family):
    net, _, _, postern = applied(TPROXY)
    gateway = Gateway.of(postern)
    server = at(net.provider, family)
    for away in ("rule del priority 11000", "route del local default table 200"):
        net.mercure.ip(away, family=via(family))
        assert len(gateway.faults()) == 1
        with pytest.raises(OSError):
            bob(net.janus, server, timeout=2)
        gateway.apply()
        fetch_both(net.janus, server)


def test_tproxy_with_rp_filter_and_src_valid_mark(bare, closing):
    """Each setting alone does no harm; together they make the kernel take every IPv4 client for this host."""
    bare.mercure.sysctl(**{"ipv4/conf/eth0/rp_filter": 1, "ipv4/conf/all/src_valid_mark": 1})
    mailbox(bare)
    mirror(bare).apply()
    postern = closing(Postern(bare, {"gateway": PROXY} | TPROXY, host=bare.mercure))
    gateway = Gateway.of(postern).apply()
    fetch_both(bare.janus, bare.provider.ip4)

    bare.mercure.sysctl(**{"ipv4/conf/all/src_valid_mark": 1})
    assert gateway.faults() != []
    with pytest.raises(TimeoutError):
        bob(bare.janus, bare.provider.ip4, timeout=2)
    fetch_both(bare.janus, bare.provider.ip6)


# 6. The client's address towards the server

@FAMILIES
@pytest.mark.parametrize("interception", ["tproxy", "redirect"])
def test_replies_to_a_client_s_address_must_return_to_the_proxy(applied, family, interception):
    net, provider, _, postern = applied({"pop3": {"interception": interception, "connect_timeout": "2s"}, "upstream": {"source": "client"}})
    net.router_forget_masquerade()
    server = at(net.provider, family)
    with pytest.raises(Refused, match="does not answer"):
        bob(net.janus, server)
    net.router_return()
    fetch_both(net.janus, server)

    gateway = Gateway.of(postern)
    net.mercure.delete_rule("postern", "servers' replies")
    assert gateway.faults() != []
    with pytest.raises(Refused, match="does not answer"):
        bob(net.janus, server)
    gateway.apply()
    fetch_both(net.janus, server)
    assert provider.peers() == [at(net.janus, family)] * 2


# 7. Several proxies, and a change of their number

@pytest.mark.parametrize("remembers", [False, True])
def test_a_proxy_returns_while_the_other_has_sessions(bare, closing, remembers):
    """If the mirror did not remember them, the hash would move half of these sessions to the proxy that returned."""
    mailbox(bare)
    proxy(bare, host="mercure2").apply()
    Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))).apply()
    watch = mirror(bare, ("mercure", "mercure2"), probe_interval="100ms").apply().watch()
    watch.await_line(r"event=proxy_down .*192\.168\.0\.5")
    watch.await_line("event=spread")
    sessions = [bob(client, bare.provider.ip4, timeout=2) for client in bare.clients(16)]
    spreads = watch.log().count("event=spread")
    closing(Postern(bare, host=bare.mercure2))
    watch.await_line(r"event=proxy_up .*192\.168\.0\.5")
    watch.await_line("event=spread", count=spreads + 1)
    if not remembers:  # the watch would restore a removed rule
        bare.saturne.nft("flush set inet postern flows4_0\n")
    alive = [session for session in sessions if session.is_alive()]
    assert (len(alive) == 16) if remembers else (0 < len(alive) < 16), len(alive)
    for session in sessions:
        session.close()


@FAMILIES
@pytest.mark.parametrize("remembers", [False, True])
def test_another_proxy_is_added_while_the_first_has_sessions(bare, closing, family, remembers):
    """`apply` makes another table, which must remember the proxies of existing connections, wherever these proxies now are in the list."""
    mailbox(bare)
    for name in ("mercure", "mercure2"):
        Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.hosts[name]))).apply()
    gateway = mirror(bare).apply()
    sessions = [bob(client, at(bare.provider, family), timeout=2) for client in bare.clients(16, family)]
    if not remembers:
        digit = family[2]
        bare.saturne.delete_rule("postern", "remember", chain=f"proxy{digit}_0")
        bare.saturne.nft(f"flush set inet postern flows{digit}_0")
    gateway.change(**shared_by(bare, "mercure2", "mercure")).apply()
    assert gateway.faults() == []
    alive = [session for session in sessions if session.is_alive()]
    assert (len(alive) == 16) if remembers else (0 < len(alive) < 16), len(alive)
    for session in sessions:
        session.close()
