"""Defects of P3Scan, one test per defect, named after it. Each shows that Postern does not have it."""

import concurrent.futures
import email
import email.policy
import os
import re
import signal
import socket

import pytest
from conftest import PASSWORD
from test_failures import assert_kept_on_server, read, retr_refused

from lab import HERE, mail
from lab.clamd import LyingClamd
from lab.p3scan import EVERY_VARIABLE, write_template
from lab.pop3_client import Refused, Session
from lab.postern import is_sanitized, script
from lab.process import await_condition, freeze

CLEAN, INFECTED = mail.plain("clean", "line\n" * 200), mail.infected()


def header(*fields):
    """The article's header, with some fields replaced."""
    names = b"|".join(field.split(b":")[0] for field in fields)
    kept = re.sub(rb"(?m)^(?:" + names + rb"):.*\r\n(?:[ \t].*\r\n)*", b"", mail.ARTICLE_HEADER)
    return b"".join(field + b"\r\n" for field in fields) + kept


def by(engine, **more):
    return {"scan": {"engines": "command"}, "command": {"run": engine} | more}


def assert_notice(message):
    assert not mail.is_infected(message)
    assert b"Auto-Submitted: auto-generated\r\n" in message


def text_of(notice):
    return email.message_from_bytes(notice, policy=email.policy.default).get_content()


def originals(postern):
    return [read(f"{postern.quarantine}/{i['file']}") for i in postern.incidents()]


def assert_serves(postern):
    """The daemon is still the one that was started, and a new session gets its mail."""
    assert postern.daemon.is_running()
    with Session(postern.address, postern.port) as session:
        session.login(password=PASSWORD.encode())
        assert session.retr(1) == CLEAN
        session.quit()


@pytest.mark.parametrize("second", [b"RETR 2", b"NOOP"])
def test_a_pipelined_retr_is_not_scanned(serve, gateway, login, second):
    session = login(gateway(serve([INFECTED, mail.infected_zip()])))
    session.send(b"RETR 1\r\n" + second + b"\r\nRETR 2\r\n")
    for is_message in (True, second != b"NOOP", True):
        session.status()
        if is_message:
            assert_notice(session.lines())
    session.quit()


def test_clamd_that_does_not_know_the_command_delivers_viruses(lab, serve, gateway, login, closing):
    liar = closing(LyingClamd(lab, b"UNKNOWN COMMAND\0"))
    session = login(gateway(serve([CLEAN, INFECTED]), {"scan": {"engines": "clamd"}, "clamd": {"socket": liar.path}}))
    retr_refused(session, 2)
    retr_refused(session, 1)
    session.quit()
    assert liar.scans >= 2


def test_a_line_of_4095_bytes_before_a_dot_ends_the_message(serve, gateway, login):
    message = mail.plain() + b"x" * 4095 + b".\r\n" + b"y" * 4095 + b"\r\n.\r\n" + INFECTED
    clean = message[:-len(INFECTED)] + b"the end\r\n"
    session = login(gateway(serve([message, clean])))
    assert_notice(session.retr(1))
    assert session.retr(2) == clean
    session.quit()


@pytest.mark.parametrize("top", ["yes", "no"])
def test_top_is_swallowed(serve, gateway, login, top):
    session = login(gateway(serve([CLEAN, INFECTED]), {"pop3": {"top": top}}))
    session.send(b"TOP 1 3\r\nTOP 2 99999999\r\nNOOP\r\n")
    if top == "yes":
        session.status()
        assert session.lines() == b"\r\n".join(CLEAN.split(b"\r\n")[:13]) + b"\r\n"
        session.status()
        assert_notice(session.lines())
    else:
        assert [session.line()[:4] for _ in range(2)] == [b"-ERR"] * 2
    session.status()
    session.quit()


