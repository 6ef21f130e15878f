"""A quick look at an item of a long list, before the full evaluation.

Most items of a product list are ruled out by their name alone. A shortcut answers what plain
comparisons decide by themselves, exactly as ``policies.logic`` would, and None for all else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from hustings.facts import Missing
from policies.values import permission_bits

Shortcut: TypeAlias = Callable[[Mapping[str, Any]], bool | None]
_OPERATORS = ("equals", "one_of", "contains", "at_least", "at_most", "mode_within")


def shortcut(condition: Mapping[str, Any], parameters: Mapping[str, Any]) -> Shortcut:
    """The shortcut of a condition on a list's items: True, False, or None where it takes a full evaluation."""
    for joiner, decisive in (("all", False), ("any", True)):
        if joiner in condition:
            return _joined([shortcut(one, parameters) for one in condition[joiner]], decisive)
    if "not" in condition:
        inner = shortcut(condition["not"], parameters)
        return lambda record: None if (truth := inner(record)) is None else not truth
    decide = _plain(condition, parameters)
    if "field" not in condition or decide is None:
        return lambda record: None
    name = condition["field"]
    return lambda record: decide(record.get(name))


def _joined(parts: list[Shortcut], decisive: bool) -> Shortcut:
    def joined(record: Mapping[str, Any]) -> bool | None:
        truth: bool | None = not decisive
        for part in parts:
            one = part(record)
            if one is decisive:
                return decisive
            if one is None:
                truth = None
        return truth

    return joined


def _plain(condition: Mapping[str, Any], parameters: Mapping[str, Any]) -> Callable[[Any], bool | None] | None:
    """What decides a value that is plainly of the operand's kind, or None for other conditions."""
    if "absent" in condition:
        wanted = condition["absent"]
        return lambda value: None if isinstance(value, (Mapping, Missing)) else (value is None) is wanted
    operator = next((one for one in _OPERATORS if one in condition), None)
    if operator is None:
        return None
    operand = condition[operator]
    if isinstance(operand, Mapping):
        if "param" not in operand:
            return None
        operand = parameters[operand["param"]]
    if operator == "mode_within":
        return _within(permission_bits(operand))
    if operator == "contains":
        return (lambda value: operand in value if type(value) is str else None) if type(operand) is str else None
    if operator in ("at_least", "at_most"):
        if type(operand) is not int:
            return None
        if operator == "at_least":
            return lambda value: value >= operand if type(value) is int else None
        return lambda value: value <= operand if type(value) is int else None
    accepted = operand if operator == "one_of" else [operand]
    if not isinstance(accepted, (list, tuple)):
        return None
    if not accepted:
        return lambda value: False if type(value) in (str, int) else None
    kind = type(accepted[0])
    if kind not in (str, int, bool) or any(type(one) is not kind for one in accepted):
        return None
    among = frozenset(accepted)
    return lambda value: value in among if type(value) is kind else None


def _within(allowed: int | None) -> Callable[[Any], bool | None]:
    def within(value: Any) -> bool | None:
        bits = permission_bits(value)
        return None if bits is None or allowed is None else not bits & ~allowed

    return within
