"""A terminal from which a program is started, and somebody who types on it."""

import os
import pty
import termios
import threading

from lab.process import await_condition


class Terminal:
    """`prefix` before a command makes this its controlling terminal, if it is started in a session of its own. Its other streams stay."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        # A shell starts background jobs with SIGINT and SIGQUIT ignored, and so perhaps these tests.
        self.prefix = ["env", "--default-signal=INT,QUIT", "sh", "-c", f'exec "$0" "$@" < {os.ttyname(self.slave)}']
        self.shown = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.slave)

    def look(self):
        """All that it has shown."""
        try:
            self.shown += os.read(self.master, 65536).decode()
        except BlockingIOError:
            pass
        return self.shown

    def await_text(self, text, count=1, timeout=30):
        await_condition(lambda: self.look().count(text) >= count, timeout, f"the terminal to show {text!r}, not {self.shown!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def shows_input(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def answering(self, prompt, *lines):
        """Types these lines, each when the prompt has come once more; the test continues meanwhile."""
        before = self.look().count(prompt)

        def answer():
            for n, line in enumerate(lines, before + 1):
                self.await_text(prompt, n)
                self.type(line + "\n")
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        return thread
