"""postern doctor on the article's network: mirror and proxy, healthy, and with one fault at a time."""

import pytest
from doctor_says import FAULT, UNCHECKED, WELL, doctor, faults, finds

from lab import gateway as lab_gateway
from lab import mail
from lab.gateway import LAN, PROXY, Gateway
from lab.pop3_client import Session
from lab.pop3_server import Pop3Server
from lab.postern import Postern


@pytest.fixture
def mirror(bare):
    return lab_gateway.mirror(bare).apply()


@pytest.fixture
def proxy(bare, closing):
    """mercure, where Postern runs with the file from which its rules are made."""
    postern = closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))
    Gateway.of(postern).apply()
    return postern


@pytest.fixture
def provider(bare, closing):
    return [closing(Pop3Server([mail.plain(), mail.infected()], address=address, port=110, host=bare.provider))
            for address in (bare.provider.ip4, bare.provider.ip6)]


def test_both_are_well_and_see_the_mail_pass(bare, mirror, proxy, provider):
    for one in (proxy, mirror):  # the mirror's doctor opens a connection to the proxy
        status, links = doctor(one)
        assert status == WELL, links
        assert links["traffic"][0][0] == "warning" and "no flow has matched the rules yet" in links["traffic"][0][1]
    with Session(bare.provider.ip4, 110, host=bare.janus) as session:
        session.login()
        assert b"Auto-Submitted" in session.retr(2)
    for one in (mirror, proxy):
        status, links = doctor(one)
        assert status == WELL, links
        assert links["traffic"][0][0] == "ok", links["traffic"]
    assert "service" not in doctor(mirror)[1], "nothing is scanned on a mirror"


def test_without_root_rules_are_not_checked(mirror, proxy):
    status, links = doctor(mirror, prefix=["setpriv", "--reuid=7777", "--regid=7777", "--clear-groups", "--inh-caps=-all"])
    assert status == UNCHECKED, links
    for link in ("packet filter", "traffic", "gateway"):
        assert [state for state, _, _ in links[link]] == ["not checked"], links[link]
    assert links["routes"][0][0] == "ok"


def nft(command):
    return lambda host: host.run(["nft", *command.split()])


def ip(command):
    return lambda host: host.run(["ip", *command.split()])


def sysctl(**values):
    return lambda host: host.sysctl(**values)


ON_THE_MIRROR = {
    "forwarding is off": (sysctl(**{"ipv4/ip_forward": 0}), "forwarding", "ip_forward is 0", []),
    "IPv6 forwarding is off": (sysctl(**{"ipv6/conf/all/forwarding": 0}), "forwarding", "forwarding is 0", []),
    "redirects of the interface": (sysctl(**{"ipv4/conf/eth0/send_redirects": 1}), "ICMP redirects", "send_redirects is 1", []),
    "redirects of all": (sysctl(**{"ipv4/conf/all/send_redirects": 1}), "ICMP redirects", "send_redirects is 1", []),
    "no nd-redirect rule": (nft("flush chain inet postern redirects"), "packet filter", "redirects", []),
    "no table": (nft("delete table inet postern"), "packet filter", "postern", []),
    "nothing is diverted": (nft("flush chain inet postern divert"), "packet filter", "divert", []),
    "a rule too many": (nft("insert rule inet postern divert accept"), "packet filter", "divert", []),
    "no policy rule": (ip("-4 rule del priority 11000"), "routes", "policy rule is missing", []),
    "no IPv6 policy rule": (ip("-6 rule del priority 11000"), "routes", "policy rule is missing", []),
    "an empty table falls through": (ip("-4 route flush table 200"), "routes", "route is missing", []),
    "no unreachable route": (ip("-4 route del unreachable default metric 4000 table 200"), "routes", "unreachable", []),
    "a route elsewhere": (ip("-4 route replace default via 192.168.0.5 metric 100 table 200"), "routes", "leads to 192.168.0.5 instead", ["gateway"]),
    "another rule before ours": (ip("-4 rule add priority 100 lookup main"), "routes", "priority 100", ["gateway"]),
    "a forward chain that drops": (lambda host: host.nft("table inet theirs { chain forward { type filter hook forward priority 0; policy drop; }\n}"),
                                   "firewall", "drops by its policy", []),
}


@pytest.mark.parametrize("fault", ON_THE_MIRROR)
def test_a_fault_of_the_mirror(mirror, proxy, fault):
    inject, link, words, more = ON_THE_MIRROR[fault]
    inject(mirror.host)
    finds(mirror, link, words, more=more)


