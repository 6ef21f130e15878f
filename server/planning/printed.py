"""A plan on paper: what ``plan.typ`` draws. A board reads the first page; the rest is for those who carry it out."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import msgspec

from server.pages.language import N_, Language, language
from server.planning import document
from server.planning.headlines import decision, headlines, warnings
from server.planning.kind_names import counted
from server.planning.made import Made
from server.planning.model import Option
from server.planning.outlook import Kept, Outlook, outlooks
from server.planning.sentences import STATUS, missing, option, plan_b, risk, thing, why
from server.planning.spending import Spending, by_year_and_fund
from server.planning.timeline import Picture, picture
from server.planning.wording import clipped, day, inert, money
from server.printing.foot import foot
from server.printing.typeset import pdf

FIRST_PAGE = 12
"""Lines in the timeline of the first page."""
TIMELINE = 44
"""Lines in the timeline that has a page of its own."""
TOLD = 60
"""Lines told in sentences; the gravest."""
LISTED = 400
"""Lines in the short table after them."""
ASKED = 120
"""Assets in the list of what is not known."""
HEADLINES = 12
FUNDS = 6
"""Columns of funds."""
ROOM = 36
"""Letters of a line's name and number in the picture."""
LABEL = 26
"""Letters of its name alone."""
TEXT = 600
NAME = 60
METHOD = (
    N_("The plan chooses for each line whether to keep, extend, upgrade, replace or retire it, and when, within the "
       "budgets, staff hours, order times, freezes, groups and must-by dates that were given."),
    N_("It first makes exposure as small as it can be: days without support, weighed by what the equipment does and by "
       "the elections near. Then the most local money in one year, then the cost, then changes from the plan that was "
       "approved last."),
    N_("Where nobody knows when support ends, no day is counted: that is not known, and never taken for fine."),
)


def as_pdf(made: Made, code: str = "en", handling: str = "") -> bytes:
    """The plan as a tagged PDF on letter paper. The same plan gives the same bytes."""
    speak = language(code)
    title = " · ".join(filter(None, (speak.say("Replacement plan"), clipped(inert(made.office), NAME))))
    return pdf("plan", data(made, speak), language=code, title=title, handling=inert(handling),
               now=datetime.combine(made.problem.today, time(), UTC))


def data(made: Made, speak: Language) -> dict[str, Any]:
    """Everything the template shows, worded."""
    say, solved = speak.say, made.solved
    listed = outlooks(made)
    digest = document.digest(document.encoded(made, "en"))
    ranked = sorted(listed, key=lambda one: (-int(one.late), -one.kept_exposure, one.asset.id, not one.bridge))
    moving = [one for one in ranked if one.line.option is not Option.KEEP or one.bare or one.late]
    told, rest = moving[:TOLD], moving[TOLD:]
    open_ = [one for one in ranked if one.line.option is Option.KEEP and not one.bare and not one.late
             and one.reason is Kept.UNKNOWN]
    quiet = len(ranked) - len(moving) - len(open_)
    asked = sorted(made.unmatched, key=lambda one: one.asset)
    heads = headlines(made, speak, listed)
    own = picture(made, speak, TIMELINE, listed) if len(moving) > FIRST_PAGE else None
    return {
        "foot": foot([
            say("Plan of %(day)s; its SHA-256 is %(digest)s.") % {
                "day": day(made.problem.today, speak),
                "digest": " ".join(digest[at:at + 16] for at in range(0, 64, 16))},
            say("Dates of support are as old as their sources; what is not known is listed, and not counted as fine."),
        ], speak),
        "title": say("Replacement plan"), "over": clipped(inert(made.office), NAME),
        "status": say(STATUS[solved.status]) + "." + (
            " " + say("It is at most %(gap)s percent from the best.") % {"gap": speak.number(solved.gap * 100, 2)}
            if solved.gap else ""),
        "day": day(made.problem.today, speak),
        "says": say("What the plan says"), "headlines": list(heads[:HEADLINES]), "bad": solved.status == "infeasible",
        "more": _more(len(heads) - HEADLINES, speak),
        "asks": say("Decision asked"), "decision": list(decision(made, speak, listed)),
        "spending": _spending(by_year_and_fund(made), speak),
        "figures": [[money(solved.cost, speak), say("in all, over four years")],
                    [money(solved.peak_local, speak), say("the most local money in one year")],
                    [_less(made, speak), say("less exposure than if nothing is done")]],
        "timeline": _timeline(picture(made, speak, FIRST_PAGE, listed), speak),
        "whole": _timeline(own, speak) if own else None,
        "legend": {"end": say("support ends"), "order": say("ordered, then in service"),
                   "bare": say("in use without support"), "extended": say("extended support"),
                   "everything": say("freeze of everything"), "some": say("freeze of some kinds"),
                   "vote": say("election"), "retired": say("switched off")},
        "lines_title": say("Lines"), "lines_head": [say("What"), say("Action"), say("Why, risk and plan B")],
        "lines": [_told(one, made, speak) for one in told],
        "short_title": say("Further lines"),
        "short_head": [say(one) for one in (N_("asset"), N_("what"), N_("action"), N_("order by"), N_("in service"),
                                            N_("cost"))],
        "short": [_short(one, speak) for one in rest[:LISTED]],
        "left": " ".join(filter(None, (
            speak.texts.ngettext("%(count)s more line is in the workbook (XLSX) alone.",
                                 "%(count)s more lines are in the workbook (XLSX) alone.", len(rest) - LISTED) % {
                "count": speak.number(len(rest) - LISTED)} if len(rest) > LISTED else "",
            speak.texts.ngettext("%(count)s line needs nothing within this plan.",
                                 "%(count)s lines need nothing within this plan.", quiet) % {
                "count": speak.number(quiet)} if quiet else "",
            speak.texts.ngettext(
                "%(count)s line is kept because nobody knows when its support ends: it is not counted as fine.",
                "%(count)s lines are kept because nobody knows when their support ends: they are not counted as fine.",
                len(open_)) % {"count": speak.number(len(open_))} if open_ else ""))),
        "asked_title": say("Not known, and not counted as fine"),
        "asked_head": [say("asset"), say("what to find out")],
        "asked": [[clipped(inert(one.asset), NAME), clipped(missing(one, speak), TEXT)] for one in asked[:ASKED]],
        "asked_more": _more(len(asked) - ASKED, speak),
        "warn_title": say("Know this too"), "warnings": [*warnings(made, speak, listed)],
        "method_title": say("Method and sources"), "method": [say(one) for one in METHOD],
        "sources_head": [say("role"), say("name"), "SHA-256"],
        "sources": [[inert(one.role), clipped(inert(one.name), NAME), one.sha256] for one in made.inputs],
        "changes": [clipped(inert(one), TEXT) for one in made.changes],
        "changes_title": say("Changed inputs"),
    }


