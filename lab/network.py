"""The network: one LAN on one bridge, a mirror, a proxy, a router, and a provider behind it.

    janus 192.168.0.4      the client                default route: saturne
    saturne 192.168.0.2    the mirror, one leg       default route: router
    mercure 192.168.0.3    the proxy                 default route: router
    mercure2 192.168.0.5   a second proxy            default route: router
    router 192.168.0.1 and 203.0.113.1               masquerades
    provider 203.0.113.10                            the mail server

The same with 2001:db8:1::N on the LAN and 2001:db8:2::N outside. Each host is a network namespace, the bridge is in one more; nothing is
linked to the machine's own network and no sysctl outside of the namespaces is touched.
"""

import atexit
import ctypes
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass

from lab.process import Daemon, await_condition, kill_quietly, start_time

LAN4, LAN6 = "192.168.0.0/24", "2001:db8:1::/64"
MARK, TABLE, PROXY_PORT = 0x6E, 200, 8110
LOCAL_MARK, LOCAL_TABLE = 0x1, 100
NETNS_DIRECTORY = "/run/netns"
CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Place:
    """Where a host is: its number in the LAN's networks, or outside of them, and the number of its gateway."""
    number: int
    gateway: int | None
    outside: bool = False

    @property
    def ip4(self):
        return f"203.0.113.{self.number}" if self.outside else f"192.168.0.{self.number}"

    @property
    def ip6(self):
        return f"2001:db8:2::{self.number}" if self.outside else f"2001:db8:1::{self.number}"


PLACES = {
    "router": Place(1, None),
    "saturne": Place(2, 1),
    "mercure": Place(3, 1),
    "janus": Place(4, 2),
    "mercure2": Place(5, 1),
    "provider": Place(10, 1, outside=True),
}


