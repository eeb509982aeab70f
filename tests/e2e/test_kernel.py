"""Kernels that lack something: what Postern does without, and what it says where it cannot. The lack is simulated by tests/tools/lacking: a
seccomp filter that answers as such a kernel does."""

import json
import os
import pathlib
import re

import pytest
from conftest import PASSWORD
from doctor_says import FAULT, WELL, doctor, faults

from lab import mail
from lab.dovecot import Dovecot
from lab.gateway import MIRROR, PROXY, Gateway
from lab.network_state import differences, network_state
from lab.pop3_client import Session
from lab.postern import Ended, Postern, build_directory, script

CLEAN, INFECTED = mail.plain("greetings", "hello\n"), mail.infected()
NEEDS = {
    "pidfd_open": r"pidfd_open \(Linux 5\.3\)",
    "future_write": r"F_SEAL_FUTURE_WRITE \(Linux 5\.1\)",
    "memfd": r"memfd_create \(CONFIG_MEMFD_CREATE\)",
    "seccomp": r"seccomp \(CONFIG_SECCOMP_FILTER\)",
    "signalfd": r"signalfd \(CONFIG_SIGNALFD\)",
}


class Nowhere:
    address, port = "127.0.0.1", 110


def lacking(*what):
    return [str(build_directory() / "tests" / "tools" / "lacking"), *what, "--"]


OLD_RANGES = pytest.mark.parametrize("what", ["cloexec_range", "close_range"])


@OLD_RANGES
def test_a_command_scans_before_linux_5_11_and_before_5_9(lab, serve, gateway, login, what):
    """It is given the descriptors that it is given on this kernel, and no others."""
    seen = []
    for prefix in ((), lacking(what)):
        path = os.path.join(lab.make_directory("seen"), "descriptors")
        pathlib.Path(path).touch()
        os.chmod(path, 0o666)
        engine = script(lab, "engine", f"ls /proc/$$/fd >> {path}\nexit 0\n")
        postern = gateway(serve([CLEAN]), {"scan": {"engines": "command"}, "command": {"run": engine}}, prefix=prefix)
        session = login(postern)
        assert session.retr(1) == CLEAN
        session.quit()
        seen.append(set(pathlib.Path(path).read_text(encoding="ascii").split()))
    assert seen[0] == seen[1] and seen[0]


@OLD_RANGES
def test_the_builtin_engine_too(serve, gateway, login, what):
    """Its loader and its workers keep the descriptors that they are to have."""
    postern = gateway(serve([CLEAN, INFECTED]), prefix=lacking(what))
    session = login(postern)
    assert session.retr(1) == CLEAN
    assert not mail.is_infected(session.retr(2))
    session.quit()
    assert len(postern.incidents()) == 1
    (loader,) = postern.children("clamav").values()
    links = [os.readlink(f"/proc/{loader}/fd/{n}") for n in os.listdir(f"/proc/{loader}/fd")]
    assert not [link for link in links if "memfd:" in link or "inotify" in link], links


@pytest.mark.parametrize("what", NEEDS)
def test_start_check_and_doctor_name_what_is_missing(lab, what):
    with pytest.raises(Ended) as ended:
        Postern(lab, target=Nowhere, prefix=lacking(what))
    assert ended.value.status == 1 and re.search(f"lacks {NEEDS[what]}", ended.value.log), ended.value.log
    postern = Postern(lab, target=Nowhere, start=False, prefix=lacking(what))
    done = postern.command("check", check=False)
    assert done.returncode == 1 and re.search(f"lacks {NEEDS[what]}", done.stderr), done.stderr
    status, links = doctor(postern, prefix=lacking(what))
    assert status == FAULT
    assert [cure for state, text, cure in links["configuration"] if state == "fault" and re.search(NEEDS[what], text)] == [
        "start a kernel that has it: Linux 5.3 or newer, Debian's for example"]
    # The cure, which here is a kernel that lacks nothing.
    assert "configuration" not in faults(doctor(postern)[1])
    postern.prefix = []
    assert postern.command("check").returncode == 0


def test_without_landlock_it_scans_and_says_so(serve, gateway, login):
    postern = gateway(serve([INFECTED]), prefix=lacking("landlock"))
    session = login(postern)
    assert not mail.is_infected(session.retr(1))
    session.quit()
    assert "no Landlock" in postern.log()
    assert "no Landlock (Linux 5.13)" in postern.command("check").stderr
    warned = [text for state, text, _ in doctor(postern, prefix=postern.prefix)[1]["configuration"] if state == "warning"]
    assert any("no Landlock" in text for text in warned), warned


# No IPv6: socket(AF_INET6) fails with EAFNOSUPPORT and /proc/sys/net/ipv6 is empty. Netlink still answers for IPv6.


def with_default_listener(lab, host):
    """A Postern by a file that says nothing of where to listen."""
    postern = Postern(lab, host=host, start=False, prefix=lacking("ipv6"))
    text = re.sub(r"(?m)^listen = .*\n", "", pathlib.Path(postern.config).read_text(encoding="utf-8"))
    pathlib.Path(postern.config).write_text(text, encoding="utf-8")
    return postern


