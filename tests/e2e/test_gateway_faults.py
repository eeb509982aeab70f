"""`postern gateway` is killed, or a tool fails, at any point: the next apply or remove completes or undoes everything."""

import os
import pathlib
import re
import shlex
import shutil

import pytest

from lab.gateway import mirror
from lab.network_state import differences, network_state

MODES = {
    "killed before": "kill -9 $PPID; exit 1",
    "killed after": '{real} "$@"; kill -9 $PPID; exit 1',
    "failing before": "cat > {seen}; echo no luck >&2; exit 1",
    "failing after": '{real} "$@"; echo no luck >&2; exit 1',
}
TOOLS = ("nft", "ip")


class Tools:
    """Replacements of nft and ip, in a mount namespace: the n-th call (of both together) behaves according to `mode`; with `lasting`, all
    later ones, too."""

    def __init__(self, lab):
        self.directory = pathlib.Path(lab.make_directory("tools"))
        for tool in TOOLS:
            shutil.copy(shutil.which(tool, path="/usr/sbin:/sbin"), self.directory / f"{tool}.real")

    def _write(self, mode, n, lasting):
        count = self.directory / "count"
        count.write_text("", encoding="ascii")
        for tool in TOOLS:
            real = self.directory / f"{tool}.real"
            what = MODES[mode].format(real=real, seen=self.directory / "seen") if mode else f'exec {real} "$@"'
            path = self.directory / tool
            path.write_text(f'#!/bin/sh\necho {tool} "$@" >> {count}\nif [ $(wc -l < {count}) -{"ge" if lasting else "eq"} {n} ]; then {what}; fi\nexec {real} "$@"\n',
                            encoding="ascii")
            path.chmod(0o755)

    def run(self, gateway, verb, mode=None, n=0, lasting=False):
        self._write(mode, n, lasting)
        binds = "".join(f"mount --bind {self.directory / tool} {shutil.which(tool, path='/usr/sbin:/sbin')} && " for tool in TOOLS)
        return gateway.host.run(["unshare", "-m", "sh", "-c", f"{binds}exec {shlex.join(gateway.argv(verb))}"], check=False)

    def calls(self):
        return (self.directory / "count").read_text(encoding="ascii").splitlines()


def settled(host):
    """Returns the state of the network without counter values, remaining lifetimes and nft's comments (the number of a set's elements)."""
    return {what: re.sub(r"packets \d+ bytes \d+|( timeout \w+)? expires \w+|\t# count \d+", "", text) for what, text in network_state(host).items()}


@pytest.fixture
def undisturbed(bare):
    """(host, gateway, tools, and of an undisturbed apply: its calls, the state before, the state after)."""
    host, gateway, tools = bare.saturne, mirror(bare, proxies=("mercure", "mercure2")), Tools(bare)
    host.ip("rule add fwmark 0x5 table 77 priority 500", "route add default dev eth0 table 77", family="-4")
    before = settled(host)
    assert tools.run(gateway, "apply").returncode == 0
    calls, applied = tools.calls(), settled(host)
    assert len(calls) >= 8 and {call.split()[0] for call in calls} == set(TOOLS)
    gateway.remove()
    return host, gateway, tools, calls, before, applied


def is_advisory(call):
    """Returns whether apply only warns, and continues, if this call fails."""
    return "list ruleset" in call or "link show" in call


def without_order(state):
    """A state without remembered connections, and without the order of policy rules: all rules of one priority have the same target."""
    return {what: sorted(text.splitlines()) if "rule" in what and "nft" not in what else re.sub(r"elements = .*?}|\s+", "", text, flags=re.S)
            for what, text in state.items()}


@pytest.mark.seconds(300)
@pytest.mark.parametrize("mode", [mode for mode in MODES if "killed" in mode])
def test_the_next_command_cleans_up_after_a_kill_at_any_call(undisturbed, mode):
    host, gateway, tools, calls, before, applied = undisturbed
    for n in range(1, len(calls) + 1):
        tools.run(gateway, "apply", mode, n)
        assert gateway.run("apply").returncode == 0
        assert differences(applied, settled(host)) == {}, (n, calls[n - 1])
        assert gateway.faults() == []
        gateway.remove()
        assert differences(before, settled(host)) == {}, (n, calls[n - 1])
        tools.run(gateway, "apply", mode, n)
        gateway.run("remove")
        assert differences(before, settled(host)) == {}, (n, calls[n - 1])


