"""The change script: it cuts where a right comes from, keeps what is declared, and knows what is unused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from agent.access.rehearsal_catalogue import rights
from agent.access.rehearsal_postgresql import rehearse
from agent.access.rehearsal_script import parse_script
from hustings.__main__ import hustings
from hustings.access.state import State
from hustings.access.usage import Shape, Usage, Use, Window
from hustings.errors import Exit, HustingsError
from policies.access.difference import Difference, difference
from policies.access.engines import effective
from policies.access.rows import EXCESS, MISSING
from policies.access.tighten import tighten
from policies.access.tighten_plan import Tightening
from tests.access.registration import MODEL, VARIABLE, Registration, model
from tests.access.workload import workload

PLANTED = """
grant delete, truncate, update on vr.voters to r_clerk;
grant select on vr.voters to r_lookup with grant option;
set role r_lookup; grant select on vr.voters to pcote with grant option;
set role pcote; grant select on vr.voters to hgagnon; reset role;
grant select on vr.voters to public;
alter table vr.absentee owner to svc_dmv;
grant select (ssn4), select (dob) on vr.voters to r_entry;
create role "Odd ""one" login; grant insert, select on vr.voters to "Odd ""one" with grant option;
grant r_clerk to nkhan;
create role middle nologin; grant r_propose to middle; grant middle to web_lookup;
grant usage, create on schema vr to public;
grant all on all sequences in schema vr to r_report;
alter default privileges for role vr_owner in schema vr grant select, insert on tables to public;
create function vr."Odd (one)"(a int, b text) returns int language sql security definer as 'select 1';
create function vr.twice(a int) returns int language sql as 'select 1';
create function vr.twice(a text) returns int language sql as 'select 1';
grant execute on function vr.twice(text) to r_report;
"""
SERVER_WIDE = """drop owned by "Odd ""one"; drop role "Odd ""one"; revoke r_clerk from nkhan; drop role middle"""


@pytest.fixture(scope="module")
def planted(registration: Registration) -> Iterator[str]:
    with registration.copy() as database:
        registration.run(PLANTED, database)
        try:
            yield database
        finally:
            registration.run(SERVER_WIDE, database)


def compared(state: State) -> Difference:
    return difference(model(), effective(state), state)


def text(made: Tightening) -> str:
    return "\n".join(step.sql for step in made.steps)


def undo(made: Tightening) -> str:
    return "\n".join(step.sql for step in made.undo)


def run(connection: psycopg.Connection[Any], sql: str) -> None:
    with connection.transaction():
        for one in parse_script(sql, "postgresql").statements:
            connection.execute(one.text.encode())


def test_many_faults_at_once_are_closed_rehearsed_and_restored_to_the_letter(registration: Registration,
                                                                              planted: str) -> None:
    made = tighten(model(), registration.read(planted), only=("excess", "anomalies"))
    # Until now everyone could make tables: she did not have to take on her role for it.
    work = tuple(one for one in workload() if one.account != "dba_ann")
    with psycopg.connect(registration.server.dsn(planted), autocommit=True) as connection:
        report = rehearse(connection, parse_script(text(made), "postgresql"), "", work, lock_timeout=2,
                          target="copy", undo=parse_script(undo(made), "postgresql"),
                          again=lambda: psycopg.connect(registration.server.dsn(planted), autocommit=True))
        assert [one for one in report.outcomes if one.outcome != "fine"] == []
        assert (report.exit, report.undo, report.equal) == (Exit.OK, "exact", True)
        before = rights(connection)
        run(connection, text(made))
        after = compared(registration.read(planted))
        assert [row for row in after.rows() if row.state in (EXCESS, MISSING)] == []
        assert after.anomalies == compared(made.after or registration.read()).anomalies
        run(connection, undo(made))
        assert rights(connection) == before


def test_a_script_that_has_run_leaves_nothing_to_change(registration: Registration, planted: str) -> None:
    made = tighten(model(), registration.read(planted), only=("excess", "anomalies"))
    assert made.after is not None
    again = tighten(model(), made.after, only=("excess", "anomalies"))
    assert (text(again), undo(again)) == ("", "")


def test_a_table_wide_right_is_narrowed_to_its_declared_columns(registration: Registration, planted: str) -> None:
    made = text(tighten(model(), registration.read(planted), only=("excess",)))
    assert "REVOKE UPDATE, DELETE, TRUNCATE ON TABLE vr.voters FROM r_clerk;" in made
    assert "GRANT UPDATE (last_name, first_name, party, status) ON TABLE vr.voters TO r_clerk;" in made


def test_a_right_that_others_are_meant_to_have_is_left_to_them(registration: Registration, planted: str) -> None:
    made = text(tighten(model(), registration.read(planted), only=("excess",)))
    assert "REVOKE r_clerk FROM nkhan;" in made
    assert "REVOKE r_propose FROM middle;" in made


def test_names_are_quoted_and_comments_stay_comments(registration: Registration, planted: str) -> None:
    result = call(registration, planted)
    assert 'REVOKE SELECT, INSERT ON TABLE vr.voters FROM "Odd ""one"' in result.stdout
    assert 'ALTER ROUTINE vr."Odd (one)" SET search_path = pg_catalog, vr, pg_temp;' in result.stdout
    assert "REVOKE EXECUTE ON ROUTINE vr.twice(text) FROM r_report;" in result.stdout
    lines = [line for line in result.stdout.splitlines() if line and not line.startswith("-- ")]
    assert parse_script("\n".join(lines), "postgresql").statements


def call(registration: Registration, database: str, *args: str) -> Result:
    return CliRunner(env={VARIABLE: registration.dsn(database)}).invoke(hustings, [
        "access", "tighten", "--model", str(MODEL), *args])


@pytest.mark.parametrize(("output", "names"), [("out", ("out/tighten.sql", "out/undo.sql")),
                                               ("change.sql", ("change.sql", "change.undo.sql"))])
def test_the_script_and_its_undo_are_written_for_the_office_alone(registration: Registration, planted: str,
                                                                  tmp_path: Path, output: str,
                                                                  names: tuple[str, str]) -> None:
    result = call(registration, planted, "--output", str(tmp_path / output))
    assert result.exit_code == 0, result.exception
    forward, back = (tmp_path / name for name in names)
    assert [path.stat().st_mode & 0o777 for path in (forward, back)] == [0o600, 0o600]
    assert parse_script(forward.read_text(), "postgresql").statements
    assert parse_script(back.read_text(), "postgresql").statements
    assert "postgresql://" not in forward.read_text() + back.read_text() + result.output


@pytest.mark.parametrize("args", [("--only", "unused"), ("--unused-after", "soon"), ("--unused-after", "0d"),
                                  ("--usage", "/nowhere/store.db")])
def test_wrong_usage_writes_nothing(registration: Registration, planted: str, args: tuple[str, ...]) -> None:
    result = call(registration, planted, *args)
    assert isinstance(result.exception, HustingsError)
    assert (result.exception.exit_code, result.stdout) == (2, "")


# Unused rights

DAYS = Window("2026-08-01T00:00:00Z", "2026-11-20T00:00:00Z", 111)
CLERK_USES = (
    Use("jdoe", "vr.voters", None, "SELECT", "2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z"),
    Use("asmith", "vr.addresses", "line1", "UPDATE", "2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z"),
    Use("asmith", "vr.voters", "status", "UPDATE", "2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z"),
)


def used(*uses: Use, window: Window | None = DAYS, covers: tuple[str, ...] = ("all",),
         shapes: tuple[Shape, ...] = ()) -> Usage:
    return Usage(engine="postgresql", window=window, uses=uses, covers=covers, shapes=shapes)


def unused(state: State, usage: Usage | None, after: float = 45) -> str:
    return text(tighten(model(), state, usage, only=("unused",), unused_after=after))


@pytest.fixture(scope="module")
def clean(registration: Registration) -> State:
    return registration.read()


def test_what_one_account_of_a_role_uses_is_kept_for_all(clean: State) -> None:
    made = unused(clean, used(*CLERK_USES))
    assert "REVOKE INSERT ON TABLE vr.voters FROM r_clerk;" in made
    assert "REVOKE UPDATE (first_name, last_name, party) ON TABLE vr.voters FROM r_clerk;" in made
    assert "SELECT ON TABLE vr.voters FROM r_clerk" not in made


def test_an_update_of_a_whole_table_is_narrowed_to_what_is_changed(clean: State) -> None:
    made = unused(clean, used(*CLERK_USES))
    assert "REVOKE SELECT, INSERT, UPDATE ON TABLE vr.addresses FROM r_clerk;" in made
    assert "GRANT UPDATE (line1) ON TABLE vr.addresses TO r_clerk;" in made


@pytest.mark.parametrize("usage", [
    None, used(*CLERK_USES, window=None), used(*CLERK_USES, window=Window("2026-11-01", "2026-11-20", 19)),
    used(*CLERK_USES, covers=("role",))])
def test_nothing_is_called_unused_without_logs_that_would_show_it(clean: State, usage: Usage | None) -> None:
    assert unused(clean, usage) == ""


def test_logs_of_writes_say_nothing_of_reading(clean: State) -> None:
    made = unused(clean, used(*CLERK_USES, covers=("write",)))
    assert "REVOKE INSERT" in made
    assert "SELECT" not in made
    assert "EXECUTE" not in made


def test_an_account_with_a_statement_that_nobody_understood_keeps_all(clean: State) -> None:
    shape = Shape(id="1", text="do $1", accounts=("jdoe",), understood=False)
    made = unused(clean, used(shapes=(shape,)))
    assert "r_clerk" not in made
    assert "r_report" in made


def test_backup_rights_are_not_called_unused(clean: State) -> None:
    assert "r_backup" not in unused(clean, used())


def test_the_undo_of_unused_rights_gives_them_back(registration: Registration, clean: State) -> None:
    made = tighten(model(), clean, used(*CLERK_USES), only=("unused",))
    with registration.copy() as database, psycopg.connect(registration.server.dsn(database),
                                                          autocommit=True) as connection:
        before = rights(connection)
        run(connection, text(made))
        assert rights(connection) != before
        run(connection, undo(made))
        assert rights(connection) == before
