"""``hustings server``: set up and run the server, and declare what the office is."""

from __future__ import annotations

import click

from server import origin
from server.console import (
    access_reviews,
    api_tokens,
    audit,
    backups,
    decisions,
    declaring,
    elections,
    engagements,
    enrolling,
    exceptions,
    fronting,
    history,
    notices,
    people,
    printing,
    recordings,
    running,
    single_sign_on,
    tenants,
)
from server.console.scorecard import scorecard


@click.group()
@click.pass_context
def server(context: click.Context) -> None:
    """Set up and run the server."""
    context.with_resource(origin.console())


for command in (running.init, running.serve, enrolling.token, enrolling.agents, people.user, people.login_link,
                declaring.inventory, elections.elections, elections.profile, recordings.import_recording,
                access_reviews.access_review, api_tokens.api_token, exceptions.exception, audit.audit,
                decisions.decision, engagements.engagement, scorecard, history.trend,
                history.rebuild, history.share, fronting.tls_, fronting.proxy, single_sign_on.sso,
                notices.notices, tenants.tenant, *backups.COMMANDS, *printing.COMMANDS):
    server.add_command(command)
