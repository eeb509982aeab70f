"""The gateway under test: writes its configuration, starts, awaits, watches and stops the program."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import threading
import time

from lab.host import HERE
from lab.network import PROXY_PORT
from lab.process import SLOWNESS, await_condition
from lab.service_manager import ServiceManager
from lab.signatures import make_database

ROOT = pathlib.Path(__file__).resolve().parents[1]
USER, UID = "nobody", 65534
PASSWORD = "Sesam-oeffne-dich-4711"
COPYING = threading.Lock()
# What a sanitizer prints when it finds something.
REPORTS = re.compile(r"ERROR: (Address|Leak|Undefined)\w*Sanitizer|runtime error:|Assertion .* failed|assertion failed")


def build_directory():
    return pathlib.Path(os.environ.get("POSTERN_BUILD", ROOT / "build")).resolve()


def binary():
    return str(build_directory() / "src" / "postern")


def configuration(base, settings):
    """The text of a file with {section: {key: value}}; `settings` override `base`. A key with the value None is left out."""
    sections = {name: base.get(name, {}) | settings.get(name, {}) for name in [*base, *(name for name in settings if name not in base)]}
    return "".join(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
                   for name, keys in sections.items())


def is_sanitized():
    """Is it built with AddressSanitizer, which does not work in every sandbox?"""
    with open(binary(), "rb") as f:
        return b"__asan_init" in f.read()


def copy_programs(place):
    source = build_directory() / "src"
    for program in source.rglob("postern*"):
        if program.is_file() and os.access(program, os.X_OK) and not program.name.endswith(".so"):
            copy = place / program.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(program, copy)
    shutil.copytree(ROOT / "conf" / "notices", place / "notices")
    HERE.run(["chmod", "-R", "a+rX", str(place)])


def reachable_binary(lab):
    """A copy in the lab, with the notices beside it: unprivileged processes need them, too, and the tree may be in a private home
    directory. Threads may ask for it at the same time."""
    place = pathlib.Path(lab.directory) / "programs"
    with COPYING:
        if not place.exists():
            copy_programs(place)
    return str(place / "postern")


class Ended(Exception):
    """It ended instead of becoming ready; see .status and .log."""

    def __init__(self, status, log):
        super().__init__(f"status {status}\n{log}")
        self.status, self.log = status, log


class Postern:
    """Runs in `host`, with `settings` = {section: {key: value}} over the lab's own. `target` (anything with address and port) means fixed
    mode on loopback; otherwise it accepts what is redirected to port 8110. `text` replaces the whole configuration file."""

    def __init__(self, lab, settings=None, target=None, host=HERE, text=None, prefix=(), user=USER, start=True):
        self.lab, self.host = lab, host
        # Its notices contain the name of the host.
        named = ["unshare", "--uts", "sh", "-c", f'echo {host.name} > /proc/sys/kernel/hostname && exec "$0" "$@"']
        self.prefix = [*(named if host is not HERE else []), *prefix]
        self.binary = reachable_binary(lab)
        self.directory = lab.make_directory("postern")
        self.quarantine = self._own("quarantine", 0o700)
        self.spool = self._own("spool", 0o700)
        self.runtime = self._own("run", 0o755)
        self.config = os.path.join(self.directory, "postern.conf")
        self.address = host.ip4
        self.port = PROXY_PORT if target is None else host.free_port()
        self.log_path = os.path.join(self.directory, "log")
        self.daemon, self.expected_status = None, 0
        self.secrets = {PASSWORD}
        if text is None:
            text = self._text(settings or {}, target, user)
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(text)
        if start:
            self.start()

    def _own(self, name, mode):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        os.chmod(path, mode)
        os.chown(path, UID, UID)
        return path

    def _text(self, settings, target, user):
        base = {
            "postern": {"user": user, "relays": 2, "runtime_directory": self.runtime, "log_level": "debug"},
            "pop3": {"listen": "0.0.0.0:8110 [::]:8110", "interception": "redirect"} if target is None else {
                "listen": f"127.0.0.1:{self.port}", "interception": "fixed",
                "target": f"{target.address}:{target.port}", "ports": target.port},
            "spool": {"directory": self.spool},
            "scan": {"engines": "builtin"},
            "builtin": {"workers": 2},
            "quarantine": {"directory": self.quarantine},
            "notice": {"template": f"{os.path.dirname(self.binary)}/notices/en.mail"},
        }
        if "command" in settings:  # the lab's scripts that replace a scanner detect nothing
            base["scan"]["self_test"] = "none"
        if "database" not in settings.get("builtin", {}):
            base["builtin"]["database"] = make_database(os.path.join(self.directory, "database"))
        return configuration(base, settings)

    def start(self, wait=True):
        manager = ServiceManager(os.path.join(self.directory, "notify"))
        self.daemon = self.lab.start([*self.prefix, self.binary, "run", "-c", self.config], host=self.host, name="postern",
                                     log=self.log_path, env=manager.environment)
        with manager:
            if wait:
                try:
                    await_condition(lambda: self._is_ready(manager), 30, "postern to be ready")
                except TimeoutError as e:
                    raise TimeoutError(f"{e}\n{self.log()[-4000:]}") from None
        return self

    def _is_ready(self, manager):
        if "READY=1" in manager.heard:
            return True
        if not self.daemon.is_running():
            raise Ended(self.daemon.wait(), self.log())
        return False

    def log(self):
        return self.daemon.log()

    def await_log(self, pattern, timeout=10, count=1):
        return self.daemon.await_line(pattern, timeout, count)

    def children(self, role=None):
        """The live children by (role, index), from its log."""
        found = {}
        for line in self.log().splitlines():
            if "event=child_started" in line:
                values = dict(re.findall(r"(\w+)=(\S+)", line))
                found[values["role"], int(values["index"])] = int(values["pid"])
        return {key: pid for key, pid in found.items() if role in (None, key[0])}

    def command(self, *argv, check=True, input=None):
        """Runs another of its commands, with the same configuration."""
        more = {} if input is None else {"input": input}
        return self.host.run([*self.prefix, self.binary, argv[0], "-c", self.config, *argv[1:]], check=check, **more)

    def incidents(self):
        return json.loads(self.command("quarantine", "list", "--json").stdout)

    def start_again(self, meanwhile=lambda: None):
        """Starts it as a service manager does after a fault: again and again, for half a minute."""
        end = time.monotonic() + 30 * SLOWNESS
        while True:
            try:
                self.start()
                return
            except Ended:
                if time.monotonic() > end:
                    raise
            meanwhile()

    def stop(self):
        """Stops it as init would, and checks its promises: status 0, no sanitizer report, no secret in the log."""
        if not self.daemon:
            return
        was_running = self.daemon.is_running()
        status = self.daemon.stop(signal.SIGTERM, timeout=40)
        log = self.log()
        self.daemon = None
        assert "the deadline has passed" not in log, f"it had to kill its own children\n{log[-6000:]}"
        assert was_running, f"it had ended ({status}) before it was stopped\n{log[-3000:]}"
        assert status == self.expected_status, f"status {status}\n{log[-3000:]}"
        check_log(log, self.secrets)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.stop()
        except AssertionError:
            if kind is None:
                raise


def check_log(log, secrets):
    report = REPORTS.search(log)
    assert not report, log[max(report.start() - 200, 0):report.start() + 3000]
    for secret in secrets:
        for form in (secret, base64.b64encode(secret.encode()).decode(), base64.b64encode(b"\0bob\0" + secret.encode()).decode()):
            assert form not in log, f"a password is in the log:\n{next(line for line in log.splitlines() if form in line)}"


def script(lab, name, text):
    """An executable of the lab, readable by unprivileged processes: an engine for [command] run."""
    path = os.path.join(lab.make_directory("script"), name)
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path
