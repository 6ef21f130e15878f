"""An audit for the terminal and for programs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from agent.audit import Audit, Recorded, operating_system
from hustings.times import utc_text
from hustings.verdicts import SEVERITIES, Result, Verdict
from policies.evaluate import Context, in_force
from policies.explain import condition_text, facts_text
from policies.fixes import best_fix, directory_of, platforms
from policies.model import Check

SHAPES = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.UNKNOWN: "?", Verdict.NOT_APPLICABLE: "–"}
WORDS = {
    "en": {"pass": "pass", "fail": "fail", "unknown": "unknown", "not_applicable": "not applicable",
           "expected": "expected", "actual": "found", "why": "why", "fix": "fix", "lacking": "Lacking privileges",
           "nothing": "Nothing fails.", "critical": "critical", "high": "high", "medium": "medium", "low": "low",
           "judged": "checks",
           "first": "Do first", "more": "and %d more above", "valid": "valid until",
           "hours": "%d hours", "days": "%d days",
           "recorded": "recorded %(at)s by %(by)s, %(age)s ago; every verdict speaks for that moment",
           "unproven": "it has no manifest: that it is as it was made cannot be shown"},
    "fr": {"pass": "réussi", "fail": "échec", "unknown": "inconnu", "not_applicable": "sans objet",
           "expected": "attendu", "actual": "constaté", "why": "pourquoi", "fix": "correction",
           "lacking": "Privilèges manquants", "nothing": "Aucun échec.", "critical": "critique", "high": "élevée",
           "medium": "moyenne", "low": "faible", "judged": "contrôles",
           "first": "À faire d'abord", "more": "et %d autres ci-dessus", "valid": "valable jusqu'au",
           "hours": "%d heures", "days": "%d jours",
           "recorded": "enregistré %(at)s par %(by)s, il y a %(age)s; chaque verdict vaut pour ce moment",
           "unproven": "sans manifeste : rien ne montre que l'enregistrement est intact"},
}
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
WORST = 5
"""Failures named again at the end, where a long audit leaves the eye."""
ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)


def summary(results: Iterable[Result]) -> dict[str, int]:
    """How many results have each verdict."""
    counts = dict.fromkeys((str(one) for one in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN,
                                                 Verdict.NOT_APPLICABLE)), 0)
    for one in results:
        counts[one.verdict] += 1
    return counts


def as_json(audit: Audit) -> str:
    """The ``hustings.check/1`` document."""
    document = {
        "schema": "hustings.check/1",
        "host": {"name": audit.host, "os": operating_system(audit.facts), "roles": audit.declared.roles},
        "pack": {"id": audit.pack.id, "version": audit.pack.version, "digest": audit.pack.digest},
        "started": utc_text(audit.started),
        "duration_ms": round(audit.seconds * 1000),
        "results": [_row(one) for one in audit.results],
        "summary": summary(audit.results),
        "lacking": audit.lacking,
    }
    if audit.recorded is not None:
        one = audit.recorded
        document["recorded"] = {"at": utc_text(one.at), "by": one.by, "manifest": one.digest or None,
                                "age_seconds": round((datetime.now(UTC) - one.at).total_seconds())}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _row(result: Result) -> dict[str, Any]:
    return {
        "check": result.check, "catalogue": result.catalogue, "severity": result.severity,
        "verdict": result.verdict, "expected": result.expected, "actual": result.actual, "reason": result.reason,
        "valid_until": utc_text(result.valid_until) if result.valid_until else None,
        "facts": result.facts, "instances": result.instances, "share": result.share,
    }


def as_text(audit: Audit, language: str = "en", *, everything: bool = False) -> str:
    """Failures with what to do about them, then what is unknown, then the counts."""
    words = WORDS[language]
    lines = [f"{audit.host}  {operating_system(audit.facts).name}".rstrip()]
    lines += _recorded(audit.recorded, words) if audit.recorded else []
    lines.append("")
    shown = ORDER if everything else ORDER[:2]
    for verdict in shown:
        rows = sorted((one for one in audit.results if one.verdict is verdict),
                      key=lambda one: (SEVERITIES.index(one.severity), one.check))
        for one in rows:
            lines += _entry(audit, one, language)
    counts = summary(audit.results)
    if not counts["fail"]:
        lines.append(words["nothing"])
    lines.append(f"{len(audit.results)} {words['judged']}: "
                 + ", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items()))
    if audit.lacking:
        lines += ["", words["lacking"] + ":", *(f"  {need}" for need in audit.lacking)]
    lines += _worst(audit, language)
    return "\n".join(map(visible, lines))


def _worst(audit: Audit, language: str) -> list[str]:
    """The worst failures once more, by title, when there are too many to see at once."""
    rows = sorted((one for one in audit.results if one.verdict is Verdict.FAIL),
                  key=lambda one: (SEVERITIES.index(one.severity), one.check))
    if len(rows) <= WORST:
        return []
    words = WORDS[language]
    lines = ["", words["first"] + (" :" if language == "fr" else ":")]
    for one in rows[:WORST]:
        check = audit.pack.check(one.check)
        assert check is not None
        lines.append(f"  {SHAPES[Verdict.FAIL]} {check.title.say(language)}  {one.check}  [{words[one.severity]}]")
    return [*lines, "  " + words["more"] % (len(rows) - WORST)]


def _recorded(one: Recorded, words: Mapping[str, str]) -> list[str]:
    """Whose word the audit rests on, and how old it is."""
    age = datetime.now(UTC) - one.at
    hours = max(0, int(age.total_seconds() // 3600))
    old = words["days"] % (hours // 24) if hours >= 48 else words["hours"] % hours
    lines = [words["recorded"] % {"at": utc_text(one.at), "by": one.by, "age": old}]
    return lines if one.digest else [*lines, words["unproven"]]


def visible(line: str) -> str:
    """A line with every sign that would steer the terminal or break the line written out: what a machine's files
    are called is not to be trusted with the screen."""
    if line.isprintable():
        return line
    return "".join(one.encode("unicode_escape").decode() if unicodedata.category(one) in _STEERING else one
                   for one in line)


def _entry(audit: Audit, result: Result, language: str) -> list[str]:
    words = WORDS[language]
    check = audit.pack.check(result.check)
    assert check is not None
    head = f"{SHAPES[result.verdict]} {words[result.verdict]}  {result.check}  [{words[result.severity]}]"
    lines = [head, f"    {check.title.say(language)}"]
    if result.verdict is Verdict.FAIL:
        lines += _failure(audit, check, result, language)
    elif result.reason:
        lines.append(f"    {words['why']}: {result.reason}")
    elif result.actual:
        lines.append(f"    {words['actual']}: {result.actual}")
    return [*lines, ""]


def _failure(audit: Audit, check: Check, result: Result, language: str) -> list[str]:
    words = WORDS[language]
    context = Context(audit.started, voting_days=audit.declared.voting_days, overrides=audit.overrides)
    values = in_force(check, context)
    expected = result.expected if language == "en" else condition_text(check.require, values, language)
    actual = (result.reason if not result.facts else facts_text(result.facts, language)) or result.actual
    lines = [f"    {check.plain.say(language)}", f"    {words['expected']}: {expected}",
             f"    {words['actual']}: {actual}"]
    system = operating_system(audit.facts)
    fix = best_fix(check, platforms(system.family, system.id, directory_of(audit.facts)))
    if fix is not None:
        lines.append(f"    {words['fix']}: {fix.text.say(language)}")
        if fix.command:
            lines.append(f"      $ {fix.command}")
    return lines
