"""A kernel without IPv6: socket(AF_INET6) fails with EAFNOSUPPORT and /proc/sys/net/ipv6 is empty. A simulation (tests/tools/lacking): netlink
still answers for IPv6."""

import json
import os
import pathlib
import re

import pytest
from bobs_mail import fetch_both, mailbox
from conftest import PASSWORD
from doctor_says import FAULT, WELL, doctor, faults
from test_kernel import Nowhere, lacking
from test_trace import as_traceroute, assert_agrees, reported, trace
from watched_proxies import QUICK

from lab import mail
from lab.dovecot import Dovecot
from lab.gateway import MIRROR, PROXY, Gateway
from lab.network_state import differences, network_state
from lab.pop3_client import Session
from lab.postern import Ended, Postern

CLEAN, INFECTED = mail.plain("greetings", "hello\n"), mail.infected()


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


def await_spread_after(watch, action):
    """Something that makes the watch spread connections anew; it has done so when this returns."""
    seen = len(re.findall("event=spread ", watch.log()))
    action()
    watch.await_line("event=spread ", count=seen + 1)


def test_the_watch_of_a_mirror_works_without_ipv6(bare, closing):
    """It sees a proxy die and come back, puts a flushed table back, and says nothing of IPv6."""
    mailbox(bare)
    proxies = {name: closing(Postern(bare, {"gateway": PROXY}, host=bare.hosts[name])) for name in ("mercure", "mercure2")}
    for postern in proxies.values():
        Gateway.of(postern).apply()
    keys = MIRROR | QUICK | {"proxies": f"{bare.mercure.ip4} {bare.mercure2.ip4}", "mark": "0x6e00/0xff00"}
    gateway = Gateway(bare, bare.saturne, {"pop3": {"listen": "0.0.0.0:8110"}, "gateway": keys})
    bare.saturne.run([*lacking("ipv6"), *gateway.argv("apply")])
    watch = bare.saturne.start([*lacking("ipv6"), *gateway.argv("watch")], name="watch")
    watch.await_line(r"event=spread .*192\.168\.0\.3:8110.*192\.168\.0\.5:8110")
    for action in (proxies["mercure"].stop, proxies["mercure"].start, lambda: bare.saturne.nft("flush ruleset")):
        await_spread_after(watch, action)
        fetch_both(bare.janus, bare.provider.ip4)
    assert watch.stop() == 0
    events = re.findall(r"event=(proxy_down|proxy_up|table_back)", watch.log())
    assert events == ["proxy_up", "proxy_up", "proxy_down", "proxy_up", "table_back"]
    assert "ipv6" not in watch.log().lower()


def test_the_watch_of_a_proxy_works_without_ipv6(bare, closing):
    """With nothing to probe, it watches the rules."""
    mailbox(bare)
    bare.forward("saturne")
    Gateway(bare, bare.saturne, {"gateway": MIRROR | {"proxies": bare.mercure.ip4}}).apply()
    postern = with_default_listener(bare, bare.mercure)
    with open(postern.config, "a", encoding="utf-8") as f:
        f.write("[gateway]\n" + "".join(f"{key} = {value}\n" for key, value in PROXY.items()))
    postern.command("gateway", "apply")
    closing(postern.start())
    watch = bare.mercure.start([*lacking("ipv6"), *Gateway.of(postern).argv("watch")], name="watch")
    watch.await_line("event=started")
    bare.mercure.nft("flush ruleset")
    watch.await_line("event=table_back")
    fetch_both(bare.janus, bare.provider.ip4)
    assert watch.stop() == 0


@pytest.fixture
def provider(net):
    """Listeners at the provider, on ports 80 and 110 of both its addresses."""
    listeners = [net.provider.listen(address, port) for address in (net.provider.ip4, net.provider.ip6) for port in (80, 110)]
    yield net.provider
    for listener in listeners:
        listener.close()


def test_trace_works_without_ipv6(net, provider):
    answer = reported(net.janus, provider.ip4, prefix=lacking("ipv6"))
    assert_agrees(net.janus, answer)
    assert as_traceroute(answer["trace"])[-1] == "[open]" and answer["verdict"] == "no difference"


def test_trace_without_ipv6_takes_a_name_s_other_address(net, provider, tmp_path):
    (tmp_path / "hosts").write_text(f"{provider.ip6} pop.lab.example\n{provider.ip4} pop.lab.example\n", encoding="ascii")
    (tmp_path / "nsswitch.conf").write_text("hosts: files\n", encoding="ascii")
    named = ["unshare", "--mount", "sh", "-c", f'for file in hosts nsswitch.conf; do mount --bind {tmp_path}/$file /etc/$file; done; exec "$@"', "sh"]
    assert reported(net.janus, "pop.lab.example", prefix=named)["address"] == provider.ip6
    assert reported(net.janus, "pop.lab.example", prefix=[*named, *lacking("ipv6")])["address"] == provider.ip4


@pytest.mark.parametrize("options", [(), ("-6",)])
def test_trace_of_an_ipv6_address_says_that_the_kernel_has_none(net, provider, options):
    done = trace(net.janus, *options, provider.ip6, prefix=lacking("ipv6"), check=False)
    assert done.returncode == 1 and "Address family not supported" in done.stdout + done.stderr, done
