"""An engine is trusted only after it has detected the test virus: engines that report everything as clean, or nothing."""

import json
import os
import re
import signal

import pytest
from doctor_says import FAULT, doctor, faults

from lab import mail
from lab.clamd import Clamd, LyingClamd
from lab.pop3_client import Refused
from lab.postern import script
from lab.process import await_condition, freeze
from lab.signatures import body_signature, eicar, make_database

CLEAN, INFECTED = mail.plain("greetings"), mail.infected()
# Like a mail scanner: detects the plain test virus, and as a base64 attachment.
CATCHES = """for last; do :; done
{ cat "$last"; sed '1,/^\r$/d' "$last" | base64 -di 2>/dev/null; } | grep -aq STANDARD-ANTIVIRUS && { echo "x: Eicar FOUND"; exit 1; }
"""


def engine_of(postern):
    [reported] = json.loads(postern.command("status", "--json").stdout)["engines"]
    return reported


def await_self_test(postern, result):
    await_condition(lambda: engine_of(postern)["self_test"] == result, 20, f"the self test to be {result}")
    return engine_of(postern)


def without_eicar(lab):
    """A site's own signatures: they detect a marker, but not the test virus."""
    place = lab.make_directory("own-signatures")
    with open(os.path.join(place, "own.ndb"), "w", encoding="ascii") as f:
        f.write(body_signature("Own-Marker", b"the marker of this site") + "\n")
    return place


def liar(lab, closing, answer=b"fd[10]: OK\0"):
    return closing(LyingClamd(lab, answer))


