"""What `make install` installs: the units of systemd, and that their restrictions leave enough for what they start."""

import configparser
import os
import re
import shlex

import pytest
from bobs_mail import fetch_both, mailbox
from watched_proxies import QUICK, Mirror

from lab.gateway import mirror, proxy
from lab.host import HERE
from lab.network import PLACES
from lab.network_state import differences, network_state
from lab.postern import Postern, build_directory

UNITS = ["postern", "postern-gateway", "postern-gateway-routes", "postern-gateway-watch"]
ALL_UNITS = pytest.mark.parametrize("unit", UNITS)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The installed tree, as DESTDIR."""
    root = tmp_path_factory.mktemp("destdir")
    HERE.run(["meson", "install", "-C", str(build_directory()), "--no-rebuild"], env=os.environ | {"DESTDIR": str(root)})
    return root


def path_of(root, unit):
    return root / "usr/lib/systemd/system" / f"{unit}.service"


class Settings(dict):
    """The values of a repeated key are joined into one line, as for systemd's lists."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            value = self[key] + value
        super().__setitem__(key, value)


def read(root, unit):
    parser = configparser.ConfigParser(dict_type=Settings, strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read(path_of(root, unit), encoding="utf-8")
    return {key: value.replace("\n", " ") for key, value in parser["Service"].items()}


@ALL_UNITS
def test_systemd_finds_no_fault_with_it(installed, unit, tmp_path):
    """As if it were installed in /."""
    for other in UNITS:
        text = path_of(installed, other).read_text(encoding="utf-8")
        (tmp_path / f"{other}.service").write_text(text.replace("/usr/sbin/", f"{installed}/usr/sbin/"), encoding="utf-8")
    reported = HERE.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / f"{unit}.service")], check=False,
                    env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    assert (reported.returncode, reported.stdout + reported.stderr) == (0, "")


@ALL_UNITS
def test_what_it_starts_is_there_and_takes_its_options(installed, unit):
    commands = [value for key, value in read(installed, unit).items() if key.startswith("Exec")]
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        assert os.access(f"{installed}{program}", os.X_OK)
        reported = HERE.run([f"{installed}{program}", *arguments, "--help"], check=False)
        assert reported.returncode == 0 and reported.stderr == ""
        assert re.search(rf"^usage: postern {arguments[0]}\b", reported.stdout)
        if arguments[0] == "gateway":
            assert re.search(rf"^  {arguments[1]} ", reported.stdout, re.M)


def test_names_of_tables_are_not_replaced_by_the_next_install(installed):
    names = installed / "etc/iproute2/rt_tables.d/postern.conf"
    assert re.search(r"^200\s+postern$", names.read_text(encoding="ascii"), re.M)
    names.write_text("300 pop3\n", encoding="ascii")
    HERE.run(["meson", "install", "-C", str(build_directory()), "--no-rebuild"], env=os.environ | {"DESTDIR": str(installed)})
    assert names.read_text(encoding="ascii") == "300 pop3\n"


def come_up(host):
    place = PLACES[host.name]
    host.ip("link set eth0 up", f"addr add {place.ip4}/24 dev eth0", f"addr add {place.ip6}/64 dev eth0 nodad", "route add default via 192.168.0.1",
            "route add default via 2001:db8:1::1")


@pytest.mark.parametrize("roles", ["mirror", "mirror proxy"])
def test_at_boot_no_mail_passes_between_the_two_steps(installed, bare, closing, roles):
    provider = mailbox(bare)
    saturne = mirror(bare, ("mercure",) if roles == "mirror" else ("mercure", "saturne"), role=roles)
    proxy(bare).apply()
    closing(Postern(bare, host=bare.mercure))
    bare.saturne.ip("link set eth0 down", "addr flush dev eth0")
    bare.forward("saturne")  # as sysctl.d may say
    before = network_state(bare.saturne)
    bare.saturne.run([*bounded(installed, "postern-gateway"), *saturne.argv("apply", "--early")])
    come_up(bare.saturne)
    for family in ("ip4", "ip6"):
        with pytest.raises(OSError):
            bare.janus.connect(getattr(bare.provider, family), 110, timeout=2)
    assert provider.peers() == []
    bare.saturne.run([*bounded(installed, "postern-gateway-routes"), *saturne.argv("apply")])
    assert saturne.faults() == []
    if roles == "mirror":
        for family in ("ip4", "ip6"):
            fetch_both(bare.janus, getattr(bare.provider, family))
    bare.saturne.ip("link set eth0 down", "addr flush dev eth0")
    bare.saturne.run([*bounded(installed, "postern-gateway"), *saturne.argv("remove")])
    assert differences(before, network_state(bare.saturne)) == {}


def bounded(root, unit):
    """setpriv with the privileges that the unit leaves to root."""
    kept = read(root, unit)["CapabilityBoundingSet"].split()
    return ["setpriv", "--no-new-privs", "--bounding-set", "-all," + ",".join("+" + name.removeprefix("CAP_").lower() for name in kept)]


@pytest.mark.parametrize("settings", [{}, {"pop3": {"interception": "tproxy"}, "upstream": {"mark": "0x77"}}], ids=["plain", "tproxy"])
def test_the_service_has_enough_of_root(installed, bare, closing, settings):
    mailbox(bare)
    mirror(bare).apply()
    proxy(bare, settings=settings).apply()
    postern = closing(Postern(bare, settings, host=bare.mercure, prefix=bounded(installed, "postern")))
    fetch_both(bare.janus, bare.provider.ip4)
    postern.command("reload")
    fetch_both(bare.janus, bare.provider.ip6)
    assert "sandbox_weaker" not in postern.log()


def test_the_watch_has_enough_of_root(installed, bare, closing):
    watched = Mirror(bare, closing, **QUICK).lay().watch(*bounded(installed, "postern-gateway-watch"))
    watched.daemon.await_line("event=spread over=none")
    bare.saturne.ip("rule del priority 11000", family="-4")
    watched.daemon.await_line("event=route_back")
    assert watched.daemon.stop() == 0


def test_early_is_a_matter_of_apply(bare):
    refused = mirror(bare).run("check", "--early", check=False)
    assert refused.returncode == 2 and "--early: is only valid for apply" in refused.stderr
