"""A place to run programs and make sockets in: this machine (HERE), or a network namespace of a lab."""

import ctypes
import json
import os
import re
import socket
import subprocess
import threading

from lab.process import SLOWNESS, await_condition

NETNS_DIRECTORY = "/run/netns"
CLONE_NEWNET = 0x40000000


class Host:
    """A place to run programs and make sockets in. This class is the machine itself (HERE); namespaces are LabHost."""

    name = "here"
    ip4, ip6 = "127.0.0.1", "::1"

    def command(self, argv):
        return list(argv)

    def within(self, function):
        """Runs function() in this host and returns its result."""
        return function()

    def run(self, argv, check=True, timeout=30, text=True, **more):
        """Runs a command to its end. Returns subprocess's CompletedProcess, with its output."""
        more.setdefault("stdin", subprocess.DEVNULL if "input" not in more else None)
        if more["stdin"] is None:
            del more["stdin"]
        done = subprocess.run(self.command(argv), capture_output=True, timeout=timeout * SLOWNESS, text=text, check=False, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(argv)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def listen(self, address, port=0, backlog=1024):
        """A listening socket of this host; port 0: any free one."""
        def make():
            s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if s.family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind((address, port))
            s.listen(backlog)
            return s
        return self.within(make)

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        return self.within(lambda: socket.socket(family, kind))

    def connect(self, address, port, timeout=10, source=None):
        s = self.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        s.settimeout(timeout * SLOWNESS)
        try:
            if source:
                s.bind((source, 0))
            s.connect((address, port))
        except BaseException:
            s.close()
            raise
        return s

    def sender(self, source):
        """Returns a function that connects from that address of the host."""
        return Sender(self, source)

    def free_port(self, address="127.0.0.1"):
        """A free port outside the range of outgoing connections."""
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
            low = int(f.read().split()[0])
        for _ in range(200):
            port = 10240 + int.from_bytes(os.urandom(4), "big") % max(low - 10240, 1024)
            try:
                self.listen(address, port).close()
                return port
            except OSError:
                continue
        raise RuntimeError("no free port")

    def await_port(self, address, port, timeout=10):
        def is_open():
            try:
                self.connect(address, port, timeout=2).close()
                return True
            except OSError:
                return False
        await_condition(is_open, timeout, f"{self.name}: port {port} of {address}")

    def traceroute(self, address, port):
        """TCP traceroute. Returns the hops' addresses in order, "*" for silence, and "[open]" last if the end accepts."""
        done = self.run(["traceroute", "-T", "-n", "-O", "info", "-p", str(port), "-q", "1", "-w", "2", "-m", "8", address], timeout=60)
        hops = []
        for line in done.stdout.splitlines()[1:]:
            hop = re.match(r"\s*\d+\s+(\S+)", line)
            if hop:
                hops.append(hop[1])
            if "<syn,ack" in line:
                hops.append("[open]")
        return hops


class Sender:
    def __init__(self, host, source):
        self.host, self.source = host, source

    def connect(self, address, port, timeout=10):
        return self.host.connect(address, port, timeout, self.source)


HERE = Host()


class LabHost(Host):
    """A network namespace of the lab, named after it; with a place in the network (its addresses), or without."""

    def __init__(self, lab, name, place=None):
        self.lab, self.name, self.netns = lab, name, f"{lab.name}-{name}"
        self.path = f"{NETNS_DIRECTORY}/{self.netns}"
        if place:
            self.ip4, self.ip6 = place.ip4, place.ip6

    def command(self, argv):
        return ["nsenter", f"--net={self.path}", *argv]

    def within(self, function):
        """A network namespace belongs to a thread: runs in a new thread that enters it."""
        result = []

        def enter_and_run():
            try:
                enter_namespace(self.path)
                result.append((function(), None))
            except BaseException as e:  # re-raised in the caller
                result.append((None, e))

        thread = threading.Thread(target=enter_and_run)
        thread.start()
        thread.join()
        value, error = result[0]
        if error:
            raise error
        return value

    def start(self, argv, name=None, **more):
        """Starts a program in the background; it ends with the lab."""
        return self.lab.start(argv, host=self, name=name, **more)

    def sysctl(self, **values):
        """sysctl(**{"ipv4/ip_forward": 1}), relative to net/."""
        def write():
            for key, value in values.items():
                with open("/proc/sys/net/" + key, "w", encoding="ascii") as f:
                    f.write(str(value))
        self.within(write)

    def ip(self, *lines, family=None):
        """Commands for ip(8), in one batch. The family follows from their addresses; pass it if there are none."""
        self.run(["ip", *([family] if family else []), "-batch", "-"], input="\n".join(lines) + "\n")

    def nft(self, text):
        self.run(["nft", "-f", "-"], input=text)

    def delete_rule(self, table, comment, chain=None):
        """Removes the only rule with this comment from a table of family inet (or from one of its chains)."""
        reported = json.loads(self.run(["nft", "--json", "list", "table", "inet", table]).stdout)
        rules = [entry["rule"] for entry in reported["nftables"] if entry.get("rule", {}).get("comment") == comment]
        (rule,) = [rule for rule in rules if chain in (None, rule["chain"])]
        self.nft(f"delete rule inet {table} {rule['chain']} handle {rule['handle']}")

    def mac(self, interface="eth0"):
        return json.loads(self.run(["ip", "-json", "link", "show", interface]).stdout)[0]["address"]

    def counter(self, table, name):
        """Packets counted by a named nft counter of a table of family inet."""
        reported = json.loads(self.run(["nft", "--json", "list", "counter", "inet", table, name]).stdout)
        return next(entry["counter"]["packets"] for entry in reported["nftables"] if "counter" in entry)


def enter_namespace(path):
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(fd)
