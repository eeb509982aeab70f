"""In each role `postern gateway watch` restores at once the table that `apply` installed, whatever removed it (a reload of
nftables.service, an administrator, another program)."""

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
# role: (host, whether that host is janus's default route, sections of the host's configuration)
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
    """in_role(role) applies that role, starts the watch, and returns the Gateway and the watch."""
    def start(role):
        name, is_default_route, sections = ROLES[role]
        host = bare.hosts[name]
        mailbox(bare)
        bare.forward("saturne")
        if is_default_route:
            bare.janus.ip(f"route replace default via {host.ip4}", f"route replace default via {host.ip6}")
        elif name == "mercure":
            mirror(bare).apply()
            bare.forward("mercure")  # as Docker does; mail that is not redirected would then pass unscanned
        gateway = Gateway.of(closing(Postern(bare, sections, host=host))).apply()
        watch = gateway.watch()
        watch.await_line("event=started")
        return gateway, watch
    return start


@pytest.mark.parametrize("role", ROLES)
def test_in_each_role_a_flushed_table_is_restored_at_once(bare, in_role, role):
    gateway, watch = in_role(role)
    fetch_all(bare)
    before = without_counts(gateway.host)
    gateway.host.nft(RELOAD)
    meanwhile = "mail passes unscanned" if role == "local" else "mail is refused by the policy rules"
    watch.await_line(f"level=error .*event=table_gone .*{meanwhile}")
    watch.await_line(r"level=warning .*event=table_back gone_ms=\d{1,3}\s", timeout=5)
    assert without_counts(gateway.host) == before and gateway.faults() == []
    fetch_all(bare)


@pytest.mark.parametrize("removal", REMOVALS)
def test_the_table_is_restored_whatever_removed_it(bare, closing, removal):
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


def test_a_dead_proxy_stays_out_of_the_restored_table(bare, closing):
    closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure2))
    gateway = mirror(bare, ("mercure", "mercure2"), **QUICK).apply()
    watch = gateway.watch()
    watch.await_line(r"event=spread over=\S*192\.168\.0\.5:8110 [^.]*$")
    with_one_proxy = without_counts(bare.saturne)
    bare.saturne.nft("flush ruleset")
    watch.await_line("event=table_back")
    watch.await_line("event=spread ", count=2)
    assert without_counts(bare.saturne) == with_one_proxy


def test_a_table_that_is_missing_when_the_watch_starts_is_restored(bare):
    gateway = mirror(bare).apply()
    bare.saturne.nft("flush ruleset")
    gateway.watch().await_line("event=table_back")
    assert gateway.faults() == []


def test_the_applied_table_is_restored_even_if_the_configuration_has_changed(bare):
    gateway = mirror(bare).apply()
    applied = without_counts(bare.saturne)
    watch = gateway.change(ports="110 1110").watch()
    bare.saturne.nft("flush ruleset")
    watch.await_line("event=table_back")
    assert without_counts(bare.saturne) == applied
    assert gateway.faults() != [] and gateway.apply().faults() == []


def test_rules_and_routes_that_systemd_networkd_removes_are_restored(bare, in_role):
    """When systemd-networkd starts, it removes rules and routes of others (ManageForeignRoutingPolicyRules and ManageForeignRoutes, on
    by default)."""
    gateway, watch = in_role("proxy with tproxy")
    for family in ("-4", "-6"):
        gateway.host.ip("rule del priority 11000", "route flush table 200", family=family)
    for family in ("-4", "-6"):
        watch.await_line(f'event=route_back what="{family} rule add fwmark 0x6e table 200 priority 11000"')
        watch.await_line(f'event=route_back what="{family} route add local default dev lo table 200"')
    assert gateway.faults() == []
    fetch_all(bare)


def test_nothing_is_restored_after_remove(bare):
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
def test_without_a_watch_mail_is_refused_after_a_flush(bare, closing, in_role, role):
    """With no_proxy = block, policy rules still refuse mail. Other traffic, and mail that is never diverted, passes."""
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
    """rp_filter looks up the route of a reply with addresses and ports exchanged. That looks like a client's packet, so the policy rules
    for mail apply."""
    mailbox(bare)
    bare.mercure2.ip(f"route replace default via {bare.router.ip4}")
    bare.router.sysctl(**{"ipv4/conf/all/rp_filter": rp_filter})
    gateway = Gateway.of(closing(Postern(bare, {"gateway": PROXY | {"bypass": bare.mercure2.ip4}}, host=bare.router))).apply()
    fetch_unscanned(bare.mercure2, bare.provider.ip4)
    bare.janus.ip(f"route replace default via {bare.router.ip4}")
    fetch_both(bare.janus, bare.provider.ip4)
    assert gateway.faults() == []


def test_with_no_proxy_pass_no_policy_rule_refuses_mail(bare):
    gateway = mirror(bare, no_proxy="pass").apply()
    assert "dport" not in bare.saturne.run(["ip", "rule"]).stdout and gateway.faults() == []


def test_without_a_role_there_is_nothing_to_watch(bare):
    done = Gateway(bare, bare.saturne).run("watch", check=False)
    assert done.returncode == 1 and "[gateway] role is empty: there is nothing to watch" in done.stderr
