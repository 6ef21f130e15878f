"""Two plans compared: which lines moved, and what that does to cost, exposure and each year's spending."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from server.pages.language import Language
from server.planning.document import Written
from server.planning.model import Line, Option
from server.planning.money import dollars
from server.planning.sentences import option
from server.planning.wording import day, inert, money

SHOWN = 40
SCHEMA = "hustings.plan-difference/1"


class Moved(msgspec.Struct, frozen=True):
    """One asset whose lines differ. No ``old``: it is new in the plan; no ``new``: it is in it no more."""

    asset: str
    old: tuple[Line, ...]
    new: tuple[Line, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """New minus old; cents and weighted device-days."""

    moved: tuple[Moved, ...]
    same: int
    cost: int
    exposure: int
    spending: tuple[tuple[int, str, int], ...]
    """Year, fund, and how much more is spent; those that differ."""
    old_status: str
    new_status: str

    @property
    def nothing(self) -> bool:
        return not (self.moved or self.cost or self.exposure or self.spending or self.old_status != self.new_status)


def compare(old: Written, new: Written) -> Difference:
    """What is different in ``new``."""
    before, after = _by_asset(old.lines), _by_asset(new.lines)
    moved = tuple(Moved(asset, before.get(asset, ()), after.get(asset, ())) for asset in sorted({*before, *after})
                  if before.get(asset, ()) != after.get(asset, ()))
    spent: dict[tuple[int, str], int] = defaultdict(int)
    for sign, plan in ((-1, old), (1, new)):
        for year, fund, amount in plan.spending:
            spent[year, fund] += sign * amount
    return Difference(
        moved=moved, same=len({*before, *after}) - len(moved), cost=new.cost - old.cost,
        exposure=new.exposure - old.exposure, old_status=old.status, new_status=new.status,
        spending=tuple((year, fund, amount) for (year, fund), amount in sorted(spent.items()) if amount))


def _by_asset(lines: tuple[Line, ...]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for one in lines:
        found[one.asset].append(one)
    return {asset: tuple(own) for asset, own in found.items()}


def in_words(found: Difference, speak: Language, shown: int = SHOWN) -> tuple[str, ...]:
    """The totals first, then every line that moved; past ``shown`` of them, their number."""
    if found.nothing:
        return (speak.say("Nothing is different."),)
    said = list(totals(found, speak))
    said += [moved(one, speak) for one in found.moved[:shown]]
    rest = len(found.moved) - shown
    if rest > 0:
        said.append(speak.texts.ngettext("%(count)s more line moved.", "%(count)s more lines moved.", rest) % {
            "count": speak.number(rest)})
    return tuple(said)


def totals(found: Difference, speak: Language) -> tuple[str, ...]:
    said = []
    if found.old_status != found.new_status:
        if found.new_status == "infeasible":
            said.append(speak.say("What must be done by a date cannot be done any more."))
        elif found.old_status == "infeasible":
            said.append(speak.say("What must be done by a date can now be done."))
    count = len(found.moved)
    said.append(speak.texts.ngettext("%(count)s line moved, %(same)s stay.", "%(count)s lines moved, %(same)s stay.",
                                     count) % {"count": speak.number(count), "same": speak.number(found.same)})
    said.append(_cost(found.cost, speak))
    if found.exposure == 0:
        said.append(speak.say("The exposure is the same."))
    else:
        text = (speak.say("The exposure falls by %(amount)s weighted device-days.") if found.exposure < 0
                else speak.say("The exposure rises by %(amount)s weighted device-days."))
        said.append(text % {"amount": speak.number(abs(found.exposure))})
    for year, fund, amount in found.spending:
        text = (speak.say("%(year)s, %(fund)s: %(money)s less") if amount < 0
                else speak.say("%(year)s, %(fund)s: %(money)s more"))
        said.append(text % {"year": str(year), "fund": inert(fund), "money": money(abs(amount), speak)})
    return tuple(said)


def _cost(amount: int, speak: Language) -> str:
    if amount == 0:
        return speak.say("The cost is the same.")
    return (speak.say("It costs %(money)s less.") if amount < 0 else speak.say("It costs %(money)s more.")) % {
        "money": money(abs(amount), speak)}


def moved(one: Moved, speak: Language) -> str:
    """One asset's change: "pollbooks: replace on … instead of keep"."""
    asset = inert(one.asset)
    if not one.old:
        return speak.say("%(asset)s: new in the plan: %(new)s") % {"asset": asset, "new": _lines(one.new, speak)}
    if not one.new:
        return speak.say("%(asset)s: no longer in the plan; it was %(old)s") % {
            "asset": asset, "old": _lines(one.old, speak)}
    return speak.say("%(asset)s: %(new)s, instead of %(old)s") % {
        "asset": asset, "new": _lines(one.new, speak), "old": _lines(one.old, speak)}


def _lines(lines: tuple[Line, ...], speak: Language) -> str:
    return " + ".join(_line(one, speak) for one in lines)


def _line(one: Line, speak: Language) -> str:
    name = option(one.option, speak).lower()
    if one.option is Option.KEEP:
        return name
    when = one.order_by if one.go_live is None else one.go_live
    text = name if when is None else speak.say("%(option)s on %(day)s") % {"option": name, "day": day(when, speak)}
    return f"{text} ({inert(one.fund)}, {money(one.cost, speak)})" if one.cost else text


def as_data(found: Difference) -> dict[str, Any]:
    """The ``hustings.plan-difference/1`` document; money in dollars."""
    return {
        "schema": SCHEMA, "same": found.same, "cost": dollars(found.cost), "exposure": found.exposure,
        "old_status": found.old_status, "new_status": found.new_status,
        "spending": [{"year": year, "fund": fund, "difference": dollars(amount)}
                     for year, fund, amount in found.spending],
        "moved": [{"asset": one.asset, "old": [_data(each) for each in one.old],
                   "new": [_data(each) for each in one.new]} for one in found.moved],
    }


def _data(line: Line) -> dict[str, Any]:
    return {"option": str(line.option), "order_by": line.order_by.isoformat() if line.order_by else None,
            "go_live": line.go_live.isoformat() if line.go_live else None, "fund": line.fund or None,
            "cost": dollars(line.cost)}
