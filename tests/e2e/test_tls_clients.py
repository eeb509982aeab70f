"""Programs fetch their mail over TLS through the gateway from Dovecot, by port 995 and by STLS, on IPv4 and IPv6."""

import shutil
import ssl

import pytest
from conftest import PASSWORD

from lab import mail
from lab.certificates import Authority
from lab.dovecot import Dovecot
from lab.gateway import divert
from lab.interception import Intercepting, TlsSession, start_tls
from lab.pop3_client import Session, curl, fetchmail, getmail, mpop, mutt
from lab.postern import Postern

NAME = "provider.example"
CLEAN, INFECTED = mail.plain("greetings", "..dots\n.\nhello\n"), mail.infected()
FAMILIES = pytest.mark.parametrize("family", ["ip4", "ip6"])
HOW = pytest.mark.parametrize("how", ["tls", "stls"])
PORTS = {"tls": 995, "stls": 110}


class Naming:
    """A host on which the provider's name has that address."""

    def __init__(self, host, directory, address):
        self.host, self.hosts = host, f"{directory}/hosts"
        with open(self.hosts, "w", encoding="ascii") as f:
            f.write(f"{address} {NAME}\n127.0.0.1 localhost\n")

    def _named(self, argv):
        return ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', self.hosts, *argv]

    def run(self, argv, **more):
        return self.host.run(self._named(argv), **more)

    def command(self, argv):
        return self.host.command(self._named(argv))


class There:
    def __init__(self, net, closing, **tls):
        self.net = net
        self.roots = Authority(net)
        self.intercepting = Intercepting(net, self.roots.certificate)
        divert(net, {"tls": {"mode": "intercept"}})
        self.provider = Dovecot(net, net.provider, password=PASSWORD, tls=self.roots.issue(NAME, net.provider.ip4), tls_port=995)
        self.provider.deliver_all("bob", [CLEAN, INFECTED])
        self.postern = closing(Postern(net, self.intercepting.settings(**tls), host=net.mercure))
        self.directory = net.make_directory("client")
        self.ca = f"{self.directory}/ca.pem"
        shutil.copy(self.intercepting.certificate, self.ca)

    def account(self, family, how):
        host = Naming(self.net.janus, self.directory, getattr(self.net.provider, family))
        return host, NAME, PORTS[how], "bob", PASSWORD


@pytest.fixture
def there(net, closing):
    return There(net, closing)


def is_notice(message):
    return b"Auto-Submitted: auto-generated" in message and b"Eicar-Test-Signature" in message and not mail.is_infected(message)


def lines(message):
    return message.replace(b"\r\n", b"\n")


@FAMILIES
@HOW
@pytest.mark.parametrize("program", [fetchmail, mpop, getmail, curl])
def test_programs_get_scanned_mail(there, family, how, program):
    if program is getmail and how == "stls":
        pytest.skip("getmail does not know STLS")
    account = there.account(family, how)
    if program is curl:
        got = [curl(*account, n, tls=how, ca=there.ca) for n in (1, 2)]
        assert got[0] == CLEAN
    else:
        got = program(*account, there.directory, keep=False, tls=how, ca=there.ca)
        assert there.provider.left("bob") == 0
    assert len(got) == 2 and lines(got[0]) == lines(CLEAN) and is_notice(got[1])
    there.postern.await_log(r"event=tls .*leg=server .*certificate=none action=intercept")


@FAMILIES
@HOW
def test_a_session_is_scanned_byte_for_byte(there, family, how):
    address = getattr(there.net.provider, family)
    context = there.intercepting.context()
    if how == "tls":
        session = TlsSession(address, 995, context, NAME, there.net.janus)
    else:
        session = start_tls(Session(address, 110, there.net.janus), context, NAME)
    session.login(password=PASSWORD.encode())
    assert session.retr(1) == CLEAN
    assert is_notice(session.retr(2))
    session.quit()


@FAMILIES
@HOW
@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_programs_in_a_terminal_get_scanned_mail(there, family, how, program):
    got = mutt(*there.account(family, how), there.directory, count=2, patience=30, tls=how, ca=there.ca, program=program)
    notice, clean = sorted(got, key=is_notice, reverse=True)
    assert is_notice(notice) and lines(clean).endswith(lines(CLEAN).partition(b"\n\n")[2])
    there.postern.await_log(r"event=tls .*leg=server .*certificate=none action=intercept")


@HOW
@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_programs_in_a_terminal_ask_about_an_authority_that_they_do_not_trust(there, how, program):
    got = mutt(*there.account("ip4", how), there.directory, count=2, tls=how, ca=there.roots.certificate, program=program)
    assert got == [] and there.provider.left("bob") == 2


@HOW
@pytest.mark.parametrize("program", [fetchmail, mpop, curl])
def test_programs_without_the_authority_fail(there, how, program):
    account = there.account("ip4", how)
    with pytest.raises((RuntimeError, ssl.SSLError)):
        if program is curl:
            curl(*account, 1, tls=how, ca=there.roots.certificate)
        else:
            program(*account, there.directory, tls=how, ca=there.roots.certificate)
    there.postern.await_log(r"event=tls_rejected .*count=1")
