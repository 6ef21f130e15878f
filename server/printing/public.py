"""What may leave for the public: counts, amounts and dates, and nothing that says where to strike.

The rule, for every number and word of the public version:

- in: the overall letter and points, how much is proven, how many machines are on the list and report, how many
  controls pass, need work or are not proven, the trend of the whole, days to the vote; of the plan the money by year
  and fund, how many lines do what, and the first and last day of it;
- out: names of machines, people, sites, vendors, products, versions, databases; which control, check, area or question
  falls short, and what holds the grade down; when support of anything ends; the adjusted grade and accepted failures.

A record of this module holds nothing else, so that a page made of it cannot tell more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from hustings.times import utc_text
from policies.grade import METHOD
from policies.model import Pack
from server.planning.money import cents
from server.scorecard import Scope, Scorecard

SCHEMA = "hustings.public/1"
ACTS = ("replace", "upgrade", "extend", "retire", "keep")


class Money(msgspec.Struct, frozen=True):
    """What is spent from one fund in one year, in cents."""

    year: int
    fund: str
    amount: int


class Plan(msgspec.Struct, frozen=True):
    """A replacement plan in numbers. ``approved``: the day, None where nobody approved it yet. Cents."""

    approved: date | None
    money: tuple[Money, ...]
    acts: tuple[tuple[str, int], ...]
    """How many lines do what (``ACTS``)."""
    first: date | None
    """The first day by which something is ordered."""
    last: date | None
    """The day on which the last of it goes live."""

    @property
    def total(self) -> int:
        return sum(one.amount for one in self.money)


class Trend(msgspec.Struct, frozen=True):
    """Proven points (0 to 100, whole) by month, None where there was no letter, and what the change is due to."""

    months: tuple[tuple[date, int | None], ...]
    ours: float
    rules: float


class Public(msgspec.Struct, frozen=True):
    """Everything in a public version. Points and parts in whole percent, rounded down."""

    office: str
    day: date
    made: str
    method: str
    pack: str
    letter: str | None
    graded: bool
    lower: int
    upper: int
    coverage: int
    listed: int
    reporting: int
    controls: int
    passing: int
    failing: int
    unknown: int
    measured: str | None = None
    voting_day: date | None = None
    days: int | None = None
    plan: Plan | None = None
    trend: Trend | None = None
    schema: str = SCHEMA


def public(card: Scorecard, pack: Pack, *, plan: Plan | None = None, trend: Trend | None = None) -> Public:
    """The numbers of a scorecard that may leave."""
    grade = card.grade
    silent = len(card.silent)
    whole = {"passing": 0, "failing": 0, "unknown": 0}
    if grade:
        whole = {"passing": len(card.items) - card.failing - card.unknown, "failing": card.failing,
                 "unknown": card.unknown}
    return Public(
        office=card.office.name, day=card.now.date(), made=utc_text(card.now), method=METHOD, pack=pack.version,
        letter=grade.letter if grade else None, graded=grade is not None,
        lower=_percent(grade.lower) if grade else 0, upper=_percent(grade.upper) if grade else 0,
        coverage=_percent(grade.coverage) if grade else 0,
        listed=len(card.machines) + silent if card.scope is Scope.OFFICE else 0, reporting=len(card.machines),
        controls=len(card.items), passing=whole["passing"], failing=whole["failing"], unknown=whole["unknown"],
        measured=utc_text(card.measured) if card.measured else None,
        voting_day=card.voting_day, days=card.days, plan=plan, trend=trend)


def plan_numbers(document: Mapping[str, Any], approved: datetime | None) -> Plan:
    """The numbers of a plan's JSON (``hustings.plan/1``)."""
    lines: list[Mapping[str, Any]] = list(document.get("lines", ()))
    money: dict[tuple[int, str], int] = defaultdict(int)
    for one in lines:
        if one.get("order_by") and one.get("cost"):
            for fund, amount in _paid(one):
                money[date.fromisoformat(one["order_by"]).year, fund] += amount
    acts = [(act, sum(one.get("option") == act for one in lines)) for act in ACTS]
    return Plan(
        approved.date() if approved else None,
        tuple(Money(year, fund, amount) for (year, fund), amount in sorted(money.items())),
        tuple((act, count) for act, count in acts if count),
        min(_days(lines, "order_by"), default=None), max(_days(lines, "go_live"), default=None))


def _paid(line: Mapping[str, Any]) -> list[tuple[str, int]]:
    shares = line.get("shares")
    if isinstance(shares, Mapping) and shares:
        return [(str(fund), _cents(amount)) for fund, amount in shares.items()]
    return [(str(line.get("fund") or ""), _cents(line["cost"]))]


def _cents(amount: float) -> int:
    return cents(f"{amount:.2f}") if isinstance(amount, float) else int(amount) * 100


def _days(lines: Iterable[Mapping[str, Any]], name: str) -> list[date]:
    return [date.fromisoformat(one[name]) for one in lines if one.get(name)]


def _percent(part: float) -> int:
    return int(part * 100 + 1e-9)
