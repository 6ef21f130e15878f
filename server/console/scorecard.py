"""``server scorecard``: the first page, at the console."""

from __future__ import annotations

from pathlib import Path

import click

from policies.model import LANGUAGES
from server.console import common


@click.command()
@common.office_options
@common.format_option
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
def scorecard(data: Path, tenant: str | None, form: str, language: str) -> None:
    """Print the scorecard of the office."""
    from policies.pack import shipped
    from server import scorecard as rules
    from server import scorecard_text
    from server.reading import Reading

    pack = shipped()
    with common.office(data, tenant) as office:
        now = office.now.replace(microsecond=0)
        card = rules.scorecard(Reading(office.database).office(office.tenant.id), pack, now)
        if form == "json":
            common.say_json(scorecard_text.as_data(card, pack))
        else:
            click.echo(scorecard_text.as_text(card, language))
