"""An outside reviewer is let into the office's findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from server.pages.language import N_
from server.reviewers import granting
from server.two_people.model import Action, Proposal, Value, Word


def _describe(payload: Mapping[str, Any]) -> Sequence[tuple[str, Value]]:
    machines = ", ".join(payload["machine_names"])
    areas: list[tuple[str, Value]] = [(N_("Area"), Word(one)) for one in granting.areas_said(payload["areas"])]
    return [
        (N_("Reviewer"), payload["addressee"] or Word(N_("Whoever has the code that was shown to who asked"))),
        (N_("Machines"), machines or Word(N_("All machines"))),
        *(areas or [(N_("Areas"), Word(N_("All areas")))]),
        (N_("Names of machines and people"),
         Word(N_("Shown as they are") if payload["names_shown"] else N_("Replaced by pseudonyms"))),
        (N_("Last day"), date.fromisoformat(payload["until"])),
        (N_("Legal basis"), payload["basis"])]


def _run(connection: Connection, tenant: str, payload: Mapping[str, Any], proposal: Proposal, now: datetime) -> None:
    granting.offer(connection, tenant, payload, by=proposal.by,
                   approved_by=proposal.decision.by if proposal.decision else "", now=now)


ACTION = Action(granting.ACTION, N_("Let an outside reviewer in"), granting.MAY_GRANT, granting.MAY_APPROVE,
                _describe, _run, granting.still_possible)
