"""An office or a campaign ends: everything of it is deleted after a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from server.keeping import winding
from server.pages.language import N_
from server.two_people.model import Action, Proposal, Value, Word


def _describe(payload: Mapping[str, Any]) -> Sequence[tuple[str, Value]]:
    return [
        (N_("What is deleted"), Word(N_("Every machine, report, finding, plan, person and file of this office"))),
        (N_("When"), Word(N_("Seven days after the second person agrees; until then one person can stop it"))),
        (N_("Reason"), payload["reason"])]


def _run(connection: Connection, tenant: str, payload: Mapping[str, Any], proposal: Proposal, now: datetime) -> None:
    winding.begin(connection, tenant, payload["reason"], by=proposal.by,
                  second=proposal.decision.by if proposal.decision else "", now=now)


ACTION = Action("tenant.wind_down", N_("Delete this office and everything in it"), winding.MAY_ASK, winding.MAY_ASK,
                _describe, _run, winding.still_possible)
