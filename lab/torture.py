"""Torture: programs fetch mail, with deletion, while processes are killed and stopped; what became of each mail is counted.

A lane is one gateway with its mailboxes. Its thread strikes, one thread per mailbox delivers mail and fetches it. Everything random is
drawn from the seed (POSTERN_SEED). By default the long version takes a new one, which is printed, and the short one always the same, so that
`make check` repeats itself. A seed repeats what is struck, in which order and after which delays, but not what the other processes do at
that moment."""

import collections
import contextlib
import hashlib
import heapq
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import threading
import time

from lab import mail
from lab.clamd import Clamd
from lab.host import HERE
from lab.pop3_client import Refused, Session, fetchmail, getmail, mpop, stored
from lab.postern import PASSWORD, Postern
from lab.process import SLOWNESS, kill_quietly, start_time

IS_LONG = os.environ.get("POSTERN_TORTURE") == "all"
SEED = int(os.environ.get("POSTERN_SEED") or (random.SystemRandom().randrange(1 << 32) if IS_LONG else 20050205))
PROXY = ("parent", "relay", "scan", "reader", "keeper")
ENGINES = ("clamav", "worker", "clamd")
# These are never left stopped: nothing replaces a parent or clamd, and a keeper has a minute.
CONTINUED = ("parent", "keeper", "clamd", "worker", "log", "child of scan")
FETCH_SECONDS = 100


class Tally(collections.Counter):
    """Counts by name, from several threads."""

    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()

    def add(self, name, n=1):
        with self._lock:
            self[name] += n

    def with_prefix(self, prefix):
        return {name: n for name, n in sorted(self.items()) if name.startswith(prefix)}


def processes(parent):
    """The live processes of a gateway as (pid, role)."""
    found = [(parent, "parent")]
    for pid, role in found:
        for child in children(pid):
            name = comm(child)
            if name == "postern-clamav":
                found.append((child, "worker" if role in ("clamav", "worker") else "clamav"))
            elif role == "scan":
                found.append((child, "child of scan"))
            elif role == "parent" and name.startswith("postern "):
                found.append((child, name.split()[1]))
    return found


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return ""


def message(name, number):
    """Every third mail is infected. No two are alike; the identifier stands in each, and in its notice."""
    identifier = f"{name}-{number}@torture.example"
    if number % 3 == 0:
        return identifier, mail.infected(re.sub(rb"(?<=Message-ID: <).*(?=>)", identifier.encode(), mail.ARTICLE_HEADER))
    return identifier, mail.plain(f"{name} {number}", f"{identifier}\n" + "line\n" * (number * 97 % 2000))


def lines(content):
    """Without the lines of [K1], and with the line ends that programs store."""
    text = re.sub(rb"\A(X-Postern-Wait: \d+ s\n)+", b"", content.replace(b"\r\n", b"\n"))
    return text.rstrip(b"\n")


def strict(host, address, port, user, password, directory, keep=True):
    """A client that deletes each message once it has it whole, and keeps every byte that it received in the file `wire`."""
    inbox = os.path.join(directory, "strict")
    shutil.rmtree(inbox, ignore_errors=True)
    os.makedirs(inbox)
    try:
        with Session(address, port, timeout=60) as session:
            session.login(user.encode(), password.encode())
            for n in range(1, len(session.ask_lines(b"UIDL").splitlines()) + 1):
                with contextlib.suppress(Refused):
                    got = session.retr(n)
                    pathlib.Path(inbox, f"{n:06}").write_bytes(got)
                    session.ask(b"DELE %d" % n)
            session.quit()
    except (EOFError, OSError, Refused) as e:
        if e.args and isinstance(e.args[0], bytes):
            pathlib.Path(directory, "strict", "999999").write_bytes(e.args[0])
        raise RuntimeError(f"strict: {e!r}") from None
    return stored(inbox)


PROGRAMS = {"fetchmail": (fetchmail, "fetchmail"), "mpop": (mpop, "mpop/new"), "getmail": (getmail, "getmail/new"), "strict": (strict, "strict")}


