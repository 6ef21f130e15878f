"""Three-valued evaluation of conditions over facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from hustings.facts import Missing, Observation, Reason
from hustings.times import shift
from policies.conditions import OPERATORS, QUANTIFIERS, TIMED
from policies.shortcut import shortcut
from policies.values import compare, crossings, flips

SHOWN = 8
"""How many items of a list a verdict shows."""

Look: TypeAlias = Callable[[str], tuple[str, Observation, list[datetime]]]
"""From a fact's id to its key, what is known of it, and the moments at which that changes by itself."""
Record: TypeAlias = Mapping[str, Any]
Causes: TypeAlias = dict[str, Missing | None]


@dataclass
class Outcome:
    """The truth of a condition, and what made it so.

    ``causes`` names the facts that left it undecided: their ``Missing``, or None for absent.
    ``moments`` are those at which the outcome may change by itself: an operator's answer does, or a
    fact becomes too old. ``timed`` says that what decided was asked of the clock. ``share`` is the
    satisfied part of a whole list, 0 to 1.
    """

    truth: bool | None
    causes: Causes = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)
    timed: bool = False
    share: float | None = None

    def why(self) -> str:
        """The causes in words: ``sshd.port: denied: needs root``."""
        said = [f"{name}: {cause}" if cause is not None else f"{name}: absent" for name, cause in self.causes.items()]
        return "; ".join(said) or "undecided"

    def also(self, other: Outcome) -> Outcome:
        """This outcome, showing the other's facts and changing when it does."""
        return replace(self, facts={**self.facts, **other.facts}, moments=self.moments + other.moments,
                       timed=self.timed or other.timed)


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
        name, seen, moments = self._look(condition["fact"])
        shown = {name: _shown(seen)}
        if seen.missing is not None:
            return Outcome(None, {name: seen.missing}, shown, moments)
        if "absent" in condition:
            return Outcome(seen.absent == condition["absent"], {}, shown, moments)
        if seen.absent:
            return Outcome(None, {name: None}, shown, moments)
        quantified = any(one in condition for one in QUANTIFIERS)
        if quantified and seen.listing is not None:
            return self._of_list(condition, name, seen, moments)
        if quantified or (seen.listing is not None and "contains" not in condition):
            counted = isinstance(seen.value, Mapping)
            fault = Missing(Reason.WITHHELD) if counted else Missing(Reason.ERROR, "is not of its declared type")
            return Outcome(None, {name: fault}, shown, moments)
        outcome = self._compared(condition, seen.listing.items if seen.listing else seen.value, name)
        if seen.listing is not None and outcome.truth is False and not seen.listing.complete:
            outcome = replace(outcome, truth=None, causes={name: _partial(seen)})
        outcome.facts = {**shown, **outcome.facts}
        outcome.moments = moments + outcome.moments
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
        written = condition[operator]
        operand, beside = self._operand(written)
        if beside.truth is None:
            return beside
        times: list[datetime] = []
        if isinstance(written, dict) and "today" in written:
            times = crossings(value, written["today"])
        elif operator in TIMED:
            times = flips(operator, value, operand)
        truth = compare(operator, value, operand, self._now)
        causes: Causes = {}
        if truth is None:
            causes = {name: Missing(Reason.ERROR, f"{value!r} cannot be compared with {operand!r}")}
        elif truth is False and beside.causes:
            truth, causes = None, beside.causes
        return Outcome(truth, causes, beside.facts, times + beside.moments, timed=bool(times))

    def _operand(self, written: Any) -> tuple[Any, Outcome]:
        """An operand's value. The outcome is None where it is unknown; its causes say why a list is not whole."""
        if not isinstance(written, dict):
            return written, Outcome(True)
        if "param" in written:
            return self._parameters[written["param"]], Outcome(True)
        if "today" in written:
            return shift(self._now, written["today"]), Outcome(True)
        name, seen, moments = self._look(written["fact"])
        shown = {name: _shown(seen)}
        if seen.missing is not None or seen.absent:
            return None, Outcome(None, {name: seen.missing}, shown, moments)
        if seen.listing is None:
            return seen.value, Outcome(True, {}, shown, moments)
        causes: Causes = {} if seen.listing.complete else {name: _partial(seen)}
        return seen.listing.items, Outcome(True, causes, shown, moments)

    def _of_list(self, condition: Mapping[str, Any], name: str, seen: Observation, moments: list[datetime]) -> Outcome:
        listing = seen.listing
        assert listing is not None
        picked = self._select(listing.items, condition.get("where"))
        if "count" in condition:
            outcome = self._count(condition, picked, listing.complete)
            shown, total = picked.chosen, len(listing.items)
            empty = not listing.items
        else:
            outcome, shown = self._quantify(condition, picked)
            total = len(picked.chosen)
            empty = not picked.chosen and not picked.maybe
        if outcome.truth is not False and not listing.complete:
            outcome = replace(outcome, truth=None, causes={name: _partial(seen)})
        elif empty:
            outcome.truth = {"pass": True, "fail": False, "unknown": None}[condition["empty_is"]]
            outcome.causes = {name: Missing(Reason.ERROR, "the list is empty")} if outcome.truth is None else {}
        elif outcome.truth is None:
            causes = _merged(picked.causes, outcome.causes)
            outcome.causes = {part if "." in part else f"{name}.{part}": cause for part, cause in causes.items()} or {
                name: Missing(Reason.ERROR, "some entries could not be read")}
        seeking = "at_least" in condition.get("count", ())
        items = [_plain(item) for item in (shown or (listing.items if seeking else []))[:SHOWN]]
        seen_list = {"items": items, "matching": len(shown), "total": total, "complete": listing.complete}
        return Outcome(outcome.truth, outcome.causes, {name: seen_list, **outcome.facts},
                       moments + picked.moments + outcome.moments, picked.timed or outcome.timed,
                       outcome.share if listing.complete else None)

    def _select(self, items: list[Any], where: Any) -> _Picked:
        if where is None:
            return _Picked(list(items))
        picked = _Picked([])
        quickly = shortcut(where, self._parameters)
        for item in items:
            truth = quickly(item if type(item) is dict else _record(item))
            if truth is not None:
                if truth:
                    picked.chosen.append(item)
                continue
            outcome = self.evaluate(where, _record(item))
            picked.moments += outcome.moments
            picked.timed |= outcome.timed
            if outcome.truth:
                picked.chosen.append(item)
            elif outcome.truth is None:
                picked.maybe.append(item)
                picked.causes = _merged(picked.causes, outcome.causes)
        return picked

    def _quantify(self, condition: Mapping[str, Any], picked: _Picked) -> tuple[Outcome, list[Any]]:
        """``every`` or ``none`` over the chosen items; one counterexample decides."""
        quantifier = "every" if "every" in condition else "none"
        wanted = quantifier == "every"
        whole = Outcome(True)
        against: list[Any] = []
        undecided: list[Any] = []
        quickly = shortcut(condition[quantifier], self._parameters)
        certain = len(picked.chosen)
        for index, item in enumerate(picked.chosen + picked.maybe):
            truth = quickly(item if type(item) is dict else _record(item))
            if truth is wanted and index < certain:
                continue
            outcome = Outcome(truth) if truth is not None else self.evaluate(condition[quantifier], _record(item))
            whole.moments += outcome.moments
            whole.timed |= outcome.timed
            whole.facts.update(outcome.facts)
            surely = index < certain
            if outcome.truth is None:
                whole.causes = _merged(whole.causes, outcome.causes)
                undecided.append(item)
            elif outcome.truth is not wanted:
                (against if surely else undecided).append(item)
            elif not surely and not picked.chosen and condition["empty_is"] != "pass":
                undecided.append(item)
        whole.truth = False if against else None if undecided else True
        whole.share = 1 - len(against) / len(picked.chosen) if picked.chosen else None
        return whole, against or undecided

    def _count(self, condition: Mapping[str, Any], picked: _Picked, complete: bool) -> Outcome:
        bound, written = next(iter(condition["count"].items()))
        operand, beside = self._operand(written)
        if beside.truth is None:
            return beside
        if isinstance(operand, bool) or not isinstance(operand, int):
            return replace(beside, truth=None, causes={"count": Missing(Reason.ERROR, f"{operand!r} is no number")})
        if "same" not in condition:
            low = len(picked.chosen)
            return replace(beside, truth=_bounded(bound, operand, low, low + len(picked.maybe), complete))
        groups: dict[Any, int] = defaultdict(int)
        loose = len(picked.maybe)
        for item in picked.chosen:
            value = _record(item).get(condition["same"])
            if isinstance(value, (str, int, float)):
                groups[value] += 1
            else:
                loose += 1
        truths = [_bounded(bound, operand, size, size + loose, complete) for size in groups.values()]
        if loose:  # they may form groups of their own, or join those there are
            truths.append((bound == "at_most" and loose <= operand) or (bound == "at_least" and operand <= 1) or None)
        return replace(beside, truth=False if False in truths else None if None in truths else True)


