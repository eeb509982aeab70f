"""A mirror that is a bridge between the proxy and the router: with br_netfilter the proxy's frames traverse the mirror's packet filter, and
with a client's address (source = client) they look like the client's."""

import os

import pytest
from bobs_mail import bob, fetch_both, mailbox
from doctor_says import doctor, faults

from lab.gateway import PROXY, Gateway, mirror
from lab.pop3_client import Refused
from lab.postern import Postern

CLIENT = {"upstream": {"source": "client"}}
FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])


def bridge(lab):
    """saturne's bridge br0 has two ports: eth0, towards the LAN, and the link to mercure."""
    saturne, mercure = lab.saturne, lab.mercure
    lab.switch.ip("link del mercure")
    saturne.ip("link add br0 type bridge forward_delay 0", "link set br0 up", "link set eth0 master br0", "addr flush dev eth0",
               f"addr add {saturne.ip4}/24 dev br0", f"addr add {saturne.ip6}/64 dev br0 nodad", "route replace default via 192.168.0.1",
               "route replace default via 2001:db8:1::1", f"link add wire type veth peer name eth0 netns {mercure.netns}", "link set wire master br0 up")
    mercure.ip("link set eth0 up", f"addr add {mercure.ip4}/24 dev eth0", f"addr add {mercure.ip6}/64 dev eth0 nodad",
               "route add default via 192.168.0.1", "route add default via 2001:db8:1::1")
    if not saturne.within(lambda: os.path.exists("/proc/sys/net/bridge")):
        pytest.skip("the kernel has no br_netfilter, or it is not loaded")


def switch_on(host, how):
    if how == "all":
        host.sysctl(**{"bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1})
    else:
        host.sysctl(**{"bridge/bridge-nf-call-iptables": 0, "bridge/bridge-nf-call-ip6tables": 0})
        host.ip("link set br0 type bridge nf_call_iptables 1 nf_call_ip6tables 1")


def command_of_doctor(gateway):
    """The command that doctor prints."""
    links = doctor(gateway)[1]
    (command,) = [cure for _, text, cure in links["gateway"] if "br_netfilter" in text]
    return command


@FAMILIES
@pytest.mark.parametrize("how", ["all", "this bridge"])
def test_a_proxy_s_own_connections_with_a_client_s_address(bare, closing, family, how):
    bridge(bare)
    switch_on(bare.saturne, how)
    mailbox(bare)
    Gateway.of(closing(Postern(bare, CLIENT | {"gateway": PROXY, "pop3": {"connect_timeout": "2s"}}, host=bare.mercure))).apply()
    bare.router_return()
    gateway = mirror(bare, interface="br0").apply()
    server = getattr(bare.provider, family)
    with pytest.raises((Refused, OSError)):
        bob(bare.janus, server, timeout=5)
    assert "warning: [gateway] interface: br0 is a bridge, and br_netfilter" in gateway.run("check").stderr

    bare.saturne.run(["sh", "-ec", command_of_doctor(gateway)])
    fetch_both(bare.janus, server)
    assert "br_netfilter" not in gateway.run("check").stderr


def test_apply_refuses_a_mirror_with_source_client(bare):
    bridge(bare)
    switch_on(bare.saturne, "all")
    gateway = mirror(bare, interface="br0")
    gateway = Gateway(bare, bare.saturne, gateway.settings | CLIENT)
    for verb in ("plan", "apply"):
        done = gateway.run(verb, check=False)
        assert "br_netfilter" in done.stderr and "warning" not in done.stderr, done
    assert done.returncode == 1 and "inet postern" not in bare.saturne.run(["nft", "list", "tables"]).stdout
    bare.saturne.run(["sh", "-ec", command_of_doctor(gateway)])
    assert gateway.apply().faults() == []


def test_a_bridge_without_br_netfilter_and_a_router_without_a_bridge_are_not_reported(bare, closing):
    mailbox(bare)
    gateway = mirror(bare).apply()
    assert "br_netfilter" not in gateway.run("check").stderr
    gateway.remove()
    bridge(bare)
    bare.saturne.sysctl(**{"bridge/bridge-nf-call-iptables": 0, "bridge/bridge-nf-call-ip6tables": 0})
    closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))
    assert not [line for line in faults(doctor(gateway.change(interface="br0").apply())[1]).get("gateway", [])]
