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
import itertools
import os
import tempfile
from dataclasses import dataclass

from lab.host import HERE, NETNS_DIRECTORY, LabHost
from lab.process import Daemon, start_time
from lab.sweep import remove, sweep

LAN4, LAN6 = "192.168.0.0/24", "2001:db8:1::/64"
PROXY_PORT = 8110
RETURN_MARK, RETURN_TABLE = 0x6E, 200


@dataclass(frozen=True)
class Place:
    """A host's place: its number in the LAN's networks, or outside them, and the number of its gateway."""
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


class Lab:
    """One instance of the network, with everything started in it. Use it in a `with`; several may exist at once."""

    _counter = itertools.count(1)

    def __init__(self, tag="lab", hosts=tuple(PLACES), keep=False):
        """keep: it outlives this process, until remove(its name) is called."""
        sweep()
        os.umask(0o022)  # unprivileged daemons must be able to read its files
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
        """The lab of that name, which another process built (see `keep`)."""
        lab = cls.__new__(cls)
        lab.name = name
        lab._attach(tuple(h for h in PLACES if os.path.exists(f"{NETNS_DIRECTORY}/{name}-{h}")))
        lab._keep, lab._pid = True, os.getpid()
        return lab

    def _attach(self, hosts):
        self.directory = os.path.join(tempfile.gettempdir(), self.name)
        self.daemons = []
        self.hosts = {name: LabHost(self, name, PLACES[name]) for name in hosts}
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
        """A new directory of the lab, by default readable by unprivileged daemons."""
        path = tempfile.mkdtemp(prefix=name + "-", dir=self.directory)
        os.chmod(path, mode)
        return path

    def close(self, force=False):
        """Ends and removes everything. May be called twice, and in a forked child, where it does nothing."""
        if self._pid != os.getpid() or (self._keep and not force):
            return
        atexit.unregister(self.close)
        for daemon in reversed(self.daemons):
            daemon.stop(timeout=5)
        self.daemons.clear()
        remove(self.name)

    # The network.

    def _lay(self):
        HERE.run(["ip", "-batch", "-"], input="".join(f"netns add {h.netns}\n" for h in [self.switch, *self.hosts.values()]))
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
        # The provider is connected to the router, all others to the bridge.
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
        self.forward("router")
        if "provider" in self.hosts:
            router.ip("addr add 203.0.113.1/24 dev eth1", "addr add 2001:db8:2::1/64 dev eth1 nodad")
        router.nft("""
            table inet router {
                chain out { type nat hook postrouting priority srcnat; oifname "eth1" masquerade; }
            }""")

    def plug_anew(self, name):
        """Replaces its interface by a new one of that name, in its initial state."""
        self.switch.ip(f"link del {name}")
        self._plug(name, self.hosts[name])

    def forward(self, name):
        """Makes that host a router, by hand. With one interface it must not send ICMP redirects, or its clients would bypass it."""
        host = self.hosts[name]
        host.sysctl(**{"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/send_redirects": 0,
                       "ipv4/conf/default/send_redirects": 0, "ipv4/conf/eth0/send_redirects": 0})
        # IPv6 has no such setting.
        host.nft("""
            table inet no_redirects {
                chain out { type filter hook output priority filter; icmpv6 type nd-redirect drop; }
            }""")

    def clients(self, n, family="ip4"):
        """That many clients on janus, each with an address of its own: what connects, and its `source`."""
        senders = [self.janus.sender(f"192.168.0.{48 + i}" if family == "ip4" else f"2001:db8:1::{48 + i}") for i in range(n)]
        self.janus.ip(*(f"addr add {client.source}/" + ("24 dev eth0" if family == "ip4" else "64 dev eth0 nodad") for client in senders))
        return senders

    def router_return(self, proxy="mercure"):
        """For source = client: connections from the proxy's interface are remembered, and their replies return there, although they are
        addressed to the client."""
        router, to = self.hosts["router"], PLACES[proxy]
        router.nft(f"""
            table inet way_back {{
                chain remember {{
                    type filter hook prerouting priority mangle;
                    iifname "eth0" ether saddr {self.hosts[proxy].mac()} tcp dport 110 ct mark set {RETURN_MARK:#x}
                    iifname "eth1" ct mark {RETURN_MARK:#x} meta mark set ct mark
                }}
            }}""")
        for family, gateway in (("-4", to.ip4), ("-6", to.ip6)):
            router.ip(f"rule add fwmark {RETURN_MARK:#x} table {RETURN_TABLE}", f"route add default via {gateway} dev eth0 table {RETURN_TABLE}", family=family)

    def router_forget_masquerade(self):
        """The provider then sees the LAN's own addresses."""
        self.hosts["router"].nft("delete table inet router")
