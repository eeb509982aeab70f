"""postern doctor: a healthy chain is reported as such; each fault is reported, with status 1, one at a time."""

import json
import os
import signal
import time

import pytest
from doctor_says import FAULT, UNCHECKED, WELL, doctor, faults, finds

from lab import HERE, mail
from lab.clamd import Clamd, LyingClamd
from lab.pop3_server import Pop3Server
from lab.postern import binary, script
from lab.process import await_condition, freeze
from lab.signatures import hash_signature, make_database

DAY = 86400


def wait_until_named(postern, link, words):
    await_condition(lambda: words in str(faults(doctor(postern)[1]).get(link)), 30, words)


def test_a_healthy_service_is_well(serve, gateway):
    postern = gateway(serve([mail.plain()]))
    status, links = doctor(postern)
    assert status == WELL, links
    assert not faults(links)
    assert "detected by builtin as Eicar" in links["virus is caught"][0][1]
    assert all(state in ("ok", "warning") for lines in links.values() for state, _, _ in lines)
    text = postern.command("doctor").stdout
    assert "mail that should be scanned is scanned" in text.splitlines()[-1]
    assert not postern.incidents(), "nothing is stored for it"


def test_without_root_what_only_root_sees_is_not_checked(serve, gateway):
    postern = gateway(serve())
    status, links = doctor(postern, prefix=["setpriv", "--reuid=7777", "--regid=7777", "--clear-groups"])
    assert status == UNCHECKED, links
    assert not faults(links)
    for link in ("privileges", "service", "engine", "virus is caught", "harmless mail passes", "quarantine", "spool"):
        assert [state for state, _, _ in links[link]] == ["not checked"], link


def test_without_root_an_unreadable_configuration_is_no_fault(serve, gateway):
    postern = gateway(serve())
    os.chmod(postern.config, 0o600)
    status, links = doctor(postern, prefix=["setpriv", "--reuid=7777", "--regid=7777", "--clear-groups"])
    assert status == UNCHECKED and links["configuration"][0][0] == "not checked"


def test_what_passes_unscanned_by_configuration_is_a_warning(serve, gateway):
    """`check` warns of it, too."""
    status, links = doctor(gateway(serve(), {"pop3": {"tls": "pass"}}))
    assert status == WELL and links["configuration"][0][0] == "warning" and "not scanned" in links["configuration"][0][1]
    status, links = doctor(gateway(serve(), {"pop3": {"tls": "block"}}))
    assert [state for state, _, _ in links["configuration"]] == ["ok"]


def test_a_wrong_line(serve, gateway):
    postern = gateway(serve())
    with open(postern.config, "a", encoding="ascii") as f:
        f.write("[scan]\ndeadlin = 3\n")
    finds(postern, "configuration", "deadlin")


def test_no_configuration(serve, gateway):
    postern = gateway(serve(), start=False)
    os.unlink(postern.config)
    finds(postern, "configuration", "No such file")


def test_a_service_that_does_not_run(serve, gateway):
    finds(gateway(serve(), start=False), "service", "not running")


def test_a_service_that_is_stuck(serve, gateway):
    postern = gateway(serve())
    freeze(postern.daemon.pid)
    try:
        finds(postern, "service", "stopped by a signal")
    finally:
        postern.daemon.process.send_signal(signal.SIGCONT)


def test_a_port_taken_by_another(serve, gateway):
    server = serve()
    postern = gateway(server, {"pop3": {"listen": f"{server.address}:{server.port}", "target": "127.0.0.1:1"}}, start=False)
    finds(postern, "listener", "another program", more=["service", "server"])


def test_a_process_that_keeps_dying(serve, gateway):
    postern = gateway(serve())
    for _ in range(4):
        [pid] = postern.children("keeper").values()
        os.kill(pid, signal.SIGKILL)
        await_condition(lambda pid=pid: list(postern.children("keeper").values()) != [pid])
    wait_until_named(postern, "service", "keeper 0 keeps dying")


