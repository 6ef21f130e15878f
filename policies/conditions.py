"""Which conditions are legal, and which facts and parameters they use.

A condition is structure alone: no code, no templates, no regular expressions. It always ends,
and every part of it can be shown to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from hustings.facts import Fact, Registry, Type
from hustings.times import parse_duration, parse_time, shift
from policies.model import DEPTH_LIMIT, Parameter
from policies.values import permission_bits, version_at_least

OPERATORS: dict[str, frozenset[Type]] = {
    "equals": frozenset({Type.BOOL, Type.INT, Type.FLOAT, Type.TEXT, Type.VERSION, Type.DURATION}),
    "one_of": frozenset({Type.INT, Type.TEXT, Type.VERSION}),
    "at_least": frozenset({Type.INT, Type.FLOAT, Type.DURATION}),
    "at_most": frozenset({Type.INT, Type.FLOAT, Type.DURATION}),
    "later_than": frozenset({Type.TIME}),
    "older_than": frozenset({Type.TIME, Type.DURATION}),
    "within": frozenset({Type.TIME}),
    "version_at_least": frozenset({Type.VERSION}),
    "mode_within": frozenset({Type.TEXT}),
    "mode_covers": frozenset({Type.TEXT}),
    "contains": frozenset({Type.TEXT, Type.TEXTS}),
    "absent": frozenset(Type),
}
"""Operators and the types of fact they may be asked of."""

QUANTIFIERS = ("every", "none", "count")
EMPTY = ("pass", "fail", "unknown")
TIMED = frozenset({"later_than", "older_than", "within"})

Fault = tuple[tuple[str | int, ...], str, str]
"""Where in the check's file, what, and the remedy."""
Complain = Callable[[tuple[str | int, ...], str, str], None]
"""Called with (path below the condition, what, remedy) for each fault found."""


