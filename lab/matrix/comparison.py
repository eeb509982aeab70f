"""One server and one client: what the client stores from the server directly, and what it stores through Postern."""

import email
import email.policy
import re
import subprocess

from lab import mail

USER, PASSWORD = "bob", "secret"
INFECTED = mail.infected()
MESSAGES = [
    mail.plain("one"),
    mail.plain("dots", ".\n..\n.x\n...\nend\n"),
    mail.with_attachment(bytes(range(256)) * 40, "data.bin", mail.ARTICLE_HEADER.replace(b"Subject: Information", b"Subject: Data").replace(b"Message-ID: <", b"Message-ID: <data.")),
    INFECTED,
    mail.plain("eight bits", "Gr\u00fc\u00dfe aus K\u00f6ln \u20ac\n" * 30),
    mail.plain("long lines", "x" * 1990 + "\n" + "y" * 998 + "\n"),
    mail.plain("From at the beginning of a line", "From here to there\n>From quoted\n"),
    mail.plain("nothing in it", ""),
]

# What a client or a server generates anew at each fetch.
OF_THE_MOMENT = re.compile(rb"(?mi)^(x-uidl|x-uid|x-imap|x-imapbase|status|x-status):.*\r?\n")


def outcome(program, at, directory):
    """The messages as the client stored them, or None if it gave up."""
    try:
        return [OF_THE_MOMENT.sub(b"", message) for message in program(at, USER, PASSWORD, directory)]
    except (RuntimeError, OSError, subprocess.TimeoutExpired):
        return None


def is_notice(message):
    """Is its text, as a mail client shows it, a notice? If the client fetched the header before, it has the original's header."""
    parsed = email.message_from_bytes(re.sub(rb"\r*\n", b"\n", message), policy=email.policy.default)
    return any("Postern" in part.get_content() for part in parsed.walk() if part.get_content_type() == "text/plain")


def differences(direct, through):
    """Describes the deviations; empty: the same messages, with a notice in place of each infected one.

    If a client gets nothing from the server itself, there is nothing to compare, and it may do better through Postern."""
    if direct is None:
        return ["infected and delivered"] if any(mail.is_infected(message) for message in through or []) else []
    if through is None:
        return ["the client gets nothing through Postern"]
    if len(direct) != len(through):
        return [f"{len(through)} messages instead of {len(direct)}"]
    return [text for n, (left, right) in enumerate(zip(direct, through), 1) for text in message_differences(n, left, right)]


def message_differences(n, direct, through):
    if mail.is_infected(through):
        return [f"message {n} is infected and was delivered"]
    if mail.is_infected(direct):
        return [] if is_notice(through) else [f"message {n} is infected, and what came in its place is no notice: {through[:200]!r}"]
    return [] if direct == through else [f"message {n} differs: {direct[:300]!r} ... {through[:300]!r}"]
