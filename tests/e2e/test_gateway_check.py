"""`postern gateway check` detects and names everything that prevents [gateway] from working: one fault at a time."""

import json
import re

import pytest

from lab.gateway import PROXY, Gateway, mirror


def delete_rule(host, chain, comment):
    listed = host.run(["nft", "-a", "list", "chain", "inet", "postern", chain]).stdout
    handle = re.search(rf'comment "{re.escape(comment)}" # handle (\d+)', listed)[1]
    host.nft(f"delete rule inet postern {chain} handle {handle}")


def change_rule(host, chain, comment, into):
    listed = host.run(["nft", "-a", "list", "chain", "inet", "postern", chain]).stdout
    handle = re.search(rf'comment "{re.escape(comment)}" # handle (\d+)', listed)[1]
    host.nft(f'replace rule inet postern {chain} handle {handle} {into} comment "{comment}"')


def set_to(**values):
    return lambda host: host.sysctl(**{path.replace("__", "/"): value for path, value in values.items()})


def ip(*lines, family="-4"):
    return lambda host: host.ip(*lines, family=family)


def nft(text):
    return lambda host: host.nft(text)


def forward_chain(body, policy="accept"):
    return nft(f"table inet theirs {{ chain passing {{ type filter hook forward priority 0; policy {policy}; {body} }}; }}")


