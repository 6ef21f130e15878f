"""``hustings access tighten``: the change script for what should not be held, with its undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.durable import unwritable, write
from hustings.errors import UsageError

if TYPE_CHECKING:
    from policies.access.difference import Difference
    from policies.access.tighten_plan import Step, Tightening

KINDS = ("excess", "unused", "anomalies")
_DAYS = re.compile(r"(\d+)(d|w|mo)?")
_IN_DAYS = {"d": 1, "w": 7, "mo": 30, None: 1}
UNDO = "undo"


@click.command()
@click.option("--model", type=click.Path(path_type=Path), required=True, help="The access model: what is declared.")
@click.option("--usage", type=click.Path(path_type=Path), metavar="STORE", help="What `hustings access usage` kept: "
              "which rights are used.")
@click.option("--unused-after", default="45d", show_default=True, metavar="TIME", help="How long the logs have to "
              "cover before a right counts as unused.")
@click.option("--only", multiple=True, type=click.Choice(KINDS), help="Close only this (may be repeated). "
              "[default: all three; unused only with --usage]")
@click.option("--dsn-env", default="", metavar="NAME", help="The environment variable that holds the address, instead "
              "of the model's.")
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR|FILE", help="Where to write: DIR/tighten.sql "
              "and DIR/undo.sql, or FILE.sql and FILE.undo.sql. [default: to standard output, the undo as comments]")
@click.pass_context
def tighten(ctx: click.Context, model: Path, usage: Path | None, unused_after: str, only: tuple[str, ...], dsn_env: str,
            output: Path | None) -> None:
    """Write the change script for excess or unused rights, with its undo.

    Nothing is changed: the script takes each right away where it comes from, says why at each statement, and lists
    what only a person can do. Prove it with `hustings access rehearse` before it is run.

    Exit code: 0 written, also where there is nothing to change. 2: wrong usage or model. 3: the database cannot be
    read.
    """
    from agent.access.diff_model import compare
    from policies.access.tighten import tighten as work_out

    chosen = only or (KINDS if usage else ("excess", "anomalies"))
    days = _days(unused_after)
    if "unused" in chosen and usage is None:
        raise UsageError("without logs nothing is known to be unused", where="--only unused",
                         remedy="give --usage STORE (see `hustings access usage`)")
    difference = compare(model, dsn_env=dsn_env, usage=usage)
    protected = _protected(difference, dsn_env) if "unused" in chosen else None
    found = work_out(difference.model, difference.state, difference.usage, only=chosen, unused_after=days,
                     protected=protected)
    script, undo = _script(found, difference, model), _undo(found, difference)
    if output is None:
        click.echo(script, nl=False)
        click.echo("\n-- The undo, to be kept beside it:")
        click.echo("".join(f"-- {line}\n" if line else "--\n" for line in undo.splitlines()), nl=False)
    else:
        forward, back = _places(output)
        try:
            forward.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(forward.parent, error) from error
        for path, text in ((back, undo), (forward, script)):
            write(path, text.encode())
        click.echo(f"{forward}: {len(found.steps)} statements; {back}: {len(found.undo)}; left for a person: "
                   f"{len(found.by_hand)}")
    ctx.exit(0)


def _days(text: str) -> float:
    found = _DAYS.fullmatch(text.strip())
    if not found or not int(found.group(1)):
        raise UsageError("a number of days", where=f"--unused-after {text}", remedy="such as 45d or 8w")
    return float(int(found.group(1)) * _IN_DAYS[found.group(2)])


def _places(output: Path) -> tuple[Path, Path]:
    if output.suffix == ".sql":
        return output, output.with_name(f"{output.stem}.{UNDO}.sql")
    return output / "tighten.sql", output / f"{UNDO}.sql"


def _script(found: Tightening, difference: Difference, model: Path) -> str:
    state = difference.state
    window = difference.usage.window if difference.usage is not None else None
    seen = f"{window.days:.0f} days of logs, {window.first} to {window.last}" if window else "no logs: use is unknown"
    lines = [
        f"-- Change of rights for {state.database} ({state.engine} {state.version}), read {state.as_of}.",
        f"-- Model: {model.name}, SHA-256 {difference.model.digest}. Use of rights: {seen}.",
        "-- Rehearse it before it is run: hustings access rehearse. Run it as a whole or not at all:",
        "--   psql --single-transaction -v ON_ERROR_STOP=1 -f THIS" if state.engine == "postgresql" else
        "--   MariaDB changes rights statement by statement: keep the undo at hand.",
        "",
    ]
    for step in found.steps:
        lines += _step(step)
    if not found.steps:
        lines.append("-- Nothing to change.")
    if found.by_hand:
        lines += ["-- For a person, since no script can or should:", *(f"--   {_flat(one)}" for one in found.by_hand)]
    return "\n".join(lines) + "\n"


def _undo(found: Tightening, difference: Difference) -> str:
    lines = [f"-- Undo of the change of rights for {difference.state.database}, as read {difference.state.as_of}.", ""]
    lines += [step.sql for step in found.undo] or ["-- Nothing to undo."]
    return "\n".join(lines) + "\n"


def _step(step: Step) -> list[str]:
    return [*(f"-- {_flat(one)}" for one in step.why), step.sql, ""]


def _flat(text: str) -> str:
    """A comment stays one, whatever a name holds."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _protected(difference: Difference, dsn_env: str) -> Callable[[str, int, str | None, str], bool]:
    """Rights that trigger functions and routines use as their caller, which most logs do not show."""
    from agent.access.tighten_beneath import Beneath

    return Beneath(difference, dsn_env or difference.model.database.dsn_env).needs
