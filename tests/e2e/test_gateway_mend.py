"""`postern gateway watch` restores the routes and policy rules of `apply` that the kernel has lost, and nothing else."""

import fcntl
import os
import re
import time

import pytest
from bobs_mail import fetch_both, mailbox
from test_gateway_traps import dropped, goes_past_saturne, send_past
from watched_proxies import QUICK, Mirror

from lab.gateway import proxy
from lab.network_state import differences, network_state
from lab.postern import Postern
from lab.process import await_condition

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
WITHIN = 5  # seconds, with the default interval
ROUTES = {"ip4": r"-4 route add default via 192\.168\.0\.3 metric 100 table 200", "ip6": r"-6 route add default via 2001:db8:1::3 metric 100 table 200"}


def await_turns(watched, n=8):
    """Waits for a few more await_turns."""
    heard = watched.manager.heard
    before = heard.count("WATCHDOG=1")
    await_condition(lambda: heard.count("WATCHDOG=1") > before + n, what="more await_turns")


def rows(watched, event, what=""):
    return re.findall(rf'level=warning .*event={event} what="{what}', watched.daemon.log())


@pytest.fixture
def watching(bare, closing):
    """watching(keys of the mirror's [gateway]) starts a proxy, the mirror, and the watch on the mirror."""
    def start(**keys):
        mailbox(bare)
        closing(Postern(bare, host=bare.mercure))
        proxy(bare).apply()
        watched = Mirror(bare, closing, proxies=("mercure",), **keys).lay().watch()
        watched.await_all()
        return watched
    return start


@FAMILIES
@pytest.mark.parametrize("no_proxy", ["block", "pass"])
def test_an_interface_goes_down_and_up(bare, watching, family, no_proxy):
    watched = watching(no_proxy=no_proxy)
    fetch_both(bare.janus, getattr(bare.provider, family))
    bare.saturne.ip("link set eth0 down")
    for of in ROUTES.values():
        watched.daemon.await_line(f'event=route_gone what="{of}" reason="ip: ', timeout=WITHIN)
    watched.daemon.await_line("event=no_proxy", count=2)
    await_turns(watched, 10)  # two seconds
    assert len(rows(watched, "route_gone")) == 2 and rows(watched, "route_back") == []

    up = time.monotonic()
    # With the link the kernel removes IPv6 addresses, but keeps IPv4's; ifupdown and networkd add them again.
    bare.saturne.ip("link set eth0 up", f"address replace {bare.saturne.ip6}/64 dev eth0 nodad")
    for of in ROUTES.values():
        watched.daemon.await_line(f'event=route_back what="{of}"', timeout=WITHIN)
    watched.await_all()
    fetch_both(bare.janus, getattr(bare.provider, family))
    assert time.monotonic() - up < WITHIN
    assert watched.gateway.faults() == [] and len(rows(watched, "route_gone")) == len(rows(watched, "route_back")) == 2


def test_an_interface_is_created_again(bare, watching):
    """The new interface lacks a setting that the watch cannot write; a rule of the table has the same effect."""
    watched = watching(**QUICK)
    bare.plug_anew("saturne")
    for of in ROUTES.values():
        watched.daemon.await_line(f'event=route_back what="{of}"', timeout=WITHIN)
    watched.await_all()
    assert watched.gateway.faults() == ["net/ipv4/conf/eth0/send_redirects is 1, not 0: No ICMP redirects: they would send clients the shorter path, past the proxy"]
    send_past(bare, "ip4", None)
    assert dropped(watched.gateway, "ICMP redirects") > 0 and not goes_past_saturne(bare, "ip4")
    fetch_both(bare.janus, bare.provider.ip4)
    assert watched.gateway.apply().faults() == []


def test_a_policy_rule_and_the_unreachable_route_are_deleted(bare, watching):
    watched = watching(**QUICK)
    for family in ("-4", "-6"):
        bare.saturne.ip("rule del priority 11000", "route del unreachable default metric 4000 table 200", family=family)
        watched.daemon.await_line(f'event=route_back what="{family} rule add fwmark 0x6e table 200 priority 11000"')
        watched.daemon.await_line(f'event=route_back what="{family} route add unreachable default metric 4000 table 200"')
    assert watched.gateway.faults() == []
    assert len(rows(watched, "route_gone")) == len(rows(watched, "route_back")) == 4


def has_its_directory_at(gateway, *names):
    gateway.settings["postern"] = {"runtime_directory": os.path.join(gateway.directory, *names)}
    gateway.change()
    return gateway.settings["postern"]["runtime_directory"]


def test_the_watch_starts_before_the_journal_s_directory_exists(bare, closing):
    watched = Mirror(bare, closing, proxies=("mercure",), **QUICK)
    directory = has_its_directory_at(watched.gateway, "run")
    watched.watch("sh", "-c", 'umask 077; exec "$0" "$@"')
    watched.daemon.await_line("event=no_table")
    watched.lay()
    status = os.stat(directory)
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o755)
    bare.saturne.ip("link set eth0 down")
    for of in ROUTES.values():
        watched.daemon.await_line(f'event=route_gone what="{of}"', timeout=WITHIN)
    bare.saturne.ip("link set eth0 up", f"address replace {bare.saturne.ip6}/64 dev eth0 nodad")
    for of in ROUTES.values():
        watched.daemon.await_line(f'event=route_back what="{of}"', timeout=WITHIN)
    assert watched.gateway.faults() == []


def test_a_directory_that_cannot_be_created_is_an_error(bare, closing):
    gateway = Mirror(bare, closing, proxies=("mercure",)).gateway
    directory = has_its_directory_at(gateway, "nowhere", "run")
    done = gateway.run("watch", check=False)
    assert done.returncode == 1 and re.search(f'event=no_runtime_directory .*{directory}.*No such file', done.stdout + done.stderr), done


def test_nothing_is_restored_after_remove(bare, closing):
    before = network_state(bare.saturne)
    watched = Mirror(bare, closing, proxies=("mercure",), **QUICK).watch()
    watched.daemon.await_line("event=no_table")
    for number in range(1, 11):
        watched.lay()
        # remove runs while the watch is repairing.
        bare.saturne.ip("rule del priority 11000", family="-4")
        watched.gateway.remove()
        watched.daemon.await_line("event=table_gone", count=number)
    await_turns(watched)
    assert differences(before, network_state(bare.saturne)) == {}


def test_nothing_of_another_configuration_is_restored(bare, closing):
    watched = Mirror(bare, closing, proxies=("mercure",), **QUICK).lay().watch()
    watched.daemon.await_line("event=started")
    watched.gateway.change(table=300).apply()
    await_turns(watched)
    assert watched.gateway.faults() == []
    assert bare.saturne.run(["ip", "-4", "route", "show", "table", "200"], check=False).stdout == ""
    bare.saturne.ip("rule del priority 11000", family="-4")
    watched.daemon.await_line('event=route_back what="-4 rule add fwmark 0x6e table 300 ')
    watched.gateway.remove()


def test_nothing_is_restored_while_the_lock_is_held(bare, closing):
    watched = Mirror(bare, closing, proxies=("mercure",), **QUICK).lay().watch()
    watched.daemon.await_line("event=started")
    at_work = os.open(watched.gateway.directory, os.O_RDONLY)
    fcntl.flock(at_work, fcntl.LOCK_EX)
    bare.saturne.ip("rule del priority 11000", family="-4")
    await_turns(watched)
    assert rows(watched, "route_gone") == []
    os.close(at_work)
    watched.daemon.await_line("event=route_back")
