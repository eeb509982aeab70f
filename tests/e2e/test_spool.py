"""Where messages wait: in memory first, then on disk; no message is requested that there is no room for [S11]."""

import os

import pytest

from lab import mail
from lab.host import HERE
from lab.pop3_client import Refused
from lab.process import await_condition

BLOCK = 65536  # of the spool
LARGE = mail.plain("large", "0123456789 and so on\n" * 60000)


@pytest.fixture
def disk(lab):
    """A disk of 4 MiB; fill(octets) occupies that much of it, fill(0) frees it."""
    place = lab.make_directory("small")
    HERE.run(["mount", "-t", "tmpfs", "-o", "size=4m,uid=65534,gid=65534,mode=700", "lab", place])

    def fill(octets):
        with open(os.path.join(place, "filler"), "wb") as f:
            f.write(bytes(octets))

    try:
        yield place, fill
    finally:
        HERE.run(["umount", "-l", place])


def fetched(session, number):
    """Returns the message, or None if it is refused."""
    try:
        return session.retr(number)
    except Refused:
        return None


def test_what_there_is_no_room_for_is_not_asked_for(disk, serve, gateway, login):
    place, fill = disk
    server = serve([mail.plain(), LARGE])
    postern = gateway(server, {"spool": {"directory": place, "min_free": "1M", "memory_max": "64K"}, "scan": {"engines": "none"}})
    fill(2 << 20)  # 2 MiB are free: enough for the small one, not for the large one and the reserve
    session = login(postern)
    session.ask_lines(b"LIST")
    with pytest.raises(Refused, match="SYS/TEMP.*no space"):
        session.retr(2)
    with pytest.raises(Refused, match="SYS/TEMP"):
        session.ask(b"DELE 2")
    assert b"RETR 2" not in server.commands()
    assert session.retr(1) == mail.plain()
    fill(0)
    assert await_condition(lambda: fetched(session, 2), what="room to be seen") == LARGE


def test_a_disk_that_fills_up_meanwhile_costs_one_message(disk, serve, gateway, login):
    place, fill = disk
    server = serve([LARGE, mail.plain()])
    postern = gateway(server, {"spool": {"directory": place, "min_free": "0", "memory_max": "64K"}, "scan": {"engines": "none"}})
    fill((4 << 20) - (256 << 10))
    session = login(postern)
    session.send(b"RETR 1\r\nDELE 1\r\nRETR 2\r\n")
    for _ in range(2):
        with pytest.raises(Refused, match="SYS/TEMP"):
            session.status()
    session.status()
    assert session.lines() == mail.plain()
    fill(0)
    assert session.retr(1) == LARGE
    session.quit()
    assert server.left("bob") == 2


@pytest.mark.parametrize("lines, min_free", [(2000, "0"), (4500, "0"), (4500, "1M")])
def test_a_full_disk_is_reported_once_as_a_full_disk(disk, serve, gateway, login, lines, min_free):
    """At the last block, which is written when the message is complete; at an earlier one; or before the message is requested."""
    place, fill = disk
    message = mail.plain("some blocks", "0123456789 and so on\n" * lines)
    assert (len(message) < BLOCK) == (lines == 2000)
    postern = gateway(serve([message]), {"spool": {"directory": place, "min_free": min_free, "memory_max": "1K"}, "postern": {"relays": 1}})
    session = login(postern)
    fill(4 << 20)
    for _ in range(20):
        with pytest.raises(Refused, match="SYS/TEMP.*no space"):
            session.retr(1)
    fill(0)
    await_condition(lambda: fetched(session, 1) == message, what="space to be noticed")
    lines = [line for line in postern.log().splitlines() if "reason=SPOOL_FAILED" in line]
    assert len([line for line in lines if "level=error" in line]) == 1
    assert all("culprit=disk" in line for line in lines)
    assert "ENGINE_FAILED" not in postern.log()


def test_all_messages_in_memory_have_one_budget(lab, serve, gateway, login):
    """Beyond it they are written to disk; here, whatever their size."""
    server = serve([mail.plain()])
    server.stall_at = len(b"+OK\r\n") + 60
    postern = gateway(server, {"spool": {"memory_total_max": "0"}, "scan": {"engines": "none"}})
    session = login(postern)
    session.send(b"RETR 1\r\n")

    def is_on_disk():
        for pid in postern.children("relay").values():
            for fd in os.listdir(f"/proc/{pid}/fd"):
                try:
                    if os.readlink(f"/proc/{pid}/fd/{fd}").startswith(postern.spool + "/message-"):
                        return True
                except OSError:
                    pass
        return False
    await_condition(is_on_disk, what="the message on disk")
    server.go.set()
    session.status()
    assert session.lines() == mail.plain()
    await_condition(lambda: not is_on_disk(), what="the disk to be given back")
