"""The passphrase of the authority's keys: from a file, from a credential, or asked for on the terminal. Only the signer uses it."""

import os
import re
import signal

import pytest
from test_tls_intercept import MESSAGES, NAME, fetch

from lab import memory
from lab.certificates import Authority
from lab.host import HERE
from lab.interception import Intercepting, TlsSession
from lab.postern import binary, is_sanitized
from lab.process import await_condition
from lab.terminal import Terminal

PASSPHRASE = "correct horse battery staple"
PROMPT = "Passphrase of the keys in"


@pytest.fixture
def terminal(closing):
    return closing(Terminal())


class Encrypted:
    """A gateway that intercepts, whose keys are encrypted."""

    def __init__(self, lab, serve, gateway):
        servers = Authority(lab)
        self.intercepting = Intercepting(lab, servers.certificate, passphrase=PASSPHRASE)
        self.server = serve(MESSAGES * 5, tls=servers.issue(NAME).context())
        self.gateway = gateway

    def start(self, prefix=(), start=True, **tls):
        postern = self.gateway(self.server, self.intercepting.settings(self.server.port, relays=2, **tls), prefix=prefix, start=False)
        postern.secrets.add(PASSPHRASE)
        return postern.start() if start else postern

    def fetch(self, postern):
        fetch(TlsSession(postern.address, postern.port, self.intercepting.context()))


@pytest.fixture
def encrypted(lab, serve, gateway):
    return Encrypted(lab, serve, gateway)


def refused(postern):
    """Starts it. Returns what it has printed before it has ended."""
    daemon = postern.start(wait=False).daemon
    daemon.wait(30)
    postern.daemon = None
    assert daemon.process.returncode == 1
    return daemon.log()


def kill_signer(postern):
    before = postern.children("signer")["signer", 0]
    os.kill(before, signal.SIGKILL)
    await_condition(lambda: postern.children("signer")["signer", 0] != before, what="another signer")


def test_it_comes_from_a_file(encrypted):
    encrypted.fetch(encrypted.start(passphrase_file=encrypted.intercepting.write_passphrase()))


def test_it_comes_from_a_credential(lab, encrypted):
    directory = lab.make_directory("credentials")
    with open(f"{directory}/postern-tls-passphrase", "w", encoding="utf-8") as f:
        f.write(PASSPHRASE)
    encrypted.fetch(encrypted.start(prefix=["env", f"CREDENTIALS_DIRECTORY={directory}"]))


def test_it_is_asked_for_on_the_terminal(encrypted, terminal):
    typing = terminal.answering(PROMPT, "wrong", "", PASSPHRASE)
    postern = encrypted.start(terminal.prefix)
    typing.join()
    encrypted.fetch(postern)
    assert PASSPHRASE not in terminal.look() and terminal.shown.count("This is not the passphrase.") == 2
    assert terminal.shows_input()


def test_what_was_asked_for_serves_the_next_signers(encrypted, terminal):
    terminal.answering(PROMPT, PASSPHRASE)
    postern = encrypted.start(terminal.prefix)
    kill_signer(postern)
    encrypted.fetch(postern)
    postern.command("reload")
    encrypted.fetch(postern)
    assert terminal.look().count(PROMPT) == 1


@pytest.mark.skipif(is_sanitized(), reason="a sanitized process has terabytes of addresses")
def test_no_other_process_has_what_was_asked_for(encrypted, terminal):
    terminal.answering(PROMPT, PASSPHRASE)
    postern = encrypted.start(terminal.prefix)
    encrypted.fetch(postern)
    kill_signer(postern)
    encrypted.fetch(postern)
    secret = PASSPHRASE.encode()
    parent, *others = memory.processes(postern.daemon.pid)
    assert memory.count(parent, secret)[secret] == 1
    assert len(others) > 5
    assert not [memory.name(pid) for pid in others if memory.count(pid, secret)[secret]]
    assert not [link for pid in others for link in descriptors(pid) if "memfd:secret" in link]


def descriptors(pid):
    return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]


@pytest.mark.skipif(is_sanitized(), reason="the sanitizer ignores mlock")
def test_what_was_asked_for_is_in_locked_memory(encrypted, terminal):
    terminal.answering(PROMPT, PASSPHRASE)
    postern = encrypted.start(terminal.prefix)
    with open(f"/proc/{postern.daemon.pid}/smaps", encoding="ascii") as f:
        flags = re.search(r"memfd:secret.*?VmFlags: ([a-z0-9 ]*)", f.read(), re.S)[1].split()
    # Locked, not for children, not for cores.
    assert {"lo", "dc", "dd"} <= set(flags)


def test_three_wrong_answers_are_enough(encrypted, terminal):
    terminal.answering(PROMPT, "one", "two", "three")
    assert "wrong passphrase" in refused(encrypted.start(terminal.prefix, start=False))
    assert terminal.look().count(PROMPT) == 3


