"""What a verdict shows once it leaves the machine: facts that stay home read ``withheld``.

``hustings.facts.disclose`` does this for observations; here it is done for what results show of
them: ``facts``, ``actual``, ``reason`` and each instance's. A reason is free text and may quote what
a local fact holds, so for results that rest on such facts it is written anew from what may be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hustings.facts import Disclosure, Fact, Names, Reason, Registry, Type, renamed, speakable
from hustings.verdicts import Instance, Result, Verdict
from policies.explain import facts_text

WITHHELD = {"withheld": True}
UNREADABLE = "part of it could not be read or compared; the details stay on the machine"
_OWN_WORDS = ("cannot be relied on when ", "error: this machine's clock ")
"""How reasons begin that the evaluator words from the check alone, for verdicts that rest on facts."""


def disclosed(results: Iterable[Result], registry: Registry, names: Names | None = None) -> tuple[Result, ...]:
    """The results as they may leave the machine; ``names`` says what stands for names."""
    return tuple(_result(one, registry, names) for one in results)


def _result(result: Result, registry: Registry, names: Names | None) -> Result:
    hidden = {name for name in result.facts if not _shared(registry.get(name))}
    if not hidden and not _names_hidden(result, registry):
        return result
    facts = {name: _shown(name, value, registry.get(name), names) for name, value in result.facts.items()}
    instances = tuple(_instance(one, facts) for one in result.instances)
    deciding = [one for one in instances if one.verdict is result.verdict]
    return msgspec.structs.replace(
        result, facts=facts, instances=instances, reason=_reason(result.reason, result.verdict, facts),
        actual="; ".join(f"{one.subject}: {one.actual}" for one in deciding) if deciding else facts_text(facts))


def _instance(one: Instance, facts: Mapping[str, Any]) -> Instance:
    own = {name: value for name, value in facts.items() if name.partition("@")[2] in ("", one.subject)}
    return msgspec.structs.replace(one, actual=facts_text(own), reason=_reason(one.reason, one.verdict, own))


def _shown(name: str, value: Any, fact: Fact | None, names: Names | None) -> Any:
    if _shared(fact):
        return value
    subject = name.partition("@")[2] or None
    if fact is not None and names is not None and speakable(fact, names, subject) and isinstance(value, Mapping) \
            and "items" in value:
        return {**value, "items": [renamed(item, fact, names, subject) for item in value["items"]]}
    counted = fact is not None and fact.disclosure in (Disclosure.PSEUDONYM, Disclosure.COUNTED)
    if isinstance(value, Mapping):
        if "unknown" in value:
            return {"unknown": _word(str(value["unknown"]))}
        if not counted:
            return WITHHELD
        if value.get("absent") is True:
            return value
        if "total" in value:
            return {name: value[name] for name in ("matching", "total", "complete") if name in value}
        return WITHHELD
    if counted and fact is not None and fact.type in (Type.BOOL, Type.INT):
        return value
    return WITHHELD


def _reason(reason: str | None, verdict: Verdict, facts: Mapping[str, Any]) -> str | None:
    if reason is None or verdict is Verdict.NOT_APPLICABLE or reason.startswith(_OWN_WORDS):
        return reason
    causes = [f"{name}: {value['unknown']}" for name, value in facts.items()
              if isinstance(value, Mapping) and "unknown" in value]
    return "; ".join(causes) or UNREADABLE


def _word(cause: str) -> str:
    """The reason's own word, without its detail."""
    word = cause.partition(":")[0].strip()
    return word if word in set(Reason) else str(Reason.ERROR)


def _shared(fact: Fact | None) -> bool:
    return fact is not None and fact.disclosure is Disclosure.SHARED


def _names_hidden(result: Result, registry: Registry) -> bool:
    """Whether a reason speaks of a fact that stays home though it is not among the facts shown."""
    said = " ".join(filter(None, (result.reason, *(one.reason for one in result.instances))))
    if result.verdict is Verdict.NOT_APPLICABLE or not said:
        return False
    return any(f"{fact.id}{mark}" in said for fact in registry if not _shared(fact) for mark in (":", ".", "@"))