@pytest.mark.seconds(300)
@pytest.mark.parametrize("mode", [mode for mode in MODES if "failing" in mode])
def test_a_failing_tool_changes_nothing(undisturbed, mode):
    host, gateway, tools, calls, before, _ = undisturbed
    for n in range(1, len(calls) + 1):
        if is_advisory(calls[n - 1]) or (mode == "failing after" and "list table" in calls[n - 1]):
            continue  # fails anyway while there is no table
        done = tools.run(gateway, "apply", mode, n)
        assert done.returncode == 1 and "no luck" in done.stderr and done.stderr.count("\n") == 1, (n, calls[n - 1], done)
        assert differences(before, settled(host)) == {}, (n, calls[n - 1], done)
        assert not os.path.exists(os.path.join(gateway.directory, "gateway.json"))


def test_nothing_is_changed_if_no_journal_can_be_written(bare):
    gateway = mirror(bare)
    before = network_state(bare.saturne)

    def run_read_only(verb):
        binds = f"mount --bind {gateway.directory} {gateway.directory} && mount -o remount,bind,ro {gateway.directory}"
        return gateway.host.run(["unshare", "-m", "sh", "-c", f"{binds} && exec {shlex.join(gateway.argv(verb))}"], check=False)

    done = run_read_only("apply")
    assert done.returncode == 1 and done.stderr.endswith("Read-only file system; all changes were undone\n"), done
    assert differences(before, network_state(bare.saturne)) == {}
    done = run_read_only("remove")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to remove\n", "")
    applied = settled(gateway.apply().host)
    gateway.change(mark="0x7")
    done = run_read_only("apply")
    assert done.returncode == 1 and done.stderr.endswith("the journal could not be undone: gateway.json: Read-only file system; "
                                                         "all other changes were undone\n"), done
    assert differences(applied, settled(bare.saturne)) == {}
    gateway.remove()
    assert differences(before, network_state(bare.saturne)) == {}


# Changed plans: other numbers; and the same numbers for other proxies, so that routes replace routes.
OTHERS = {"renumbered": {"mark": "0x7", "table": "300", "proxies": "192.168.0.5"},
          "reordered": {"proxies": "192.168.0.5 192.168.0.3 2001:db8:1::5"}}


@pytest.fixture
def session(undisturbed, bare, closing):
    """An open connection that the mirror remembers."""
    host, gateway = undisturbed[:2]
    for name in ("mercure", "mercure2"):
        bare.hosts[name].sysctl(**{"ipv4/ip_forward": 1})
    gateway.apply()
    closing(bare.provider.listen(bare.provider.ip4, 110))
    closing(bare.janus.connect(bare.provider.ip4, 110))
    assert sum(proxy["connections"] for proxy in gateway.status()["proxies"]) == 1
    return host


@pytest.mark.seconds(300)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("mode", [mode for mode in MODES if "failing" in mode])
def test_a_failed_change_leaves_the_earlier_plan(undisturbed, session, mode, other):
    host, gateway, tools, calls, before, _ = undisturbed
    applied = settled(host)
    first = gateway.settings["gateway"] | {"table": "200"}
    n = 1 + sum(map(is_advisory, calls))  # apply begins with these calls
    while True:
        done = tools.run(gateway.change(**OTHERS[other]), "apply", mode, n)
        if len(tools.calls()) < n:
            break
        assert done.stderr.endswith("all changes were undone\n") or "compared" in done.stderr or n < 9, (n, done)  # the first calls only read, and try the table in another namespace
        assert without_order(settled(host)) == without_order(applied), (n, tools.calls()[n - 1], done)
        assert gateway.change(**first).faults() == [] and "nothing to do" in gateway.run("apply").stdout
        assert sum(proxy["connections"] for proxy in gateway.status()["proxies"]) == 1
        n += 1
    assert n > 8 and gateway.faults() == []
    gateway.remove()
    assert differences(before, settled(host)) == {}


