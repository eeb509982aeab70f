"""Network namespaces that share /run (as with `ip netns exec`) each have a journal of their own in the same runtime directory."""

import os

from lab.gateway import LAN, Gateway
from lab.network_state import differences, network_state


def pair(lab):
    """mercure and mercure2, both proxies, with the same runtime directory."""
    directory = lab.make_directory("run")
    settings = {"postern": {"runtime_directory": directory}, "gateway": {"role": "proxy", "interface": "eth0", "lan": LAN}}
    return directory, [Gateway(lab, lab.hosts[name], settings) for name in ("mercure", "mercure2")]


def journals(directory):
    return sorted(name for name in os.listdir(directory) if name.startswith("gateway"))


def text(directory, name):
    with open(os.path.join(directory, name), encoding="ascii") as f:
        return f.read()


def test_remove_in_another_namespace_changes_nothing(bare):
    directory, (first, second) = pair(bare)
    first.apply()
    before, journal = network_state(bare.mercure), text(directory, "gateway.json")
    done = second.run("remove")
    assert done.stdout.strip() == "nothing to remove", done
    assert text(directory, "gateway.json") == journal and journals(directory) == ["gateway.json"]
    assert not differences(before, network_state(bare.mercure))
    assert first.faults() == []


def test_each_namespace_removes_its_own_plan(bare):
    directory, both = pair(bare)
    states = [network_state(gateway.host) for gateway in both]
    for gateway in both:
        assert gateway.run("apply").stdout.strip() == "applied"
    assert len(journals(directory)) == 2
    for gateway in both:
        assert gateway.faults() == []
        assert gateway.run("apply").stdout.startswith("nothing to do")

    assert both[0].run("remove").stdout.strip() == "removed"
    assert both[1].faults() == [] and len(journals(directory)) == 1
    assert not differences(states[0], network_state(both[0].host))
    assert both[0].apply().faults() == []

    assert both[1].run("remove").stdout.strip() == "removed"
    assert not differences(states[1], network_state(both[1].host))
    assert both[0].faults() == []
    both[0].remove()
    assert journals(directory) == []


def test_the_journal_of_a_removed_namespace_is_not_used_by_others(bare):
    """A container that ended without `remove` leaves a journal. The next container with that /run must not use it, even if its namespace has
    the same inode."""
    directory, (first, second) = pair(bare)
    first.apply()
    journal = text(directory, "gateway.json")
    bare.mercure.run(["ip", "netns", "del", bare.mercure.netns])
    second.apply()
    assert second.faults() == []
    second.remove()
    assert text(directory, "gateway.json") == journal
