"""``server engagement``: outside reviewers who were let in, and ending it."""

from __future__ import annotations

from pathlib import Path

import click

from server.console import common


@click.group()
def engagement() -> None:
    """Outside reviewers whom the office lets look at its findings. They are let in on the pages, by two people."""


@engagement.command("list")
@common.office_options
@common.format_option
def show(data: Path, tenant: str | None, form: str) -> None:
    """Every engagement, what it covers and where it stands."""
    from server.reviewers.granting import state
    from server.store import engagements

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = engagements.of_tenant(connection, office.tenant.id)
        states = {one.id: state(one, office.now) for one in found}
    if form == "json":
        common.say_json([{
            "number": one.id, "state": states[one.id], "reviewer": one.reviewer or None,
            "addressee": one.addressee or None, "machines": list(one.terms.machines), "areas": list(one.terms.areas),
            "names_shown": one.terms.names_shown, "until": one.terms.until, "basis": one.terms.basis,
            "granted": one.at, "asked_by": one.by, "approved_by": one.approved_by, "accepted": one.accepted,
            "revoked": one.revoked} for one in found])
        return
    if not found:
        click.echo("Nobody from outside was ever let in.")
        return
    common.table(("NUMBER", "REVIEWER", "STATE", "MACHINES", "AREAS", "NAMES", "UNTIL"), [
        (str(one.id), one.reviewer or one.addressee or "by code", states[one.id],
         str(len(one.terms.machines) or "all"), ",".join(one.terms.areas) or "all",
         "shown" if one.terms.names_shown else "hidden", str(one.terms.until)) for one in found])


@engagement.command("revoke")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it ends.")
@common.office_options
def revoke(number: int, reason: str, data: Path, tenant: str | None) -> None:
    """End the engagement of this NUMBER now: the reviewer's next request is turned away."""
    from server.reviewers import granting

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        granting.revoke(connection, office.tenant.id, number, role=None, by=office.actor, reason=reason,
                        now=office.now)
    click.echo(f"Engagement {number} is ended.")
