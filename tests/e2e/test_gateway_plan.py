"""The output of `postern gateway plan` can be pasted into a shell, and has the described effect."""

import ipaddress
import json
import os
import pathlib
import random
import re
import select

import pytest
from bobs_mail import MASQUERADED, fetch_both, fetch_unscanned, mailbox

from lab.gateway import LAN, PROXY
from lab.gateway import MIRROR as ROLE
from lab.postern import ROOT, USER, Postern, configuration, reachable_binary
from lab.process import await_condition

ROLES = sorted(path.stem for path in (ROOT / "tests" / "data" / "gateway").glob("*.conf"))
FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
MIRROR = ROLE | {"proxies": "192.168.0.3 2001:db8:1::3"}
BOTH_PROXIES = {"mark": "0x6e00/0xff00", "proxies": "192.168.0.3 192.168.0.5 2001:db8:1::3 2001:db8:1::5"}


def plan(lab, host, text, *options, check=True):
    path = os.path.join(lab.make_directory("conf"), "postern.conf")
    pathlib.Path(path).write_text(text, encoding="utf-8")
    return host.run([reachable_binary(lab), "gateway", "plan", "-c", path, *options], check=check)


def paste(lab, host, text):
    """Runs the printed commands, and stops at the first failing one."""
    host.run(["sh", "-e"], input=plan(lab, host, text).stdout)


def install_by_hand(lab, host, gateway, **sections):
    paste(lab, host, configuration({"gateway": gateway}, sections))


@pytest.mark.parametrize("role", ROLES)
def test_the_plan_of_each_role_can_be_pasted(bare, role):
    """On saturne, whose addresses are those in the plans of tests/data."""
    saturne = bare.saturne
    saturne.ip("link add br-lan.5 type bridge", "link set br-lan.5 up")
    text = (ROOT / "tests" / "data" / "gateway" / f"{role}.conf").read_text() + f"\n[postern]\nuser = {USER}\n"
    reported = json.loads(plan(bare, saturne, text, "--json").stdout)
    paste(bare, saturne, text)
    for sysctl in reported["sysctls"]:
        assert saturne.within(pathlib.Path("/proc/sys", sysctl["path"]).read_text).strip() == sysctl["value"]
    for family in (4, 6):
        rules = saturne.run(["ip", f"-{family}", "rule"]).stdout.replace("ipproto-6", "tcp")  # without /etc/protocols
        for rule in (r for r in reported["rules"] if r["family"] == family):
            mark = f" fwmark {rule['mark']:#x}" + (f"/{rule['mask']:#x}" if rule["mask"] != 0xFFFFFFFF else "") if rule["mask"] else ""
            origin = re.sub("/(32|128)$", "", rule["from"]) or "all"
            condition = f" iif {rule['interface']} ipproto tcp dport {rule['port']}" if rule["port"] else ""
            action = {"table": f" lookup {rule['table']}", "goto": f" goto {rule['target']}", "nop": " nop"}[rule["kind"]]
            assert f"{rule['priority']}:\tfrom {origin}{mark}{condition}{action}" in rules.replace(" [detached]", "")
        for route in (r for r in reported["routes"] if r["family"] == family):
            there = saturne.run(["ip", f"-{family}", "route", "show", "table", str(route["table"])]).stdout
            assert {"via": f"default via {route.get('via')} ", "unreachable": "unreachable default ",
                    "local": "local default dev lo ", "throw": f"throw {re.sub('/(32|128)$', '', route['to'])} "}[route["kind"]] in there
    # Each chain has exactly the planned rules, identified by their comments, which are unique in the chain.
    listed = rule_names(saturne.run(["nft", "list", "table", "inet", "postern"]).stdout)
    assert listed == rule_names(reported["nft"]) and len(set(listed)) == len(listed) > 0