def test_a_process_that_died_once_is_a_warning(serve, gateway):
    postern = gateway(serve())
    [pid] = postern.children("keeper").values()
    os.kill(pid, signal.SIGKILL)

    def links():
        status, found = doctor(postern)
        return status == WELL and found
    assert "died and was restarted" in await_condition(links)["service"][0][1]


def test_an_unknown_user(serve, gateway):
    postern = gateway(serve(), {"postern": {"user": "nobody-of-that-name"}}, start=False)
    finds(postern, "privileges", "no user nobody-of-that-name", more=["service"])


def test_clamd_down(lab, serve, gateway):
    clamd = Clamd(lab)
    postern = gateway(serve(), {"scan": {"engines": "clamd"}, "clamd": {"socket": clamd.path}})
    status, links = doctor(postern)
    assert status == WELL, links
    clamd.kill()
    wait_until_named(postern, "engine", "clamd does not answer")
    finds(postern, "engine", "clamd does not answer", more=["virus is caught", "harmless mail passes"])


def test_the_date_that_clamd_tells(lab, serve, gateway, closing):
    liar = closing(LyingClamd(lab, b"fd[10]: OK\0"))
    liar.version = b"ClamAV 1.4.3/27460/Mon Nov 18 09:31:25 2024"
    postern = gateway(serve(), {"scan": {"engines": "clamd", "self_test": "none"}, "clamd": {"socket": liar.path}})
    finds(postern, "signatures", "days old", more=["virus is caught"])


def database(lab, age_days):
    place = lab.make_directory("aged")
    path = make_database(place) / "lab.ndb"
    when = time.time() - age_days * DAY
    os.utime(path, (when, when))
    return place


def test_old_signatures(lab, serve, gateway):
    finds(gateway(serve(), {"builtin": {"database": database(lab, 15)}}), "signatures", "15 days old")


def test_signatures_of_last_week_are_a_warning(lab, serve, gateway):
    status, links = doctor(gateway(serve(), {"builtin": {"database": database(lab, 5)}}))
    assert status == WELL and links["signatures"][0][0] == "warning" and "5 days old" in links["signatures"][0][1]


def test_signatures_from_the_future(lab, serve, gateway):
    finds(gateway(serve(), {"builtin": {"database": database(lab, -30)}}), "signatures", "future")


def test_signatures_gone(lab, serve, gateway):
    place = database(lab, 0)
    postern = gateway(serve(), {"builtin": {"database": place}})
    os.unlink(f"{place}/lab.ndb")
    finds(postern, "signatures", "no virus signatures in")


def test_signatures_that_are_being_loaded_are_no_fault(lab, serve, gateway):
    place = database(lab, 0)
    postern = gateway(serve(), {"builtin": {"database": place}})
    [serving] = postern.children("clamav").values()
    with open(f"{place}/coming", "w", encoding="ascii") as f:
        f.writelines(hash_signature(f"Coming-{i}", b"%d" % i) + "\n" for i in range(200000))
    os.rename(f"{place}/coming", f"{place}/coming.hsb")
    coming = await_condition(lambda: [pid for pid in postern.children("clamav").values() if pid != serving])[0]
    freeze(coming)
    try:
        status, links = doctor(postern)
        reported = json.loads(postern.command("status", "--json").stdout)["processes"]
        assert any(p["pid"] == coming and not p["ready"] for p in reported), "it was ready already"
        assert status == WELL, links
        assert [state for state, _, _ in links["service"]] == ["ok"]
    finally:
        os.kill(coming, signal.SIGCONT)
    await_condition(lambda: not os.path.exists(f"/proc/{serving}"), 30, "the new ones to be in use")


def with_command(lab, serve, gateway, text, **more):
    return gateway(serve(), {"scan": {"engines": "command", **more}, "command": {"run": script(lab, "engine", text)}})


def test_an_engine_that_calls_all_clean(lab, serve, gateway):
    finds(with_command(lab, serve, gateway, "exit 0\n"), "virus is caught", "reported as clean")


