"""What printed pages take from other rooms of the server: the plan in force and the months behind."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from evidence.day import MILLION
from policies.grade import LETTERS
from policies.model import Pack
from server import trend as rules
from server.elections import phase
from server.elections import words as election_words
from server.pages.language import language
from server.printing.board import signed
from server.printing.public import Plan, Public, Trend, plan_numbers, public
from server.scorecard import Scorecard
from server.store import days, plans


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
    """The office's last twelve months: its last known day of each. None while fewer than two are known."""
    line = year(connection, tenant, card)
    first = card.now.date().replace(day=1)
    months = [_month(first, back) for back in range(11, -1, -1)]
    last = {one.day.replace(day=1): one.point for one in line.known}
    found = tuple((month, rules.whole(point.lower) if (point := last.get(month)) else None) for month in months)
    if sum(value is not None for _, value in found) < 2:
        return None
    return Trend(found, line.parts.ours, line.parts.rules)


def year(connection: Connection, tenant: str, card: Scorecard) -> rules.Trend:
    """The closed days of the office in the last twelve months."""
    today = card.now.date()
    return rules.office(days.between(connection, tenant, _month(today.replace(day=1), 11), today))


def beside(connection: Connection, tenant: str, card: Scorecard, code: str) -> dict[str, Any]:
    """Worded parts of the scorecard that come from other rooms: the phase, and the trend where it is known."""
    speak = language(code)
    say = speak.say
    found: dict[str, Any] = {}
    now = phase.of_office(card.office, card.now)
    if now.election is not None:
        found["phase"] = say(election_words.PHASES[now.code])
    line = year(connection, tenant, card)
    if len(line.known) > 1 and line.first and line.last and line.first.point and line.last.point:
        made = line.parts
        sentence = say("From %(before)s to %(after)s points (%(change)s): %(ours)s from the office's own work, "
                       "%(rules)s from changes of the rules.") % {
            "before": rules.whole(line.first.point.lower), "after": rules.whole(line.last.point.lower),
            "change": signed(made.change, speak), "ours": signed(made.ours, speak), "rules": signed(made.rules, speak)}
        found["trend"] = {
            "title": say("The grade over twelve months"), "sentence": sentence, "alt": sentence,
            "points": [None if one.point is None else one.point.lower / MILLION for one in line.steps],
            "ticks": [[letter, needed] for letter, needed in LETTERS if needed]}
    return found


def _month(first: date, back: int) -> date:
    """The first day of the month so many months before."""
    months = first.year * 12 + first.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)