class Mailbox(threading.Thread):
    """Delivers mail to a user, lets a program fetch it until the server has none, and counts what the program stored. Ends after the
    round in which the lane has ended."""

    def __init__(self, lane, program, server, directory):
        super().__init__(name=f"{lane.name}-{program}")
        self.lane, self.program, self.server, self.directory = lane, program, server, directory
        self.number, self.rounds = 0, 0
        self.error = None

    def run(self):
        try:
            while not self.lane.has_ended.is_set() or not self.rounds:
                self.round()
                self.rounds += 1
        except BaseException as e:  # re-raised by the lane
            self.error = e

    def round(self):
        sent = dict(message(self.name, self.number + n) for n in range(1, 7))
        for n, content in enumerate(sent.values(), self.number + 1):
            self.server.deliver(self.name, content, f"{1_000_000_000 + n}.{n:06}.provider")
        self.number += len(sent)
        got, was_cut = collections.Counter(), False
        end = time.monotonic() + 300 * SLOWNESS
        while self.server.left(self.name):
            assert time.monotonic() < end, f"{self.name}: {self.server.left(self.name)} mails cannot be fetched\n{self.lane.postern.log()[-3000:]}"
            copies, cut = self.fetch()
            again = self.take(sent, copies, got)
            assert not again or was_cut, f"{self.name}: {again} came twice, and no session had been interrupted"
            self.lane.tally.add("stored again", len(again))
            was_cut = was_cut or cut
        for identifier, content in sent.items():
            self.lane.tally.add("mails")
            if not got[identifier]:
                self.lane.lost.append((self.name, identifier, content))

    def fetch(self):
        """Returns what the program stored, and whether its session was interrupted."""
        fetch, inbox = PROGRAMS[self.program]
        place = os.path.join(self.directory, inbox)
        self.lane.tally.add("sessions")
        try:
            return fetch(HERE, self.lane.postern.address, self.lane.postern.port, self.name, PASSWORD, self.directory, keep=False), False
        except (RuntimeError, subprocess.TimeoutExpired):
            self.lane.tally.add("interrupted sessions")
            return stored(place) if os.path.isdir(place) else [], True

    def take(self, sent, copies, got):
        """Counts whole copies; returns the identifiers of those that had come before."""
        again = []
        for copy in copies:
            if mail.is_infected(copy):
                self.lane.infected_out.append((self.name, copy))
            identifier = next((i for i, content in sent.items() if self.is_whole(i, content, copy)), None)
            if identifier is None:
                self.lane.tally.add("pieces")
                continue
            if got[identifier]:
                again.append(identifier)
            got[identifier] += 1
        return again

    def is_whole(self, identifier, content, copy):
        """Is the copy this mail, or its notice? A notice counts if the original is in the quarantine."""
        if lines(copy) == lines(content):
            return not mail.is_infected(content)
        is_notice = f"<{identifier}>".encode() in copy or (identifier.encode() in copy and b"X-Postern-Incident" in copy)
        if not is_notice or not lines(copy).endswith(self.lane.notice_end):
            return False
        self.lane.tally.add("notices" if mail.is_infected(content) else "notices for clean mail")
        assert self.lane.keeps(content), f"{identifier}: a notice came, and the original is not in the quarantine"
        return True