def some_networks(dice):
    """Networks that touch, overlap and cover each other."""
    def one():
        family, size = dice.choice([(ipaddress.IPv4Network, 32), (ipaddress.IPv6Network, 128)])
        near = dice.choice([0, 2**size - 1, 0xC0A80000 << size - 32, 0xC0A80100 << size - 32, dice.getrandbits(size)])
        return str(family((near, dice.choice([0, 1, 16, 24, 25, 31, 32, size - 1, size])), strict=False))
    return " ".join(dict.fromkeys(one() for _ in range(dice.randint(0, 8))))


@pytest.mark.parametrize("seed", range(24))
def test_nft_accepts_the_plan_of_any_configuration(bare, seed):
    """nft also accepts its own listing of the table."""
    dice = random.Random(seed)
    proxies = dice.sample([f"192.168.0.{n}" for n in range(3, 19)] + [f"2001:db8:1::{n}" for n in range(3, 19)], dice.randint(1, 16))
    settings = {
        "role": " ".join(["mirror", *dice.sample(["proxy", "local"], dice.randint(0, 2))]), "proxies": " ".join(["192.168.0.2", *proxies[1:]]),
        "interface": " ".join(dice.sample(["eth0", "br-lan.5", "wlan_0", "a.b-c"], dice.randint(1, 4))),
        "lan": some_networks(dice), "bypass": some_networks(dice), "ports": " ".join(str(port) for port in dice.sample(range(1, 65536), dice.randint(1, 16))),
        "mark": dice.choice(["0x6e00/0xff00", "0x1/0x1f", "0x10000000/0xff000000"]), "table": dice.choice([1, 300, 4294967000]),
        "spread": dice.choice(["client", "connection"]), "no_proxy": dice.choice(["block", "pass"]), "notrack": dice.choice(["yes", "no"]),
    }
    if "proxy" not in settings["role"]:
        settings["proxies"] = " ".join(proxies)
    more = {"upstream": {"source": dice.choice(["proxy", "client"])}, "postern": {"user": USER}}
    reported = plan(bare, bare.saturne, configuration({"gateway": settings}, more), "--json", check=False)  # some interfaces do not exist
    text = json.loads(reported.stdout)["nft"]
    bare.saturne.nft(text)
    listed = bare.saturne.run(["nft", "list", "table", "inet", "postern"]).stdout
    bare.saturne.nft("delete table inet postern")
    bare.saturne.nft(listed)


def rule_names(text):
    """Per chain; sets have comments, too."""
    names, chain = [], None
    for line in text.splitlines():
        chain = (re.match(r"\s*chain (\S+)", line) or [None, chain])[1]
        if chain and (found := re.search(r'comment "(.*)"$', line)):
            names.append((chain, found[1]))
    return sorted(names)


@FAMILIES
def test_the_example_network_by_hand(bare, closing, family):
    provider = mailbox(bare)
    install_by_hand(bare, bare.saturne, MIRROR)
    install_by_hand(bare, bare.mercure, PROXY)
    closing(Postern(bare, host=bare.mercure))
    fetch_both(bare.janus, getattr(bare.provider, family))
    assert set(provider.peers()) == {MASQUERADED[family]}


@FAMILIES
def test_one_machine_is_mirror_and_proxy(bare, closing, family):
    mailbox(bare)
    install_by_hand(bare, bare.saturne, {"role": "mirror proxy", "interface": "eth0", "lan": LAN})
    closing(Postern(bare, host=bare.saturne))
    fetch_both(bare.janus, getattr(bare.provider, family))


