"""`postern gateway` on hosts of the lab: the configuration files of the article's saturne and mercure, and of other arrangements.

    divert(lab)                         all of it: the roles of both, applied
    mirror(lab), proxy(lab)             one of them
    Gateway(lab, host, settings)        any other; Gateway.of(postern) uses the configuration of a Postern
"""

import json
import os

from lab.network import LAN4, LAN6
from lab.postern import USER, configuration, reachable_binary

LAN = f"{LAN4} {LAN6}"
MIRROR = {"role": "mirror", "interface": "eth0", "lan": LAN}  # [gateway] of the clients' gateway, without proxies
PROXY = {"role": "proxy", "interface": "eth0", "lan": LAN}  # [gateway] of a host that accepts what arrives


class Gateway:
    """The command on one host, with settings = {section: {key: value}} over the lab's own, or with `config`, an existing file."""

    def __init__(self, lab, host, settings=None, config=None):
        self.lab, self.host = lab, host
        self.binary = reachable_binary(lab)
        self.config, self.settings = config, settings or {}
        if not config:
            self.directory = lab.make_directory("gateway")
            self.config = os.path.join(self.directory, "postern.conf")
            self._write()

    @classmethod
    def of(cls, postern):
        return cls(postern.lab, postern.host, config=postern.config)

    def _write(self):
        base = {"postern": {"user": USER, "runtime_directory": self.directory}, "pop3": {"listen": "0.0.0.0:8110 [::]:8110"}}
        with open(self.config, "w", encoding="ascii") as f:
            f.write(configuration(base, self.settings))

    def change(self, **keys):
        """Changes [gateway] in its file; does not apply it."""
        self.settings = self.settings | {"gateway": self.settings.get("gateway", {}) | keys}
        self._write()
        return self

    def argv(self, verb, *more):
        return [self.binary, "gateway", "-c", self.config, verb, *more]

    def run(self, verb, *more, check=True):
        return self.host.run(self.argv(verb, *more), check=check)

    def plan(self):
        return self.run("plan").stdout

    def apply(self):
        self.run("apply")
        return self

    def remove(self):
        self.run("remove")
        return self

    def faults(self):
        """The faults that `check` reports, one per line; empty: none."""
        done = self.run("check", check=False)
        assert done.returncode in (0, 1), done
        assert bool(done.returncode) == bool(done.stdout.strip()), done
        return done.stdout.splitlines()

    def status(self):
        return json.loads(self.run("status", "--json").stdout)

    def watch(self):
        """Starts `gateway watch` in the background until the lab ends or it is stopped."""
        return self.host.start(self.argv("watch"), name="watch")


def shared_by(lab, *names):
    """The keys of [gateway] with these hosts as proxies."""
    addresses = {"proxies": " ".join(getattr(lab.hosts[name], family) for family in ("ip4", "ip6") for name in names)}
    return addresses | ({"mark": "0x6e00/0xff00"} if len(names) > 1 else {})


def mirror(lab, proxies=("mercure",), host="saturne", settings=None, **keys):
    """saturne diverts POP3 to those hosts. keys: more of [gateway]. settings: of other sections."""
    return Gateway(lab, lab.hosts[host], {"gateway": MIRROR | shared_by(lab, *proxies) | keys} | (settings or {}))


def proxy(lab, host="mercure", settings=None, **keys):
    """mercure accepts POP3 that arrives. settings: of other sections, such as [pop3] interception."""
    return Gateway(lab, lab.hosts[host], {"gateway": PROXY | keys} | (settings or {}))


def divert(lab, settings=None):
    """Diverts POP3 from saturne to mercure, and there to port 8110. Returns both. settings: of other sections than [gateway]."""
    return mirror(lab, settings=settings).apply(), proxy(lab, settings=settings).apply()
