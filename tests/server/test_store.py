"""The schema and the store's promises, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, StatementError

from hustings.errors import CannotFinish, ConfigError
from server.store import audit, elections, inventory, people, schema, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.inventory import Asset
from server.store.migrate import migrate, require_current
from server.store.people import Role
from tests.sender import NOW


def test_migrations_reach_the_schema_of_the_code(database: Database) -> None:
    with database.read(WHOLE_SERVER) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_every_table_carries_its_tenant() -> None:
    for table in schema.metadata.sorted_tables:
        assert table.name == "tenants" or not table.c.tenant.nullable, table.name


def test_migrating_twice_changes_nothing(database: Database) -> None:
    assert migrate(database) == migrate(database)
    require_current(database)


def test_a_database_newer_than_the_code_is_refused_with_what_to_do(database: Database) -> None:
    with database.owner() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (migrate, require_current):
        with pytest.raises(ConfigError, match="9999") as caught:
            act(database)
        assert "newer version" in caught.value.remedy


def test_an_empty_database_is_older_than_the_code(database_url: str) -> None:
    opened = Database(database_url)
    with pytest.raises(ConfigError, match="older"):
        require_current(opened)
    opened.close()


def test_the_database_itself_keeps_the_audit_trail_as_it_is(database: Database) -> None:
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "Office", NOW)
        audit.record(connection, tenant.id, NOW, "console:test", "test.act", "thing", {"a": 1})
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), database.write(WHOLE_SERVER) as connection:
            connection.execute(sa.text(statement))
    with database.read(WHOLE_SERVER) as connection:
        [act] = audit.recent(connection, tenant.id)
    assert (act.actor, act.detail, act.at) == ("console:test", {"a": 1}, NOW)


def test_times_come_back_aware_and_to_the_microsecond(database: Database) -> None:
    moment = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
    with database.write(WHOLE_SERVER) as connection:
        tenants.create(connection, "Office", moment)
    with database.read(WHOLE_SERVER) as connection:
        assert tenants.only(connection).created == moment
    with pytest.raises(StatementError, match="time zone"), database.write(WHOLE_SERVER) as connection:
        tenants.create(connection, "Other", datetime(2026, 1, 1))


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def failing() -> None:
        with database.write(WHOLE_SERVER) as connection:
            tenants.create(connection, "Office", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    with database.read(WHOLE_SERVER) as connection:
        assert tenants.every(connection) == []


def test_which_tenant_must_be_clear(database: Database) -> None:
    with database.write(WHOLE_SERVER) as connection:
        with pytest.raises(ConfigError, match="no tenant"):
            tenants.only(connection)
        tenants.create(connection, "A", NOW)
        assert tenants.only(connection).name == "A"
        tenants.create(connection, "B", NOW)
        assert tenants.only(connection, "B").name == "B"
        for name in (None, "C"):
            with pytest.raises(ConfigError, match="tenant"):
                tenants.only(connection, name)
        with pytest.raises(ConfigError, match="already"):
            tenants.create(connection, "A", NOW)


def test_inventories_and_calendars_are_versions(database: Database) -> None:
    asset = Asset("front-desk", ("office-workstation",), "Town hall", "us", 2)
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "Office", NOW).id
        assert inventory.current(connection, tenant) is None
        assert elections.every(connection, tenant) == ()
        for file in ("first.csv", "second.csv"):
            inventory.add(connection, tenant, [asset], file=file, digest="sha256:x", now=NOW, by="test")
        for days in ([date(2027, 11, 2)], [date(2028, 6, 1), date(2027, 11, 2), date(2027, 11, 2)]):
            elections.declare(connection, tenant, days, now=NOW, today=NOW.date(), by="test")
    with database.read(WHOLE_SERVER) as connection:
        current = inventory.current(connection, tenant)
        first, second = sorted(inventory.versions(connection, tenant))
        old = inventory.get(connection, tenant, first)
        assert current is not None
        assert old is not None
        assert (current.id, current.file, old.file, current.assets) == (second, "second.csv", "first.csv", (asset,))
        assert inventory.get(connection, "other", first) is None
        assert elections.voting_days(connection, tenant) == (date(2027, 11, 2), date(2028, 6, 1))
        assert elections.next_voting_day(connection, tenant, date(2027, 11, 3)) == date(2028, 6, 1)
        assert elections.next_voting_day(connection, tenant, date(2027, 11, 2)) == date(2027, 11, 2)
        assert elections.next_voting_day(connection, tenant, date(2029, 1, 1)) is None


def test_a_persons_name_is_theirs_within_their_tenant(database: Database) -> None:
    with database.write(WHOLE_SERVER) as connection:
        one, other = tenants.create(connection, "A", NOW).id, tenants.create(connection, "B", NOW).id
        person = people.add(connection, one, "ada", Role.STAFF, None, NOW)
        with pytest.raises(ConfigError, match="already"):
            people.add(connection, one, "ada", Role.OFFICIAL, None, NOW)
        assert people.get(connection, one, person.id) == person
        assert people.get(connection, other, person.id) is None
        assert people.by_name(connection, other, "ada") is None
        assert people.every(connection, other) == []
        namesake = people.add(connection, other, "ada", Role.STAFF, None, NOW)
        assert people.by_name(connection, one, "ada") == person
        assert people.by_name(connection, other, "ada") == namesake


@pytest.mark.parametrize(("url", "what"), [
    ("mysql://x/y", "not supported"), ("nonsense", "not a database address"), ("", "not a database address")])
def test_a_wrong_database_address_says_what_to_write(url: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        Database(url)
    assert "postgresql://" in caught.value.remedy


@pytest.mark.parametrize("url", ["sqlite:////nonexistent/dir/x.db", "postgresql://u:secret@127.0.0.1:1/x"])
def test_a_database_that_cannot_be_opened_says_so_without_its_password(url: str) -> None:
    database = Database(url)
    with pytest.raises(CannotFinish, match="cannot be opened") as caught, database.read(WHOLE_SERVER):
        raise AssertionError
    assert "secret" not in str(caught.value)
    database.close()


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'full.db'}")

    def fill() -> None:
        with database.write(WHOLE_SERVER) as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=2")
            connection.exec_driver_sql("CREATE TABLE big (a)")
            connection.exec_driver_sql("INSERT INTO big VALUES (zeroblob(100000))")

    with pytest.raises(CannotFinish, match="full") as caught:
        fill()
    database.close()
    assert caught.value.where == str(tmp_path / "full.db")
    assert "space" in (caught.value.remedy or "")
