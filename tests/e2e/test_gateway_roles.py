"""`postern gateway apply` in the example network and in other arrangements: mail is scanned, other traffic is unaffected, and `remove`
reverts everything."""

import pytest
from bobs_mail import MASQUERADED, fetch_both, fetch_unscanned, mailbox

from lab.gateway import PROXY, Gateway, mirror, shared_by
from lab.network_state import differences, network_state
from lab.postern import Postern

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
BOTH = ("ip4", "ip6")


def at(host, family):
    return getattr(host, family)


def addresses(host):
    return [at(host, family) for family in BOTH]


def proxy_on(net, host, closing, settings=None, **keys):
    """Starts Postern and applies its gateway role, both configured by one file: (Postern, Gateway)."""
    postern = closing(Postern(net, {"gateway": PROXY | keys} | (settings or {}), host=host))
    return postern, Gateway.of(postern).apply()


@pytest.fixture
def article(bare, closing):
    """The example network from two small files, installed by `apply` alone: (lab, provider, Postern)."""
    provider = mailbox(bare)
    mirror(bare).apply()
    return bare, provider, proxy_on(bare, bare.mercure, closing)[0]


@FAMILIES
def test_mail_is_scanned_and_neither_end_can_tell(article, family):
    net, provider, postern = article
    address, port = fetch_both(net.janus, at(net.provider, family))
    assert set(provider.peers()) == {MASQUERADED[family]}
    form = "{}:{}" if family == "ip4" else "[{}]:{}"
    assert [(i["client"], i["server"]) for i in postern.incidents()] == [(form.format(address, port), form.format(at(net.provider, family), 110))]


@FAMILIES
def test_the_traceroutes_of_the_guide(net, closing, family):
    """Before; with a mirror and mercure as a router; with mirror and proxy."""
    server = at(net.provider, family)
    listeners = [net.provider.listen(server, port) for port in (80, 110)]

    def way(*hosts):
        return [*(at(net.hosts[name], family) for name in hosts), "[open]"]

    straight = way("saturne", "router", "provider")
    assert net.janus.traceroute(server, 80) == net.janus.traceroute(server, 110) == straight
    mirror(net).apply()
    net.forward("mercure")
    assert net.janus.traceroute(server, 80) == straight
    assert net.janus.traceroute(server, 110) == way("saturne", "mercure", "router", "provider")
    proxy_on(net, net.mercure, closing)
    assert net.janus.traceroute(server, 80) == straight
    assert net.janus.traceroute(server, 110) == way("saturne", "provider")
    for listener in listeners:
        listener.close()


def test_the_server_sees_mercure(article):
    net, provider, _ = article
    net.router_forget_masquerade()
    for address in addresses(net.provider):
        fetch_both(net.janus, address)
    assert provider.peers() == addresses(net.mercure)


@FAMILIES
@pytest.mark.parametrize("gateway", ["saturne", "mercure"])
def test_connections_to_a_mail_server_of_the_lan_are_not_diverted(article, family, gateway):
    """Even if clients use the mirror or the proxy as gateway to it."""
    net, _, postern = article
    net.forward("mercure")
    server = mailbox(net, net.mercure2)
    net.janus.ip(f"route add {at(net.mercure2, family)} via {at(net.hosts[gateway], family)}")
    fetch_unscanned(net.janus, at(net.mercure2, family))
    assert server.peers() == [at(net.janus, family)] and not postern.incidents()


def test_bypass_is_not_scanned(bare, closing):
    """Connections of clients, and to servers, in [gateway] bypass; mail of others is scanned."""
    provider = mailbox(bare)
    mirror(bare, bypass=f"{bare.mercure2.ip4} {bare.provider.ip6}").apply()
    proxy_on(bare, bare.mercure, closing)
    bare.mercure2.run(["ip", "route", "replace", "default", "via", bare.saturne.ip4])
    fetch_unscanned(bare.mercure2, bare.provider.ip4)
    fetch_unscanned(bare.janus, bare.provider.ip6)
    fetch_both(bare.janus, bare.provider.ip4)
    assert set(provider.peers()) == set(MASQUERADED.values())


FOREIGN_TABLE = """
    table inet foreign {
        chain input { type filter hook input priority filter; policy accept; tcp dport 2525 drop; }
        chain divert { type filter hook prerouting priority mangle; tcp dport 25 meta mark set 0x19; }
    }"""


def add_foreign_rules(host):
    host.nft(FOREIGN_TABLE)
    for family in ("-4", "-6"):
        host.ip("rule add fwmark 0x19 table 19", "route add unreachable default table 19", family=family)


