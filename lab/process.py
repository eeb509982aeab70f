"""Programs started by the lab: each is recorded, awaited by its output, and ended by its pid."""

import os
import re
import signal
import subprocess
import time

# How many times slower than usual this machine is, if it is an emulated one: what waits has as many times the patience.
SLOWNESS = int(os.environ.get("POSTERN_SLOWNESS", "1"))


def start_time(pid):
    """The kernel's start time of a process: together with the pid it identifies a process uniquely. None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            fields = f.read().rsplit(b")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def await_condition(condition, timeout=10, what="condition", step=0.01):
    """Polls until condition() is true and returns its result."""
    timeout *= SLOWNESS
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(step)


def freeze(pid):
    """Stops a process by SIGSTOP. That takes effect only when the process runs next, which is awaited; or its end, if it is killed for it."""
    def is_stopped():
        try:
            with open(f"/proc/{pid}/stat", "rb") as f:
                return f.read().rsplit(b")", 1)[1].split()[0] in (b"T", b"Z", b"X")
        except OSError:
            return True
    os.kill(pid, signal.SIGSTOP)
    await_condition(is_stopped, what=f"process {pid} to stop")


def kill_quietly(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Daemon:
    """A program in the background, with its output (both streams) in a file. It dies with the thread that started it."""

    def __init__(self, argv, log, name=None, env=None, cwd=None, ledger=None, pass_fds=()):
        self.name = name or os.path.basename(argv[0])
        self.log_path = log
        self._offset = os.path.getsize(log) if os.path.exists(log) else 0
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=env, cwd=cwd, start_new_session=True, pass_fds=pass_fds)
        if ledger:
            with open(ledger, "a", encoding="ascii") as f:
                f.write(f"{self.pid} {start_time(self.pid)}\n")

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def log(self):
        """Its output since it was started."""
        with open(self.log_path, "rb") as f:
            f.seek(self._offset)
            return f.read().decode("utf-8", "backslashreplace")

    def await_line(self, pattern, timeout=10, count=1):
        """Waits until `count` lines of its output match; returns the last match."""
        found = re.compile(pattern, re.M)

        def look():
            matches = list(found.finditer(self.log()))
            if len(matches) >= count:
                return matches[count - 1]
            if not self.is_running():
                raise RuntimeError(f"{self.name} ended ({self.process.returncode}) without /{pattern}/:\n{self.log()}")
            return None

        try:
            return await_condition(look, timeout, f"{self.name}: /{pattern}/")
        except TimeoutError as e:
            raise TimeoutError(f"{e}\n{self.log()[-4000:]}") from None

    def wait(self, timeout=10):
        return self.process.wait(timeout)

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Sends the signal, waits, then kills. Returns the exit status (negative: the signal that ended it)."""
        if self.is_running():
            kill_quietly(self.pid, number)
            try:
                self.process.wait(timeout * SLOWNESS)
            except subprocess.TimeoutExpired:
                kill_quietly(self.pid, signal.SIGKILL)
                self.process.wait(10)
        return self.process.returncode
