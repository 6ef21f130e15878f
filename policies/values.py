"""Comparing values: pure, typed, and undecided (None) rather than guessed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hustings.times import parse_duration, parse_time


def compare(operator: str, value: Any, operand: Any, now: datetime) -> bool | None:
    """``value OPERATOR operand``, or None where the two cannot be compared."""
    try:
        return _compare(operator, value, operand, now)
    except (ValueError, TypeError):
        return None


def _compare(operator: str, value: Any, operand: Any, now: datetime) -> bool | None:
    match operator:
        case "equals":
            return bool(value == operand)
        case "one_of":
            return value in operand
        case "at_least":
            return bool(_number(value) >= _number(operand))
        case "at_most":
            return bool(_number(value) <= _number(operand))
        case "later_than":
            return _time(value) > _time(operand)
        case "older_than":
            limit = parse_duration(operand)
            return timedelta(seconds=value) > limit if isinstance(value, int) else now - _time(value) > limit
        case "within":
            return timedelta(0) <= now - _time(value) <= parse_duration(operand)
        case "version_at_least":
            return version_at_least(value, operand)
        case "contains":
            return operand in value
    raise ValueError(f"no operator {operator}")


def flips(operator: str, value: Any, operand: Any) -> list[datetime]:
    """The moments at which time alone would change ``compare``'s answer."""
    try:
        match operator:
            case "older_than" if not isinstance(value, int):
                return [_time(value) + parse_duration(operand)]
            case "within":
                return [_time(value), _time(value) + parse_duration(operand)]
    except (ValueError, TypeError, OverflowError):
        return []
    return []


def version_at_least(value: str, operand: str) -> bool | None:
    """Whether a dotted upstream version is at least another; None where a part is not a number.

    Distribution versions (epochs, revisions) are compared by collectors, which know their scheme.
    """
    left, right = _parts(value), _parts(operand)
    if left is None or right is None:
        return None
    width = max(len(left), len(right))
    return left + [0] * (width - len(left)) >= right + [0] * (width - len(right))


def _parts(version: str) -> list[int] | None:
    pieces = version.strip().split(".")
    return [int(piece) for piece in pieces] if all(piece.isdigit() for piece in pieces) else None


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("a truth value is not a number")
    if isinstance(value, str):
        return parse_duration(value).total_seconds()
    return float(value)


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else parse_time(value)