def test_an_engine_that_calls_all_infected(lab, serve, gateway):
    finds(with_command(lab, serve, gateway, "exit 1\n"), "harmless mail passes", "reported as infected")


def test_an_engine_that_fails(lab, serve, gateway):
    finds(with_command(lab, serve, gateway, "exit 9\n"), "virus is caught", "no verdict", more=["harmless mail passes"])


def test_an_engine_that_hangs(lab, serve, gateway):
    postern = with_command(lab, serve, gateway, "exec sleep 1000\n", deadline="2 s")
    finds(postern, "virus is caught", "no verdict", more=["harmless mail passes"])


def test_no_engine(serve, gateway):
    finds(gateway(serve(), {"scan": {"engines": "none"}}), "engine", "nothing is scanned", more=["virus is caught"])


def test_a_broken_template(lab, serve, gateway):
    path = os.path.join(lab.make_directory("template"), "ours.mail")
    with open(path, "w", encoding="ascii") as f:
        f.write("Content-Type: text/plain\n\n%VIRUSNAME%\n")
    postern = gateway(serve(), {"notice": {"template": path}})
    with open(path, "w", encoding="ascii") as f:
        f.write("Content-Type: text/plain\n\n%VIRUSNAM%\n")
    finds(postern, "notice", "VIRUSNAM")


@pytest.fixture
def small_disk(lab):
    """small_disk(path): mounts a file system of 4 MiB there."""
    mounted = []

    def mount(path, options="size=4m"):
        HERE.run(["mount", "-t", "tmpfs", "-o", f"{options},uid=65534,gid=65534,mode=700", "lab", path])
        mounted.append(path)
    yield mount
    for path in mounted:
        HERE.run(["umount", path])


@pytest.mark.parametrize("link", ["quarantine", "spool"])
def test_a_full_disk(serve, small_disk, gateway, link):
    postern = gateway(serve(), start=False)
    small_disk(getattr(postern, link))
    postern.start()
    finds(postern, link, "MiB free")


@pytest.mark.parametrize("link", ["quarantine", "spool"])
def test_a_disk_that_cannot_be_written_to(serve, small_disk, gateway, link):
    postern = gateway(serve(), start=False)
    small_disk(getattr(postern, link), "size=200m,ro")
    finds(postern, link, "Read-only", more=["service"])


def test_the_quarantine_is_full_of_incidents(serve, gateway, login):
    postern = gateway(serve([mail.infected()]), {"quarantine": {"max_incidents": 1}})
    login(postern).retr(1)
    finds(postern, "quarantine", "max_incidents is 1")


def test_the_target_is_the_service_itself(serve, gateway):
    port = HERE.free_port()
    postern = gateway(serve(), {"pop3": {"listen": f"127.0.0.1:{port}", "target": f"127.0.0.1:{port}"}}, start=False)
    finds(postern, "loop", "itself", more=["service", "server"])


def test_the_server_is_gone(gateway):
    with Pop3Server() as server:
        postern = gateway(server)
    finds(postern, "server", "refused", more=["listener"])


def test_help_tells_the_limits():
    text = HERE.run([binary(), "doctor", "--help"]).stdout
    assert "3 days are a warning" in text and "14 days a fault" in text


def test_through_tells_what_a_client_meets(serve, gateway):
    postern = gateway(serve())
    status, links = doctor(postern, "--through", f"{postern.address}:{postern.port}")
    assert status == WELL, links
    [(state, text, _)] = links["session"]
    assert state == "ok" and '"+OK ready"' in text and "UIDL" in text and "X-LAB" not in text, "what Postern lets through of CAPA"
    assert links["interception"][0][0] != "fault"


def test_through_a_server_that_is_not_there(serve, gateway):
    postern = gateway(serve())
    status, links = doctor(postern, "--through", f"127.0.0.1:{HERE.free_port()}")
    assert status == FAULT and "refused" in links["session"][0][1]


def test_through_nonsense(serve, gateway):
    status, links = doctor(gateway(serve()), "--through", "[::1")
    assert status == FAULT and "expected HOST" in links["session"][0][1]
