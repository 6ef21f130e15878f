"""Three-valued evaluation of conditions over facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from hustings.facts import Missing, Observation, Reason
from hustings.times import parse_time, shift
from policies.conditions import OPERATORS
from policies.values import compare, flips

SHOWN = 8
"""How many items of a list a verdict shows."""

Look: TypeAlias = Callable[[str], tuple[str, Observation, datetime | None]]
Record: TypeAlias = Mapping[str, Any]


@dataclass
class Outcome:
    """The truth of a condition, and what made it so.

    ``causes`` names the facts that left it undecided: their ``Missing``, or None for absent.
    ``flips`` are moments at which an operator's answer changes by itself, ``expiries`` those at
    which a deciding fact becomes too old. ``share`` is the satisfied part of a list, 0 to 1.
    """

    truth: bool | None
    causes: dict[str, Missing | None] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    flips: list[datetime] = field(default_factory=list)
    expiries: list[datetime] = field(default_factory=list)
    share: float | None = None

    def why(self) -> str:
        """The causes in words: ``sshd.port: denied: needs root``."""
        said = [f"{name}: {cause}" if cause is not None else f"{name}: absent" for name, cause in self.causes.items()]
        return "; ".join(said) or "undecided"

    def also(self, other: Outcome) -> Outcome:
        """This outcome, showing the other's facts too."""
        return replace(self, facts={**self.facts, **other.facts}, flips=self.flips + other.flips)


