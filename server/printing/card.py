"""The scorecard as a printed page: the record in words, ready for ``scorecard.typ``.

The page holds whatever the data: the template tries its levels of size and detail in order, and every list that is
cut short says how many it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hustings.verdicts import Verdict
from policies.grade import LETTERS, Grade
from policies.model import Pack
from server import changed, scorecard_text
from server.actions import Action
from server.pages import words
from server.pages.language import Language, language
from server.printing import foot
from server.printing.glyphs import clipped
from server.printing.typeset import pdf
from server.questions import Answer, Question
from server.scorecard import Party, Scope, Scorecard
from server.weighing import Effect

NAME_MOST = 36
"""Characters of a machine's name in print."""
OFFICE_MOST = 90
ITEMS = 8
"""Lines of a list, at most."""
LOOKS = {Answer.YES: "pass", Answer.SO_FAR: "none", Answer.UNPROVEN: "unknown", Answer.IN_PART: "some",
         Answer.NO: "fail", Answer.UNMEASURED: "none"}


def scorecard_pdf(card: Scorecard, pack: Pack, code: str, *, beside: Mapping[str, Any] | None = None,
                  handling: str = "") -> bytes:
    """One page, PDF/UA-1. ``beside`` are worded parts of other rooms: ``phase`` (two texts), ``trend`` (see below)."""
    speak = language(code)
    return pdf("scorecard", data(card, pack, code, beside=beside), language=code, now=card.now, handling=handling,
               title=f"{speak.say('Cyber-hygiene scorecard')} · {clipped(card.office.name, OFFICE_MOST)}")


