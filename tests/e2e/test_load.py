"""High load: 500 sessions through one gateway, none refused, none wrong."""

import asyncio
import resource

import pytest
from conftest import PASSWORD

from lab import mail
from lab.pop3_client import Refused
from lab.process import await_condition

SESSIONS, EACH = 500, 10


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def fetch_all(port, user, wanted, gate):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)

    async def ask(command):
        writer.write(command + b"\r\n")
        line = await reader.readline()
        assert line.startswith(b"+OK"), (user, command.split()[0], line)

    assert (await reader.readline()).startswith(b"+OK"), user
    await ask(b"USER " + user)
    await ask(b"PASS " + PASSWORD.encode())
    gate.now += 1
    if gate.now == SESSIONS:
        gate.open.set()
    await gate.open.wait()
    for n, check in enumerate(wanted, 1):
        await ask(b"RETR %d" % n)
        wire = await reader.readuntil(b"\r\n.\r\n")
        check(mail.unstuff(wire), (user, n))
    await ask(b"QUIT")
    assert await reader.read() == b""
    writer.close()


class Gate:
    """All are connected before any of them fetches."""

    def __init__(self):
        self.now, self.open = 0, asyncio.Event()


def same_as(message):
    def check(got, where):
        assert got == message, where
    return check


def is_notice(got, where):
    assert b"Auto-Submitted: auto-generated\r\n" in got and not mail.is_infected(got), where


@pytest.mark.seconds(240)
def test_five_hundred_sessions_of_ten_messages(serve, gateway, many_descriptors):
    messages = [mail.plain(f"number {n}", "some words\n" * (20 * n)) for n in range(EACH - 1)]
    wanted = [same_as(m) for m in messages]
    messages.insert(4, mail.infected())
    wanted.insert(4, is_notice)
    server = serve(messages)
    postern = gateway(server, {"pop3": {"max_sessions_per_client": SESSIONS + 10}})

    async def everybody():
        gate = Gate()
        await asyncio.wait_for(asyncio.gather(*(fetch_all(postern.port, b"user%d" % n, wanted, gate) for n in range(SESSIONS))), 200)

    asyncio.run(everybody())
    assert len(server.sessions) == SESSIONS
    assert {s.ended for s in server.sessions} == {"quit"}


def test_the_cap_on_one_client_s_sessions(serve, gateway, login):
    server = serve([mail.plain()])
    postern = gateway(server, {"pop3": {"max_sessions_per_client": 3}})
    sessions = [login(postern) for _ in range(3)]
    with pytest.raises(Refused):
        login(postern)
    sessions.pop().quit()

    def is_admitted():
        try:
            return login(postern)
        except Refused:
            return None
    await_condition(is_admitted).quit()
