"""``server token`` and ``server agents``: letting machines in, and out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import UsageError
from hustings.times import utc_text
from server.config import Config
from server.console import common
from server.console.common import Office

if TYPE_CHECKING:
    from server.store.agents import Agent


def enrol_line(config: Config, secret: str) -> str:
    """The one line that a machine is enrolled with."""
    from server import enrolling

    return enrolling.line(config, secret)


def new_token(office: Office, roles: tuple[str, ...], site: str, life: timedelta) -> str:
    """Make a token, write it down in the audit trail, and return its secret."""
    from server import enrolling

    with office.database.write(office.tenant.id) as connection:
        return enrolling.token(connection, office.tenant.id, roles=roles, site=site, life=life, now=office.now,
                               by=office.actor)


@click.command()
@common.office_options
@click.option("--roles", default="", help="Roles the machine gets, with commas between.")
@click.option("--site", default="", help="Where the machine stands.")
@click.option("--expires", default="24h", show_default=True, help="How long the token lives, at most 72h.")
@common.format_option
def token(data: Path, tenant: str | None, roles: str, site: str, expires: str, form: str) -> None:
    """Print a new enrol line, good for one machine."""
    names, life = common.roles(roles), common.life(expires)
    with common.office(data, tenant) as office:
        secret = new_token(office, names, site, life)
        line = enrol_line(office.config, secret)
        if form == "json":
            common.say_json({"enroll": line, "url": office.config.url, "token": secret,
                             "expires": office.now + life})
        else:
            click.echo(line)


@click.group()
def agents() -> None:
    """The machines that report."""


@agents.command("list")
@common.office_options
@common.format_option
def list_agents(data: Path, tenant: str | None, form: str) -> None:
    """Every enrolled machine and what it last said."""
    from server.store import agents as store

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = store.summaries(connection, office.tenant.id)
    if form == "json":
        common.say_json([_plain(one) for one in found])
        return
    common.table(("AGENT", "HOST", "STATE", "ROLES", "LAST REPORT", "FAILING", "UNKNOWN"), [
        (one.agent.id, one.host, _state(one.agent), ",".join(one.roles) or "–",
         utc_text(one.received) if one.received else "never", str(one.failed), str(one.unknown)) for one in found])


@agents.command()
@click.argument("agent")
@common.office_options
def revoke(agent: str, data: Path, tenant: str | None) -> None:
    """Take no more reports from AGENT (an id of ``agents list``)."""
    from server.store import agents as store
    from server.store import audit

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        if not store.revoke(connection, office.tenant.id, agent, office.now):
            raise UsageError("there is no such agent, or it was revoked before", where=agent,
                             remedy="see: hustings server agents list")
        audit.record(connection, office.tenant.id, office.now, office.actor, "agent.revoke", agent)
    click.echo(f"{agent} is revoked: its reports are refused from now on.")


def _state(agent: Agent) -> str:
    return "recorded" if agent.recorded and agent.state.value == "approved" else agent.state.value


def _plain(summary: Any) -> dict[str, Any]:
    plain = asdict(summary)
    plain["agent"].pop("public_key")
    return plain
