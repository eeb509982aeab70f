"""TLS is ended on both legs: port 995 and STLS are scanned, and the server is verified in the client's place."""

import hashlib
import json
import os
import re
import signal
import ssl
import threading

import pytest
from conftest import PASSWORD

from lab import mail
from lab.interception import MESSAGES, NAME, TlsSession, fetch, handshake, start_tls
from lab.pop3_client import Refused, Session
from lab.process import await_condition


def test_mail_over_tls_is_scanned(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))


def test_mail_after_stls_is_scanned(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings())
    session = closing(Session(postern.address, postern.port))
    assert b"STLS" in session.ask_lines(b"CAPA").split(b"\r\n")
    start_tls(session, intercepting.context())
    assert b"STLS" not in session.ask_lines(b"CAPA").split(b"\r\n")
    fetch(session)


# Bad servers

BAD = {
    "expired": (lambda a: a.issue(NAME, days=-1), "SSLV3_ALERT_BAD_CERTIFICATE", "SERVER_EXPIRED"),
    "name": (lambda a: a.issue("other.example.org"), "SSLV3_ALERT_BAD_CERTIFICATE", "SERVER_NAME"),
    "untrusted": (lambda a: a.issue(NAME, own=True), "TLSV1_ALERT_UNKNOWN_CA", "SERVER_UNTRUSTED"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_server_is_refused_by_an_alert(authority, intercepting, serve, gateway, kind):
    make, alert, reason = BAD[kind]
    server = serve(MESSAGES, tls=make(authority).context())
    postern = gateway(server, intercepting.settings(server.port))
    with pytest.raises(ssl.SSLError) as refused:
        handshake(postern.address, postern.port, intercepting.context())
    assert refused.value.reason == alert
    postern.await_log(rf"event=tls_refused .*reason={reason} culprit=server")
    assert server.commands() == []


@pytest.mark.parametrize("kind", ["expired", "untrusted"])
def test_a_bad_server_is_refused_before_stls_is_accepted(authority, intercepting, serve, gateway, closing, kind):
    make, _, reason = BAD[kind]
    server = serve(MESSAGES, stls=make(authority).context())
    postern = gateway(server, intercepting.settings())
    session = closing(Session(postern.address, postern.port))
    with pytest.raises(Refused, match=r"\[SYS/PERM\].*certificate"):
        session.ask(b"STLS")
    assert session.rest() == b""
    postern.await_log(rf"event=tls_refused .*reason={reason} culprit=server")


def test_a_server_with_another_name_is_refused_after_stls(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue("other.example.org").context())
    postern = gateway(server, intercepting.settings())
    session = closing(Session(postern.address, postern.port))
    with pytest.raises(ssl.SSLError) as refused:
        start_tls(session, intercepting.context())
    assert refused.value.reason == "SSLV3_ALERT_BAD_CERTIFICATE"
    postern.await_log(r"event=tls_refused .*reason=SERVER_NAME culprit=server")


def test_an_explanation_comes_in_place_of_the_server(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, tls=authority.issue(NAME, own=True).context())
    postern = gateway(server, intercepting.settings(server.port, untrusted="explain"))
    with pytest.raises(Refused, match=r"-ERR \[SYS/PERM\] the server's certificate is not trusted"):
        TlsSession(postern.address, postern.port, intercepting.context())
    assert server.commands() == []


def peer_error(postern, context):
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        handshake(postern.address, postern.port, context)
    return refused.value.verify_code


def test_a_bad_certificate_is_mirrored_with_its_fault(authority, intercepting, serve, gateway):
    for kind, code in {"expired": 10, "name": 62, "untrusted": 19}.items():
        server = serve(MESSAGES, tls=BAD[kind][0](authority).context())
        postern = gateway(server, intercepting.settings(server.port, **{kind: "mirror"}))
        assert peer_error(postern, intercepting.context()) in (code, 20)
        context = intercepting.context(check_hostname=False, verify_mode=ssl.CERT_NONE)
        fetch(TlsSession(postern.address, postern.port, context))


# Connections that are passed unread

def test_a_bypassed_name_is_passed_unread(authority, intercepting, serve, gateway):
    issued = authority.issue(NAME)
    server = serve(MESSAGES, tls=issued.context())
    postern = gateway(server, intercepting.settings(server.port, bypass="*.example.org"))
    context = ssl.create_default_context(cafile=authority.certificate)
    session = TlsSession(postern.address, postern.port, context).login()
    assert [session.retr(1), session.retr(2)] == MESSAGES
    session.quit()
    postern.await_log(r"event=unscanned .*bypass=configured")


def test_a_bypassed_name_is_passed_unread_after_stls(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(bypass=NAME))
    session = closing(Session(postern.address, postern.port))
    start_tls(session, ssl.create_default_context(cafile=authority.certificate)).login()
    assert [session.retr(1), session.retr(2)] == MESSAGES
    session.quit()
    postern.await_log(r"event=unscanned .*bypass=configured")


def test_a_bypassed_client_is_passed_unread(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(bypass_clients="127.0.0.0/8"))
    session = closing(Session(postern.address, postern.port))
    start_tls(session, ssl.create_default_context(cafile=authority.certificate)).login()
    assert session.retr(2) == MESSAGES[1]
    session.quit()
    assert len(server.sessions) == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_clients_certificate_gets_it(authority, intercepting, serve, gateway, version):
    context = authority.issue(NAME).context(maximum_version=version, verify_mode=ssl.CERT_REQUIRED)
    context.load_verify_locations(authority.certificate)
    server = serve(MESSAGES, tls=context)
    postern = gateway(server, intercepting.settings(server.port))
    mine = authority.issue("me.example.org")
    for _ in range(2):
        client = ssl.create_default_context(cafile=authority.certificate)
        client.load_cert_chain(mine.certificate, mine.key)
        session = TlsSession(postern.address, postern.port, client).login()
        assert session.retr(2) == MESSAGES[1]
        session.quit()
    postern.await_log(r"event=unscanned .*bypass=client-certificate", count=2)
    # The first was needed to find out.
    assert len(server.sessions) == 2


def test_a_server_that_wants_a_clients_certificate_can_be_refused(authority, intercepting, serve, gateway):
    context = authority.issue(NAME).context(verify_mode=ssl.CERT_REQUIRED)
    context.load_verify_locations(authority.certificate)
    server = serve(MESSAGES, tls=context)
    postern = gateway(server, intercepting.settings(server.port, client_certificate="refuse"))
    with pytest.raises(ssl.SSLError):
        handshake(postern.address, postern.port, intercepting.context())
    postern.await_log(r"event=tls_refused .*reason=SERVER_WANTS_CERTIFICATE")


# Names

def test_without_a_name_the_client_gets_the_servers_names(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME, "127.0.0.1").context())
    postern = gateway(server, intercepting.settings(server.port))
    fetch(TlsSession(postern.address, postern.port, intercepting.context(), name="127.0.0.1"))


def test_the_servers_second_certificate_is_found_after_stls(authority, intercepting, serve, gateway, closing):
    """STLS is accepted before the client has named its server, so the server is asked again, with the name."""
    first, second = authority.issue("first.example.org").context(), authority.issue(NAME).context()
    first.sni_callback = lambda connection, name, _: setattr(connection, "context", second) if name == NAME else None
    server = serve(MESSAGES, stls=first)
    postern = gateway(server, intercepting.settings())
    fetch(start_tls(closing(Session(postern.address, postern.port)), intercepting.context()))
    assert len(server.sessions) == 2


def apop(session, password):
    """RFC 1939, 7: the digest of the timestamp of the greeting, which STLS does not repeat, and the password."""
    stamp = re.search(rb"<.*>", session.greeting)[0]
    return session.ask(b"APOP bob " + hashlib.md5(stamp + password).hexdigest().encode())


def test_apop_after_stls_uses_the_greetings_timestamp(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    server.apop = PASSWORD.encode()
    postern = gateway(server, intercepting.settings())
    session = start_tls(closing(Session(postern.address, postern.port)), intercepting.context())
    apop(session, server.apop)
    assert session.retr(1) == MESSAGES[0]


def test_apop_is_refused_if_its_timestamp_is_of_another_connection(authority, intercepting, serve, gateway, closing):
    """The server would take the digest for a wrong password. Another login works."""
    first, second = authority.issue("first.example.org").context(), authority.issue(NAME).context()
    first.sni_callback = lambda connection, name, _: setattr(connection, "context", second) if name == NAME else None
    server = serve(MESSAGES, stls=first)
    server.apop = PASSWORD.encode()
    postern = gateway(server, intercepting.settings())
    session = start_tls(closing(Session(postern.address, postern.port)), intercepting.context())
    with pytest.raises(Refused, match=r"\[SYS/PERM\].*APOP"):
        apop(session, server.apop)
    assert len(server.sessions) == 2 and not any(command.startswith(b"APOP") for command in server.commands())
    fetch(session)


def test_the_servers_protocol_is_the_clients(authority, intercepting, serve, gateway):
    context = authority.issue(NAME).context()
    context.set_alpn_protocols(["pop3"])
    server = serve(MESSAGES, tls=context)
    postern = gateway(server, intercepting.settings(server.port))
    client = intercepting.context()
    client.set_alpn_protocols(["imap", "pop3"])
    session = TlsSession(postern.address, postern.port, client)
    assert session.socket.selected_alpn_protocol() == "pop3"
    session.quit()


# Peers that do not speak TLS, or not to the end

def test_a_client_without_tls_gets_a_text(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    plain = postern.host.connect(postern.address, postern.port, 30)
    plain.sendall(b"CAPA\r\n")
    assert plain.recv(1000) == b"-ERR [SYS/PERM] this port requires TLS\r\n"
    assert plain.recv(1000) == b""
    postern.await_log(r"event=tls_refused .*reason=CLIENT_NOT_TLS")


def test_a_server_without_tls_is_refused(intercepting, serve, gateway):
    server = serve(MESSAGES)
    postern = gateway(server, intercepting.settings(server.port))
    with pytest.raises(ssl.SSLError):
        handshake(postern.address, postern.port, intercepting.context())
    postern.await_log(r"event=tls_refused .*reason=SERVER_NOT_TLS")


def test_a_cut_message_is_never_complete(authority, intercepting, serve, gateway):
    """The connection ends within a message, without close_notify."""
    for cut_at in (30, len(MESSAGES[0]) // 2, len(MESSAGES[0])):
        server = serve(MESSAGES, tls=authority.issue(NAME).context())
        server.cut_at = cut_at
        postern = gateway(server, intercepting.settings(server.port))
        session = TlsSession(postern.address, postern.port, intercepting.context()).login()
        with pytest.raises(Refused, match=r"\[SYS/TEMP\]"):
            session.retr(1)
        session.close()


# STLS, [S1] and [S2] of RFC 2595

def test_what_the_client_sends_after_stls_ends_the_session(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings())
    for pieces in ([b"STLS\r\nUSER mallory\r\n"], [b"STLS\r\n", b"U"], [bytes([c]) for c in b"STLS\r\nNOOP\r\n"]):
        session = closing(Session(postern.address, postern.port))
        for piece in pieces:
            session.send(piece)
        answer = session.rest()
        assert b"+OK" not in answer or answer == b"+OK begin TLS\r\n" + answer[15:]
        assert b"\r\n+OK" not in answer
    assert not any(c.startswith((b"USER", b"NOOP")) for c in server.commands())


def test_what_the_server_sends_after_its_consent_ends_the_session(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    server.unasked[b"STLS"] = b"+OK injected\r\n"
    postern = gateway(server, intercepting.settings())
    session = closing(Session(postern.address, postern.port))
    with pytest.raises(Refused):
        session.ask(b"STLS")
    assert session.rest() == b""
    postern.await_log(r"reason=(SERVER_TLS_EARLY|SERVER_NOT_TLS)")


def test_a_login_without_tls_can_be_refused(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, stls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(require="yes"))
    session = closing(Session(postern.address, postern.port))
    with pytest.raises(Refused, match="requires TLS"):
        session.ask(b"USER bob")
    fetch(start_tls(session, intercepting.context()))
    assert b"USER bob" in server.commands()


# The signer

def test_handshakes_wait_for_a_signer_that_was_killed(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    os.kill(next(iter(postern.children("signer").values())), signal.SIGKILL)
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))


def test_one_leaf_serves_all_relays_and_a_restart(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port, relays=3))
    leaves = set()
    for _ in range(2):
        for _ in range(12):
            connection = handshake(postern.address, postern.port, intercepting.context())
            leaves.add(connection.getpeercert(True))
            connection.close()
        postern.stop()
        postern.start()
    assert len(leaves) == 1


def test_a_client_can_resume_its_session(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    client = intercepting.context(maximum_version=ssl.TLSVersion.TLSv1_2)
    first = handshake(postern.address, postern.port, client)
    plain = postern.host.connect(postern.address, postern.port, 30)
    second = client.wrap_socket(plain, server_hostname=NAME, session=first.session)
    assert second.session_reused
    postern.await_log(r"event=tls .*leg=server .*reused=yes")


def held_hello(postern):
    """A client that has connected and sends its hello later: returns a function that does the handshake."""
    plain = postern.host.connect(postern.address, postern.port, 30)
    postern.await_log(r"event=session_begin")
    return lambda context: context.wrap_socket(plain, server_hostname=NAME)


def test_a_reload_keeps_sessions_and_handshakes(authority, intercepting, serve, gateway, closing):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    finish = held_hello(postern)
    session = closing(TlsSession(postern.address, postern.port, intercepting.context()))
    postern.command("reload")
    fetch(session)
    connection = finish(intercepting.context())
    assert connection.recv(100).startswith(b"+OK")
    connection.close()


def test_a_new_authority_is_in_effect_after_a_reload(lab, authority, intercepting, serve, gateway, closing):
    """A session and a handshake of the time before go on; new ones get leaves of the new authority, for another key."""
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    session = closing(TlsSession(postern.address, postern.port, intercepting.context()))
    finish = held_hello(postern)
    intercepting.make_again()
    postern.command("reload")
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))
    finish(intercepting.context()).close()
    fetch(session)


def test_many_handshakes_wait_while_the_signer_is_killed(authority, intercepting, serve, gateway):
    """Each needs another certificate, so each asks the signer."""
    default = authority.issue("x.example.org").context()
    others = {f"n{i}.example.org": authority.issue(f"n{i}.example.org").context() for i in range(24)}
    default.sni_callback = lambda connection, name, _: setattr(connection, "context", others.get(name, default))
    server = serve(MESSAGES, tls=default)
    postern = gateway(server, intercepting.settings(server.port))
    ended = []

    def run(name):
        with handshake(postern.address, postern.port, intercepting.context(), name) as connection:
            ended.append((name, connection.recv(100)))

    threads = [threading.Thread(target=run, args=(name,)) for name in others]
    killed = set()
    for n, thread in enumerate(threads):
        thread.start()
        if n % 8 == 3:
            signer = await_condition(lambda: next(iter(set(postern.children("signer").values()) - killed), None), 30, "a new signer")
            killed.add(signer)
            os.kill(signer, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    assert sorted(name for name, greeting in ended if greeting.startswith(b"+OK")) == sorted(others)


def test_a_silent_session_that_is_passed_unread_gets_no_text(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port, pop3={"idle_timeout": "1s"}, bypass=NAME))
    session = TlsSession(postern.address, postern.port, ssl.create_default_context(cafile=authority.certificate)).login()
    with pytest.raises((EOFError, ssl.SSLEOFError)):
        session._more()
    postern.await_log(r"event=session .*reason=CLIENT_IDLE")


def test_a_delivery_that_breaks_off_has_no_close_notify(authority, intercepting, serve, gateway):
    """The client reads too slowly, so the session ends: the TLS of an incomplete message does not end in order."""
    message = mail.plain("long", "x" * 70 + "\n") + (b"y" * 70 + b"\r\n") * 300_000
    server = serve([message], tls=authority.issue(NAME).context())
    limits = {"min_rate": "1000000", "min_rate_period": "1s"}
    postern = gateway(server, intercepting.settings(server.port, pop3=limits) | {"scan": {"engines": "none"}})
    context = intercepting.context()
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    session = TlsSession(postern.address, postern.port, context).login()
    session.send(b"RETR 1\r\n")
    postern.await_log(r"event=session .*reason=CLIENT_TOO_SLOW", timeout=30)
    session.socket.suppress_ragged_eofs = False
    with pytest.raises((ssl.SSLError, ConnectionResetError), match="EOF|reset"):
        while session.socket.recv(1 << 16):
            pass


def test_status_counts_what_was_intercepted(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(postern.address, postern.port, ssl.create_default_context(cafile=authority.certificate))
    postern.await_log(r"event=tls_rejected")
    assert json.loads(postern.command("status", "--json").stdout)["tls"] == {"intercepted": 1, "refused": 1, "rejected": 1}
    assert "1 intercepted, 1 refused, 1 rejected" in postern.command("status").stdout
