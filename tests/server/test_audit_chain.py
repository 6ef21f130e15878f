"""The audit trail as a chain: whatever is done to it behind the server's back is found."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from hustings.errors import UsageError
from server import origin
from server.store import audit, audit_chain, audit_check, tenants
from server.store.audit_chain import Head, Line
from server.store.audit_check import Fault
from server.store.database import WHOLE_SERVER, Database
from server.store.schema import audit as table
from server.store.tenants import Tenant

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def tenant(database: Database) -> Tenant:
    with database.write(WHOLE_SERVER) as connection:
        return tenants.create(connection, "Office", NOW)


def write(database: Database, tenant: str, *subjects: str) -> None:
    """Lines, each in a transaction of its own."""
    for number, subject in enumerate(subjects):
        with database.write(tenant) as connection:
            audit.record(connection, tenant, NOW + timedelta(seconds=number), "person:ann", "test.act", subject,
                         {"why": "é", "number": 1.5})


def checked(database: Database, tenant: str, noted: Head | None = None) -> audit_check.Checked:
    with database.read(tenant) as connection:
        return audit_check.check(connection, tenant, noted)


def head(database: Database, tenant: str) -> Head:
    with database.read(tenant) as connection:
        found = audit_chain.head(connection, tenant)
    assert found is not None
    return found


def behind_its_back(database: Database, do: Callable[[Connection], Any]) -> None:
    """As somebody with the database's own rights: without its guards, under no role of the server."""
    with database.owner() as connection:
        if database.sqlite:
            for act in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER IF EXISTS audit_no_{act}"))
        else:
            connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))
            connection.execute(sa.text("ALTER TABLE audit NO FORCE ROW LEVEL SECURITY"))
        do(connection)
        if not database.sqlite:
            connection.execute(sa.text("ALTER TABLE audit FORCE ROW LEVEL SECURITY"))


