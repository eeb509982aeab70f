"""Clients that do not trust the gateway's authority are noticed, counted by all relays together, reported, and bypassed if configured."""

import re
import ssl

import pytest

from lab.interception import MESSAGES, NAME, TlsSession, fetch, handshake


def test_a_client_that_rejects_is_reported(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    for _ in range(3):
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(postern.address, postern.port, ssl.create_default_context(cafile=authority.certificate))
    postern.await_log(r"level=warning .*event=tls_rejected .*alert=48 count=3 action=report")


def test_a_client_that_rejects_is_bypassed(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port, untrusting_client="bypass", untrusting_after=2))
    context = ssl.create_default_context(cafile=authority.certificate)
    for n in range(1, 3):
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(postern.address, postern.port, context)
        postern.await_log(rf"event=tls_rejected .*count={n}")
    session = TlsSession(postern.address, postern.port, context).login()
    assert session.retr(2) == MESSAGES[1]
    session.quit()
    postern.await_log(r"event=unscanned .*bypass=untrusting-client")


def reject(postern, trusted):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(postern.address, postern.port, ssl.create_default_context(cafile=trusted))


def test_all_relays_count_together(authority, intercepting, serve, gateway):
    """And so do those that follow after a reload."""
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port, relays=3, untrusting_client="bypass", untrusting_after=12))
    for n in range(1, 13):
        reject(postern, authority.certificate)
        postern.await_log(rf"event=tls_rejected .*count={n} ")
        if n == 6:
            postern.command("reload")
    relays = set(re.findall(r"process=(relay-\d+) .*event=tls_rejected", postern.log()))
    assert len(relays) > 2, relays
    for n in range(1, 7):
        session = TlsSession(postern.address, postern.port, ssl.create_default_context(cafile=authority.certificate)).login()
        assert session.retr(2) == MESSAGES[1]
        session.quit()
        postern.await_log(r"event=unscanned .*bypass=untrusting-client", count=n)


def test_a_client_that_has_accepted_is_never_bypassed(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port, relays=3, untrusting_client="bypass", untrusting_after=1))
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))
    for n in range(1, 7):
        reject(postern, authority.certificate)
        postern.await_log(r"event=tls_rejected .*count=0 ", count=n)
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))


def test_a_new_authority_is_counted_anew(authority, intercepting, serve, gateway):
    """A client that has accepted the old one may reject the new one, and the other way round."""
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port, relays=2, untrusting_client="bypass", untrusting_after=2))
    for n in (1, 2):
        reject(postern, authority.certificate)
        postern.await_log(rf"event=tls_rejected .*count={n} ")
    intercepting.make_again()
    postern.command("reload")
    fetch(TlsSession(postern.address, postern.port, intercepting.context()))
    intercepting.make_again()
    postern.command("reload")
    reject(postern, authority.certificate)
    postern.await_log(r"event=tls_rejected .*count=1 ", count=2)


def test_a_client_that_leaves_after_the_handshake_is_reported(authority, intercepting, serve, gateway):
    server = serve(MESSAGES, tls=authority.issue(NAME).context())
    postern = gateway(server, intercepting.settings(server.port))
    for _ in range(3):
        handshake(postern.address, postern.port, intercepting.context()).close()
    postern.await_log(r"level=warning .*event=tls_rejected .*count=3 action=report")
