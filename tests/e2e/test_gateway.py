"""`postern gateway apply` and `remove`: all or nothing, and nothing remains."""

import json
import os
import pathlib
import re
import shlex

import pytest

from lab.gateway import Gateway, mirror
from lab.network_state import differences, network_state
from lab.postern import ROOT, USER

ROLES = sorted(path.stem for path in (ROOT / "tests" / "data" / "gateway").glob("*.conf"))


def of_role(lab, host, role):
    """The command with the file in tests/data for this role."""
    directory = lab.make_directory("role")
    path = os.path.join(directory, "postern.conf")
    text = (ROOT / "tests" / "data" / "gateway" / f"{role}.conf").read_text(encoding="utf-8")
    pathlib.Path(path).write_text(f"{text}\n[postern]\nuser = {USER}\nruntime_directory = {directory}\n", encoding="utf-8")
    return Gateway(lab, host, config=path)


def make_crowded(host):
    """Adds rules and routes of others, some similar to ours, and settings with unusual values."""
    host.ip("link add br-lan.5 type bridge", "link set br-lan.5 up")
    host.nft("""
        table inet theirs {
            set known { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.7 } }
            counter seen { }
            chain pre { type filter hook prerouting priority raw; tcp dport 110 counter name seen; }
            chain nat { type nat hook postrouting priority srcnat; ip saddr @known masquerade; }
            chain forward { type filter hook forward priority filter; policy accept; tcp dport 25 drop; }
        }
        table ip postern { chain pre { type filter hook prerouting priority mangle; tcp dport 110 counter; }; }""")
    for family, net in (("-4", "10.9.0.0/16"), ("-6", "2001:db8:9::/48")):
        host.ip("rule add fwmark 0x5 table 77 priority 10999", f"rule add to {net} table 77 priority 11000",
                f"route add {net} dev eth0 table 77", "route add prohibit default metric 5 table 77", family=family)
    host.sysctl(**{"ipv4/conf/eth0/accept_redirects": 0, "ipv4/conf/all/src_valid_mark": 1, "ipv4/conf/lo/forwarding": 1,
                   "ipv6/conf/br-lan.5/forwarding": 1, "ipv4/conf/default/send_redirects": 0})


@pytest.mark.parametrize("role", ROLES)
def test_remove_leaves_the_kernel_as_apply_found_it(bare, role):
    host = bare.saturne
    make_crowded(host)
    gateway = of_role(bare, host, role)
    before = network_state(host)
    gateway.apply()
    assert gateway.faults() == []
    assert {"nft list ruleset"} <= differences(before, network_state(host)).keys()
    gateway.remove()
    assert differences(before, network_state(host)) == {}
    assert "nothing to remove" in gateway.run("remove").stdout


@pytest.mark.parametrize("role", ROLES)
def test_applied_twice_is_applied_once(bare, role):
    """Byte for byte, including counters and the handles that the kernel assigned."""
    host = bare.saturne
    make_crowded(host)
    gateway = of_role(bare, host, role)
    assert gateway.run("apply").stdout == "applied\n"
    host.run(["sh", "-c", "for i in 1 2 3; do timeout 1 bash -c '</dev/tcp/192.0.2.1/110' || true; done"])
    first, handles = network_state(host), host.run(["nft", "-a", "list", "ruleset"]).stdout
    journal = pathlib.Path(gateway.config).with_name("gateway.json").read_text(encoding="ascii")
    assert gateway.run("apply").stdout == "nothing to do: all is as planned\n"
    assert differences(first, network_state(host)) == {} and handles == host.run(["nft", "-a", "list", "ruleset"]).stdout
    assert journal == pathlib.Path(gateway.config).with_name("gateway.json").read_text(encoding="ascii")


