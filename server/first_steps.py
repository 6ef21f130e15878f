"""What a new office does first, and how far it is. Each step is read from what is there, never ticked by hand."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from server.pages.language import N_
from server.store import agents, elections, inventory, people
from server.store.people import Role


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and whether it is done."""

    name: str
    title: str
    why: str
    place: str
    """Where it is done: a path after the language."""
    done: bool


def steps(connection: Connection, tenant: str) -> tuple[Step, ...]:
    """The steps of an office, in the order that helps most."""
    active = [one for one in people.every(connection, tenant) if one.disabled is None and one.invited is None]
    deciding = [one for one in active if one.role in (Role.ADMINISTRATOR, Role.OFFICIAL)]
    reporting = [one for one in agents.summaries(connection, tenant) if one.received is not None]
    return (
        Step("machine", N_("Add a machine"), N_("One line, run on the machine. Its first report comes within minutes."),
             "/machines/add", bool(reporting)),
        Step("people", N_("Invite a second person who decides"),
             N_("What matters most needs two people: accepting a failure, letting a reviewer in, publishing."),
             "/office/people", len(deciding) >= 2),
        Step("election", N_("Enter the next election"),
             N_("Deadlines come earlier as it comes near, and freezes are kept."), "/calendar",
             bool(elections.every(connection, tenant))),
        Step("list", N_("Declare what machines there are"),
             N_("Only against a list can anybody say that nothing is missing."), "/machines",
             inventory.latest(connection, tenant) is not None),
    )
