"""`gateway check` and `doctor` find rules of others that drop mail on their host; the command that they print, run unchanged, lets mail
pass. Harmless rules are not reported."""

import re

import pytest
from bobs_mail import bob, fetch_both, mailbox
from doctor_says import doctor, faults

from lab.gateway import PROXY, Gateway, mirror
from lab.postern import Postern

STATEFUL = 'ct state established,related accept; iifname "lo" accept; meta l4proto { icmp, ipv6-icmp } accept; '


def nft(text):
    return lambda host: host.nft(text)


def chain(hook, body, policy="drop", family="inet"):
    return nft(f"table {family} theirs {{ chain guarding {{ type filter hook {hook} priority filter; policy {policy}; {body} }}; }}")


def sh(*lines):
    return lambda host: host.run(["sh", "-ec", "\n".join(lines)])


def both(program, *lines):
    """Runs the lines with the program for IPv4 and with that for IPv6."""
    return sh(*(f"{name} {line}" for line in lines for name in (program, program.replace("ip", "ip6", 1))))


FIREWALLD = """table inet firewalld {
 chain filter_%(hook)s {
  type filter hook %(hook)s priority filter + 10; policy accept;
  ct state { established, related } accept
  iifname "lo" accept
  jump zones
  reject with icmpx admin-prohibited
 }
 chain zones { iifname "eth0" goto public
  goto public
 }
 chain public { jump public_allow
  meta l4proto { icmp, ipv6-icmp } accept
 }
 chain public_allow { tcp dport { 22, 8000-8100 } accept
 }
}"""