def test_another_plan_takes_the_place_of_the_first(bare):
    host = bare.saturne
    make_crowded(host)
    gateway = mirror(bare, proxies=("mercure", "mercure2"))
    before = network_state(host)
    gateway.apply()
    gateway.change(mark="0x6e", table="300", proxies="192.168.0.5")
    assert any("changed since the last apply" in fault for fault in gateway.faults())
    gateway.apply()
    assert gateway.faults() == []
    rules = host.run(["ip", "-4", "rule"]).stdout
    assert "fwmark 0x6e lookup 300" in rules and "0x6f00" not in rules
    assert "0x6e" not in host.run(["ip", "-6", "rule"]).stdout
    assert host.run(["ip", "-4", "route", "show", "table", "201"], check=False).stdout == ""
    gateway.change(role="local", interface=None, proxies=None, mark=None, table=None)
    gateway.apply()
    assert gateway.faults() == []
    left = differences(before, network_state(host))
    assert left.keys() == {"nft list ruleset"}, left.keys()
    assert "nothing to do" in gateway.run("apply").stdout
    gateway.remove()
    assert differences(before, network_state(host)) == {}


def test_remove_goes_by_what_was_applied(bare):
    """The configuration has changed, or is invalid."""
    gateway = mirror(bare)
    before = network_state(bare.saturne)
    gateway.apply()
    gateway.change(table="333", mark="0x7", interface="eth9", proxies="198.51.100.7")
    gateway.remove()
    assert differences(before, network_state(bare.saturne)) == {}


@pytest.mark.parametrize("broken", ["[gateway]\nrole = mirrored\n", "[gateway\n", "\0"])
def test_remove_needs_no_configuration_that_can_be_read(bare, broken):
    gateway = mirror(bare)
    before = network_state(bare.saturne)
    gateway.apply()
    path = pathlib.Path(gateway.config)
    path.write_text(f"[postern]\nruntime_directory = {gateway.directory}\n{broken}", encoding="ascii")
    done = gateway.run("remove")
    assert done.stdout == "removed\n" and done.stderr.startswith(f"postern gateway: warning: the configuration could not be read ({path}:")
    assert done.stderr.count("\n") == 1 and f"the journal in {gateway.directory}" in done.stderr
    assert differences(before, network_state(bare.saturne)) == {}
    assert gateway.run("apply", check=False).returncode == 1


def test_a_setting_that_was_changed_meanwhile_stays(bare):
    gateway = mirror(bare)
    gateway.apply()
    bare.saturne.sysctl(**{"ipv4/conf/eth0/send_redirects": 1, "ipv4/ip_forward": 0})
    bare.saturne.sysctl(**{"ipv4/conf/lo/forwarding": 1})
    gateway.remove()
    state = network_state(bare.saturne)
    assert state["ipv4/conf/eth0/send_redirects"] == "1\n" and state["ipv4/ip_forward"] == "0\n"
    assert state["ipv4/conf/all/send_redirects"] == "1\n" and state["ipv6/conf/all/forwarding"] == "0\n"


def test_a_setting_that_was_renamed_is_reported(bare):
    """An interface was renamed and still has our value; settings that never changed are not reported."""
    gateway, saturne = mirror(bare), bare.saturne
    saturne.sysctl(**{"ipv4/conf/eth0/send_redirects": 1, "ipv4/conf/eth0/forwarding": 1, "ipv6/conf/eth0/forwarding": 1})
    gateway.apply()
    saturne.ip("link set eth0 down", "link set eth0 name lan0", "link set lan0 up")
    done = gateway.run("remove")
    said = "warning: /proc/sys/net/ipv4/conf/eth0/send_redirects no longer exists; the value before apply was 1: restore it if the interface was renamed"
    assert done.stdout == "removed\n" and said in done.stderr
    assert "eth0/forwarding" not in done.stderr
    assert gateway.run("remove", check=False).stderr == ""