def test_stls_is_hidden_and_forwarded(serve, gateway, closing):
    server = serve([CLEAN])
    postern = gateway(server, {"pop3": {"tls": "block"}})
    session = closing(Session(postern.address, postern.port))
    assert b"STLS" not in session.ask_lines(b"CAPA")
    with pytest.raises(Refused):
        session.ask(b"STLS")
    session.login(password=PASSWORD.encode())
    session.quit()
    assert b"STLS" not in server.commands()


@pytest.fixture
def slow(lab):
    """An engine that reports clean once a file exists."""
    flag = os.path.join(lab.make_directory("flag"), "go")
    return script(lab, "slow", f"while [ ! -e {flag} ]; do sleep 0.02; done\nexit 0\n"), flag


def test_a_client_gone_during_a_scan_stops_the_daemon(serve, gateway, login, slow):
    engine, flag = slow
    server = serve([CLEAN])
    postern = gateway(server, by(engine, workers=2))
    for _ in range(2):
        session = login(postern)
        session.send(b"RETR 1\r\n")
        await_condition(lambda: b"RETR 1" in server.sessions[-1].commands)
        session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        session.close()
    await_condition(lambda: all(s.ended == "lost" for s in server.sessions), what="the servers' legs to close")
    with open(flag, "wb"):
        pass
    assert_serves(postern)


def test_exit_code_2_of_the_scanner_stops_the_daemon(lab, serve, gateway, login):
    broken = os.path.join(lab.make_directory("flag"), "broken")
    with open(broken, "wb"):
        pass
    postern = gateway(serve([CLEAN, INFECTED]), by(script(lab, "engine", f"[ -e {broken} ] && exit 2\nexit 0\n")))
    session = login(postern)
    retr_refused(session, 2)
    os.unlink(broken)
    assert session.retr(1) == CLEAN
    session.quit()
    assert_serves(postern)


def test_clamd_down_stops_the_daemon(lab, serve, gateway, login):
    with LyingClamd(lab, b"fd[7]: OK\0") as clamd:
        postern = gateway(serve([CLEAN]), {"scan": {"engines": "clamd", "cache_entries": 0, "self_test": "none"}, "clamd": {"socket": clamd.path}})
        assert_serves(postern)
        clamd.close()
    session = login(postern)
    for _ in range(3):
        retr_refused(session, 1)
    session.quit()
    session = login(postern)
    assert session.ask(b"STAT").startswith(b"+OK 1 ")
    session.quit()
    assert postern.daemon.is_running()