def _more(count: int, speak: Language) -> str:
    return "" if count <= 0 else speak.texts.ngettext("… and %(count)s more", "… and %(count)s more", count) % {
        "count": speak.number(count)}


def _less(made: Made, speak: Language) -> str:
    solved = made.solved
    if not solved.kept_exposure:
        return "–"
    return speak.percent(max(solved.kept_exposure - solved.exposure, 0) / solved.kept_exposure)


def _spending(spending: Spending, speak: Language) -> dict[str, Any]:
    """The funds that pay most have a column each; the others share one."""
    say = speak.say
    most = max((spending.year(year) for year in spending.years), default=0) or 1
    paid = {fund: sum(one.spent for one in spending.cells if one.fund == fund) for fund in spending.funds}
    ranked = sorted(spending.funds, key=lambda fund: (-paid[fund], fund))
    own = sorted(ranked if len(ranked) <= FUNDS else ranked[:FUNDS - 1])
    names = [clipped(inert(one), NAME) for one in own]
    columns: list[tuple[str, ...]] = [(one,) for one in own]
    if len(ranked) > FUNDS:
        names.append(say("other funds"))
        columns.append(tuple(ranked[FUNDS - 1:]))
    rows = []
    for year in spending.years:
        cells = [[one for one in spending.cells if one.year == year and one.fund in funds] for funds in columns]
        rows.append({
            "year": str(year), "total": money(spending.year(year), speak),
            "parts": [round(sum(one.spent for one in each) / most, 4) for each in cells],
            "cells": [say("%(spent)s of %(available)s") % {
                "spent": money(sum(one.spent for one in each), speak),
                "available": money(sum(one.available for one in each), speak)} if each else "–" for each in cells]})
    return {"title": say("Spending by year and fund"), "head": [say("year"), *names, say("together")], "rows": rows,
            "alt": say("Spending by year as bars; the table holds the same numbers."), "funds": names}


def _timeline(found: Picture, speak: Language) -> dict[str, Any]:
    drawn: dict[str, Any] = msgspec.to_builtins(found)
    drawn["title"] = speak.say("When")
    drawn["more"] = "" if not found.rest else speak.texts.ngettext(
        "%(count)s line is not in this picture.", "%(count)s lines are not in this picture.", found.rest) % {
            "count": speak.number(found.rest)}
    drawn["rows"] = [{**row, "label": clipped(row["label"], LABEL),
                      "detail": clipped(row["detail"], max(ROOM - len(row["label"]), 2))} for row in drawn["rows"]]
    drawn["votes"] = [{**one, "when": speak.date(vote.day, "short")} for one, vote in zip(
        drawn["votes"], found.votes, strict=True)]
    return drawn


def _told(one: Outlook, made: Made, speak: Language) -> dict[str, Any]:
    say, line, asset = speak.say, one.line, one.asset
    action = [option(line.option, speak)]
    if line.order_by:
        action.append(say("order by %(day)s") % {"day": day(line.order_by, speak)})
    if line.go_live:
        action.append(say("in service on %(day)s") % {"day": day(line.go_live, speak)})
    if line.cost:
        action.append(say("%(money)s from %(fund)s") % {
            "money": money(line.cost, speak), "fund": clipped(inert(line.fund), NAME)})
    texts = [["", clipped(why(one, made, speak), TEXT)]]
    if not one.bridge:
        texts.append([say("If nothing is done:"), clipped(risk(one, made, speak), TEXT)])
        if spare := plan_b(one, made, speak):
            texts.append([say("Plan B:"), clipped(spare, TEXT)])
    return {"asset": clipped(inert(asset.id), NAME), "late": one.late,
            "about": [clipped(text, NAME) for text in (
                counted(asset.kind, asset.quantity, speak), thing(asset), inert(asset.site)) if text],
            "action": action, "texts": texts}


def _short(one: Outlook, speak: Language) -> list[str]:
    line = one.line
    return [clipped(inert(one.asset.id), NAME), clipped(
        f"{counted(one.asset.kind, one.asset.quantity, speak)}, {thing(one.asset)}", NAME),
        option(line.option, speak), str(line.order_by or "–"), str(line.go_live or "–"),
        money(line.cost, speak) if line.cost else "–"]
