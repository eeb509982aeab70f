"""Messages that end with bare line feeds: fetchmail and mpop accept them, so Postern does, too, but as malformed; and nothing after the end
is taken for a reply [S8]."""

import pytest
from conftest import PASSWORD

from lab import mail
from lab.host import HERE
from lab.pop3_client import fetchmail, mpop
from lab.pop3_server import Raw
from lab.process import await_condition

# All servers that send LF line ends write the last of these.
ENDS = {"CRLF . LF": lambda wire: wire[:-2] + b"\n", "LF . CRLF": lambda wire: wire[:-5] + b"\n.\r\n",
        "LF . LF": lambda wire: wire.replace(b"\r\n", b"\n")}
# If it had to wait for this, the test would time out.
PATIENT = {"pop3": {"server_timeout": "10m"}}


def ended(message, how):
    return Raw(ENDS[how](mail.stuff(message)))


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_after_a_silence_and_the_policy_decides(serve, gateway, login, how):
    server = serve([ended(mail.plain("one"), how), ended(mail.infected(), how), mail.plain("two")])
    postern = gateway(server, PATIENT)
    session = login(postern)
    for n, verdict in ((1, b"Bare-Line-End"), (2, b"Eicar")):
        notice = session.retr(n)
        assert b"X-Postern-Incident: " in notice and verdict in notice and not mail.is_infected(notice)
        session.ask(b"DELE %d" % n)
    assert session.retr(3) == mail.plain("two")
    session.quit()
    await_condition(lambda: server.left("bob") == 1)
    kept = {i["verdict"]: i for i in postern.incidents()}
    assert sorted(kept) == ["infected", "unscannable"]
    with open(f"{postern.quarantine}/{kept['unscannable']['file']}", "rb") as f:
        assert f.read().replace(b"\r\n", b"\n") == mail.plain("one").replace(b"\r\n", b"\n")


@pytest.mark.parametrize("how", ENDS)
def test_it_is_delivered_where_the_policy_says_so(serve, gateway, login, how):
    postern = gateway(serve([ended(mail.plain("one"), how), mail.plain("two")]), PATIENT | {"policy": {"malformed": "deliver"}})
    session = login(postern)
    got = session.retr(1)
    assert got.startswith(b"X-Postern: not scanned (malformed)\r\n")
    # The dot that ends it needs a CRLF before it.
    assert got.partition(b"\r\n")[2].split() == mail.plain("one").split()
    assert session.retr(2) == mail.plain("two")
    session.quit()


@pytest.mark.parametrize("how", ENDS)
def test_a_header_by_top_ends_so_too(serve, gateway, login, how):
    server = serve([mail.plain("one"), mail.plain("two")])
    server.rewrite = lambda verb, answer: ENDS[how](answer) if verb == b"TOP" else answer
    session = login(gateway(server, PATIENT))
    for n in (1, 2):
        assert b"Subject: " in session.ask_lines(b"TOP %d 0" % n)
    assert session.retr(2) == mail.plain("two")
    session.quit()


@pytest.mark.parametrize("program", [fetchmail, mpop])
def test_programs_get_a_notice_for_each(lab, serve, gateway, program):
    server = serve([ended(mail.plain("one"), "LF . LF"), ended(mail.plain("two"), "LF . LF")])
    postern = gateway(server, PATIENT)
    got = program(HERE, postern.address, postern.port, "bob", PASSWORD, lab.make_directory("out"), keep=False)
    assert len(got) == 2 and all(b"Bare-Line-End" in m for m in got)
    await_condition(lambda: server.left("bob") == 0)


@pytest.mark.parametrize("text", [b"text\n.\n", b"+OK 120 octets\r\nSubject: hidden\r\n", b"-ERR no\r\n+OK\r\n"])
def test_what_comes_after_the_silence_is_no_reply(serve, gateway, login, text):
    """A message that contains such an end, from a server that pauses just there."""
    start = mail.plain("one").replace(b"\r\n", b"\n") + b".\n"
    server = serve([Raw(start + text + b"\r\n.\r\n"), mail.plain("two")])
    server.stall_at = len(b"+OK here it is\r\n" + start)
    postern = gateway(server, PATIENT)
    session = login(postern)
    session.send(b"RETR 1\r\n")
    postern.await_log("event=incident .*session=")
    session.send(b"RETR 2\r\nDELE 2\r\nQUIT\r\n")
    server.go.set()
    rest = session.rest()
    assert b"hidden" not in rest and rest.count(b"+OK") <= 1
    assert server.left("bob") == 2


def test_without_a_silence_it_is_text(serve, gateway, login):
    message = mail.plain("one") + b".\nmore\r\n"
    session = login(gateway(serve([Raw(message[:-2] + b"\r\n.\r\n")]), {"scan": {"engines": "none"}}))
    assert session.retr(1) == mail.plain("one") + b"\nmore\r\n"
    session.quit()