class Logic:
    """Evaluates conditions for one subject at one moment."""

    def __init__(self, look: Look, parameters: Mapping[str, Any], now: datetime) -> None:
        self._look = look
        self._parameters = parameters
        self._now = now

    def evaluate(self, condition: Mapping[str, Any], record: Record | None = None) -> Outcome:
        """The outcome of a legal condition (see ``policies.conditions``)."""
        if "all" in condition:
            return _join([self.evaluate(one, record) for one in condition["all"]], decisive=False)
        if "any" in condition:
            return _join([self.evaluate(one, record) for one in condition["any"]], decisive=True)
        if "not" in condition:
            inner = self.evaluate(condition["not"], record)
            return replace(inner, truth=None if inner.truth is None else not inner.truth, share=None)
        if "field" in condition:
            return self._of_field(condition, record or {})
        return self._of_fact(condition)

    def _of_fact(self, condition: Mapping[str, Any]) -> Outcome:
        name, seen, expiry = self._look(condition["fact"])
        expiries = [expiry] if expiry else []
        if seen.missing is not None:
            return Outcome(None, {name: seen.missing}, {name: {"unknown": str(seen.missing)}})
        if "absent" in condition:
            return Outcome(seen.absent == condition["absent"], {}, {name: _shown(seen)}, [], expiries)
        if seen.absent:
            return Outcome(None, {name: None}, {name: {"absent": True}}, [], expiries)
        if seen.listing is not None and "contains" not in condition:
            return self._of_list(condition, name, seen, expiries)
        outcome = self._compared(condition, seen.listing.items if seen.listing else seen.value, name)
        if seen.listing is not None and outcome.truth is False and not seen.listing.complete:
            outcome = Outcome(None, {name: _partial(seen)})
        outcome.facts = {name: _shown(seen), **outcome.facts}
        outcome.expiries += expiries
        return outcome

    def _of_field(self, condition: Mapping[str, Any], record: Record) -> Outcome:
        name = condition["field"]
        value = record.get(name)
        if isinstance(value, Mapping) and "reason" in value:
            return Outcome(None, {name: Missing(Reason(value["reason"]), str(value.get("detail", "")))})
        if isinstance(value, Missing):
            return Outcome(None, {name: value})
        if "absent" in condition:
            return Outcome((value is None) == condition["absent"])
        if value is None:
            return Outcome(None, {name: None})
        return self._compared(condition, value, name)

    def _compared(self, condition: Mapping[str, Any], value: Any, name: str) -> Outcome:
        operator = next(one for one in OPERATORS if one in condition)
        operand, undecided = self._operand(condition[operator])
        if undecided is not None:
            return undecided
        written = condition[operator]
        if isinstance(written, dict) and "today" in written:
            moments = _crossing(value, written["today"])
        else:
            moments = flips(operator, value, operand)
        truth = compare(operator, value, operand, self._now)
        if truth is None:
            detail = f"{value!r} cannot be compared with {operand!r}"
            return Outcome(None, {name: Missing(Reason.ERROR, detail)})
        return Outcome(truth, flips=moments)

    def _operand(self, written: Any) -> tuple[Any, Outcome | None]:
        if not isinstance(written, dict):
            return written, None
        if "param" in written:
            return self._parameters[written["param"]], None
        if "today" in written:
            return shift(self._now, written["today"]), None
        name, seen, _ = self._look(written["fact"])
        if seen.missing is not None or seen.absent:
            return None, Outcome(None, {name: seen.missing}, {name: _shown(seen)})
        return (seen.listing.items if seen.listing else seen.value), None

    def _of_list(self, condition: Mapping[str, Any], name: str, seen: Observation,
                 expiries: list[datetime]) -> Outcome:
        listing = seen.listing
        assert listing is not None
        chosen, maybe, causes, moments = self._select(listing.items, condition.get("where"))
        if "count" in condition:
            outcome = self._count(condition, chosen, maybe, listing.complete)
            shown, total = chosen, len(listing.items)
            empty = not listing.items
        else:
            outcome, shown = self._quantify(condition, chosen, maybe)
            moments += outcome.flips
            total = len(chosen)
            empty = not chosen and not maybe
        if outcome.truth is not False and not listing.complete:
            outcome = Outcome(None, {name: _partial(seen)})
        elif empty:
            outcome.truth = {"pass": True, "fail": False, "unknown": None}[condition["empty_is"]]
        if outcome.truth is None:
            detail = f"{name}: the list is empty" if empty else "some entries could not be read"
            inner = {f"{name}.{part}": cause for part, cause in {**causes, **outcome.causes}.items() if part != name}
            outcome.causes = ({name: outcome.causes[name]} if name in outcome.causes
                              else inner or {name: Missing(Reason.ERROR, detail)})
        seeking = "at_least" in condition.get("count", ())
        items = [_plain(item) for item in (shown or (listing.items if seeking else []))[:SHOWN]]
        outcome.facts = {name: {"items": items, "matching": len(shown), "total": total, "complete": listing.complete}}
        outcome.flips, outcome.expiries = moments, expiries
        return outcome

    def _select(self, items: list[Any], where: Any) -> tuple[list[Any], list[Any], dict[str, Missing | None],
                                                             list[datetime]]:
        """The items ``where`` holds for, those it may hold for, why it is undecided, and when it changes."""
        if where is None:
            return list(items), [], {}, []
        chosen: list[Any] = []
        maybe: list[Any] = []
        causes: dict[str, Missing | None] = {}
        moments: list[datetime] = []
        for item in items:
            outcome = self.evaluate(where, _record(item))
            moments += outcome.flips
            if outcome.truth:
                chosen.append(item)
            elif outcome.truth is None:
                maybe.append(item)
                causes.update(outcome.causes)
        return chosen, maybe, causes, moments

    def _quantify(self, condition: Mapping[str, Any], chosen: list[Any],
                  maybe: list[Any]) -> tuple[Outcome, list[Any]]:
        """``every`` or ``none`` over the chosen items; one counterexample decides."""
        quantifier = "every" if "every" in condition else "none"
        wanted = quantifier == "every"
        against: list[Any] = []
        open_: list[Any] = []
        causes: dict[str, Missing | None] = {}
        moments: list[datetime] = []
        for item in chosen:
            outcome = self.evaluate(condition[quantifier], _record(item))
            moments += outcome.flips
            if outcome.truth is None:
                open_.append(item)
                causes.update(outcome.causes)
            elif outcome.truth is not wanted:
                against.append(item)
        for item in maybe:
            if self.evaluate(condition[quantifier], _record(item)).truth is not wanted:
                open_.append(item)
        if maybe and not chosen and condition["empty_is"] != "pass":
            open_ += maybe
        truth = False if against else None if open_ else True
        share = 1 - len(against) / len(chosen) if chosen else None
        return Outcome(truth, causes, flips=moments, share=share), against or open_

    def _count(self, condition: Mapping[str, Any], chosen: list[Any], maybe: list[Any], complete: bool) -> Outcome:
        bound, written = next(iter(condition["count"].items()))
        operand, undecided = self._operand(written)
        if undecided is not None:
            return undecided
        if "same" not in condition:
            return Outcome(_bounded(bound, operand, len(chosen), len(chosen) + len(maybe), complete))
        groups: dict[Any, int] = defaultdict(int)
        loose = len(maybe)
        for item in chosen:
            value = _record(item).get(condition["same"])
            if value is None or isinstance(value, (dict, Missing)):
                loose += 1
            else:
                groups[value] += 1
        truths = [_bounded(bound, operand, size, size + loose, complete) for size in groups.values()]
        truth = False if False in truths else None if None in truths or (loose and not groups) else True
        return Outcome(truth)


