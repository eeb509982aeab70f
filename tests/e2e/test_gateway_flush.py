"""If the packet filter is flushed (by a reload of nftables.service, a person, another program), it is open only for a moment: in each role
`postern gateway watch` restores the table that `apply` installed."""

import errno

import pytest
from bobs_mail import fetch_both, fetch_unscanned, mailbox
from watched_proxies import QUICK

from lab.gateway import LAN, PROXY, Gateway, mirror
from lab.network_state import differences, network_state
from lab.postern import Postern

BOTH = ("ip4", "ip6")
RELOAD = "#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter { chain input { type filter hook input priority filter; }\n}\n"  # Debian's nftables.conf
REMOVALS = {
    "nftables.service reloaded": RELOAD,
    "ruleset flushed": "flush ruleset",
    "table deleted": "delete table inet postern",
    "rules flushed": "flush table inet postern",
    "guard flushed": "flush chain inet postern guard",
}
# role: (the host it is on, whether janus's default route is that host, sections of its file)
ROLES = {
    "proxy": ("mercure", False, {"gateway": PROXY}),
    "proxy with tproxy": ("mercure", False, {"gateway": PROXY, "pop3": {"interception": "tproxy"}}),
    "the router": ("router", True, {"gateway": PROXY}),
    "mirror and proxy": ("saturne", False, {"gateway": PROXY | {"role": "mirror proxy"}}),
    "local": ("janus", False, {"gateway": {"role": "local", "lan": LAN}}),
}


def fetch_all(net):
    for family in BOTH:
        fetch_both(net.janus, getattr(net.provider, family))


def without_counts(host):
    return host.run(["nft", "-s", "-t", "list", "table", "inet", "postern"]).stdout


@pytest.fixture
def in_role(bare, closing):
    """in_role(role): a Gateway of that role, applied, with the watch running."""
    def start(role):
        name, is_way, sections = ROLES[role]
        host = bare.hosts[name]
        mailbox(bare)
        bare.forward("saturne")
        if is_way:
            bare.janus.ip(f"route replace default via {host.ip4}", f"route replace default via {host.ip6}")
        elif name == "mercure":
            mirror(bare).apply()
            bare.forward("mercure")  # as with Docker: what is not redirected there passes unscanned
        gateway = Gateway.of(closing(Postern(bare, sections, host=host))).apply()
        watch = gateway.watch()
        watch.await_line("event=started")
        return gateway, watch
    return start


@pytest.mark.parametrize("role", ROLES)
def test_in_each_role_a_flushed_ruleset_comes_back_at_once(bare, in_role, role):
    gateway, watch = in_role(role)
    fetch_all(bare)
    before = without_counts(gateway.host)
    gateway.host.nft(RELOAD)
    watch.await_line(r"level=error .*event=table_gone")
    watch.await_line(r"level=warning .*event=table_back gone_ms=\d{1,3}\s", timeout=5)
    assert without_counts(gateway.host) == before and gateway.faults() == []
    fetch_all(bare)


@pytest.mark.parametrize("removal", REMOVALS)
def test_however_rules_were_removed_they_come_back(bare, closing, removal):
    mailbox(bare)
    Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))).apply()
    gateway = mirror(bare).apply()
    watch = gateway.watch()
    watch.await_line("event=spread ")
    before = without_counts(bare.saturne)
    for number in (1, 2):
        bare.saturne.nft(REMOVALS[removal])
        watch.await_line("event=table_back", count=number)
        watch.await_line("event=spread ", count=number + 1)
        assert without_counts(bare.saturne) == before and gateway.faults() == []
        fetch_all(bare)


def test_a_dead_proxy_stays_out_of_the_table_that_came_back(bare, closing):
    closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure2))
    gateway = mirror(bare, ("mercure", "mercure2"), **QUICK).apply()
    watch = gateway.watch()
    watch.await_line(r"event=spread over=\S*192\.168\.0\.5:8110 [^.]*$")
    of_one = without_counts(bare.saturne)
    bare.saturne.nft("flush ruleset")
    watch.await_line("event=table_back")
    watch.await_line("event=spread ", count=2)
    assert without_counts(bare.saturne) == of_one


def test_it_was_gone_when_the_watch_started(bare):
    gateway = mirror(bare).apply()
    bare.saturne.nft("flush ruleset")
    gateway.watch().await_line("event=table_back")
    assert gateway.faults() == []