# name: (host, how its packet filter is changed, what check reports)
DROPPING = {
    "input, policy drop": ("mercure", chain("input", STATEFUL + "tcp dport 22 accept;"), "chain guarding drops by its policy"),
    "input, last rule rejects": ("mercure", nft(FIREWALLD % {"hook": "input"}), "chain filter_input drops by a rule"),
    "input, by verdict maps and named sets": ("mercure", nft("""table inet theirs {
        set open { type inet_service; elements = { 22, 80 }
        }
        map sides { type ifname : verdict; elements = { "eth0" : jump outside, "lo" : accept }
        }
        chain guarding { type filter hook input priority 0; policy drop; ct state vmap { established : accept, related : accept, invalid : drop }
          iifname vmap @sides
        }
        chain outside { tcp dport @open accept
          meta l4proto { icmp, ipv6-icmp } accept
        }
    }"""), "chain guarding drops by its policy"),
    "input, IPv6 only": ("mercure", chain("input", STATEFUL, family="ip6"), "table ip6 theirs, chain guarding"),
    "input, iptables": ("mercure", both("iptables-nft", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A INPUT -i lo -j ACCEPT",
                                        "-A INPUT -p ipv6-icmp -j ACCEPT", '-A INPUT -p tcp -m multiport --dports 22,80 -m comment --comment "a \\"b" -j ACCEPT',
                                        "-A INPUT -j REJECT"), "filter, chain INPUT drops by a rule"),
    "input, iptables-legacy": ("mercure", both("iptables-legacy", "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT", "-A INPUT -p ipv6-icmp -j ACCEPT",
                                               "-A INPUT ! -i lo -j DROP"), "filter, chain INPUT drops by a rule"),
    "output, to servers": ("mercure", chain("output", STATEFUL.replace("iifname", "oifname") + "tcp dport { 53, 443 } accept;"), "drops by its policy Postern's own connections"),
    "forward, last rule rejects": ("saturne", nft(FIREWALLD % {"hook": "forward"}), "chain filter_forward drops by a rule"),
    "forward, other marks": ("saturne", chain("forward", "ct state established,related accept; meta mark 0x1 accept;"), "chain guarding drops by its policy"),
    "forward, Docker": ("saturne", both("iptables-nft", "-P FORWARD DROP", "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER",
                                        "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                                        "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT", "-A DOCKER-USER -j RETURN"), "filter, chain FORWARD drops by its policy"),
    "forward, iptables-legacy": ("saturne", both("iptables-legacy", "-P FORWARD DROP"), "iptables-legacy filter, chain FORWARD drops by its policy"),
    "prerouting": ("saturne", chain("prerouting", "meta l4proto { icmp, ipv6-icmp } accept; tcp dport { 80, 443 } accept; ct state established accept;"),
                   "drops by its policy mail that arrives"),
}


@pytest.fixture
def parts(bare, closing):
    """parts(settings, ...) applies a mirror and its proxies, and returns {name of the host: Gateway}. Mail passes."""
    def start(settings=None, proxies=("mercure",), **keys):
        mailbox(bare)
        for name in proxies:
            postern = closing(Postern(bare, {"gateway": PROXY} | (settings or {}), host=bare.hosts[name]))
            Gateway.of(postern).apply()
        at = {"saturne": mirror(bare, proxies, **keys).apply(), "mercure": Gateway.of(postern)}
        for family in ("ip4", "ip6"):
            fetch_both(bare.janus, getattr(bare.provider, family))
        return at
    return start


def follow(gateway):
    """Runs the commands that check prints until there are none."""
    for _ in range(6):
        cures = [match[1] for match in (re.search(r"run `(.*)`$", line) for line in gateway.faults()) if match]
        if not cures:
            break
        gateway.host.run(["sh", "-ec", "\n".join(cures)])
    assert gateway.faults() == []


def stops_mail(net):
    stopped = []
    for family in ("ip4", "ip6"):
        try:
            bob(net.janus, getattr(net.provider, family), timeout=2).close()
        except (OSError, RuntimeError):
            stopped.append(family)
        except Exception as e:  # refused by Postern, which could not reach the server
            assert "ERR" in repr(e), e
            stopped.append(family)
    return stopped


@pytest.mark.parametrize("fault", DROPPING)
def test_the_printed_command_cures_each_rule_that_drops_mail(bare, parts, fault):
    host, inject, said = DROPPING[fault]
    gateway = parts({"pop3": {"connect_timeout": "1s"}})[host]
    inject(bare.hosts[host])
    assert stops_mail(bare), "the fault is none"
    assert any(said in line for line in gateway.faults()), gateway.faults()
    status, links = doctor(gateway)
    assert any(said in text and cure for state, text, cure in links["firewall"] if state == "fault"), links
    follow(gateway)
    assert not faults(doctor(gateway)[1])
    for family in ("ip4", "ip6"):
        fetch_both(bare.janus, getattr(bare.provider, family))


@pytest.mark.parametrize("host, hook", [("mercure", "input"), ("saturne", "forward")])
def test_tproxy_and_several_proxies(bare, parts, host, hook):
    """With TPROXY the destination port is still 110; each proxy has its own mark."""
    gateway = parts({"pop3": {"interception": "tproxy"}}, ("mercure2", "mercure"))[host]
    chain(hook, STATEFUL)(bare.hosts[host])
    assert any("chain guarding drops by its policy" in line for line in gateway.faults())
    follow(gateway)
    for client in bare.clients(4):
        fetch_both(client, bare.provider.ip4)


# Rules that drop other traffic, or only excess traffic.
HARMLESS = {
    "the port is open": ("mercure", chain("input", STATEFUL + "tcp dport { 22, 8110 } accept;")),
    "a range includes the port": ("mercure", chain("input", STATEFUL + "tcp dport 1024-65535 accept;")),
    "the LAN is accepted": ("mercure", chain("input", STATEFUL + "ip saddr 192.168.0.0/16 accept; ip6 saddr 2001:db8:1::/64 accept;")),
    "redirected connections are accepted": ("mercure", chain("input", STATEFUL + "ct status dnat accept;")),
    "another interface is closed": ("mercure", chain("input", 'iifname != "eth0" drop; iifname "wan*" drop;', "accept")),
    "a limit": ("mercure", chain("input", "tcp flags & (fin | syn) == (fin | syn) drop; tcp dport 8110 limit rate over 1000/second drop; udp dport 1-65535 reject;", "accept")),
    "a list of bad hosts": ("saturne", nft("""table inet theirs {
        set bad { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
        chain guarding { type filter hook forward priority 0; policy accept; ip saddr @bad drop; ct state invalid drop; }
    }""".replace("; }", ";\n}"))),
    "marks are accepted": ("saturne", chain("forward", "meta mark & 0xff == 0x6e accept;")),
    "untracked mail is accepted": ("saturne", chain("forward", "ct state untracked tcp dport 110 accept;")),
    "iptables: the LAN is accepted": ("mercure", both("iptables-nft", "-P INPUT DROP", "-A INPUT -i eth+ -p tcp -m tcp --dport 1024:65535 -j ACCEPT",
                                              "-A INPUT -p ipv6-icmp -j ACCEPT", "-A INPUT -m state --state ESTABLISHED -j ACCEPT", "-A INPUT -i lo -j ACCEPT")),
    "iptables-legacy: mail is accepted": ("saturne", both("iptables-legacy", "-P FORWARD DROP", "-N mail", "-A FORWARD -p tcp -g mail", "-A mail -p tcp ! --dport 110 -j RETURN",
                                                  "-A mail -m mark --mark 0x6e -j ACCEPT")),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_harmless_rules_are_not_reported(bare, parts, what):
    host, inject = HARMLESS[what]
    gateway = parts()[host]
    inject(bare.hosts[host])
    for family in ("ip4", "ip6"):
        fetch_both(bare.janus, getattr(bare.provider, family))
    assert gateway.run("check").stderr == ""
    status, links = doctor(gateway)
    assert [state for state, _, _ in links["firewall"]] == ["ok"], links


def test_ufw_is_cured_by_ufw_commands(bare, parts):
    """A rule that is added to ufw's chains with nft or iptables is lost when ufw is reloaded."""
    at = parts()
    for host, hook in (("mercure", "INPUT"), ("saturne", "FORWARD")):
        both("iptables-nft", f"-P {hook} DROP", f"-N ufw-before-{hook.lower()}", f"-A {hook} -j ufw-before-{hook.lower()}",
             *(["-N ufw-before-input"] if hook == "FORWARD" else []))(bare.hosts[host])
    assert any(line.endswith("run `ufw allow 8110/tcp`") for line in at["mercure"].faults()), at["mercure"].faults()
    assert any(line.endswith("run `ufw route allow proto tcp to any port 110`") for line in at["saturne"].faults()), at["saturne"].faults()


# Faults that a real connection from the mirror detects: (how mercure is changed, whether check on mercure also reports the fault).
ON_THE_PROXY = {
    "rules flushed": (sh("nft flush ruleset"), True),
    "a hook that is not read": (nft("""table netdev theirs { chain guarding { type filter hook ingress device "eth0" priority 0; tcp dport 110 drop; }
    }"""), False),
    "a rule that is not known": (chain("input", "ct status dnat meta iifname eth0 tcp flags & syn == syn meta length < 100 drop;", "accept"), False),
}


@pytest.mark.parametrize("fault", ON_THE_PROXY)
def test_the_mirror_s_doctor_sends_a_real_connection(bare, parts, fault):
    inject, is_seen = ON_THE_PROXY[fault]
    at = parts()
    status, links = doctor(at["saturne"])
    assert links["proxies"] == [("ok", "all 2 answer, and accept connections that are routed to them", None)], links
    inject(bare.mercure)
    assert stops_mail(bare) == ["ip4", "ip6"]
    assert bool(at["mercure"].faults()) == is_seen
    status, links = doctor(at["saturne"])
    said = [(state, text) for state, text, _ in links["proxies"]]
    assert len(said) == 2 and all(state == "fault" and "does not accept connections that are routed to it" in text for state, text in said), said
