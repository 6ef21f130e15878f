"""``server elections`` and ``server profile``: the office's election calendar, and what kind of office it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import UsageError
from hustings.times import voting_day
from server.console import common
from server.console.common import Office

if TYPE_CHECKING:
    from server.elections.model import Election
    from server.store.elections import Version


@click.group()
def elections() -> None:
    """The office's elections: voting days and the windows around them."""


@elections.command("set")
@click.argument("days", nargs=-1, required=True, metavar="DATE...")
@common.office_options
def set_elections(days: tuple[str, ...], data: Path, tenant: str | None) -> None:
    """Declare the voting days ahead anew, all of them (2027-11-02 …).

    A day without an election becomes one, named by its date; an election ahead on none of these days is cancelled.
    """
    from server.store import audit
    from server.store import elections as store

    dates = sorted({_date(day) for day in days})
    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        today = _today(office, connection)
        changed = store.declare(connection, office.tenant.id, dates, now=office.now, today=today, by=office.actor)
        audit.record(connection, office.tenant.id, office.now, office.actor, "elections.set", "",
                     {"days": [day.isoformat() for day in dates]})
    click.echo("Voting days: " + ", ".join(day.isoformat() for day in dates))
    for one in changed:
        if one.act == "cancel":
            click.echo(f"Cancelled: {one.election.name} ({one.election.first})")
    if dates[-1] < today:
        click.echo("None of them lies ahead: nothing tightens until the next one is set too.", err=True)


@elections.command("add")
@click.argument("name")
@click.argument("day", metavar="DATE")
@click.option("--last", metavar="DATE", help="The last day, where voting takes several.")
@click.option("--template", "kind", default="default", show_default=True,
              help="Which rules give its windows; hustings server elections templates lists them.")
@common.office_options
def add_election(name: str, day: str, last: str | None, kind: str, data: Path, tenant: str | None) -> None:
    """Add an election with the windows of a template."""
    _add(name, day, last, kind, data, tenant, called=False)


@elections.command("call")
@click.argument("name")
@click.argument("day", metavar="DATE")
@click.option("--last", metavar="DATE", help="The last day, where voting takes several.")
@click.option("--template", "kind", default="default", show_default=True,
              help="Which rules give its windows; hustings server elections templates lists them.")
@common.office_options
def call_election(name: str, day: str, last: str | None, kind: str, data: Path, tenant: str | None) -> None:
    """Add an election that was called suddenly, and list the lines of the plan that it breaks."""
    _add(name, day, last, kind, data, tenant, called=True)


def _add(name: str, day: str, last: str | None, kind: str, data: Path, tenant: str | None, *, called: bool) -> None:
    from server.elections import changing, template
    from server.store import elections as store

    if kind not in template.every():
        raise UsageError(f"there is no template {kind!r}", remedy=f"choose one of: {', '.join(template.every())}")
    first = _date(day)
    election = changing.drafted(name, first, _date(last) if last else first, kind, called=called)
    with common.office(data, tenant) as office:
        try:
            with office.database.write(office.tenant.id) as connection:
                before = store.every(connection, office.tenant.id)
                changing.add(connection, office.tenant.id, election, now=office.now, by=office.actor)
                today = _today(office, connection)
        except changing.Faulty as fault:
            raise UsageError(" ".join(one.say() for one in fault.faults),
                             remedy="correct what it says and run the command again; nothing was stored") from fault
        _show_one(election, today)
        if called:
            _show_broken(office, before, today)


def _show_broken(office: Office, before: tuple[Election, ...], today: date) -> None:
    from server.elections.broken import broken_now
    from server.reading import Reading

    whole = Reading(office.database).office(office.tenant.id)
    with office.database.read(office.tenant.id) as connection:
        found = broken_now(connection, office.tenant.id, whole, before, today, office.now)
    for one in found:
        after = f"; the first day it may is {one.free_from}" if one.free_from else ""
        why = "would go live inside the freeze" if one.why == "frozen" else "goes live after the vote"
        click.echo(f"Breaks: {one.line.what} {why} ({one.line.go_live}){after}")
    click.echo(f"{len(found)} lines of the plan break." if found else "No line of the plan breaks.")


@elections.command("cancel")
@click.argument("election")
@click.option("--note", default="", help="Why.")
@common.office_options
def cancel_election(election: str, note: str, data: Path, tenant: str | None) -> None:
    """Cancel ELECTION (its id or its name). What was entered stays on record."""
    from server.elections import changing

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        found = _one(office, connection, election)
        changing.cancel(connection, office.tenant.id, found, now=office.now, by=office.actor, note=note)
    click.echo(f"Cancelled: {found.name} ({found.first})")


