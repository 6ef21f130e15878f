"""The ``hustings.plan/1`` document: a plan for programs, and what is approved.

The same plan gives the same bytes, and the SHA-256 of exactly these bytes is the plan's hash: ``sha256sum plan.json``
says it. Money is in dollars. ``lines`` stand by asset; every asset has one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from hustings import strict_json
from hustings.errors import BadDocument
from server.pages.language import language
from server.planning import headlines, sentences
from server.planning.freezes import frozen
from server.planning.horizon import last_day
from server.planning.made import Made
from server.planning.model import SCHEMA, Budget, Lack, Line, Option, Shortfall, Unmatched
from server.planning.money import dollars
from server.planning.outlook import Outlook, outlooks
from server.planning.spending import Spending, by_year_and_fund, paid
from server.planning.wording import inert

MAX_BYTES = 64 << 20


def document(made: Made, code: str = "en") -> dict[str, Any]:
    """The document; its sentences in the language ``code``, everything else alike in all."""
    speak = language(code)
    listed = outlooks(made)
    solved, problem = made.solved, made.problem
    spending = by_year_and_fund(made)
    return {
        "schema": SCHEMA,
        "status": str(solved.status),
        "gap": float(solved.gap),
        "cost": dollars(solved.cost),
        "exposure": solved.exposure,
        "lines": [{
            "asset": one.asset.id, "option": str(one.line.option), "order_by": _day(one.line.order_by),
            "go_live": _day(one.line.go_live), "fund": one.line.fund or None, "cost": dollars(one.line.cost),
            "why": sentences.why(one, made, speak), **_more(one, made, code),
        } for one in listed],
        "unmatched": [_unmatched(one, made, code) for one in sorted(made.unmatched, key=lambda one: one.asset)],
        "shortfalls": [_shortfall(one, text) for one, text in zip(
            solved.shortfalls, headlines.short(made, speak), strict=True)],
        "office": inert(made.office) or None,
        "today": problem.today.isoformat(),
        "until": last_day(problem.today).isoformat(),
        "language": code,
        "kept_exposure": solved.kept_exposure,
        "peak_local": dollars(solved.peak_local),
        "unmet": list(solved.unmet),
        "headlines": list(headlines.headlines(made, speak, listed)),
        "decision": list(headlines.decision(made, speak, listed)),
        "warnings": list(headlines.warnings(made, speak, listed)),
        "spending": _spending(spending),
        "budgets": [_budget(one) for one in sorted(
            problem.budgets, key=lambda one: (one.year, one.fund, one.kinds, one.amount))],
        "elections": [{"date": one.date.isoformat(), "name": one.name, "scale": str(one.scale)}
                      for one in sorted(problem.calendar.elections, key=lambda one: (one.date, one.name))],
        "freezes": [{"first": one.first.isoformat(), "last": one.last.isoformat(), "kinds": list(one.kinds),
                     "elections": list(one.elections)} for one in frozen(problem.calendar)],
        "hours_per_month": _float(problem.calendar.hours_per_month),
        "changes": list(made.changes),
        "held_back": made.held_back,
        "inputs": [{"role": one.role, "name": one.name, "sha256": one.sha256} for one in made.inputs],
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    """The bytes of a document: two blanks of indent, a line end after it."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def encoded(made: Made, code: str = "en") -> bytes:
    """The document of a plan as bytes."""
    return canonical(document(made, code))


def digest(data: bytes) -> str:
    """The hash of a plan: SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What of a written plan others compare with. Cents, as everywhere inside."""

    status: str
    today: date
    cost: int
    exposure: int
    lines: tuple[Line, ...]
    spending: tuple[tuple[int, str, int], ...] = ()
    """Year, fund, cents spent."""