def test_earlier_rules_and_settings_are_kept(bare):
    """A rule and a route exactly like ours, and forwarding that was on: remove keeps them."""
    saturne = bare.saturne
    gateway = mirror(bare)
    saturne.ip("rule add fwmark 0x6e table 200 priority 11000", "route add default via 192.168.0.3 metric 100 table 200", family="-4")
    saturne.sysctl(**{"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1})
    before = network_state(saturne)
    gateway.apply().remove()
    assert differences(before, network_state(saturne)) == {}


def test_without_its_journal_remove_takes_table_rules_and_routes(bare):
    gateway = mirror(bare)
    before = network_state(bare.saturne)
    gateway.apply()
    os.unlink(os.path.join(gateway.directory, "gateway.json"))
    gateway.remove()
    after = network_state(bare.saturne)
    # With forwarding on the kernel has anycast routes of its own.
    left = differences(before, after).keys() - {"ip -6 route show table all"}
    assert left and all(re.match("ipv[46]/", what) for what in left), left
    assert "table 200" not in after["ip -6 route show table all"]


def test_a_journal_of_somebody_else_or_of_an_earlier_boot_counts_as_none(bare):
    gateway = mirror(bare)
    path = pathlib.Path(gateway.directory, "gateway.json")
    evil = {"version": 1, "boot": pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(), "complete": True,
            "rules": [], "routes": [], "sysctls": [{"path": "net/ipv4/ip_default_ttl", "before": "7", "ours": "64"}]}
    before = network_state(bare.saturne)
    path.write_text(json.dumps(evil), encoding="ascii")
    os.chown(path, 65534, 65534)
    gateway.remove()
    path.write_text(json.dumps(evil | {"boot": "another"}), encoding="ascii")
    os.chown(path, 0, 0)
    gateway.remove()
    assert differences(before, network_state(bare.saturne)) == {}
    path.write_text(json.dumps(evil), encoding="ascii")
    gateway.remove()
    assert network_state(bare.saturne)["ipv4/ip_default_ttl"] == "7\n"


def test_only_one_changes_the_kernel_at_a_time(bare):
    gateway = mirror(bare)
    done = gateway.host.run(["flock", gateway.directory, *gateway.argv("apply")], check=False)
    assert (done.returncode, done.stderr) == (1, "postern gateway: another `postern gateway` command is changing the kernel now\n")


@pytest.mark.parametrize("closed", ("<&-", "<&- >&- 2>&-"))
def test_works_where_standard_descriptors_are_closed(bare, closed):
    """Some supervisors close them; nft and ip must still get the right descriptors."""
    gateway = mirror(bare)
    gateway.host.run(["sh", "-c", f"exec {shlex.join(gateway.argv('apply'))} {closed}"])
    assert gateway.faults() == []


def test_status_counts_packets_and_connections_by_proxy(bare):
    gateway = mirror(bare)
    assert gateway.run("status").stdout == "nothing is applied\n"
    gateway.apply()
    bare.mercure.sysctl(**{"ipv4/ip_forward": 1})
    listener = bare.provider.listen(bare.provider.ip4, 110)
    with listener, bare.janus.connect(bare.provider.ip4, 110):
        reported = gateway.status()
        proxies = {proxy["address"]: proxy for proxy in reported["proxies"]}
        assert reported["applied"] and proxies["192.168.0.3"]["used"]
        assert proxies["192.168.0.3"]["begun"] == 1 and proxies["192.168.0.3"]["connections"] == 1
        assert proxies["192.168.0.3"]["packets"] >= 2 and proxies["192.168.0.3"]["bytes"] > 80
        assert proxies["2001:db8:1::3"]["packets"] == proxies["2001:db8:1::3"]["connections"] == 0
    rules = {(rule["chain"], rule["rule"]): rule["packets"] for rule in reported["rules"]}
    assert rules["divert", "mail (IPv4)"] >= 2 and rules["divert", "mail (IPv6)"] == 0
    text = gateway.run("status").stdout
    assert re.search(r"^192\.168\.0\.3 +\d+ +\d+ +1 +1$", text, re.M) and re.search(r"^divert +mail \(IPv4\) +[1-9]", text, re.M)


def test_a_host_without_a_list_of_protocols(bare):
    """Debian's netbase, which has /etc/protocols, may not be installed."""
    gateway = mirror(bare)
    hide = "{ [ ! -e /etc/protocols ] || mount --bind /dev/null /etc/protocols; }"
    done = bare.saturne.run(["unshare", "-m", "sh", "-c", f"{hide} && exec {shlex.join(gateway.argv('apply'))}"], check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "applied\n", "")
    assert gateway.faults() == []
