"""Scanner lines found in practice: for a shell, which is not used here; clamdscan, which reports skipped files as clean; programs that need
a file."""

import os
import re
import shutil

import pytest
from conftest import ROOT
from doctor_says import FAULT, doctor, faults

from lab import HERE, mail
from lab.clamd import Clamd
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, UID, Postern, script
from lab.process import await_condition
from lab.signatures import make_database

CLEAN, INFECTED = mail.plain("greetings"), mail.infected()


def p3scan(lab, server, scanner, more=""):
    """A configuration file of P3Scan with this line; the service is not started."""
    quarantine, spool = lab.make_directory("quarantine"), lab.make_directory("spool")
    for place in (quarantine, spool):
        os.chown(place, UID, UID)
    port = HERE.free_port()
    text = f"""user = nobody
ip = 127.0.0.1
port = {port}
targetip = {server.address}
targetport = {server.port}
notifydir = {spool}
virusdir = {quarantine}
scannertype = basic
scanner = {scanner}
viruscode = 1
virusregexp = .*: (.*) FOUND
template = {ROOT}/conf/notices/en.mail
{more}
"""
    # Each needs a mount namespace of its own, as both would use the same runtime directory.
    prefix = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o mode=755 lab /run && exec "$0" "$@"']
    postern = Postern(lab, text=text, start=False, prefix=prefix)
    postern.address, postern.port = "127.0.0.1", port
    return postern


def fetches_both(postern):
    with Session(postern.address, postern.port) as session:
        session.login(b"bob", PASSWORD.encode())
        assert session.retr(1) == CLEAN
        assert b"Eicar-Test-Signature" in session.retr(2)
        session.quit()


LINES = {"redirected input": "{scan} - <", "redirected output": "{scan} -i 2>/dev/null", "a list": "/bin/true && {scan}", "a pipe": "/bin/cat | {scan} -",
         "a substitution": "{scan} --max-recursion=$(echo 17)", "a path pattern": "{scan} -d /nonexistent-*/ ; {scan}"}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("kind", ["p3scan", "native"])
def test_a_line_for_a_shell_is_reported_and_the_printed_line_works(lab, serve, name, kind):
    database = make_database(lab.make_directory("database"))
    line = LINES[name].format(scan=f"/usr/bin/clamscan --no-summary -d {database}")
    server = serve([CLEAN, INFECTED])
    if kind == "p3scan":
        postern = p3scan(lab, server, line)
    else:
        postern = Postern(lab, {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": line}}, target=server, start=False)
    done = postern.command("check", check=False)
    assert done.returncode == 1 and "no shell runs this line" in done.stderr, done
    cure = re.search("; write (/bin/sh -c .*)$", done.stderr, re.MULTILINE)[1]
    converted = HERE.run([postern.binary, "convert", postern.config], check=False) if kind == "p3scan" else None
    assert converted is None or cure in converted.stderr + converted.stdout
    with open(postern.config, encoding="utf-8") as f:
        text = f.read()
    with open(postern.config, "w", encoding="utf-8") as f:
        f.write(text.replace(line, cure))
    assert postern.command("check", check=False).returncode == 0
    with postern.start():
        fetches_both(postern)


def test_quoted_words_and_arguments_are_no_alarm(lab, serve):
    database = make_database(lab.make_directory("database"))
    run = script(lab, "engine", f'[ "$1 $2 $3" = "--include=*.eml --exclude=a|b >c" ] || exit 2\nexec /usr/bin/clamscan --no-summary -d {database} "$4"\n')
    run += " --include=*.eml --exclude=a|b '>c'"
    postern = Postern(lab, {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": run}}, target=serve([CLEAN, INFECTED]), start=False)
    assert "shell" not in postern.command("check").stderr
    with postern.start():
        fetches_both(postern)


@pytest.mark.parametrize("options", ["--no-summary", "--no-summary --fdpass", "--stream -i", "--no-summary - <"])
def test_clamdscan_of_p3scan_is_engine_clamd(lab, serve, options):
    clamd = Clamd(lab)
    postern = p3scan(lab, serve([CLEAN, INFECTED]), f"/usr/bin/clamdscan --config-file={clamd.config} {options}")
    done = postern.command("check")
    assert "clamdscan is read as engine clamd" in done.stderr and clamd.path in done.stderr
    with postern.start():
        fetches_both(postern)
        postern.await_log("event=self_test engine=clamd result=passed")


def command(run, **more):
    return {"scan": {"engines": "command", "self_test": "eicar"}, "command": {"run": run} | more}


@pytest.mark.skipif(not shutil.which("clamdscan"), reason="clamdscan is not installed")
def test_clamdscan_as_a_program_finds_what_there_is(lab, serve, gateway):
    """It passes the name to the daemon, which reads the file as its own user: here the owner of the files."""
    clamd = Clamd(lab)
    postern = gateway(serve([CLEAN, INFECTED]), command(f"/usr/bin/clamdscan --no-summary --config-file={clamd.config}"))
    fetches_both(postern)


def test_a_program_that_skips_links_and_nameless_files_sees_the_message(lab, serve, gateway):
    database = make_database(lab.make_directory("database"))
    run = script(lab, "engine", f'[ -f "$1" ] && [ ! -L "$1" ] || exit 0\nexec /usr/bin/clamscan --no-summary --follow-file-symlinks=0 -d {database} "$1"\n')
    postern = gateway(serve([CLEAN, INFECTED]), command(run))
    fetches_both(postern)
    await_condition(lambda: os.listdir(os.path.join(postern.spool, "scan")) == [], 10, "no file to be left")


def test_a_group_can_read_what_its_daemon_is_to_scan(lab, serve, gateway):
    """A program that becomes another user, as a daemon does: only the group lets it read the file."""
    place = lab.make_directory("shared")
    os.chmod(place, 0o755)
    os.chmod(lab.directory, 0o755)
    inbox = os.path.join(place, "scan")
    os.mkdir(inbox)
    os.chown(inbox, UID, -1)
    run = script(lab, "engine", f'stat -c "%G %a" "$1" "$(dirname "$1")" > {place}/seen\ngrep -q WDVPIVAl "$1" && exit 1\ngrep -q STANDARD-ANTI "$1" && exit 1\nexit 0\n')
    os.chmod(place, 0o777)
    settings = command(run, directory=inbox, group="daemon")
    postern = gateway(serve([CLEAN]), settings, start=False)
    done = postern.command("check", check=False)
    assert done.returncode == 1
    [cure] = re.findall(r"does not belong to group daemon, or its mode is not 2710: (.*)$", done.stderr, re.MULTILINE)
    HERE.run(["sh", "-c", cure])
    assert postern.command("check", check=False).returncode == 0
    postern.start()
    with Session(postern.address, postern.port) as session:
        session.login(b"bob", PASSWORD.encode())
        assert session.retr(1) == CLEAN
        session.quit()
    with open(f"{place}/seen", encoding="ascii") as f:
        assert f.read().split("\n")[:2] == ["daemon 440", "daemon 2710"]


def test_a_wrong_program_gets_no_mail_and_doctor_reports_it(lab, serve, gateway, login):
    """Prints OK and exits 0 for any input, as a program may that cannot read its argument."""
    postern = gateway(serve([INFECTED]), command(script(lab, "engine", 'echo "$1: OK"\nexit 0\n')))
    with pytest.raises(Refused, match="SYS/TEMP"):
        login(postern).retr(1)
    status, links = doctor(postern)
    assert status == FAULT and "engine" in faults(links)
