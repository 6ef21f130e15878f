"""The detailed annex: every failing and unproven check, by machine. Never part of a public version.

It says exactly where an office is weak, so that every page carries the office's handling line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hustings.verdicts import SEVERITIES, Verdict
from policies.model import Pack
from server import scorecard_text
from server.pages import words
from server.pages.language import Language, language
from server.printing import foot
from server.printing.card import NAME_MOST, OFFICE_MOST, colon, grade_cell, points
from server.printing.glyphs import clipped
from server.printing.typeset import pdf
from server.scorecard import OURS, Scorecard, everyone, speakers
from server.standing import Standing


def annex_pdf(card: Scorecard, pack: Pack, code: str, *, handling: str) -> bytes:
    """As many pages as it takes, PDF/UA-1. ``handling`` is on every one and may not be empty."""
    if not handling.strip():
        raise ValueError("an annex without a handling line")
    speak = language(code)
    return pdf("annex", data(card, pack, code), language=code, now=card.now, handling=handling,
               title=f"{speak.say('Detailed annex')} · {clipped(card.office.name, OFFICE_MOST)}")


def data(card: Scorecard, pack: Pack, code: str) -> dict[str, Any]:
    """Everything in the annex, worded: machines by name, what fails first, the severest first."""
    speak = language(code)
    say, ngettext = speak.say, speak.texts.ngettext
    machines = sorted((one for one in everyone(card.office, pack, card.now) if one.report),
                      key=lambda one: (one.name.casefold(), one.heard.agent))
    waiting = [ngettext("%(who)s (%(name)s): asked on %(day)s, no answer since %(count)s day",
                        "%(who)s (%(name)s): asked on %(day)s, no answer since %(count)s days", one.days(card.now)) % {
                            "who": say(words.PARTIES[one.party]), "name": clipped(one.recipient, NAME_MOST),
                            "day": speak.date(one.asked), "count": speak.number(one.days(card.now))}
               for one in card.office.unanswered]
    speaking = speakers(card.office.assets or (), machines)
    answers = {id(speaking[asset.name]): asset.responsible for asset in card.office.assets or ()
               if asset.name in speaking}
    sections = [_section(one, answers.get(id(one)), pack, code, speak) for one in machines]
    together = [_row(result.check, result.verdict, "", pack, code, speak) for result in card.together
                if result.verdict in (Verdict.FAIL, Verdict.UNKNOWN)]
    failing = sum(one["failing"] for one in sections)
    return {
        "over": f"{clipped(card.office.name, OFFICE_MOST)} · {speak.date(card.now)}", "title": say("Detailed annex"),
        "about": ngettext("%(count)s check fails, by machine and the severest first. Not for the public.",
                      "%(count)s checks fail, by machine and the severest first. Not for the public.", failing) % {
                          "count": speak.number(failing)},
        "head": [say("Severity"), say("What fails"), say("Failing since"), say("Repair by")],
        "together_title": say("The office as a whole"), "together": together,
        "unknown_title": say("What is not proven"), "nothing": say("Nothing fails and nothing is unproven."),
        "sections": sections,
        "waiting_title": say("Requests for evidence"), "waiting": waiting,
        "silent_title": say("The list and the machines"),
        "silent": (ngettext("%(count)s machine on the list has not reported:",
                        "%(count)s machines on the list have not reported:", len(card.silent)) % {
                            "count": len(card.silent)}
                   + " " + ", ".join(clipped(one.name, NAME_MOST) for one in card.silent)) if card.silent else "",
        "foot": foot.foot(foot.measured(card.measured, card.now, pack, foot.of(scorecard_text.as_data(card, pack)),
                                        speak), speak),
    }


def _section(one: Standing, party: str | None, pack: Pack, code: str, speak: Language) -> dict[str, Any]:
    say, ngettext = speak.say, speak.texts.ngettext
    failing = [each for each in one.results if each.verdict is Verdict.FAIL]
    unknown = [each for each in one.results if each.verdict is Verdict.UNKNOWN]
    failing.sort(key=lambda each: (SEVERITIES.index(each.severity), each.check))
    unknown.sort(key=lambda each: (SEVERITIES.index(each.severity), each.check))
    rows = []
    for each in failing:
        found = one.findings.get(each.check)
        rows.append([say(words.SEVERITY[each.severity]), _title(each.check, pack, code),
                     speak.date(found.first_failed, "medium") if found else "",
                     (speak.date(found.due, "medium") + (" " + say("(late)") if found.overdue else "")) if found
                     else ""])
    facts = [_roles(one.roles, speak)] if one.roles else []
    if party and party != OURS:
        facts.append(say(words.PARTIES[party]))
    facts.append(ngettext("%(count)s fails", "%(count)s fail", len(failing)) % {"count": len(failing)})
    facts.append(ngettext("%(count)s unknown", "%(count)s unknown", len(unknown)) % {"count": len(unknown)})
    return {
        "name": clipped(one.name, 2 * NAME_MOST), "grade": grade_cell(one.grade, speak),
        "points": points(one.grade.lower, speak), "facts": facts, "failing": len(failing), "rows": rows,
        "unknown": [_title(each.check, pack, code) for each in unknown]}


def _row(check: str, verdict: Verdict, extra: str, pack: Pack, code: str, speak: Language) -> dict[str, str]:
    return {"kind": str(verdict), "text": f"{speak.say(words.VERDICTS[verdict])}{colon(speak)} "
                                          f"{_title(check, pack, code)}{extra}"}


def _title(check: str, pack: Pack, code: str) -> str:
    known = pack.check(check)
    return known.title.say(code) if known else clipped(check, NAME_MOST)


def _roles(roles: Iterable[str], speak: Language) -> str:
    return ", ".join(speak.say(words.ROLES[one]) if one in words.ROLES else clipped(one, NAME_MOST) for one in roles)
