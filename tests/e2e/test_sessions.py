"""Sessions as clients hold them: every reply arrives, in order, and no virus passes, however the commands are packed."""

import re

import pytest

from lab import mail
from lab.dovecot import Dovecot
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, script

CLEAN, INFECTED, OTHER = mail.plain(), mail.infected(), mail.plain("dots", "..two\n.\n.one\nlast\n" + "line\n" * 50)
MESSAGES = [CLEAN, INFECTED, OTHER, mail.infected_zip()]
VIRUS = b"Eicar-Test-Signature"


@pytest.fixture(params=["dovecot", "scripted"])
def server(request, lab, serve):
    if request.param == "scripted":
        return serve(MESSAGES)
    dovecot = Dovecot(lab, password=PASSWORD)
    dovecot.deliver_all("bob", MESSAGES)
    return dovecot


def assert_notice(message):
    assert not mail.is_infected(message)
    assert VIRUS in message
    assert b"Auto-Submitted: auto-generated\r\n" in message


def stored(postern):
    """The originals in the quarantine."""
    return [postern.host.run(["cat", f"{postern.quarantine}/{i['file']}"], text=False).stdout for i in postern.incidents()]


def test_retr_and_retr_in_one_packet(server, gateway, login):
    session = login(gateway(server))
    session.send(b"RETR 2\r\nRETR 1\r\nRETR 4\r\nRETR 3\r\n")
    replies = []
    for _ in range(4):
        session.status()
        replies.append(session.lines())
    assert_notice(replies[0])
    assert replies[1] == CLEAN
    assert_notice(replies[2])
    assert replies[3] == OTHER
    session.quit()


def test_retr_and_noop_in_one_packet(server, gateway, login):
    session = login(gateway(server))
    session.send(b"RETR 2\r\nNOOP\r\nRETR 1\r\nNOOP\r\n")
    session.status()
    assert_notice(session.lines())
    session.status()
    session.status()
    assert session.lines() == CLEAN
    session.status()
    session.quit()


def test_retr_dele_and_quit_in_one_packet_lose_nothing(server, gateway, login):
    postern = gateway(server)
    session = login(postern)
    session.send(b"RETR 2\r\nDELE 2\r\nQUIT\r\n")
    session.status()
    assert_notice(session.lines())
    session.status()
    session.status()
    assert session.rest() == b""
    assert server.left("bob") == 3
    assert stored(postern) == [INFECTED]


def test_dele_of_a_message_that_could_not_be_scanned_is_refused(server, lab, gateway, login):
    engine = script(lab, "broken", "exit 77\n")
    session = login(gateway(server, {"scan": {"engines": "command"}, "command": {"run": engine}}))
    session.send(b"RETR 2\r\nDELE 2\r\nQUIT\r\n")
    assert session.line().startswith(b"-ERR [SYS/TEMP]")
    assert session.line().startswith(b"-ERR")
    session.status()
    session.rest()
    assert server.left("bob") == 4


def test_odd_spellings_and_unknown_verbs_in_one_packet(server, gateway, login):
    session = login(gateway(server))
    session.send(b"TOP 2 999999\r\nretr 2\r\nRETR 02\r\nXTND XMIT\r\nFROBNICATE 2\r\nXRETR 2\r\nNOOP\r\n")
    for _ in range(3):
        session.status()
        assert_notice(session.lines())
    for _ in range(3):
        assert session.line().startswith(b"-ERR")
    session.status()
    session.quit()


def test_everything_pipelined_behind_the_password(server, gateway, closing):
    postern = gateway(server)
    session = closing(Session(postern.address, postern.port))
    session.send(b"USER bob\r\nPASS %s\r\nSTAT\r\nRETR 2\r\nUIDL 1\r\nQUIT\r\n" % PASSWORD.encode())
    for _ in range(3):
        session.status()
    session.status()
    assert_notice(session.lines())
    session.status()
    session.status()
    assert session.rest() == b""


@pytest.mark.parametrize("lines", [0, 1, 3, 49, 10**6])
def test_top_of_a_clean_message_is_its_top(server, gateway, login, lines):
    session = login(gateway(server))
    header, body = OTHER.split(b"\r\n\r\n", 1)
    wanted = header + b"\r\n\r\n" + b"".join(re.findall(rb".*?\r\n", body, re.S)[:lines])
    assert session.ask_lines(b"TOP 3 %d" % lines) == wanted
    session.quit()


