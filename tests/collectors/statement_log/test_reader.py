"""Reading: in parts, after kills, over rotations, of damaged and unfinished logs."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchmarks.access_logs import write_log
from collectors.statement_log.names import Names
from collectors.statement_log.reader import read_logs
from collectors.statement_log.store import load
from hustings.access.rights import POSTGRESQL
from hustings.errors import CannotFinish, ConfigError, UsageError
from policies.access.difference_uses import speaks_of
from tests.collectors.statement_log.written import csv_line, read, used

SELECT = "statement: select name from vr.voters where id = {}"


def test_reading_that_is_killed_at_any_moment_counts_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    log, store, once = tmp_path / "pg.csv", tmp_path / "store.db", tmp_path / "once.db"
    write_log(log, 3_000_000)
    program = (
        "import sys\nfrom pathlib import Path\nfrom collectors.statement_log.reader import read_logs\n"
        "read_logs((Path(sys.argv[1]),), Path(sys.argv[2]), step=16384, per_commit=16384,\n"
        "          progress=lambda done, total: print('.', flush=True))\n"
    )
    chosen, midway = random.Random(11), list[int]()
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(log), str(store)], cwd=Path(__file__).parents[3], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(chosen.randrange(1, 20)):
            process.stdout.readline()
        time.sleep(chosen.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        try:
            midway.append(load(store).statements)
        except (ConfigError, UsageError):
            assert not midway, "killed before there was a store"
    read_logs((log,), store)
    read_logs((log,), once)
    resumed, straight = load(store), load(once)
    assert midway == sorted(midway)
    assert sum(0 < one < straight.statements for one in midway) >= 3
    assert resumed.statements == straight.statements > 5000
    assert resumed.uses == straight.uses
    assert resumed.sign_ins == straight.sign_ins
    assert resumed.window == straight.window
    assert {one.id for one in resumed.shapes} == {one.id for one in straight.shapes}


def test_two_readings_at_once_are_one_and_a_clear_word(tmp_path: Path) -> None:
    log, store = tmp_path / "pg.csv", tmp_path / "s.db"
    log.write_text(csv_line(SELECT.format(1)))
    read_logs((log,), store)
    with sqlite3.connect(store, isolation_level=None) as other:
        other.execute("begin exclusive")
        for attempt in (lambda: read_logs((log,), store), lambda: load(store)):
            with pytest.raises(CannotFinish, match=r"cannot be (?:used now|written|read)") as caught:
                attempt()
            assert "wait" in caught.value.remedy or "one command" in caught.value.remedy
    other.close()
    assert load(store).statements == 1


def test_a_log_that_grows_is_read_from_where_it_ended(tmp_path: Path) -> None:
    log, store = tmp_path / "pg.csv", tmp_path / "s.db"
    first = csv_line(SELECT.format(1), number=1) + csv_line(
        "statement: select name,\n  'two lines' from vr.voters", number=2
    )
    half = csv_line(SELECT.format(3), number=3)
    log.write_text(first + half[:50])
    reading = read_logs((log,), store)
    assert (reading.bytes, reading.unfinished) == (len(first), (str(log),))
    log.write_text(first + half)
    assert read_logs((log,), store).bytes == len(half)
    assert load(store).statements == 3
    assert [one.times for one in load(store).uses if one.column == "name"] == [3]


def test_a_log_that_was_renamed_or_emptied_is_told_apart_from_a_new_one(tmp_path: Path) -> None:
    log, store = tmp_path / "pg.csv", tmp_path / "s.db"
    log.write_text("".join(csv_line(SELECT.format(n), number=n) for n in range(2, 60)))
    read_logs((log,), store)
    log.rename(tmp_path / "pg.csv.1")
    log.write_text(
        "".join(csv_line(SELECT.format(n), number=n, at="2026-11-23 09:00:00.000 UTC") for n in range(2, 12))
    )
    reading = read_logs((tmp_path / "pg.csv.1", log), store)
    assert (reading.files, reading.unchanged) == (2, 1)
    assert load(store).statements == 68
    assert len(load(store).window.sources if load(store).window else ()) == 2  # type: ignore[union-attr]


def test_a_log_written_anew_that_begins_alike_is_a_new_one(tmp_path: Path) -> None:
    log, store = tmp_path / "pg.csv", tmp_path / "s.db"
    same = csv_line("statement: set x = 1", number=2)
    log.write_text(same + "".join(csv_line(SELECT.format(n), number=n) for n in range(3, 400)))
    read_logs((log,), store)
    log.write_text(
        same + "".join(csv_line(f"statement: delete from vr.voters where id = {n}", number=n) for n in range(3, 500))
    )
    read_logs((log,), store)
    assert ("jdoe", "vr.voters", None, "DELETE") in used(load(store))
    assert load(store).statements == 398 + 498


def test_a_damaged_record_is_counted_and_the_next_one_read(tmp_path: Path) -> None:
    reading, told = read(
        tmp_path, csv_line(SELECT.format(1), number=2) + "garbage,in,between\n" + csv_line(SELECT.format(2), number=3)
    )
    assert reading.damaged == 1
    assert told.statements == 2
    assert (told.damaged, told.too_damaged) == (1, False)


def test_logs_that_lost_records_leave_no_right_unused_also_when_they_are_read_again(tmp_path: Path) -> None:
    text = csv_line(SELECT.format(1), number=2) + "garbage,in,between\n" * 3 + csv_line(SELECT.format(2), number=3)
    for _ in range(2):
        _, told = read(tmp_path, text)
        assert (told.damaged, told.too_damaged) == (3, True)
        assert speaks_of(told, "jdoe", "SELECT") is False
    assert speaks_of(replace(told, damaged=0), "jdoe", "SELECT") is True


@pytest.mark.parametrize("columns", [23, 24, 26])
def test_every_version_of_csvlog_is_read(tmp_path: Path, columns: int) -> None:
    _, told = read(tmp_path, csv_line(SELECT.format(1), columns=columns))
    assert used(told) == {("jdoe", "vr.voters", "name", "SELECT"), ("jdoe", "vr.voters", "id", "SELECT")}


def test_a_time_without_any_line_is_a_gap_and_no_day_of_logs(tmp_path: Path) -> None:
    _, told = read(
        tmp_path,
        "".join(
            csv_line(SELECT.format(1), at=f"{day} UTC")
            for day in (
                "2026-11-01 08:00:00.000",
                "2026-11-02 08:00:00.000",
                "2026-11-09 08:00:00.000",
                "2026-11-10 08:00:00.000",
            )
        ),
    )
    assert told.window is not None
    assert told.window.gaps == (("2026-11-02T08:00:00Z", "2026-11-09T08:00:00Z"),)
    assert (told.window.first, told.window.last, told.window.days) == (
        "2026-11-01T08:00:00Z",
        "2026-11-10T08:00:00Z",
        2.0,
    )


def test_a_log_without_one_statement_knows_nothing_of_what_is_unused(tmp_path: Path) -> None:
    _, told = read(tmp_path, csv_line("checkpoint starting: time", user="") * 3)
    assert told.window is None
    assert told.covers == ()


def test_a_statement_refused_is_no_use_and_one_that_failed_later_is(tmp_path: Path) -> None:
    refused, failed = "select dob from vr.voters", "delete from vr.voters where id = 5"
    lines = (
        csv_line(f"statement: {refused}", number=2),
        csv_line("permission denied for table voters", severity="ERROR", state="42501", query=refused, number=3),
        csv_line(f"statement: {failed}", number=4),
        csv_line("update or delete violates foreign key", severity="ERROR", state="23503", query=failed, number=5),
    )
    _, told = read(tmp_path, "".join(lines))
    assert used(told) == {("jdoe", "vr.voters", None, "DELETE"), ("jdoe", "vr.voters", "id", "SELECT")}


def test_roles_and_search_paths_end_where_the_server_ends_them(tmp_path: Path) -> None:
    texts = (
        "set role clerk",
        "insert into vr.a values (1)",
        "begin",
        "set local role boss",
        "insert into vr.b values (1)",
        "commit",
        "insert into vr.c values (1)",
        "begin",
        "set role boss",
        "rollback",
        "insert into vr.d values (1)",
        "reset role",
        "insert into vr.e values (1)",
        "set search_path to odd, public",
        "insert into f values (1)",
        "discard all",
        "insert into g values (1)",
        "set session authorization other",
        "insert into vr.h values (1)",
        "reset session authorization; insert into vr.i values (1)",
    )
    _, told = read(tmp_path, "".join(csv_line(f"statement: {text}", number=n) for n, text in enumerate(texts, 2)))
    assert {(one.object, one.role) for one in told.uses if one.right == "INSERT"} == {
        ("vr.a", "clerk"),
        ("vr.b", "boss"),
        ("vr.c", "clerk"),
        ("vr.d", "clerk"),
        ("vr.e", ""),
        ("odd.f", ""),
        ("public.g", ""),
        ("vr.h", "other"),
        ("vr.i", ""),
    }
    assert {one.account for one in told.uses} == {"jdoe"}


@pytest.mark.parametrize(
    ("message", "covers"),
    [
        ("statement: select a from vr.t", ("all",)),
        ("statement: insert into vr.t values (1)", ("ddl", "role", "write")),
        ("statement: create table vr.t (a int)", ("ddl", "role")),
        ("duration: 0.012 ms  statement: select a from vr.t", ("all",)),
        ("duration: 512.3 ms  statement: select a from vr.t", ()),
        ("duration: 0.500 ms  execute <unnamed>: select a from vr.t", ("all",)),
        ("AUDIT: SESSION,1,1,WRITE,INSERT,TABLE,vr.t,insert into vr.t values (1),<not logged>", ("write",)),
        ("AUDIT: OBJECT,1,1,READ,SELECT,TABLE,vr.t,select a from vr.t,<not logged>", ()),
        ("AUDIT: SESSION,1,1,READ,SELECT,TABLE,vr.t,<not logged>,<not logged>", ("read",)),
    ],
)
def test_what_a_log_covers_is_no_more_than_its_lines_show(
    tmp_path: Path, message: str, covers: tuple[str, ...]
) -> None:
    _, told = read(tmp_path, csv_line(message))
    if "OBJECT" in message:
        assert told.covers in ((), ("read",))
    else:
        assert told.covers == covers
    assert any(one.object.startswith("vr") for one in told.uses)


def test_times_are_of_the_zone_that_the_log_names(tmp_path: Path) -> None:
    _, told = read(tmp_path, csv_line(SELECT.format(1), at="2026-11-22 09:00:00.000 EST"))
    assert {one.last for one in told.uses} == {"2026-11-22T14:00:00Z"}
    with pytest.raises(UsageError, match="may mean several"):
        read(tmp_path, csv_line(SELECT.format(1), at="2026-11-22 09:00:00.000 IST"), name="other.csv")
    _, told = read(
        tmp_path, csv_line(SELECT.format(1), at="2026-11-22 09:00:00.000 IST"), name="other.csv", zone="Asia/Kolkata"
    )
    assert {one.last for one in told.uses} == {"2026-11-22T03:30:00Z"}


def test_several_sessions_of_an_account_are_counted_by_hour_and_host(tmp_path: Path) -> None:
    lines = "".join(
        csv_line("connection authorized: user=jdoe database=vr", session=f"a.{n}", number=2, host=f"10.0.0.{n % 2}:99")
        for n in range(5)
    )
    _, told = read(
        tmp_path, lines + csv_line(SELECT.format(1), session="b.1", number=1, at="2026-11-22 10:00:00.000 UTC")
    )
    assert {(one.account, one.host, one.hour, one.times) for one in told.sign_ins} == {
        ("jdoe", "10.0.0.0", "2026-11-22T09", 3),
        ("jdoe", "10.0.0.1", "2026-11-22T09", 2),
        ("jdoe", "10.1.1.9", "2026-11-22T10", 1),
    }


def test_a_store_made_for_one_database_keeps_to_it(tmp_path: Path) -> None:
    here, there = Names(POSTGRESQL), Names(POSTGRESQL)
    here.database, there.database = "vr", "other"
    lines = csv_line(SELECT.format(1)) + csv_line("statement: delete from vr.voters").replace('"vr"', '"other"')
    _, told = read(tmp_path, lines, names=here)
    assert used(told) == {("jdoe", "vr.voters", "name", "SELECT"), ("jdoe", "vr.voters", "id", "SELECT")}
    with pytest.raises(UsageError, match="of the database vr, not of other"):
        read(tmp_path, lines, names=there)
    _, told = read(tmp_path, lines, name="all.csv")
    assert ("jdoe", "vr.voters", None, "DELETE") in used(told)
    _, told = read(tmp_path, lines, name="all.csv", names=here)
    assert ("jdoe", "vr.voters", None, "DELETE") in used(told), "what was begun for all stays so"


def test_what_is_not_understood_is_listed_with_its_account(tmp_path: Path) -> None:
    _, told = read(
        tmp_path, csv_line("statement: do $$begin delete from vr.voters; end$$") + csv_line("statement: frobnicate all")
    )
    assert {(one.text, one.accounts, one.understood) for one in told.shapes} == {
        ("do $1", ("jdoe",), False),
        ("frobnicate all", ("jdoe",), False),
    }


def test_an_operator_of_its_own_may_use_anything_and_one_of_the_engine_nothing(tmp_path: Path) -> None:
    own = "select name from vr.voters where id operator(vr.===) 5"
    engines = own.replace("vr.==", "pg_catalog.")
    _, told = read(tmp_path, csv_line(f"statement: {own}") + csv_line(f"statement: {engines}"))
    assert sorted(one.understood for one in told.shapes) == [False, True]


def test_stores_of_others_are_refused_with_a_way_on(tmp_path: Path) -> None:
    log = tmp_path / "pg.csv"
    log.write_text(csv_line(SELECT.format(1)))
    (tmp_path / "no.db").write_text("this is no database, not at all")
    with pytest.raises(ConfigError, match="no store"):
        read_logs((log,), tmp_path / "no.db")
    with pytest.raises(UsageError, match="no such store"):
        load(tmp_path / "none.db")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("create table x (a)")
    other.close()
    with pytest.raises(ConfigError, match="not a store"):
        read_logs((log,), tmp_path / "other.db")
    read_logs((log,), tmp_path / "pg.db")
    audit = tmp_path / "server_audit.log"
    audit.write_text("20261122 10:14:50,vm,jdoe,localhost,6,15,QUERY,vr,'select 1',0\n")
    with pytest.raises(UsageError, match="of a postgresql server"):
        read_logs((audit,), tmp_path / "pg.db")
    with pytest.raises(UsageError, match="several engines"):
        read_logs((audit, log), tmp_path / "new.db")
    with pytest.raises(UsageError, match="no such log"):
        read_logs((tmp_path / "gone.csv",), tmp_path / "new.db")
    (tmp_path / "poem.txt").write_text("Full fathom five\nthy father lies\n")
    with pytest.raises(UsageError, match="no statement log"):
        read_logs((tmp_path / "poem.txt",), tmp_path / "new.db")


def test_a_statement_of_many_megabytes_is_one_shape_and_costs_no_memory_for_each_row(tmp_path: Path) -> None:
    rows = ", ".join(f"({number}, 'name {number}')" for number in range(60_000))
    long = "select name from vr.voters where " + " or ".join(f"a{number} = {number}" for number in range(30_000))
    insert = csv_line(f"statement: insert into vr.voters (id, name) values {rows}")
    lines = insert + csv_line(f"statement: {long}", user="app")
    _, told = read(tmp_path, lines)
    assert used(told) == {("jdoe", "vr.voters", "id", "INSERT"), ("jdoe", "vr.voters", "name", "INSERT")}
    assert [(one.accounts, one.understood) for one in told.shapes] == [(("app",), False)]
    assert all(len(one.text) < 5000 for one in told.shapes)