class Lane(threading.Thread):
    """A gateway, its mailboxes, and what strikes it: `kills` times and as many stops as come up."""

    def __init__(self, lab, index, kills, engine, tally, server, pace=0.6):
        super().__init__(name=f"lane{index}")
        self.lab, self.kills, self.engine, self.tally, self.server, self.pace = lab, kills, engine, tally, server, pace
        self.dice = random.Random(f"{SEED}-{index}")
        self.lost, self.infected_out = [], []
        self.has_ended = threading.Event()
        self.stopped = []  # heap of (when to continue, pid, its start time)
        self.clamd = self.postern = self.error = None
        self.mailboxes = [Mailbox(self, program, server, lab.make_directory(f"{self.name}-{program}")) for program in PROGRAMS]

    @staticmethod
    def users(index):
        return [f"lane{index}-{program}" for program in PROGRAMS]

    def run(self):
        try:
            self.strike()
        except BaseException as e:  # re-raised by `finish`
            self.error = e
        finally:
            self.has_ended.set()

    def strike(self):
        self.start_gateway()
        for mailbox in self.mailboxes:
            mailbox.start()
        for _ in range(self.kills):
            self.wait(self.dice.expovariate(1 / self.pace))
            self.strike_once()
        self.wait(0, all_of_them=True)
        self.has_ended.set()
        for mailbox in self.mailboxes:
            mailbox.join()
            if mailbox.error:
                raise mailbox.error
        self.postern.stop()

    def start_gateway(self):
        settings = {"postern": {"log_level": "info"}, "scan": {"engines": self.engine, "cache_entries": 0}}
        if self.engine == "clamd":
            self.clamd = Clamd(self.lab)
            settings |= {"clamd": {"socket": self.clamd.path}}
        self.postern = Postern(self.lab, settings, target=self.server)
        with Session(self.postern.address, self.postern.port) as session:
            user = self.mailboxes[0].name
            self.server.deliver(user, mail.infected(), "1.sample.provider")
            session.login(user.encode(), PASSWORD.encode())
            self.notice_end = lines(session.retr(1))[-60:]
            session.ask(b"DELE 1")
            session.quit()

    def strike_once(self):
        """A third of the strikes are stops. They are not counted as kills, so there is always a kill besides."""
        if self.dice.random() < 0.33:
            pid, role = self.choose()
            self.stop(pid, role)
            self.wait(self.dice.expovariate(1 / self.pace))
        pid, role = self.choose()
        self.tally.add("kill " + role)
        if role == "parent":
            self.restart_gateway()
        elif role == "clamd":
            self.clamd.kill()
            self.wait(self.dice.random() / 2)
            self.clamd.start()
        else:
            kill_quietly(pid, signal.SIGKILL)

    def choose(self):
        """By role first: there are more workers and relays than keepers. A parent is rarer, as all others end with it; so are processes
        that only help others."""
        found = collections.defaultdict(list)
        for pid, role in processes(self.postern.daemon.pid):
            found[role].append(pid)
        if self.clamd:
            found["clamd"] = [self.clamd.daemon.pid]
        engines = [role for role in sorted(found) if role in ENGINES]
        others = [role for role in sorted(found) if role not in ENGINES and role != "parent"]
        proxies = [role for role in others for _ in range(3 if role in PROXY else 1)]
        kind = self.dice.random()
        role = "parent" if kind < 0.04 or not proxies else self.dice.choice(engines if engines and kind < 0.4 else proxies)
        return self.dice.choice(found[role]), role

    def stop(self, pid, role):
        born = start_time(pid)
        if not born:
            return
        self.tally.add("stop " + role)
        for_s = self.dice.uniform(0.02, 1.5) if role in CONTINUED or self.dice.random() < 0.8 else 60
        kill_quietly(pid, signal.SIGSTOP)
        heapq.heappush(self.stopped, (time.monotonic() + for_s, pid, born))

    def wait(self, seconds, all_of_them=False):
        """Lets time pass, and continues what was stopped long enough."""
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            while self.stopped and (all_of_them or self.stopped[0][0] <= now):
                _, pid, born = heapq.heappop(self.stopped)
                if start_time(pid) == born:
                    kill_quietly(pid, signal.SIGCONT)
            if now >= end:
                return
            time.sleep(max(min(end, self.stopped[0][0] if self.stopped else end) - now, 0))

    def restart_gateway(self):
        """As a service manager does: everything that is left of it ends, and it starts again."""
        left = [(pid, start_time(pid)) for pid, _ in processes(self.postern.daemon.pid)]
        self.postern.daemon.process.kill()
        self.postern.daemon.process.wait(10)
        if self.dice.random() < 0.5:
            for pid, born in left:
                if born and start_time(pid) == born:
                    kill_quietly(pid, signal.SIGKILL)
        else:  # they end by themselves
            self.wait(0, all_of_them=True)
        self.postern.start_again(lambda: self.wait(0.05))

    def keeps(self, content):
        """Is the mail in the quarantine, whole?"""
        wanted = hashlib.sha256(content).hexdigest()
        with os.scandir(self.postern.quarantine) as entries:
            return any(entry.name.endswith(".eml") and digest(entry.path) == wanted for entry in entries)

    def whole_log(self):
        return pathlib.Path(self.postern.log_path).read_text("utf-8", "backslashreplace")

    def finish(self):
        self.join()
        if self.error:
            raise self.error


def digest(path, known={}):
    """SHA-256 of a file of the quarantine, which is never changed."""
    if path not in known:
        try:
            known[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None
    return known[path]
