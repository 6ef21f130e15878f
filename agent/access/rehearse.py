"""``hustings access rehearse``: prove a change script against every statement seen in the logs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.access.connection import dsn_of
from agent.access.rehearsal_report import Report, as_json, as_text
from agent.access.rehearsal_script import Script, read_script
from agent.access.rehearsal_workload import Seen, from_file, from_store
from hustings.access.rights import ENGINES, MARIADB, MYSQL, POSTGRESQL
from hustings.errors import CannotFinish, UsageError

if TYPE_CHECKING:
    from psycopg import Connection

TARGETS = ("as-marked", "copy", "production")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|min)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, None: 1.0}


@click.command()
@click.argument("script", type=click.Path(path_type=Path), required=False)
@click.option("--dsn-env", default="", metavar="NAME", help="The environment variable that holds the address of the "
              "database to rehearse on, instead of the model's.")
@click.option("--model", type=click.Path(path_type=Path), help="The access model: its engine, its address, and whether "
              "it is production.")
@click.option("--usage", type=click.Path(path_type=Path), metavar="STORE", help="What `hustings access usage` kept: "
              "the statements to plan.")
@click.option("--statements", type=click.Path(path_type=Path), metavar="FILE", help="The statements to plan, from a "
              "JSON or SQL file.")
@click.option("--engine", type=click.Choice(ENGINES), help="The database's engine. [default: the model's, or by the "
              "address]")
@click.option("--undo", type=click.Path(path_type=Path), metavar="FILE", help="The undo script: shown to restore every "
              "right.")
@click.option("--target", type=click.Choice(TARGETS), default="as-marked", show_default=True,
              help="What the database is: a restored copy, production, or what it is marked as.")
@click.option("--allow-production", is_flag=True, help="Rehearse on a database that people work on.")
@click.option("--lock-timeout", default="2s", show_default=True, metavar="TIME", help="The longest that anybody else "
              "may have to wait for the rehearsal.")
@click.option("--search-path", default="", metavar="SCHEMAS", help="For statements whose log does not say it. "
              "[default: the account's own]")
@click.option("--recover", is_flag=True, help="MariaDB: restore the rights that a stopped rehearsal left changed.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.pass_context
def rehearse(ctx: click.Context, script: Path | None, dsn_env: str, model: Path | None, usage: Path | None,
             statements: Path | None, engine: str | None, undo: Path | None, target: str, allow_production: bool,
             lock_timeout: str, search_path: str, recover: bool, form: str) -> None:
    """Prove a change script against every statement seen in the logs.

    Applies SCRIPT, becomes each account, and has the server plan (never run) every distinct statement that the
    account was seen to use. PostgreSQL: within transactions that are taken back. MariaDB: on a copy, restored
    afterwards. The database is left as it was, which is shown by comparing its catalogue.

    A database marked production, or not marked at all, is refused without --allow-production. Mark a copy:
    ALTER DATABASE … SET hustings.environment = 'copy', or say --target copy.

    Exit code: 1 a statement would be denied, else 3 something could not be told, else 0. 2: wrong usage or script.
    """
    engine, dsn_env, production = _asked(engine, dsn_env, model)
    dsn = dsn_of(dsn_env)
    engine = engine or (MARIADB if re.match(r"(mariadb|mysql)\b", dsn) else POSTGRESQL)
    if engine == MYSQL:
        raise UsageError("a rehearsal on MySQL is not to be had yet: its rights cannot be proven to be restored",
                         where="--engine mysql", remedy="apply the script to a copy, with its undo at hand")
    if recover:
        from agent.access.rehearsal_mariadb import recover as restore

        if engine != MARIADB:
            raise UsageError("PostgreSQL takes back an unfinished rehearsal by itself", where="--recover",
                             remedy="leave it out")
        click.echo(restore(dsn, dsn_env))
        return
    if script is None:
        raise UsageError("there is no script to rehearse", where="hustings access rehearse",
                         remedy="name the change script: hustings access rehearse tighten.sql …")
    timeout = _seconds(lock_timeout)
    change = read_script(script, engine)
    back = read_script(undo, engine) if undo else None
    seen = _workload(usage, statements, engine)
    if engine == MARIADB:
        from agent.access.rehearsal_mariadb import rehearse_copy

        if target != "copy" or production:
            raise UsageError("MariaDB cannot take back a change of rights: it is rehearsed on a restored copy only",
                             where="--target", remedy="restore a backup elsewhere and say --target copy")
        report = rehearse_copy(dsn, dsn_env, change, script.read_text(encoding="utf-8"), seen, undo=back)
    else:
        report = _postgresql(dsn, dsn_env, change, script, seen, back, timeout=timeout, target=target,
                             allowed=allow_production, production=production, path=search_path)
    if form == "json":
        click.echo(as_json(report).decode(), nl=False)
    else:
        for line in as_text(report):
            click.echo(line)
    ctx.exit(int(report.exit))


def _asked(engine: str | None, dsn_env: str, model: Path | None) -> tuple[str, str, bool]:
    if model is None:
        return engine or "", dsn_env, False
    from hustings.access.reading import load

    known, _ = load(model)
    return engine or known.database.engine, dsn_env or known.database.dsn_env, known.database.production and not dsn_env


def _workload(usage: Path | None, statements: Path | None, engine: str) -> tuple[Seen, ...]:
    if (usage is None) == (statements is None):
        raise UsageError("say which statements to plan" if usage is None else "there are two sources of statements",
                         where="hustings access rehearse", remedy="give --usage STORE or --statements FILE")
    seen = from_store(usage) if usage else from_file(statements, engine) if statements else ()
    if not seen:
        raise UsageError("there is no statement in it: nothing would be proven", where=str(usage or statements),
                         remedy="read logs with `hustings access usage` first")
    return seen


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found.group(1)) * _SECONDS[found.group(2)] if found else 0.0
    if not 0.1 <= seconds <= 600:
        raise UsageError("between 100ms and 10min", where=f"--lock-timeout {text}", remedy="such as 500ms or 2s")
    return seconds


def _postgresql(dsn: str, variable: str, change: Script, script: Path, seen: tuple[Seen, ...], back: Script | None, *,
                timeout: float, target: str, allowed: bool, production: bool, path: str) -> Report:
    from psycopg import Error

    from agent.access.rehearsal_postgresql import environment, rehearse
    from agent.access.rehearsal_session import Lost, Refused
    from collectors.database_dsn import postgresql

    def connect() -> Connection[Any]:
        made = postgresql(dsn, variable, within=600, read_only=False)
        made.autocommit = True
        return made

    with connect() as connection:
        marked = environment(connection)
        said = "production" if marked == "production" or production or target == "production" else (
            "copy" if marked == "copy" or target == "copy" else "unmarked")
        if said != "copy" and not allowed:
            raise UsageError(
                "this database is marked production" if said == "production" else
                "nothing says that this database is a copy, so it is taken for production",
                where=variable, remedy="rehearse on a restored copy with --target copy, or, if it has to be here, add "
                "--allow-production")
        with click.progressbar(length=2 * len(seen), label="planning", file=sys.stderr,
                               hidden=not sys.stderr.isatty()) as bar:
            try:
                return rehearse(connection, change, script.read_text(encoding="utf-8"), seen, lock_timeout=timeout,
                                target=said, undo=back, path=path, progress=bar.update, again=connect)
            except (Refused, Lost, Error) as error:
                raise CannotFinish(f"the server ended the rehearsal: {error}", where=variable,
                                   remedy="everything was taken back; see the server's log") from error
