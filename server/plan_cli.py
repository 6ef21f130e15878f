"""``hustings plan``: what must be replaced, from a server's store or one report; ``make`` makes the plan of files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import click

from hustings.errors import BadDocument, CannotFinish, UsageError
from hustings.lazy import LazyGroup
from hustings.times import voting_day
from policies.lifecycle import Table
from server import config
from server.plan import LEAD_DAYS, Plan, Rules, make
from server.plan_needs import Category
from server.records import Heard, Office

_LEADS = click.option("--lead-time", "leads", multiple=True, metavar="KIND=DAYS",
                      help="Days from order to going live, for " + ", ".join(Category) + ".")


COMMANDS = {
    "make": ("server.planning.make_cli:make", "Make the replacement plan of an inventory, a calendar and a budget."),
    "import": ("server.planning.import_cli:import_inventory",
               "Read an inventory of any columns, show what is sure and ask for the rest."),
    "compare": ("server.planning.make_cli:compare", "Say what is different between two plans."),
}
SCHEMA = "hustings.support-plan/1"


@click.group(cls=LazyGroup, places=COMMANDS, invoke_without_command=True)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=config.DATA, show_default=True,
              help="The server's data directory.")
@click.option("--tenant", help="Which office or campaign, where the server has several.")
@click.option("--report", "report_file", type=click.Path(path_type=Path),
              help="Plan for the one machine of this report or envelope, without a server.")
@click.option("--voting-day", "days", multiple=True, metavar="DATE",
              help="A voting day, beside those the office declared.")
@click.option("--freeze-before", type=click.IntRange(0, 730), default=Rules().freeze_before, show_default=True,
              help="Days frozen before a voting day.")
@click.option("--freeze-after", type=click.IntRange(0, 730), default=Rules().freeze_after, show_default=True,
              help="Days frozen after a voting day.")
@_LEADS
@click.option("--pack", "pack_path", type=click.Path(path_type=Path),
              help="A pack whose support dates to use instead of the shipped ones.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True,
              help="The language of CSV.")
@click.pass_context
def plan(context: click.Context, data: Path, tenant: str | None, report_file: Path | None, days: tuple[str, ...],
         freeze_before: int, freeze_after: int, leads: tuple[str, ...], pack_path: Path | None, form: str,
         language: str) -> None:
    """What must be replaced, where and why, when to order it, and when it can go live.

    Without a command: from what the agents of a server, or one report, say of software and machines. With prices, funds
    and equipment that no agent sees: hustings plan make.
    """
    if context.invoked_subcommand is not None:
        _alone(context)
        return
    from dataclasses import replace

    rules = Rules(freeze_before=freeze_before, freeze_after=freeze_after, lead_days=_lead_days(leads))
    office = of_report(report_file) if report_file else of_store(data, tenant)
    office = replace(office, voting_days=tuple(sorted({*office.voting_days, *map(_day, days)})))
    made = make(office, _table(pack_path), datetime.now(UTC), rules)
    click.echo(_shown(made, form, language), nl=False)


def _alone(context: click.Context) -> None:
    """Options before a command would have no effect: raises ``UsageError``."""
    given = [name for name in context.params
             if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if given:
        raise UsageError(f"options before {context.invoked_subcommand} have no effect on it", where="hustings plan",
                         remedy=f"write them after it; see hustings plan {context.invoked_subcommand} --help")


def of_store(data: Path, tenant: str | None) -> Office:
    """An office as a server on this machine knows it. Raises ``ConfigError`` or ``CannotFinish``."""
    from server.reading import Reading
    from server.store import tenants
    from server.store.database import WHOLE_SERVER, Database

    config.load(data)
    with closing(Database(config.database_url(data))) as database:
        with database.read(WHOLE_SERVER) as connection:
            found = tenants.only(connection, tenant)
        return Reading(database).office(found.id)


def of_report(path: Path) -> Office:
    """An office of the one machine that a report file (or the envelope around it) is from.

    The signature of an envelope is not checked here: nothing that is read is trusted further.
    """
    from hustings import envelope
    from hustings.report import Inventory, decode_report

    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(path), remedy="name a report") from error
    try:
        payload = envelope.parse(data).content() if b'"payloadType"' in data else data
        report = decode_report(payload)
    except BadDocument as error:
        raise BadDocument(error.what, where=str(path), remedy="give a report of hustings agent") from error
    if not isinstance(report.inventory, Inventory):
        raise UsageError("this report only names its inventory by digest", where=str(path),
                         remedy="give one that holds it: the agent's first, or use --data")
    return Office(report.host, (Heard(report.agent, report.host, report=report, received=report.times.wall),))


def _table(pack_path: Path | None) -> Table:
    from policies import pack as packs

    return Table.of((packs.load(pack_path) if pack_path else packs.shipped()).tables)


def _lead_days(written: Sequence[str]) -> dict[Category, int]:
    leads = dict(LEAD_DAYS)
    for one in written:
        name, _, days = one.partition("=")
        if name not in set(Category) or not re.fullmatch("[0-9]{1,4}", days) or int(days) > 3650:
            raise UsageError(f"{one!r} is not a lead time", where="--lead-time",
                             remedy=f"write KIND=DAYS, KIND one of {', '.join(Category)}, such as system=120")
        leads[Category(name)] = int(days)
    return leads


def _day(text: str) -> date:
    try:
        return voting_day(date.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", where="--voting-day",
                         remedy="write it as 2027-11-02") from error


def _shown(made: Plan, form: str, language: str) -> str:
    from server import plan_text

    if form == "csv":
        return plan_text.as_csv(made, language)
    if form == "json":
        import msgspec

        encoded = msgspec.json.encode({"schema": SCHEMA, **msgspec.to_builtins(made)})
        return msgspec.json.format(encoded, indent=2).decode() + "\n"
    return plan_text.as_text(made)