def settings_of(lab, closing, kind):
    """Engines that report everything as clean: by signatures, by program, by exit code, by daemon."""
    if kind == "builtin without the virus":
        return {"builtin": {"database": without_eicar(lab)}}
    if kind == "clamd that lies":
        return {"scan": {"engines": "clamd"}, "clamd": {"socket": liar(lab, closing).path}}
    if kind == "clamd without the virus":
        return {"scan": {"engines": "clamd"}, "clamd": {"socket": Clamd(lab, database=without_eicar(lab)).path}}
    if kind == "a program that says nothing":
        return {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": "/bin/true"}}
    assert kind == "a wrong clean code"
    run = script(lab, "engine", CATCHES.replace("exit 1", "exit 3") + "exit 0\n")
    return {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": run, "clean_codes": "0 3", "name": "(no such line)"}}


KINDS = ["builtin without the virus", "clamd that lies", "clamd without the virus", "a program that says nothing", "a wrong clean code"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_calls_everything_clean_is_not_believed(lab, serve, gateway, login, closing, kind):
    server = serve([CLEAN, INFECTED])
    postern = gateway(server, settings_of(lab, closing, kind))
    reported = await_self_test(postern, "failed")
    assert not reported["ready"] and "called the test virus of EICAR as an attachment clean" in reported["self_test_said"]
    session = login(postern)
    for number in (1, 2):
        with pytest.raises(Refused, match="SYS/TEMP"):
            session.retr(number)
    session.quit()
    assert server.left("bob") == 2
    assert "self test: failed" in postern.command("status").stdout
    status, links = doctor(postern)
    assert status == FAULT and "engine" in faults(links), links
    [(_, text, cure)] = [line for line in links["engine"] if line[0] == "fault"]
    assert "called the test virus" in text and "self_test" in cure
    done = postern.command("check", check=False)
    assert done.returncode == 1 and "called the test virus of EICAR as an attachment clean" in done.stderr, done


def test_what_calls_harmless_mail_infected_is_not_believed(lab, serve, gateway, login):
    run = script(lab, "engine", "echo x: Everything FOUND; exit 1\n")
    postern = gateway(serve([CLEAN]), {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": run}})
    assert "called a harmless mail infected: Everything" in await_self_test(postern, "failed")["self_test_said"]
    with pytest.raises(Refused, match="SYS/TEMP"):
        login(postern).retr(1)


@pytest.mark.parametrize("engine", ["builtin", "clamd", "command"])
def test_what_catches_it_is_believed(lab, serve, gateway, login, engine):
    more = {"builtin": {}, "clamd": lambda: {"clamd": {"socket": Clamd(lab).path}},
            "command": {"command": {"run": f"/usr/bin/clamscan --no-summary -i -d {make_database(lab.make_directory('database'))}"}}}[engine]
    more = more() if callable(more) else more
    postern = gateway(serve([CLEAN, INFECTED]), {"scan": {"engines": engine, "self_test": "eicar"}} | more)
    reported = await_self_test(postern, "passed")
    assert reported["ready"] and "self_test_said" not in reported
    done = postern.command("check")
    assert f"engine {engine}: passed its self test\n" in done.stdout and "engine" not in done.stderr
    session = login(postern)
    assert session.retr(1) == CLEAN
    assert b"Auto-Submitted" in session.retr(2)
    session.quit()


def test_messages_wait_for_the_test_and_are_not_refused(lab, serve, gateway, login):
    """At start the test of a slow engine may take a while: the first message waits for it."""
    flag = os.path.join(lab.make_directory("flag"), "go")
    run = script(lab, "engine", f"while [ ! -e {flag} ]; do sleep 0.05; done\n" + CATCHES + "exit 0\n")
    postern = gateway(serve([CLEAN]), {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": run}})
    session = login(postern)
    session.send(b"RETR 1\r\n")
    assert engine_of(postern)["self_test"] == "running"
    with open(flag, "wb"):
        pass
    session.status()
    assert session.lines() == CLEAN
    session.quit()


def test_the_cure_that_doctor_prints_is_one(lab, serve, gateway, login):
    """Signatures without EICAR: the printed line, with a file that they detect."""
    marker = os.path.join(lab.make_directory("marker"), "marker.txt")
    with open(marker, "wb") as f:
        f.write(b"Here is the marker of this site.\n")
    os.chmod(marker, 0o644)
    postern = gateway(serve([CLEAN]), {"builtin": {"database": without_eicar(lab)}})
    await_self_test(postern, "failed")
    _, links = doctor(postern)
    [cure] = [cure for state, _, cure in links["engine"] if state == "fault"]
    line, section = re.search(r"set (self_test = FILE) in \[(\w+)\]", cure).groups()
    with open(postern.config, encoding="utf-8") as f:
        text = f.read()
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(text.replace(f"[{section}]\n", f"[{section}]\n{line.replace('FILE', marker)}\n"))
    postern.command("reload")
    await_self_test(postern, "passed")
    assert login(postern).retr(1) == CLEAN
    status, links = doctor(postern)
    assert "engine" not in faults(links)


def test_check_starts_nothing_that_stays(lab, serve, gateway):
    """Also if the spool does not exist yet."""
    place = f"{lab.make_directory('new')}/spool"
    postern = gateway(serve(), {"spool": {"directory": place}}, start=False)
    done = postern.command("check", check=False)
    assert "engine builtin" in done.stdout + done.stderr or "spool directory" in done.stderr
    assert not os.path.exists(place)
    assert not [name for name in os.listdir("/proc") if name.isdigit() and lab.directory.encode() in cmdline(name)]


def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read()
    except OSError:
        return b""


def test_a_clamd_that_is_down_is_a_warning_to_check(lab, serve, gateway):
    postern = gateway(serve(), {"scan": {"engines": "clamd"}, "clamd": {"socket": "/nonexistent/clamd.ctl"}}, start=False)
    done = postern.command("check")
    assert "warning: engine clamd does not answer" in done.stderr


def test_a_file_of_the_site_takes_the_place_of_eicar(lab, serve, gateway, login):
    marker = os.path.join(lab.make_directory("marker"), "marker.txt")
    with open(marker, "wb") as f:
        f.write(b"Here is the marker of this site.\n")
    os.chmod(marker, 0o644)
    os.chmod(os.path.dirname(marker), 0o755)
    postern = gateway(serve([CLEAN, mail.with_attachment(b"the marker of this site")]),
                      {"scan": {"self_test": marker}, "builtin": {"database": without_eicar(lab)}})
    await_self_test(postern, "passed")
    session = login(postern)
    assert session.retr(1) == CLEAN
    assert b"Own-Marker" in session.retr(2)
    session.quit()


def test_none_is_told(lab, serve, gateway, login):
    postern = gateway(serve([CLEAN]), {"scan": {"self_test": "none"}, "builtin": {"database": without_eicar(lab)}})
    assert login(postern).retr(1) == CLEAN
    assert engine_of(postern)["self_test"] == "none"
    assert "self_test = none" in postern.command("check").stderr
    _, links = doctor(postern)
    assert any(state == "warning" and "self_test = none" in text for state, text, _ in links["engine"]), links


def test_a_clamd_that_comes_back_with_other_signatures_is_tried_again(lab, serve, gateway, login):
    clamd = Clamd(lab)
    postern = gateway(serve([CLEAN, INFECTED]), {"scan": {"engines": "clamd", "cache_entries": 0}, "clamd": {"socket": clamd.path}})
    session = login(postern)
    assert session.retr(1) == CLEAN
    clamd.kill()
    for name in os.listdir(clamd.database):
        os.unlink(os.path.join(clamd.database, name))
    with open(os.path.join(clamd.database, "own.ndb"), "w", encoding="ascii") as f:
        f.write(body_signature("Own-Marker", b"the marker of this site") + "\n")
    clamd.start()
    for _ in range(2):
        with pytest.raises(Refused, match="SYS/TEMP"):
            session.retr(2)
    assert "clean" in await_self_test(postern, "failed")["self_test_said"]
    make_database(clamd.database)
    clamd.kill()
    clamd.start()
    await_self_test(postern, "passed")
    assert b"Eicar" in session.retr(2)
    session.quit()


def test_signatures_that_lost_the_virus_do_not_replace_those_that_have_it(lab, serve, gateway, login):
    place = make_database(lab.make_directory("database"))
    postern = gateway(serve([CLEAN, INFECTED]), {"builtin": {"database": place}})
    await_self_test(postern, "passed")
    [serving] = postern.children("scan").values()
    with open(os.path.join(place, "new"), "w", encoding="ascii") as f:
        f.write(body_signature("Own-Marker", b"the marker of this site") + "\n")
    os.rename(os.path.join(place, "new"), os.path.join(place, "lab.ndb"))
    postern.await_log("event=self_test .*result=failed", 30)
    postern.await_log("did not become ready", 30)
    assert os.path.exists(f"/proc/{serving}")
    assert b"Eicar" in login(postern).retr(2)


def test_the_virus_stands_whole_in_no_program(lab, serve, gateway):
    postern = gateway(serve(), start=False)
    for directory, _, names in os.walk(os.path.dirname(postern.binary)):
        for name in names:
            with open(os.path.join(directory, name), "rb") as f:
                assert eicar() not in f.read(), name


def test_a_stopped_engine_is_tried_until_it_answers(lab, serve, gateway, login):
    clamd = Clamd(lab)
    freeze(clamd.daemon.process.pid)
    postern = gateway(serve([CLEAN]), {"scan": {"engines": "clamd", "deadline": "1s"}, "clamd": {"socket": clamd.path}})
    await_self_test(postern, "failed")
    with pytest.raises(Refused, match="SYS/TEMP"):
        login(postern).retr(1)
    os.kill(clamd.daemon.process.pid, signal.SIGCONT)
    await_self_test(postern, "passed")
    assert login(postern).retr(1) == CLEAN
