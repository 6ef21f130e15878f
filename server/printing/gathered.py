"""What printed pages take from other rooms of the server: the plan in force and the months behind."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.engine import Connection

from policies.model import Pack
from server.printing.public import Plan, Public, Trend, plan_numbers, public
from server.scorecard import Scorecard
from server.store import plans


def public_record(connection: Connection, tenant: str, card: Scorecard, pack: Pack) -> Public:
    """The record behind a public version, as things stand."""
    return public(card, pack, plan=plan(connection, tenant), trend=trend(connection, tenant, card))


def plan(connection: Connection, tenant: str) -> Plan | None:
    """The numbers of the plan that was approved last, or of the last one made where none was."""
    approved = next(iter(plans.approvals(connection, tenant, 1)), None)
    stored = plans.get(connection, tenant, approved.plan) if approved else plans.current(connection, tenant)
    if stored is None:
        return None
    return plan_numbers(json.loads(stored.document), approved.at if approved else None)


def trend(connection: Connection, tenant: str, card: Scorecard) -> Trend | None:
    """Twelve months of the office, where its days are known."""
    return None


def beside(card: Scorecard, language: str) -> dict[str, Any]:
    """Worded parts of the scorecard that come from other rooms."""
    return {}
