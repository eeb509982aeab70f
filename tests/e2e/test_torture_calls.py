"""Every allocation and every system call of a session, a store, a reload and a change of signatures fails in turn. The first run counts
the calls of a role to which a fault can happen; in the next ones the n-th of them fails. `make torture` takes each n until a run has
passed without a fault, and draws n only where a role makes many calls (a start allocates thousands of times); without it, a few n are drawn.

After each fault, whatever the outcome for that session, both mails of its mailbox have to arrive: the clean one byte for byte, a notice for
the infected one, whose original is in the quarantine."""

import glob
import hashlib
import itertools
import os
import pathlib
import random
import re
import signal
import time

import pytest

from lab import mail
from lab.failing_calls import FAULTS, FailingCalls
from lab.pop3_client import Refused, Session
from lab.postern import PASSWORD, REPORTS, Postern, is_sanitized
from lab.process import SLOWNESS, await_condition
from lab.signatures import body_signature
from lab.torture import IS_LONG, PROXY, SEED, comm, processes

# How many failing calls of each role and fault are drawn: in the short run and, of those with more than EACH_UP_TO calls, in the long one.
DRAWN = int(os.environ.get("POSTERN_DRAWN") or (150 if IS_LONG else 1))
EACH_UP_TO = 600
# How many faults happen in the short run, each to a pair of role and fault that is drawn. A change of signatures begins after they have been quiet for 1.5 s.
SHORT = {"session": 24, "reload": 8, "signatures": 3}
DEATHS = 3  # after so many the gateway is started anew, as its parent would soon wait before it starts a process again
SESSION_SECONDS = 25
ENDED = re.compile(r"event=child_ended role=(\S+) .*?(signal=\d+|status=\d+)")
NUMBERS = itertools.count(1)


class Wire(Session):
    """Keeps everything that it receives. Gives up after a while, even if lines still come [K1]."""

    def __init__(self, *arguments, **more):
        self.received = b""
        self.end = time.monotonic() + SESSION_SECONDS * SLOWNESS
        super().__init__(*arguments, **more)

    def _more(self):
        if time.monotonic() > self.end:
            raise TimeoutError("the session does not end")
        before = self.pending
        super()._more()
        self.received += self.pending[len(before):]


class Victim:
    """The gateway whose calls fail."""

    def __init__(self, lab, server):
        self.calls = FailingCalls(lab)
        self.server = server
        self.postern = Postern(lab, {"postern": {"relays": 1, "log_level": "info"}, "scan": {"cache_entries": 0}}, target=server,
                               prefix=self.calls.prefix)
        self.at = self.deaths = self.aborts = self.told_memory = 0
        self.lost, self.out, self.crashes, self.stuck = [], [], [], []

    def read_log(self):
        """What it has logged since the last call."""
        with open(self.postern.log_path, "rb") as f:
            f.seek(self.at)
            text = f.read()
        self.at += len(text)
        return text.decode("utf-8", "backslashreplace")

    def end_of_run(self, label, fault):
        """Nothing fails any more. Records crashes, and starts the gateway anew if it is gone or has lost several processes."""
        self.calls.clear()
        is_gone = not self.postern.daemon.is_running()
        if is_gone:
            self.await_writer()
        text = self.read_log()
        ends = ENDED.findall(text)
        self.deaths += len(ends)
        self.told_memory += text.count("out of memory")
        if fault == "memory":  # libseccomp 2.5.4 frees a filter twice if seccomp_load cannot allocate
            self.told_memory += text.count("double free")
        self.aborts += sum(how == "signal=6" for _, how in ends) + is_gone
        # libseccomp without memory may load a filter that lacks rules: the first call that it forbids kills the process (SIGSYS). Or it
        # loops, and the process is killed for that (SIGVTALRM).
        usual = ("signal=6", "signal=9") + (("signal=31", "signal=26") if fault == "memory" else ())
        wrong = [f"{role} {how}" for role, how in ends if how.startswith("signal=") and how not in usual]
        if self.aborts > self.told_memory:
            wrong.append("an abort, and not for lack of memory")
            self.aborts = self.told_memory
        if REPORTS.search(text):
            wrong.append("sanitizer")
        if wrong:
            self.crashes.append((label, wrong, text[-1500:]))
            print(label, wrong)
        if is_gone or self.deaths >= DEATHS:
            self.restart(is_gone)
        return is_gone

    def await_writer(self):
        """The process that copies the log to its file ends after the others."""
        await_condition(lambda: not has_open(self.postern.log_path), 20, "the end of the process that writes the log")

    def restart(self, is_gone):
        if is_gone:
            self.postern.daemon.wait()
        else:
            self.postern.stop()
        self.postern.start_again()
        self.at, self.deaths = os.path.getsize(self.postern.log_path), 0

    def mailbox(self):
        """A new one, with mail that no other has."""
        number = next(NUMBERS)
        identifier = f"calls-{number}@torture.example"
        infected = mail.infected(re.sub(rb"(?<=Message-ID: <).*(?=>)", identifier.encode(), mail.ARTICLE_HEADER))
        return Mailbox(self, f"user{number}", [mail.plain(f"clean {number}", "line\n" * 30), infected])

    def keeps(self, content):
        wanted = hashlib.sha256(content).hexdigest()
        return any(hashlib.sha256(path.read_bytes()).hexdigest() == wanted for path in pathlib.Path(self.postern.quarantine).glob("*.eml"))

    def forget_incidents(self):
        for path in pathlib.Path(self.postern.quarantine).iterdir():
            if path.suffix in (".eml", ".json"):
                path.unlink()


