"""File systems for a quarantine: those that lack features of others work; those that cannot take a file are reported."""

import contextlib
import os
import subprocess

import pytest

from doctor_says import WELL, doctor, faults, finds
from lab import HERE, mail
from lab.pop3_client import Refused
from lab.process import await_condition

INFECTED, OTHER = mail.infected(), mail.infected(mail.ARTICLE_HEADER + b"X-Number: 1\r\n")
MIB = 1 << 20


def image(lab, megabytes):
    path = os.path.join(lab.make_directory("image"), "image")
    with open(path, "wb") as f:
        f.truncate(megabytes * MIB)
    return path


@contextlib.contextmanager
def mounted(lab, argv):
    place = lab.make_directory("mounted")
    try:
        done = HERE.run([*argv, place], check=False)
    except FileNotFoundError:
        pytest.skip(f"no {argv[0]}")
    if done.returncode:
        pytest.skip(f"cannot be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        HERE.run(["umount", "-l", place])


@contextlib.contextmanager
def exfat(lab):
    path = image(lab, 32)
    HERE.run(["mkfs.exfat", path])
    loop = HERE.run(["losetup", "--find", "--show", path]).stdout.strip()
    try:
        with mounted(lab, ["mount.exfat-fuse", "-o", "uid=65534,gid=65534,umask=077,allow_other", loop]) as place:
            yield place
    finally:
        HERE.run(["losetup", "-d", loop], check=False)


@contextlib.contextmanager
def ext4(lab, inodes=64):
    path = image(lab, 8)
    HERE.run(["mkfs.ext4", "-q", "-N", str(inodes), "-m", "0", path])
    with mounted(lab, ["mount", "-o", "loop", path]) as place:
        os.chown(place, 65534, 65534)
        os.chmod(place, 0o700)
        yield place


@contextlib.contextmanager
def tmpfs(lab, inodes=64):
    with mounted(lab, ["mount", "-t", "tmpfs", "-o", f"size=8m,nr_inodes={inodes},uid=65534,gid=65534,mode=700", "lab"]) as place:
        yield place


def use_up(place):
    """Uses up all inodes. Returns the files."""
    names = []
    while os.statvfs(place).f_favail:
        names.append(os.path.join(place, f"filler-{len(names)}"))
        with open(names[-1], "wb"):
            pass
    return names


def is_notice(message):
    return b"Auto-Submitted: auto-generated\r\n" in message and not mail.is_infected(message)


def on(place, **more):
    return {"quarantine": {"directory": place, "min_free_bytes": 0, "min_free_inodes": 0} | more}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def test_without_links_and_rename_noreplace_it_keeps_all(lab, serve, gateway, login):
    with exfat(lab) as place:
        with pytest.raises(OSError):
            os.link(__file__, os.path.join(place, "link"))
        postern = gateway(serve([INFECTED, OTHER]), on(place))
        for user in (b"bob", b"carol"):
            session = login(postern, user)
            assert is_notice(session.retr(1)) and is_notice(session.retr(2)) and is_notice(session.retr(1))
            session.quit()
        held = postern.incidents()
        assert len(held) == 4 and all(i["state"] == "quarantined" for i in held)
        assert sorted(read(f"{place}/{i['file']}") for i in held) == sorted([INFECTED, OTHER] * 2)
        assert postern.command("check").returncode == 0
        status, links = doctor(postern)
        assert status == WELL, links
        postern.command("quarantine", "release", held[0]["id"])
        postern.stop()
        postern.start()
        assert {i["id"]: i["count"] for i in postern.incidents()} == {i["id"]: i["count"] for i in held}
        postern.stop()


NO_INODES = {"ext4": ext4, "tmpfs": tmpfs}


@pytest.mark.parametrize("kind", NO_INODES.values(), ids=NO_INODES)
def test_without_a_free_inode_check_and_doctor_say_so_and_the_cure_cures(lab, serve, gateway, login, kind):
    with kind(lab) as place:
        postern = gateway(serve([INFECTED]), on(place))
        fillers = use_up(place)
        finds(postern, "quarantine", "no free inode")
        done = postern.command("check", check=False)
        assert done.returncode != 0 and "no free inode" in done.stdout + done.stderr
        session = login(postern)
        with pytest.raises(Refused):
            session.ask(b"RETR 1")
        # A service that is started then reports it, and runs: clean mail is delivered.
        postern.stop()
        postern.start()
        postern.await_log("cannot take a file: .*no free inode")
        _, links = doctor(postern)
        [cure] = [cure for state, _, cure in faults(links)["quarantine"] if state == "fault"]
        assert "remove files if it has no free inode" in cure
        for filler in fillers:
            os.unlink(filler)
        assert doctor(postern)[0] == WELL and postern.command("check").returncode == 0
        session = login(postern)
        assert is_notice(session.retr(1))
        postern.stop()
        assert sorted(name.rsplit(".", 1)[1] for name in os.listdir(place) if "." in name) == ["eml", "json"]


@pytest.mark.parametrize("kind", NO_INODES.values(), ids=NO_INODES)
def test_so_many_inodes_stay_free(lab, serve, gateway, login, kind):
    with kind(lab, inodes=128) as place:
        free = os.statvfs(place).f_favail
        postern = gateway(serve([INFECTED, OTHER]), on(place, min_free_inodes=free - 3))
        session = login(postern)
        assert is_notice(session.retr(1))
        with pytest.raises(Refused):
            session.ask(b"RETR 2")
        postern.await_log("min_free_inodes")
        assert os.statvfs(place).f_favail >= free - 3
        session.quit()
        status = postern.command("status").stdout
        assert f"{os.statvfs(place).f_favail} inodes free" in status
        finds(postern, "quarantine", "free inodes")
        # The cure, exactly as printed: lower the limit.
        with open(postern.config, encoding="ascii") as f:
            text = f.read()
        with open(postern.config, "w", encoding="ascii") as f:
            f.write(text.replace(f"min_free_inodes = {free - 3}", "min_free_inodes = 0"))
        postern.command("reload")
        await_condition(lambda: not faults(doctor(postern)[1]), 30, "doctor to be content")
        session = login(postern)
        assert is_notice(session.retr(2))
        postern.stop()


def test_read_only_it_cannot_take_a_file(lab, serve, gateway):
    with tmpfs(lab) as place:
        postern = gateway(serve(), on(place))
        HERE.run(["mount", "-o", "remount,ro", place])
        finds(postern, "quarantine", "Read-only file system", more=["service"])
        assert postern.command("check", check=False).returncode != 0
        HERE.run(["mount", "-o", "remount,rw", place])
        assert not faults(doctor(postern)[1])
        postern.stop()


def test_a_full_disk_is_found_by_writing(lab, serve, gateway):
    with tmpfs(lab) as place:
        postern = gateway(serve(), on(place))
        filler = os.path.join(place, "filler")
        with pytest.raises(OSError, match="No space"), open(filler, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
        finds(postern, "quarantine", "No space left")
        os.unlink(filler)
        assert doctor(postern)[0] == WELL
        assert os.listdir(place) == []
        postern.stop()


def test_the_probe_works_as_the_keepers_user(lab, serve, gateway):
    postern = gateway(serve(), start=False)
    os.chmod(postern.quarantine, 0o500)
    done = postern.command("check", check=False)
    assert done.returncode != 0 and "quarantine directory" in done.stdout + done.stderr
    assert subprocess.run(["ls", "-A", postern.quarantine], check=True, capture_output=True).stdout == b""