def data(card: Scorecard, pack: Pack, code: str, *, beside: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything on the page, worded. ``beside`` may hold ``trend``: ``sentence``, ``alt``, ``points`` (0 to 1)."""
    speak = language(code)
    say = speak.say
    digest = foot.of(scorecard_text.as_data(card, pack))
    return {
        "over": f"{clipped(card.office.name, OFFICE_MOST)} · {speak.date(card.now)}",
        "title": say("Cyber-hygiene scorecard"), "about": _about(card, speak), "days": days(card, speak),
        "nothing": say("No machine has reported yet") if card.scope is Scope.NOTHING else "",
        "grade": grade_words(card.grade, card, speak) if card.grade else None,
        "no_grade": say("No grade for the office yet"),
        "no_grade_why": say("An office is graded against the list of machines it should have. Without that list, a "
                            "machine that stays silent could not lower the grade."),
        "questions_title": say("Five questions"), "questions": [question(one, speak) for one in card.questions],
        "first_title": say("Do these first"), "first": [_action(one, code, speak) for one in card.first],
        "first_all": " ".join((say("All of these together:"), gain(card.together_effect, speak)))
        if len(card.first) > 1 and card.together_effect and not card.together_effect.nothing else "",
        "first_none": say("Nothing fails and nothing is unproven."),
        "areas_title": say("By area"), "areas": areas(card, speak),
        "parties_title": say("What others answer for"), "parties": _parties(card.parties, speak),
        "boxes": [one for one in _boxes(card, pack, code, speak) if one["lines"]],
        "foot": foot.foot(foot.measured(card.measured, card.now, pack, digest, speak), speak),
        **(beside or {}),
    }


def days(card: Scorecard, speak: Language) -> list[str]:
    """Days to go and to what."""
    if card.days is None or card.voting_day is None:
        return [speak.say("No voting day set"), ""]
    if card.days == 0:
        said = speak.say("Today")
    else:
        said = speak.texts.ngettext("%(count)s day", "%(count)s days", card.days) % {"count": card.days}
    return [said, speak.say("until voting day, %(day)s") % {"day": speak.date(card.voting_day)}]


def grade_words(grade: Grade, card: Scorecard, speak: Language) -> dict[str, Any]:
    """The letter, its shape's words, the sentences under it and the bar."""
    say, ngettext = speak.say, speak.texts.ngettext
    head = (say("Grade %(letter)s: %(word)s") % {"letter": grade.letter, "word": say(words.GRADES[grade.letter])}
            if grade.letter else say(words.GRADES[None]))
    lines = [say(words.CAPS[cap.code]) for cap in grade.caps]
    if not grade.letter:
        lines.append(say("Less than half of the evidence is in, so there is no grade. What is known is below."))
    elif card.failing or card.unknown:
        total = len(card.items)
        said = ngettext("%(count)s control of %(total)s fails, in whole or in part",
                    "%(count)s controls of %(total)s fail, in whole or in part", card.failing) % {
                        "count": card.failing, "total": total}
        if card.unknown:
            said += ngettext(", and %(count)s is not proven; unproven counts as failing here",
                         ", and %(count)s are not proven; unproven counts as failing here", card.unknown) % {
                             "count": card.unknown}
        lines.append(said + ".")
    elif not grade.caps:
        lines.append(say("Every control that applies here passes."))
    span = {"lower": points(grade.lower, speak), "upper": points(grade.upper, speak),
            "coverage": speak.percent(grade.coverage)}
    return {
        "letter": grade.letter or "", "head": head, "lines": lines, "lower": grade.lower, "upper": grade.upper,
        "ticks": [[letter, needed] for letter, needed in LETTERS if needed],
        "alt": say("Between %(lower)s and %(upper)s of 100 points; %(coverage)s of the evidence is in") % span,
        "span": " ".join((
            say("Between %(lower)s and %(upper)s of 100 points; %(coverage)s of the evidence is in.") % span,
            say("The lower end gives the letter."))),
        "adjusted": _adjusted(grade, grade.adjusted, len(card.exceptions), speak) if grade.adjusted else ""}


def _adjusted(raw: Grade, other: Grade, accepted: int, speak: Language) -> str:
    none = speak.say("no grade")
    return speak.texts.ngettext(
        "Raw: %(raw)s, %(points)s points; this is the grade. Adjusted: %(other)s, %(other_points)s points, with "
        "%(count)s accepted failure left out.",
        "Raw: %(raw)s, %(points)s points; this is the grade. Adjusted: %(other)s, %(other_points)s points, with "
        "%(count)s accepted failures left out.", accepted) % {
            "raw": raw.letter or none, "points": tenths(raw.lower, speak), "other": other.letter or none,
            "other_points": tenths(other.lower, speak), "count": accepted}


def tenths(part: float, speak: Language) -> str:
    """A part of one as points of a hundred with one decimal, rounded down."""
    return speak.number(int(part * 1000 + 1e-9) / 10, 1)


def gain(effect: Effect, speak: Language) -> str:
    """What a repair does to the grade, in a few words."""
    say = speak.say
    none = say("no grade")
    if effect.nothing:
        return say("No points by itself")
    said = say("+%(points)s points") % {"points": speak.number(effect.points, 1)}
    if effect.better:
        return said + ", " + say("grade %(before)s → %(after)s") % {
            "before": effect.before.letter or none, "after": effect.after.letter or none}
    if effect.ceilings:
        return said + ", " + say("and the best possible grade rises from %(before)s to %(after)s").strip() % {
            "before": effect.ceilings[0], "after": effect.ceilings[1]}
    return said


def question(one: Question, speak: Language) -> dict[str, str]:
    """One of the five questions with its answer and counts."""
    say, ngettext = speak.say, speak.texts.ngettext
    if one.passed + one.failed + one.unknown:
        count = ", ".join((
            ngettext("%(count)s passes", "%(count)s pass", one.passed) % {"count": one.passed},
            ngettext("%(count)s fails", "%(count)s fail", one.failed) % {"count": one.failed},
            ngettext("%(count)s unknown", "%(count)s unknown", one.unknown) % {"count": one.unknown}))
    elif one.unmeasured:
        count = ngettext("%(count)s control, no evidence", "%(count)s controls, no evidence", one.unmeasured) % {
            "count": one.unmeasured}
    else:
        count = say("No control of the catalogue is for these roles")
    return {"ask": say(words.QUESTIONS[one.code]), "kind": LOOKS[one.answer],
            "answer": say(words.answer(one.code, one.answer)), "count": count}


def areas(card: Scorecard, speak: Language) -> dict[str, Any]:
    """The areas as a table."""
    say = speak.say
    return {
        "caption": say("Each area graded apart. Evidence: how much of the whole catalogue is measured here."),
        "head": [say("Area"), say("Grade"), say("Points"), say("Evidence")],
        "rows": [[say(words.AREAS[one.code]), grade_cell(one.grade, speak), points(one.grade.lower, speak),
                  speak.percent(one.measured)] for one in card.areas]}


def grade_cell(grade: Grade, speak: Language) -> dict[str, str]:
    """A letter with its word, for a small shape in a table."""
    word = speak.say(words.GRADES[grade.letter])
    return {"letter": grade.letter or "", "word": f"{grade.letter}, {word}" if grade.letter else word}


def points(part: float, speak: Language) -> str:
    """A part of one as points of a hundred, rounded down."""
    return speak.number(int(part * 100 + 1e-9))


def more(count: int, speak: Language) -> str:
    return speak.texts.ngettext("and %(count)s more", "and %(count)s more", count) % {"count": speak.number(count)}


def names(given: Sequence[str], most: int, speak: Language) -> str:
    """Some names, and how many more there are."""
    some = [clipped(one, NAME_MOST) for one in given[:most]]
    left = len(given) - len(some)
    return ", ".join([*some, *([more(left, speak)] if left else [])])


def box(title: str, lines: Iterable[tuple[str, str]], speak: Language) -> dict[str, Any]:
    """A short list: kind of sign and text of each line. ``rest[n]`` says how many are left out after the first n."""
    every = list(lines)
    kept = every[:ITEMS]
    return {"title": title, "lines": [{"kind": kind, "text": text} for kind, text in kept],
            "rest": [more(len(every) - shown, speak) if shown < len(every) else ""
                     for shown in range(len(kept) + 1)]}


def _about(card: Scorecard, speak: Language) -> str:
    say, ngettext = speak.say, speak.texts.ngettext
    if card.scope is Scope.MACHINE:
        return say("One machine: %(name)s") % {"name": clipped(card.machines[0].name, NAME_MOST)}
    if card.scope is Scope.OFFICE:
        heard = len(card.machines)
        return ngettext("The office: %(count)s machine of %(total)s reports",
                    "The office: %(count)s machines of %(total)s report", heard) % {
                        "count": heard, "total": heard + len(card.silent)}
    if card.scope is Scope.MACHINES:
        return ngettext("%(count)s machine reports", "%(count)s machines report", len(card.machines)) % {
            "count": len(card.machines)}
    return ""


def _action(one: Action, code: str, speak: Language) -> dict[str, Any]:
    say, ngettext = speak.say, speak.texts.ngettext
    failing = one.verdict is Verdict.FAIL
    facts = [say(words.SEVERITY[one.check.severity])]
    if one.overdue:
        facts.append(say("Past its deadline"))
    if one.fix and failing:
        facts.append(say("Takes %(effort)s") % {"effort": say(words.EFFORT[one.fix.effort])})
    worth = speak.number(one.points, 1)
    if one.points and one.together and (one.effect is None or one.effect.nothing):
        facts.append(ngettext("Worth %(points)s points, together with %(count)s other check",
                              "Worth %(points)s points, together with %(count)s other checks", one.together) % {
                                  "points": worth, "count": one.together})
    elif one.points and one.effect is None:
        facts.append(say("Worth %(points)s points") % {"points": worth})
    if one.fix and not one.fix.freeze_safe:
        facts.append(say("Not during a freeze"))
    return {
        "kind": str(one.verdict), "verdict": say(words.VERDICTS[one.verdict]), "title": one.check.title.say(code),
        "plain": one.check.plain.say(code) if failing
        else f"{say(words.REASONS[one.reason])}. {say(words.ADVICE[one.reason])}",
        "todo": say("What to do:") if one.fix and failing else "",
        "fix": one.fix.text.say(code) if one.fix and failing else "",
        "effect": "" if one.effect is None or one.effect.nothing else " ".join((
            say("Fix this:") if failing else say("Prove this, if it then passes:"), gain(one.effect, speak))),
        "facts": facts, "where": names([machine.name for machine in one.machines], 3, speak)}


def _parties(parties: Sequence[Party], speak: Language) -> dict[str, Any]:
    say = speak.say
    return {
        "caption": say("Shown apart: it is not part of the office's grade."),
        "head": [say("Who"), say("Grade"), say("Machines"), say("Silent"), say("Evidence")],
        "rows": [[say(words.PARTIES[one.responsible]), grade_cell(one.grade, speak), speak.number(len(one.assets)),
                  speak.number(len(one.silent)), speak.percent(one.grade.coverage)] for one in parties]}


def _boxes(card: Scorecard, pack: Pack, code: str, speak: Language) -> list[dict[str, Any]]:
    say, ngettext = speak.say, speak.texts.ngettext
    unproven = [("unknown", ngettext("%(reason)s: %(count)s check", "%(reason)s: %(count)s checks", len(one.checks)) % {
        "reason": say(words.REASONS[one.kind]), "count": speak.number(len(one.checks))}) for one in card.unproven]
    lists = []
    if card.silent:
        count = len(card.silent)
        lists.append(("unknown", ngettext("%(count)s machine on the list has not reported:",
                                      "%(count)s machines on the list have not reported:", count) % {"count": count}
                      + " " + names([one.name for one in card.silent], 4, speak)))
    if card.strangers:
        count = len(card.strangers)
        lists.append(("some", ngettext("%(count)s machine reports and is not on the list:",
                                   "%(count)s machines report and are not on the list:", count) % {"count": count}
                      + " " + names([one.name for one in card.strangers], 4, speak)))
    together = [(str(one.verdict), f"{say(words.VERDICTS[one.verdict])}{colon(speak)} {check.title.say(code)}")
                for one in card.together if one.verdict is not Verdict.NOT_APPLICABLE
                and (check := pack.check(one.check)) is not None]
    order = {"fail": 0, "unknown": 1, "pass": 2}
    recorded = [("some", say("%(name)s: recorded by %(who)s on %(day)s, brought in by %(by)s; no agent of its own "
                             "signed it") % {
        "name": clipped(one.name, NAME_MOST), "who": clipped(one.report.recording.recorded_by, NAME_MOST),
        "day": speak.date(one.report.recording.recorded_at),
        "by": clipped(one.report.recording.attested_by, NAME_MOST)})
        for one in card.recorded if one.report and one.report.recording]
    return [
        box(say("Accepted failures"), _accepted(card, pack, code, speak), speak),
        box(say("What is not proven"), unproven, speak),
        box(say("The list and the machines"), lists, speak),
        box(say("What changed how this is measured"), _changes(card, speak), speak),
        box(say("On people's word"), recorded, speak),
        box(say("The office as a whole"), sorted(together, key=lambda one: order.get(one[0], 3)), speak)]


def _accepted(card: Scorecard, pack: Pack, code: str, speak: Language) -> list[tuple[str, str]]:
    """Failures that the office accepts, and declarations that something does not apply."""
    ngettext = speak.texts.ngettext
    found = []
    for one in card.exceptions:
        check = pack.check(one.subject)
        found.append(("fail", ", ".join(part for part in (
            check.title.say(code) if check else one.subject, clipped(one.asset, NAME_MOST),
            speak.say("accepted until %(day)s; %(owner)s answers for it") % {
                "owner": clipped(one.owner, NAME_MOST), "day": speak.date(one.until, "medium")}) if part)))
    if card.set_aside:
        count = len(card.set_aside)
        found.append(("none", ngettext("%(count)s declaration that something does not apply is believed",
                                       "%(count)s declarations that something does not apply are believed", count) % {
                                           "count": count}))
    if card.refused:
        count = len(card.refused)
        found.append(("some", ngettext("%(count)s more waits for a second signature and counts as measured",
                                       "%(count)s more wait for a second signature and count as measured", count) % {
                                           "count": count}))
    return found


def _changes(card: Scorecard, speak: Language) -> list[tuple[str, str]]:
    return [("some", line) for line in changed.lines(card, speak, lambda name: clipped(name, NAME_MOST))]


def colon(speak: Language) -> str:
    """A colon as the language sets it."""
    return "\u00a0:" if speak.code == "fr" else ":"
