"""Runs a single postern-clamav by tests/tools/clamav_probe.c."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
DEADLINE_MS = 20000


def build_directory():
    return pathlib.Path(os.environ.get("POSTERN_BUILD", ROOT / "build")).resolve()


class Probe:
    """limits = {option: value} override the usual ones; .first is its first line ({"ready": pid} or {"exit": n})."""

    def __init__(self, database, directory, limits=None, temp=None, prepare=None):
        self.directory = pathlib.Path(directory)
        self.temp = pathlib.Path(temp or tempfile.mkdtemp(dir=directory))
        self.log_path = self.directory / "clamav.log"
        options = {"database": database, "workers": 1, "temp": self.temp, "max-scan-bytes": 400 << 20, "max-file-bytes": 100 << 20,
                   "max-recursion": 17, "max-files": 10000, "log-level": 2, **(limits or {})}
        build = build_directory()
        argv = [build / "tests/tools/clamav_probe", build / "src/postern-clamav"]
        for name, value in options.items():
            argv += [f"--{name}", value]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                            text=True, preexec_fn=prepare)
        self.first = self._answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        assert line, f"the probe ended: {self.log()}"
        return json.loads(line)

    def command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def ask(self, message, how="sealed", deadline_ms=DEADLINE_MS):
        path = self.directory / "message"
        path.write_bytes(message)
        answer = self.command(f"{how} {deadline_ms} {path}")
        assert answer.get("ours", True), answer
        return answer

    def verdict(self, message, **more):
        """Returns "clean", "infected NAME", "unscannable REASON", "failed" or "died"."""
        answer = self.ask(message, **more)
        if "died" in answer:
            return "died"
        detail = {"infected": answer["name"], "unscannable": answer["reason"]}.get(answer["kind"])
        return f"{answer['kind']} {detail}" if detail else answer["kind"]

    def loader_pid(self):
        return self.first["ready"]

    def worker_pid(self):
        self.command("worker")
        pid = self.loader_pid()
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0])

    def limit_worker(self, what, value):
        resource.prlimit(self.worker_pid(), what, (value, value))

    def remove_temp(self):
        shutil.rmtree(self.temp)

    def is_sanitized(self):
        """Is the program built with a sanitizer? Its sandbox then has no system call filter."""
        return "libasan" in pathlib.Path(f"/proc/{self.loader_pid()}/maps").read_text(encoding="ascii")

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")