@elections.command("show")
@click.option("--history", is_flag=True, help="Every change, newest first.")
@common.office_options
@common.format_option
def show_elections(history: bool, data: Path, tenant: str | None, form: str) -> None:
    """The elections in force with days to go, or every change of them."""
    import msgspec

    from server.store import elections as store

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        today = _today(office, connection)
        known = store.every(connection, office.tenant.id)
        versions = store.history(connection, office.tenant.id) if history else []
    if history:
        _show_history(versions, form)
    elif form == "json":
        common.say_json([msgspec.to_builtins(one) for one in known])
    elif not known:
        click.echo("No elections are entered. Enter one: hustings server elections add NAME DATE")
    else:
        for one in known:
            _show_one(one, today)


def _show_history(versions: list[Version], form: str) -> None:
    import msgspec

    from hustings.times import utc_text

    if form == "json":
        common.say_json([msgspec.to_builtins(one) for one in versions])
        return
    common.table(("WHEN", "WHO", "WHAT", "ELECTION", "VOTING", "NOTE"), [
        (utc_text(one.at), one.by, one.act, one.election.name, _voting(one.election), one.note) for one in versions])


@elections.command("templates")
@common.format_option
def show_templates(form: str) -> None:
    """The kinds of election whose windows are known, each with its sources."""
    import msgspec

    from server.elections import template

    if form == "json":
        common.say_json([msgspec.to_builtins(one) for one in template.every().values()])
        return
    for one in template.every().values():
        click.echo(f"{one.id}: {one.title.en}")
        for rule in one.windows:
            first, last = (day if isinstance(day, str) else day.said() for day in (rule.first, rule.last))
            mark = "" if rule.verified else " Template: check it with your law."
            click.echo(f"  {rule.kind}: {first} to {last}. {rule.source.en}{mark}")


@elections.command("export-ics")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file, in place of standard output.")
@common.office_options
def export_ics(language: str, out: Path | None, data: Path, tenant: str | None) -> None:
    """The calendar as iCalendar."""
    from server.elections import ics
    from server.store import elections as store

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        known = store.every(connection, office.tenant.id)
    body = ics.as_ics(office.tenant.name, office.tenant.id, known, office.now, language)
    if out is None:
        click.echo(body, nl=False)
        return
    try:
        out.write_bytes(body)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(out),
                         remedy="name a file in a folder that exists and that you may write") from error


@click.command()
@click.argument("kind", type=click.Choice(["office", "campaign"]), required=False)
@click.option("--timezone", "zone", help="The time zone whose days count, such as America/Toronto.")
@common.office_options
@common.format_option
def profile(kind: str | None, zone: str | None, data: Path, tenant: str | None, form: str) -> None:
    """Say whether this is an office or a campaign, and whose days count; without arguments, show it.

    A campaign gets ten actions within weeks in place of a plan over years.
    """
    from server import office_settings
    from server.store import settings

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        own = settings.current(connection, office.tenant.id)
        if kind or zone:
            office_settings.describe(connection, office.tenant.id, profile=kind or own.profile.value,
                                     zone=zone or own.zone, now=office.now, by=office.actor)
            own = settings.current(connection, office.tenant.id)
    if form == "json":
        common.say_json({"profile": own.profile, "timezone": own.zone})
    else:
        click.echo(f"{own.profile}, days in {own.zone}")


def _show_one(one: Election, today: date) -> None:
    from server.elections import template

    days = (one.first - today).days
    when = f"in {days} days" if days > 0 else "today" if one.last >= today else f"{(today - one.last).days} days ago"
    click.echo(f"{_voting(one)}  {one.name}  {when}  id {one.id}{'  called suddenly' if one.called else ''}")
    rules = template.get(one.template)
    for window in one.windows:
        rule = rules.rule(one, window)
        mark = "" if rule is None or rule.verified else "  template, check with your law"
        click.echo(f"  {window.first} to {window.last}  {window.kind}{mark}")


def _voting(one: Election) -> str:
    return str(one.first) if one.first == one.last else f"{one.first} to {one.last}"


def _one(office: Office, connection: object, wanted: str) -> Election:
    from sqlalchemy.engine import Connection

    from server.store import elections as store

    assert isinstance(connection, Connection)
    known = store.every(connection, office.tenant.id)
    found = [one for one in known if wanted in (one.id, one.name)]
    if len(found) == 1:
        return found[0]
    ids = ", ".join(f"{one.id} ({one.name})" for one in known) or "none"
    raise UsageError(f"which election? {wanted!r} is the name of {len(found)}",
                     remedy=f"name one by its id; there are: {ids}")


def _today(office: Office, connection: object) -> date:
    from sqlalchemy.engine import Connection

    from server.elections import days
    from server.store import settings

    assert isinstance(connection, Connection)
    return days.today(office.now, settings.current(connection, office.tenant.id).zone)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", remedy="write it as 2027-11-02") from error
    try:
        return voting_day(day)
    except ValueError as error:
        raise UsageError(str(error), remedy="correct the year") from error
