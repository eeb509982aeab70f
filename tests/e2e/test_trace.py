"""postern trace agrees with traceroute -T hop by hop, and decides from two traces whether a connection is intercepted."""

import json
import pathlib
import pwd
import socket
import time

import pytest
from test_lab import FAMILIES

from lab import HERE
from lab.gateway import divert, mirror, proxy
from lab.network import LAN4
from lab.postern import USER, reachable_binary
from lab.process import await_condition

HOPS = 8  # as in Host.traceroute


@pytest.fixture
def there(net):
    """Listeners at the provider, on ports 80 and 110: (lab, listeners by family)."""
    return net, [net.provider.listen(address, port) for address in (net.provider.ip4, net.provider.ip6) for port in (80, 110)]


def trace(host, *arguments, check=True, prefix=()):
    done = host.run([*prefix, reachable_binary(host.lab), "trace", *arguments], check=check, timeout=60)
    return done.stdout if check else done


def reported(host, *arguments, **more):
    return json.loads(trace(host, "--json", "--hops", str(HOPS), *arguments, **more))


def inconclusive_output(host, *arguments):
    """Its output when it is inconclusive."""
    done = trace(host, "--json", "--hops", str(HOPS), *arguments, check=False)
    assert done.returncode == 1 and done.stderr == ""
    return json.loads(done.stdout)


def as_traceroute(traced):
    """The hops in the form of Host.traceroute."""
    hops = [hop["address"] or "*" for hop in traced["hops"]]
    assert [hop["hop"] for hop in traced["hops"]] == list(range(1, len(hops) + 1))
    return hops + ["*"] * (traced["hops_asked"] - len(hops)) + (["[open]"] if traced["end"] == "accepted" else [])


def assert_agrees(host, answer):
    for traced in (answer["trace"], answer["control"]):
        assert as_traceroute(traced) == host.traceroute(answer["address"], traced["port"])


def filter_packets(host, chain, what):
    host.nft(f"table inet firewall {{ chain {chain} {{ type filter hook {chain} priority filter; {what}\n }}\n }}\n")


def addresses(net, family, *hosts):
    return [getattr(net.hosts[name], family) for name in hosts]


@FAMILIES
def test_the_straight_way(there, family):
    net, _ = there
    server = getattr(net.provider, family)
    answer = reported(net.janus, server)
    assert_agrees(net.janus, answer)
    assert answer["verdict"] == "no difference" and answer["via"] is None
    assert as_traceroute(answer["trace"]) == [*addresses(net, family, "saturne", "router", "provider"), "[open]"]
    assert answer["trace"]["end_hop"] == answer["control"]["end_hop"] == 3
    assert all(0 < hop["rtt_us"] < 1000000 for hop in answer["trace"]["hops"])


@FAMILIES
def test_a_diversion_is_told_from_an_interception(there, family):
    net, _ = there
    mirror(net).apply()
    net.forward("mercure")
    answer = reported(net.janus, getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["via"]) == ("diverted", getattr(net.mercure, family))
    assert answer["trace"]["end_hop"] == 4 and answer["control"]["end_hop"] == 3


