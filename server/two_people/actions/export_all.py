"""Everything of the office may be downloaded as one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from server.keeping import exporting
from server.keeping.sentence import sentence
from server.pages.language import N_
from server.two_people.model import Action, Proposal, Value, Word


def _describe(payload: Mapping[str, Any]) -> Sequence[tuple[str, Value]]:
    return [
        (N_("What is given out"), Word(N_("Every report, finding, plan and name of this office, in one file"))),
        (N_("What is left out"), Word(N_("Passwords, second factors, and the secrets of tokens and links"))),
        (N_("For how many days"), exporting.GOOD_FOR.days), (N_("Reason"), payload["reason"])]


def _run(connection: Connection, tenant: str, payload: Mapping[str, Any], proposal: Proposal, now: datetime) -> None:
    exporting.give_leave(connection, tenant, by=proposal.by, second=proposal.decision.by if proposal.decision else "",
                         now=now)


def _check(_connection: Connection, _tenant: str, payload: Mapping[str, Any], _now: datetime) -> None:
    sentence(str(payload.get("reason", "")), "reason")


ACTION = Action("data.export_all", N_("Download everything of this office"), exporting.MAY_ASK, exporting.MAY_ASK,
                _describe, _run, _check)
