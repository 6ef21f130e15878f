"""A plan for a terminal: headlines, what is asked, spending, lines, what is not known."""

from __future__ import annotations

import textwrap

from server.pages.language import language
from server.planning.headlines import decision, headlines, warnings
from server.planning.kind_names import counted
from server.planning.made import Made
from server.planning.model import Option
from server.planning.outlook import Outlook, outlooks
from server.planning.sentences import STATUS, missing, option, plan_b, risk, why
from server.planning.spending import by_year_and_fund
from server.planning.wording import day, inert, money

WIDTH = 100


def as_text(made: Made, code: str = "en") -> str:
    """The whole plan as lines of at most 100 letters; no control character of an input reaches the terminal."""
    speak = language(code)
    say, solved = speak.say, made.solved
    listed = outlooks(made)
    lines = [" · ".join(filter(None, (say("Replacement plan"), inert(made.office), day(made.problem.today, speak)))),
             say(STATUS[solved.status]) + (f" ({say('within %(gap)s percent') % {'gap': _percent(made, code)}})"
                                           if solved.gap else ""), ""]
    for text in headlines(made, speak, listed):
        lines += _wrapped(f"• {text}", "  ")
    lines += ["", say("Decision asked")]
    for text in decision(made, speak, listed):
        lines += _wrapped(f"• {text}", "  ")
    cells = by_year_and_fund(made).cells
    if cells:
        lines += ["", say("Spending by year and fund")]
        lines += [f"  {one.year}  {money(one.spent, speak):>14}  " + say("of %(money)s, %(fund)s") % {
            "money": money(one.available, speak), "fund": inert(one.fund)} for one in cells]
    shown = [one for one in listed if one.line.option is not Option.KEEP or one.bare or one.late]
    lines += ["", say("Lines")]
    for one in shown:
        lines += ["", *_line(one, made, code)]
    quiet = len(listed) - len(shown)
    if quiet:
        lines += ["", speak.texts.ngettext(
            "%(count)s more asset is kept as it is (--format csv or json lists it).",
            "%(count)s more assets are kept as they are (--format csv or json lists them).", quiet) % {
                "count": speak.number(quiet)}]
    if made.unmatched:
        lines += ["", say("Not known, and not counted as fine")]
        for found in sorted(made.unmatched, key=lambda found: found.asset):
            lines += _wrapped(f"• {inert(found.asset)}: {missing(found, speak)}", "  ")
    told = warnings(made, speak, listed)
    if told:
        lines += ["", say("Know this too")]
        for text in told:
            lines += _wrapped(f"• {text}", "  ")
    lines += ["", say("Exposure: %(exposure)s weighted device-days; %(kept)s if nothing is done. "
                      "Cost: %(cost)s; most local money in one year: %(peak)s.") % {
        "exposure": speak.number(solved.exposure), "kept": speak.number(solved.kept_exposure),
        "cost": money(solved.cost, speak), "peak": money(solved.peak_local, speak)}]
    return "\n".join(lines) + "\n"


def _percent(made: Made, code: str) -> str:
    return language(code).number(made.solved.gap * 100, 2)


def _line(one: Outlook, made: Made, code: str) -> list[str]:
    speak = language(code)
    say, line = speak.say, one.line
    head = f"{inert(one.asset.id)}  [{option(line.option, speak)}, " + counted(
        one.asset.kind, one.asset.quantity, speak) + (f", {inert(one.asset.site)}" if one.asset.site else "") + "]"
    when = []
    if line.order_by:
        when.append(say("order by %(day)s") % {"day": day(line.order_by, speak)})
    if line.go_live:
        when.append(say("in service on %(day)s") % {"day": day(line.go_live, speak)})
    if line.cost:
        when.append(say("%(money)s from %(fund)s") % {"money": money(line.cost, speak), "fund": inert(line.fund)})
    lines = [head]
    if when:
        lines += _wrapped("    " + ", ".join(when), "      ")
    lines += _wrapped("    " + say("why: %(text)s") % {"text": why(one, made, speak)}, "      ")
    if not one.bridge:
        left = say("risk if nothing is done: %(text)s") % {"text": risk(one, made, speak)}
        lines += _wrapped(f"    {left}", "      ")
        if spare := plan_b(one, made, speak):
            lines += _wrapped("    " + say("plan B: %(text)s") % {"text": spare}, "      ")
    return lines


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True) or [""]