def test_a_second_apply_changes_nothing_and_remove_restores_everything(bare):
    gateways = [mirror(bare), Gateway(bare, bare.mercure, {"gateway": PROXY})]
    for gateway in gateways:
        add_foreign_rules(gateway.host)
        before = network_state(gateway.host)
        once = network_state(gateway.apply().host)
        assert differences(before, once)
        assert gateway.faults() == []
        assert not differences(once, network_state(gateway.apply().host))
        assert not differences(before, network_state(gateway.remove().host))


@pytest.mark.parametrize("names", [[], ["saturne"]], ids=["unnamed", "named"])
def test_mirror_and_proxy_on_one_machine(bare, closing, names):
    provider = mailbox(bare)
    web = [bare.provider.listen(address, 80) for address in addresses(bare.provider)]
    _, gateway = proxy_on(bare, bare.saturne, closing, role="mirror proxy", **shared_by(bare, *names))
    assert gateway.faults() == []
    for family in BOTH:
        server = at(bare.provider, family)
        fetch_both(bare.janus, server)
        assert bare.janus.traceroute(server, 110) == [server, "[open]"]
        assert bare.janus.traceroute(server, 80) == [at(bare.saturne, family), at(bare.router, family), server, "[open]"]
    assert provider.peers() == list(MASQUERADED.values())
    del web


def test_a_mirror_that_is_one_of_two_proxies(bare, closing):
    """Each client is assigned to the proxy on the mirror or to mercure, and always to the same one."""
    mailbox(bare)
    here, _ = proxy_on(bare, bare.saturne, closing, role="mirror proxy", **shared_by(bare, "saturne", "mercure"))
    there, _ = proxy_on(bare, bare.mercure, closing)
    for client in bare.clients(16):
        for _ in range(2):
            fetch_both(client, bare.provider.ip4)
    seen = [{incident["client"].split(":")[0] for incident in postern.incidents()} for postern in (here, there)]
    assert seen[0] and seen[1] and not seen[0] & seen[1], seen


def test_the_router_is_the_proxy(bare, closing):
    provider = mailbox(bare)
    web = [bare.provider.listen(address, 80) for address in addresses(bare.provider)]
    _, gateway = proxy_on(bare, bare.router, closing)
    assert gateway.faults() == []
    for family in BOTH:
        bare.janus.run(["ip", "route", "replace", "default", "via", at(bare.router, family)])
        server = at(bare.provider, family)
        fetch_both(bare.janus, server)
        assert bare.janus.traceroute(server, 110) == [server, "[open]"]
        assert bare.janus.traceroute(server, 80) == [at(bare.router, family), server, "[open]"]
    assert provider.peers() == list(MASQUERADED.values())
    del web


@pytest.mark.parametrize("upstream", [{}, {"mark": "0x7000"}], ids=["by user", "by mark"])
def test_a_host_s_own_mail(bare, closing, upstream):
    """The role local diverts mail that janus itself fetches, but not Postern's own connections."""
    provider = mailbox(bare)
    bare.forward("saturne")
    postern, gateway = proxy_on(bare, bare.janus, closing, {"upstream": upstream}, role="local", interface=None)
    assert gateway.faults() == []
    for address in addresses(bare.provider):
        fetch_both(bare.janus, address)
    assert provider.peers() == list(MASQUERADED.values())
    assert len(postern.incidents()) == 2
    gateway.remove()
    fetch_unscanned(bare.janus, bare.provider.ip4)


def test_tproxy(bare, closing):
    provider = mailbox(bare)
    mirror(bare).apply()
    _, gateway = proxy_on(bare, bare.mercure, closing, {"pop3": {"interception": "tproxy"}})
    assert gateway.faults() == []
    for family in BOTH:
        fetch_both(bare.janus, at(bare.provider, family))
        assert bare.janus.traceroute(at(bare.provider, family), 110) == [at(bare.saturne, family), at(bare.provider, family), "[open]"]
    assert provider.peers() == list(MASQUERADED.values())


@pytest.mark.parametrize("interception", ["tproxy", "redirect"])
def test_the_client_s_address_is_kept(bare, closing, interception):
    provider = mailbox(bare)
    mirror(bare).apply()
    bare.router_forget_masquerade()
    bare.router_return()
    _, gateway = proxy_on(bare, bare.mercure, closing, {"pop3": {"interception": interception}, "upstream": {"source": "client"}})
    assert gateway.faults() == []
    for address in addresses(bare.provider):
        fetch_both(bare.janus, address)
    assert provider.peers() == addresses(bare.janus)