@FAMILIES
def test_an_interception_is_seen_by_its_distance(there, family, closing):
    net, _ = there
    divert(net)
    closing(net.mercure.listen("::" if family == "ip6" else "0.0.0.0", 8110))
    answer = reported(net.janus, getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert answer["verdict"] == "intercepted"
    assert (answer["trace"]["end"], answer["trace"]["end_hop"], answer["control"]["end_hop"]) == ("accepted", 2, 3)
    assert f"right after {getattr(net.saturne, family)}" in answer["text"]


@FAMILIES
def test_a_proxy_on_the_router_is_seen(there, family, closing):
    net, _ = there
    proxy(net, host="router").apply()
    closing(net.router.listen("::" if family == "ip6" else "0.0.0.0", 8110))
    answer = reported(net.janus, getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["trace"]["end_hop"]) == ("intercepted", 2)


def test_a_proxy_on_the_client_is_seen(there, closing):
    net, _ = there
    net.janus.nft(f"""
        table ip own {{
            chain out {{ type nat hook output priority -100; ip daddr != {LAN4} tcp dport 110 redirect to :8110; }}
        }}""")
    closing(net.janus.listen("0.0.0.0", 8110))
    answer = reported(net.janus, net.provider.ip4)
    assert (answer["verdict"], answer["trace"]["end_hop"]) == ("intercepted", 1)
    assert "this host itself or its gateway" in answer["text"]


@FAMILIES
def test_a_refused_control_port_has_a_distance(there, family, closing):
    net, _ = there
    divert(net)
    closing(net.mercure.listen("::" if family == "ip6" else "0.0.0.0", 8110))
    answer = reported(net.janus, "--control", "8080", getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert answer["verdict"] == "intercepted"
    assert (answer["control"]["port"], answer["control"]["end"], answer["control"]["end_hop"]) == (8080, "refused", 3)


@FAMILIES
def test_a_refusing_host_is_no_interceptor(net, family, closing):
    """The provider has no POP3 server at all."""
    closing(net.provider.listen(getattr(net.provider, family), 80))
    answer = reported(net.janus, getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["trace"]["end"], answer["trace"]["end_hop"]) == ("no difference", "refused", 3)


@FAMILIES
def test_a_proxy_that_does_not_run_blocks(there, family):
    net, _ = there
    divert(net)
    answer = reported(net.janus, getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["trace"]["end"], answer["trace"]["end_hop"]) == ("blocked", "refused", 2)


@FAMILIES
def test_a_mirror_without_a_proxy_blocks(there, family):
    net, _ = there
    mirror(net).apply()
    for number in ("-4", "-6"):
        net.saturne.ip("route del default metric 100 table 200", family=number)
    answer = reported(net.janus, getattr(net.provider, family))
    assert (answer["verdict"], answer["trace"]["end"]) == ("blocked", "unreachable")
    assert answer["trace"]["icmp"] == ({"type": 3, "code": 1} if family == "ip4" else {"type": 1, "code": 0})
    assert answer["trace"]["hops"][-1]["address"] == getattr(net.saturne, family)
    assert f"{'host unreachable' if family == 'ip4' else 'no route'} (ICMP" in answer["text"]


@FAMILIES
def test_a_firewall_that_drops(there, family):
    net, _ = there
    filter_packets(net.router, "forward", "tcp dport 110 drop")
    answer = reported(net.janus, "--wait", "100ms", getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["trace"]["end"], answer["trace"]["end_hop"]) == ("blocked", "silent", None)
    assert f"the last hop that answered is {getattr(net.router, family)} at hop 2" in answer["text"]


@FAMILIES
@pytest.mark.parametrize("how, icmp", [("reject with icmpx type admin-prohibited", ({"type": 3, "code": 13}, {"type": 1, "code": 1})),
                                       ("reject with icmpx type host-unreachable", ({"type": 3, "code": 1}, {"type": 1, "code": 3}))])
def test_a_firewall_that_rejects(there, family, how, icmp):
    net, _ = there
    filter_packets(net.router, "forward", f"tcp dport 110 {how}")
    answer = reported(net.janus, getattr(net.provider, family))
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["trace"]["end"], answer["trace"]["end_hop"]) == ("blocked", "unreachable", 3)
    assert answer["trace"]["icmp"] == icmp[family == "ip6"]
    assert answer["trace"]["hops"][2]["address"] == getattr(net.router, family)


@FAMILIES
def test_a_silent_control_port(there, family, closing):
    """The control shows a router where the proxy is, but not how far away the server is."""
    net, _ = there
    server = getattr(net.provider, family)
    filter_packets(net.provider, "input", "tcp dport 80 drop")
    answer = inconclusive_output(net.janus, "--wait", "100ms", server)
    assert_agrees(net.janus, answer)
    assert (answer["verdict"], answer["control"]["end"]) == ("inconclusive", "silent")
    assert "try another control port" in answer["text"]

    mirror(net).apply()
    net.forward("mercure")
    answer = reported(net.janus, "--wait", "100ms", server)
    assert (answer["verdict"], answer["via"]) == ("diverted", getattr(net.mercure, family))

    proxy(net).apply()
    closing(net.mercure.listen("::" if family == "ip6" else "0.0.0.0", 8110))
    answer = reported(net.janus, "--wait", "100ms", server)
    assert (answer["verdict"], answer["trace"]["end_hop"]) == ("intercepted", 2)


def test_a_control_port_that_is_intercepted_itself(there, closing):
    net, _ = there
    net.router.nft("""
        table ip web {
            chain intercept { type nat hook prerouting priority dstnat; iifname "eth0" tcp dport 80 redirect to :3128; }
        }""")
    closing(net.router.listen("0.0.0.0", 3128))
    answer = inconclusive_output(net.janus, net.provider.ip4)
    assert answer["verdict"] == "inconclusive" and "Port 80 is nearer" in answer["text"]


@FAMILIES
def test_a_host_that_does_not_exist(net, family):
    """The router tries to resolve it for three seconds, and then reports it."""
    nobody, outside = ("203.0.113.99", "203.0.113.1") if family == "ip4" else ("2001:db8:2::99", "2001:db8:2::1")
    answer = inconclusive_output(net.janus, nobody)
    assert answer["verdict"] == "inconclusive"
    for traced in (answer["trace"], answer["control"]):
        assert [hop["address"] for hop in traced["hops"][:2]] == addresses(net, family, "saturne", "router")
        assert traced["end"] == "unreachable" and traced["hops"][-1]["address"] == outside


def test_a_host_without_a_way_there(net):
    net.janus.ip("route del default via 192.168.0.2")
    answer = inconclusive_output(net.janus, net.provider.ip4)
    assert answer["trace"]["end"] == "not sent" and answer["trace"]["error"] == "Network is unreachable"
    assert "this host could not send" in answer["text"]


@FAMILIES
def test_anybody_may(there, family):
    net, _ = there
    ids = pwd.getpwnam(USER)
    nobody = ["setpriv", f"--reuid={ids.pw_uid}", f"--regid={ids.pw_gid}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
    # Not even in the way that ping does.
    net.janus.sysctl(**{"ipv4/ping_group_range": "1 0"})
    answer = reported(net.janus, getattr(net.provider, family), prefix=nobody)
    assert as_traceroute(answer["trace"]) == [*addresses(net, family, "saturne", "router", "provider"), "[open]"]


def spend_errors(host, address, count=20):
    """So many packets that its gateway has to report as expired."""
    family, level, hops = (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) if ":" in address else (socket.AF_INET, socket.IPPROTO_IP, socket.IP_TTL)
    with host.socket(family, socket.SOCK_DGRAM) as s:
        s.setsockopt(level, hops, 1)
        for _ in range(count):
            s.sendto(b"", (address, 9))


@FAMILIES
def test_a_router_that_limits_its_errors_is_asked_again(there, family):
    """One error every 400 ms after a burst of six. The kernel's own second SYN would be too late to help."""
    net, _ = there
    server = getattr(net.provider, family)
    net.saturne.sysctl(**{"ipv4/icmp_ratelimit": 400, "ipv6/icmp/ratelimit": 400})
    spend_errors(net.janus, server)
    answer = reported(net.janus, "--wait", "500ms", server)
    assert as_traceroute(answer["trace"]) == [*addresses(net, family, "saturne", "router", "provider"), "[open]"]
    assert as_traceroute(answer["control"]) == as_traceroute(answer["trace"])


def test_the_server_is_connected_to_once(there):
    """Even while a silent hop is probed repeatedly."""
    net, listeners = there
    filter_packets(net.saturne, "output", "icmp type time-exceeded drop")
    answer = reported(net.janus, "--wait", "200ms", net.provider.ip4)
    assert as_traceroute(answer["trace"]) == ["*", net.router.ip4, net.provider.ip4, "[open]"]
    for listener in listeners[:2]:  # of IPv4
        listener.settimeout(5)
        listener.accept()[0].close()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@FAMILIES
def test_what_people_read(there, family, closing):
    net, _ = there
    divert(net)
    closing(net.mercure.listen("::" if family == "ip6" else "0.0.0.0", 8110))
    server = getattr(net.provider, family)
    lines = trace(net.janus, f"[{server}]:110" if family == "ip6" else f"{server}:110").splitlines()
    assert lines[0] == f"trace to {server}, port 110, at most 30 hops"
    assert lines[1].split() == ["1", getattr(net.saturne, family), lines[1].split()[2], "ms"]
    assert lines[2].split()[:2] == ["2", server] and lines[2].endswith(" ms  accepted")
    assert lines[3] == f"for comparison, {server}, port 80, at most 30 hops"
    assert len(lines) == 9 and lines[6].endswith(" ms  accepted")
    assert lines[8].startswith("Intercepted: port 110 was accepted at hop 2, ")


def test_what_people_read_of_silence(there):
    net, _ = there
    filter_packets(net.router, "forward", "tcp dport 110 drop")
    before = time.monotonic()
    lines = trace(net.janus, "--wait", "300ms", net.provider.ip4).splitlines()
    assert lines[3:5] == ["  3  *", "     ... and so on up to hop 30"]
    assert lines[-1].startswith("Blocked: ")
    # They are probed in parallel: one after the other would take 28 times 1200 ms.
    assert time.monotonic() - before < 20


def test_names_are_looked_up(lab, closing):
    closing(HERE.listen("127.0.0.1", port := HERE.free_port()))
    etc = pathlib.Path(lab.make_directory("etc"))
    (etc / "hosts").write_text("127.0.0.1 pop.lab.example\n", encoding="ascii")
    (etc / "nsswitch.conf").write_text("hosts: files\n", encoding="ascii")
    run = ["unshare", "--mount", "sh", "-c", f'mount --bind {etc} /etc && exec "$0" "$@"', reachable_binary(lab), "trace", "--json"]
    answer = json.loads(HERE.run([*run, "-4", f"pop.lab.example:{port}"]).stdout)
    assert (answer["host"], answer["address"]) == ("pop.lab.example", "127.0.0.1")
    assert (answer["trace"]["port"], answer["trace"]["end"], answer["trace"]["end_hop"]) == (port, "accepted", 1)
    for arguments in (["no-such-host.invalid"], ["-6", "127.0.0.1"], ["-4", "::1"]):
        done = HERE.run([*run, *arguments], check=False)
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith(f"postern trace: {arguments[-1]}: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments, said", [
    ([], "a host is required"),
    (["a", "b"], "unexpected argument b"),
    (["a:pop3"], "got a:pop3"),
    (["[::1"], "got [::1"),
    (["--hops", "0", "a"], "a number from 1 to 64, got 0"),
    (["--hops", "65", "a"], "got 65"),
    (["--wait", "soon", "a"], "a time from 50ms to 10s, got soon"),
    (["--wait", "11s", "a"], "got 11s"),
    (["--control", "0", "a"], "a port from 1 to 65535, got 0"),
    (["--control", "110", "a"], "another port than the one that is traced"),
    (["--mark", "a"], "unrecognized option"),
])
def test_what_makes_no_sense_is_refused(lab, arguments, said):
    done = HERE.run([reachable_binary(lab), "trace", *arguments], check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and "try --help" in done.stderr
