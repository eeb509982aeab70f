"""A machine that boots: systemd in a container (systemd-nspawn), with an isolated network.

debootstrap makes its root from this host's release, with the libraries that the programs of this build need, cached below build/roots.
Changes are kept in memory and discarded.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from lab.host import HERE, LabHost
from lab.postern import build_directory
from lab.process import await_condition, kill_quietly

MORE = ["systemd", "systemd-sysv", "dbus", "nftables", "iproute2", "procps"]
SOURCES = ["/etc/apt/sources.list", *sorted(map(str, pathlib.Path("/etc/apt/sources.list.d").glob("*")))]


def release():
    with open("/etc/os-release", encoding="utf-8") as f:
        return re.search(r"^VERSION_CODENAME=(\S+)", f.read(), re.M)[1]


def mirror():
    """The Debian mirror that this machine uses."""
    for source in SOURCES:
        with contextlib.suppress(OSError, UnicodeDecodeError), open(source, encoding="utf-8") as f:
            if found := re.search(r"^(?:URIs:|deb(?: \[[^]]*\])?)\s+(\S+/debian/?)(?:\s|$)", f.read(), re.M):
                return found[1]
    raise LookupError("no source of Debian in apt's configuration")


def libraries(build):
    """The packages of the shared libraries that the build's programs need."""
    reported = HERE.run(["ldd", f"{build}/src/postern", f"{build}/src/postern-clamav"]).stdout
    paths = {os.path.realpath(path) for path in re.findall(r"=> (/\S+)", reported)}
    names = paths | {path.removeprefix("/usr") for path in paths}
    owners = HERE.run(["dpkg", "-S", *sorted(names)], check=False).stdout
    return sorted({line.split(":")[0] for line in owners.splitlines()})


def root():
    """The cached root; created if it is missing."""
    build = build_directory()
    place = build / "roots" / release()
    if not place.exists():
        partial = build / "roots" / (release() + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(exist_ok=True)
        HERE.run(["debootstrap", "--variant=minbase", "--include=" + ",".join(MORE + libraries(build)), release(), str(partial), mirror()], timeout=1800)
        partial.rename(place)
    return place


class Machine(LabHost):
    """Postern is installed on it; call `boot` when its files are ready."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="machine-", dir="/tmp")
        self.root = f"{self.directory}/root"
        self.nspawn, self.leader = None, None
        HERE.run(["mount", "-t", "tmpfs", "machine", self.directory])
        for name in ("root", "upper", "work"):
            os.mkdir(f"{self.directory}/{name}")
        HERE.run(["mount", "-t", "overlay", "machine", "-o", f"lowerdir={root()},upperdir={self.directory}/upper,workdir={self.directory}/work",
                  self.root])
        HERE.run(["meson", "install", "-C", str(build_directory()), "--no-rebuild"], env=os.environ | {"DESTDIR": self.root})

    def write(self, path, text):
        file = pathlib.Path(self.root + path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def boot(self):
        with open(f"{self.directory}/console", "wb") as console:
            self.nspawn = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--boot", "--private-network", "--register=no", "--keep-unit", "--console=pipe", f"--machine=postern-{os.getpid()}",
                 "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
                 f"--directory={self.root}"], stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)
        self.leader = await_condition(self._find_leader, 30, "its first process")
        self.path = f"/proc/{self.leader}/ns/net"
        await_condition(lambda: self.ask(["systemctl", "is-system-running"]).stdout.strip() in ("running", "degraded"), 120, "it to boot", 0.2)
        return self

    def _find_leader(self):
        assert self.nspawn.poll() is None, self.console()
        with contextlib.suppress(OSError):
            for pid in pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split():
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    return int(pid)
        return None

    def console(self):
        return pathlib.Path(f"{self.directory}/console").read_text(errors="replace")

    def ask(self, argv):
        """Runs a program on it, as root. Returns its status and output."""
        return subprocess.run(["nsenter", "-t", str(self.leader), "-a", *argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)

    def do(self, *argv):
        done = self.ask(list(argv))
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}\n{self.ask(['journalctl', '-n', '30', '--no-pager']).stdout}"
        return done.stdout

    def show(self, unit, *properties):
        reported = self.do("systemctl", "show", unit, "-p", ",".join(properties))
        values = dict(line.split("=", 1) for line in reported.splitlines())
        return values[properties[0]] if len(properties) == 1 else [values[name] for name in properties]

    def kill(self, pid, number):
        """Kills a process by its pid on that machine."""
        self.do("kill", f"-{signal.Signals(number).name.removeprefix('SIG')}", str(pid))

    def pids(self, title):
        """Its processes with this title."""
        reported = self.do("ps", "-eo", "pid,args").splitlines()[1:]
        return [int(line.split(None, 1)[0]) for line in reported if line.split(None, 1)[1].strip() == title]

    def close(self):
        if self.nspawn:
            if self.leader:
                kill_quietly(self.leader, signal.SIGRTMIN + 4)  # poweroff
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.nspawn.wait(30)
            if self.nspawn.poll() is None:
                kill_quietly(self.leader, signal.SIGKILL)
                self.nspawn.kill()
                self.nspawn.wait()
        HERE.run(["umount", "-R", self.root], check=False)
        HERE.run(["umount", "-l", self.directory], check=False)
        os.rmdir(self.directory)