def test_what_comes_back_is_what_was_applied(bare):
    """Not what the file says now."""
    gateway = mirror(bare).apply()
    applied = without_counts(bare.saturne)
    watch = gateway.change(ports="110 1110").watch()
    bare.saturne.nft("flush ruleset")
    watch.await_line("event=table_back")
    assert without_counts(bare.saturne) == applied
    assert gateway.faults() != [] and gateway.apply().faults() == []


def test_what_systemd_networkd_removes_on_a_tproxy_proxy_comes_back(bare, in_role):
    """ManageForeignRoutingPolicyRules and ManageForeignRoutes, both on by default: when it is (re)started, it removes what it does not
    know."""
    gateway, watch = in_role("proxy with tproxy")
    for family in ("-4", "-6"):
        gateway.host.ip("rule del priority 11000", "route flush table 200", family=family)
    for family in ("-4", "-6"):
        watch.await_line(f'event=route_back what="{family} rule add fwmark 0x6e table 200 priority 11000"')
        watch.await_line(f'event=route_back what="{family} route add local default dev lo table 200"')
    assert gateway.faults() == []
    fetch_all(bare)


def test_nothing_comes_back_after_remove(bare):
    before = network_state(bare.saturne)
    gateway = mirror(bare, **QUICK).apply()
    watch = gateway.watch()
    watch.await_line("event=started")
    for number in range(1, 6):
        bare.saturne.nft("delete table inet postern")
        watch.await_line("event=table_back", count=number)
    gateway.remove()
    watch.stop()
    assert differences(before, network_state(bare.saturne)) == {}


@pytest.mark.parametrize("role", ["mirror", "the router", "proxy", "proxy with tproxy"])
def test_without_a_watch_mail_is_refused_and_not_passed(bare, closing, in_role, role):
    """The second line of defence with no_proxy = block: policy rules, which a flush does not affect. Traffic other than mail, or not for a
    proxy, passes."""
    if role == "mirror":
        mailbox(bare)
        gateway = mirror(bare, bypass=f"{bare.mercure2.ip4} {bare.mercure2.ip6}").apply()
    else:
        gateway, watch = in_role(role)
        watch.stop()
    web = [bare.provider.listen(getattr(bare.provider, family), 80) for family in BOTH]
    gateway.host.nft("flush ruleset")
    if role == "the router":  # which masquerades
        gateway.host.nft('table ip nat { chain out { type nat hook postrouting priority srcnat; oifname "eth1" masquerade; }; }')
    for family in BOTH:
        with pytest.raises(OSError) as refused:
            bare.janus.connect(getattr(bare.provider, family), 110, timeout=5)
        assert refused.value.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH)
    bare.janus.connect(bare.provider.ip4, 80).close()
    if role == "mirror":
        for family in BOTH:
            bare.mercure2.ip(f"route replace default via {getattr(bare.saturne, family)}")
            fetch_unscanned(bare.mercure2, getattr(bare.provider, family))
            bare.mercure.ip(f"route replace default via {getattr(bare.saturne, family)}")
            bare.mercure.connect(getattr(bare.provider, family), 110).close()
        lan = mailbox(bare, bare.mercure2)
        bare.janus.ip(f"route add {bare.mercure2.ip4} via {bare.saturne.ip4}")
        fetch_unscanned(bare.janus, bare.mercure2.ip4)
        assert lan.peers() == [bare.janus.ip4]
    del web
    gateway.apply()
    assert gateway.faults() == []


@pytest.mark.parametrize("rp_filter", [1, 2])
def test_replies_pass_a_strict_rp_filter(bare, closing, rp_filter):
    """The kernel looks up the reverse path with exchanged ports: by the rule for mail, as if the reply were the client's packet."""
    mailbox(bare)
    bare.mercure2.ip(f"route replace default via {bare.router.ip4}")
    bare.router.sysctl(**{"ipv4/conf/all/rp_filter": rp_filter})
    gateway = Gateway.of(closing(Postern(bare, {"gateway": PROXY | {"bypass": bare.mercure2.ip4}}, host=bare.router))).apply()
    fetch_unscanned(bare.mercure2, bare.provider.ip4)
    bare.janus.ip(f"route replace default via {bare.router.ip4}")
    fetch_both(bare.janus, bare.provider.ip4)
    assert gateway.faults() == []


def test_where_mail_may_pass_there_is_no_second_line(bare):
    gateway = mirror(bare, no_proxy="pass").apply()
    assert "dport" not in bare.saturne.run(["ip", "rule"]).stdout and gateway.faults() == []


def test_without_a_role_there_is_nothing_to_watch(bare):
    done = Gateway(bare, bare.saturne).run("watch", check=False)
    assert done.returncode == 1 and "[gateway] role is empty: there is nothing to watch" in done.stderr
