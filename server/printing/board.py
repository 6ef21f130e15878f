"""The board version: two pages of a public record (``public``), in words."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import msgspec
from babel import dates

from hustings.times import parse_time
from policies.grade import LETTERS
from server.pages import words
from server.pages.language import N_, Language, language
from server.planning.wording import money
from server.printing import foot
from server.printing.card import OFFICE_MOST
from server.printing.glyphs import clipped
from server.printing.public import Plan, Public, Trend
from server.printing.typeset import pdf

FUND_MOST = 40
FUNDS = 6
YEARS = 6
ACTS = {"replace": N_("to be replaced"), "upgrade": N_("to be upgraded"), "extend": N_("to be kept under paid support"),
        "retire": N_("to be switched off"), "keep": N_("to be kept, with controls around it")}


def board_pdf(record: Public, code: str) -> bytes:
    """Two pages, PDF/UA-1. The same record gives the same bytes."""
    speak = language(code)
    return pdf("board", data(record, code), language=code, now=parse_time(record.made),
               title=f"{speak.say('Cyber hygiene: report to the board')} · {clipped(record.office, OFFICE_MOST)}")


def digest(record: Public) -> str:
    """The SHA-256 of the record."""
    return foot.of(msgspec.to_builtins(record))


def data(record: Public, code: str) -> dict[str, Any]:
    """Everything on the two pages, worded."""
    speak = language(code)
    say = speak.say
    made = parse_time(record.made)
    return {
        "over": f"{clipped(record.office, OFFICE_MOST)} · {speak.date(record.day)}",
        "title": say("Cyber hygiene: report to the board"), "days": _days(record, speak),
        "grade": _grade(record, speak) if record.graded else None,
        "no_grade": say("No grade for the office yet"),
        "no_grade_why": say("An office is graded against the list of machines it should have. Without that list, a "
                            "machine that stays silent could not lower the grade."),
        "numbers_title": say("In numbers"), "numbers": _numbers(record, speak),
        "trend_title": say("The grade over twelve months"), "trend": _trend(record.trend, speak),
        "trend_none": say("The first months are still being measured."),
        "asks_title": say("What the board can ask"),
        "asks_why": say("The answers name what is open. They are in the detailed annex, for a closed session."),
        "asks": [say(one) for one in words.QUESTIONS.values()],
        "plan_title": say("The plan to replace equipment"), "plan": _plan(record.plan, speak) if record.plan else None,
        "plan_none": say("No replacement plan has been made yet."),
        "how_title": say("How it is measured"), "how": [
            say("An agent on each machine reads settings and versions every day and changes nothing. The server "
                "judges what it reads by published rules."),
            say("What could not be read counts as failing in the lower number of points. Nobody gets credit for what "
                "is not proven."),
            say("The letter comes from the lower number: A from 90, B from 80, C from 65, D from 50. A critical "
                "failure holds the letter down whatever the points say.")],
        "not_title": say("What this version leaves out"), "not": [
            say("It gives counts, amounts and dates. It names no machine, person, vendor, product or version, and not "
                "which control falls short: that would help an attacker more than a voter."),
            say("It shows hygiene. It does not prove that a system is secure, and it says nothing about whether votes "
                "were counted rightly.")],
        "foot": foot.foot([
            (say("Measured by the audit agent on the machines themselves; the oldest report arrived %(moment)s.") % {
                "moment": speak.time(parse_time(record.measured))} if record.measured
             else say("No machine has reported yet") + ".") + " " + say("As of %(moment)s.") % {
                "moment": speak.time(made)},
            say("Grading method %(method)s; policy pack %(version)s.") % {
                "method": record.method, "version": record.pack} + " " + say(
                    "Made from the record %(digest)s.") % {"digest": digest(record)}], speak),
    }


def _days(record: Public, speak: Language) -> list[str]:
    if record.days is None or record.voting_day is None:
        return ["", ""]
    said = speak.say("Today") if record.days == 0 else speak.texts.ngettext(
        "%(count)s day", "%(count)s days", record.days) % {"count": record.days}
    return [said, speak.say("until voting day, %(day)s") % {"day": speak.date(record.voting_day)}]


def _grade(record: Public, speak: Language) -> dict[str, Any]:
    say = speak.say
    span = {"lower": record.lower, "upper": record.upper, "coverage": speak.percent(record.coverage / 100)}
    head = (say("Grade %(letter)s: %(word)s") % {"letter": record.letter, "word": say(words.GRADES[record.letter])}
            if record.letter else say(words.GRADES[None]))
    return {
        "letter": record.letter or "", "head": head, "lower": record.lower / 100, "upper": record.upper / 100,
        "ticks": [[letter, needed] for letter, needed in LETTERS if needed],
        "alt": say("Between %(lower)s and %(upper)s of 100 points; %(coverage)s of the evidence is in") % span,
        "span": " ".join((
            say("Between %(lower)s and %(upper)s of 100 points; %(coverage)s of the evidence is in.") % span,
            say("The lower end gives the letter.") if record.letter else
            say("Less than half of the evidence is in, so there is no grade. What is known is below.")))}


def _numbers(record: Public, speak: Language) -> list[list[str]]:
    """Number and words of each tile."""
    say, ngettext, number = speak.say, speak.texts.ngettext, speak.number
    tiles = []
    if record.listed:
        tiles.append((number(record.listed), ngettext("machine on the list", "machines on the list", record.listed)))
    tiles.append((number(record.reporting), ngettext("of them reports", "of them report", record.reporting)
                  if record.listed else ngettext("machine reports", "machines report", record.reporting)))
    if record.graded:
        tiles += [(number(record.controls), ngettext("control applies", "controls apply", record.controls)),
                  (number(record.passing), ngettext("passes in full", "pass in full", record.passing)),
                  (number(record.failing), ngettext("needs work", "need work", record.failing)),
                  (number(record.unknown), ngettext("is not proven yet", "are not proven yet", record.unknown))]
    tiles.append((speak.percent(record.coverage / 100), say("of the evidence is in")))
    return [list(one) for one in tiles]


def _trend(trend: Trend | None, speak: Language) -> dict[str, Any] | None:
    if trend is None:
        return None
    say = speak.say
    known = [(month, value) for month, value in trend.months if value is not None]
    sentence = say("Not enough evidence")
    if len(known) >= 2:
        change = known[-1][1] - known[0][1]
        sentence = say("From %(before)s to %(after)s points (%(change)s): %(ours)s from the office's own work, "
                       "%(rules)s from changes of the rules.") % {
            "before": known[0][1], "after": known[-1][1], "change": signed(change, speak),
            "ours": signed(trend.ours, speak), "rules": signed(trend.rules, speak)}
    return {
        "sentence": sentence, "alt": sentence, "points": [None if value is None else value / 100
                                                          for _, value in trend.months],
        "ticks": [[letter, needed] for letter, needed in LETTERS if needed],
        "head": [say("By month"), say("Points")],
        "rows": [[_month(month, speak), "–" if value is None else str(value)] for month, value in trend.months]}


def _month(day: date, speak: Language) -> str:
    return dates.format_skeleton("yMMM", day, locale=speak.locale)


def signed(value: float, speak: Language) -> str:
    """``+3``, ``−2.5`` or ``0``."""
    whole = round(value, 1)
    return ("+" if whole > 0 else "−" if whole < 0 else "") + speak.number(abs(whole), 1)


def _plan(plan: Plan, speak: Language) -> dict[str, Any]:
    say, ngettext = speak.say, speak.texts.ngettext
    years = sorted({one.year for one in plan.money})
    shown = years[:YEARS]
    totals: dict[str, int] = defaultdict(int)
    cells: dict[tuple[str, int], int] = defaultdict(int)
    for one in plan.money:
        totals[one.fund] += one.amount
        cells[one.fund, one.year] += one.amount
    funds = sorted(totals, key=lambda fund: (-totals[fund], fund))
    rows = [[clipped(fund, FUND_MOST) or say("No fund named"),
             *(money(cells[fund, year], speak) if cells[fund, year] else "–" for year in shown),
             money(totals[fund], speak)] for fund in funds[:FUNDS]]
    if funds[FUNDS:]:
        rest = funds[FUNDS:]
        rows.append([ngettext("%(count)s other fund", "%(count)s other funds", len(rest)) % {"count": len(rest)},
                     *(money(sum(cells[fund, year] for fund in rest), speak) for year in shown),
                     money(sum(totals[fund] for fund in rest), speak)])
    by_year = [sum(cells[fund, year] for fund in funds) for year in shown]
    most = max(by_year, default=0)
    lines = [say("The office approved it on %(day)s.") % {"day": speak.date(plan.approved)} if plan.approved
             else say("Nobody has approved it yet.")]
    if plan.first:
        lines.append(say("The first order is due by %(day)s.") % {"day": speak.date(plan.first)})
    if plan.last:
        lines.append(say("The last of it goes live by %(day)s.") % {"day": speak.date(plan.last)})
    return {
        "total": money(plan.total, speak), "total_says": say("over the whole plan"), "lines": lines,
        "acts": [[speak.number(count), say(ACTS[act])] for act, count in plan.acts],
        "caption": say("What is spent, by fund and by the year of the order"),
        "head": [say("Where the money comes from"), *map(str, shown), say("In all")], "rows": rows,
        "foot": [say("In all"), *(money(one, speak) for one in by_year), money(plan.total, speak)],
        "years": [[str(year), amount / most if most else 0, money(amount, speak)]
                  for year, amount in zip(shown, by_year, strict=True)],
        "alt": say("What is spent each year") + ": " + "; ".join(
            f"{year}, {money(amount, speak)}" for year, amount in zip(shown, by_year, strict=True)),
        "more": ngettext("%(count)s later year is in the total.", "%(count)s later years are in the total.",
                     len(years) - len(shown)) % {"count": len(years) - len(shown)} if len(years) > YEARS else ""}
