"""``hustings plan make``: a plan from three files, without a server."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hustings.errors import BadDocument, CannotFinish, Exit, HustingsError, UsageError

if TYPE_CHECKING:
    from server.planning.inventory import Inventory
    from server.planning.made import Input, Made
    from server.planning.model import Problem

FORMATS = ("text", "json", "xlsx", "pdf", "csv", "ics")
BINARY = frozenset(("xlsx", "pdf"))
T = TypeVar("T")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--inventory", "inventory_file", type=_FILE, required=True, help="The equipment: CSV or XLSX.")
@click.option("--calendar", "calendar_file", type=_FILE, required=True, help="Elections and freezes: YAML.")
@click.option("--budget", "budget_file", type=_FILE, required=True, help="Funds by year: CSV.")
@click.option("--today", metavar="DATE", help="The day of the plan, such as 2026-11-22.  [default: today]")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option("--output", type=_FILE, help="Write it there instead of printing it.")
@click.option("--mapping", "mapping_file", type=_FILE,
              help="How the columns of another inventory are read; see hustings plan import.")
@click.option("--answers", "answers_file", type=_FILE, help="Answers to questions about rows of the inventory.")
@click.option("--approved", "approved_file", type=_FILE,
              help="The plan that was approved last (JSON): it is changed no more than needed.")
@click.option("--office", default="", help="Whose plan it is, for its title.")
@click.option("--handling", default="", metavar="TEXT", help="A line on every page of the PDF, such as TLP:AMBER.")
@click.option("--set", "settings", multiple=True, metavar="CHANGE",
              help="Change an input before planning: budget:FUND:YEAR=+50000, election:NAME=DATE, "
                   "asset:ID.must_by=DATE, hours=120.")
@click.option("--what-if", "questions", multiple=True, metavar="CHANGE",
              help="Plan with and without this change, and say what is different (text or json).")
def make(inventory_file: Path, calendar_file: Path, budget_file: Path, today: str | None, form: str, language: str,
         output: Path | None, mapping_file: Path | None, answers_file: Path | None, approved_file: Path | None,
         office: str, handling: str, settings: tuple[str, ...], questions: tuple[str, ...]) -> None:
    """Make the replacement plan of an inventory, a calendar and a budget.

    Exit codes: 0 the plan is made, 1 not everything that must be done by a date can be done (the plan is printed all
    the same), 2 an input is wrong (every mistake is listed), 3 it could not be finished.
    """
    from server.planning import what_if

    day = _day(today) if today else date.today()
    _may_print(form, output)
    if questions and form not in ("text", "json"):
        raise UsageError(f"a difference has no {form} form", where="--what-if", remedy="use --format text or json")
    named = {"inventory": inventory_file, "calendar": calendar_file, "budget": budget_file, "mapping": mapping_file,
             "answers": answers_file, "approved": approved_file}
    problem, inventory, inputs = _gather({role: path for role, path in named.items() if path}, day, language)
    _notes(inventory, language)
    changed = what_if.changed(problem, settings)
    asked = what_if.changed(changed, questions) if questions else None
    made = _made(changed, inventory, inputs, office, settings)
    if asked is None:
        _write(_shown(made, form, language, handling), output)
        worst = made
    else:
        worst = _made(asked, inventory, inputs, office, (*settings, *questions))
        _write(_compared(made, worst, form, language), output)
    if worst.solved.status == "infeasible":
        sys.exit(int(Exit.NO))


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
def compare(old: Path, new: Path, form: str, language: str) -> None:
    """Say what is different between two plans (JSON files of hustings plan make)."""
    from server.planning import document

    before = document.read(_bytes(old), str(old))
    after = document.read(_bytes(new), str(new))
    _write(_difference(before, after, form, language), None)


def _gather(named: dict[str, Path], day: date, language: str) -> tuple[Problem, Inventory, tuple[Input, ...]]:
    """Every input read; the mistakes of all files are told together."""
    from policies import pack as packs
    from policies.lifecycle import Table
    from server.planning import budget_file as budgets
    from server.planning import calendar_file as calendars
    from server.planning import document
    from server.planning.made import Input
    from server.planning.model import Problem
    from server.planning.row_problem import FileProblems

    data = {role: _bytes(path) for role, path in named.items()}
    table = Table.of(packs.shipped().tables)
    wrong: list[HustingsError] = []
    inventory = _tried(lambda: _inventory(data, named, table, day), wrong)
    calendar = _tried(lambda: calendars.read(data["calendar"], str(named["calendar"])), wrong)
    budget = _tried(lambda: budgets.read(data["budget"], str(named["budget"])), wrong)
    approved = _tried(lambda: document.read(data["approved"], str(named["approved"])), wrong
                      ) if "approved" in data else None
    if wrong:
        raise BadDocument("\n".join(one.told(language) if isinstance(one, FileProblems) else str(one) for one in wrong))
    assert inventory is not None
    assert calendar is not None
    assert budget is not None
    inputs = tuple(Input(role, path.name, hashlib.sha256(data[role]).hexdigest())
                   for role, path in named.items())
    return Problem(today=day, assets=inventory.assets, calendar=calendar, budgets=budget,
                   approved=approved.lines if approved else ()), inventory, inputs


def _inventory(data: dict[str, bytes], named: dict[str, Path], table: Any, day: date) -> Inventory:
    from server.planning import answers, inventory, mapping

    columns = mapping.read(data["mapping"], str(named["mapping"])) if "mapping" in data else None
    said = answers.read(data["answers"], str(named["answers"])) if "answers" in data else None
    return inventory.read(data["inventory"], str(named["inventory"]), table, day, mapping=columns,
                          answers=said).whole()


def _notes(inventory: Inventory, language: str) -> None:
    """What to know of the reading, beside the plan."""
    from server.pages.language import language as in_language

    for one in inventory.notes:
        click.echo(f"{inventory.name}: {in_language(language).say(one.text) % one.values}", err=True)


def _tried(read: Callable[[], T], wrong: list[HustingsError]) -> T | None:
    try:
        return read()
    except (BadDocument, UsageError) as error:
        wrong.append(error)
        return None


def _made(problem: Problem, inventory: Inventory, inputs: tuple[Input, ...], office: str,
          changes: tuple[str, ...]) -> Made:
    from server.planning.made import Made
    from server.planning.solve import solve

    return Made(problem=problem, solved=solve(problem), unmatched=inventory.unmatched, office=office, inputs=inputs,
                changes=changes, held_back=inventory.held_back)


def _shown(made: Made, form: str, language: str, handling: str) -> bytes:
    from server.planning import csv_text, document, ics, printed, terminal, xlsx

    if form == "json":
        return document.encoded(made, language)
    if form == "xlsx":
        return xlsx.workbook(made, language)
    if form == "pdf":
        return printed.as_pdf(made, language, handling=handling)
    if form == "ics":
        return ics.calendar(made, language)
    return (csv_text.as_csv(made, language) if form == "csv" else terminal.as_text(made, language)).encode()


def _compared(base: Made, asked: Made, form: str, language: str) -> bytes:
    """The difference; where the change makes the plan impossible, also what is short then."""
    from server.pages.language import language as in_language
    from server.planning import document, headlines

    told = _difference(document.read(document.encoded(base), "the plan"),
                       document.read(document.encoded(asked), "the plan with the change"), form, language)
    if form == "text":
        told += "".join(f"{one}\n" for one in headlines.short(asked, in_language(language))).encode()
    return told


def _difference(before: Any, after: Any, form: str, language: str) -> bytes:
    from server.pages.language import language as speaking
    from server.planning import difference, document

    found = difference.compare(before, after)
    if form == "json":
        return document.canonical(difference.as_data(found))
    return ("\n".join(difference.in_words(found, speaking(language), shown=500)) + "\n").encode()


def _day(text: str) -> date:
    try:
        if len(text) != 10:
            raise ValueError(text)
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", where="--today", remedy="write it as 2026-11-22") from error
    if not 2000 <= found.year <= 2150:
        raise UsageError(f"{text} is not between 2000 and 2150", where="--today", remedy="correct the year")
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError("there is no such file", where=str(path), remedy="name a file that exists") from error
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(path),
                           remedy="let the user who runs this read it") from error


def _may_print(form: str, output: Path | None) -> None:
    if form in BINARY and output is None and sys.stdout.isatty():
        raise UsageError(f"{form} is not for a terminal", where="--format",
                         remedy=f"add --output plan.{form}, or send it on with > plan.{form}")


def _write(content: bytes, output: Path | None) -> None:
    """To the file, whole or not at all; else to standard output."""
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(output)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotFinish(f"cannot be written: {error.strerror}", where=str(output),
                           remedy="name a file in a folder that exists and may be written to") from error
