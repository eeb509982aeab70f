"""Real servers and real clients: what a client stores of a mailbox through the gateway is what it stores from the server itself, with a
notice in place of the infected message. doc/MATRIX.md has the table, and the reasons for exceptions.

POSTERN_MATRIX=all (make check-matrix) uses all servers and clients; without it, those that `make check` uses anyway."""

import os

import pytest

from lab.matrix import comparison
from lab.matrix.programs import PROGRAMS
from lab.matrix.servers import SERVERS, TOP_DIFFERS

IS_WHOLE = os.environ.get("POSTERN_MATRIX") == "all"
CHOSEN_SERVERS = SERVERS if IS_WHOLE else ["Dovecot", "tcllib pop3d"]
CHOSEN_PROGRAMS = PROGRAMS if IS_WHOLE else ["fetchmail", "mpop", "curl", "Python poplib", "Perl Net::POP3", "tcllib pop3"]

# (server, client): why the client does not store the same.
KNOWN = {(server, "fetchmail (TOP)"): "TOP n is cut from the message that RETR gives, and this server's TOP gives other bytes"
         for server in TOP_DIFFERS} | {
    ("Courier (CRLF in the Maildir)", "PHP imap"):
        "TOP n 0 ends at the empty line; the server's, which sees none in CR CR LF, gives the whole message, and the client takes it for a header",
}

# Pairs that hang now and then, with and without Postern.
AT_RANDOM = {("WildDuck", "Emacs pop3.el")}


@pytest.mark.seconds(1200 if IS_WHOLE else 120)
@pytest.mark.parametrize("server", CHOSEN_SERVERS)
def test_a_client_stores_what_it_stores_without_postern(lab, gateway, server):
    at = SERVERS[server](lab, comparison.MESSAGES)
    through = gateway(at, {"postern": {"log_level": "info"}})
    comparison.outcome(PROGRAMS["Perl Net::POP3"], at, lab.make_directory("first"))  # some servers add fields at the first fetch
    found, whole = {}, 0
    for name in CHOSEN_PROGRAMS:
        direct, got = (comparison.outcome(PROGRAMS[name], it, lab.make_directory("client")) for it in (at, through))
        whole += direct is not None and len(direct) == len(comparison.MESSAGES)
        found[name] = comparison.differences(direct, got)
        print(f"{server:32} {name:24} {'-' if direct is None else len(direct)} {'differs' if found[name] else 'same'}")
    assert whole >= len(CHOSEN_PROGRAMS) // 2, "too few of the clients can use this server for the comparison to mean much"
    assert {name: texts for name, texts in found.items() if texts and (server, name) not in {*KNOWN, *AT_RANDOM}} == {}
    assert not [name for name in CHOSEN_PROGRAMS if (server, name) in KNOWN and not found[name]], "no longer so: KNOWN and doc/MATRIX.md want a change"