class Mailbox:
    def __init__(self, victim, user, messages):
        self.victim, self.user, self.messages = victim, user, messages
        self.got = {}
        victim.server.mailboxes[user] = list(messages)

    def session(self):
        """Fetches and deletes; a refusal or a cut ends that."""
        session = None
        try:
            session = Wire(self.victim.postern.address, self.victim.postern.port)
            session.login(self.user.encode(), PASSWORD.encode())
            for n in (1, 2):
                try:
                    self.got[n] = session.retr(n)
                    session.ask(b"DELE %d" % n)
                except Refused:
                    pass
            session.quit()
        except (EOFError, OSError, Refused):
            pass
        if session:
            session.close()
            if mail.is_infected(session.received):
                self.victim.out.append((self.user, session.received))

    def await_rest(self):
        """Repeats sessions until the server has nothing left."""
        end = time.monotonic() + SESSION_SECONDS * SLOWNESS
        while self.victim.server.left(self.user):
            if time.monotonic() > end:
                raise TimeoutError(f"{self.user} does not get its mail")
            self.session()

    def judge(self, label):
        clean, infected = self.messages
        for n, sent in ((1, clean), (2, infected)):
            got = re.sub(rb"\A(X-Postern-Wait: \d+ s\r\n)+", b"", self.got.get(n, b""))
            is_notice = b"Auto-Submitted: auto-generated\r\n" in got and self.victim.keeps(sent)
            if not is_notice and (n == 2 or got != sent):
                self.victim.lost.append((label, n, got[:500]))


def has_open(path):
    """Whether another process has the file open."""
    for descriptor in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(descriptor) == path and descriptor.split("/")[2] != str(os.getpid()):
                return True
        except OSError:
            pass
    return False


def session(victim):
    box = victim.mailbox()
    box.session()
    return box


def reload(victim):
    victim.read_log()
    os.kill(victim.postern.daemon.pid, signal.SIGHUP)
    await_end(victim, "event=(reloaded|reload_failed)")
    return session(victim)


def signatures(victim):
    """Another set; the test virus is in each."""
    victim.read_log()
    directory = pathlib.Path(victim.postern.directory, "database")
    new = directory / "more.ndb.new"
    new.write_text(body_signature("Lab.More", b"more-%d-" % next(NUMBERS) + os.urandom(8)) + "\n")
    os.rename(new, directory / "more.ndb")
    await_end(victim, "event=(signatures_replaced|signatures_refused)")
    return session(victim)


def await_end(victim, pattern):
    """Of a change. The gateway may end instead. If the line itself is lost, a further reload writes a line that reports the loss."""
    start, found, again = victim.at, re.compile(pattern + "|event=log_dropped"), time.monotonic() + 3 * SLOWNESS

    def has_ended():
        nonlocal again
        if victim.calls.call == "writev" and time.monotonic() > again and victim.postern.daemon.is_running():
            os.kill(victim.postern.daemon.pid, signal.SIGHUP)
            again = time.monotonic() + SESSION_SECONDS * SLOWNESS
        with open(victim.postern.log_path, "rb") as f:
            f.seek(start)
            return found.search(f.read().decode("utf-8", "replace")) or not victim.postern.daemon.is_running()
    await_condition(has_ended, 2 * SESSION_SECONDS, pattern)