def test_without_ipv6_the_default_listens_on_ipv4(net, closing):
    """Mail is scanned by the redirection of the article, and each command finds its way."""
    provider = Dovecot(net, net.provider, password=PASSWORD)
    provider.deliver_all("bob", [CLEAN, INFECTED])
    Gateway(net, net.saturne, {"gateway": MIRROR | {"proxies": net.mercure.ip4}}).apply()
    postern = with_default_listener(net, net.mercure)
    with open(postern.config, "a", encoding="utf-8") as f:
        f.write("[gateway]\n" + "".join(f"{key} = {value}\n" for key, value in PROXY.items()))
    before = network_state(net.mercure)
    for verb in ("plan", "apply", "check"):
        assert not re.search(r"ip -6|net[./]ipv6", postern.command("gateway", verb).stdout)
    closing(postern.start())
    assert "this kernel has no IPv6: the default listener [::]:8110 is left out" in postern.log()
    with Session(net.provider.ip4, 110, net.janus) as session:
        session.login(password=PASSWORD.encode())
        assert session.retr(1) == CLEAN and not mail.is_infected(session.retr(2))
        session.quit()
    assert "warning: this kernel has no IPv6" in postern.command("check").stderr
    assert "[::]" not in postern.command("check", "--show").stdout
    status, links = doctor(postern, prefix=postern.prefix)
    assert status == WELL, faults(links)
    postern.command("gateway", "remove")
    assert not differences(before, network_state(net.mercure))


def cured(postern, pattern):
    """The line that an error of `check` says to write, written."""
    done = postern.command("check", check=False)
    found = re.search(pattern, done.stderr)
    assert done.returncode == 1 and "this kernel has no IPv6" in done.stderr and found, done.stderr
    path = pathlib.Path(postern.config)
    path.write_text(re.sub(r"(?m)^listen = .*$", found[1], path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.parametrize("listen, line", [("[::]:{port}", "listen = 0.0.0.0:{port}"), ("127.0.0.1:{port} [::1]:{port}", "listen = 127.0.0.1:{port}")])
def test_an_explicit_ipv6_listener_is_an_error_that_says_what_to_write(lab, serve, login, listen, line):
    server = serve([CLEAN])
    postern = Postern(lab, target=server, start=False, prefix=lacking("ipv6"))
    path = pathlib.Path(postern.config)
    path.write_text(re.sub(r"(?m)^listen = .*$", "listen = " + listen.format(port=postern.port), path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(Ended) as ended:
        postern.start()
    assert ended.value.status == 1 and "this kernel has no IPv6" in ended.value.log
    status, links = doctor(postern, prefix=postern.prefix)
    assert status == FAULT and "no IPv6" in str(faults(links)["configuration"])
    cured(postern, r"or write (listen = .*)\n")
    assert line.format(port=postern.port) in path.read_text(encoding="utf-8")
    assert postern.command("check").returncode == 0
    with postern.start():
        session = login(postern)
        assert session.retr(1) == CLEAN
        session.quit()


@pytest.mark.parametrize("settings, words", [
    ({"pop3": {"target": "[2001:db8::1]:110"}}, r"\[pop3\] target has \[2001:db8::1\]:110"),
    ({"scan": {"engines": "clamd"}, "clamd": {"socket": "127.0.0.1:3310 [::1]:3310"}}, r"\[clamd\] socket has \[::1\]:3310"),
])
def test_other_ipv6_addresses_are_errors_too(lab, settings, words):
    postern = Postern(lab, settings, target=Nowhere, start=False, prefix=lacking("ipv6"))
    done = postern.command("check", check=False)
    assert done.returncode == 1 and re.search(words + ", and this kernel has no IPv6", done.stderr), done.stderr


def test_ipv6_proxies_of_a_mirror_are_an_error(net):
    gateway = Gateway(net, net.saturne, {"gateway": {"role": "mirror", "interface": "eth0", "lan": "192.168.0.0/24", "proxies": f"{net.mercure.ip4} {net.mercure.ip6}"}})
    done = net.saturne.run([*lacking("ipv6"), *gateway.argv("apply")], check=False)
    assert done.returncode == 1 and "no IPv6" in done.stderr + done.stdout


def test_convert_is_not_about_this_kernel(lab):
    path = os.path.join(lab.make_directory("convert"), "p3scan.conf")
    pathlib.Path(path).write_text("ip = 0.0.0.0\nport = 8110\n", encoding="ascii")
    postern = Postern(lab, target=Nowhere, start=False)
    with_ipv6 = postern.host.run([postern.binary, "convert", path])
    without = postern.host.run([*lacking("ipv6"), postern.binary, "convert", path])
    assert with_ipv6.stdout == without.stdout


def test_status_as_json_is_the_same_without_ipv6(serve, gateway):
    postern = gateway(serve([CLEAN]), prefix=lacking("ipv6"))
    assert json.loads(postern.command("status", "--json").stdout)
