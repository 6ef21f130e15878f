"""Two people who act at the very same moment, on real databases: it is done once, and the trail says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
import sqlalchemy as sa

from hustings.errors import UsageError
from server import publishing
from server.store import audit_check, publications, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.schema import audit as trail

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
T = TypeVar("T")


def together(*acts: Callable[[], T]) -> list[T | UsageError]:
    """What each gave, or the refusal it met; all are let go at the same moment."""
    start = threading.Barrier(len(acts))
    found: list[T | UsageError | None] = [None] * len(acts)

    def run(place: int) -> None:
        start.wait()
        try:
            found[place] = acts[place]()
        except UsageError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [one for one in found if one is not None]


def acts(database: Database, tenant: str) -> list[str]:
    with database.read(tenant) as connection:
        assert audit_check.check(connection, tenant).broken is None
        return list(connection.scalars(sa.select(trail.c.action).where(trail.c.tenant == tenant).order_by(trail.c.id)))


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write(WHOLE_SERVER) as connection:
        return tenants.create(connection, "Office", NOW).id


@pytest.mark.parametrize("turn", range(4))
def test_two_who_approve_a_publication_at_once_publish_it_with_its_line_in_the_trail(
        database: Database, tenant: str, turn: int) -> None:
    with database.write(tenant) as connection:
        number = publications.prepare(connection, tenant, digest="sha256:x", en=b"e", fr=b"f", record="{}", now=NOW,
                                      by="person:sam")

    def approve(person: str) -> publishing.State:
        with database.write(tenant) as connection:
            version = publications.get(connection, tenant, number)
            assert version is not None
            return publishing.approve(connection, tenant, version, NOW, role=Role.OFFICIAL, person=person,
                                      by=f"person:{person}", given="sha256:x", block="", reason="").state

    found = together(lambda: approve("ann"), lambda: approve("bob"))
    assert sorted(found) == [publishing.State.ONE, publishing.State.PUBLISHED]
    assert acts(database, tenant) == ["publication.approve", "publication.approve", "publication.publish"]


@pytest.mark.parametrize("turn", range(2))
def test_one_who_approves_while_another_withdraws_never_does_both(database: Database, tenant: str, turn: int) -> None:
    with database.write(tenant) as connection:
        number = publications.prepare(connection, tenant, digest="sha256:x", en=b"e", fr=b"f", record="{}", now=NOW,
                                      by="person:sam")

    def do(name: str) -> str:
        with database.write(tenant) as connection:
            version = publications.get(connection, tenant, number)
            assert version is not None
            if name == "ann":
                publishing.withdraw(connection, tenant, version, NOW, role=Role.OFFICIAL, person=name,
                                    by="person:ann", reason="A number is wrong.")
            else:
                publishing.approve(connection, tenant, version, NOW, role=Role.OFFICIAL, person=name,
                                   by="person:bob", given="sha256:x", block="", reason="")
        return name

    found = together(lambda: do("ann"), lambda: do("bob"))
    assert "ann" in found
    written = acts(database, tenant)
    assert written.count("publication.withdraw") == 1
    assert ("publication.approve" in written) == ("bob" in found)
    if "bob" in found:
        assert written.index("publication.approve") < written.index("publication.withdraw")
