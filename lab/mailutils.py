"""GNU Mailutils' pop3d, as inetd would run it: a real server that modifies messages (Status, X-UID, X-IMAPbase) once they were read."""

import os
import socket
import subprocess
import threading

from lab.host import HERE

OWNER = 65534


class MailutilsPop3d:
    """A mailbox of user@lab.example, in mbox format, in a directory of the lab."""

    def __init__(self, lab, messages, user="bob", password="x"):
        self.user = f"{user}@lab.example"
        self.directory = lab.make_directory("mailutils")
        hashed = HERE.run(["openssl", "passwd", "-6", password]).stdout.strip()
        self._write("lab.example", f"{user}:{hashed}:{OWNER}:{OWNER}::{self.directory}/home:/bin/sh\n".encode())
        os.mkdir(f"{self.directory}/home")
        self._write("home/INBOX", b"".join(b"From a@example.org Sat Jan  1 00:00:00 2026\n" + m.replace(b"\r\n", b"\n") + b"\n" for m in messages))
        for name in ("", "home", "home/INBOX"):
            os.chown(f"{self.directory}/{name}", OWNER, OWNER)
        # Nothing about TLS: with any tls-mode 3.15 (Debian 12) wants a certificate, and 3.19 (Debian 13) crashes when it has one.
        self._write("pop3d.conf", f"""mode inetd;
auth {{ authorization virtdomain; authentication generic; }}
virtdomain {{ passwd-dir {self.directory}; }}
logging {{ syslog no; }}
""".encode())
        self._listener = HERE.listen("127.0.0.1", 0)
        self.address, self.port = self._listener.getsockname()[:2]
        self._processes = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()
        for process in self._processes:
            process.kill()
            process.wait()

    def _write(self, name, content):
        with open(f"{self.directory}/{name}", "wb") as f:
            f.write(content)

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._processes.append(subprocess.Popen(["pop3d", f"--config-file={self.directory}/pop3d.conf", "--inetd"], stdin=client,
                                                        stdout=client, stderr=subprocess.DEVNULL))
