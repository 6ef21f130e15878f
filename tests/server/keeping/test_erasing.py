"""An office that is deleted is gone: from every table, and on SQLite from every byte of every file."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings.errors import UsageError
from server.keeping import erasing
from server.store.database import WHOLE_SERVER, Database
from server.store.schema import metadata
from server.store.schema.keeping import LEDGER
from tests.server.keeping.filled import AT, fill, rows

GONE, STAYS = "Canary-Xq7Zk-Gone", "Canary-Bw4Rt-Stays"


@pytest.fixture
def two(database: Database) -> tuple[Database, str, str]:
    """Two offices with a row in every table."""
    return database, fill(database, GONE).id, fill(database, STAYS).id


def test_only_the_ledger_outlives_the_tenant_it_names() -> None:
    known = {table.name for table in erasing.tables()} | set(LEDGER)
    assert known == {table.name for table in metadata.sorted_tables}
    assert erasing.tables()[-1].name == "tenants"


def test_every_row_of_the_office_goes_and_no_other(two: tuple[Database, str, str]) -> None:
    database, gone, stays = two
    before = rows(database, stays)
    done = erasing.erase(database, gone, {}, AT)
    left = rows(database, gone)
    assert {name for name, found in left.items() if found} == {"deletions"}
    assert rows(database, stays) == before
    assert set(done.certificate["rows"]) == {table.name for table in erasing.tables()}
    assert done.certificate["total"] == sum(done.certificate["rows"].values())
    assert done.certificate["audit"]["lines"] == 1


def test_append_only_tables_are_append_only_again(two: tuple[Database, str, str]) -> None:
    database, gone, stays = two
    erasing.erase(database, gone, {}, AT)
    for name in ("audit", "exceptions", "plans", "holds", "deletions", "proposals"):
        for statement in (f'DELETE FROM "{name}"', f'UPDATE "{name}" SET tenant = tenant'):
            with pytest.raises(DBAPIError, match="append-only"), database.write(WHOLE_SERVER) as connection:
                connection.execute(sa.text(statement))
    assert all(rows(database, stays)[table.name] for table in erasing.tables())


def test_what_fails_half_way_deletes_nothing(two: tuple[Database, str, str]) -> None:
    database, gone, _ = two
    before = rows(database, gone)

    def no(_connection: object) -> None:
        raise UsageError("not now")

    with pytest.raises(UsageError, match="not now"):
        erasing.erase(database, gone, {}, AT, allowed=no)
    assert rows(database, gone) == before
    with pytest.raises(UsageError, match="no such office"):
        erasing.erase(database, "0" * 16, {}, AT)
    with pytest.raises(DBAPIError, match="append-only"), database.write(WHOLE_SERVER) as connection:
        connection.execute(sa.text("DELETE FROM audit"))


def test_no_byte_of_the_office_is_left_in_any_file(tmp_path: Path) -> None:
    """Rows that were deleted or overwritten before are gone too: the file is written anew."""
    from server.store.migrate import migrate

    database = Database(f"sqlite:///{tmp_path / 'hustings.db'}")
    migrate(database)
    gone, stays = fill(database, GONE).id, fill(database, STAYS).id
    earlier = f"{GONE} earlier"
    with database.write(WHOLE_SERVER) as connection:
        lists = metadata.tables["check_lists"]
        connection.execute(sa.insert(lists), [
            {"digest": f"{earlier} {number}" * 40, "tenant": gone, "checks": []} for number in range(200)])
        connection.execute(sa.delete(lists).where(lists.c.digest.contains(earlier)))
    assert holding(tmp_path, GONE)
    erasing.erase(database, gone, {"reason": erasing.fingerprint(gone, "reason", GONE)}, AT)
    assert erasing.sweep(database, AT) == 1
    assert holding(tmp_path, GONE) == []
    assert holding(tmp_path, STAYS)
    [one] = erasing.every(database)
    assert (one.swept, one.how) == (AT, "VACUUM and an emptied journal")
    assert rows(database, stays)["reports"]
    assert erasing.sweep(database, AT + timedelta(hours=1)) == 0
    database.close()
    assert holding(tmp_path, GONE) == []


def test_a_sweep_waits_for_who_still_reads_the_old_state(tmp_path: Path) -> None:
    from server.store.migrate import migrate

    database = Database(f"sqlite:///{tmp_path / 'hustings.db'}")
    migrate(database)
    gone = fill(database, GONE).id
    with database.read(WHOLE_SERVER) as connection:
        connection.execute(sa.text("SELECT 1 FROM tenants")).all()
        erasing.erase(database, gone, {}, AT)
        with database.engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=50")
        assert erasing.sweep(database, AT) == 0
        assert erasing.every(database)[0].swept is None
    assert erasing.sweep(database, AT) == 1
    database.close()


def test_the_certificate_names_nobody_and_proves_whom_it_is_about(two: tuple[Database, str, str]) -> None:
    database, gone, _ = two
    done = erasing.erase(database, gone, {"asked_by": erasing.fingerprint(gone, "person", "person:ann")}, AT)
    assert GONE not in json.dumps(done.certificate)
    assert done.certificate["name"] == erasing.fingerprint(gone, "name", f"{GONE} office")
    assert done.certificate["name"] != erasing.fingerprint(gone, "name", f"{STAYS} office")
    assert done.digest == erasing.digest(done.certificate)
    again = erasing.get(database, done.id)
    assert again == done


def test_vacuum_on_either_database_settles_the_ledger(two: tuple[Database, str, str]) -> None:
    database, gone, _ = two
    erasing.erase(database, gone, {}, AT)
    assert erasing.sweep(database, AT, full=True) == 1


def holding(folder: Path, word: str) -> list[str]:
    """Names of files below a directory that hold a word, in either of two encodings."""
    return [file.name for file in folder.rglob("*") if file.is_file()
            and any(word.encode(how) in file.read_bytes() for how in ("utf-8", "utf-16-le"))]