def test_an_interface_that_is_not_there(mirror, proxy):
    finds(mirror.change(interface="eth7"), "gateway", "eth7 does not exist", more=["packet filter", "forwarding", "ICMP redirects", "routes"])


def test_rules_laid_by_others_are_known_by_what_they_bring(bare, closing, mirror, provider):
    postern = closing(Postern(bare, host=bare.mercure))
    status, links = doctor(postern)
    assert status == UNCHECKED and links["gateway"][0][0] == "not checked", links
    lab_gateway.proxy(bare).apply()
    with Session(bare.provider.ip4, 110, host=bare.janus) as session:
        session.login()
    status, links = doctor(postern)
    assert status == WELL and "sessions so far: 1" in links["gateway"][0][1], links


def test_a_proxy_that_is_the_mirror_itself(mirror):
    """Its mail would be routed in a loop."""
    finds(mirror.change(proxies="192.168.0.2"), "gateway", "which is this host", more=["packet filter", "routes", "proxies"])


def test_a_proxy_behind_a_router(mirror):
    finds(mirror.change(proxies="203.0.113.10"), "gateway", "not on a network of this host", more=["packet filter", "routes", "proxies"])


def test_mirror_and_proxy_on_one_box(bare, closing, provider):
    both = {"role": "mirror proxy", "interface": "eth0", "lan": LAN, "proxies": f"{bare.saturne.ip4} {bare.saturne.ip6}"}
    postern = closing(Postern(bare, {"gateway": both}, host=bare.saturne))
    Gateway.of(postern).apply()
    status, links = doctor(postern)
    assert status == WELL, links
    with Session(bare.provider.ip6, 110, host=bare.janus) as session:
        session.login()
        assert b"Auto-Submitted" in session.retr(2)
    status, links = doctor(postern)
    assert status == WELL and links["traffic"][0][0] == "ok", links
    postern.stop()
    finds(postern, "proxies", "does not answer", more=["service"])


def test_a_proxy_that_does_not_run(mirror, proxy):
    assert not faults(doctor(mirror)[1])
    proxy.stop()
    finds(mirror, "proxies", "192.168.0.3 does not answer: Connection refused")


def test_a_dead_proxy_that_gets_nothing_is_a_warning(bare, proxy):
    two = lab_gateway.mirror(bare, proxies=("mercure", "mercure2")).apply()
    finds(two, "proxies", "192.168.0.5 does not answer")
    two.watch().await_line("event=spread over", 20)
    status, links = doctor(two)
    assert status == WELL, links
    assert "192.168.0.5 does not answer, and gets no new connections" in str(links["proxies"])


def test_the_proxy_s_rules_are_not_there(proxy):
    proxy.host.run(["nft", "delete", "table", "inet", "postern"])
    finds(proxy, "packet filter", "postern")


def test_rp_filter_that_minds_marks(bare, closing):
    postern = closing(Postern(bare, {"pop3": {"interception": "tproxy"}, "gateway": PROXY}, host=bare.mercure))
    Gateway.of(postern).apply()
    assert not faults(doctor(postern)[1])
    bare.mercure.sysctl(**{"ipv4/conf/eth0/rp_filter": 1, "ipv4/conf/eth0/src_valid_mark": 1})
    finds(postern, "rp_filter", "src_valid_mark", more=["gateway"])


def test_through_from_the_mirror(bare, mirror, proxy, provider):
    status, links = doctor(mirror, "--through", bare.provider.ip4)
    assert status == WELL, links
    assert '"+OK ready"' in links["session"][0][1]
    assert "own connections of this host are not intercepted" in links["interception"][0][1]


def test_through_in_the_local_role(bare, closing, provider):
    """If the host's own connections are not intercepted, that is a fault."""
    postern = closing(Postern(bare, {"gateway": {"role": "local", "lan": LAN}}, host=bare.mercure))
    Gateway.of(postern).apply()
    status, links = doctor(postern, "--through", bare.provider.ip4)
    assert status == WELL, links
    assert links["interception"][0][0] == "ok" and "Intercepted" in links["interception"][0][1]
    bare.mercure.run(["nft", "delete", "table", "inet", "postern"])
    status, links = doctor(postern, "--through", bare.provider.ip4)
    assert status == FAULT and "interception" in faults(links), links


def test_through_a_proxy_that_does_not_run(bare, closing, provider):
    postern = closing(Postern(bare, {"gateway": {"role": "local", "lan": LAN}}, host=bare.mercure))
    Gateway.of(postern).apply()
    postern.stop()
    status, links = doctor(postern, "--through", bare.provider.ip4)
    assert status == FAULT and {"service", "session", "interception"} <= set(faults(links)), links
