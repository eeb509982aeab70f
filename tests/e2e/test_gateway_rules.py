"""Policy rules of others that precede ours and match packets for the proxy: check names the rule, and prints commands that cure it."""

import re

import pytest
from bobs_mail import fetch_both, mailbox
from doctor_says import FAULT, doctor

from lab.gateway import PROXY, Gateway, mirror
from lab.postern import Postern

# name: (rules, the rule that catches). For a rule without a priority the kernel chooses one before ours.
RULES = {
    "wg-quick": (["not fwmark 51820 table 51820", "table main suppress_prefixlength 0"], 10999),
    "systemd-networkd, a source": (["from 192.168.0.0/24 table 51820 priority 900", "from 10.0.0.0/8 table 51820 priority 800"], 900),
    "an interface": (["iif eth0 table 51820 priority 700", "iif lo table 51820 priority 600"], 700),
    "a port": (["ipproto 6 dport 1-1023 table 51820 priority 700", "ipproto 17 unreachable priority 600"], 700),
    "one that refuses": (["fwmark 0x60/0xf0 prohibit priority 5000", "not from 192.168.0.0/24 blackhole priority 4000"], 5000),
}


@pytest.mark.parametrize("case", RULES)
def test_the_printed_command_cures_the_rule_that_catches(bare, closing, case):
    rules, catching = RULES[case]
    mailbox(bare)
    Gateway.of(closing(Postern(bare, {"gateway": PROXY}, host=bare.mercure))).apply()
    gateway, saturne = mirror(bare).apply(), bare.saturne
    saturne.ip("link add wg0 type veth peer name wg0p", "link set wg0p up", "link set wg0 up", "addr add 10.66.0.2/32 dev wg0",
               "route add default dev wg0 table 51820", *(f"rule add {rule}" for rule in rules), family="-4")
    with pytest.raises(OSError):
        bare.janus.connect(bare.provider.ip4, 110, timeout=5)
    (said,) = [text for text in gateway.faults() if "comes before ours and catches" in text]
    assert f"another IPv4 rule, with priority {catching}, comes" in said
    status, links = doctor(gateway)
    assert status == FAULT and any(state == "fault" and said == text for state, text, _ in links["routes"]), links
    command = re.search(r": (ip -4 rule add .* && ip -4 rule del .*)$", said)[1]
    saturne.run(["sh", "-e", "-c", command])
    assert not [text for text in gateway.faults() if "comes before ours" in text]
    fetch_both(bare.janus, bare.provider.ip4)