def test_top_of_an_infected_message_is_the_notice_s(server, gateway, login):
    session = login(gateway(server))
    notice = session.retr(2)
    assert_notice(notice)
    header, body = notice.split(b"\r\n\r\n", 1)
    assert session.ask_lines(b"TOP 2 2").split(b"\r\n\r\n", 1)[1].count(b"\r\n") == 2
    # A request for the header alone is answered by the server: there is no body, and no virus.
    assert session.ask_lines(b"TOP 2 0").endswith(b"\r\n\r\n")
    assert not mail.is_infected(session.ask_lines(b"TOP 2 0"))
    session.quit()


def test_lists_tell_of_the_originals(server, gateway, login):
    """LIST, UIDL and STAT give the same before and after a RETR that a notice answered [S7]."""
    session = login(gateway(server))
    before = [session.ask_lines(b"LIST"), session.ask_lines(b"UIDL"), session.ask(b"STAT"), session.ask(b"LIST 2"), session.ask(b"UIDL 2")]
    assert [int(line.split()[1]) for line in before[0].splitlines()] == [len(m) for m in MESSAGES]
    session.retr(2)
    assert before == [session.ask_lines(b"LIST"), session.ask_lines(b"UIDL"), session.ask(b"STAT"), session.ask(b"LIST 2"),
                      session.ask(b"UIDL 2")]
    session.quit()


def test_a_second_look_gives_the_same(server, gateway, login):
    postern = gateway(server)
    session = login(postern)
    assert_notice(session.retr(2))
    session.ask(b"RSET")
    assert_notice(session.retr(2))
    session.quit()
    assert len(postern.incidents()) == 1, "the same mail, server and user are one incident"


def test_the_server_s_own_refusals_pass(server, gateway, login):
    session = login(gateway(server))
    for command in (b"RETR 99", b"TOP 99 5", b"DELE 99", b"LIST 99", b"UIDL 99"):
        with pytest.raises(Refused):
            session.ask(command)
    assert session.retr(1) == CLEAN
    session.quit()


def test_a_wrong_password_is_the_server_s_to_refuse(lab, gateway, closing):
    dovecot = Dovecot(lab, password=PASSWORD)
    postern = gateway(dovecot)
    postern.secrets.add("quite-another-5")
    session = closing(Session(postern.address, postern.port))
    session.ask(b"USER bob")
    with pytest.raises(Refused):
        session.ask(b"PASS quite-another-5")


def test_capabilities_are_those_that_are_understood(serve, gateway, closing):
    server = serve(MESSAGES)
    session = closing(Session("127.0.0.1", gateway(server).port))
    assert set(session.ask_lines(b"CAPA").split(b"\r\n")) == {b"TOP", b"UIDL", b"PIPELINING", b"USER", b"RESP-CODES", b"STLS", b""}
    blocked = closing(Session("127.0.0.1", gateway(server, {"pop3": {"tls": "block"}}).port))
    assert b"STLS" not in blocked.ask_lines(b"CAPA")
    with pytest.raises(Refused):
        blocked.ask(b"STLS")
    assert b"STLS" not in server.commands()


def test_commands_that_are_too_long_are_refused(serve, gateway, closing):
    server = serve(MESSAGES)
    session = closing(Session("127.0.0.1", gateway(server).port))
    for length in (300, 5000, 20000, 200000):
        session.send(b"USER " + b"x" * length + b"\r\nUSER bob\r\n")
        assert session.line().startswith(b"-ERR")
        session.status()
    assert all(len(c) < 256 for c in server.commands())


def test_bytes_a_server_sends_unasked_end_the_session(serve, gateway, login):
    server = serve(MESSAGES)
    session = login(gateway(server))
    server.unasked[b"NOOP"] = b"+OK here it is\r\n" + mail.stuff(INFECTED)
    session.ask(b"NOOP")
    session.send(b"RETR 2\r\n")
    assert not mail.is_infected(session.rest())


def test_a_server_that_logs_its_client_out_is_heard(serve, gateway, login):
    server = serve(MESSAGES)
    session = login(gateway(server))
    server.unasked[b"NOOP"] = b"-ERR you were idle\r\n"
    session.ask(b"NOOP")
    assert session.rest() == b"-ERR you were idle\r\n"