class Host:
    """A place to run programs in and to make sockets in. This class is the machine itself (HERE); its namespaces are LabHost."""

    name = "here"
    ip4, ip6 = "127.0.0.1", "::1"

    def command(self, argv):
        return list(argv)

    def within(self, function):
        """Runs function() as seen from this host and returns what it gave."""
        return function()

    def run(self, argv, check=True, timeout=30, text=True, **more):
        """Runs a command to its end. Gives subprocess's CompletedProcess, with what it wrote."""
        more.setdefault("stdin", subprocess.DEVNULL if "input" not in more else None)
        if more["stdin"] is None:
            del more["stdin"]
        done = subprocess.run(self.command(argv), capture_output=True, timeout=timeout, text=text, check=False, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(argv)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def listen(self, address, port=0, backlog=1024):
        """A listening socket of this host; port 0 takes any that is free."""
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

    def connect(self, address, port, timeout=10):
        s = self.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        s.settimeout(timeout)
        try:
            s.connect((address, port))
        except BaseException:
            s.close()
            raise
        return s

    def free_port(self, address="127.0.0.1"):
        """A port nobody listens on now, from outside of the range that outgoing connections use."""
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
        """TCP traceroute. Gives the hops' addresses in order, "*" for silence, and "[open]" last if the end accepts."""
        done = self.run(["traceroute", "-T", "-n", "-O", "info", "-p", str(port), "-q", "1", "-w", "2", "-m", "8", address], timeout=60)
        hops = []
        for line in done.stdout.splitlines()[1:]:
            hop = re.match(r"\s*\d+\s+(\S+)", line)
            if hop:
                hops.append(hop[1])
            if "<syn,ack" in line:
                hops.append("[open]")
        return hops


HERE = Host()


class LabHost(Host):
    def __init__(self, lab, name):
        self.lab, self.name, self.netns = lab, name, f"{lab.name}-{name}"
        self.path = f"{NETNS_DIRECTORY}/{self.netns}"
        place = PLACES.get(name)
        if place:
            self.ip4, self.ip6 = place.ip4, place.ip6

    def command(self, argv):
        return ["nsenter", f"--net={self.path}", *argv]

    def within(self, function):
        """A network namespace is a thread's own: a thread made for it goes there, and ends there."""
        result = []

        def enter_and_run():
            try:
                enter_namespace(self.path)
                result.append((function(), None))
            except BaseException as e:  # handed to the caller, whatever it is
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
        """Commands for ip(8), in one batch. Addresses in them speak for themselves; where there are none, tell the family."""
        self.run(["ip", *([family] if family else []), "-batch", "-"], input="\n".join(lines) + "\n")

    def nft(self, text):
        self.run(["nft", "-f", "-"], input=text)

    def mac(self, interface="eth0"):
        return json.loads(self.run(["ip", "-json", "link", "show", interface]).stdout)[0]["address"]

    def counter(self, table, name):
        """How many packets a named nft counter of a table of family inet has seen."""
        told = json.loads(self.run(["nft", "--json", "list", "counter", "inet", table, name]).stdout)
        return next(entry["counter"]["packets"] for entry in told["nftables"] if "counter" in entry)


def enter_namespace(path):
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(fd)


def run(argv, **more):
    return HERE.run(argv, **more)


class Lab:
    """One instance of the network, and all that is started in it. Use it in a `with`; several may be up at once."""

    _counter = itertools.count(1)

    def __init__(self, tag="lab", hosts=tuple(PLACES), keep=False):
        """keep: it outlives this process, until somebody calls remove(its name)."""
        sweep()
        os.umask(0o022)  # unprivileged daemons are to read what is made for them
        owner = "0-0" if keep else f"{os.getpid()}-{start_time(os.getpid())}"
        self.name = f"plab-{tag}-{owner}" if keep else f"plab-{tag}{next(Lab._counter)}-{owner}"
        self._attach(hosts)
        self._keep = keep
        self._pid = os.getpid()
        if os.path.exists(self.directory):
            raise FileExistsError(f"{self.name} is up already")
        os.mkdir(self.directory, 0o755)
        os.chmod(self.directory, 0o755)
        if not keep:
            atexit.register(self.close)
        try:
            if hosts:
                self._lay()
        except BaseException:
            self.close(force=True)
            raise

    @classmethod
    def attach(cls, name):
        """The lab of that name, which another process laid (see `keep`)."""
        lab = cls.__new__(cls)
        lab.name = name
        lab._attach(tuple(h for h in PLACES if os.path.exists(f"{NETNS_DIRECTORY}/{name}-{h}")))
        lab._keep, lab._pid = True, os.getpid()
        return lab

    def _attach(self, hosts):
        self.directory = os.path.join(tempfile.gettempdir(), self.name)
        self.daemons = []
        self.hosts = {name: LabHost(self, name) for name in hosts}
        self.switch = LabHost(self, "switch")

    def __getattr__(self, name):
        try:
            return self.__dict__["hosts"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, argv, host=HERE, name=None, **more):
        name = name or os.path.basename(argv[0])
        log = more.pop("log", None) or os.path.join(self.directory, f"{name}-{len(self.daemons)}.log")
        daemon = Daemon(host.command(argv), log, name, ledger=os.path.join(self.directory, "pids"), **more)
        self.daemons.append(daemon)
        return daemon

    def make_directory(self, name, mode=0o755):
        """A fresh directory of the lab's, readable by unprivileged daemons unless told otherwise."""
        path = tempfile.mkdtemp(prefix=name + "-", dir=self.directory)
        os.chmod(path, mode)
        return path

    def close(self, force=False):
        """Ends everything and leaves nothing. Safe to call twice, and in a forked child, where it does nothing."""
        if self._pid != os.getpid() or (self._keep and not force):
            return
        atexit.unregister(self.close)
        for daemon in reversed(self.daemons):
            daemon.stop(timeout=5)
        self.daemons.clear()
        remove(self.name)

    # The network.

    def _lay(self):
        run(["ip", "-batch", "-"], input="".join(f"netns add {h.netns}\n" for h in [self.switch, *self.hosts.values()]))
        self.switch.ip("link add lan type bridge forward_delay 0", "link set lan up")
        for name, host in self.hosts.items():
            self._plug(name, host)
        if "router" in self.hosts:
            self._set_up_router()

    def _plug(self, name, host):
        place = PLACES[name]
        host.sysctl(**{
            "ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/default/accept_dad": 0, "ipv6/conf/all/accept_dad": 0,
            "ipv6/conf/default/accept_ra": 0, "ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0,
            "ipv4/icmp_ratelimit": 0, "ipv6/icmp/ratelimit": 0,
        })
        # The provider hangs on a wire from the router, all others on the bridge.
        peer, end = (self.hosts["router"], "eth1") if place.outside else (self.switch, name)
        peer.ip(f"link add {end} type veth peer name eth0 netns {host.netns}", f"link set {end} up",
                *([f"link set {end} master lan"] if not place.outside else []))
        net = place.ip4.rsplit(".", 1)[0], place.ip6.rsplit(":", 1)[0]
        routes = [] if place.gateway is None else [f"route add default via {net[0]}.{place.gateway}",
                                                   f"route add default via {net[1]}:{place.gateway}"]
        host.ip("link set lo up", "link set eth0 up", f"addr add {place.ip4}/24 dev eth0",
                f"addr add {place.ip6}/64 dev eth0 nodad", *routes)

    def _set_up_router(self):
        router = self.hosts["router"]
        self._forward(router)
        if "provider" in self.hosts:
            router.ip("addr add 203.0.113.1/24 dev eth1", "addr add 2001:db8:2::1/64 dev eth1 nodad")
        router.nft("""
            table inet router {
                chain out { type nat hook postrouting priority srcnat; oifname "eth1" masquerade; }
            }""")

    @staticmethod
    def _forward(host):
        """A one-legged router must not tell its clients of the shorter way: mail would then go past it."""
        host.sysctl(**{"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/send_redirects": 0,
                       "ipv4/conf/default/send_redirects": 0, "ipv4/conf/eth0/send_redirects": 0})
        # IPv6 has no such switch.
        host.nft("""
            table inet no_redirects {
                chain out { type filter hook output priority filter; icmpv6 type nd-redirect drop; }
            }""")

    def mirror_forward(self):
        """saturne is a router."""
        self._forward(self.hosts["saturne"])

    def mirror_divert(self, proxy="mercure"):
        """saturne marks what goes to port 110 and sends marked packets to the proxy; with no such route, nowhere."""
        saturne, to = self.hosts["saturne"], PLACES[proxy]
        # Stateless: the mirror sees one direction only. The proxies' own connections are left alone.
        saturne.nft(f"""
            table inet mirror {{
                chain divert {{
                    type filter hook prerouting priority mangle;
                    ip saddr {{ {PLACES['mercure'].ip4}, {PLACES['mercure2'].ip4} }} return
                    ip6 saddr {{ {PLACES['mercure'].ip6}, {PLACES['mercure2'].ip6} }} return
                    iifname "eth0" tcp dport 110 meta mark set {MARK:#x}
                }}
            }}""")
        for family, gateway in (("-4", to.ip4), ("-6", to.ip6)):
            saturne.ip(f"rule add fwmark {MARK:#x} table {TABLE}",
                       f"route add default via {gateway} dev eth0 metric 100 table {TABLE}",
                       f"route add unreachable default metric 4000 table {TABLE}", family=family)

    def mirror_lose_proxy(self):
        """The route to the proxy goes away; the rule and the mark stay."""
        for family in ("-4", "-6"):
            self.hosts["saturne"].ip(f"route del default metric 100 table {TABLE}", family=family)

    def proxy_forward(self, proxy="mercure"):
        """The proxy passes on what it does not take itself."""
        self._forward(self.hosts[proxy])

    def proxy_redirect(self, proxy="mercure", port=PROXY_PORT):
        """The proxy takes connections to port 110 for itself, but those to the LAN."""
        self.hosts[proxy].nft(f"""
            table inet proxy {{
                chain intercept {{
                    type nat hook prerouting priority dstnat;
                    iifname "eth0" ip daddr != {LAN4} tcp dport 110 redirect to :{port}
                    iifname "eth0" ip6 daddr != {LAN6} tcp dport 110 redirect to :{port}
                }}
            }}""")

    def proxy_deliver_marked(self, proxy="mercure"):
        """What the packet filter marked stays on the proxy, whatever its address is; so does what belongs to a connection under a
        foreign address: its clients' half with TPROXY, its servers' with source = client."""
        self.hosts[proxy].nft(f"""
            table inet proxy {{
                chain keep {{
                    type filter hook prerouting priority mangle - 1;
                    iifname "eth0" meta l4proto tcp socket transparent 1 socket wildcard 0 meta mark set {LOCAL_MARK:#x}
                }}
            }}""")
        for family in ("-4", "-6"):
            self.hosts[proxy].ip(f"rule add fwmark {LOCAL_MARK:#x} table {LOCAL_TABLE}",
                                 f"route add local default dev lo table {LOCAL_TABLE}", family=family)

    def proxy_tproxy(self, proxy="mercure", port=PROXY_PORT):
        """The same without changing an address: the proxy's socket has the server's."""
        self.proxy_deliver_marked(proxy)
        self.hosts[proxy].nft(f"""
            table inet proxy {{
                chain intercept {{
                    type filter hook prerouting priority mangle;
                    meta mark {LOCAL_MARK:#x} accept
                    iifname "eth0" ip daddr != {LAN4} tcp dport 110 tproxy ip to :{port} meta mark set {LOCAL_MARK:#x}
                    iifname "eth0" ip6 daddr != {LAN6} tcp dport 110 tproxy ip6 to :{port} meta mark set {LOCAL_MARK:#x}
                }}
            }}""")

    def router_return(self, proxy="mercure"):
        """For source = client: a connection that comes from the proxy's interface is remembered, and its replies go back there,
        although they are addressed to the client."""
        router, to = self.hosts["router"], PLACES[proxy]
        router.nft(f"""
            table inet way_back {{
                chain remember {{
                    type filter hook prerouting priority mangle;
                    iifname "eth0" ether saddr {self.hosts[proxy].mac()} tcp dport 110 ct mark set {MARK:#x}
                    iifname "eth1" ct mark {MARK:#x} meta mark set ct mark
                }}
            }}""")
        for family, gateway in (("-4", to.ip4), ("-6", to.ip6)):
            router.ip(f"rule add fwmark {MARK:#x} table {TABLE}", f"route add default via {gateway} dev eth0 table {TABLE}", family=family)

    def router_forget_masquerade(self):
        """The provider sees the LAN's own addresses."""
        self.hosts["router"].nft("delete table inet router")

    def divert_everything(self, proxy="mercure", port=PROXY_PORT, tproxy=False):
        """All the steps at once."""
        self.mirror_forward()
        self.mirror_divert(proxy)
        self.proxy_forward(proxy)
        (self.proxy_tproxy if tproxy else self.proxy_redirect)(proxy, port)


# Labs by name, and what is left of dead ones.

NAME = re.compile(r"(plab-[a-z0-9]+-(\d+)-(\d+))(?:-[a-z0-9]+)?")


def names():
    """The labs there are: name -> whether its owner lives (a kept one always does)."""
    found = {}
    for directory in (NETNS_DIRECTORY, tempfile.gettempdir()):
        try:
            entries = os.listdir(directory)
        except FileNotFoundError:
            continue
        for entry in entries:
            name = NAME.fullmatch(entry)
            if name:
                pid, start = int(name[2]), int(name[3])
                found[name[1]] = pid == 0 or start_time(pid) == start
    return found


def sweep():
    """Removes what owners left that were killed."""
    for name, is_alive in names().items():
        if not is_alive:
            remove(name)


def remove(name):
    """Ends the processes of the lab of that name and takes away its namespaces, mounts and files."""
    assert NAME.fullmatch(name)
    directory = os.path.join(tempfile.gettempdir(), name)
    spaces = [e for e in _list(NETNS_DIRECTORY) if (m := NAME.fullmatch(e)) and m[1] == name]
    _end_processes(lambda: _written_down(directory) | _inside(spaces) | _running_from(directory))
    for space in spaces:
        run(["ip", "netns", "delete", space], check=False)
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as f:
        mounts = [line.split()[1] for line in f]
    for mount in reversed(mounts):
        if mount.startswith(directory + "/"):
            run(["umount", "-l", mount], check=False)
    shutil.rmtree(directory, ignore_errors=True)


def _list(directory):
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def _written_down(directory):
    """Processes started by the lab that still are the same ones."""
    try:
        with open(os.path.join(directory, "pids"), encoding="ascii") as f:
            lines = [line.split() for line in f]
    except FileNotFoundError:
        return set()
    return {int(pid) for pid, start in lines if start != "None" and start_time(int(pid)) == int(start)}


def _running_from(directory):
    """Processes whose program is the lab's own copy: children that outlived their parent."""
    pids = set()
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/exe").startswith(directory + "/") and start_time(int(entry)):
                pids.add(int(entry))
        except OSError:
            continue
    return pids


def _inside(spaces):
    pids = set()
    for space in spaces:
        pids.update(int(p) for p in run(["ip", "netns", "pids", space], check=False).stdout.split())
    return pids - {os.getpid()}


def _end_processes(find):
    for number, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 5)):
        for pid in find():
            kill_quietly(pid, number)
        try:
            await_condition(lambda: not find(), patience, "processes of a lab to end")
            return
        except TimeoutError:
            continue
