"""The wall clock is wrong for a while: on a board without a battery, before NTP, by a mistake. Nothing expires because of it."""

import calendar
import json
import time

import pytest

from doctor_says import WELL, doctor, faults
from lab import mail
from lab.wall_clock import DAY, WallClock

INFECTED = mail.infected()


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def is_notice(message):
    return b"Auto-Submitted: auto-generated\r\n" in message and not mail.is_infected(message)


def fetch(login, postern, delete=False):
    session = login(postern)
    message = session.retr(1)
    if delete:
        session.ask(b"DELE 1")
    session.quit()
    return message


def expire(postern):
    """The keeper reads the clock for it, as it does every minute."""
    return json.loads(postern.command("quarantine", "expire", "--json").stdout)["removed"]


WRONG = {"1970": lambda clock: clock.set(3600), "the image's date": lambda clock: clock.ahead(-100 * DAY),
         "400 days ahead": lambda clock: clock.ahead(400 * DAY)}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_stored_by_a_wrong_clock_it_stays_when_the_clock_is_set(lab, serve, gateway, login, wrong):
    clock, server = WallClock(lab), serve([INFECTED])
    wrong(clock)
    postern = gateway(server, prefix=clock.prefix)
    assert is_notice(fetch(login, postern, delete=True))
    clock.ahead(0)
    assert expire(postern) == 0
    postern.await_log("event=clock_set")
    [held] = postern.incidents()
    assert held["state"] == "quarantined" and abs(seconds(held["received"]) - time.time()) < 100
    assert held["first_received"] == held["received"]


def test_set_wrong_and_back_nothing_goes(lab, serve, gateway, login):
    clock = WallClock(lab)
    postern = gateway(serve([INFECTED]), prefix=clock.prefix)
    assert is_notice(fetch(login, postern, delete=True))
    [held] = postern.incidents()
    for days in (400, -4000, 0):
        clock.ahead(days * DAY)
        assert expire(postern) == 0
        assert [i["state"] for i in postern.incidents()] == ["quarantined"]
    [again] = postern.incidents()
    assert abs(seconds(again["received"]) - seconds(held["received"])) <= 2


def test_a_step_while_the_service_is_stopped(lab, serve, gateway, login):
    clock = WallClock(lab, to=3600)
    postern = gateway(serve([INFECTED]), prefix=clock.prefix)
    assert is_notice(fetch(login, postern, delete=True))
    postern.stop()
    clock.ahead(0)
    assert expire(postern) == 0  # by the command alone
    postern.start()
    assert expire(postern) == 0
    [held] = postern.incidents()
    assert held["state"] == "quarantined" and abs(seconds(held["received"]) - time.time()) < 100


def test_a_release_lasts_as_long_as_was_said(lab, serve, gateway, login):
    clock = WallClock(lab, to=3600)
    postern = gateway(serve([INFECTED]), prefix=clock.prefix)
    assert is_notice(fetch(login, postern))
    [held] = postern.incidents()
    postern.command("quarantine", "release", held["id"])
    for days in (0, 400, -4000):
        clock.ahead(days * DAY)
        assert fetch(login, postern) == INFECTED
        assert "  released  " in postern.command("quarantine", "list").stdout


def test_a_release_is_not_prolonged_by_a_clock_that_is_set_back(lab, serve, gateway, login):
    clock = WallClock(lab)
    clock.ahead(400 * DAY)
    postern = gateway(serve([INFECTED]), {"quarantine": {"release_for": "2s"}}, prefix=clock.prefix)
    assert is_notice(fetch(login, postern))
    [held] = postern.incidents()
    postern.command("quarantine", "release", held["id"])
    end = time.clock_gettime(time.CLOCK_BOOTTIME) + 3
    clock.ahead(0)
    while time.clock_gettime(time.CLOCK_BOOTTIME) < end:
        fetch(login, postern)
    assert is_notice(fetch(login, postern))


@pytest.mark.parametrize("days", [-4000, 400])
def test_doctor_finds_the_clock_and_its_cure_cures(lab, serve, gateway, days):
    clock = WallClock(lab)
    postern = gateway(serve(), prefix=clock.prefix)
    clock.ahead(days * DAY)
    status, links = doctor(postern, prefix=clock.prefix)
    reported = [cure for _, lines in links.items() for state, _, cure in lines if state == "fault"]
    assert status != WELL and reported and all("set the clock" in cure or "set it" in cure for cure in reported), links
    clock.ahead(0)
    _, links = doctor(postern, prefix=clock.prefix)
    assert not faults(links)
