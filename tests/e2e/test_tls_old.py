"""Peers that cannot be intercepted: clients and servers without TLS 1.2, and clients that do not name their server. Each on a connection that
begins with TLS, and after STLS."""

import ssl
import warnings

import pytest
from test_tls_intercept import MESSAGES, NAME

from lab.certificates import Authority
from lab.interception import Intercepting, start_tls
from lab.pop3_client import Refused, Session

ADDRESS = "127.0.0.1"
OLD = ssl.TLSVersion.TLSv1_1


def old(context, only=True):
    """Makes it speak TLS 1.1, or that, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = OLD
        if only:
            context.maximum_version = OLD
    return context


@pytest.fixture(params=["tls", "stls"])
def scene(request, lab, serve, gateway, closing):
    return Scene(request.param, lab, serve, gateway, closing)


class Scene:
    def __init__(self, how, lab, serve, gateway, closing):
        self.how, self.serve, self.gateway, self.closing = how, serve, gateway, closing
        self.authority = Authority(lab)
        self.intercepting = Intercepting(lab, self.authority.certificate)

    def start(self, server, **tls):
        self.server = self.serve(MESSAGES, **{self.how: server})
        self.postern = self.gateway(self.server, self.intercepting.settings(self.server.port if self.how == "tls" else None, **tls))

    def context(self):
        """Of the server."""
        return self.authority.issue(NAME).context()

    def trusting(self):
        """Of a client that trusts the server's own authority, but not the gateway's."""
        return ssl.create_default_context(cafile=self.authority.certificate)

    def open(self, context, name=NAME):
        session = self.closing(Session.__new__(Session))
        session.pending = b""
        session.socket = self.postern.host.connect(self.postern.address, self.postern.port, 30)
        if self.how == "stls":
            session.greeting = session.status()
            return start_tls(session, context, name)
        session.socket = context.wrap_socket(session.socket, server_hostname=name)
        session.greeting = session.status()
        return session

    def is_passed_unread(self, context, name=NAME):
        session = self.open(context, name).login()
        assert session.socket.getpeercert()["issuer"] == ((("commonName", "Authority of the lab"),),)
        assert session.retr(2) == MESSAGES[1]
        session.quit()

    def is_refused(self, context, alert, name=NAME):
        with pytest.raises(ssl.SSLError) as refused:
            self.open(context, name)
        assert refused.value.reason == alert


def test_an_old_client_is_refused(scene):
    scene.start(old(scene.context(), only=False))
    scene.is_refused(old(scene.intercepting.context()), "TLSV1_ALERT_PROTOCOL_VERSION")
    scene.postern.await_log(r"event=tls_refused .*reason=CLIENT_TLS_OLD culprit=client")


def test_an_old_client_is_passed_unread(scene):
    scene.start(old(scene.context(), only=False), old_client="bypass")
    scene.is_passed_unread(old(scene.trusting()))
    scene.postern.await_log(r"event=unscanned .*bypass=old-client")


def test_an_old_server_is_refused(scene):
    scene.start(old(scene.context()))
    if scene.how == "tls":
        scene.is_refused(scene.intercepting.context(), "TLSV1_ALERT_INTERNAL_ERROR")
    else:
        with pytest.raises(Refused, match=r"\[SYS/"):
            scene.open(scene.intercepting.context())
    scene.postern.await_log(r"event=tls_refused .*reason=SERVER_TLS_OLD culprit=server")


def test_an_old_server_is_passed_unread(scene):
    scene.start(old(scene.context()), old_server="bypass")
    scene.is_passed_unread(old(scene.trusting(), only=False))
    scene.postern.await_log(r"event=unscanned .*bypass=old-server")


def test_an_old_server_that_is_passed_unread_is_still_refused_by_a_client(scene):
    """A client trusts no less than without the gateway."""
    scene.start(old(scene.context()), old_server="bypass")
    with pytest.raises(ssl.SSLError):
        scene.open(scene.trusting())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_clients_certificate_gets_it(scene, version):
    """The first session finds that out, the second knows it."""
    context = scene.context()
    context.maximum_version, context.verify_mode = version, ssl.CERT_REQUIRED
    context.load_verify_locations(scene.authority.certificate)
    scene.start(context)
    mine = scene.authority.issue("me.example.org")
    for n in (1, 2):
        client = scene.trusting()
        client.load_cert_chain(mine.certificate, mine.key)
        scene.is_passed_unread(client)
        scene.postern.await_log(r"event=unscanned .*bypass=client-certificate", count=n)


# Clients that do not name their server

def unnamed(context):
    """Of a client that connects to an address, and does not compare it with the certificate."""
    context.check_hostname = False
    return context


def test_a_client_that_does_not_name_its_server_is_refused(scene):
    scene.start(scene.context(), no_sni="refuse")
    scene.is_refused(unnamed(scene.intercepting.context()), "TLSV1_UNRECOGNIZED_NAME", ADDRESS)
    scene.postern.await_log(r"event=tls_refused .*reason=CLIENT_NO_SNI culprit=client")
    assert scene.open(scene.intercepting.context()).login().retr(1) == MESSAGES[0]


def test_a_client_that_does_not_name_its_server_is_passed_unread(scene):
    scene.start(scene.context(), no_sni="bypass")
    scene.is_passed_unread(unnamed(scene.trusting()), ADDRESS)
    scene.postern.await_log(r"event=unscanned .*bypass=no-sni")
    assert scene.open(scene.intercepting.context()).login().retr(1) == MESSAGES[0]


@pytest.mark.parametrize("action", ["refuse", "bypass"])
def test_a_certificate_for_the_address_needs_no_name(scene, action):
    scene.start(scene.authority.issue(NAME, ADDRESS).context(), no_sni=action)
    assert scene.open(scene.intercepting.context(), ADDRESS).login().retr(1) == MESSAGES[0]


@pytest.mark.parametrize("action", ["refuse", "bypass"])
def test_without_a_name_a_bad_server_is_never_passed_unread(scene, action):
    """An untrusted certificate is refused whatever no_sni says."""
    scene.start(scene.authority.issue(NAME, own=True).context(), no_sni=action)
    with pytest.raises((ssl.SSLError, Refused)):
        scene.open(unnamed(scene.trusting()), ADDRESS)
    scene.postern.await_log(r"event=tls_refused .*reason=(SERVER_UNTRUSTED|CLIENT_NO_SNI)")
    assert scene.server.commands() in ([], [b"STLS"])
