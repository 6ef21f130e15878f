"""What a derivation is, how it is found and how it is run.

A module of this package that exposes ``DERIVED`` is a derivation; discovery finds it. Its facts
must be at least as closely held as the strictest of its inputs (a test compares) unless it says why
not (``releases``), and carry the oldest ``as_of`` of those inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from hustings.declared import Declared
from hustings.facts import Fact, Facts, Listing, Missing, Observation, Reason, key

__all__ = ["Derived", "Inputs", "derive_all", "discover"]


@dataclass(frozen=True)
class Inputs:
    """What a derivation may look at."""

    facts: Mapping[str, Observation]
    """Only the inputs it declared."""
    declared: Declared
    tables: Mapping[str, Any]
    """The pack's dated tables by name."""
    subject: str | None = None
    """The declared instance the facts are about, for derivations of ``each``."""


@dataclass(frozen=True)
class Derived:
    """A derivation. ``derive`` answers, for each of ``facts``, a plain value, a ``Listing``, a ``Missing``
    or ``None`` for absent; it is not called for facts whose inputs are all missing.

    All its facts share one ``each``; with one, it runs once for every declared instance."""

    facts: tuple[Fact, ...]
    inputs: tuple[str, ...]
    derive: Callable[[Inputs], Mapping[str, Any]] | None
    """None for office facts, which come from records and not from a machine's facts."""
    releases: str = ""
    """Why its facts may be held less closely than its inputs: what they leave out. Empty: they are not."""


def discover() -> list[Derived]:
    """Every derivation, in the order of their modules' names."""
    import policies.derive as package

    found = []
    for module in iter_modules(package.__path__):
        derived = getattr(import_module(f"policies.derive.{module.name}"), "DERIVED", None)
        if isinstance(derived, Derived):
            found.append(derived)
    return found


def derive_all(facts: Facts, declared: Declared, tables: Mapping[str, Any], now: datetime) -> Facts:
    """``facts`` and everything that can be derived from them for a machine."""
    result = dict(facts)
    for one in discover():
        if one.derive is None:
            continue
        each = one.facts[0].each
        for subject in declared.instances(each) if each else [None]:
            result.update(_run(one, one.derive, result, declared, tables, now, subject))
    return result


def _run(one: Derived, derive: Callable[[Inputs], Mapping[str, Any]], facts: Facts, declared: Declared,
         tables: Mapping[str, Any], now: datetime, subject: str | None) -> Facts:
    not_collected = Observation(missing=Missing(Reason.ERROR, "was not collected"))
    inputs = {name: facts.get(key(name, subject), facts.get(name, not_collected)) for name in one.inputs}
    missing = [(name, seen.missing) for name, seen in inputs.items() if seen.missing is not None]
    if inputs and len(missing) == len(inputs):
        name, reason = missing[0]
        why = name if one.releases else f"{name}: {reason.detail or reason.reason}"
        blocked = Observation(missing=Missing(reason.reason, why))
        return {key(fact.id, subject): blocked for fact in one.facts}
    answers = derive(Inputs(inputs, declared, tables, subject))
    as_of = min((seen.as_of for seen in inputs.values() if seen.as_of is not None), default=now)
    not_derived = Missing(Reason.ERROR, "was not derived")
    return {key(fact.id, subject): _observation(answers.get(fact.id, not_derived), as_of) for fact in one.facts}


def _observation(value: Any, as_of: datetime) -> Observation:
    if value is None:
        return Observation(absent=True, as_of=as_of)
    if isinstance(value, Missing):
        return Observation(missing=value)
    if isinstance(value, Listing):
        return Observation(listing=value, as_of=as_of)
    return Observation(value=value, as_of=as_of)
