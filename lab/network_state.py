"""Everything that a host's kernel was told about its network, as text: to see whether somebody left it as he found it."""

import os

SYSCTLS = "/proc/sys/net"
# What it says by itself: how many connections it knows at this moment.
NOT_TOLD = {"netfilter/nf_conntrack_count", "nf_conntrack_count"}
COMMANDS = (["nft", "list", "ruleset"], ["ip", "-4", "rule"], ["ip", "-6", "rule"],
            ["ip", "-4", "route", "show", "table", "all"], ["ip", "-6", "route", "show", "table", "all"])


def network_state(host):
    """{what: text}: the whole ruleset, rules and routes of both families, and each sysctl below net/ by its path."""
    state = {" ".join(argv): host.run(argv).stdout for argv in COMMANDS}
    return state | host.within(_sysctls)


def differences(before, after):
    """What is not the same in two states: {what: (then, now)}."""
    return {what: (before.get(what), after.get(what)) for what in before.keys() | after.keys() if before.get(what) != after.get(what)}


def _sysctls():
    found = {}
    for directory, _, files in os.walk(SYSCTLS):
        for name in files:
            path = os.path.relpath(os.path.join(directory, name), SYSCTLS)
            if path not in NOT_TOLD:
                found[path] = _read(os.path.join(directory, name))
    return found


def _read(path):
    """Some are there to be written only, some have no value yet."""
    try:
        with open(path, encoding="ascii", errors="backslashreplace") as f:
            return f.read()
    except OSError as e:
        return e.strerror
