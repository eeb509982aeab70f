"""A service manager that receives a daemon's notifications (sd_notify's protocol)."""

import os
import socket
import threading
import time


class ServiceManager:
    """A notification socket at `path` that is always read, since a daemon would wait otherwise. `environment` is for the daemon, `heard`
    collects the notifications."""

    def __init__(self, path, **environment):
        if os.path.exists(path):
            os.unlink(path)
        self.heard = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        self.environment = os.environ | {"NOTIFY_SOCKET": path} | environment
        self._thread = threading.Thread(target=self._listen, name="service-manager", daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self):
        while said := self._socket.recv(4096):
            self.heard += said.decode().split("\n")

    def misses_watchdog(self, seconds, within):
        """Is there, within so long, no sign of life for that many seconds, after which a manager would restart the daemon?"""
        end, last, count = time.monotonic() + within, time.monotonic(), self.heard.count("WATCHDOG=1")
        while (now := time.monotonic()) < end:
            if (heard := self.heard.count("WATCHDOG=1")) != count:
                last, count = now, heard
            if now - last >= seconds:
                return True
            time.sleep(seconds / 50)
        return False

    def status(self):
        """The last STATUS; None: there was none."""
        return next((line.removeprefix("STATUS=") for line in reversed(self.heard) if line.startswith("STATUS=")), None)
