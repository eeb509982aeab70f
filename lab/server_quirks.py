"""Harmless deviations of POP3 servers from RFC 1939, each implemented on a scripted server (lab.pop3_server).

None of them changes what a message is. A program that can fetch its mail from such a server must also be able to do so through the
gateway."""

import re

from lab import mail
from lab.pop3_server import Raw

QUIRKS = {}


def quirk(name):
    """Registers a function that gives a server that quirk."""
    def add(function):
        assert name not in QUIRKS, name
        QUIRKS[name] = function
        return function
    return add


def rewriting(name, change, *verbs):
    """A quirk of the answers to these verbs, or to all; the greeting's verb is empty."""
    @quirk(name)
    def turn(server):
        server.rewrite = lambda verb, answer: change(answer) if not verbs or verb in verbs else answer
    return turn


def first_line(answer, line):
    """The answer with another first line."""
    return line + answer[answer.index(b"\r\n"):]


def word(old, new):
    """Changes the status indicator; its text, messages and lists stay."""
    return lambda answer: new + answer[len(old):] if answer.startswith(old) else answer


def status(old, new):
    """Changes the whole status line of a good, or of a bad, answer."""
    return lambda answer: first_line(answer, new) if answer.startswith(old) else answer


def add_line(line):
    return lambda answer: answer + line if answer.startswith(b"+OK") else answer


def only_lf(answer):
    return answer.replace(b"\r\n", b"\n")


def status_lf(answer):
    head, end, rest = answer.partition(b"\r\n")
    return head + end[1:] + rest


def each_line(change):
    """Changes each line between the status and the dot."""
    def apply(answer):
        lines = answer.split(b"\r\n")
        return b"\r\n".join(change(x) if 0 < i and x not in (b".", b"") else x for i, x in enumerate(lines))
    return apply


LISTS = (b"LIST", b"UIDL")
SHORT = (b"USER", b"PASS", b"STAT", b"DELE", b"NOOP", b"QUIT")

# The status indicator and the text after it.
rewriting("greeting '+OK, ready'", lambda a: b"+OK, ready\r\n", b"")
rewriting("greeting '+OK<1896.6@mx.example>'", lambda a: b"+OK<1896.6@mx.example>\r\n", b"")
rewriting("greeting without text", lambda a: b"+OK\r\n", b"")
rewriting("greeting with a tab after +OK", lambda a: b"+OK\tready\r\n", b"")
rewriting("greeting with 8-bit text", lambda a: b"+OK pr\xeat \xc3\xa0 servir\r\n", b"")
rewriting("greeting with a NUL", lambda a: b"+OK rea\0dy\r\n", b"")
rewriting("greeting with a bare CR", lambda a: b"+OK rea\rdy\r\n", b"")
rewriting("greeting of 600 octets", lambda a: b"+OK " + b"x" * 594 + b"\r\n", b"")
rewriting("greeting of 1,900 octets", lambda a: b"+OK " + b"x" * 1894 + b"\r\n", b"")
rewriting("greeting in two lines", lambda a: b"+OK mx.example\r\nunauthorised use is prohibited\r\n", b"")
rewriting("greeting with a blank line after it", lambda a: b"+OK ready\r\n\r\n", b"")
rewriting("greeting with a blank line before it", lambda a: b"\r\n+OK ready\r\n", b"")
rewriting("greeting with the version of APOP and more", lambda a: b"+OK ready <1896.6@mx.example> (v2.1)\r\n", b"")
rewriting("'+OK.' everywhere", word(b"+OK", b"+OK."))
rewriting("'+OK:' everywhere", word(b"+OK", b"+OK:"))
rewriting("'+OK!' to RETR", word(b"+OK", b"+OK! here"), b"RETR")
rewriting("blanks at the end of a status", lambda answer: answer.replace(b"\r\n", b" \t \r\n", 1))
rewriting("'+OK' and nothing else", status(b"+OK", b"+OK"), *SHORT[:2], b"RETR", b"LIST", b"UIDL", b"TOP", b"QUIT", b"DELE")
rewriting("'+OKAY' to logins", word(b"+OK", b"+OKAY"), b"USER", b"PASS")
rewriting("'+ok' everywhere", word(b"+OK", b"+ok"))
rewriting("'+Ok' to USER", word(b"+OK", b"+Ok"), b"USER")
rewriting("'+OK200' to logins", word(b"+OK", b"+OK200 go on"), b"USER", b"PASS")
rewriting("text that looks like a status", status(b"+OK", b"+OK -ERR +OK"), b"USER", b"PASS", b"RETR", b"TOP", b"QUIT")
rewriting("'+OK' with a dot as its text", status(b"+OK", b"+OK ."), b"USER", b"PASS", b"RETR", b"LIST", b"UIDL")


@quirk("'-ERR:' to CAPA")
def _(server):
    server.replies[b"CAPA"] = b"-ERR: unknown command\r\n"


@quirk("'-ERR' without text to CAPA")
def _(server):
    server.replies[b"CAPA"] = b"-ERR\r\n"


@quirk("'-ERR, ' to CAPA and AUTH, lower case")
def _(server):
    server.replies[b"CAPA"] = server.replies[b"AUTH"] = b"-err, what?\r\n"


@quirk("CAPA refused as if by a list")
def _(server):
    server.replies[b"CAPA"] = b"-ERR unknown command\r\n.\r\n"


@quirk("CAPA with nothing in it")
def _(server):
    server.capabilities = []