@FAMILIES
@pytest.mark.parametrize("interception", ["redirect", "tproxy"])
def test_a_proxy_on_the_mirror_takes_only_its_share(bare, closing, family, interception):
    """The hash assigns one of a client machine's two addresses to this host, the other to mercure."""
    mailbox(bare)
    install_by_hand(bare, bare.saturne, MIRROR | {"role": "mirror proxy", "mark": "0x6e00/0xff00", "proxies": "192.168.0.3 192.168.0.2 2001:db8:1::3 2001:db8:1::2"},
        pop3={"interception": interception})
    install_by_hand(bare, bare.mercure, PROXY)
    here = closing(Postern(bare, {"pop3": {"interception": interception}}, host=bare.saturne))
    there = closing(Postern(bare, host=bare.mercure))
    sources = [f"192.168.0.{n}" if family == "ip4" else f"2001:db8:1::{n}" for n in range(40, 52)]
    bare.janus.ip(*(f"addr add {source}/{24 if family == 'ip4' else 64} dev eth0" + ("" if family == "ip4" else " nodad") for source in sources))
    for source in sources:
        fetch_both(bare.janus.sender(source), getattr(bare.provider, family))
    clients = [sorted({re.sub(r"[\[\]]|:\d+$", "", incident["client"]) for incident in postern.incidents()}) for postern in (here, there)]
    assert all(clients) and len(clients[0]) + len(clients[1]) <= len(sources)


@pytest.mark.parametrize("upstream", [{}, {"mark": "0x77"}], ids=["user", "mark"])
@FAMILIES
def test_the_role_local_on_janus(bare, closing, family, upstream):
    provider = mailbox(bare)
    bare.janus.ip("route replace default via 192.168.0.1", "route replace default via 2001:db8:1::1")
    install_by_hand(bare, bare.janus, {"role": "local", "lan": LAN}, postern={"user": USER}, upstream=upstream)
    closing(Postern(bare, {"upstream": upstream}, host=bare.janus))
    fetch_both(bare.janus, getattr(bare.provider, family))
    assert set(provider.peers()) == {MASQUERADED[family]}


@FAMILIES
@pytest.mark.parametrize("interception", ["redirect", "tproxy"])
def test_the_server_sees_the_client(bare, closing, family, interception):
    provider = mailbox(bare)
    more = {"pop3": {"interception": interception}, "upstream": {"source": "client"}}
    install_by_hand(bare, bare.saturne, MIRROR)
    install_by_hand(bare, bare.mercure, PROXY, **more)
    bare.router_forget_masquerade()
    bare.router_return()
    closing(Postern(bare, more, host=bare.mercure))
    fetch_both(bare.janus, getattr(bare.provider, family))
    assert provider.peers() == [getattr(bare.janus, family)]


@FAMILIES
@pytest.mark.parametrize("interception", ["redirect", "tproxy"])
@pytest.mark.parametrize("source", ["proxy", "client"])
def test_the_router_as_proxy(bare, closing, family, interception, source):
    """The router also masquerades Postern's connections with the client's address, so replies need no further rules."""
    provider = mailbox(bare)
    more = {"pop3": {"interception": interception}, "upstream": {"source": source}}
    install_by_hand(bare, bare.router, PROXY, **more)
    bare.janus.ip("route replace default via 192.168.0.1", "route replace default via 2001:db8:1::1")
    closing(Postern(bare, more, host=bare.router))
    fetch_both(bare.janus, getattr(bare.provider, family))
    assert set(provider.peers()) == {MASQUERADED[family]}


@FAMILIES
def test_a_bypassed_client_passes_both_machines(bare, closing, family):
    mailbox(bare)
    bypass = {"bypass": "192.168.0.4 2001:db8:1::4"}
    install_by_hand(bare, bare.saturne, MIRROR)
    install_by_hand(bare, bare.mercure, PROXY | bypass)
    closing(Postern(bare, host=bare.mercure))
    fetch_unscanned(bare.janus, getattr(bare.provider, family))
    bare.saturne.nft("delete table inet postern")
    for number in ("-4", "-6"):
        for priority in ("11000", "11100", "11200", "11300"):
            bare.saturne.run(["ip", number, "rule", "del", "priority", priority])
        for table in ("200", "201"):
            bare.saturne.run(["ip", number, "route", "flush", "table", table])
    install_by_hand(bare, bare.saturne, MIRROR | bypass)
    fetch_unscanned(bare.janus, getattr(bare.provider, family))


def none_left(saturne):
    saturne.nft("".join(f"flush chain inet postern balance{n}\nadd rule inet postern balance{n} goto no_proxy{n}\n" for n in "46"))


