"""Where messages wait: in memory first, then on disk; no message is requested that there is no room for [S11]."""

import os

import pytest

from lab import mail
from lab.host import HERE
from lab.pop3_client import Refused
from lab.process import await_condition

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

    def fetched():
        try:
            return session.retr(2)
        except Refused:
            return None
    assert await_condition(fetched, what="room to be seen") == LARGE


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
