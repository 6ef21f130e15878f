"""Timed jobs: one leader among servers, failures tried again, a clean stop, and every job found and documented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

from policies.pack import shipped
from server.app import utc_now
from server.config import Config, Settings
from server.jobs import schedule
from server.jobs.leader import Leader, leader
from server.jobs.model import Context, Job
from server.jobs.schedule import Schedule
from server.store.database import Database

SOON = 30
"""Seconds within which what must happen has happened."""
OFTEN = timedelta(milliseconds=20)


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Iterator[tuple[Leader, Leader, Database]]:
    """Two servers over one database and one directory."""
    first, second = Database(database_url), Database(database_url)
    pair = (leader(first, tmp_path), leader(second, tmp_path))
    yield (*pair, first)
    for one in pair:
        one.close()
    first.close()
    second.close()


def context(database: Database, data: Path) -> Context:
    return Context(database, Config(data, Settings(("localhost",), 8443, tls=False)), utc_now, shipped())


def test_one_of_two_leads_until_it_ends(two: tuple[Leader, Leader, Database]) -> None:
    first, second, _ = two
    assert first.leads()
    assert first.leads()
    assert not second.leads()
    first.close()
    assert second.leads()
    assert not first.leads()


def test_who_loses_the_connection_leads_no_more(two: tuple[Leader, Leader, Database]) -> None:
    first, second, database = two
    if database.sqlite:
        pytest.skip("beside: SQLite has no connection to lose")
    assert first.leads()
    with database.engine.connect() as connection:
        connection.execute(sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"))
    assert second.leads()
    assert not first.leads()


def test_a_job_that_fails_is_tried_again_and_stops_no_other(database: Database, tmp_path: Path) -> None:
    tries: list[int] = []
    again, other = Event(), Event()

    def fails(_context: Context) -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise ZeroDivisionError
        again.set()

    jobs = Schedule(context(database, tmp_path), (Job("fails", OFTEN, fails),
                                                  Job("works", OFTEN, lambda _context: other.set())))
    jobs.start()
    try:
        assert again.wait(SOON)
        assert other.wait(SOON)
    finally:
        jobs.stop()


def test_stopping_waits_for_what_is_under_way_and_tells_it(database: Database, tmp_path: Path) -> None:
    begun, ended = Event(), Event()

    def long(given: Context) -> None:
        begun.set()
        given.stop.wait(SOON)
        ended.set()

    jobs = Schedule(context(database, tmp_path), (Job("long", OFTEN, long),))
    jobs.start()
    assert begun.wait(SOON)
    jobs.stop()
    assert ended.is_set()


def test_who_does_not_lead_runs_only_what_runs_everywhere(database: Database, tmp_path: Path) -> None:
    held = leader(database, tmp_path)
    assert held.leads()
    led, everywhere = Event(), Event()
    jobs = Schedule(context(database, tmp_path), (
        Job("led", OFTEN, lambda _context: led.set()),
        Job("everywhere", OFTEN, lambda _context: everywhere.set(), everywhere=True)))
    jobs.start()
    try:
        assert everywhere.wait(SOON)
        everywhere.clear()
        assert everywhere.wait(SOON)
        assert not led.is_set()
        held.close()
        assert led.wait(SOON)
    finally:
        jobs.stop()


def test_every_job_of_the_server_is_found_and_runs_on_an_empty_office(database: Database, tmp_path: Path) -> None:
    found = schedule.discovered()
    assert {"attempts", "deadlines", "mail", "notices", "silence", "support", "webhooks"} <= {one.name for one in found}
    for job in found:
        job.run(context(database, tmp_path))