def read(data: bytes, name: str) -> Written:
    """A written plan. Raises ``BadDocument`` with what is wrong in it."""
    remedy = "give a file that hustings plan make --format json wrote"
    try:
        content = strict_json.loads(data, limit=MAX_BYTES)
    except BadDocument as error:
        raise BadDocument(error.what, where=name, remedy=remedy) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise BadDocument(f"this is no {SCHEMA} document", where=name, remedy=remedy)
    try:
        found = msgspec.convert(content, _Document)
    except msgspec.ValidationError as error:
        raise BadDocument(str(error), where=name, remedy=remedy) from error
    lines = tuple(Line(one.asset, one.option, one.order_by, one.go_live, one.fund or "", _cents(one.cost),
                       tuple((each.fund, _cents(each.amount)) for each in one.shares)) for one in found.lines)
    spending = tuple((one.year, one.fund, _cents(one.spent)) for one in found.spending)
    return Written(status=found.status, today=found.today, cost=_cents(found.cost), exposure=found.exposure,
                   lines=lines, spending=spending)


class _Share(msgspec.Struct, frozen=True):
    fund: str
    amount: float


class _Line(msgspec.Struct, frozen=True):
    asset: str
    option: Option
    order_by: date | None
    go_live: date | None
    fund: str | None
    cost: float
    shares: tuple[_Share, ...] = ()


class _Spent(msgspec.Struct, frozen=True):
    year: int
    fund: str
    spent: float


class _Document(msgspec.Struct, frozen=True):
    status: str
    today: date
    cost: float
    exposure: int
    lines: tuple[_Line, ...]
    spending: tuple[_Spent, ...] = ()


def _cents(amount: float) -> int:
    return round(amount * 100)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _more(one: Outlook, made: Made, code: str) -> dict[str, Any]:
    speak = language(code)
    asset, ends = one.asset, one.asset.ends
    return {
        "risk": sentences.risk(one, made, speak), "plan_b": sentences.plan_b(one, made, speak),
        "kind": asset.kind, "make": asset.make, "model": asset.model, "version": asset.version,
        "quantity": asset.quantity, "site": asset.site, "group": asset.group, "must_by": _day(asset.must_by),
        "late": one.late, "bridge": one.bridge, "reason": str(one.reason) if one.reason else None,
        "shares": [{"fund": fund, "amount": dollars(amount)} for fund, amount in paid(one.line)],
        "ends": None if ends is None else {"day": ends.day.isoformat(), "rule": ends.rule, "source": ends.source.name,
                                           "looked_up": _day(ends.source.looked_up)},
        "days_unsupported": None if ends is None else one.bare_days,
        "elections_unsupported": [each.date.isoformat() for each in one.bare_elections],
        "days_if_kept": None if ends is None else one.kept_days,
        "exposure": one.exposure, "exposure_if_kept": one.kept_exposure,
        "from_line": asset.line or None,
    }


def _unmatched(one: Unmatched, made: Made, code: str) -> dict[str, Any]:
    return {"asset": one.asset, "why": one.why, "detail": one.detail, "said": sentences.missing(one, language(code)),
            "guesses": [{"product": each.product, "cycle": each.cycle, "title": each.title,
                         "likeness": round(each.likeness, 3), "ends": _day(each.ends)} for each in one.guesses]}


def _shortfall(one: Shortfall, text: str) -> dict[str, Any]:
    money = one.lack is Lack.MONEY
    amount = None if one.amount is None else dollars(round(one.amount)) if money else one.amount
    return {"lack": str(one.lack), "amount": amount, "said": text, "assets": list(one.assets),
            "where": [{"name": name, "amount": dollars(round(each)) if money else each} for name, each in one.where]}


def _spending(spending: Spending) -> list[dict[str, Any]]:
    return [{"year": one.year, "fund": one.fund, "spent": dollars(one.spent), "available": dollars(one.available),
             "expires": _day(one.expires)} for one in spending.cells]


def _budget(one: Budget) -> dict[str, Any]:
    return {"fund": one.fund, "year": one.year, "amount": dollars(one.amount), "kinds": list(one.kinds),
            "match": float(one.match), "expires": _day(one.expires)}
