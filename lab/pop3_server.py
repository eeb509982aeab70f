"""A scripted POP3 server: does on demand what a real one does once a year.

It serves the given messages to every user that logs in, each with a mailbox of its own, and records the commands and where they came
from. Its knobs are attributes that a test may change at any time: cut a reply at an offset, pause there, write it piece by piece, send
unsolicited lines, answer a command with any bytes.
"""

import asyncio
import asyncio.sslproto
import hashlib
import re
import socket
import threading
from dataclasses import dataclass, field

from lab.mail import stuff
from lab.host import HERE


def with_alert(complete):
    """A handshake that fails sends its alert, as servers do. asyncio discards it."""
    def wrapped(self, failure):
        if failure is not None and self._transport is not None:
            self._transport.write(self._outgoing.read())
        complete(self, failure)
    return wrapped


asyncio.sslproto.SSLProtocol._on_handshake_complete = with_alert(asyncio.sslproto.SSLProtocol._on_handshake_complete)


class Raw(bytes):
    """A message in wire format, byte-stuffed and terminated."""


@dataclass
class Record:
    """Record of a session."""
    peer: tuple
    commands: list = field(default_factory=list)
    user: str = ""
    ended: str = ""  # "quit", "lost", "cut"
    sent: int = 0    # octets


class Pop3Server:
    def __init__(self, messages=(), address="127.0.0.1", port=0, host=HERE, tls=None, stls=None):
        """tls: the context of a server that begins with TLS; stls: of one that offers STLS."""
        self.messages = list(messages)
        self.tls, self.stls = tls, stls
        self.cut_at = None      # number of octets of a reply to RETR or TOP after which the connection is cut
        self.cut_session_at = None  # number of octets of a whole session, from the greeting on, after which it is cut
        self.stall_at = None    # number of octets of such a reply after which it pauses until `go` is set
        self.piece = None       # octets per write of such a reply
        self.replies = {}       # verb -> bytes sent instead of the answer, or function(arguments) -> bytes
        self.rewrite = None     # function(verb, bytes) -> bytes, applied to every answer; the greeting's verb is empty
        self.endless = {}       # verb -> (bytes, bytes repeated without end, seconds between them), instead of the answer
        self.unasked = {}       # verb -> bytes sent directly after the answer, in the same write
        self.capabilities = [b"TOP", b"UIDL", b"PIPELINING", b"USER", b"RESP-CODES", b"X-LAB", b"STLS"]
        self.greeting = b"+OK ready\r\n"
        self.apop = None        # the password: each greeting has a timestamp of its own
        self.cut_after_greeting = False
        self.idle_limit = None  # seconds without a command after which a client is logged out
        self.go = threading.Event()
        self.sessions = []
        self.mailboxes = {}     # user -> messages; None: deleted
        self._listener = host.listen(address, port)
        self.address, self.port = self._listener.getsockname()[:2]
        self._loop = asyncio.new_event_loop()
        self._tasks = set()
        self._thread = threading.Thread(target=self._serve, name="pop3-server", daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.go.set()
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def stop_listening(self):
        self._loop.call_soon_threadsafe(self._server.close)

    def commands(self):
        """All commands received, in order of arrival within each session."""
        return [c for s in list(self.sessions) for c in list(s.commands)]

    def left(self, user):
        """Number of messages that the user still has."""
        return sum(m is not None for m in self.mailboxes.get(user, self.messages))

    def _serve(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self):
        self._end = asyncio.Event()
        self._server = await asyncio.start_server(self._accept, sock=self._listener, backlog=4096, limit=1 << 20, ssl=self.tls)
        self._ready.set()
        await self._end.wait()
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        record = Record(writer.get_extra_info("peername"))
        self.sessions.append(record)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await Conversation(self, record, reader, writer).hold()
        except TimeoutError:
            writer.write(b"-ERR idle for too long\r\n")
            record.ended = "idle"
        except (ConnectionError, asyncio.IncompleteReadError):
            record.ended = record.ended or "lost"
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()


class Cut(ConnectionError):
    pass


class Conversation:
    def __init__(self, server, record, reader, writer):
        self.server, self.record, self.reader, self.writer = server, record, reader, writer
        self.mailbox, self.deleted = None, set()
        self.is_tls = server.tls is not None
        self.responses = []     # answers to the next lines of a SASL exchange

    async def hold(self):
        await self.send_endlessly(b"")
        self.write(self.say(b"", self.server.greeting.replace(b"\r\n", b" " + self.stamp() + b"\r\n") if self.server.apop else self.server.greeting))
        if self.server.cut_after_greeting:
            raise Cut
        while not self.record.ended:
            line = await asyncio.wait_for(self.reader.readuntil(b"\r\n"), self.server.idle_limit)
            self.record.commands.append(line[:-2])
            if self.responses:
                self.write(self.say(b"AUTH", self.responses.pop(0)))
                continue
            verb, _, arguments = line[:-2].partition(b" ")
            await self.answer(verb.upper(), arguments)
            if verb.upper() == b"STLS" and self.server.stls and not self.is_tls:
                await self.writer.start_tls(self.server.stls)
                self.is_tls = True

    def write(self, data):
        end = self.server.cut_session_at
        kept = data if end is None else data[:max(end - self.record.sent, 0)]
        self.writer.write(kept)
        self.record.sent += len(kept)
        if len(kept) < len(data):
            self.record.ended = "cut"
            raise Cut

    def say(self, verb, answer):
        return self.server.rewrite(verb, answer) if self.server.rewrite else answer

    async def send_endlessly(self, verb):
        start, repeated, pause = self.server.endless.get(verb, (b"", b"", 0))
        self.writer.write(start)
        while repeated:
            self.writer.write(repeated)
            await self.writer.drain()
            await asyncio.sleep(pause)

    async def answer(self, verb, arguments):
        await self.send_endlessly(verb)
        scripted = self.server.replies.get(verb)
        if callable(scripted):
            scripted = scripted(arguments)
        if scripted is None:
            method = getattr(self, "do_" + verb.decode("ascii", "replace").lower(), None)
            scripted = method(arguments) if method else b"-ERR what?\r\n"
        scripted = self.say(verb, scripted) + self.server.unasked.get(verb, b"")
        if verb in (b"RETR", b"TOP") and scripted.startswith(b"+"):
            await self.send_slowly(scripted)
        else:
            self.write(scripted)
        await self.writer.drain()

    async def send_slowly(self, data):
        """Sends a message, with the configured fault."""
        server = self.server
        end = len(data) if server.cut_at is None else min(server.cut_at, len(data))
        stall = server.stall_at
        step = server.piece or (1 << 16)
        at = 0
        while at < end:
            stop = min(at + step, end)
            if stall is not None and at < stall:
                stop = min(stop, stall)
            self.write(data[at:stop])
            await self.writer.drain()
            if server.piece:
                await asyncio.sleep(0)
            at = stop
            if at == stall:
                while not server.go.is_set():
                    await asyncio.sleep(0.01)
        if server.cut_at is not None and end < len(data):
            self.record.ended = "cut"
            raise Cut

    # Each returns its answer as bytes.

    def do_capa(self, _):
        return b"+OK\r\n" + b"".join(c + b"\r\n" for c in self.server.capabilities if c != b"STLS" or not self.is_tls) + b".\r\n"

    def do_stls(self, _):
        return b"+OK begin\r\n" if self.server.stls and not self.is_tls else b"-ERR not here\r\n"

    def do_user(self, arguments):
        self.record.user = arguments.decode("latin-1")
        return b"+OK\r\n"

    def do_pass(self, _):
        self.mailbox = self.server.mailboxes.setdefault(self.record.user, list(self.server.messages))
        return b"+OK\r\n"

    def stamp(self):
        return b"<%d.1896@lab>" % id(self)

    def do_apop(self, arguments):
        user, _, digest = arguments.partition(b" ")
        if not self.server.apop or digest.decode() != hashlib.md5(self.stamp() + self.server.apop).hexdigest():
            return b"-ERR [AUTH] wrong password\r\n"
        self.do_user(user)
        return self.do_pass(b"")

    def do_auth(self, arguments):
        """LOGIN and PLAIN without an initial response, if the capabilities list them; any response is accepted."""
        mechanism = arguments.upper()
        if not any(mechanism in c.split()[1:] for c in self.server.capabilities if c.startswith(b"SASL")):
            return b"-ERR unknown mechanism\r\n"
        self.do_pass(b"")
        self.responses = [b"+OK\r\n"] if mechanism == b"PLAIN" else [b"+ UGFzc3dvcmQ6\r\n", b"+OK\r\n"]
        return b"+ \r\n" if mechanism == b"PLAIN" else b"+ VXNlcm5hbWU6\r\n"

    def do_stat(self, _):
        there = self.there()
        return b"+OK %d %d\r\n" % (len(there), sum(len(m) for _, m in there))

    def do_list(self, arguments):
        return self.listing(arguments, lambda n, m: b"%d" % len(m))

    def do_uidl(self, arguments):
        return self.listing(arguments, lambda n, m: b"uid-%d-%d" % (n, len(m)))

    def listing(self, arguments, tell):
        if arguments:
            n = self.number(arguments)
            return b"+OK %d %s\r\n" % (n, tell(n, self.mailbox[n - 1])) if n else b"-ERR no such message\r\n"
        return b"+OK\r\n" + b"".join(b"%d %s\r\n" % (n, tell(n, m)) for n, m in self.there()) + b".\r\n"

    def do_retr(self, arguments):
        n = self.number(arguments)
        return b"+OK here it is\r\n" + on_wire(self.mailbox[n - 1]) if n else b"-ERR no such message\r\n"

    def do_top(self, arguments):
        words = arguments.split()
        n = self.number(words[0]) if len(words) == 2 else None
        if not n:
            return b"-ERR no such message\r\n"
        header, empty, body = self.mailbox[n - 1].partition(b"\r\n\r\n")
        lines = re.findall(rb".*?\r\n", body, re.S)[:int(words[1])]
        return b"+OK\r\n" + stuff(header + empty + b"".join(lines)) if empty else b"+OK\r\n" + on_wire(self.mailbox[n - 1])

    def do_dele(self, arguments):
        n = self.number(arguments)
        if not n:
            return b"-ERR no such message\r\n"
        self.deleted.add(n)
        return b"+OK\r\n"

    def do_noop(self, _):
        return b"+OK\r\n"

    def do_rset(self, _):
        self.deleted.clear()
        return b"+OK\r\n"

    def do_quit(self, _):
        for n in self.deleted:
            self.mailbox[n - 1] = None
        self.record.ended = "quit"
        return b"+OK bye\r\n"

    def there(self):
        return [(n, m) for n, m in enumerate(self.mailbox, 1) if m is not None and n not in self.deleted]

    def number(self, arguments):
        """The number of an existing message, as a lenient server parses it ("01"); otherwise None."""
        text = arguments.strip()
        n = int(text) if text.isdigit() else 0
        return n if any(n == there for there, _ in self.there()) else None


def on_wire(message):
    return bytes(message) if isinstance(message, Raw) else stuff(message)
