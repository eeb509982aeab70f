"""Random conversations, cut into random packets, with the server directly and through the gateway: if all mail is clean, there is no
difference."""

import random
import re
import socket

import pytest
from conftest import PASSWORD

from lab import mail

MESSAGES = [mail.plain(f"message {n}", "..\n.\nline\n" * n) for n in range(8)] + [
    mail.plain("long", "x" * 70000 + "\n"), mail.with_attachment(bytes(range(256)) * 200)]


def conversation(dice):
    """Commands that any server answers; the last one is QUIT."""
    def number():
        return str(dice.choice([*range(1, len(MESSAGES) + 1), 99]))

    kinds = [lambda: "NOOP", lambda: "noop", lambda: "STAT", lambda: "LIST", lambda: "UIDL", lambda: "RSET", lambda: "LIST " + number(),
             lambda: "UIDL " + number(), lambda: "RETR " + number(), lambda: "retr " + number(), lambda: "RETR " + number(),
             lambda: "TOP " + number() + " 0", lambda: f"TOP {number()} {dice.randrange(30)}", lambda: "DELE " + number(),
             lambda: "XTND XMIT", lambda: "FROBNICATE", lambda: ""]
    commands = [dice.choice(kinds)() for _ in range(dice.randrange(1, 120))]
    return ["USER bob", "PASS " + PASSWORD, *commands, "QUIT"]


def cut(data, dice):
    pieces = []
    while data:
        n = dice.choice([1, 2, 5, 20, 200, len(data)])
        pieces.append(data[:n])
        data = data[n:]
    return pieces


def hold(port, pieces):
    """Sends the pieces without waiting. Returns everything received until the server closed."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(30)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            s.sendall(piece)
        got = b""
        while data := s.recv(1 << 16):
            got += data
    return got


def shape(transcript):
    """The replies without their free text, which differs between speakers."""
    return re.sub(rb"(?m)^(\+OK|-ERR)(?! \d+( \S+)?\r$)[^\r\n]*\r$", rb"\1\r", transcript.replace(b" octets\r", b" octets of it\r"))


@pytest.mark.parametrize("group", range(4))
def test_clean_conversations_are_the_same(serve, gateway, group):
    through, direct = serve(MESSAGES), serve(MESSAGES)
    postern = gateway(through, {"scan": {"engines": "none"}})
    for seed in range(group * 25, group * 25 + 25):
        dice = random.Random(seed)
        pieces = cut("".join(c + "\r\n" for c in conversation(dice)).encode(), dice)
        for server in (through, direct):
            server.mailboxes.clear()
        wanted, got = hold(direct.port, pieces), hold(postern.port, pieces)
        assert shape(got) == shape(wanted), f"seed {seed}"
        assert through.mailboxes == direct.mailboxes, f"seed {seed}: what is left"
