"""An audit retold for people who run no computers: what to do first, what is good, what could not be seen and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.audit import Audit, operating_system
from agent.telling_words import COULD_NOT, KNOWN, WHO, WORDS
from hustings.facts import Reason
from hustings.verdicts import SEVERITIES, Result, Severity, Verdict
from policies.evaluate import Context, in_force
from policies.explain import condition_text, facts_text
from policies.fixes import best_fix, directory_of, platforms
from policies.grade import machine_grade
from policies.model import Check

FIRST = 5
"""What is to be done first: no more than a person keeps in mind."""
NAMING = 2
"""The first fields of a record, which say what it is about."""
SENTENCES = frozenset({"detail", "near_miss"})
"""Fields of a record that explain it to a person: how somebody slips through, and what would settle it."""


@dataclass(frozen=True)
class Point:
    """One check, in words."""

    check: str
    title: str
    severity: Severity
    plain: str
    """What is at stake, where it fails."""
    subjects: tuple[str, ...]
    """The domains or tenants it is about, of several."""
    todo: str = ""
    command: str = ""
    effort: str = ""
    who: str = ""
    expected: str = ""
    found: str = ""
    reason: str = ""
    """Why it is unknown, as the audit says it."""
    help: str = ""
    """Why, and what to do about that, in plain words."""


@dataclass(frozen=True)
class Telling:
    """A whole audit."""

    about: str
    letter: str | None
    counts: dict[Verdict, int]
    failing: tuple[Point, ...]
    """Worst first, and of the same weight what is done sooner first."""
    unknown: tuple[Point, ...]
    good: tuple[Point, ...]
    beside: tuple[Point, ...]
    """What does not apply."""
    limits: tuple[str, ...]
    """What holds the letter down, in words."""

    @property
    def first(self) -> tuple[Point, ...]:
        return self.failing[:FIRST]


def tell(audit: Audit, language: str) -> Telling:
    """The audit in a language, ``en`` or ``fr``."""
    grade = machine_grade(audit.results, audit.pack, audit.declared.roles)
    points: dict[Verdict, list[Point]] = {verdict: [] for verdict in Verdict}
    for result in audit.results:
        check = audit.pack.check(result.check)
        if check is not None:
            points[result.verdict].append(_point(audit, check, result, language))
    order = {verdict: tuple(sorted(found, key=_weight)) for verdict, found in points.items()}
    stops = {check.id for check in audit.pack.checks if check.stop}
    failing = tuple(sorted(order[Verdict.FAIL], key=lambda one: one.check not in stops))
    words = WORDS[language]
    limits = tuple(words[f"limit_{cap.code}"] for cap in grade.limits if f"limit_{cap.code}" in words)
    return Telling(audit.host, grade.letter, {verdict: len(found) for verdict, found in points.items()}, failing,
                   order[Verdict.UNKNOWN], order[Verdict.PASS], order[Verdict.NOT_APPLICABLE], limits)


def narrowed(facts: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """The deciding facts with no more of each record than what names it, what the check asks about and what explains
    it."""
    asked = _fields(check.require) | SENTENCES
    return {name.partition("@")[0] if check.each else name: _narrow(value, asked) for name, value in facts.items()}


def _narrow(value: Any, asked: set[str]) -> Any:
    if not isinstance(value, Mapping) or not isinstance(value.get("items"), list):
        return value
    items = [{name: one for index, (name, one) in enumerate(item.items()) if index < NAMING or name in asked}
             if isinstance(item, Mapping) else item for item in value["items"]]
    return {**value, "items": items}


def _fields(condition: Any) -> set[str]:
    """The fields of records that a condition asks about."""
    if isinstance(condition, list):
        return {name for one in condition for name in _fields(one)}
    if not isinstance(condition, Mapping):
        return set()
    own = {str(condition["field"])} if "field" in condition else set()
    return own | {name for one in condition.values() for name in _fields(one)}


def _weight(one: Point) -> tuple[int, int, str]:
    return SEVERITIES.index(one.severity), "SML".find(one.effort), one.check


def _point(audit: Audit, check: Check, result: Result, language: str) -> Point:
    about = tuple(one.subject for one in result.instances if one.verdict is result.verdict)
    several = len(result.instances) > 1
    if result.verdict not in (Verdict.FAIL, Verdict.UNKNOWN):
        return Point(check.id, check.title.say(language), result.severity, "", about if several else (),
                     reason=result.reason or "")
    system = operating_system(audit.facts)
    wanted = platforms(system.family, system.id, directory_of(audit.facts))
    fix = best_fix(check, wanted) or (check.fix[0] if check.fix else None)
    context = Context(audit.started, voting_days=audit.declared.voting_days, overrides=audit.overrides)
    expected = condition_text(check.require, in_force(check, context), language)
    found = facts_text(narrowed(result.facts, check), language) if result.facts else result.actual
    return Point(
        check.id, check.title.say(language), result.severity, check.plain.say(language), about if several else (),
        todo=fix.text.say(language) if fix else "", command=fix.command if fix else "",
        effort=fix.effort if fix else "", who=WHO[language].get(check.area, WHO[language][""]),
        expected=expected, found=found, reason=result.reason or "",
        help=_help(result, language) if result.verdict is Verdict.UNKNOWN else "")


def reasons_of(texts: Iterable[str]) -> list[Reason]:
    """The reasons that a text of the audit names: ``domain.sites: timeout: …`` names one."""
    words = [word.strip() for text in texts for word in text.replace("(", ":").replace(")", ":").split(":")]
    return [reason for reason in Reason if str(reason) in words]


def _help(result: Result, language: str) -> str:
    said = [result.reason or "", *(one.reason or "" for one in result.instances), result.actual]
    for words, help_ in KNOWN.items():
        if any(words in one for one in said):
            return help_[language]
    found = reasons_of(said)
    return COULD_NOT[language][found[0] if found else Reason.ERROR]
