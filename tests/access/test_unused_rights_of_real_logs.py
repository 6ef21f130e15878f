"""From a real server's log to a proven script: what is unused goes, and nothing of the day's work breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from agent.access.tighten_beneath import Beneath
from collectors.statement_log.store import load
from hustings.__main__ import hustings
from hustings.access.model import AccessModel, Allow
from policies.access.difference import difference
from policies.access.engines import effective
from policies.access.tighten import tighten
from policies.access.tighten_plan import Tightening
from tests.access.registration import MODEL, TEMPLATE, VARIABLE, Registration, build, model
from tests.access.workload import workload
from tests.postgres import running

PREFIX = "%m [%p] %q%u@%d/%a "
EXTRA = """
create table vr.trail (at timestamptz default now(), what text);
create function vr.keep_trail() returns trigger language plpgsql as
  $$ begin insert into vr.trail (what) values (tg_op); return null; end $$;
create trigger kept after update on vr.addresses for each row execute function vr.keep_trail();
grant insert, delete on vr.trail to r_clerk;
insert into vr.counties values ('Essex');
insert into vr.users (uname, county) values ('jdoe', 'Essex'), ('asmith', 'Essex');
insert into vr.voters (voter_id, county) values (1, 'Essex');
insert into vr.addresses (voter_id, county) values (1, 'Essex');
"""
UNUSED = ("delete", "into vr.signatures", "join vr.absentee", "set requested", "set county")
"""Statements with these words are not sent: their rights go unused."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registration, Path]]:
    with running(18, log_statement="all", log_line_prefix=PREFIX) as server:
        made = build(server)
        made.run(EXTRA)
        _work(made)
        store = tmp_path_factory.mktemp("usage") / "usage.db"
        read = CliRunner().invoke(hustings, ["access", "usage", str(server.directory / "log"), "--store", str(store),
                                             "--model", str(MODEL), "--prefix", PREFIX])
        assert read.exit_code == 0, (read.output, read.exception)
        yield made, store


def _work(office: Registration) -> None:
    values = {"held_on": b"2026-11-03", "requested": b"2026-10-01", "confidential": b"true", "accepted": b"true"}
    connections: dict[str, psycopg.Connection[object]] = {}
    try:
        for one in workload():
            if one.text.startswith(("begin", "commit", "copy", "create")) or any(word in one.text for word in UNUSED):
                continue
            if one.account not in connections:
                connections[one.account] = psycopg.connect(office.dsn(user=one.account), autocommit=True)
            value = next((value for word, value in values.items() if word in one.text), b"1")
            count = max((int(number) for number in re.findall(r"\$(\d+)", one.text)), default=0)
            connections[one.account].pgconn.exec_params(one.text.encode(), [value] * count)
    finally:
        for connection in connections.values():
            connection.close()


def _model() -> AccessModel:
    """With the trail declared, so that only its use is in question."""
    known = model()
    return replace(known, roles=tuple(
        replace(role, allow=(*role.allow, Allow("vr.trail", ("INSERT", "DELETE")))) if role.name == "clerk" else role
        for role in known.roles))


def _unused(office: tuple[Registration, Path], monkeypatch: pytest.MonkeyPatch) -> Tightening:
    registration, store = office
    monkeypatch.setenv(VARIABLE, registration.dsn())
    usage, state = load(store), registration.read()
    compared = difference(_model(), effective(state), state, usage)
    return tighten(_model(), state, usage, only=("unused",), unused_after=0,
                   protected=Beneath(compared, VARIABLE).needs)


def test_removing_what_the_log_shows_unused_breaks_nothing(office: tuple[Registration, Path], tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    registration, store = office
    made = _unused(office, monkeypatch)
    script, undo = tmp_path / "change.sql", tmp_path / "undo.sql"
    script.write_text("\n".join(step.sql for step in made.steps))
    undo.write_text("\n".join(step.sql for step in made.undo))
    assert "REVOKE DELETE ON TABLE vr.trail FROM r_clerk;" in script.read_text()
    assert "REVOKE INSERT ON TABLE vr.signatures FROM r_clerk;" in script.read_text()
    result = CliRunner(env={"DSN": registration.dsn(user="postgres")}).invoke(hustings, [
        "access", "rehearse", str(script), "--undo", str(undo), "--dsn-env", "DSN", "--usage", str(store), "--target",
        "copy"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert int(re.findall(r"Nothing of (\d+) statements", result.output)[0]) >= 200
    assert "The undo script restores every right exactly." in result.output


def test_what_runs_beneath_the_statements_is_not_called_unused(office: tuple[Registration, Path],
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """The trail is written by a trigger as its caller, and own_county is called by row policies: no line shows it."""
    script = "\n".join(step.sql for step in _unused(office, monkeypatch).steps)
    assert "INSERT ON TABLE vr.trail" not in script
    assert "own_county" not in script


def test_a_script_that_takes_what_a_trigger_needs_is_found_out(office: tuple[Registration, Path],
                                                               tmp_path: Path) -> None:
    registration, store = office
    script = tmp_path / "change.sql"
    script.write_text("revoke insert on vr.trail from r_clerk")
    result = CliRunner(env={"DSN": registration.dsn(TEMPLATE, "postgres")}).invoke(hustings, [
        "access", "rehearse", str(script), "--dsn-env", "DSN", "--usage", str(store), "--target", "copy"])
    assert result.exit_code == 1, result.exception
    assert "INSERT on vr.trail: it runs vr.keep_trail, as its caller, and it does insert on it" in result.output
