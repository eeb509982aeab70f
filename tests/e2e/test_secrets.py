"""Passwords do not appear in any log, at any level, however they were sent. (Every test of a gateway checks for its own; here are the
unusual ways.)"""

import base64

from conftest import PASSWORD

from lab import mail
from lab.dovecot import Dovecot
from lab.pop3_client import Session


def test_no_password_is_logged(lab, gateway):
    dovecot = Dovecot(lab, password=PASSWORD)
    dovecot.deliver_all("bob", [mail.plain(), mail.infected()])
    postern = gateway(dovecot)
    plain = base64.b64encode(b"\0bob\0" + PASSWORD.encode())
    ways = [
        [b"USER bob", b"PASS " + PASSWORD.encode()],
        [b"USER bob", b"pass  " + PASSWORD.encode() + b" with spaces "],
        [b"AUTH PLAIN " + plain],
        [b"AUTH PLAIN", plain],
        [b"AUTH LOGIN", base64.b64encode(b"bob"), base64.b64encode(PASSWORD.encode())],
        [b"AUTH LOGIN " + base64.b64encode(b"bob"), base64.b64encode(PASSWORD.encode())],
        [b"AUTH LOGIN", b"*"],
        [b"APOP bob " + PASSWORD.encode()],
        [b"PASSWORD " + PASSWORD.encode()],
        [b"USERbob PASS " + PASSWORD.encode()],
        [b"PASS\t" + PASSWORD.encode()],
        [b"LOGIN bob " + PASSWORD.encode()],
        [b"USER bob", b"PASS " + PASSWORD.encode() + b"x" * 400],
        [PASSWORD.encode()],
    ]
    for commands in ways:
        with Session(postern.address, postern.port) as session:
            for command in commands:
                session.send(command + b"\r\n")
                try:
                    session.line()
                except (EOFError, ConnectionResetError):
                    break
            else:
                session.send(b"STAT\r\nRETR 2\r\nQUIT\r\n")
                assert not mail.is_infected(session.rest())
    log = postern.log()
    assert "bob" in log
    assert PASSWORD not in log
    for form in (plain, base64.b64encode(PASSWORD.encode())):
        assert form.decode() not in log
    for incident in postern.incidents():
        assert PASSWORD not in str(incident)


def test_sasl_sessions_are_scanned_and_their_user_is_known(lab, gateway):
    dovecot = Dovecot(lab, password=PASSWORD)
    dovecot.deliver_all("bob", [mail.plain(), mail.infected()])
    postern = gateway(dovecot)
    for commands in ([b"AUTH PLAIN " + base64.b64encode(b"\0bob\0" + PASSWORD.encode())],
                     [b"AUTH LOGIN", base64.b64encode(b"bob"), base64.b64encode(PASSWORD.encode())]):
        with Session(postern.address, postern.port) as session:
            for command in commands:
                session.send(command + b"\r\n")
                assert session.line().startswith((b"+OK", b"+ "))
            assert session.retr(1) == mail.plain()
            assert not mail.is_infected(session.retr(2))
            session.quit()
    assert {i["user"] for i in postern.incidents()} == {"bob"}
