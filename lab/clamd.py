"""A clamd of the lab, with configuration, signatures and socket in a directory of the lab; and a fake that lies on demand.

A clamd of the system is neither read nor touched.
"""

import contextlib
import os
import socket
import threading

from lab.host import HERE
from lab.process import await_condition
from lab.signatures import make_database


class Clamd:
    """The real one, on a Unix socket and on a TCP port of loopback. alerts: AlertExceedsMax and AlertEncrypted. database: a directory of
    signatures; default: the lab's few signatures."""

    def __init__(self, lab, alerts=True, limits="", database=None):
        self.lab, self.alerts, self.limits = lab, alerts, limits
        self.directory = lab.make_directory("clamd")
        self.path = os.path.join(self.directory, "clamd.ctl")
        self.port = HERE.free_port()
        self.database = database or make_database(os.path.join(self.directory, "database"))
        self.config = os.path.join(self.directory, "clamd.conf")
        self.daemon, self.threads = None, 10
        self.start()

    @property
    def tcp(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        yes = "yes" if self.alerts else "no"
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f"""Foreground yes
LocalSocket {self.path}
LocalSocketMode 666
FixStaleSocket yes
TCPSocket {self.port}
TCPAddr 127.0.0.1
DatabaseDirectory {self.database}
TemporaryDirectory {self.directory}
SelfCheck 3600
MaxThreads {self.threads}
AlertExceedsMax {yes}
AlertEncrypted {yes}
{self.limits}
""")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.daemon = self.lab.start(["clamd", "-c", self.config], name="clamd")
        await_condition(lambda: os.path.exists(self.path) and self.ask(b"PING") == b"PONG", 30, "clamd to answer")

    def ask(self, command):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(10)
                s.connect(self.path)
                s.sendall(b"z" + command + b"\0")
                return s.recv(1000).rstrip(b"\0")
        except OSError:
            return b""

    def kill(self):
        self.daemon.process.kill()
        self.daemon.process.wait(10)


class LyingClamd:
    """Answers every scan with `answer` (raw bytes; None: never), then closes."""

    def __init__(self, lab, answer):
        self.answer = answer
        self.version = b"ClamAV 9.9.9/1/today"
        self.scans = 0
        self.path = os.path.join(lab.make_directory("liar"), "clamd.ctl")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self._listener.listen(100)
        self._open = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Waits until its thread has left accept() before the descriptor is free: otherwise the next fake's listener may get the same
        number, and this one's answer with it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def answer_to(self, content):
        """For fakes that inspect the content."""
        return self.answer

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        command, descriptors = b"", []
        while not descriptors and not command.startswith((b"zVERSION\0", b"zSTATS\0")):
            data, descriptors, _, _ = socket.recv_fds(connection, 100, 4)
            command += data
            if not data:
                return
        content = b""
        for descriptor in descriptors:
            content += os.pread(descriptor, 1 << 20, 0)
            os.close(descriptor)
        if command.startswith(b"zVERSION"):
            connection.sendall(self.version + b"\0")
        elif command.startswith(b"zSTATS"):
            connection.sendall(b"COMMAND UNAVAILABLE\0")
        else:
            self.scans += 1
            answer = self.answer_to(content)
            if answer is None:
                self._open.append(connection)
                return
            with contextlib.suppress(BrokenPipeError):  # the client did not wait
                connection.sendall(answer)
        connection.close()


class WaitingClamd(LyingClamd):
    """Finds nothing. Answers for a message that contains SLOW after `released`, for any other at once. `seen`: how many with SLOW."""

    SLOW = b"slow to scan"

    def __init__(self, lab):
        self.released, self.seen = threading.Event(), 0
        super().__init__(lab, b"fd[9]: OK\0")

    def answer_to(self, content):
        if self.SLOW in content:
            self.seen += 1
            self.released.wait(100)
        return self.answer

    def close(self):
        self.released.set()
        super().close()
