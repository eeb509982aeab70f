"""The network configuration of a host's kernel as text, to check that it is restored."""

import os

SYSCTLS = "/proc/sys/net"
# Values that change by themselves: the number of known connections.
CHANGING = {"netfilter/nf_conntrack_count", "nf_conntrack_count"}
COMMANDS = (["nft", "list", "ruleset"], ["ip", "-4", "rule"], ["ip", "-6", "rule"],
            ["ip", "-4", "route", "show", "table", "all"], ["ip", "-6", "route", "show", "table", "all"])


def network_state(host):
    """{what: text}: the whole ruleset, rules and routes of both families, and each sysctl below net/ by its path."""
    state = {" ".join(argv): host.run(argv).stdout for argv in COMMANDS}
    return state | host.within(_sysctls)


def differences(before, after):
    """The differences between two states: {what: (then, now)}."""
    return {what: (before.get(what), after.get(what)) for what in before.keys() | after.keys() if before.get(what) != after.get(what)}


def _sysctls():
    found = {}
    for directory, _, files in os.walk(SYSCTLS):
        for name in files:
            path = os.path.relpath(os.path.join(directory, name), SYSCTLS)
            if path not in CHANGING:
                found[path] = _read(os.path.join(directory, name))
    return found


def _read(path):
    """Some are write-only, some have no value yet."""
    try:
        with open(path, encoding="ascii", errors="backslashreplace") as f:
            return f.read()
    except OSError as e:
        return e.strerror
