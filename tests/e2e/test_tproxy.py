"""TPROXY, the client's address towards the server, marks: what requires more of the kernel than a redirect."""

import os
import re

import pytest
from bobs_mail import MASQUERADED, fetch_both, mailbox

from lab.gateway import PROXY, Gateway, mirror
from lab.pop3_client import Refused, Session
from lab.postern import UID, Postern

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
MARK = 0x6E00
NET_RAW = 1 << 13
AS_NOBODY = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]


@pytest.fixture
def there(net, closing):
    """there(interception, upstream): everything diverted to a proxy with that interception. Returns (lab, provider, gateway)."""
    def start(interception="tproxy", **upstream):
        provider = mailbox(net)
        settings = {"gateway": PROXY, "pop3": {"interception": interception, "connect_timeout": "2s"}, "upstream": upstream}
        postern = closing(Postern(net, settings, host=net.mercure))
        mirror(net).apply()
        Gateway.of(postern).apply()
        return net, provider, postern
    return start


@FAMILIES
def test_intercepted_sessions_are_scanned_without_a_change_of_address(there, family):
    net, provider, postern = there()
    end = fetch_both(net.janus, getattr(net.provider, family))
    assert set(provider.peers()) == {MASQUERADED[family]}
    form = "{}:{}" if family == "ip4" else "[{}]:{}"
    for incident in postern.incidents():
        assert (incident["client"], incident["server"]) == (form.format(*end), form.format(getattr(net.provider, family), 110))
    assert len(postern.incidents()) == 1


@FAMILIES
def test_a_direct_connection_is_refused(there, family):
    """Its destination is the proxy itself, on a port that is not a mail server's."""
    net, provider, postern = there()
    before = len(provider.peers())
    for port in (8110, 110):
        try:
            with net.janus.connect(getattr(net.mercure, family), port) as s:
                assert s.recv(4096).startswith(b"-ERR")
        except ConnectionRefusedError:
            assert port == 110
    assert len(provider.peers()) == before
    postern.await_log(r"event=refused .*DESTINATION_REFUSED")


def test_the_router_masquerades_the_client_as_ever(there):
    net, provider, _ = there(source="client")
    net.router_return()
    net.router.nft("""
        table inet seen {
            counter clients { }
            counter proxies { }
            chain pass {
                type filter hook forward priority filter;
                iifname "eth0" ip saddr 192.168.0.4 tcp dport 110 counter name clients
                iifname "eth0" ip6 saddr 2001:db8:1::4 tcp dport 110 counter name clients
                iifname "eth0" ip saddr 192.168.0.3 tcp dport 110 counter name proxies
                iifname "eth0" ip6 saddr 2001:db8:1::3 tcp dport 110 counter name proxies
            }
        }""")
    for family in ("ip4", "ip6"):
        fetch_both(net.janus, getattr(net.provider, family))
    assert provider.peers() == list(MASQUERADED.values())
    assert net.router.counter("seen", "clients") > 10 and net.router.counter("seen", "proxies") == 0


@FAMILIES
def test_without_the_way_back_the_log_says_why(there, family):
    net, provider, postern = there(source="client")
    warning = postern.command("check").stderr
    assert "warning: source = client: unless the router sends the servers' replies back to this host" in warning
    with pytest.raises(Refused, match="does not answer"):
        Session(getattr(net.provider, family), 110, net.janus, timeout=10)
    line = postern.await_log(r"event=session .*reason=SERVER_TIMEOUT.*$")[0]
    assert "with source = client the router must send the server's replies back to this host" in line
    assert provider.peers() == []


def test_a_timeout_is_not_blamed_on_the_way_back_without_reason(there):
    net, _, postern = there()
    net.router.nft("table inet dead { chain pass { type filter hook forward priority filter; tcp dport 110 drop; }\n}")
    with pytest.raises(Refused, match="does not answer"):
        Session(net.provider.ip4, 110, net.janus, timeout=10)
    assert "source = client" not in postern.await_log(r"event=session .*reason=SERVER_TIMEOUT.*$")[0]


@pytest.mark.parametrize("upstream", [{}, {"mark": f"{MARK:#x}"}, {"mark": f"{MARK:#x}", "source": "client"}], ids=["none", "mark", "client"])
def test_connections_to_servers_bear_the_mark(there, upstream):
    net, _, _ = there(**upstream)
    net.router_return()
    net.mercure.nft(f"""
        table inet seen {{
            counter marked {{ }}
            counter others {{ }}
            chain leave {{
                type filter hook output priority filter;
                tcp dport 110 meta mark {MARK:#x} counter name marked
                tcp dport 110 meta mark != {MARK:#x} counter name others
            }}
        }}""")
    for family in ("ip4", "ip6"):
        fetch_both(net.janus, getattr(net.provider, family))
    marked, others = net.mercure.counter("seen", "marked"), net.mercure.counter("seen", "others")
    assert marked > 10 and others == 0 if upstream else marked == 0 and others > 10


def capabilities(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return {key: int(value, 16) for key, value in re.findall(r"^Cap(\w+):\s+(\w+)$", f.read(), re.M)}


@pytest.mark.parametrize("upstream", [{}, {"mark": "1"}, {"source": "client"}], ids=["none", "mark", "client"])
def test_a_relay_keeps_one_capability_if_it_is_asked_for_and_nobody_else_any(there, upstream):
    _, _, postern = there(**upstream)
    nothing = dict.fromkeys(("Inh", "Prm", "Eff", "Bnd", "Amb"), 0)
    kept = nothing | ({"Prm": NET_RAW, "Eff": NET_RAW} if upstream else {})
    roles = set()
    for (role, _), pid in postern.children().items():
        roles.add(role)
        assert capabilities(pid) == (kept if role == "relay" else nothing), role
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            assert f"\nUid:\t{UID}\t{UID}\t{UID}\t{UID}\n" in f.read()
    assert {"relay", "scan", "reader", "keeper", "clamav"} <= roles


def test_without_root_check_says_what_needs_it(net):
    settings = {"pop3": {"interception": "tproxy"}, "upstream": {"source": "client", "mark": "0x6e"}}
    postern = Postern(net, settings, host=net.mercure, prefix=AS_NOBODY, start=False)
    os.chmod(postern.config, 0o644)
    reported = postern.command("check", check=False)
    assert reported.returncode != 0
    errors = [line for line in reported.stderr.splitlines() if not line.startswith("warning: ")]
    assert errors == ["interception = tproxy needs root: Operation not permitted",
                      "source = client needs root: Operation not permitted",
                      "[upstream] mark needs root, and Linux 5.17 or newer: Operation not permitted"]


def test_check_sees_the_kernels_filter_that_swallows_all(there):
    """rp_filter alone does no harm, nor does src_valid_mark; both together do, on IPv4."""
    net, _, postern = there()
    net.mercure.sysctl(**{"ipv4/conf/eth0/rp_filter": 1})
    assert "rp_filter" not in postern.command("check").stderr
    fetch_both(net.janus, net.provider.ip4)
    net.mercure.sysctl(**{"ipv4/conf/all/src_valid_mark": 1})
    assert "warning: interface eth0 has rp_filter and src_valid_mark" in postern.command("check").stderr
    with pytest.raises(TimeoutError):
        Session(net.provider.ip4, 110, net.janus, timeout=2)
    fetch_both(net.janus, net.provider.ip6)