@quirk("CAPA with unknown lines")
def _(server):
    server.capabilities = [b"TOP", b"  ", b"XYZZY 1 2 3", b"\xe9t\xe9", b"X" * 300, b"UIDL", b"USER", b"top", b"SASL", b"EXPIRE NEVER "]


@quirk("CAPA in lower case")
def _(server):
    server.capabilities = [b"top", b"uidl", b"user"]


# Unsolicited lines.
rewriting("a dot after a single-line reply", add_line(b".\r\n"), *SHORT)
rewriting("a dot after the reply to PASS", add_line(b".\r\n"), b"PASS")
rewriting("a dot after the reply to QUIT", add_line(b".\r\n"), b"QUIT")
rewriting("a second dot after a list", add_line(b".\r\n"), *LISTS)
rewriting("a second dot after a message", add_line(b".\r\n"), b"RETR", b"TOP")
rewriting("a blank line after each reply", add_line(b"\r\n"))
rewriting("a blank line after a message", add_line(b"\r\n"), b"RETR", b"TOP")
rewriting("a line of text after the reply to PASS", add_line(b"you have mail\r\n"), b"PASS")
rewriting("a blank line before the reply to RETR", lambda a: b"\r\n" + a, b"RETR", b"TOP")

# Line ends.
rewriting("bare LF after a status", status_lf)
rewriting("bare LF in lists", only_lf, *LISTS, b"CAPA")
rewriting("bare LF in all but messages", only_lf, b"", *SHORT, *LISTS, b"CAPA")
rewriting("CR CR LF after a status", lambda a: a.replace(b"\r\n", b"\r\r\n", 1), b"", *SHORT)
rewriting("CR CR LF in lists", lambda a: a.replace(b"\r\n", b"\r\r\n", a.count(b"\r\n") - 1), *LISTS)

# LIST, UIDL, STAT.
rewriting("LIST with text after the size", each_line(lambda x: x + b" octets"), b"LIST")
rewriting("LIST with leading zeros", each_line(lambda x: b"000" + x), b"LIST")
rewriting("LIST with several blanks", each_line(lambda x: x.replace(b" ", b"   ")), b"LIST")
rewriting("LIST with blanks at the end", each_line(lambda x: x + b"  "), b"LIST")
rewriting("LIST with sizes of 0", each_line(lambda x: x.split()[0] + b" 0"), b"LIST")
rewriting("LIST with sizes that are too small", each_line(lambda x: x.split()[0] + b" 7"), b"LIST")
rewriting("LIST with text about it", status(b"+OK", b"+OK 3 messages (3 kilobytes):"), b"LIST")
rewriting("UIDL of 120 octets", each_line(lambda x: x + b"-" + b"u" * 108), b"UIDL")
rewriting("UIDL with several blanks", each_line(lambda x: x.replace(b" ", b"    ")), b"UIDL")
rewriting("STAT with text after it", status(b"+OK", b"+OK 3 1200 octets in 3 messages"), b"STAT")
rewriting("STAT with leading zeros", status(b"+OK", b"+OK 003 0001200"), b"STAT")
rewriting("STAT with a wrong size", status(b"+OK", b"+OK 3 1"), b"STAT")


@quirk("UIDL refused")
def _(server):
    server.replies[b"UIDL"] = b"-ERR not here\r\n"
    server.capabilities = [b"TOP", b"USER"]


@quirk("TOP refused")
def _(server):
    server.replies[b"TOP"] = b"-ERR not here\r\n"
    server.capabilities = [b"UIDL", b"USER"]


# RETR.
rewriting("RETR with a wrong size in its status", status(b"+OK", b"+OK 99999 octets"), b"RETR", b"TOP")
rewriting("RETR without a size in its status", status(b"+OK", b"+OK message follows"), b"RETR", b"TOP")


def messages_of(server, change):
    server.messages = [Raw(change(mail.stuff(m))) for m in server.messages]


@quirk("the final dot after CRLF, but followed by a bare LF")
def _(server):
    messages_of(server, lambda wire: wire[:-2] + b"\n")


@quirk("bare LF in messages, including their ends")
def _(server):
    messages_of(server, only_lf)


@quirk("bare LF in messages, the end as it should be")
def _(server):
    messages_of(server, lambda wire: wire[:-3].replace(b"\r\n", b"\n") + b"\r\n.\r\n")


@quirk("bare LF everywhere")
def _(server):
    server.rewrite = lambda verb, answer: only_lf(answer)


@quirk("messages in crumbs")
def _(server):
    server.piece = 3


@quirk("lines of 3,000 octets in messages")
def _(server):
    server.messages = [m + b"x" * 3000 + b"\r\n" for m in server.messages]


# SASL.
@quirk("SASL without a blank after '+'")
def _(server):
    server.capabilities = [b"TOP", b"UIDL", b"USER", b"SASL LOGIN"]
    server.rewrite = lambda verb, answer: answer.replace(b"+ ", b"+", 1) if verb == b"AUTH" else answer


@quirk("SASL challenge without text")
def _(server):
    server.capabilities = [b"TOP", b"UIDL", b"USER", b"SASL PLAIN"]


# The end.
@quirk("QUIT answered by the end of the connection")
def _(server):
    def leave(_):
        raise ConnectionError
    server.replies[b"QUIT"] = leave


rewriting("QUIT answered with -ERR", lambda a: b"-ERR some deleted messages not removed\r\n", b"QUIT")
