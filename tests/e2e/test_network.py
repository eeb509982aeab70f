"""In the article's network: the proxy takes POP3 over by itself, on IPv4 and IPv6, transparently for both ends."""

import pytest
from conftest import PASSWORD

from lab import mail
from lab.dovecot import Dovecot
from lab.gateway import divert, mirror, proxy
from lab.pop3_client import HostPop3, Session, curl, curl_top, fetchmail, getmail, mpop
from lab.postern import Postern

FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
CLEAN, INFECTED, ZIPPED = mail.plain("greetings", "..dots\n.\nhello\n"), mail.infected(), mail.infected_zip()


@pytest.fixture
def there(net, closing):
    """The provider with mail for bob, and the proxy at work: (lab, provider, gateway)."""
    divert(net)
    provider = Dovecot(net, net.provider, password=PASSWORD)
    provider.deliver_all("bob", [CLEAN, INFECTED, ZIPPED])
    return net, provider, closing(Postern(net, host=net.mercure))


def is_notice(message):
    return b"Auto-Submitted: auto-generated" in message and b"Eicar-Test-Signature" in message and not mail.is_infected(message)


@FAMILIES
def test_redirected_sessions_are_scanned(there, family):
    net, provider, postern = there
    address = getattr(net.provider, family)
    with Session(address, 110, net.janus) as session:
        assert session.socket.getpeername()[0] == address
        session.login(password=PASSWORD.encode())
        assert session.retr(1) == CLEAN
        assert is_notice(session.retr(2)) and is_notice(session.retr(3))
        own = session.socket.getsockname()[:2]
        session.quit()
    assert set(provider.peers()) == {"203.0.113.1" if family == "ip4" else "2001:db8:2::1"}
    client = "{}:{}".format(*own) if family == "ip4" else "[{}]:{}".format(*own)
    server = f"{address}:110" if family == "ip4" else f"[{address}]:110"
    for incident in postern.incidents():
        assert (incident["client"], incident["server"]) == (client, server)


@FAMILIES
@pytest.mark.parametrize("program", [fetchmail, mpop, getmail])
def test_programs_accept_what_they_get(there, family, program):
    net, provider, _ = there
    got = program(net.janus, getattr(net.provider, family), 110, "bob", PASSWORD, net.make_directory("out"), keep=False)
    assert got[0].replace(b"\r\n", b"\n") == CLEAN.replace(b"\r\n", b"\n")
    assert len(got) == 3 and is_notice(got[1]) and is_notice(got[2])
    assert provider.left("bob") == 0


@FAMILIES
def test_curl_gets_message_notice_and_top(there, family):
    net, _, _ = there
    account = net.janus, getattr(net.provider, family), 110, "bob", PASSWORD
    assert curl(*account, 1) == CLEAN
    assert is_notice(curl(*account, 2))
    assert curl_top(*account, 1, 1) == CLEAN.split(b"\r\n\r\n")[0] + b"\r\n\r\n..dots\r\n"
    assert not mail.is_infected(curl_top(*account, 2, 9999))


@FAMILIES
def test_poplib_gets_message_notice_and_top(there, family):
    net, _, _ = there
    client = HostPop3(getattr(net.provider, family), 110, net.janus)
    client.user("bob")
    client.pass_(PASSWORD)
    assert b"\r\n".join(client.retr(1)[1]) + b"\r\n" == CLEAN
    assert is_notice(b"\r\n".join(client.retr(2)[1]))
    assert client.top(1, 1)[1][-1] == b"..dots"
    assert not mail.is_infected(b"\r\n".join(client.top(2, 9999)[1]))
    client.quit()


@FAMILIES
def test_a_direct_connection_is_refused(there, family):
    """A direct connection to the proxy's own port has no original destination, so there is no server to connect to, and no loop."""
    net, provider, postern = there
    before = len(provider.peers())
    with net.janus.connect(getattr(net.mercure, family), 8110) as s:
        got = b""
        while data := s.recv(4096):
            got += data
    assert got == b"" or got.startswith(b"-ERR")
    assert len(provider.peers()) == before
    postern.await_log(r"level=warning.*8110")


def test_other_ports_are_not_relayed(net, closing):
    """A redirection of other ports does not make an open relay."""
    mirror(net, ports="110 2525").apply()
    proxy(net, ports="110 2525").apply()
    closing(Postern(net, host=net.mercure))
    listener = net.provider.listen("203.0.113.10", 2525)
    with net.janus.connect("203.0.113.10", 2525) as s:
        got = s.recv(4096)
    assert got == b"" or got.startswith(b"-ERR")
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()
