"""Elections in the store, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from server.elections import changing
from server.elections.model import WindowKind
from server.store import elections, settings, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.elections import Act
from server.store.migrate import migrate
from server.store.settings import Profile, Settings
from tests.elections.made import VOTE, election
from tests.sender import NOW

TODAY = NOW.date()
LATER = NOW + timedelta(days=1)


def office(database: Database, name: str = "Office") -> str:
    with database.write(WHOLE_SERVER) as connection:
        return tenants.create(connection, name, NOW).id


def test_voting_days_of_an_older_version_become_elections_named_by_their_date(database_url: str) -> None:
    opened = Database(database_url)
    with opened.owner() as connection:
        config = Config()
        config.set_main_option("script_location", str(files("server.store") / "migrations").replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(sa.text("INSERT INTO tenants (id, name, created) VALUES ('t', 'Office', :now)"),
                           {"now": NOW})
        calendars = sa.table("calendars", sa.column("tenant"), sa.column("days", sa.JSON()),
                             sa.column("declared", sa.DateTime(timezone=True)), sa.column("declared_by"))
        for hours, days in enumerate((["2027-11-02", "2028-06-06"], ["2027-11-02"], ["2027-11-02", "2028-06-06",
                                                                                     "2028-11-07"], ["2027-11-02",
                                                                                                     "2028-11-07"])):
            connection.execute(sa.insert(calendars).values(
                tenant="t", days=days, declared=NOW + timedelta(hours=hours), declared_by="console:ada"))
    migrate(opened)
    with opened.read(WHOLE_SERVER) as connection:
        standing = elections.every(connection, "t")
        acts = [(one.election.name, one.act, one.version) for one in elections.history(connection, "t")]
        before = elections.as_of(connection, "t", NOW + timedelta(minutes=1))
    opened.close()
    assert standing == tuple(election(day, id=day.isoformat(), name=day.isoformat())
                             for day in (date(2027, 11, 2), date(2028, 11, 7)))
    assert [one.name for one in before] == ["2027-11-02", "2028-06-06"]
    assert acts == [("2028-06-06", Act.CANCEL, 4), ("2028-11-07", Act.ADD, 1), ("2028-06-06", Act.ADD, 3),
                    ("2028-06-06", Act.CANCEL, 2), ("2028-06-06", Act.ADD, 1), ("2027-11-02", Act.ADD, 1)]


def test_a_change_is_a_new_version_and_the_old_one_stays(database: Database) -> None:
    tenant = office(database)
    made = election(kind="us-municipal")
    with database.write(WHOLE_SERVER) as connection:
        changing.add(connection, tenant, made, now=NOW, by="console:ada")
        moved = msgspec.structs.replace(made, name="Moved")
        changing.change(connection, tenant, moved, now=LATER, by="person:bo", note="the court said so")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.every(connection, tenant) == (moved,)
        assert elections.as_of(connection, tenant, NOW) == (made,)
        last, first = elections.history(connection, tenant, made.id)
        assert (last.version, last.note, last.by, first.election) == (2, "the court said so", "person:bo", made)
        assert elections.get(connection, "other", made.id) is None


def test_a_cancelled_election_stands_no_more_and_stays_on_record(database: Database) -> None:
    tenant = office(database)
    with database.write(WHOLE_SERVER) as connection:
        changing.add(connection, tenant, election(), now=NOW, by="x")
        changing.cancel(connection, tenant, election(), now=LATER, by="x", note="no candidates")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.every(connection, tenant) == ()
        assert elections.as_of(connection, tenant, NOW) == (election(),)
        found = elections.get(connection, tenant, election().id)
        assert found is not None
        assert (found.act, found.note) == (Act.CANCEL, "no candidates")


def test_what_breaks_a_rule_is_not_stored(database: Database) -> None:
    tenant = office(database)
    with database.write(WHOLE_SERVER) as connection:
        for bad in (election(name=""), election(windows=(msgspec.structs.replace(
                election().windows[0], last=VOTE - timedelta(days=1)),))):
            with pytest.raises(changing.Faulty):
                changing.add(connection, tenant, bad, now=NOW, by="x")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.history(connection, tenant) == []


def test_the_database_itself_keeps_every_version_as_it_is(database: Database) -> None:
    tenant = office(database)
    with database.write(WHOLE_SERVER) as connection:
        changing.add(connection, tenant, election(), now=NOW, by="x")
    for statement in ("UPDATE elections SET note = 'x'", "DELETE FROM elections"):
        with pytest.raises(DBAPIError, match="append-only"), database.write(WHOLE_SERVER) as connection:
            connection.execute(sa.text(statement))


def test_declaring_days_keeps_elections_on_them_and_past_ones(database: Database) -> None:
    tenant = office(database)
    past, kept, gone = (election(day, kind="us-municipal", id=name, name=name) for name, day in (
        ("past", date(2025, 11, 4)), ("kept", VOTE), ("gone", date(2028, 6, 6))))
    with database.write(WHOLE_SERVER) as connection:
        for one in (past, kept, gone):
            changing.add(connection, tenant, one, now=NOW, by="x")
        changed = elections.declare(connection, tenant, [VOTE, date(2029, 11, 6)], now=LATER, today=TODAY, by="x")
    assert [(one.election.name, one.act) for one in changed] == [("gone", Act.CANCEL), ("2029-11-06", Act.ADD)]
    with database.read(WHOLE_SERVER) as connection:
        assert [one.name for one in elections.every(connection, tenant)] == ["past", "kept", "2029-11-06"]


def test_a_day_that_was_cancelled_may_be_declared_again(database: Database) -> None:
    tenant = office(database)
    with database.write(WHOLE_SERVER) as connection:
        for days in ([VOTE], [date(2028, 6, 6)], [VOTE]):
            elections.declare(connection, tenant, days, now=NOW, today=TODAY, by="x")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.voting_days(connection, tenant) == (VOTE,)


def test_every_day_of_a_vote_counts_so_that_thresholds_stay_tight_to_its_end(database: Database) -> None:
    tenant = office(database)
    with database.write(WHOLE_SERVER) as connection:
        changing.add(connection, tenant, election(VOTE, VOTE + timedelta(days=2)), now=NOW, by="x")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.next_voting_day(connection, tenant, VOTE - timedelta(days=5)) == VOTE
        assert elections.next_voting_day(connection, tenant, VOTE + timedelta(days=2)) == VOTE + timedelta(days=2)
        assert elections.next_voting_day(connection, tenant, VOTE + timedelta(days=3)) is None


def test_offices_do_not_see_each_others_elections(database: Database) -> None:
    mine, theirs = office(database), office(database, "Other")
    with database.write(WHOLE_SERVER) as connection:
        changing.add(connection, mine, election(), now=NOW, by="x")
        settings.write(connection, mine, Settings(Profile.CAMPAIGN, "America/Toronto"), now=NOW, by="x")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.every(connection, theirs) == ()
        assert elections.history(connection, theirs) == []
        assert settings.current(connection, theirs) == Settings(Profile.OFFICE, "UTC")
        assert settings.current(connection, mine) == Settings(Profile.CAMPAIGN, "America/Toronto")


def test_windows_come_back_as_they_were_stored(database: Database) -> None:
    tenant = office(database)
    made = election(windows=(msgspec.structs.replace(election().windows[0], rule="order 12", equipment=("ems",)),))
    with database.write(WHOLE_SERVER) as connection:
        changing.add(connection, tenant, made, now=datetime(2026, 1, 1, tzinfo=UTC), by="x")
    with database.read(WHOLE_SERVER) as connection:
        assert elections.every(connection, tenant)[0].of(WindowKind.FREEZE) == made.windows