@FAMILIES
def test_without_a_proxy_connections_are_refused(bare, family):
    mailbox(bare)
    install_by_hand(bare, bare.saturne, MIRROR)
    none_left(bare.saturne)
    with pytest.raises(ConnectionRefusedError):
        bare.janus.connect(getattr(bare.provider, family), 110, timeout=5)


@FAMILIES
def test_without_a_proxy_connections_pass_with_no_proxy_pass(bare, family):
    mailbox(bare)
    install_by_hand(bare, bare.saturne, MIRROR | {"no_proxy": "pass"})
    none_left(bare.saturne)
    fetch_unscanned(bare.janus, getattr(bare.provider, family))


def test_a_family_without_a_proxy_or_a_listener_is_refused(bare):
    mailbox(bare)
    install_by_hand(bare, bare.saturne, MIRROR | {"proxies": "192.168.0.3"})
    with pytest.raises(ConnectionRefusedError):
        bare.janus.connect(bare.provider.ip6, 110, timeout=5)
    bare.saturne.nft("delete table inet postern")
    install_by_hand(bare, bare.mercure, PROXY, pop3={"listen": "[::]:8110"})
    bare.janus.ip("route replace default via 192.168.0.3")
    with pytest.raises(ConnectionRefusedError):
        bare.janus.connect(bare.provider.ip4, 110, timeout=5)


def listen_everywhere(net):
    """Both proxies answer each connection with their name."""
    return {name: net.hosts[name].listen("0.0.0.0", 8110) for name in ("mercure", "mercure2")}


def accepting_proxy(listeners, connection):
    """Returns the proxy that has just accepted the connection."""
    ready, _, _ = select.select(listeners.values(), [], [], 10)
    assert len(ready) == 1
    accepted, peer = ready[0].accept()
    assert peer == connection.getsockname()
    return next(name for name, listener in listeners.items() if listener is ready[0]), accepted


def test_only_new_connections_move_to_another_proxy(bare, closing):
    """The assignment of slots is reversed during a session; the same ports are used again afterwards."""
    install_by_hand(bare, bare.saturne, MIRROR | BOTH_PROXIES)
    for name in ("mercure", "mercure2"):
        install_by_hand(bare, bare.hosts[name], PROXY)
    listeners = {name: closing(listener) for name, listener in listen_everywhere(bare).items()}
    spread_to(bare.saturne, 0)
    first = closing(bare.janus.connect(bare.provider.ip4, 110))
    port = first.getsockname()[1]
    name, accepted = accepting_proxy(listeners, first)
    assert name == "mercure"
    assert 25 * 60 < remembered(bare.saturne, "flows4_0") <= 30 * 60  # no longer the short lifetime of a new connection
    spread_to(bare.saturne, 1)
    accepted.sendall(b"+OK\r\n")
    assert first.recv(5) == b"+OK\r\n"
    first.sendall(b"QUIT\r\n")
    assert closing(accepted).recv(6) == b"QUIT\r\n"
    # The proxy closes first, so that the client may reuse the port at once.
    accepted.close()
    assert first.recv(5) == b""
    first.close()
    again = bare.janus.socket()
    again.settimeout(5)
    closing(again).bind((bare.janus.ip4, port))
    again.connect((bare.provider.ip4, 110))
    name, accepted = accepting_proxy(listeners, again)
    assert name == "mercure2"
    accepted.sendall(b"+OK\r\n")
    assert again.recv(5) == b"+OK\r\n"
    again.sendall(b"QUIT\r\n")
    assert closing(accepted).recv(6) == b"QUIT\r\n"


def remembered(saturne, name):
    """Remaining lifetime of the only connection in the set, in seconds."""
    reported = json.loads(saturne.run(["nft", "--json", "list", "set", "inet", "postern", name]).stdout)
    element, = next(entry["set"]["elem"] for entry in reported["nftables"] if "set" in entry)
    return element["elem"]["expires"]


def spread_to(saturne, number):
    saturne.nft(f"flush chain inet postern balance4\nadd rule inet postern balance4 goto proxy4_{number}\n")


