"""The client's network determines the language of its notices."""

import email
import email.policy

import pytest
from conftest import PASSWORD, ROOT

from lab import HERE, mail
from lab.dovecot import Dovecot
from lab.gateway import divert
from lab.pop3_client import Session
from lab.postern import Postern

NOTICES = {"template": None, "directory": ROOT / "conf" / "notices"}


def notice_of(session):
    session.login(password=PASSWORD.encode())
    notice = email.message_from_bytes(session.retr(1), policy=email.policy.default)
    session.quit()
    assert notice["Auto-Submitted"] == "auto-generated" and notice.defects == []
    return notice


@pytest.mark.parametrize("address, language, subject", [
    ("127.0.0.1", "en", "[virus] in a message for you:"),
    ("127.0.1.1", "it", "[virus] in un messaggio per Lei:"),
    ("127.0.1.2", "es", "[virus] en un mensaje para usted:"),
    ("127.0.2.9", "en", "[virus] in a message for you:"),
])
def test_the_first_network_that_a_client_is_in_counts(serve, gateway, closing, address, language, subject):
    """The language before all networks is for all other clients."""
    postern = gateway(serve([mail.infected()]), {"notice": NOTICES | {"language": "en 127.0.1.1:it 127.0.1.0/24:es 127.0.1.2:pl"}})
    notice = notice_of(closing(Session(postern.address, postern.port, HERE.sender(address))))
    assert notice["Content-Language"] == language
    assert notice["Subject"].startswith(subject)


def test_each_family_has_its_networks(net, closing):
    divert(net)
    provider = Dovecot(net, net.provider, password=PASSWORD)
    provider.deliver_all("bob", [mail.infected()])
    closing(Postern(net, {"notice": NOTICES | {"language": "en 192.168.0.0/24:nl 2001:db8:1::/64:de"}}, host=net.mercure))
    for address, language, words in ((net.provider.ip4, "nl", "Wat moet u doen?"), (net.provider.ip6, "de", "Was sollten Sie tun?")):
        notice = notice_of(closing(Session(address, 110, net.janus)))
        assert notice["Content-Language"] == language and words in notice.get_content()


def test_a_template_file_stands_for_the_first_language_only(serve, gateway, closing):
    settings = {"notice": NOTICES | {"template": ROOT / "conf" / "notices" / "fr.mail", "language": "en 127.0.1.0/24:pt 127.0.2.0/24:en"}}
    postern = gateway(serve([mail.infected()]), settings)
    for address, language in (("127.0.0.1", "fr"), ("127.0.1.1", "pt"), ("127.0.2.1", "en")):
        notice = notice_of(closing(Session(postern.address, postern.port, HERE.sender(address))))
        assert notice["Content-Language"] == language


def test_check_names_each_template_that_is_missing(serve, lab):
    settings = {"notice": NOTICES | {"language": "en 127.0.1.0/24:tlh 127.0.2.0/24:fr 127.0.3.0/24:eo"}}
    reported = Postern(lab, settings, target=serve(), start=False).command("check", check=False)
    assert reported.returncode != 0
    for language in ("tlh", "eo"):
        assert f"notice template {ROOT}/conf/notices/{language}.mail: No such file or directory" in reported.stderr
    assert "fr.mail" not in reported.stderr and "en.mail" not in reported.stderr
