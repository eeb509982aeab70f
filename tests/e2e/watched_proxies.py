"""A mirror with two proxies and `postern gateway watch` on it, and clients behind it."""

import os
import re
import signal

from bobs_mail import bob, mailbox

from lab.gateway import mirror, proxy
from lab.postern import Postern
from lab.process import await_condition
from lab.service_manager import ServiceManager

CLIENTS = 20
QUICK = {"probe_interval": "200ms"}
UNSCANNED = {"scan": {"engines": "none"}}


class Mirror:
    """saturne with two proxies or other keys of [gateway], and the watch on it."""

    def __init__(self, net, closing, proxies=("mercure", "mercure2"), **keys):
        self.host = net.saturne
        self.gateway = mirror(net, proxies, **keys)
        self.manager = closing(ServiceManager(os.path.join(self.gateway.directory, "notify"), WATCHDOG_USEC="400000"))
        self.daemon = None

    def lay(self):
        self.gateway.apply()
        return self

    def watch(self, *prefix, **more):
        self.daemon = self.host.start([*prefix, *self.gateway.argv("watch")], name="watch", env=self.manager.environment, **more)
        return self

    def await_status(self, pattern):
        return await_condition(lambda: re.fullmatch(pattern, self.manager.status() or ""), 10, f"STATUS {pattern} and not {self.manager.status()}")

    def await_all(self):
        return self.await_status(r"IPv4: (\d) of \1 proxies answer; IPv6: (\d) of \2 proxies answer")

    def in_use(self):
        """The proxies that get new connections, by `gateway status`."""
        return {proxy["address"] for proxy in self.gateway.status()["proxies"] if proxy["used"]}

    def table(self):
        """Its rules, without what changes by itself."""
        return self.host.run(["nft", "-s", "-t", "list", "table", "inet", "postern"]).stdout


class Shared:
    """A mirror that watches two proxies, and clients behind it."""

    def __init__(self, net, closing, **gateway):
        self.net = net
        self.provider = mailbox(net)
        self.proxies = {name: closing(Postern(net, UNSCANNED, host=net.hosts[name])) for name in ("mercure", "mercure2")}
        for name in self.proxies:
            proxy(net, name).apply()
        self.mirror = Mirror(net, closing, **gateway).lay().watch()
        self.mirror.await_all()

    def kill(self, name="mercure"):
        """Kills it. That it is dead is not a failure of the test."""
        self.proxies[name].daemon.stop(signal.SIGKILL)
        self.proxies[name].daemon = None

    def clients(self, family):
        """CLIENTS of them, by address."""
        return {client.source: client for client in self.net.clients(CLIENTS, family)}

    def connect(self, host, family, timeout=10):
        return bob(host, getattr(self.net.provider, family), timeout)

    def proxy_of(self, session):
        """The proxy of that session, by its log of the client's endpoint."""
        address, port = session.socket.getsockname()[:2]
        end = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

        def find():
            return [name for name, postern in self.proxies.items()
                    if postern.daemon and re.search(rf'event=session_begin .*client="?{re.escape(end)}"? ', postern.log())]
        (name,) = await_condition(find, what=f"the proxy of {end}")
        return name