JOURNAL_IS_KEPT = "; the journal is kept: repeat `postern gateway apply`, or remove everything by `postern gateway remove`\n"


@pytest.mark.seconds(300)
@pytest.mark.parametrize("cure", ["apply", "remove"])
@pytest.mark.parametrize("begins", ["without a plan", "with an earlier plan"])
def test_what_cannot_be_undone_is_removed_later(undisturbed, begins, cure):
    """The tools fail from some call on, so that nothing is undone. The other plan is not in the configuration any more when the cure runs."""
    host, gateway, tools, _, before, applied = undisturbed
    first = gateway.settings["gateway"] | {"table": "200"}
    n, kept = 1, 0
    while True:
        if begins == "with an earlier plan":
            gateway.change(**first).apply()
        done = tools.run(gateway.change(**OTHERS["renumbered"]), "apply", "failing after", n, lasting=True)
        if len(tools.calls()) < n:
            break
        kept += done.stderr.endswith(JOURNAL_IS_KEPT)
        gateway.change(**first).run(cure)
        if cure == "apply":
            assert gateway.faults() == [] and differences(without_order(applied), without_order(settled(host))) == {}, (n, done)
            gateway.remove()
        assert differences(before, settled(host)) == {}, (n, done)
        n += 1
    assert kept >= 3 and n > 8
    gateway.remove()
    assert differences(before, settled(host)) == {}


@pytest.mark.seconds(300)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("mode", [mode for mode in MODES if "killed" in mode])
def test_killed_during_a_change_of_the_plan(undisturbed, session, mode, other):
    """Afterwards the change can be completed, undone, or removed."""
    host, gateway, tools, _, before, _ = undisturbed
    applied, first = settled(host), gateway.settings["gateway"] | {"table": "200"}
    n = 1
    while True:
        done = tools.run(gateway.change(**OTHERS[other]), "apply", mode, n)
        if len(tools.calls()) < n:
            assert done.returncode == 0
            break
        assert gateway.apply().faults() == []
        gateway.change(**first).apply()
        assert without_order(settled(host)) == without_order(applied), n
        tools.run(gateway.change(**OTHERS[other]), "apply", mode, n)
        gateway.remove()
        assert differences(before, settled(host)) == {}, n
        gateway.change(**first).apply()
        n += 1
    assert n > 8


@pytest.mark.seconds(300)
@pytest.mark.parametrize("mode", MODES)
def test_the_next_remove_completes_an_interrupted_one(undisturbed, mode):
    host, gateway, tools, _, before, _ = undisturbed
    n = 1
    while True:
        gateway.apply()
        done = tools.run(gateway, "remove", mode, n)
        if len(tools.calls()) < n:
            break
        assert done.returncode != 0
        gateway.remove()
        assert differences(before, settled(host)) == {}, n
        n += 1
    assert n > 4 and differences(before, settled(host)) == {}


@pytest.mark.parametrize("verb", ["apply", "check", "remove", "status"])
def test_each_missing_tool_and_permission_is_reported_in_a_line(bare, verb):
    gateway = mirror(bare)
    before = network_state(bare.saturne)
    hide = "".join(f"mount --bind /dev/null {shutil.which(tool, path='/usr/sbin:/sbin')} && " for tool in TOOLS)
    done = bare.saturne.run(["unshare", "-m", "sh", "-c", f"{hide}exec {shlex.join(gateway.argv(verb))}"], check=False)
    output = (done.stdout + done.stderr).replace("postern gateway: ", "")
    assert done.returncode == 1 and output == ("nft is not installed: install the package nftables\n"
                                             "ip is not installed: install the package iproute2\n")
    os.chmod(gateway.directory, 0o755)
    done = bare.saturne.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *gateway.argv(verb)], check=False)
    output = (done.stdout + done.stderr).replace("postern gateway: ", "")
    assert done.returncode == 1 and output == "no permission to read and change the packet filter: run as root\n"
    assert differences(before, network_state(bare.saturne)) == {}
