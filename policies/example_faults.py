"""What is wrong with a check's examples, before they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from hustings.declared import KINDS
from hustings.facts import Fact, Reason, Registry, Type
from hustings.times import parse_time
from hustings.verdicts import Verdict
from policies.conditions import Checker, Fault, parameter_fault
from policies.model import Check, Example

_REASONS = tuple(str(one) for one in Reason)
_SCALARS: dict[Type, tuple[tuple[type, ...], str]] = {
    Type.BOOL: ((bool,), "true or false"), Type.INT: ((int,), "a whole number"),
    Type.FLOAT: ((int, float), "a number"), Type.TEXT: ((str,), "text"), Type.VERSION: ((str,), "text"),
    Type.TIME: ((str,), "a time"), Type.DURATION: ((int,), "whole seconds"),
}


def example_faults(check: Check, registry: Registry, checker: Checker) -> Iterator[Fault]:
    """Every fault of the examples of a check whose conditions ``checker`` has walked."""
    have = {example.verdict for example in check.examples}
    for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN):
        if verdict not in have:
            yield ("examples",), f"no example with the verdict {verdict}", "add at least one pass, fail and unknown"
    names = [example.name for example in check.examples]
    for index, example in enumerate(check.examples):
        at = ("examples", index)
        if names.index(example.name) != index:
            yield (*at, "name"), f"two examples are called {example.name!r}", "rename one"
        yield from _circumstances(example, at)
        for name, value in example.parameters.items():
            yield from _override(name, value, checker, (*at, "parameters", name))
        for name, value in example.facts.items():
            for what, remedy in _fact_faults(name, value, registry):
                yield (*at, "facts", name), what, remedy


def _circumstances(example: Example, at: tuple[str | int, ...]) -> Iterator[Fault]:
    times = [(("now",), example.now), *((("as_of", name), text) for name, text in example.as_of.items())]
    for place, text in times:
        if _refused(parse_time, text):
            yield (*at, *place), f"{text!r} is not a time", "write 2026-11-22T00:00:00Z"
    for name in example.as_of:
        if name not in example.facts:
            yield (*at, "as_of", name), f"the example has no fact {name!r}", "name one of its facts"
    if example.voting_day and _refused(date.fromisoformat, example.voting_day):
        yield (*at, "voting_day"), f"{example.voting_day!r} is not a day", "write 2027-11-02"
    for kind in example.declared:
        if kind not in KINDS:
            yield (*at, "declared", kind), f"nothing of kind {kind!r} can be declared", "use " + ", ".join(KINDS)


def _override(name: str, value: Any, checker: Checker, at: tuple[str | int, ...]) -> Iterator[Fault]:
    if name not in checker.parameters:
        yield at, f"the parameter {name!r} is not declared", "remove it"
    for operator, kind in checker.used.get(name, ()):
        fault = parameter_fault(value, operator, kind)
        if fault:
            yield at, f"{operator}: {fault}", "write a value like the default"


def _fact_faults(name: str, value: Any, registry: Registry) -> Iterator[tuple[str, str]]:
    """(what, remedy) for a fact as an example writes it."""
    fact = registry.get(name)
    if fact is None:
        yield f"the fact {name!r} is not declared by any collector or derivation", "see docs/facts.md"
        return
    if fact.each and not name.partition("@")[2]:
        yield f"{fact.id} is about one {fact.each} at a time", f"write {fact.id}@NAME:"
    if "@" in name and not fact.each:
        yield f"{fact.id} is about the whole machine", "leave out the @ and what follows"
    if isinstance(value, dict) and "unknown" in value:
        if value["unknown"] not in _REASONS or set(value) - {"unknown", "detail"}:
            yield f"unknown takes a reason, not {value!r}", "use one of " + ", ".join(_REASONS)
    elif isinstance(value, dict) and "absent" in value:
        if value != {"absent": True}:
            yield "a fact that was looked for and not there is {absent: true}", "write that, or a value"
    elif fact.type in (Type.TEXTS, Type.RECORDS):
        yield from _list_faults(fact, value)
    else:
        fault = _scalar_fault(value, fact.type)
        if fault:
            yield f"{fact.id} is {fact.type}: {fault}", "write a value of its type"


def _list_faults(fact: Fact, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if set(value) - {"items", "complete"} or not isinstance(value.get("complete", True), bool):
            yield f"{fact.id} is a list", "write [..] or {items: [..], complete: false}"
        value = value.get("items")
    if not isinstance(value, list):
        yield f"{fact.id} is a list", "write [..] or {items: [..], complete: false}"
        return
    fields = {one.name: one.type for one in fact.fields}
    for item in value:
        if fact.type is Type.TEXTS:
            if not isinstance(item, str):
                yield f"the items of {fact.id} are texts, not {item!r}", "quote it"
        elif not isinstance(item, dict):
            yield f"the items of {fact.id} are records, not {item!r}", "write {field: value}"
        else:
            for name, one in item.items():
                fault = (f"there is no field {name!r}" if name not in fields else _field_fault(one, fields[name]))
                if fault:
                    yield f"{fact.id}, field {name}: {fault}", "fields: " + ", ".join(fields)


def _field_fault(value: Any, kind: Type) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "" if value.get("reason") in _REASONS and not set(value) - {"reason", "detail"} else (
            "a field that could not be read is {reason: denied}")
    return _scalar_fault(value, kind)


def _scalar_fault(value: Any, kind: Type) -> str:
    types, name = _SCALARS.get(kind, ((list,), "a list"))
    fine = isinstance(value, types) and isinstance(value, bool) == (kind is Type.BOOL)
    if fine and kind is Type.TIME:
        fine = not _refused(parse_time, value)
    return "" if fine else f"{value!r} is not {name}"


def _refused(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return True
    return False