@pytest.mark.parametrize("place", ["spool", "quarantine"])
def test_a_full_disk_stops_the_daemon(lab, serve, gateway, login, place):
    directory = lab.make_directory("small")
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=256k,uid=65534,gid=65534,mode=700", "lab", directory])
    try:
        large = mail.plain("large", "many words\n" * 5000)
        server = serve([CLEAN, INFECTED, large])
        more = {"min_free_bytes": 0} if place == "quarantine" else {"memory_max": "16K", "min_free": 0}
        postern = gateway(server, {place: {"directory": directory} | more})
        filler = f"{directory}/filler"
        with pytest.raises(OSError, match="No space"), open(filler, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
        session = login(postern)
        if place == "quarantine":
            assert_kept_on_server(session)
        else:
            retr_refused(session, 3)
        session.quit()
        assert server.left("bob") == 3
        assert_serves(postern)
        os.unlink(filler)
        with Session(postern.address, postern.port) as session:
            session.login(password=PASSWORD.encode())
            assert_notice(session.retr(2))
            assert session.retr(3) == large
            session.quit()
    finally:
        HERE.run(["umount", "-l", directory])


def test_fifty_clients_at_once_hang_on_the_backlog(serve, gateway):
    postern = gateway(serve([CLEAN]), {"postern": {"relays": 1}})
    freeze(postern.children()["relay", 0])
    sockets = [HERE.connect(postern.address, postern.port, 20) for _ in range(50)]
    os.kill(postern.children()["relay", 0], signal.SIGCONT)
    for one in sockets:
        assert one.recv(100) == b"+OK ready\r\n"
    for one in sockets:
        one.sendall(b"QUIT\r\n")
        one.close()


def test_hup_kills_the_daemon(serve, gateway, login):
    postern = gateway(serve([CLEAN]))
    session = login(postern)
    postern.daemon.process.send_signal(signal.SIGHUP)
    postern.await_log("event=reloaded")
    assert session.retr(1) == CLEAN
    session.quit()
    assert_serves(postern)


def test_an_apostrophe_in_the_subject_is_altered(serve, gateway, login):
    subject = b"Subject: l'ete d'apres, \"it's\" `x` $y & \\z"
    clean = header(subject) + b"\r\nc'est tout\r\n"
    session = login(gateway(serve([clean, mail.infected(header(subject))])))
    assert session.retr(1) == clean
    assert subject[9:].decode() in text_of(session.retr(2))
    session.quit()


def test_a_nul_truncates_the_message(serve, gateway, login):
    clean = header(b"Subject: a\0b") + b"\r\nbefore\0behind\r\n\0\r\nthe end\r\n"
    infected = clean + b"\0\r\n" + mail.eicar() + b"\r\n"
    postern = gateway(serve([clean, infected]))
    session = login(postern)
    assert session.retr(1) == clean
    assert_notice(session.retr(2))
    session.quit()
    assert originals(postern) == [infected]


def test_lf_becomes_crlf(serve, gateway, login):
    clean = mail.ARTICLE_HEADER + b"\r\none\ntwo\rthree\r\n\n\n\r\n"
    session = login(gateway(serve([clean])))
    assert session.retr(1) == clean
    session.quit()


def test_names_in_the_quarantine_collide(serve, gateway):
    messages = [mail.infected(header(b"Subject: number %d" % n)) for n in range(4)]
    postern = gateway(serve(messages))

    def fetch(user):
        with Session(postern.address, postern.port) as session:
            session.login(user, PASSWORD.encode())
            for n in range(1, 5):
                assert_notice(session.retr(n))
            session.quit()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(fetch, [b"user%d" % n for n in range(4)]))
    postern.stop()
    postern.start()
    fetch(b"user4")
    incidents = postern.incidents()
    assert len({i["file"] for i in incidents}) == len({i["id"] for i in incidents}) == 20
    assert sorted(originals(postern)) == sorted(messages * 5)


def test_a_user_s_name_or_a_header_is_run_by_the_shell(lab, serve, gateway, login):
    directory = lab.make_directory("shell")
    os.chmod(directory, 0o777)
    evil = [b"$(touch %s/a)", b"`touch %s/b`", b"';touch %s/c;'", b"\";touch %s/d;\"", b"|touch %s/e", b"$(touch${IFS}%s/f)", b"\ntouch %s/g\n"]
    evil = [one % directory.encode() for one in evil]
    engine = script(lab, "engine", 'for last; do :; done\ngrep -q EICAR "$last" && { echo "x: Virus $(cat "$last" | head -c 300) FOUND"; exit 1; }\nexit 0\n')
    messages = [mail.plain(sender=one.decode().replace("\n", "\r\n "), subject=one.decode().replace("\n", "\r\n "), to=one.decode().replace("\n", " "))
                + mail.eicar() + b"\r\n" for one in evil]
    for settings in ({}, by(engine)):
        postern = gateway(serve(messages), settings)
        for one in evil[:-1]:
            session = login(postern, one)
            for n in range(1, len(messages) + 1):
                assert_notice(session.retr(n))
            session.quit()
    assert os.listdir(directory) == []


def private(postern):
    """The memory of all its children except the loader of signatures, in bytes."""
    def of(pid):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            return int(re.search(r"Private_Dirty: *(\d+) kB", f.read())[1]) * 1024
    return sum(of(pid) for (role, _), pid in postern.children().items() if role != "clamav")


