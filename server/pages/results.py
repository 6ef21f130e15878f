"""One result as a page shows it, in the reader's language.

A report is written in English. In French ``expected`` is written anew from the pack's condition,
but only if the same condition in English gives the very text of the report: otherwise the report's
own words stand, marked as English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product
from typing import Any

from hustings.report import Report
from hustings.verdicts import SEVERITIES, WORST_FIRST, Instance, Result, Severity, Verdict
from policies.explain import condition_text, value_text
from policies.model import Check, Fix, Pack
from server.actions import fix_for
from server.findings import Finding
from server.questions import AREAS, area_of
from server.standing import Standing, reason_kind

OTHER = "other"
"""The group of results whose catalogue row this server does not know."""
TRIED = 64
"""How many combinations of thresholds are tried to say a condition in another language."""
ALIKE = "mul"
"""The language tag of text that is the same in every language: names, numbers, versions."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the language it is in."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact as found: one value, or the entries of a list that decided."""

    name: str
    values: tuple[str, ...]
    matching: int | None = None
    """How many entries decided, where only some of them are shown or none."""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A result with everything the machine page says about it."""

    result: Result
    title: Said
    plain: str
    why: str
    expected: Said
    facts: tuple[Seen, ...]
    """Each fact that decided it."""
    actual: Said
    """The report's own words, where it holds no facts."""
    instances: tuple[Instance, ...]
    reason: str
    """The kind of reason an unknown has; empty for other verdicts."""
    fix: Fix | None
    references: tuple[tuple[str, tuple[str, ...]], ...]
    finding: Finding | None
    attested: bool
    """Rests on facts that stay on the machine: the agent's word, which no one else can recompute."""
    valid_until: datetime | None

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict

    @property
    def severity(self) -> Severity:
        return self.result.severity


@dataclass(frozen=True, slots=True)
class Group:
    """The results of one area of the catalogue."""

    area: str
    results: tuple[Shown, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(one.verdict is verdict for one in self.results)


def groups(machine: Standing, pack: Pack, language: str) -> tuple[Group, ...]:
    """A machine's results by area in the catalogue's order, worst first within each."""
    found = []
    for area in (*AREAS, OTHER):
        rows = [shown(one, machine, pack, language) for one in machine.results
                if (area_of(one.catalogue) if area_of(one.catalogue) in AREAS else OTHER) == area]
        if rows:
            found.append(Group(area, tuple(sorted(rows, key=_order))))
    return tuple(found)


def shown(result: Result, machine: Standing, pack: Pack, language: str) -> Shown:
    """One result in ``language``."""
    check = pack.check(result.check)
    report = machine.report
    assert report is not None
    return Shown(
        result=result,
        title=Said(check.title.say(language), language) if check else Said(result.check, ALIKE),
        plain=check.plain.say(language) if check else "",
        why=check.why.say(language) if check else "",
        expected=expected(result, check, report, language),
        facts=() if result.instances else tuple(seen(name, value, language) for name, value in result.facts.items()),
        actual=Said(result.actual, "en"),
        instances=result.instances,
        reason=reason_kind(result, machine.doubts) if result.verdict is Verdict.UNKNOWN else "",
        fix=fix_for(check, machine) if check else None,
        references=tuple((name, getattr(check.references, name)) for name in ("cis", "csf", "cpg", "paris")
                         if getattr(check.references, name)) if check else (),
        finding=machine.findings.get(result.check),
        attested=withheld(result.facts),
        valid_until=result.valid_until if result.verdict in (Verdict.PASS, Verdict.FAIL) else None)


def seen(name: str, value: Any, language: str) -> Seen:
    """A fact of a result, as ``policies.logic`` writes it."""
    if isinstance(value, Mapping) and "total" in value:
        items = value.get("items")
        count = int(value.get("matching", value["total"]))
        if items is None:
            return Seen(name, (), count, withheld=True)
        return Seen(name, tuple(_entry(item, language) for item in items) or (value_text([], language),),
                    count if count > len(items) else None, withheld(value))
    if withheld(value):
        return Seen(name, (), withheld=True)
    return Seen(name, (value_text(value, language),))


def _entry(item: Any, language: str) -> str:
    if isinstance(item, Mapping):
        return " · ".join(f"{field} {value_text(value, language)}" for field, value in item.items())
    return value_text(item, language)


def expected(result: Result, check: Check | None, report: Report, language: str) -> Said:
    """What the check asks for, in ``language`` where that can be said faithfully."""
    if language == "en" or check is None or not result.expected:
        return Said(result.expected, "en")
    for values in islice(_candidates(check, in_force(report, check.id)), TRIED):
        if condition_text(check.require, values, "en") == result.expected:
            return Said(condition_text(check.require, values, language), language)
    return Said(result.expected, "en")


def _candidates(check: Check, own: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The thresholds a machine may have been judged with: its own, else the default or one of an election phase."""
    choices = [[*([own[name]] if name in own else []), one.default, *one.from_T.values()]
               for name, one in check.parameters.items()]
    return (dict(zip(check.parameters, chosen, strict=True)) for chosen in product(*choices))


def in_force(report: Report, check: str) -> dict[str, Any]:
    """The parameters of a check that this machine was judged with, where they differ from the defaults."""
    own = report.parameters.get(check)
    return dict(own) if isinstance(own, Mapping) else {}


def withheld(value: Any) -> bool:
    """Whether a value from a report, or any part of it, stayed on the machine."""
    if isinstance(value, Mapping):
        counted = "total" in value and "items" not in value
        if counted or value.get("withheld") or str(value.get("unknown", "")).startswith("withheld"):
            return True
        return any(withheld(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return any(withheld(part) for part in value)
    return isinstance(value, str) and value == "withheld"


def by_weight(one: Shown) -> tuple[int, str]:
    """The severest first, then by id."""
    return SEVERITIES.index(one.severity), one.result.check


def _order(one: Shown) -> tuple[int, int, str]:
    return WORST_FIRST.index(one.verdict), SEVERITIES.index(one.severity), one.result.check