class Checker:
    """Walks one check's conditions against the declared facts and parameters."""

    def __init__(self, registry: Registry, parameters: dict[str, Parameter], each: str, complain: Complain) -> None:
        self.registry = registry
        self.parameters = parameters
        self.each = each
        self.complain = complain
        self.facts: set[str] = set()
        self.used: dict[str, list[tuple[str, Type]]] = {}
        """Parameters, and the operators and types of fact each is compared with."""

    def check(self, condition: Any, path: tuple[str | int, ...] = (), record: Fact | None = None) -> None:
        """Complain about everything illegal in ``condition``; ``record`` is the list fact we are inside."""
        if _levels(path) >= DEPTH_LIMIT:
            self.complain(path, f"conditions nest deeper than {DEPTH_LIMIT}", "split the check in two")
            return
        if not isinstance(condition, dict) or not condition:
            self.complain(path, "a condition is a map such as {fact: os.family, equals: linux}", "write a map")
            return
        for joiner in ("all", "any"):
            if joiner in condition:
                self._only(condition, {joiner}, path)
                parts = condition[joiner]
                if not isinstance(parts, list) or not parts:
                    self.complain((*path, joiner), f"{joiner} takes a list of at least one condition", "add one")
                    return
                for index, part in enumerate(parts):
                    self.check(part, (*path, joiner, index), record)
                return
        if "not" in condition:
            self._only(condition, {"not"}, path)
            self.check(condition["not"], (*path, "not"), record)
            return
        self._leaf(condition, path, record)

    def _leaf(self, condition: dict[str, Any], path: tuple[str | int, ...], record: Fact | None) -> None:
        subject = self._subject(condition, path, record)
        if subject is None:
            return
        name, kind = subject
        quantifiers = [one for one in QUANTIFIERS if one in condition]
        if quantifiers:
            self._quantified(condition, quantifiers, path, name, kind)
            return
        operators = [one for one in OPERATORS if one in condition]
        if len(operators) != 1:
            self.complain(path, f"a condition on {name} has exactly one operator, not {len(operators)}",
                          "use one of " + ", ".join([*OPERATORS, *QUANTIFIERS]))
            return
        operator = operators[0]
        self._only(condition, {"fact", "field", operator}, path)
        if kind not in OPERATORS[operator]:
            legal = ", ".join(one for one, kinds in OPERATORS.items() if kind in kinds)
            self.complain((*path, operator), f"{operator} cannot be asked of {name}, which is {kind}", f"use {legal}")
            return
        self._operand(condition[operator], operator, kind, (*path, operator))

    def _subject(self, condition: dict[str, Any], path: tuple[str | int, ...],
                 record: Fact | None) -> tuple[str, Type] | None:
        if ("fact" in condition) == ("field" in condition):
            self.complain(path, f"unknown condition with keys {', '.join(sorted(condition))}",
                          "start with all, any, not, fact (or field inside a list)")
            return None
        if "field" in condition:
            return self._field(condition["field"], path, record)
        fact = self._fact(condition["fact"], (*path, "fact"))
        return (fact.id, fact.type) if fact else None

    def _field(self, name: Any, path: tuple[str | int, ...], record: Fact | None) -> tuple[str, Type] | None:
        if record is None:
            self.complain((*path, "field"), "field only has a meaning inside every, none, count or where",
                          "use fact")
            return None
        if record.type is Type.TEXTS:
            if name == "value":
                return name, Type.TEXT
            self.complain((*path, "field"), f"the items of {record.id} are texts: their only field is value",
                          "use value")
            return None
        kinds = {one.name: one.type for one in record.fields}
        if not isinstance(name, str) or name not in kinds:
            self.complain((*path, "field"), f"{record.id} has no field {name!r}", "use " + ", ".join(kinds))
            return None
        return name, kinds[name]

    def _fact(self, name: Any, path: tuple[str | int, ...]) -> Fact | None:
        fact = self.registry.get(name) if isinstance(name, str) else None
        if fact is None or "@" in name:
            self.complain(path, f"the fact {name!r} is not declared by any collector or derivation",
                          "see docs/facts.md or `hustings facts` for the facts there are")
            return None
        if fact.each and fact.each != self.each:
            self.complain(path, f"{name} is about one {fact.each} at a time", f"add `each: {fact.each}`")
        self.facts.add(fact.id)
        return fact

    def _quantified(self, condition: dict[str, Any], quantifiers: list[str], path: tuple[str | int, ...],
                    name: str, kind: Type) -> None:
        quantifier = quantifiers[0]
        extra = {"same"} if quantifier == "count" else set()
        self._only(condition, {"fact", quantifier, "where", "empty_is"} | extra, path)
        record = self.registry.get(name)
        if kind not in (Type.TEXTS, Type.RECORDS) or record is None or "field" in condition:
            self.complain(path, f"{quantifier} needs a list, and {name} is {kind}", "use a single-value operator")
            return
        if condition.get("empty_is") not in EMPTY:
            self.complain(path, f"{quantifier} must say what an empty list means",
                          "add empty_is: pass, fail or unknown")
        if "where" in condition:
            self.check(condition["where"], (*path, "where"), record)
        if quantifier != "count":
            self.check(condition[quantifier], (*path, quantifier), record)
            return
        bounds = condition["count"]
        if not isinstance(bounds, dict) or len(bounds) != 1 or not set(bounds) <= {"at_least", "at_most", "equals"}:
            self.complain((*path, "count"), "count takes one of at_least, at_most, equals",
                          "write count: {at_most: 0}")
            return
        bound, operand = next(iter(bounds.items()))
        self._operand(operand, bound, Type.INT, (*path, "count", bound))
        if "same" in condition:
            self._field(condition["same"], path, record)

    def _operand(self, operand: Any, operator: str, kind: Type, path: tuple[str | int, ...]) -> None:
        if isinstance(operand, dict) and operator != "absent":
            self._reference(operand, operator, kind, path)
            return
        fault = literal_fault(operand, operator, kind)
        if fault:
            self.complain(path, f"{operator}: {fault}", "write a value of that kind")

    def _reference(self, operand: dict[str, Any], operator: str, kind: Type, path: tuple[str | int, ...]) -> None:
        if len(operand) == 1 and "param" in operand:
            self._parameter(operand["param"], operator, kind, path)
        elif len(operand) == 1 and "fact" in operand:
            fact = self._fact(operand["fact"], path)
            fits = _beside(operator, kind)
            if fact is not None and fact.type not in fits:
                self.complain(path, f"{operator} cannot compare {kind} with {fact.id}, which is {fact.type}",
                              "use a fact that is " + (" or ".join(sorted(fits)) or "of another type, or a literal"))
        elif len(operand) == 1 and "today" in operand:
            if operator != "later_than":
                self.complain(path, f"{operator} cannot be asked of today", "use later_than, older_than or within")
            try:
                shift(datetime(2026, 1, 1, tzinfo=UTC), operand["today"])
            except (ValueError, AttributeError):
                self.complain(path, f"today takes a signed length, not {operand['today']!r}", "write {today: +24mo}")
        else:
            self.complain(path, "an operand is a literal, {fact: …}, {param: …} or {today: …}", "use one of them")

    def _parameter(self, name: Any, operator: str, kind: Type, path: tuple[str | int, ...]) -> None:
        if not isinstance(name, str) or name not in self.parameters:
            self.complain(path, f"the parameter {name!r} is not declared", "declare it under parameters")
            return
        self.used.setdefault(name, []).append((operator, kind))
        parameter = self.parameters[name]
        for value in (parameter.default, *parameter.from_T.values()):
            fault = parameter_fault(value, operator, kind)
            if fault:
                self.complain(path, f"{operator}: the parameter {name} may not be {value!r}: {fault}",
                              "give it values of that kind")

    def _only(self, condition: dict[str, Any], allowed: set[str], path: tuple[str | int, ...]) -> None:
        for extra in sorted(set(condition) - allowed):
            self.complain((*path, extra), f"unknown key {extra!r} in a condition",
                          f"allowed here: {', '.join(sorted(allowed))}")