@pytest.mark.parametrize("text", ["\4", "x" * 2000 + "\n"])
def test_without_an_answer_it_does_not_start(encrypted, terminal, text):
    postern = encrypted.start(terminal.prefix, start=False)
    daemon = postern.start(wait=False).daemon
    terminal.await_text(PROMPT)
    terminal.type(text)
    assert daemon.wait(30) == 1 and "no passphrase was entered" in daemon.log()
    postern.daemon = None
    assert terminal.shows_input()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_shows_input_again_after_a_signal(encrypted, terminal, number):
    keys = {signal.SIGINT: "\3", signal.SIGQUIT: "\34"}
    postern = encrypted.start(terminal.prefix, start=False)
    daemon = postern.start(wait=False).daemon
    terminal.await_text(PROMPT)
    terminal.type("\32half")  # Ctrl-Z does not suspend it
    assert not terminal.shows_input()
    if number in keys:
        terminal.type(keys[number])
    else:
        os.kill(daemon.pid, number)
    assert daemon.wait(30) == -number
    postern.daemon = None
    assert terminal.shows_input() and "half" not in terminal.look()


def test_without_a_terminal_it_says_what_to_configure(encrypted):
    said = refused(encrypted.start(start=False))
    assert "are encrypted" in said and "[tls] passphrase_file" in said and "postern-tls-passphrase" in said


def test_in_the_background_of_a_terminal_it_does_not_ask(encrypted, terminal):
    prefix = [*terminal.prefix[:-1], terminal.prefix[-1].replace('exec "$0" "$@"', 'set -m; "$0" "$@"') + "& wait $!"]
    assert "[tls] passphrase_file" in refused(encrypted.start(prefix, start=False))
    assert PROMPT not in terminal.look()


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_check_and_doctor_do_not_ask(encrypted, terminal, command):
    postern = encrypted.start(start=False)
    done = HERE.run([*terminal.prefix, binary(), command, "-c", postern.config], check=False, start_new_session=True)
    assert f"the keys in {encrypted.intercepting.directory} are encrypted, and were not checked" in done.stdout + done.stderr
    assert terminal.look() == ""
    if command == "check":
        assert done.returncode == 0
        # As it says.
        with open(postern.config, "a", encoding="utf-8") as f:
            f.write(f"[tls]\npassphrase_file = {encrypted.intercepting.write_passphrase()}\n")
        assert "encrypted" not in postern.command("check").stdout


# postern tls

class Command:
    """`postern tls` with an authority in tmp_path, on a terminal or without one."""

    def __init__(self, tmp_path, terminal):
        self.directory, self.terminal = tmp_path / "tls", terminal
        self.conf = tmp_path / "postern.conf"
        self.conf.write_text(f"[pop3]\ninterception = fixed\ntarget = 127.0.0.1:110\n[tls]\ndirectory = {self.directory}\n")

    def run(self, *arguments, on_terminal=True, status=0):
        prefix = self.terminal.prefix if on_terminal else []
        done = HERE.run([*prefix, binary(), "tls", *arguments, "-c", str(self.conf)], check=False, start_new_session=True)
        assert done.returncode == status, (done.stdout, done.stderr, self.terminal.look())
        return done.stdout + done.stderr

    def opens_with(self, passphrase, key="ca.key"):
        return HERE.run(["openssl", "pkey", "-noout", "-in", f"{self.directory}/{key}", "-passin", f"pass:{passphrase}"], check=False).returncode == 0


@pytest.fixture
def tls(tmp_path, terminal):
    return Command(tmp_path, terminal)


def test_init_asks_for_a_new_passphrase(tls, terminal):
    terminal.answering("passphrase", PASSPHRASE, PASSPHRASE)
    assert "not encrypted" not in tls.run("init", "--passphrase")
    for key in ("ca.key", "untrusted.key", "leaf.key"):
        assert tls.opens_with(PASSPHRASE, key) and not tls.opens_with("another", key)


@pytest.mark.parametrize("answers,reason", [((PASSPHRASE, "another"), "are different"), (("",), "is empty")])
def test_init_makes_nothing_without_a_passphrase(tls, terminal, answers, reason):
    terminal.answering("passphrase", *answers)
    assert reason in tls.run("init", "--passphrase", status=1)
    assert not tls.directory.exists()


def test_init_cannot_ask_without_a_terminal(tls):
    assert "without a terminal" in tls.run("init", "--passphrase", on_terminal=False, status=1)
    assert not tls.directory.exists()


def test_init_has_one_source_of_the_passphrase(tls, tmp_path):
    with open(tls.conf, "a", encoding="utf-8") as f:
        f.write(f"passphrase_file = {tmp_path}/secret\n")
    assert "passphrase_file" in tls.run("init", "--passphrase", status=1)


def test_renew_asks_for_the_passphrase(tls, terminal):
    terminal.answering("passphrase", PASSPHRASE, PASSPHRASE).join(0)
    tls.run("init", "--passphrase")
    before = (tls.directory / "ca.pem").read_bytes()
    said = tls.run("renew", on_terminal=False, status=1)
    assert "are encrypted" in said and "[tls] passphrase_file" in said
    terminal.answering(PROMPT, "wrong", PASSPHRASE)
    tls.run("renew")
    assert (tls.directory / "ca.pem").read_bytes() != before
    terminal.answering(PROMPT, "1", "2", "3")
    assert "wrong passphrase" in tls.run("renew", status=1)
