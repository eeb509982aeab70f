"""Kernels that lack something: what Postern does without, and what it reports if it cannot. The lack is simulated by tests/tools/lacking: a
seccomp filter that answers as such a kernel does."""

import os
import pathlib
import re

import pytest
from doctor_says import FAULT, doctor, faults

from lab import mail
from lab.postern import Ended, Postern, build_directory, script

CLEAN, INFECTED = mail.plain("greetings", "hello\n"), mail.infected()
NEEDS = {
    "pidfd_open": r"pidfd_open \(Linux 5\.3\)",
    "future_write": r"F_SEAL_FUTURE_WRITE \(Linux 5\.1\)",
    "memfd": r"memfd_create \(CONFIG_MEMFD_CREATE\)",
    "seccomp": r"seccomp \(CONFIG_SECCOMP_FILTER\)",
    "signalfd": r"signalfd \(CONFIG_SIGNALFD\)",
}


class Nowhere:
    address, port = "127.0.0.1", 110


def lacking(*what):
    return [str(build_directory() / "tests" / "tools" / "lacking"), *what, "--"]


OLD_RANGES = pytest.mark.parametrize("what", ["cloexec_range", "close_range"])


@OLD_RANGES
def test_a_command_scans_before_linux_5_11_and_before_5_9(lab, serve, gateway, login, what):
    """It gets the same descriptors as on this kernel, and no others."""
    seen = []
    for prefix in ((), lacking(what)):
        path = os.path.join(lab.make_directory("seen"), "descriptors")
        pathlib.Path(path).touch()
        os.chmod(path, 0o666)
        engine = script(lab, "engine", f"ls /proc/$$/fd >> {path}\nexit 0\n")
        postern = gateway(serve([CLEAN]), {"scan": {"engines": "command"}, "command": {"run": engine}}, prefix=prefix)
        session = login(postern)
        assert session.retr(1) == CLEAN
        session.quit()
        seen.append(set(pathlib.Path(path).read_text(encoding="ascii").split()))
    assert seen[0] == seen[1] and seen[0]


@OLD_RANGES
def test_the_builtin_engine_too(serve, gateway, login, what):
    """Its loader and its workers have exactly their descriptors."""
    postern = gateway(serve([CLEAN, INFECTED]), prefix=lacking(what))
    session = login(postern)
    assert session.retr(1) == CLEAN
    assert not mail.is_infected(session.retr(2))
    session.quit()
    assert len(postern.incidents()) == 1
    (loader,) = postern.children("clamav").values()
    links = [os.readlink(f"/proc/{loader}/fd/{n}") for n in os.listdir(f"/proc/{loader}/fd")]
    assert not [link for link in links if "memfd:" in link or "inotify" in link], links


@pytest.mark.parametrize("what", NEEDS)
def test_start_check_and_doctor_name_what_is_missing(lab, what):
    with pytest.raises(Ended) as ended:
        Postern(lab, target=Nowhere, prefix=lacking(what))
    assert ended.value.status == 1 and re.search(f"lacks {NEEDS[what]}", ended.value.log), ended.value.log
    postern = Postern(lab, target=Nowhere, start=False, prefix=lacking(what))
    done = postern.command("check", check=False)
    assert done.returncode == 1 and re.search(f"lacks {NEEDS[what]}", done.stderr), done.stderr
    status, links = doctor(postern, prefix=lacking(what))
    assert status == FAULT
    assert [cure for state, text, cure in links["configuration"] if state == "fault" and re.search(NEEDS[what], text)] == [
        "boot a kernel that has it: Linux 5.3 or newer, for example Debian's"]
    # The cure: here a kernel that lacks nothing.
    assert "configuration" not in faults(doctor(postern)[1])
    postern.prefix = []
    assert postern.command("check").returncode == 0


def test_without_landlock_it_scans_and_says_so(serve, gateway, login):
    postern = gateway(serve([INFECTED]), prefix=lacking("landlock"))
    session = login(postern)
    assert not mail.is_infected(session.retr(1))
    session.quit()
    assert "no Landlock" in postern.log()
    assert "no Landlock (Linux 5.13)" in postern.command("check").stderr
    warned = [text for state, text, _ in doctor(postern, prefix=postern.prefix)[1]["configuration"] if state == "warning"]
    assert any("no Landlock" in text for text in warned), warned