def _beside(operator: str, kind: Type) -> frozenset[Type]:
    """The types of fact that may stand as the operand of ``operator`` asked of a fact of type ``kind``."""
    if operator == "one_of":
        return frozenset() if kind is Type.INT else frozenset({Type.TEXTS})
    if operator == "contains":
        return frozenset({Type.TEXT})
    if operator in ("older_than", "within"):
        return frozenset({Type.DURATION})
    if kind in (Type.INT, Type.FLOAT):
        return frozenset({Type.INT, Type.FLOAT})
    return frozenset({kind})


def _levels(path: tuple[str | int, ...]) -> int:
    """How many conditions enclose the one at ``path``."""
    return sum(step in ("all", "any", "not", "where", *QUANTIFIERS) for step in path)


def literal_fault(operand: Any, operator: str, kind: Type) -> str:
    """What is wrong with a literal operand, or "" if nothing is."""
    if operator == "absent":
        return "" if isinstance(operand, bool) else "takes true or false"
    if operator == "one_of":
        scalar = int if kind is Type.INT else str
        fine = isinstance(operand, list) and operand and all(type(one) is scalar for one in operand)
        return "" if fine else f"takes a list of {'whole numbers' if scalar is int else 'texts'}"
    if operator == "contains":
        parts = operand if isinstance(operand, list) and operand else [operand]
        fine = all(isinstance(one, str) and one for one in parts)
        return "" if fine else "takes a text that is not empty, or a list of such texts that are all there"
    if operator == "version_at_least":
        return "" if isinstance(operand, str) and version_at_least(operand, "0") is not None else (
            "takes a version of numbers and dots such as 9.6")
    if operator in ("mode_within", "mode_covers"):
        return "" if permission_bits(operand) is not None else 'takes permission bits in octal, quoted: "0640"'
    if operator in ("older_than", "within") or kind is Type.DURATION:
        return _fails(parse_duration, operand, "takes a duration such as 3d")
    if operator == "later_than" or kind is Type.TIME:
        return _fails(parse_time, operand, "takes a date or a time")
    wanted: tuple[type, ...] = {Type.BOOL: (bool,), Type.INT: (int,), Type.FLOAT: (int, float)}.get(kind, (str,))
    if not isinstance(operand, wanted) or isinstance(operand, bool) != (kind is Type.BOOL):
        return f"takes {' or '.join(one.__name__ for one in wanted)}, not {operand!r}"
    return ""


def parameter_fault(value: Any, operator: str, kind: Type) -> str:
    """What is wrong with a parameter's value for ``operator``, or "" (an office's list may be empty)."""
    return "" if operator == "one_of" and value == [] else literal_fault(value, operator, kind)


def _fails(parse: Callable[[Any], Any], operand: Any, message: str) -> str:
    try:
        parse(operand)
    except (ValueError, TypeError, AttributeError):
        return message
    return ""


def leaves(condition: Any) -> Iterator[dict[str, Any]]:
    """Every leaf of a condition that names a fact, outermost first."""
    if not isinstance(condition, dict):
        return
    if "fact" in condition:
        yield condition
    for joiner in ("all", "any"):
        for part in condition.get(joiner, ()):
            yield from leaves(part)
    if "not" in condition:
        yield from leaves(condition["not"])


def facts_used(condition: Any) -> set[str]:
    """The ids of every fact a condition can look at, operands included."""
    if isinstance(condition, list):
        return set().union(*map(facts_used, condition)) if condition else set()
    if not isinstance(condition, dict):
        return set()
    found = {condition["fact"]} if isinstance(condition.get("fact"), str) else set()
    for value in condition.values():
        found |= facts_used(value)
    return found
