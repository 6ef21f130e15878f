"""Single values out of what Microsoft Graph answers. Null and left out are the same to Graph, so they are here.

Each raises ``Unreadable`` for a value of another type than Graph documents: it is never taken for an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.host.protocol import Unreadable
from hustings.times import parse_time

Body = Mapping[str, Any]


def text(body: Body, key: str) -> str:
    """A text; "" for none."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _other(key, "text", value)
    return value


def needed(body: Body, key: str) -> str:
    """A text that must be there: an id."""
    value = text(body, key)
    if not value:
        raise Unreadable(f"Microsoft Graph answered something without {key}")
    return value


def texts(body: Body, key: str) -> tuple[str, ...]:
    """Texts; none for null."""
    value = body.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _other(key, "a list of texts", value)
    return tuple(value)


def flag(body: Body, key: str, default: bool = False) -> bool:
    """A truth value; ``default`` for null."""
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise _other(key, "true or false", value)
    return value


def number(body: Body, key: str, default: int = 0) -> int:
    """A whole number; ``default`` for null."""
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise _other(key, "a whole number", value)
    return value


def moment(body: Body, key: str) -> datetime | None:
    """A time, to the second; None for null and for the year 1, which Graph writes for never."""
    value = text(body, key)
    if not value or value.startswith("0001-"):
        return None
    try:
        return parse_time(value[:19] + "Z" if value.endswith("Z") else value).astimezone(UTC).replace(microsecond=0)
    except ValueError as error:
        raise Unreadable(f"Microsoft Graph answered {key} with what is no time") from error


def record(body: Body, key: str) -> Body:
    """What is nested under ``key``; nothing for null."""
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _other(key, "an object", value)
    return value


def records(body: Body, key: str) -> list[Body]:
    """A list of objects; none for null."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _other(key, "a list of objects", value)
    return value


def empty(value: Any) -> bool:
    """Whether there is nothing in it: null, "", false, or only such things however deep. Annotations do not count."""
    if isinstance(value, dict):
        return all("@odata." in key or empty(one) for key, one in value.items())
    if isinstance(value, list):
        return all(empty(one) for one in value)
    return value is None or value == "" or value is False


def _other(key: str, wanted: str, value: Any) -> Unreadable:
    return Unreadable(f"Microsoft Graph answered {key} as {type(value).__name__}, not {wanted}")