def test_a_sender_of_9000_bytes_leaks(serve, gateway, login):
    if is_sanitized():
        pytest.skip("a sanitizer keeps what was freed")
    message = mail.infected(header(b"From: " + b"A" * 9000 + b" <a@x.example>"))
    postern = gateway(serve([message]), {"postern": {"relays": 1, "readers": 1, "log_level": "info"}})
    session = login(postern)

    def fetch(times):
        for _ in range(times):
            assert_notice(session.retr(1))
        return private(postern)

    before = fetch(100)
    assert fetch(300) - before < 300 * 9000 / 4
    session.quit()


def test_group_0_is_kept_after_setuid(serve, gateway):
    postern = gateway(serve(), prefix=["setpriv", "--groups", "0,1,4"])
    for role, pid in postern.children().items():
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        for kind in ("Uid", "Gid", "Groups"):
            assert set(status[kind].split()) <= {"65534"}, (role, kind)


def test_passwords_are_in_the_debug_log(serve, gateway, login, closing):
    postern = gateway(serve([CLEAN]), {"postern": {"log_level": "debug"}})
    login(postern).quit()
    session = closing(Session(postern.address, postern.port))
    session.send(b"USER bob\r\nPASS x %s\r\nPASS%s\r\nQUIT\r\n" % ((PASSWORD.encode(),) * 2))
    session.rest()
    session.close()
    postern.await_log("event=session .*user=bob", count=2)
    assert "level=debug" in postern.log() and PASSWORD not in postern.log()


@pytest.mark.parametrize("what", ["a full header", "no header"])
def test_unset_variables_of_a_template_are_shown_literally(lab, serve, gateway, login, what):
    directory = lab.make_directory("template")
    os.chmod(directory, 0o755)
    template = write_template(directory, EVERY_VARIABLE)
    message = INFECTED if what == "a full header" else b"\r\n" + mail.eicar() + b"\r\n"
    postern = gateway(serve([message]), {"notice": {"template": template, "language": "fr"}})
    session = login(postern)
    client = ":".join(map(str, session.socket.getsockname()))
    notice = session.retr(1)
    session.quit()
    assert_notice(notice)
    text = text_of(notice)
    assert not re.search("%[A-Z0-9]+%", text), text
    assert "Ch\u00e8re utilisatrice, cher utilisateur \u00ab bob \u00bb," in text and "\u00e0 100%." in text
    [incident] = postern.incidents()
    assert f"Fichier : {incident['file']}, dossier {incident['id']}." in text
    assert f"Trajet : POP3 {client} -> 127.0.0.1:" in text
    fields = re.findall(r"(?m)^  \[.*\] +(.*)", text.replace("\r", ""))
    if what == "a full header":
        assert fields == ["webmaster@divx-overnet.example", "caleca.christian@free.example", "Sat, 05 Feb 2005 14:30:34 +0100", "Information",
                          "<20050205133018968.EC80B600038E@mwinf1008.free.example>"]
    else:
        assert fields == ["inconnu"] * 5
    assert re.search(r"\n\.\. \S", text) and not text.rstrip().endswith("\n."), "the last dot ends the template, others are text"
    assert re.search(rb"(?m)^X-Mailer: Postern \d", notice)


def test_a_file_in_the_quarantine_is_still_dot_stuffed(serve, gateway, login):
    infected = mail.ARTICLE_HEADER + b"\r\n.one\r\n..two\r\n...\r\n" + mail.eicar() + b"\r\nlast\r\n"
    postern = gateway(serve([infected]))
    session = login(postern)
    assert_notice(session.retr(1))
    session.quit()
    assert originals(postern) == [infected]
    [incident] = postern.incidents()
    out = f"{postern.directory}/out.eml"
    postern.command("quarantine", "export", incident["id"], "-o", out)
    assert read(out) == infected
