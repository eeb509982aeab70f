"""If other programs change the mark, the policy rule or the redirection, mail is refused and does not pass unscanned."""

import errno
import re

import pytest
from bobs_mail import fetch_both, fetch_unscanned, mailbox
from doctor_says import WELL, doctor

from lab.gateway import PROXY, Gateway, mirror, proxy
from lab.postern import Postern

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])


def at(host, family):
    return getattr(host, family)


def overwrite_mark(host, _):
    """As on hosts with two providers: all bits of the mark are overwritten."""
    host.nft("table inet ways_out { chain marking { type filter hook prerouting priority mangle; meta mark set 0x1; }; }")


def restore_tracked_mark(host, _):
    host.nft("table inet ways_out { chain marking { type filter hook prerouting priority mangle; meta mark set ct mark; }; }")


def delete_rule(host, family):
    host.ip("rule del priority 11000", family={"ip4": "-4", "ip6": "-6"}[family])


def replace_route(host, family):
    via = {"ip4": "192.168.0.1", "ip6": "2001:db8:1::1"}[family]
    host.ip(f"route replace default via {via} metric 100 table 200", family={"ip4": "-4", "ip6": "-6"}[family])


# If its own rule is missing, a marked packet is refused by the rule for unmarked mail, before the packet filter can count it.
BY_ROUTE = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)
CHANGES = {"mark overwritten": (overwrite_mark, "yes"), "tracked mark": (restore_tracked_mark, "no"), "no policy rule": (delete_rule, "yes"), "route elsewhere": (replace_route, "yes")}


@pytest.fixture
def article(bare, closing):
    """article(keys of the mirror's [gateway]) applies mirror and proxy, and returns the mirror. The provider has mail, and also listens on
    port 80."""
    web = [bare.provider.listen(address, 80) for address in (bare.provider.ip4, bare.provider.ip6)]

    def start(**keys):
        provider = mailbox(bare)
        Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))).apply()
        return provider, mirror(bare, **keys).apply()
    yield start
    for listener in web:
        listener.close()


def is_refused(net, family, host=None, by_route=False):
    """Asserts that mail is refused at once, and that other traffic is not."""
    with pytest.raises(OSError) as refused:
        (host or net.janus).connect(at(net.provider, family), 110, timeout=5)
    assert refused.value.errno in (BY_ROUTE if by_route else [errno.ECONNREFUSED])
    net.janus.connect(at(net.provider, family), 80).close()
    return True


@FAMILIES
@pytest.mark.parametrize("change", CHANGES)
def test_mail_past_the_proxy_is_refused(article, bare, family, change):
    alter, notrack = CHANGES[change]
    provider, gateway = article(notrack=notrack)
    fetch_both(bare.janus, at(bare.provider, family))
    known = provider.peers()
    alter(bare.saturne, family)
    assert is_refused(bare, family, by_route=change == "no policy rule")
    assert provider.peers() == known


MARKERS = "table inet ways_out, chain marking"


@FAMILIES
@pytest.mark.parametrize(["change", "looked_for"], [("mark overwritten", MARKERS), ("tracked mark", MARKERS), ("route elsewhere", "nft list ruleset")])
def test_check_and_doctor_report_refused_mail(article, bare, family, change, looked_for):
    """The report names the chain that sets marks if nftables lists it. Nothing is reported if nothing was refused."""
    alter, notrack = CHANGES[change]
    _, gateway = article(notrack=notrack)
    fetch_both(bare.janus, at(bare.provider, family))
    assert gateway.run("check").stderr == ""
    alter(bare.saturne, family)
    assert is_refused(bare, family) and is_refused(bare, family)
    said = gateway.run("check", check=False).stderr
    found = re.search(r"warning: mail was not on its way to a proxy and was refused; packets since the table was installed: (\d+)\. .*clears ours \((.*)\), or a policy rule", said)
    assert found and int(found[1]) >= 2 and looked_for in found[2], said
    status, links = doctor(gateway)
    assert any(state == "warning" and found[2] in text for state, text, _ in links["packet filter"]), links
    assert change == "route elsewhere" or (status == WELL and gateway.faults() == [])


@FAMILIES
@pytest.mark.parametrize("change", ["mark overwritten", "no policy rule"])
def test_with_no_proxy_pass_mail_passes(article, bare, family, change):
    alter, notrack = CHANGES[change]
    article(notrack=notrack, no_proxy="pass")
    alter(bare.saturne, family)
    fetch_unscanned(bare.janus, at(bare.provider, family))


@FAMILIES
def test_bypass_and_proxies_still_pass(article, bare, family):
    """Connections of a bypassed client, to a bypassed server and of the proxies pass, while other mail is refused."""
    article(bypass=at(bare.mercure2, family))
    overwrite_mark(bare.saturne, family)
    for host in (bare.mercure, bare.mercure2):
        host.run(["ip", "route", "replace", "default", "via", at(bare.saturne, family)])
        host.connect(at(bare.provider, family), 110).close()
    assert is_refused(bare, family)


@FAMILIES
def test_a_proxy_does_not_forward_mail_that_it_does_not_redirect(bare, family):
    """The rule of the router that redirects mail is missing."""
    web, mail = (bare.provider.listen(at(bare.provider, family), port) for port in (80, 110))
    gateway = proxy(bare, host="router", bypass=at(bare.mercure2, family)).apply()
    for client in (bare.janus, bare.mercure2):
        client.run(["ip", "route", "replace", "default", "via", at(bare.router, family)])
    bare.router.nft("flush chain inet postern proxy")
    assert is_refused(bare, family)
    assert "warning: mail was about to be forwarded and was refused; packets since the table was installed: " in gateway.run("check", check=False).stderr
    bare.mercure2.connect(at(bare.provider, family), 110).close()
    assert gateway.faults() != [] and gateway.apply().faults() == []
    web.close()
    mail.close()