# name: (what happens to saturne, what check reports, whether apply corrects it)
FAULTS = {
    "table missing": (nft("delete table inet postern"), "table inet postern is missing", True),
    "table flushed": (nft("flush table inet postern"), 'chain divert: the rule "mail \\(IPv4\\)" is missing', True),
    "rule missing": (lambda h: delete_rule(h, "proxy6_0", "mark"), 'chain proxy6_0: the rule "mark" is missing', True),
    "redirects not dropped": (lambda h: delete_rule(h, "redirects", "ICMPv6 redirects"), 'rule "ICMPv6 redirects" is missing', True),
    "redirects not dropped, IPv4": (lambda h: delete_rule(h, "redirects", "ICMP redirects"), 'rule "ICMP redirects" is missing', True),
    "rule changed": (lambda h: change_rule(h, "divert", "to the LAN (IPv4)", "ip daddr 0.0.0.0/0 counter return"),
                     'the rule "to the LAN \\(IPv4\\)" was changed', True),
    "rule of others": (nft("insert rule inet postern divert accept"), "chain divert: the rule with handle \\d+ is not ours", True),
    "our rule twice": (lambda h: h.nft('add rule inet postern proxy4_0 counter accept comment "packets"'),
                       "chain proxy4_0: the rule with handle \\d+ is not ours", True),
    "chain of others": (nft("add chain inet postern other"), "chain other is not ours", True),
    "policy drop": (nft("add chain inet postern divert { policy drop; }"), "chain divert has the policy drop, expected accept", True),
    "spread emptied": (nft("flush chain inet postern balance4"), 'chain balance4: the rule ".*" is missing', True),
    "set missing": (nft("delete table inet postern\nadd table inet postern"), "set flows4_0 is missing", True),
    "no rule for IPv4": (ip("rule del fwmark 0x6e00/0xff00 table 200"), "policy rule is missing: ip -4 rule add fwmark 0x6e00/0xff00", True),
    "no rule for IPv6": (ip("rule del fwmark 0x6f00/0xff00 table 201", family="-6"), "policy rule is missing: ip -6 rule add fwmark 0x6f00", True),
    "no route": (ip("route del default metric 100 table 200"), "route is missing: ip -4 route add default via 192.168.0.3", True),
    "no route for IPv6": (ip("route del default metric 100 table 200", family="-6"), "route is missing: ip -6 route add default via 2001:db8:1::3", True),
    "route elsewhere": (ip("route replace default via 192.168.0.1 metric 100 table 200"), "a route leads to 192.168.0.1 instead: expected", True),
    "no unreachable route": (ip("route del unreachable default metric 4000 table 201"), "route is missing: ip -4 route add unreachable default", True),
    "no unreachable route for IPv6": (ip("route del unreachable default metric 4000 table 201", family="-6"), "ip -6 route add unreachable default", True),
    "forwarding off": (set_to(ipv4__ip_forward=0), "net/ipv4/ip_forward is 0, not 1", True),
    "forwarding off, IPv6": (set_to(ipv6__conf__all__forwarding=0), "net/ipv6/conf/all/forwarding is 0, not 1", True),
    "redirects on": (set_to(ipv4__conf__all__send_redirects=1), "net/ipv4/conf/all/send_redirects is 1, not 0", True),
    "redirects on, interface": (set_to(ipv4__conf__eth0__send_redirects=1), "net/ipv4/conf/eth0/send_redirects is 1, not 0", True),
    "decided by an earlier rule": (ip("rule add from all table 66 priority 100", "route add default via 192.168.0.1 table 66"),
                      "another IPv4 rule, with priority 100, comes before ours and catches", False),
    "decided by an earlier rule, IPv6": (ip("rule add from all table 66 priority 100", "route add default via 2001:db8:1::1 table 66", family="-6"),
                            "another IPv6 rule, with priority 100, comes before ours and catches", False),
    "mark of another": (ip("rule add fwmark 0x6f00/0xff00 table 5 priority 20000"), "the mark 0x6f00 is used by another IPv4 rule", False),
    "table of another": (ip("route add 198.51.100.0/24 via 192.168.0.1 table 201"), "the IPv4 routing table 201 is in use", False),
    "others drop by policy": (forward_chain("", "drop"), "table inet theirs, chain passing drops by its policy", False),
    "interface gone": (ip("link set eth0 down", "link set eth0 name lan0", "link set lan0 up"), "eth0 does not exist", False),
    "proxy out of reach": (ip("route add 192.168.0.3/32 via 192.168.0.1"),
                           "192.168.0.3 is not on a network of this host: the router 192.168.0.1", False),
    "no route to the proxy": (ip("route flush table main"), "192.168.0.3 is not on a network of this host: Network is", False),
    "rules flushed": (ip("rule flush"), "there is no route to 192.168.0.3, .* table main is missing: ip -4 rule add table main priority 32766", False),
    "rules flushed, IPv6": (ip("rule flush", family="-6"), "there is no route to 2001:db8:1::3, .* table main is missing: ip -6 rule add", False),
    "IPv6 off": (set_to(ipv6__conf__all__disable_ipv6=1), "IPv6 is off on this host", False),
    "IPv6 off, interface": (set_to(ipv6__conf__eth0__disable_ipv6=1), "IPv6 is off on eth0", False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_check_names_the_fault(bare, fault):
    inject, expected, is_repaired = FAULTS[fault]
    gateway = mirror(bare, proxies=("mercure", "mercure2")).apply()
    assert gateway.faults() == []
    inject(bare.saturne)
    faults = gateway.faults()
    assert any(re.search(expected, line) for line in faults), faults
    reported = json.loads(gateway.run("check", "--json", check=False).stdout)
    assert not reported["ok"] and faults == [problem["text"] for problem in reported["problems"] if problem["error"]]
    if is_repaired:
        gateway.apply()
        assert gateway.faults() == []


def test_a_stateful_forward_chain_is_named_if_connections_are_tracked(bare):
    gateway = mirror(bare, notrack="no").apply()
    forward_chain("ct state invalid drop;")(bare.saturne)
    assert any("drops packets that are invalid to connection tracking" in line for line in gateway.faults())
    assert gateway.change(notrack="yes").apply().faults() == []


def test_a_forward_chain_that_drops_some_mail_is_a_warning(bare):
    gateway = mirror(bare).apply()
    forward_chain("ip saddr 192.168.0.4 accept; meta nfproto ipv6 accept;", "drop")(bare.saturne)
    done = gateway.run("check")
    assert done.stdout == "" and "warning: table inet theirs, chain passing drops by its policy" in done.stderr
    bare.saturne.nft("insert rule inet theirs passing tcp dport 110 accept")
    assert gateway.run("check").stderr == ""


def test_reverse_path_filter_and_marks_are_named_with_tproxy(bare):
    gateway = Gateway(bare, bare.mercure, {"gateway": PROXY, "pop3": {"interception": "tproxy"}}).apply()
    assert gateway.faults() == []
    set_to(ipv4__conf__eth0__rp_filter=1, ipv4__conf__all__src_valid_mark=1)(bare.mercure)
    faults = gateway.faults()
    assert any("net/ipv4/conf/all/src_valid_mark is 1, not 0" in line for line in faults), faults


def test_an_advertised_default_route_is_a_warning(bare):
    """The kernel drops such a route when forwarding is enabled, unless accept_ra is 2."""
    bare.saturne.ip("route add default via 2001:db8:1::1 dev eth0 proto ra metric 512", family="-6")
    gateway = mirror(bare)
    assert "warning: the IPv6 default route on eth0 is advertised" in gateway.run("apply").stderr
    bare.saturne.sysctl(**{"ipv6/conf/eth0/accept_ra": 2})
    assert "advertised" not in gateway.run("check").stderr


@pytest.mark.parametrize("fault", ["mark of another", "table of another", "interface gone", "proxy out of reach", "IPv6 off", "others drop by policy"])
def test_apply_changes_nothing_if_a_precondition_is_not_met(bare, fault):
    inject, expected, _ = FAULTS[fault]
    inject(bare.saturne)
    gateway = mirror(bare, proxies=("mercure", "mercure2"))
    done = gateway.run("apply", check=False)
    assert done.returncode == 1 and re.search(expected, done.stderr), done
    assert "inet postern" not in bare.saturne.run(["nft", "list", "tables"]).stdout
    reported = gateway.run("plan", check=False)
    assert reported.returncode == 1 and re.search(expected, reported.stderr), reported


def test_a_proxy_that_watch_took_out_is_no_fault(bare):
    """Rules for any set of live proxies are accepted, but not rules that the watch never writes."""
    gateway = mirror(bare, proxies=("mercure", "mercure2")).apply()
    saturne = bare.saturne
    saturne.nft("""
        flush chain inet postern balance4
        add rule inet postern balance4 counter jhash ip saddr mod 2 seed 0x6e vmap { 0 : goto proxy4_0, 1 : goto fallback4 } comment "over all proxies"
        add rule inet postern fallback4 counter goto proxy4_0 comment "to the only live proxy"
        flush chain inet postern balance6
        add rule inet postern balance6 counter goto no_proxy6 comment "no proxy is left" """)
    assert gateway.faults() == [] and "nothing to do" in gateway.run("apply").stdout
    used = {proxy["address"]: proxy["used"] for proxy in gateway.status()["proxies"]}
    assert used == {"192.168.0.3": True, "192.168.0.5": False, "2001:db8:1::3": False, "2001:db8:1::5": False}
    saturne.nft("flush chain inet postern fallback4")
    assert gateway.faults() != []
