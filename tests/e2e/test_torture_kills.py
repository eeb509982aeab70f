"""kill -9 and SIGSTOP of every process at random instants, while programs fetch mail from Dovecot and delete it: every mail arrives, or
stays on the server. `make torture` kills a thousand processes of the proxy and five hundred of engines; without it, a few dozen."""

import re
from types import SimpleNamespace

import pytest

from lab.dovecot import Dovecot
from lab.pop3_client import Session
from lab.postern import PASSWORD, check_log
from lab.torture import ENGINES, IS_LONG, PROGRAMS, PROXY, SEED, Lane, Mailbox, Tally

LANES = 4 if IS_LONG else 2
KILLS = 500 if IS_LONG else 10
CRASH = re.compile(r".*event=\w*(?:child|worker)\w* .*signal=(?!9\b)\d+.*")


@pytest.mark.seconds(3600 if IS_LONG else 240)
def test_every_mail_arrives_or_stays(lab, tortured):
    tally = Tally()
    server = Dovecot(lab, users=[user for index in range(LANES) for user in Lane.users(index)], password=PASSWORD)
    lanes = [Lane(lab, index, KILLS, ("builtin", "clamd")[index % 2], tally, server) for index in range(LANES)]
    print(f"\nseed {SEED}")
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.finish()
    for lane in lanes:
        check_log(lane.whole_log(), {PASSWORD})
        assert not CRASH.findall(lane.whole_log())
    proxies, engines = (sum(tally["kill " + role] for role in roles) for roles in (PROXY, ENGINES))
    kills = sum(tally.with_prefix("kill ").values())
    tortured(f"{kills} kills ({proxies} of proxy roles, {engines} of engines), {sum(tally.with_prefix('stop ').values())} stops, "
             f"{tally['mails']} mails in {tally['sessions']} sessions, {tally['interrupted sessions']} of them interrupted: "
             f"{sum(len(lane.lost) for lane in lanes)} lost, {sum(len(lane.infected_out) for lane in lanes)} infected out; "
             f"{tally['stored again']} fetched again after an interruption", dict(tally))
    assert [lost for lane in lanes for lost in lane.lost] == []
    assert [out for lane in lanes for out in lane.infected_out] == []
    assert not IS_LONG or (proxies >= 1000 and engines >= 500)
    assert tally["mails"] and tally["notices"] and all(mailbox.rounds for lane in lanes for mailbox in lane.mailboxes)


def careless(host, address, port, user, password, directory, keep=True):
    """Deletes everything, unread."""
    with Session(address, port) as session:
        session.login(user.encode(), password.encode())
        for n in range(1, len(session.ask_lines(b"UIDL").splitlines()) + 1):
            session.ask(b"DELE %d" % n)
        session.quit()
    return []


@pytest.mark.parametrize("program", ["strict", "fetchmail", "careless"])
def test_the_count_finds_what_it_looks_for(lab, monkeypatch, program):
    """Without a gateway viruses arrive; a program that deletes unread mail loses it."""
    monkeypatch.setitem(PROGRAMS, "careless", (careless, "careless"))
    server = Dovecot(lab, users=[f"bare-{program}"], password=PASSWORD)
    lane = SimpleNamespace(name="bare", tally=Tally(), lost=[], infected_out=[], postern=server, notice_end=b"end", keeps=lambda _: True)
    Mailbox(lane, program, server, lab.make_directory("out")).round()
    numbers = [identifier.split("@")[0].rsplit("-", 1)[1] for _, identifier, _ in lane.lost]
    if program == "careless":
        assert numbers == list("123456") and lane.infected_out == []
    else:
        assert numbers == ["3", "6"] and len(lane.infected_out) == 2  # a virus does not count as arrived