def test_bits_outside_the_mask_are_preserved(bare):
    """Other rules have set these bits of the mark."""
    install_by_hand(bare, bare.saturne, MIRROR | BOTH_PROXIES)
    bare.saturne.nft("""
        table inet others {
            counter kept { }
            chain before { type filter hook prerouting priority -350; meta mark set 0x10003; }
            chain after {
                type filter hook forward priority filter;
                tcp dport 110 meta mark & 0xffff00ff == 0x10003 meta mark & 0xfe00 == 0x6e00 counter name kept
            }
        }""")
    with pytest.raises(OSError):
        bare.janus.connect(bare.provider.ip4, 110, timeout=0.5)
    await_condition(lambda: bare.saturne.counter("others", "kept") > 0, 5, "a packet with both marks")


def test_an_invalid_plan_is_reported_and_not_printed(bare):
    text = configuration({"gateway": MIRROR | {"proxies": "192.168.0.2 2001:db8:1::3"}}, {})
    reported = plan(bare, bare.saturne, text, check=False)
    assert reported.returncode == 1 and reported.stdout == ""
    assert reported.stderr == "postern gateway: [gateway] proxies has 192.168.0.2, which is this host: add proxy to role, or remove the address\n"
    reported = plan(bare, bare.saturne, text, "--json", check=False)
    assert reported.returncode == 1 and [problem["error"] for problem in json.loads(reported.stdout)["problems"]] == [True]
    assert plan(bare, bare.saturne, "[gateway]\nrole = local\n[postern]\nuser = missing-user\n", check=False).stderr == \
        "postern gateway: [postern] user: the user missing-user does not exist\n"


def test_unmet_preconditions_are_reported_with_the_plan(bare):
    text = configuration({"gateway": MIRROR | {"interface": "eth7", "proxies": "203.0.113.10 2001:db8:1::3"}}, {})
    reported = plan(bare, bare.saturne, text, check=False)
    assert reported.returncode == 1 and "ip -4 route add default via 203.0.113.10" in reported.stdout
    assert "eth7 does not exist" in reported.stderr and "203.0.113.10 is not on a network of this host" in reported.stderr
    problems = json.loads(plan(bare, bare.saturne, text, "--json", check=False).stdout)["problems"]
    assert [problem["text"] for problem in problems if problem["error"]] == \
        [line.removeprefix("postern gateway: ") for line in reported.stderr.splitlines() if "warning" not in line]


@pytest.mark.parametrize("where", ["eth0", "all"])
def test_rp_filter_ignores_marks(bare, closing, where):
    """Pitfall 5: with rp_filter and src_valid_mark on, packets that TPROXY keeps on this host would be dropped."""
    mailbox(bare)
    tproxy = {"pop3": {"interception": "tproxy"}}
    install_by_hand(bare, bare.saturne, MIRROR)
    bare.mercure.sysctl(**{f"ipv4/conf/{where}/rp_filter": 1, f"ipv4/conf/{where}/src_valid_mark": 1})
    install_by_hand(bare, bare.mercure, PROXY, **tproxy)
    closing(Postern(bare, tproxy, host=bare.mercure))
    fetch_both(bare.janus, bare.provider.ip4)


def test_disabled_ipv6_is_reported(bare):
    bare.saturne.sysctl(**{"ipv6/conf/all/disable_ipv6": 1})
    reported = plan(bare, bare.saturne, configuration({"gateway": MIRROR}, {}), check=False)
    assert reported.returncode == 1 and "IPv6 is off on this host" in reported.stderr


def test_invalid_command_lines_are_refused(bare):
    program = reachable_binary(bare)
    for argv, what in ((["gateway"], "usage: postern gateway VERB"), (["gateway", "plann"], "plann: unknown verb"),
                       (["gateway", "plan", "more"], "more: unexpected")):
        reported = bare.saturne.run([program, *argv], check=False)
        assert reported.returncode == 2 and what in reported.stderr
    assert "plan" in bare.saturne.run([program, "gateway", "--help"]).stdout