def test_a_trail_as_it_was_written_holds(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b", "c")
    found = checked(database, tenant.id)
    assert (found.lines, found.older, found.broken) == (3, 0, None)
    assert found.head == head(database, tenant.id)
    assert checked(database, tenant.id, found.head).broken is None


def test_a_line_says_who_did_what_when_and_from_where(database: Database, tenant: Tenant) -> None:
    with origin.address("203.0.113.7"), database.write(tenant.id) as connection:
        audit.record(connection, tenant.id, NOW, "person:ann", "test.act", "x", {"a": {1: "one"}, "b": ("t",)})
        [act] = audit.recent(connection, tenant.id)
    assert (act.actor, act.at, act.origin, act.sequence) == ("person:ann", NOW, "address:203.0.113.7", 1)
    assert act.detail == {"a": {"1": "one"}, "b": ["t"]}
    assert checked(database, tenant.id).broken is None
    assert origin.current() == ""


def test_the_digest_is_what_the_documentation_says() -> None:
    line = Line("t1", NOW, "person:ann", "console:host", "test.act", "é", {"b": 1, "a": None})
    assert audit_chain.line_digest(line, 1, "sha256:x") == (
        "sha256:" + hashlib.sha256(
            b'["hustings-audit/1","t1",1,"sha256:x","2026-11-22T12:00:00.123456Z","person:ann","console:host",'
            b'"test.act","\\u00e9",{"a":null,"b":1}]').hexdigest())


def test_the_database_refuses_to_change_or_remove_a_line(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a")
    for act in (sa.update(table).values(subject="x"), sa.delete(table)):
        with pytest.raises(DBAPIError), database.write(WHOLE_SERVER) as connection:
            connection.execute(act)
    assert checked(database, tenant.id).broken is None


COLUMNS = {"at": NOW + timedelta(days=9), "actor": "person:eve", "action": "test.other", "subject": "z",
           "detail": {"why": "e"}, "origin": "address:::1", "previous": "sha256:" + "0" * 64,
           "digest": "sha256:" + "0" * 64}


@pytest.mark.parametrize("column", [*COLUMNS, "tenant"])
def test_a_change_of_any_column_is_found_at_its_line(database: Database, tenant: Tenant, column: str) -> None:
    write(database, tenant.id, "a", "b", "c")
    with database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", NOW).id
    value = {**COLUMNS, "tenant": other}[column]
    behind_its_back(database, lambda one: one.execute(
        sa.update(table).where(table.c.sequence == 2).values({column: value})))
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert broken.sequence == (3 if column == "tenant" else 2)
    assert broken.fault is (Fault.MISSING if column == "tenant" else Fault.CHANGED)


def test_a_line_that_is_gone_is_found(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b", "c")
    behind_its_back(database, lambda one: one.execute(sa.delete(table).where(table.c.sequence == 2)))
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.MISSING, 3)


def test_the_first_line_cannot_go_unnoticed(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b")
    behind_its_back(database, lambda one: one.execute(sa.delete(table).where(table.c.sequence == 1)))
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert broken.fault is Fault.MISSING


def test_lines_in_another_order_are_found(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b", "c", "d")

    def swap(connection: Connection) -> None:
        ids = list(connection.scalars(sa.select(table.c.id).order_by(table.c.id)))
        for place, new in ((ids[1], 1001), (ids[2], ids[1]), (1001, ids[2])):
            connection.execute(sa.update(table).where(table.c.id == place).values(id=new))

    behind_its_back(database, swap)
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.MISSING, 3)


def test_a_forged_line_in_the_middle_is_found_where_the_next_does_not_follow(database: Database,
                                                                            tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b", "c")

    def forge(connection: Connection) -> None:
        """Line 2 written anew with a digest that fits it."""
        row = connection.execute(sa.select(table).where(table.c.sequence == 2)).one()
        line = Line(row.tenant, row.at, "person:eve", row.origin, row.action, row.subject, row.detail)
        connection.execute(sa.update(table).where(table.c.id == row.id).values(
            actor="person:eve", digest=audit_chain.line_digest(line, 2, row.previous)))

    behind_its_back(database, forge)
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.OTHER, 3)


def test_a_line_beside_the_chain_is_found(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b")
    behind_its_back(database, lambda one: one.execute(sa.insert(table).values(
        tenant=tenant.id, at=NOW, actor="person:eve", action="test.act", subject="x", detail={})))
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.OUTSIDE, None)


def test_a_trail_whose_end_is_cut_off_is_found_with_a_head_that_was_noted(database: Database, tenant: Tenant) -> None:
    write(database, tenant.id, "a", "b", "c")
    noted = head(database, tenant.id)
    behind_its_back(database, lambda one: one.execute(sa.delete(table).where(table.c.sequence > 1)))
    assert checked(database, tenant.id).broken is None, "without a noted head nobody can know"
    broken = checked(database, tenant.id, noted).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.CUT, 2)
    write(database, tenant.id, "another b", "another c")
    broken = checked(database, tenant.id, noted).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.NOTED, 3)


def test_what_was_there_before_the_chain_is_sealed_by_its_first_line(database: Database, tenant: Tenant) -> None:
    with database.owner() as connection:
        if not database.sqlite:
            connection.execute(sa.text("SET LOCAL ROLE hustings_server"))
        for subject in ("old", "older"):
            connection.execute(sa.insert(table).values(
                tenant=tenant.id, at=NOW, actor="person:ann", action="test.act", subject=subject, detail={"n": 1}))
    assert checked(database, tenant.id) == audit_check.Checked(0, 2, None, None)
    write(database, tenant.id, "a", "b")
    found = checked(database, tenant.id)
    assert (found.lines, found.older, found.broken) == (2, 2, None)
    behind_its_back(database, lambda one: one.execute(
        sa.update(table).where(table.c.subject == "old").values(subject="new")))
    broken = checked(database, tenant.id).broken
    assert broken is not None
    assert (broken.fault, broken.sequence) == (Fault.BEFORE, 1)


def test_trails_of_two_tenants_are_two_chains(database: Database, tenant: Tenant) -> None:
    with database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", NOW).id
        for one in (other, tenant.id, other):
            audit.record(connection, one, NOW, "job:test", "test.act")
    assert [checked(database, one).lines for one in (tenant.id, other)] == [1, 2]
    assert head(database, other).sequence == 2


def test_what_is_undone_leaves_no_line(database: Database, tenant: Tenant) -> None:
    def fails() -> None:
        with database.write(tenant.id) as connection:
            audit.record(connection, tenant.id, NOW, "person:ann", "test.act", "undone")
            raise UsageError("no")

    with pytest.raises(UsageError):
        fails()
    with database.write(tenant.id) as connection:
        audit.record(connection, tenant.id, NOW, "person:ann", "test.act", "kept")
        nested = connection.begin_nested()
        audit.record(connection, tenant.id, NOW, "person:ann", "test.act", "undone")
        nested.rollback()
        with connection.begin_nested():
            audit.record(connection, tenant.id, NOW, "person:ann", "test.act", "kept too")
    with database.read(tenant.id) as connection:
        assert [one.subject for one in audit.recent(connection, tenant.id)] == ["kept too", "kept"]
    assert checked(database, tenant.id).broken is None


def test_many_who_write_at_once_make_one_chain(database: Database, tenant: Tenant) -> None:
    """Each holds a row of the office's that the others want before they write, in turn: no two wait for each other."""
    started = threading.Barrier(4)
    failed: list[BaseException] = []

    def work(name: str) -> None:
        started.wait()
        try:
            for number in range(15):
                with database.write(tenant.id) as connection:
                    audit.record(connection, tenant.id, NOW, f"person:{name}", "test.act", str(number))
                    connection.execute(sa.text("UPDATE tenants SET name = name WHERE id = :id"), {"id": tenant.id})
                    audit.record(connection, tenant.id, NOW, f"person:{name}", "test.act", f"{number} again")
        except BaseException as error:  # noqa: BLE001 - told below, by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "bob", "eve", "joe")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
    found = checked(database, tenant.id)
    assert (found.lines, found.broken) == (120, None)


@pytest.mark.parametrize("text", ["", "12", "12:sha256:abc", "0:sha256:" + "a" * 64, "x:sha256:" + "a" * 64,
                                  "1:sha1:" + "a" * 64, "1:sha256:" + "A" * 64])
def test_a_head_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        audit_check.read_head(text)


def test_a_head_is_read_as_it_is_shown() -> None:
    noted = Head(12, "sha256:" + "a1" * 32)
    assert audit_check.read_head(f" {noted}\n") == noted


def test_the_trail_is_searched_by_person_act_and_day(database: Database, tenant: Tenant) -> None:
    with database.write(tenant.id) as connection:
        for actor, action, day in (("person:Ann", "a.b", 0), ("person:bob", "a.b", 1), ("console:ann", "a.c", 1)):
            audit.record(connection, tenant.id, NOW + timedelta(days=day), actor, action)
    with database.read(tenant.id) as connection:
        def found(**asked: Any) -> list[str]:
            return [one.actor for one in audit.recent(connection, tenant.id, asked=audit.Asked(**asked))]

        assert found(actor="ANN") == ["console:ann", "person:Ann"]
        assert found(action="a.b") == ["person:bob", "person:Ann"]
        assert found(day=NOW.date()) == ["person:Ann"]
        assert found(actor="%") == []
        assert audit.actions(connection, tenant.id) == ["a.b", "a.c"]
        assert audit.count(connection, tenant.id, audit.Asked(action="a.b")) == 2
