"""The programs that can be placed between the load and the server. PLACEMENTS is the table; to add one, add a line there."""

import contextlib
import os
from dataclasses import dataclass
from typing import Callable

from bench import processes
from lab import HERE
from lab.clamd import Clamd
from lab.postern import Postern, build_directory
from lab.signatures import body_signature, eicar, EICAR_NAME

DESCRIPTORS = 20000


def program(name):
    return str(build_directory() / "bench" / name)


@dataclass
class Running:
    """A running placement: its port, and a function that returns the current {role: [pid]} of all its processes."""
    port: int
    roles: Callable


class Server:
    """The scripted server, to which all placements connect."""

    address = "127.0.0.1"

    def __init__(self, lab):
        self.daemon = lab.start([program("pop3_source")])
        self.port = int(self.daemon.await_line(r"^port (\d+)")[1])


def _all_of(name, daemon):
    return lambda: {name: [daemon.pid, *processes.children(daemon.pid)]}


def _direct(lab, server, options):
    return Running(server.port, dict)


def _yardstick(mode):
    def start(lab, server, options):
        daemon = lab.start([program("yardstick"), mode, str(server.port)])
        return Running(int(daemon.await_line(r"^port (\d+)")[1]), _all_of("relay", daemon))
    return start


def _with_file(lab, name, text):
    path = os.path.join(lab.make_directory(name), f"{name}.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def _haproxy(lab, server, options):
    port = HERE.free_port()
    path = _with_file(lab, "haproxy", f"""
global
    maxconn {DESCRIPTORS // 3}
    nbthread {os.cpu_count()}
defaults
    mode tcp
    timeout connect 10s
    timeout client 10m
    timeout server 10m
listen pop3
    bind 127.0.0.1:{port}
    server pop3 127.0.0.1:{server.port}
""")
    daemon = lab.start(["haproxy", "-db", "-f", path])
    HERE.await_port("127.0.0.1", port)
    return Running(port, _all_of("haproxy", daemon))


def _nginx(lab, server, options):
    port = HERE.free_port()
    path = _with_file(lab, "nginx", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes {os.cpu_count()};
worker_rlimit_nofile {DESCRIPTORS};
pid {lab.directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections {DESCRIPTORS}; }}
stream {{
    server {{
        listen 127.0.0.1:{port};
        proxy_pass 127.0.0.1:{server.port};
    }}
}}
""")
    daemon = lab.start(["nginx", "-p", lab.directory, "-e", "stderr", "-c", path])
    HERE.await_port("127.0.0.1", port)
    return Running(port, _all_of("nginx", daemon))


def _postern(engine):
    """Postern as an administrator would run it. engine(lab, options) returns its settings, {section: {key: value}}, and the pids of
    engine processes that are not Postern's own."""
    def start(lab, server, options):
        settings, engine_pids = engine(lab, options)
        postern = Postern(lab, target=server, settings={
            "postern": {"relays": "auto", "log_level": "info"},
            "pop3": {"max_sessions": DESCRIPTORS, "max_sessions_per_client": 0},
            **settings})
        options.closing.callback(postern.stop)

        def roles():
            found = {"parent": [postern.daemon.pid], "engine": list(engine_pids)}
            for (role, _), pid in postern.children().items():
                name = "engine" if role == "clamav" else role
                found.setdefault(name, []).extend([pid, *(processes.children(pid) if name == "engine" else [])])
            return found
        return Running(postern.port, roles)
    return start


def make_signatures(directory, count):
    """A set of the given size that matches no real file: nine of ten signatures are hashes, as in the official set."""
    state = 88172645463325252

    def random_bytes(n):
        nonlocal state
        made = b""
        while len(made) < n:
            state ^= state << 13 & (1 << 64) - 1
            state ^= state >> 7
            state ^= state << 17 & (1 << 64) - 1
            made += state.to_bytes(8, "little")
        return made[:n]

    with open(os.path.join(directory, "bench.hsb"), "w", encoding="ascii") as f:
        for i in range(count * 9 // 10):
            value = random_bytes(32)
            f.write(f"{value.hex()}:{1000 + int.from_bytes(value[:3], 'big')}:Bench.Hash-{i}\n")
    with open(os.path.join(directory, "bench.ndb"), "w", encoding="ascii") as f:
        f.write(body_signature(EICAR_NAME, eicar()) + "\n")
        for i in range(count // 10):
            value = random_bytes(24)
            f.write(body_signature(f"Bench.Body-{i}", value) + "\n")


def _database(lab, options):
    """The signature directory that all engines of a run share."""
    if not options.database:
        options.database = lab.make_directory("signatures")
        make_signatures(options.database, options.signatures)
    return options.database


def _none(lab, options):
    return {"scan": {"engines": "none"}}, ()


def _builtin(lab, options):
    return {"scan": {"engines": "builtin"}, "builtin": {"workers": "auto", "database": _database(lab, options)}}, ()


def _clamd(way):
    def settings(lab, options):
        if not options.clamd:
            options.clamd = Clamd(lab, limits="DisableCache yes", database=_database(lab, options))
        return {"scan": {"engines": "clamd"}, "clamd": {"socket": getattr(options.clamd, way)}}, (options.clamd.daemon.pid,)
    return settings


@dataclass
class Placement:
    name: str
    start: Callable
    about: str


PLACEMENTS = {p.name: p for p in (
    Placement("direct", _direct, "no relay at all"),
    Placement("cut", _yardstick("cut"), "yardstick: copies bytes in both directions as they arrive"),
    Placement("store", _yardstick("store"), "yardstick: receives a whole message, then sends it"),
    Placement("store+sha256", _yardstick("store-sha256"), "the same, and hashes it"),
    Placement("haproxy", _haproxy, "haproxy, mode tcp"),
    Placement("nginx", _nginx, "nginx, stream"),
    Placement("postern none", _postern(_none), "Postern, engines = none: received whole, held, taken as clean, delivered"),
    Placement("postern builtin", _postern(_builtin), "Postern with its built-in engine"),
    Placement("postern fildes", _postern(_clamd("path")), "Postern with clamd, which receives a descriptor"),
    Placement("postern instream", _postern(_clamd("tcp")), "Postern with clamd, which receives the bytes over TCP"),
)}


@dataclass
class Options:
    """The options of a run, and what its placements share."""
    signatures: int
    closing: contextlib.ExitStack
    database: str = ""
    clamd: Clamd = None


class Bench:
    """The server and the named placements, all running at the same time, for the duration of the `with`."""

    def __init__(self, lab, names, signatures):
        self.lab, self.names = lab, names
        self.options = Options(signatures, contextlib.ExitStack())

    def __enter__(self):
        self.server = Server(self.lab)
        self.running = {name: PLACEMENTS[name].start(self.lab, self.server, self.options) for name in self.names}
        return self

    def __exit__(self, *exception):
        self.options.closing.__exit__(*exception)
