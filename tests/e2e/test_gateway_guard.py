"""If other programs change the mark, the policy rule or the redirection, mail cannot pass unscanned: it is refused instead."""

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


def mark_anew(host, _):
    """As on hosts with two providers: all bits of the mark are overwritten."""
    host.nft("table inet ways_out { chain marking { type filter hook prerouting priority mangle; meta mark set 0x1; }; }")


def take_tracked_mark(host, _):
    host.nft("table inet ways_out { chain marking { type filter hook prerouting priority mangle; meta mark set ct mark; }; }")


def take_rule_away(host, family):
    host.ip("rule del priority 11000", family={"ip4": "-4", "ip6": "-6"}[family])


def lead_elsewhere(host, family):
    via = {"ip4": "192.168.0.1", "ip6": "2001:db8:1::1"}[family]
    host.ip(f"route replace default via {via} metric 100 table 200", family={"ip4": "-4", "ip6": "-6"}[family])


# Without its rule a marked packet meets the one that refuses unmarked ones, before the packet filter could count it.
BY_ROUTE = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)
UNDOINGS = {"marked anew": (mark_anew, "yes"), "tracked mark": (take_tracked_mark, "no"), "no policy rule": (take_rule_away, "yes"), "led elsewhere": (lead_elsewhere, "yes")}


@pytest.fixture
def article(bare, closing):
    """article(keys of the mirror's [gateway]): the mirror, with mercure at work; the provider has mail, and also listens on port 80."""
    web = [bare.provider.listen(address, 80) for address in (bare.provider.ip4, bare.provider.ip6)]

    def start(**keys):
        provider = mailbox(bare)
        Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))).apply()
        return provider, mirror(bare, **keys).apply()
    yield start
    for listener in web:
        listener.close()


def is_refused(net, family, host=None, by_route=False):
    """Mail is refused at once; other traffic is not."""
    with pytest.raises(OSError) as refused:
        (host or net.janus).connect(at(net.provider, family), 110, timeout=5)
    assert refused.value.errno in (BY_ROUTE if by_route else [errno.ECONNREFUSED])
    net.janus.connect(at(net.provider, family), 80).close()
    return True


@FAMILIES
@pytest.mark.parametrize("undoing", UNDOINGS)
def test_mail_that_lost_its_way_is_refused(article, bare, family, undoing):
    undo, notrack = UNDOINGS[undoing]
    provider, gateway = article(notrack=notrack)
    fetch_both(bare.janus, at(bare.provider, family))
    known = provider.peers()
    undo(bare.saturne, family)
    assert is_refused(bare, family, by_route=undoing == "no policy rule")
    assert provider.peers() == known


MARKERS = "table inet ways_out, chain marking"


@FAMILIES
@pytest.mark.parametrize(["undoing", "looked_for"], [("marked anew", MARKERS), ("tracked mark", MARKERS), ("led elsewhere", "nft list ruleset")])
def test_check_and_doctor_say_that_mail_was_refused(article, bare, family, undoing, looked_for):
    """The report names the rule if it is one of nftables; nothing is reported if nothing was refused."""
    undo, notrack = UNDOINGS[undoing]
    _, gateway = article(notrack=notrack)
    fetch_both(bare.janus, at(bare.provider, family))
    assert gateway.run("check").stderr == ""
    undo(bare.saturne, family)
    assert is_refused(bare, family) and is_refused(bare, family)
    said = gateway.run("check", check=False).stderr
    found = re.search(r"warning: mail would have bypassed the proxies and was refused; packets since the table was installed: (\d+)\. .*clears ours \((.*)\), or a policy rule", said)
    assert found and int(found[1]) >= 2 and looked_for in found[2], said
    status, links = doctor(gateway)
    assert any(state == "warning" and found[2] in text for state, text, _ in links["packet filter"]), links
    assert undoing == "led elsewhere" or (status == WELL and gateway.faults() == [])


@FAMILIES
@pytest.mark.parametrize("undoing", ["marked anew", "no policy rule"])
def test_who_wants_mail_to_pass_without_a_proxy_has_it_pass(article, bare, family, undoing):
    undo, notrack = UNDOINGS[undoing]
    article(notrack=notrack, no_proxy="pass")
    undo(bare.saturne, family)
    fetch_unscanned(bare.janus, at(bare.provider, family))


@FAMILIES
def test_bypass_and_proxies_still_pass(article, bare, family):
    """A client, a server and the proxies themselves pass, although other mail is refused."""
    article(bypass=at(bare.mercure2, family))
    mark_anew(bare.saturne, family)
    for host in (bare.mercure, bare.mercure2):
        host.run(["ip", "route", "replace", "default", "via", at(bare.saturne, family)])
        host.connect(at(bare.provider, family), 110).close()
    assert is_refused(bare, family)


@FAMILIES
def test_what_a_proxy_does_not_take_is_not_forwarded(bare, family):
    """The router's own redirection is gone."""
    web, mail = (bare.provider.listen(at(bare.provider, family), port) for port in (80, 110))
    gateway = proxy(bare, host="router", bypass=at(bare.mercure2, family)).apply()
    for client in (bare.janus, bare.mercure2):
        client.run(["ip", "route", "replace", "default", "via", at(bare.router, family)])
    bare.router.nft("flush chain inet postern proxy")
    assert is_refused(bare, family)
    assert "warning: mail would have been forwarded and was refused; packets since the table was installed: " in gateway.run("check", check=False).stderr
    bare.mercure2.connect(at(bare.provider, family), 110).close()
    assert gateway.faults() != [] and gateway.apply().faults() == []
    web.close()
    mail.close()
