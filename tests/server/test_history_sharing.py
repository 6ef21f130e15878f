"""Who else sees an office's points: nobody without consent, no names among sizes, no rank anywhere."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from evidence.day import MILLION, Day, Point
from evidence.trend import Closed
from server import comparison
from server.cli import server
from server.comparison import LEAST, quartiles
from server.config import database_url
from server.store import days, sharing, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.schema.scores import days as kept_days
from tests.server.setups import Office
from tests.server.test_console import Console, console, fresh
from tests.server.test_pages import signed_in

__all__ = ["console", "fresh"]
BAND = "10k-50k"


def other(office: Office, name: str, lower: int, *, band: str | None = None, parent: str | None = None,
          age: int = 1) -> str:
    """Another tenant with one closed day."""
    point = Point(lower, MILLION, MILLION, "B", (), 1, 0, 5)
    day = (office.now() - timedelta(days=age)).date()
    with office.database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, name, office.now()).id
        days.add(connection, tenant, [Closed(day, Day(point, {}, {}, {}, {}, {}, 1, 0, 0), "i", "r", {})])
        sharing.change(connection, tenant, parent=parent, band=band, now=office.now(), by="test")
    return tenant


def consent(office: Office, **changes: str | None) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        sharing.change(connection, office.tenant.id, **{"parent": None, "band": None, **changes}, now=office.now(),
                       by="test")


def page(office: Office, path: str) -> str:
    answer = office.request("GET", path, cookies=signed_in(office))
    assert answer.status_code == 200, answer.text
    return answer.text


def test_fewer_than_ten_offices_are_never_compared(office: Office) -> None:
    consent(office, band=BAND)
    for number in range(LEAST - 1):
        other(office, f"Office {number}", 500_000, band=BAND)
    assert "Too few offices" in page(office, "/en/trend/compare")
    assert "Trop peu de bureaux" in page(office, "/fr/trend/compare")
    other(office, "Office 9", 900_000, band=BAND)
    shown = page(office, "/en/trend/compare")
    assert "Half of the offices have at most" in shown
    assert "Office 9" not in shown


def test_an_office_that_is_not_counted_sees_no_comparison(office: Office) -> None:
    for number in range(LEAST):
        other(office, f"Office {number}", 500_000, band=BAND)
    assert "Your office is not counted" in page(office, "/en/trend/compare")


def test_who_withdrew_or_went_silent_is_not_counted(office: Office) -> None:
    consent(office, band=BAND)
    made = [other(office, f"Office {number}", 500_000, band=BAND) for number in range(LEAST - 1)]
    other(office, "Silent", 500_000, band=BAND, age=30)
    assert "Too few offices" in page(office, "/en/trend/compare")
    other(office, "Tenth", 500_000, band=BAND)
    assert "Half of the offices" in page(office, "/en/trend/compare")
    with office.database.write(WHOLE_SERVER) as connection:
        sharing.change(connection, made[0], parent=None, band=None, now=office.now(), by="test")
    assert "Too few offices" in page(office, "/en/trend/compare")


def test_a_parent_sees_those_that_consent_by_name_and_no_others(office: Office) -> None:
    for name, lower, parent in (("Zinc", 990_000, office.tenant.id), ("alder", 100_000, office.tenant.id),
                                ("Birch", 500_000, office.tenant.id), ("Hidden", 700_000, None)):
        other(office, name, lower, parent=parent)
    shown = page(office, "/en/jurisdiction")
    assert shown.index("alder") < shown.index("Birch") < shown.index("Zinc")
    assert "Hidden" not in shown
    with office.database.write(WHOLE_SERVER) as connection:
        [birch] = [one for one in tenants.every(connection) if one.name == "Birch"]
        sharing.change(connection, birch.id, parent=None, band=None, now=office.now(), by="test")
    assert "Birch" not in page(office, "/fr/jurisdiction")


def test_an_office_is_told_who_sees_its_points(office: Office) -> None:
    assert "Nobody outside your office." in page(office, "/en/trend/compare")
    consent(office, parent=other(office, "Big county", 1))
    assert "Big county sees the points of your office" in page(office, "/en/trend/compare")


@given(st.lists(st.integers(0, MILLION), max_size=30))
def test_quartiles_are_in_order_and_need_ten(lower: list[int]) -> None:
    found = quartiles(lower)
    assert (found is None) == (len(lower) < LEAST)
    if found is not None:
        assert min(lower) // 10_000 - 1 <= found.low <= found.middle <= found.high <= max(lower) // 10_000 + 1
        assert found == quartiles(list(reversed(lower)))
    assert comparison.LEAST == 10


def test_consent_is_given_and_taken_back_at_the_console_and_written_down(console: Console) -> None:
    opened = Database(database_url(console.data))
    with opened.write(WHOLE_SERVER) as connection:
        own = tenants.only(connection)
        county = tenants.create(connection, "County", own.created).id
    console.run("share", "set", "--tenant", own.name, "--parent", "County", "--band", BAND)
    told = json.loads(console.run("share", "show", "--tenant", own.name, "--format", "json"))
    assert (told["parent"], told["band"]) == ("County", BAND)
    with opened.read(WHOLE_SERVER) as connection:
        assert [one.id for one in sharing.children(connection, county)] == [own.id]
    console.run("share", "withdraw", "--tenant", own.name)
    assert "nobody" in console.run("share", "show", "--tenant", own.name)
    with opened.read(WHOLE_SERVER) as connection:
        assert sharing.children(connection, county) == []
        from server.store import audit

        acts = [one.action for one in audit.recent(connection, own.id)]
    opened.close()
    assert acts[:2] == ["share.withdraw", "share.set"]


@pytest.mark.parametrize("args", [(), ("--parent", "Nowhere"), ("--parent", "Election office")])
def test_consent_to_nothing_nobody_or_oneself_is_refused(console: Console, args: tuple[str, ...]) -> None:
    console.refused("share", "set", *args)


def test_the_trend_at_the_console(console: Console) -> None:
    assert json.loads(console.run("trend", "show", "--format", "json"))["days"] == []
    assert "day" in console.run("trend", "show")
    assert json.loads(console.run("trend", "verify", "--format", "json")) == {"days": 0, "differ": []}


def test_a_day_that_was_altered_makes_verify_and_check_say_no(console: Console, tmp_path: Path) -> None:
    opened = Database(database_url(console.data))
    with opened.read(WHOLE_SERVER) as connection:
        own = tenants.only(connection).id
    opened.close()
    assert "0 differences" in console.run("rebuild", "--check")
    assert "0 differences" in console.run("rebuild")
    opened = Database(database_url(console.data))
    with opened.write(WHOLE_SERVER) as connection:
        connection.execute(sa.delete(kept_days).where(kept_days.c.tenant == own))
        from server.store import agents
        from server.store.agents import Agent, State
        from server.store.schema import heads

        agents.add(connection, Agent("a1", own, b"k" * 32, "sha256:k", State.APPROVED, "desk", (), "",
                                     tenants.only(connection).created, None))
        connection.execute(sa.update(heads).values(failing={"x/y": "2026-01-01T00:00:00+00:00"}))
    opened.close()
    result = CliRunner().invoke(server, ["rebuild", "--check", "--data", str(console.data)])
    assert (result.exit_code, "a1: failing" in result.output) == (1, True)
    console.run("rebuild")
    assert "0 differences" in console.run("rebuild", "--check")
