"""Small facts and checks to judge, and ways to know less."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hustings.facts import Disclosure, Fact, Facts, Field, Listing, Missing, Observation, Reason, Registry, Type
from hustings.verdicts import Result, Severity
from policies.evaluate import Context, judge
from policies.model import Check, Example, Fix, Parameter, References, Text

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORDS = Text("some words", "quelques mots")

REGISTRY = Registry([
    Fact("t.bool", Type.BOOL, "", Disclosure.SHARED), Fact("t.other", Type.BOOL, "", Disclosure.SHARED),
    Fact("t.third", Type.BOOL, "", Disclosure.SHARED), Fact("t.int", Type.INT, "", Disclosure.SHARED),
    Fact("t.float", Type.FLOAT, "", Disclosure.SHARED), Fact("t.text", Type.TEXT, "", Disclosure.SHARED),
    Fact("t.version", Type.VERSION, "", Disclosure.SHARED), Fact("t.time", Type.TIME, "", Disclosure.SHARED),
    Fact("t.duration", Type.DURATION, "", Disclosure.SHARED), Fact("t.texts", Type.TEXTS, "", Disclosure.SHARED),
    Fact("t.records", Type.RECORDS, "", Disclosure.SHARED, fields=(
        Field("name", Type.TEXT, ""), Field("good", Type.BOOL, ""), Field("size", Type.INT, ""),
        Field("seen", Type.TIME, ""), Field("group", Type.TEXT, ""))),
    Fact("r.latest", Type.TIME, "", Disclosure.SHARED, each="repository"),
    Fact("office.machines", Type.INT, "", Disclosure.SHARED),
])


def make(require: dict[str, Any], **parts: Any) -> Check:
    """A check that asks ``require``; ``parts`` are any of its other fields."""
    parameters = {name: Parameter(default, WORDS) for name, default in parts.pop("defaults", {}).items()}
    settings: dict[str, Any] = {
        "title": WORDS, "catalogue": "PAT-01", "severity": Severity.HIGH, "plain": WORDS, "why": WORDS,
        "fix": (Fix("any", WORDS),), "examples": (), "references": References(), "id": "area/check",
        "parameters": parameters, **parts}
    return Check(require=require, **settings)


def seen(value: Any, as_of: datetime = NOW) -> Observation:
    """A value as an observation: lists whole, ``None`` absent, a ``Missing`` or ``Reason`` unknown."""
    if isinstance(value, Observation):
        return value
    if isinstance(value, Missing | Reason):
        return Observation(missing=value if isinstance(value, Missing) else Missing(value))
    if value is None:
        return Observation(absent=True, as_of=as_of)
    if isinstance(value, Listing):
        return Observation(listing=value, as_of=as_of)
    if isinstance(value, list):
        return Observation(listing=Listing(value), as_of=as_of)
    return Observation(value=value, as_of=as_of)


def observed(values: dict[str, Any]) -> Facts:
    return {name: seen(value) for name, value in values.items()}


def judged(require: dict[str, Any], values: dict[str, Any], context: Context | None = None, **parts: Any) -> Result:
    return judge(make(require, **parts), observed(values), context or Context(NOW))


def verdict(require: dict[str, Any], values: dict[str, Any], context: Context | None = None, **parts: Any) -> str:
    return str(judged(require, values, context, **parts).verdict)


def weaker(one: Observation, now: datetime, max_age: timedelta) -> Iterator[tuple[str, Observation | None]]:
    """Every way in which less could be known of a fact than ``one`` says; None is a fact nobody collected."""
    yield "not collected", None
    for reason in Reason:
        yield str(reason), Observation(missing=Missing(reason))
    if one.missing is not None:
        return
    yield "too old", msgspec.structs.replace(one, as_of=now - max_age - timedelta(seconds=1))
    yield "from the future", msgspec.structs.replace(one, as_of=now + timedelta(minutes=6))
    yield "undated", msgspec.structs.replace(one, as_of=None)
    if one.listing is None:
        return
    items = one.listing.items
    yield "not whole", _listing(one, items, whole=False)
    yield "the first entry alone", _listing(one, items[:1], whole=False)
    yield "no entry was read", _listing(one, [], whole=False)
    for index, item in enumerate(items):
        yield f"entry {index} was not read", _listing(one, items[:index] + items[index + 1:], whole=False)
        for name in item if isinstance(item, dict) else ():
            blurred = {**item, name: {"reason": "denied"}}
            yield f"{name} of entry {index} was not read", _listing(
                one, [*items[:index], blurred, *items[index + 1:]], whole=one.listing.complete)


def _listing(one: Observation, items: list[Any], *, whole: bool) -> Observation:
    return msgspec.structs.replace(one, listing=Listing(items, whole))


def example(name: str, facts: dict[str, Any], said: str, **parts: Any) -> Example:
    return msgspec.convert({"name": name, "facts": facts, "verdict": said, **parts}, Example)
