"""``hustings access usage``: reads statement logs into a store of uses."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.access.rights import ENGINES, POSTGRESQL
from hustings.errors import UsageError

if TYPE_CHECKING:
    from collectors.statement_log.names import Names
    from collectors.statement_log.reader import Reading
    from hustings.access.usage import Usage

_MIB = 1024 * 1024
_TICKS = 1000
"""Of the bar on the terminal."""


@click.command()
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path), metavar="LOG…")
@click.option(
    "--store",
    "store",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where counts are kept. Read again with the same file to go on from where reading ended.",
)
@click.option("--engine", type=click.Choice(ENGINES), help="The server's engine, where the log does not say it.")
@click.option("--model", type=click.Path(path_type=Path), help="An access model, for the names of objects.")
@click.option(
    "--dsn-env",
    default="",
    metavar="NAME",
    help="The environment variable with the database's address, for the names of objects and columns.",
)
@click.option("--statistics", is_flag=True, help="Read pg_stat_statements of that database instead of logs.")
@click.option(
    "--log-format",
    default="",
    metavar="FORMAT",
    help="csvlog, jsonlog, stderr, server_audit or audit_json; told by looking unless given.",
)
@click.option("--prefix", default="", metavar="P", help="PostgreSQL's log_line_prefix, of a plain text log.")
@click.option("--time-zone", default="", metavar="ZONE", help="The zone of times in logs that name none.")
@click.option(
    "--gap",
    default=26,
    show_default=True,
    type=click.IntRange(1),
    help="Hours without any line after which the log is taken not to have been written.",
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def usage(
    logs: tuple[Path, ...],
    store: Path,
    engine: str | None,
    model: Path | None,
    dsn_env: str,
    statistics: bool,
    log_format: str,
    prefix: str,
    time_zone: str,
    gap: int,
    form: str,
) -> None:
    """Read statement logs: which rights are used, by whom, since when.

    Reads PostgreSQL's csvlog, jsonlog and plain text, pgaudit's lines in any of them, MariaDB's server_audit and
    MySQL's audit log, gz files too. What is kept holds accounts, times and statements without any value in them.
    Without new logs it shows what the store holds.

    Exit code: 0 read, 2 wrong usage or no log, 3 a log could not be read to its end.
    """
    from collectors.statement_log.store import load

    if statistics:
        from agent.access.connection import dsn_of
        from collectors.statement_log.stat_statements import read_statistics

        if logs:
            raise UsageError(
                "statistics are read from the server, not from logs",
                where="--statistics",
                remedy="leave out the logs, and use one store for each of the two",
            )
        read_statistics(dsn_of(dsn_env), store, names=_names(engine or POSTGRESQL, model, dsn_env), variable=dsn_env)
        reading = None
    elif logs:
        from collectors.statement_log.reader import read_logs

        started = time.monotonic()
        names = _names(engine or "", model, dsn_env) if model or dsn_env else None
        with _progress() as told:
            reading = read_logs(
                logs,
                store,
                engine=engine or "",
                names=names,
                log_format=log_format,
                prefix=prefix,
                zone=time_zone,
                progress=told,
            )
        if sys.stderr.isatty() and reading.bytes:
            took = max(time.monotonic() - started, 0.001)
            click.echo(
                f"{reading.bytes / _MIB:.1f} MiB in {took:.1f} s, {reading.bytes / _MIB / took:.1f} MiB/s", err=True
            )
    else:
        reading = None
    kept = load(store, gap_hours=float(gap))
    click.echo(_json(kept, reading) if form == "json" else _text(kept, reading, gap))


def _names(engine: str, model: Path | None, dsn_env: str) -> Names:
    """What is known of the database: all of it where it can be asked, else what the model names."""
    from collectors.statement_log.names import of_model, of_state

    declared = None
    if model is not None:
        from hustings.access.reading import load as load_model

        declared, _ = load_model(model)
        engine = engine or declared.database.engine
    if dsn_env:
        from agent.access.connection import dsn_of
        from collectors.access_reader import read

        return of_state(read(engine or _engine_of(dsn_of(dsn_env)), dsn_of(dsn_env), variable=dsn_env))
    assert declared is not None
    return of_model(declared)


def _engine_of(dsn: str) -> str:
    return next((one for one in ENGINES if dsn.startswith(f"{one}://")), POSTGRESQL)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Tells a bar on the terminal how far the reading is; nothing where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    with click.progressbar(length=_TICKS, label="Reading logs", file=sys.stderr, show_eta=True) as bar:

        def told(done: int, total: int) -> None:
            place = _TICKS * done // total if total else _TICKS
            bar.label = f"Reading logs, {done / _MIB / max(time.monotonic() - started, 0.001):3.0f} MiB/s"
            bar.update(place - bar.pos)

        yield told


def _text(kept: Usage, reading: Reading | None, gap: int) -> str:
    lines = []
    if reading is not None:
        lines.append(
            f"Read {reading.files} {_of(reading.files, 'log', 'logs')}, {reading.bytes / _MIB:.1f} MiB new"
            + (f", {reading.unchanged} with nothing new" if reading.unchanged else "")
            + "."
        )
        if reading.damaged:
            lines.append(f"{reading.damaged} {_of(reading.damaged, 'record', 'records')} could not be made out.")
        lines += [f"The last record of {name} has no end yet; it is read next time." for name in reading.unfinished]
    window = kept.window
    if window is None:
        lines.append(
            "No statement was seen: nothing is known to be unused. The server has to log statements "
            "(docs/access-usage.md)."
        )
    else:
        lines.append(f"Window: {window.first} to {window.last}, {window.days:.1f} days of logs.")
        lines += [f"  no line for more than {gap} h: {first} to {last}" for first, last in window.gaps]
        covers = (
            "every kind of statement" if kept.covers == ("all",) else ", ".join(kept.covers) or "no kind for certain"
        )
        lines.append(f"Recorded: {covers}.")
    accounts = sorted({one.account for one in kept.uses} | {one.account for one in kept.sign_ins})
    opaque = [one for one in kept.shapes if not one.understood]
    lines += [
        f"Accounts: {len(accounts)}",
        f"Statements: {kept.statements}",
        f"Distinct shapes: {len(kept.shapes)}",
        f"Rights used: {len({(one.account, one.object, one.column, one.right) for one in kept.uses})}",
        f"Not understood: {len(opaque)}",
    ]
    if kept.damaged:
        lines.append(f"Could not be made out, in all that was read: {kept.damaged} "
                     f"{_of(kept.damaged, 'record', 'records')}"
                     + (". No right is called unused." if kept.too_damaged else "."))
    lines += [f"  {', '.join(one.accounts)}: {' '.join(one.text.split())[:160]} ({one.why})" for one in opaque[:20]]
    if opaque:
        lines.append(
            "  An account with a statement that was not understood may have used anything it holds: none of its "
            "rights is called unused."
        )
    return "\n".join(lines)


def _of(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _json(kept: Usage, reading: Reading | None) -> str:
    import msgspec

    window = None if kept.window is None else msgspec.to_builtins(kept.window)
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "schema": "hustings.access-usage/1",
                "engine": kept.engine,
                "window": window,
                "covers": kept.covers,
                "accounts": sorted({one.account for one in kept.uses} | {one.account for one in kept.sign_ins}),
                "statements": kept.statements,
                "damaged": kept.damaged,
                "shapes": len(kept.shapes),
                "not_understood": [
                    {"statement": one.text, "accounts": one.accounts, "why": one.why}
                    for one in kept.shapes
                    if not one.understood
                ],
                "read": None if reading is None else msgspec.to_builtins(reading),
                "uses": [
                    {
                        "account": one.account,
                        "object": one.object,
                        "column": one.column,
                        "right": one.right,
                        "first": one.first,
                        "last": one.last,
                        "times": one.times,
                        "role": one.role or None,
                    }
                    for one in kept.uses
                ],
            }
        ),
        indent=2,
    ).decode()
