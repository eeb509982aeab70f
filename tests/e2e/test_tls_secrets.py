"""The keys of the authorities are in the memory of the signer, of no other process, and in no core and no log. The key of the leaves is also in
the relays, which need it for their handshakes."""

import base64
import os
import signal

import pytest
from test_tls_intercept import MESSAGES, NAME, fetch

from lab import memory
from lab.certificates import Authority
from lab.host import HERE
from lab.interception import Intercepting, TlsSession, start_tls
from lab.pop3_client import Session
from lab.postern import is_sanitized
from lab.process import await_condition
from lab.terminal import Terminal

PASSPHRASE = "correct horse battery staple"


class Key:
    """A private key on P-256, in each form in which it could be in memory."""

    def __init__(self, path):
        der = HERE.run(["openssl", "pkey", "-in", path, "-passin", f"pass:{PASSPHRASE}", "-outform", "DER"], text=False).stdout
        at = der.index(b"\2\1\1\4\x20") + 5  # RFC 5915: the version and the octet string
        self.number = der[at:at + 32]
        self.forms = [self.number, self.number[::-1], self.number.hex().encode(), self.number.hex().upper().encode()]
        # The lines of a PEM file with an octet of the number.
        for pkcs in (der, HERE.run(["openssl", "ec", "-in", path, "-passin", f"pass:{PASSPHRASE}", "-outform", "DER"], text=False).stdout):
            text, at = base64.b64encode(pkcs), pkcs.index(self.number)
            self.forms += [text[n:n + 64] for n in range(0, len(text), 64) if n // 4 * 3 < at + 32 and (n + 64) // 4 * 3 > at]

    def is_in(self, text):
        return any(form in text for form in self.forms)


class Searched:
    """A gateway that intercepts, and the search for its keys."""

    def __init__(self, lab, serve, gateway, how, passphrase=None):
        servers = Authority(lab)
        context = servers.issue(NAME).context()
        self.intercepting = Intercepting(lab, servers.certificate, passphrase=passphrase)
        self.server = serve(MESSAGES * 8, **{how: context})
        self.port = self.server.port if how == "tls" else None
        self.gateway = gateway
        self.keys = {name: Key(f"{self.intercepting.directory}/{name}.key") for name in ("ca", "untrusted", "leaf")}

    def start(self, prefix=(), **tls):
        self.postern = self.gateway(self.server, self.intercepting.settings(self.port, relays=2, **tls), prefix=prefix)

    def fetch(self):
        if self.port:
            fetch(TlsSession(self.postern.address, self.postern.port, self.intercepting.context()))
        else:
            with Session(self.postern.address, self.postern.port) as session:
                fetch(start_tls(session, self.intercepting.context()))

    def search(self):
        """Yields (role of a process, the keys that it has)."""
        forms = {form: name for name, key in self.keys.items() for form in key.forms}
        parent = self.postern.daemon.pid
        for pid in memory.processes(parent):
            role = "parent" if pid == parent else memory.name(pid).removeprefix("postern: ").split(" ")[0]
            yield role, {forms[form] for form, n in memory.count(pid, *forms).items() if n}

    def check(self):
        # That the search finds a key is shown by the signer and the relays.
        may_have = {"signer": {"ca", "untrusted", "leaf"}, "relay": {"leaf"}}
        found = list(self.search())
        assert {"parent", "signer", "scan", "keeper", "relay", "reader", "log"} <= {role for role, _ in found}
        assert [(role, keys) for role, keys in found if keys != may_have.get(role, set())] == []
        with open(self.postern.log_path, "rb") as f:
            log = f.read()
        assert not any(key.is_in(log) for key in self.keys.values())

    def kill_signer(self, number):
        before = self.postern.children("signer")["signer", 0]
        os.kill(before, number)
        await_condition(lambda: self.postern.children("signer")["signer", 0] != before, what="another signer")
        return before


@pytest.mark.skipif(is_sanitized(), reason="a sanitized process keeps what it has freed")
@pytest.mark.parametrize("how", ["tls", "stls"])
def test_keys_are_only_in_the_signer(lab, serve, gateway, how):
    searched = Searched(lab, serve, gateway, how)
    searched.start()
    searched.check()
    for _ in range(4):
        searched.fetch()
    searched.check()
    searched.kill_signer(signal.SIGKILL)
    searched.postern.command("reload")
    searched.fetch()
    searched.check()


@pytest.mark.skipif(is_sanitized(), reason="a sanitized process keeps what it has freed")
@pytest.mark.parametrize("source", ["file", "terminal"])
def test_encrypted_keys_are_only_in_the_signer(lab, serve, gateway, closing, source):
    """Where the passphrase is asked for, it has been tried with the keys."""
    searched = Searched(lab, serve, gateway, "tls", PASSPHRASE)
    if source == "file":
        searched.start(passphrase_file=searched.intercepting.write_passphrase())
    else:
        terminal = closing(Terminal())
        terminal.answering("Passphrase", "wrong", PASSPHRASE)
        searched.start(terminal.prefix)
    searched.fetch()
    searched.check()
    secret = PASSPHRASE.encode()
    knowing = [pid for pid in memory.processes(searched.postern.daemon.pid) if memory.count(pid, secret)[secret]]
    assert knowing == ([searched.postern.daemon.pid] if source == "terminal" else [])


# Cores

def core_pattern():
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
        return f.read().strip()


dumping = pytest.mark.skipif(is_sanitized() or core_pattern()[0] in "|/", reason="cores are not written to the working directory here")


def cores(directory):
    return [f"{directory}/{name}" for name in os.listdir(directory) if name.startswith("core")]


def allow_cores(directory):
    """Before a command: it may dump a core, and does so in this directory."""
    return ["env", "-C", directory, "prlimit", "--core=unlimited"]


@dumping
def test_a_signer_that_crashes_leaves_no_core(lab, serve, gateway):
    searched = Searched(lab, serve, gateway, "tls")
    directory = lab.make_directory("cores")
    HERE.run([*allow_cores(directory), "sh", "-c", "kill -SEGV $$"], check=False)
    assert cores(directory), "no core is written at all"
    searched.start(allow_cores(directory))
    searched.fetch()
    places = [directory, f"{searched.intercepting.directory}/leaves"]
    before = [cores(place) for place in places]
    for number in (signal.SIGSEGV, signal.SIGABRT):
        assert os.readlink(f"/proc/{searched.postern.children('signer')['signer', 0]}/cwd") == places[1]
        pid = searched.kill_signer(number)
        searched.postern.await_log(rf"event=child_ended .*role=signer .*pid={pid} signal={int(number)}")
        searched.fetch()
    assert [cores(place) for place in places] == before


@dumping
def test_the_core_of_the_parent_has_no_key_and_no_passphrase(lab, serve, gateway, closing):
    searched = Searched(lab, serve, gateway, "tls", PASSPHRASE)
    directory, terminal = lab.make_directory("cores"), closing(Terminal())
    terminal.answering("Passphrase", PASSPHRASE)
    searched.start([*terminal.prefix, *allow_cores(directory)])
    searched.fetch()
    daemon = searched.postern.daemon
    os.kill(daemon.pid, signal.SIGSEGV)
    assert daemon.wait(30) == -signal.SIGSEGV
    searched.postern.daemon = None
    path, = cores(directory)
    with open(path, "rb") as f:
        core = f.read()
    assert searched.intercepting.directory.encode() in core  # of the configuration
    assert PASSPHRASE.encode() not in core
    assert not any(key.is_in(core) for key in searched.keys.values())
