"""A private root: the machine's own file system, with Debian packages on top that only this root has.

POP3 servers in Debian conflict with each other, so each is installed into a root of its own. The packages are cached below
build/matrix/, one folder per set; the machine is not changed.
"""

import fcntl
import hashlib
import os
import shlex
import shutil

from lab.host import HERE
from lab.postern import ROOT

CACHE = ROOT / "build" / "matrix"

# In a mount namespace of its own: mounts a root whose upper layer is a copy of the folder $1, and runs the rest of the arguments in it.
# (The kernel rejects two lower layers if one is within the other.) Unless $2 is "-", the upper layer is saved there.
ENTER = r"""
set -e
mount --make-rprivate /
layer=$1 save=$2; shift 2
scratch=/mnt
mount -t tmpfs -o mode=755 none "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
[ "$layer" = - ] || cp -a "$layer/." "$scratch/upper"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
for each in proc dev sys tmp run/netns; do [ ! -d /$each ] || mount --rbind /$each "$scratch/root/$each"; done
[ "$save" != - ] || exec chroot "$scratch/root" "$@"
chroot "$scratch/root" "$@"
cp -a "$scratch/upper/." "$save"
"""


class Overlay:
    """A root with these packages. Programs started in it share /tmp, /proc and /dev with the machine; everything else that they write is
    discarded."""

    def __init__(self, packages):
        self.packages = packages
        self.layer = CACHE / hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
        CACHE.mkdir(parents=True, exist_ok=True)
        with open(f"{self.layer}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.layer.exists():
                self._install()

    def _install(self):
        fresh = self.layer.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        # A policy of this root prevents that services are started.
        policy = "printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d"
        install = f"apt-get update -qq && apt-get install -y --no-install-recommends {shlex.join(self.packages)}"
        tidy = "rm -rf /var/lib/apt/lists/* /var/cache/apt/*"
        HERE.run(self._enter("-", fresh, ["sh", "-c", f"{policy}; {install} && {tidy}"]), timeout=600,
                 env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
        os.rename(fresh, self.layer)

    @staticmethod
    def _enter(layer, save, argv):
        return ["unshare", "--mount", "--propagation", "unchanged", "bash", "-c", ENTER, "bash", str(layer), str(save), *argv]

    def command(self, argv):
        """The command that runs argv in a root of its own."""
        return self._enter(self.layer, "-", argv)
