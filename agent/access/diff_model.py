"""``hustings access diff --model``: a model beside the database that it is of."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.access.connection import dsn_of
from hustings.errors import CannotFinish, Exit, UsageError

if TYPE_CHECKING:
    from hustings.access.model import AccessModel
    from hustings.access.state import State
    from hustings.access.usage import Usage
    from policies.access.anomalies import Roster
    from policies.access.difference import Difference
    from policies.access.rows import Row


def show(path: Path, *, engine: str, dsn_env: str, usage: Path | None, form: str) -> int:
    """Read, compare and write to standard output; the exit code. Nothing is written unless everything could be
    read and compared."""
    from agent.access.output import write_csv, write_json

    difference = compare(path, engine=engine, dsn_env=dsn_env, usage=usage)
    anomalies, unread = difference.anomalies, difference.unread
    seen = _Seen(difference.rows())
    out = sys.stdout.buffer
    if form == "json":
        write_json(out, difference.state.engine, seen, difference.assumable(), anomalies, unread)
    elif form == "csv":
        write_csv(out, seen, difference.assumable(), anomalies, unread)
    elif form == "matrix":
        from agent.access.matrix import write_matrix

        write_matrix(difference, seen)
    else:
        from agent.access.diff_text import write_text

        write_text(difference, seen)
    if seen.excess or anomalies:
        return int(Exit.NO)
    return int(Exit.CANNOT if unread else Exit.OK)


def compare(path: Path, *, engine: str = "", dsn_env: str = "", usage: Path | None = None) -> Difference:
    """The model in this file against its database as it is now.

    Raises ``ConfigError`` (the model, or a model that does not fit the database), ``UsageError`` (the address) and
    ``CannotFinish`` (unreachable, refused). What the model names and the database lacks, without refusing the
    comparison, is said on standard error.
    """
    from collectors.access_reader import read
    from hustings.access.reading import load

    model, _ = load(path)
    if engine and engine != model.database.engine:
        raise UsageError(f"the model is of a database of {model.database.engine}", where=f"--engine {engine}",
                         remedy="leave --engine out: the model says it")
    variable = dsn_env or model.database.dsn_env
    roster = _roster(model)
    state = read(model.database.engine, dsn_of(variable), variable=variable, counts=tuple(model.counts))
    used = load_usage(usage, state) if usage is not None else None
    return of_state(model, state, used, roster)


def of_state(model: AccessModel, state: State, usage: Usage | None, roster: Roster | None) -> Difference:
    """The comparison, if the model fits. Raises ``ConfigError`` with everything that refuses it."""
    from hustings.access.reading import together
    from policies.access.difference import difference
    from policies.access.engines import effective
    from policies.access.fitting import check_against
    from policies.access.notes import notes

    unfit = check_against(model, state)
    refusing = [one.error(model) for one in unfit if one.refuses]
    if refusing:
        raise together(refusing, model.source)
    for one in unfit:
        click.echo(str(one.error(model)), err=True)
    found = difference(model, effective(state), state, usage, roster)
    for note in notes(found.context):
        click.echo(f"note: {note}", err=True)
    return found


def load_usage(path: Path, state: State) -> Usage:
    """What ``hustings access usage`` kept in this file. Raises ``UsageError`` if it is not there.

    Where the logs were read without knowing the database, the state says now what their statements meant.
    """
    from collectors.statement_log.names import of_state as names_of
    from collectors.statement_log.store import load

    if not path.exists():
        raise UsageError("there is no such store", where=str(path),
                         remedy="make it with `hustings access usage LOG --store FILE`")
    return load(path, names=names_of(state))


class _Seen:
    """Rows as they pass, and whether one was in excess."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.excess = False

    def __iter__(self) -> Iterator[Row]:
        from policies.access.rows import EXCESS

        for row in self._rows:
            self.excess = self.excess or row.state == EXCESS
            yield row


def _roster(model: AccessModel) -> Roster | None:
    if not model.leavers_file:
        return None
    from policies.access.roster import parse

    try:
        return parse(Path(model.leavers_file).read_text(encoding="utf-8"), model.leavers_file)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotFinish(f"the list of leavers cannot be read: {error}", where=model.leavers_file,
                           remedy="correct leavers_file in the model, or let this account read it") from error
