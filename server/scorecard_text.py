"""The scorecard for a terminal and for programs: the same record, the same words as the page."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any

from hustings.times import utc_text
from hustings.verdicts import Verdict
from policies.grade import METHOD, Grade
from policies.model import Pack
from server import changed
from server.elections import words as election_words
from server.elections.phase import of_office
from server.pages import words
from server.pages.language import Language, language
from server.scorecard import Scorecard
from server.standing import Standing
from server.weighing import Effect

WIDTH = 100
LISTED = 5
"""Lines of each kind that the terminal lists."""
SHAPES = {"yes": "✓", "so_far": "–", "unproven": "?", "in_part": "▲", "no": "✗", "unmeasured": "–",
          Verdict.FAIL: "✗", Verdict.UNKNOWN: "?"}
SCHEMA = "hustings.scorecard/1"


def as_text(card: Scorecard, code: str) -> str:
    """Grade, five questions, what to do first and the counts, in the language ``code``."""
    speak = language(code)
    say = speak.say
    lines = [f"{say('Cyber-hygiene scorecard')} · {card.office.name} · {speak.date(card.now)}"]
    lines += [", ".join(one.name for one in card.machines[:5])] if card.machines else []
    lines.append("")
    if not card.machines and card.grade is None:
        return "\n".join([*lines, say("No machine has reported yet")])
    lines += _grade(card.grade, speak) if card.grade else [say("No grade for the office yet")]
    lines += ["", *_questions(card, speak), ""]
    lines += [say("Do these first"), *_first(card, code, speak)] if card.first else [
        say("Nothing fails and nothing is unproven.")]
    if card.days is not None and card.voting_day is not None:
        said = speak.texts.ngettext("%(count)s day", "%(count)s days", card.days) % {"count": card.days}
        until = say("until voting day, %(day)s") % {"day": speak.date(card.voting_day)}
        lines += ["", f"{said} {until}"]
    if card.office.elections:
        now = of_office(card.office, card.now)
        whose = f" ({now.election.name})" if now.election else ""
        lines.append(f"{say(election_words.PHASES[now.code])}{whose}")
    lines += _listed(card, speak)
    lines += [_recorded(one, speak) for one in card.recorded]
    return "\n".join([*lines, "", _tally(card, speak)])


def _listed(card: Scorecard, speak: Language) -> list[str]:
    """What the first page lists so that nothing changes the grade unseen."""
    say = speak.say
    kinds = ([f"{one.name}{speak.colon} {say('It has not reported.')}" for one in card.silent],
             changed.lines(card, speak),
             [f"{say('Accepted failure')}{speak.colon} {one.subject}, {one.asset or card.office.name}, "
              f"{one.owner}, {one.until}" for one in card.exceptions],
             [f"{say('Declared not to apply')}{speak.colon} {one.subject}, {one.asset}" for _, one in card.set_aside],
             [f"{say('Declared not to apply, and counted as measured')}{speak.colon} {one.subject}, {one.asset}"
              for _, one in card.refused])
    lines = [line for kind in kinds for line in changed.listed(kind, LISTED, speak)]
    return ["", *lines] if lines else []


def effect_text(effect: Effect, speak: Language) -> str:
    """What a repair does, in the words of the page."""
    if effect.nothing:
        return speak.say("No points by itself")
    said = speak.say("+%(points)s points") % {"points": speak.number(effect.points, 1)}
    none = speak.say("no grade")
    if effect.better:
        said += ", " + speak.say("grade %(before)s → %(after)s") % {
            "before": effect.before.letter or none, "after": effect.after.letter or none}
    elif effect.ceilings:
        said += ", " + speak.say("and the best possible grade rises from %(before)s to %(after)s") % {
            "before": effect.ceilings[0], "after": effect.ceilings[1]}
    return said


def _recorded(one: Standing, speak: Language) -> str:
    recording = one.report.recording if one.report else None
    assert recording is not None
    said = speak.say(
        "%(name)s: recorded by %(who)s on %(day)s, brought in by %(by)s; no agent of its own signed it")
    return said % {
        "name": one.name, "who": recording.recorded_by, "day": speak.date(recording.recorded_at),
        "by": recording.attested_by}


def as_data(card: Scorecard, pack: Pack) -> dict[str, Any]:
    """The ``hustings.scorecard/1`` document."""
    return {
        "schema": SCHEMA, "office": card.office.name, "scope": card.scope, "now": utc_text(card.now),
        "method": METHOD, "pack": {"id": pack.id, "version": pack.version, "digest": pack.digest},
        "grade": _grade_data(card.grade) if card.grade else None,
        "machines": [{"agent": one.heard.agent, "name": one.name, "roles": one.roles, "grade": _grade_data(one.grade),
                      "summary": {str(verdict): count for verdict, count in one.counts.items()},
                      "received": utc_text(one.heard.received) if one.heard.received else None,
                      "recording": _recording(one)}
                     for one in card.machines],
        "questions": [{"question": one.code, "answer": one.answer, "pass": one.passed, "fail": one.failed,
                       "unknown": one.unknown, "unmeasured": one.unmeasured} for one in card.questions],
        "areas": [{"area": one.code, "measured": round(one.measured, 4), "grade": _grade_data(one.grade)}
                  for one in card.areas],
        "parties": [{"responsible": one.responsible, "grade": _grade_data(one.grade), "assets": len(one.assets),
                     "silent": len(one.silent)} for one in card.parties],
        "silent": [one.name for one in card.silent],
        "first": [{"check": one.check.id, "verdict": one.verdict, "points": round(one.points, 2),
                   "machines": [machine.name for machine in one.machines], "overdue": one.overdue,
                   "reason": one.reason or None, "effect": _effect_data(one.effect)}
                  for one in card.first],
        "together": _effect_data(card.together_effect),
        "exceptions": [{"number": one.number, "subject": one.subject, "asset": one.asset or None, "owner": one.owner,
                        "approved_by": one.approved_by, "until": one.until.isoformat()} for one in card.exceptions],
        "declared_not_applicable": [
            {"number": one.number, "subject": one.subject, "machine": machine.name, "believed": believed}
            for some, believed in ((card.set_aside, True), (card.refused, False)) for machine, one in some],
        "overrides": [{"machine": one.machine.name, "check": one.check, "value": one.value} for one in card.overrides],
        "role_changes": [{"at": utc_text(change.at), "machine": one.name, "before": change.before,
                          "after": change.after} for one, change in card.role_changes],
        "no_longer_applicable": [{"machine": one.name, "checks": checks} for one, checks in card.shrunk],
        "revoked": [{"machine": one.report.host if one.report else one.host, "agent": one.agent,
                     "at": utc_text(one.revoked_at)} for one in card.revoked if one.revoked_at],
        "doubles": [{"machine": one.name, "agent": one.heard.agent} for one in card.doubles],
        "undeclared": [{"machine": one.name, "agent": one.heard.agent} for one in card.strangers],
        "other_packs": [{"machine": one.name, "pack": one.report.pack} for one in card.other_packs if one.report],
        "inventory_changes": [{"at": utc_text(one.at), "kind": one.kind, "asset": one.asset, "before": one.before,
                               "after": one.after} for one in card.inventory_changes],
        "voting_day": card.voting_day.isoformat() if card.voting_day else None,
        "days": card.days, "phase": of_office(card.office, card.now).code,
    }


def _effect_data(effect: Effect | None) -> dict[str, Any] | None:
    return None if effect is None else {
        "points": round(effect.points, 2), "before": effect.before.letter, "after": effect.after.letter,
        "ceilings": effect.ceilings}


def _recording(one: Standing) -> dict[str, str] | None:
    recording = one.report.recording if one.report else None
    return None if recording is None else {
        "digest": recording.digest, "recorded_at": utc_text(recording.recorded_at),
        "recorded_by": recording.recorded_by, "attested_at": utc_text(recording.attested_at),
        "attested_by": recording.attested_by}


def _grade(grade: Grade, speak: Language) -> list[str]:
    said = speak.say("Between %(lower)s and %(upper)s of 100 points; %(coverage)s of the evidence is in.") % {
        "lower": speak.number(int(grade.lower * 100 + 1e-9)), "upper": speak.number(int(grade.upper * 100 + 1e-9)),
        "coverage": speak.percent(grade.coverage)}
    return [f"  {grade.letter or '?'}  {speak.say(words.GRADES[grade.letter])}. {said}",
            *(f"     {speak.say(words.CAPS[cap.code])}" for cap in grade.caps),
            *([f"     {_adjusted(grade, grade.adjusted, speak)}"] if grade.adjusted else [])]


def _adjusted(raw: Grade, adjusted: Grade, speak: Language) -> str:
    none = speak.say("no grade")
    return speak.say("Raw: %(raw)s, %(points)s points. Adjusted, without accepted failures: %(other)s, "
                     "%(other_points)s points.") % {
        "raw": raw.letter or none, "points": _tenths(raw.lower, speak), "other": adjusted.letter or none,
        "other_points": _tenths(adjusted.lower, speak)}


def _tenths(part: float, speak: Language) -> str:
    return speak.number(int(part * 1000 + 1e-6) / 10, 1)


def _questions(card: Scorecard, speak: Language) -> list[str]:
    asked = [speak.say(words.QUESTIONS[one.code]) for one in card.questions]
    width = max(map(len, asked))
    return [f"  {question.ljust(width)}  {SHAPES[one.answer]} {speak.say(words.answer(one.code, one.answer))}"
            for question, one in zip(asked, card.questions, strict=True)]


def _first(card: Scorecard, code: str, speak: Language) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(card.first, 1):
        head = f"  {number}. {SHAPES[one.verdict]} {one.check.title.say(code)} "
        lines.append(f"{head}[{speak.say(words.SEVERITY[one.check.severity])}] {one.check.id}")
        what = one.fix.text.say(code) if one.fix and one.verdict is Verdict.FAIL else ""
        if one.verdict is Verdict.UNKNOWN:
            what = f"{speak.say(words.REASONS[one.reason])}. {speak.say(words.ADVICE[one.reason])}"
        lines += textwrap.wrap(what, WIDTH, initial_indent="     ", subsequent_indent="     ")
        if one.effect:
            lines.append(f"     {effect_text(one.effect, speak)}")
    if card.together_effect and len(card.first) > 1:
        lines.append(f"  {speak.say('All of these together:')} {effect_text(card.together_effect, speak)}")
    return lines


def _tally(card: Scorecard, speak: Language) -> str:
    counted = Counter(one.verdict for machine in card.machines for one in machine.results)
    parts = ", ".join(f"{counted[verdict]} {speak.say(words.VERDICTS[verdict]).lower()}"
                      for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE))
    total = counted.total()
    checks = speak.texts.ngettext("%(count)s check", "%(count)s checks", total) % {"count": total}
    return f"{checks}{speak.colon} {parts}"


def _grade_data(grade: Grade) -> dict[str, Any]:
    adjusted = grade.adjusted
    return {"letter": grade.letter, "adjusted": None if adjusted is None else {
                "letter": adjusted.letter, "lower": round(adjusted.lower, 4)},
            "lower": round(grade.lower, 4), "upper": round(grade.upper, 4),
            "coverage": round(grade.coverage, 4), "caps": [{"letter": cap.letter, "rule": cap.code, "rows": cap.rows}
                                                           for cap in grade.caps]}