@dataclass
class _Picked:
    """The items ``where`` holds for, those it may hold for and why, and when that changes by itself."""

    chosen: list[Any]
    maybe: list[Any] = field(default_factory=list)
    causes: Causes = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)
    timed: bool = False


def _bounded(bound: str, operand: int, low: int, high: int, complete: bool) -> bool | None:
    """Whether a count known to lie between ``low`` and ``high`` (or anywhere above) keeps a bound."""
    top = float("inf") if not complete else high
    if bound == "at_most":
        return False if low > operand else True if top <= operand else None
    if bound == "at_least":
        return True if low >= operand else False if top < operand else None
    return True if low == top == operand else False if low > operand or top < operand else None


def _merged(one: Causes, other: Causes) -> Causes:
    """Both causes; a reason outweighs an absence, which ``on_missing`` may read as a failure."""
    return {**one, **{name: cause for name, cause in other.items() if cause is not None or name not in one}}


def _join(outcomes: list[Outcome], *, decisive: bool) -> Outcome:
    """Kleene's ``all`` (one False decides) or ``any`` (one True decides), keeping what decided."""
    deciders = [one for one in outcomes if one.truth is decisive]
    undecided = [one for one in outcomes if one.truth is None]
    truth = decisive if deciders else None if undecided else not decisive
    shown = deciders or undecided or outcomes
    joined = Outcome(truth, timed=any(one.timed for one in shown))
    for one in shown:
        joined.facts.update(one.facts)
        if truth is None:
            joined.causes = _merged(joined.causes, one.causes)
    for one in outcomes:
        joined.moments += one.moments
    shares = [one.share for one in shown if one.share is not None]
    joined.share = min(shares, default=None)
    return joined


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
