"""Comparing values: pure, typed, and undecided (None) rather than guessed.

Values of different kinds are never unequal, they are not comparable: otherwise a ``not`` would turn
a collector's or an author's slip into a pass.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from hustings.times import parse_duration, parse_time, shift

_OCTAL = frozenset("01234567")


def compare(operator: str, value: Any, operand: Any, now: datetime) -> bool | None:
    """``value OPERATOR operand``, or None where the two cannot be compared."""
    try:
        return _compare(operator, value, operand, now)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def _compare(operator: str, value: Any, operand: Any, now: datetime) -> bool | None:
    match operator:
        case "equals":
            return bool(value == _alike(value, operand))
        case "one_of":
            if not isinstance(operand, (list, tuple)):
                raise TypeError("one_of needs a list")
            if set(map(type, operand)) <= {type(value)}:
                return value in operand
            equal = [value == _alike(value, one) for one in operand]
            return any(equal)
        case "at_least":
            return bool(_number(value) >= _number(operand))
        case "at_most":
            return bool(_number(value) <= _number(operand))
        case "later_than":
            return _time(value) > _time(operand)
        case "older_than":
            limit = parse_duration(operand)
            if isinstance(value, int) and not isinstance(value, bool):
                return timedelta(seconds=value) > limit
            return now - _time(value) > limit
        case "within":
            return timedelta(0) <= now - _time(value) <= parse_duration(operand)
        case "version_at_least":
            return version_at_least(value, operand)
        case "mode_within":
            bits, allowed = permission_bits(value), permission_bits(operand)
            return None if bits is None or allowed is None else not bits & ~allowed
        case "mode_covers":
            bits, wanted = permission_bits(value), permission_bits(operand)
            return None if bits is None or wanted is None else not wanted & ~bits
        case "contains":
            if not isinstance(operand, (str, list, tuple)) or not isinstance(value, (str, list, tuple)):
                raise TypeError("contains looks for text in text or in texts")
            return operand in value if isinstance(operand, str) else bool(operand) and all(
                one in value for one in operand)
    raise ValueError(f"no operator {operator}")


def flips(operator: str, value: Any, operand: Any) -> list[datetime]:
    """The moments at or after which time alone may change ``compare``'s answer."""
    try:
        match operator:
            case "older_than" if not isinstance(value, int):
                return [_time(value) + parse_duration(operand)]
            case "within":
                return [_time(value), _time(value) + parse_duration(operand)]
    except (ValueError, TypeError, AttributeError, OverflowError):
        return []
    return []


def crossings(value: Any, length: str) -> list[datetime]:
    """The moments at which ``now`` shifted by ``length`` may pass the time ``value``.

    Months have no inverse (31 March less a month is 28 February), so the midnights and the same hours of
    the days around the end of a month count too.
    """
    try:
        moment = _time(value)
        sign, rest = ("+", length[1:]) if length.startswith("-") else ("-", length.removeprefix("+"))
        back = shift(moment, sign + rest)
        if not rest.endswith(("mo", "y")):
            return [back]
        midnight = back.replace(hour=0, minute=0, second=0, microsecond=0)
        days = [timedelta(days=number) for number in range(5)]
        return [*(back + day for day in days), *(midnight + day for day in days)]
    except (ValueError, TypeError, AttributeError, OverflowError):
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


def permission_bits(text: Any) -> int | None:
    """Permission bits written as three or four octal digits (``0640``, setuid and its kin in front); None if
    they are not."""
    if not isinstance(text, str) or len(text) not in (3, 4) or not set(text) <= _OCTAL:
        return None
    return int(text, 8)


def _parts(version: str) -> list[int] | None:
    pieces = version.strip().split(".")
    return [int(piece) for piece in pieces] if all(piece.isascii() and piece.isdigit() for piece in pieces) else None


def _alike(value: Any, operand: Any) -> Any:
    """``operand`` as the kind ``value`` is of. Raises ``TypeError`` or ``ValueError`` if it is of another."""
    if isinstance(value, bool) or isinstance(operand, bool):
        fine = isinstance(value, bool) and isinstance(operand, bool)
    elif isinstance(value, int) and isinstance(operand, str):
        return parse_duration(operand).total_seconds()
    else:
        fine = (isinstance(value, str) and isinstance(operand, str)) or (
            isinstance(value, (int, float)) and isinstance(operand, (int, float)))
    if not fine:
        raise TypeError(f"{value!r} and {operand!r} are of different kinds")
    return operand


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("a truth value is not a number")
    number = parse_duration(value).total_seconds() if isinstance(value, str) else float(value)
    if math.isnan(number):
        raise ValueError("not a number")
    return number


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else parse_time(value)