def _bounded(bound: str, operand: int, low: int, high: int, complete: bool) -> bool | None:
    """Whether a count known to lie between ``low`` and ``high`` (or anywhere above) keeps a bound."""
    top = float("inf") if not complete else high
    if bound == "at_most":
        return False if low > operand else True if top <= operand else None
    if bound == "at_least":
        return True if low >= operand else False if top < operand else None
    return True if low == top == operand else False if low > operand or top < operand else None


def _join(outcomes: list[Outcome], *, decisive: bool) -> Outcome:
    """Kleene's ``all`` (one False decides) or ``any`` (one True decides), keeping what decided."""
    deciders = [one for one in outcomes if one.truth is decisive]
    undecided = [one for one in outcomes if one.truth is None]
    truth = decisive if deciders else None if undecided else not decisive
    shown = deciders or undecided or outcomes
    joined = Outcome(truth)
    for one in shown:
        joined.facts.update(one.facts)
        joined.expiries += one.expiries
        if truth is None:
            joined.causes.update(one.causes)
    for one in outcomes:
        joined.flips += one.flips
    shares = [one.share for one in shown if one.share is not None]
    joined.share = min(shares, default=None)
    return joined


def _crossing(value: Any, length: str) -> list[datetime]:
    """When ``today`` moved by ``length`` passes the time ``value``."""
    moment = value if isinstance(value, datetime) else parse_time(value)
    back = length[1:] if length.startswith("-") else "-" + length.removeprefix("+")
    return [shift(moment, "+" + back if not back.startswith("-") else back)]


def _record(item: Any) -> Record:
    return item if isinstance(item, Mapping) else {"value": item}


def _partial(seen: Observation) -> Missing:
    why = seen.listing.why if seen.listing else None
    return why or Missing(Reason.TRUNCATED, "the list is not whole")


def _plain(item: Any) -> Any:
    if isinstance(item, Mapping):
        return {name: {"unknown": str(value)} if isinstance(value, Missing) else value for name, value in item.items()}
    return item


def _shown(seen: Observation) -> Any:
    """A fact as a verdict shows it."""
    if seen.missing is not None:
        return {"unknown": str(seen.missing)}
    if seen.absent:
        return {"absent": True}
    if seen.listing is not None:
        items = [_plain(item) for item in seen.listing.items[:SHOWN]]
        return {"items": items, "total": len(seen.listing.items), "complete": seen.listing.complete}
    return seen.value