SCENARIOS = {
    "session": (session, ["relay", "scan", "reader", "keeper", "worker", "clamav", "log"]),
    "reload": (reload, ["parent", "relay", "scan", "reader", "keeper", "clamav"]),
    "signatures": (signatures, ["parent", "scan", "clamav", "worker"]),
}


def descriptors(victim):
    """How many each process has open, by role; without those that come and go."""
    found = {}
    for pid, role in processes(victim.postern.daemon.pid):
        if role in PROXY:
            found[comm(pid), pid] = len(os.listdir(f"/proc/{pid}/fd"))
    return found


def run(victim, scenario, role, fault, number):
    """Returns the counted calls and the function that failed; None: no fault happened."""
    calls, box = victim.calls, None
    calls.plan(role, fault, number)
    try:
        box = SCENARIOS[scenario][0](victim)
        counted, injected, call = calls.counted, calls.injected, calls.call
        label = f"{scenario}, {role}, {fault}, {number} ({call})"
        victim.end_of_run(label, fault)
        box.await_rest()
        box.judge(label)
    except TimeoutError as e:
        counted, injected, call = calls.counted, calls.injected, calls.call
        victim.stuck.append((f"{scenario}, {role}, {fault}, {number} ({call})", str(e), victim.postern.log()[-3000:]))
        print(victim.stuck[-1][:2])
        victim.postern.daemon.process.kill()
        victim.restart(True)
    return counted, call if injected else None


def pairs(scenario, dice):
    """Roles and faults. The sanitizer has an allocator of its own; libclamav without memory may end in one of its assertions."""
    each = [(role, fault) for role in SCENARIOS[scenario][1] for fault in FAULTS[1:]
            if fault != "memory" or not (is_sanitized() or role in ("worker", "clamav"))]
    return each if IS_LONG else dice.sample(each, len(each))


@pytest.mark.seconds(14400 if IS_LONG else 300)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_call_fails_in_turn(lab, serve, tortured, scenario):
    dice = random.Random(f"{SEED}-{scenario}")
    victim = Victim(lab, serve())
    figures, runs, faults = {}, 0, 0
    try:
        for role, fault in pairs(scenario, dice):
            counted, _ = run(victim, scenario, role, fault, 0)
            is_each = IS_LONG and counted <= EACH_UP_TO
            numbers = itertools.count(1) if is_each else sorted(dice.sample(range(1, counted + 1), min(DRAWN, counted)))
            done = 0
            for number in numbers:
                _, call = run(victim, scenario, role, fault, number)
                runs += 1
                if is_each and call is None:
                    break
                done += call is not None
            faults += done
            figures[f"{role}, {fault}"] = f"{done} of {counted}"
            victim.forget_incidents()
            if not IS_LONG and faults >= SHORT[scenario]:
                break
    finally:
        tortured(f"{scenario}: {faults} calls failed in {runs} runs: {len(victim.lost)} lost, {len(victim.out)} infected out, "
                 f"{len(victim.crashes)} crashes, {len(victim.stuck)} stuck", figures)
    assert victim.lost == [] and victim.out == []
    assert victim.crashes == [] and victim.stuck == [], (victim.crashes[:5], victim.stuck[:5])
    assert faults
    assert_nothing_leaks(victim)
    victim.postern.stop()


@pytest.mark.parametrize("role", ["scan", "reader", "keeper"] + ["relay", "clamav"] * IS_LONG)
def test_processes_that_lost_their_channel_are_connected_again(lab, serve, role):
    """Each packet of the role in turn cannot be sent or received: the processes live, and their channel has ended at one end."""
    victim = Victim(lab, serve())
    for number in itertools.count(1):
        _, call = run(victim, "session", role, "reset", number)
        assert victim.stuck == [] and victim.lost == [] and victim.crashes == []
        if call is None:
            break
    assert number > 1 or role == "clamav"
    victim.postern.stop()


def assert_nothing_leaks(victim):
    """Sessions leave no descriptor behind."""
    session(victim).await_rest()
    before = descriptors(victim)
    for _ in range(3):
        session(victim).await_rest()
    await_condition(lambda: all(descriptors(victim)[process] <= n for process, n in before.items()), 20,
                    f"not more descriptors than {before}, but there are {descriptors(victim)}")
