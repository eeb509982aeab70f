"""One machine, from installation to removal, step by step: each test continues where the previous one ended."""

import contextlib
import signal
import time

import pytest

from lab import mail
from lab.machine import Machine
from lab.pop3_client import Session
from lab.pop3_server import Pop3Server
from lab.process import await_condition
from lab.signatures import make_database

MESSAGES = [mail.plain("one"), mail.infected()]
PORT, SERVER_PORT, WATCHDOG_S = 1110, 1111, 6

CONFIGURATION = f"""[postern]
relays = 1
[pop3]
listen = 127.0.0.1:{PORT}
interception = fixed
target = 127.0.0.1:{SERVER_PORT}
ports = {SERVER_PORT}
[builtin]
workers = 2
database = /var/lib/clamav
"""

GATEWAY = """[postern]
relays = 1
[gateway]
role = mirror
interface = lan0
lan = 192.168.0.0/24
proxies = 192.168.0.2
"""


@pytest.fixture(scope="module")
def machine():
    with contextlib.closing(Machine()) as it:
        for file, line in (("passwd", "postern:x:990:990::/nonexistent:/usr/sbin/nologin"), ("group", "postern:x:990:"), ("shadow", "postern:!:::::::")):
            with open(f"{it.root}/etc/{file}", "a", encoding="ascii") as f:
                f.write(line + "\n")
        make_database(it.root + "/var/lib/clamav")
        it.write("/etc/postern/postern.conf", CONFIGURATION)
        # As installed, but with a short watchdog time.
        it.write("/etc/systemd/system/postern.service.d/quick.conf", f"[Service]\nWatchdogSec={WATCHDOG_S}s\n")
        it.boot()
        with Pop3Server(MESSAGES, "127.0.0.1", SERVER_PORT, host=it):
            yield it


def fetch(machine):
    with contextlib.closing(Session("127.0.0.1", PORT, host=machine, timeout=20)) as session:
        session.login(b"bob", b"x")
        got = [session.retr(1), session.retr(2)]
        session.quit()
    assert got[0] == MESSAGES[0] and b"X-Postern-Incident" in got[1] and not mail.is_infected(got[1])
    return True


def await_again(machine, pid, seconds):
    """Waits for another main process to be ready. Returns how long that took."""
    begun = time.monotonic()
    await_condition(lambda: machine.show("postern", "ActiveState", "MainPID") [0] == "active" and machine.show("postern", "MainPID") not in (pid, "0"),
                    seconds, "it to be restarted", 0.1)
    return time.monotonic() - begun


def figure(what, seconds):
    print(f"{what}: {seconds:.1f} s")


def main_pid(machine):
    return machine.show("postern", "MainPID")


def test_installed_enabled_started(machine):
    begun = time.monotonic()
    machine.do("systemctl", "enable", "--now", "postern")
    figure("start", time.monotonic() - begun)
    assert machine.show("postern", "ActiveState", "SubState", "WatchdogUSec") == ["active", "running", f"{WATCHDOG_S}s"]
    assert machine.do("systemctl", "is-enabled", "postern").strip() == "enabled"
    assert fetch(machine)
    assert "event=message" in machine.do("journalctl", "-u", "postern", "--no-pager")
    assert "sandbox_weaker" not in machine.do("journalctl", "-u", "postern", "--no-pager")


def test_reloaded(machine):
    pid = main_pid(machine)
    machine.do("systemctl", "reload", "postern")
    assert main_pid(machine) == pid and fetch(machine)
    machine.write("/etc/postern/postern.conf", CONFIGURATION + "nonsense\n")
    assert machine.ask(["systemctl", "reload", "postern"]).returncode != 0
    machine.write("/etc/postern/postern.conf", CONFIGURATION)
    assert main_pid(machine) == pid and fetch(machine)


def test_the_parent_is_killed(machine):
    pid = main_pid(machine)
    machine.kill(pid, signal.SIGKILL)
    figure("restart after SIGKILL", await_again(machine, pid, 60))
    assert machine.show("postern", "NRestarts") == "1" and fetch(machine)


def test_the_parent_is_stopped(machine):
    pid = main_pid(machine)
    machine.kill(pid, signal.SIGSTOP)
    assert fetch(machine)  # the others continue without it
    figure(f"restart after SIGSTOP, WatchdogSec={WATCHDOG_S}s", await_again(machine, pid, 90))
    assert machine.show("postern", "NRestarts") == "2" and fetch(machine)
    assert "Watchdog timeout" in machine.do("journalctl", "-u", "postern", "--no-pager")


@pytest.mark.parametrize("title", ["postern: relay 0", "postern: scan"])
def test_a_child_hangs(machine, title):
    pid, restarts = main_pid(machine), machine.show("postern", "NRestarts")
    (child,) = machine.pids(title)
    machine.kill(child, signal.SIGSTOP)
    begun = time.monotonic()
    await_condition(lambda: child not in (now := machine.pids(title)) and now, 40, "another one", 0.1)
    figure(f"{title} replaced after SIGSTOP", time.monotonic() - begun)
    await_condition(lambda: fetch_or_not(machine), 30, "mail again")
    assert (main_pid(machine), machine.show("postern", "NRestarts")) == (pid, restarts)


def fetch_or_not(machine):
    with contextlib.suppress(Exception):
        return fetch(machine)
    return False


def test_the_journal_stands_still(machine):
    journald = machine.show("systemd-journald", "MainPID")
    machine.kill(journald, signal.SIGSTOP)
    try:
        for _ in range(50):
            assert fetch(machine)
    finally:
        machine.kill(journald, signal.SIGCONT)


def test_stopped(machine):
    begun = time.monotonic()
    machine.do("systemctl", "stop", "postern")
    figure("stop", time.monotonic() - begun)
    assert machine.show("postern", "ActiveState", "Result") == ["inactive", "success"]
    assert machine.pids("postern: log") == [] and machine.pids("postern: relay 0") == []
    with pytest.raises(OSError):
        Session("127.0.0.1", PORT, host=machine, timeout=5)


def test_the_gateway_comes_before_the_network_and_goes_after_it(machine):
    units = ["postern-gateway", "postern-gateway-routes", "postern-gateway-watch"]
    machine.write("/etc/postern/postern.conf", GATEWAY)
    machine.do("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
    machine.do("ip", "addr", "add", "192.168.0.1/24", "dev", "lan0")
    machine.do("ip", "link", "set", "lan1", "up")
    machine.do("ip", "link", "set", "lan0", "up")
    machine.do("systemctl", "enable", "--now", "postern-gateway", "postern-gateway-watch")
    await_condition(lambda: all(machine.show(unit, "ActiveState") == "active" for unit in units), 30, "all units", 0.2)
    assert "chain" in machine.do("nft", "list", "table", "inet", "postern")
    since = [int(machine.show(unit, "ActiveEnterTimestampMonotonic")) for unit in units]
    assert since == sorted(since)
    assert "network-pre.target" in machine.show("postern-gateway", "Before").split()
    pid = machine.show("postern-gateway-watch", "MainPID")
    machine.kill(pid, signal.SIGKILL)
    await_condition(lambda: machine.show("postern-gateway-watch", "MainPID") not in (pid, "0"), 30, "the watch to be restarted", 0.2)
    machine.do("systemctl", "stop", "postern-gateway")
    assert machine.show("postern-gateway-watch", "ActiveState") == "inactive"
    assert machine.ask(["nft", "list", "table", "inet", "postern"]).returncode != 0
