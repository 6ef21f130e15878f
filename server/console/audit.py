"""``server audit``: read, check and take out the audit trail."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from hustings.errors import CannotFinish, Untrusted, UsageError
from server.console import common

if TYPE_CHECKING:
    from server.store.audit import Act

FIELDS = ("sequence", "at", "actor", "origin", "action", "subject", "detail", "previous", "digest", "id")


@click.group()
def audit() -> None:
    """The audit trail: who did what, when and from where."""


@audit.command()
@click.option("--person", default="", help="Part of the name of who acted.")
@click.option("--action", default="", help="One kind of act, as person.sign-in.")
@click.option("--day", help="One day (UTC), as 2027-05-31.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@common.office_options
@common.format_option
def show(person: str, action: str, day: str | None, limit: int, language: str, data: Path, tenant: str | None,
         form: str) -> None:
    """The newest lines first."""
    from server.store import audit as store
    from server.trail import telling

    asked = store.Asked(person, action, _day(day))
    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = store.recent(connection, office.tenant.id, limit=limit, asked=asked)
    if form == "json":
        common.say_json([_plain(one) for one in found])
        return
    for one in found:
        click.echo(f"{one.at:%Y-%m-%d %H:%M:%S}Z  {telling.sentence(one, language)}"
                   + (f"  ({telling.whence(one.origin, language)})" if one.origin else ""))
    if not found:
        click.echo("No line fits.")


@audit.command()
@click.option("--head", help="A head that was noted down: without it, a trail whose end was cut off looks whole.")
@common.office_options
@common.format_option
def verify(head: str | None, data: Path, tenant: str | None, form: str) -> None:
    """Compute the whole chain anew; exit code 1 and the first line that does not hold if it is not what was written."""
    from server.pages.audit import FAULTS
    from server.store import audit_check

    noted = audit_check.read_head(head) if head else None
    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = audit_check.check(connection, office.tenant.id, noted)
    if form == "json":
        common.say_json({"lines": found.lines, "older": found.older, "head": str(found.head) if found.head else None,
                         "holds": found.broken is None, "broken": None if found.broken is None else {
                             "fault": found.broken.fault.value, "sequence": found.broken.sequence,
                             "id": found.broken.id}})
    if found.broken is not None:
        place = f"line {found.broken.sequence}" if found.broken.sequence else f"row {found.broken.id}"
        raise Untrusted(f"the audit trail does not hold: {FAULTS[found.broken.fault]}", where=place,
                        remedy="keep the database as it is and a backup from before; find out who had access to it")
    if form != "json":
        click.echo(f"The chain holds: {found.lines} line{'s' if found.lines != 1 else ''}" + (
            f", and {found.older} from before it." if found.older else "."))
        click.echo(f"Head, to be noted down elsewhere: {found.head}" if found.head else "There is no line yet.")


@audit.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this new file.")
@common.office_options
def export(form: str, output: Path | None, data: Path, tenant: str | None) -> None:
    """Every line with all its columns, oldest first: anybody can compute the chain from it (docs/audit.md)."""
    with common.office(data, tenant) as office:
        if output is None:
            _write(sys.stdout, office, form)
            return
        try:
            with output.open("x", encoding="utf-8", newline="") as out:
                _write(out, office, form)
        except OSError as error:
            raise CannotFinish(f"the file cannot be written: {error.strerror}", where=str(output),
                               remedy="name a file that does not exist yet, in a directory you may write to") from error
    click.echo(f"Written to {output}", err=True)


def _write(out: IO[str], office: common.Office, form: str) -> None:
    from server.planning.csv_text import cell
    from server.store import audit as store

    writer = csv.writer(out)
    if form == "csv":
        writer.writerow(("tenant", *FIELDS))
    with office.database.read(office.tenant.id) as connection:
        after = 0
        while page := store.every(connection, office.tenant.id, after):
            for one in page:
                line = {"tenant": office.tenant.id, **_plain(one)}
                if form == "jsonl":
                    out.write(json.dumps(line, ensure_ascii=True) + "\n")
                else:
                    line["detail"] = json.dumps(line["detail"], ensure_ascii=True)
                    writer.writerow([cell("" if line[name] is None else str(line[name]))
                                     for name in ("tenant", *FIELDS)])
            after = page[-1].id


def _plain(one: Act) -> dict[str, Any]:
    from server.store.audit_chain import moment

    return {"sequence": one.sequence, "at": moment(one.at), "actor": one.actor, "origin": one.origin,
            "action": one.action, "subject": one.subject, "detail": one.detail, "previous": one.previous or None,
            "digest": one.digest or None, "id": one.id}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day", where="--day", remedy="write it as 2027-05-31") from error
