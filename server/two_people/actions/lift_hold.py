"""A legal hold is lifted: what is due may be deleted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from server.keeping import holds
from server.keeping.sentence import sentence
from server.pages.language import N_
from server.spoken import Spoken
from server.two_people.model import Action, Proposal, Value


def _describe(payload: Mapping[str, Any]) -> Sequence[tuple[str, Value]]:
    return [(N_("Matter"), payload["matter"]), (N_("Reason for lifting it"), payload["reason"])]


def _check(connection: Connection, tenant: str, payload: Mapping[str, Any], _now: datetime) -> None:
    sentence(str(payload.get("reason", "")), "reason")
    found = holds.get(connection, tenant, payload["hold"])
    if found is None or found.lifted is not None:
        raise Spoken(N_("That legal hold does not stand any more."), N_("Look at the holds of the office."))


def _run(connection: Connection, tenant: str, payload: Mapping[str, Any], proposal: Proposal, now: datetime) -> None:
    holds.lift(connection, tenant, payload["hold"], payload["reason"], now=now, by=proposal.by,
               second=proposal.decision.by if proposal.decision else "")


ACTION = Action("hold.lift", N_("Lift a legal hold"), holds.MAY_SET, holds.MAY_SET, _describe, _run, _check)
