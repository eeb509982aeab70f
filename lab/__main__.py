"""The lab by hand, as root, from the project's directory:

    python3 -m lab up [NAME]            set up the network, with POP3 diverted to mercure; it stays until `down`
    python3 -m lab down [NAME]          remove it, with whatever runs in it
    python3 -m lab shell HOST [NAME]    start a shell on a host: janus, saturne, mercure, mercure2, router, provider
    python3 -m lab list                 list the existing labs

The default of NAME is "hand".
"""

import os
import re
import sys

from lab.gateway import divert
from lab.network import Lab
from lab.sweep import names, remove


def full_name(tag):
    if not re.fullmatch(r"[a-z0-9]+", tag):
        sys.exit("lab: a name consists of lower-case letters and digits")
    return f"plab-{tag}-0-0"


def up(tag="hand"):
    lab = Lab(tag, keep=True)
    try:
        divert(lab)
    except BaseException:
        lab.close(force=True)
        raise
    for host in lab.hosts.values():
        print(f"{host.name:9} {host.ip4:15} {host.ip6}")
    print(f"up; for a shell on a host: python3 -m lab shell HOST {tag}")


def down(tag="hand"):
    if full_name(tag) not in names():
        sys.exit(f"lab: no lab named {tag}")
    remove(full_name(tag))


def shell(host, tag="hand"):
    lab = Lab.attach(full_name(tag))
    if host not in lab.hosts:
        sys.exit(f"lab: no host {host} in {tag}: {', '.join(lab.hosts) or 'it is not set up'}")
    os.environ["PS1"] = f"{host}# "
    argv = lab.hosts[host].command(["sh"])
    os.execvp(argv[0], argv)


def show():
    for name, is_alive in sorted(names().items()):
        print(name.split("-")[1], "" if is_alive else "(its owner has ended; the next lab removes it)")


def main(argv):
    verbs = {"up": (up, 0, 1), "down": (down, 0, 1), "shell": (shell, 1, 2), "list": (show, 0, 0)}
    function, least, most = verbs.get(argv[0] if argv else "", (None, 0, 0))
    if not function or not least <= len(argv) - 1 <= most:
        sys.exit(__doc__.strip())
    if os.geteuid() != 0:
        sys.exit("lab: creating network namespaces requires root")
    if argv[0] == "up":
        full_name(*argv[1:] or ["hand"])
    function(*argv[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
