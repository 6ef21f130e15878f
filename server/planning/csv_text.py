"""A plan as CSV: one row for each line, then one for each asset of which something must be asked."""

from __future__ import annotations

import csv
import io

from server.pages.language import N_, language
from server.planning.headlines import short
from server.planning.made import Made
from server.planning.money import dollars
from server.planning.outlook import outlooks
from server.planning.sentences import missing, option, plan_b, risk, thing, why
from server.planning.spending import paid
from server.planning.wording import inert

COLUMNS = (
    N_("asset"), N_("kind"), N_("what"), N_("quantity"), N_("site"), N_("action"), N_("order by"), N_("in service"),
    N_("fund"), N_("cost"), N_("paid by"), N_("support ends"), N_("rule"), N_("source"), N_("looked up"),
    N_("days without support"), N_("if nothing is done"), N_("why"), N_("risk"), N_("plan B"),
    N_("line of the inventory"),
)
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(made: Made, code: str = "en") -> str:
    """RFC 4180. A cell that a spreadsheet would run as a formula is written with an apostrophe before it."""
    speak = language(code)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([speak.say(one) for one in COLUMNS])
    for one in outlooks(made):
        asset, line, ends = one.asset, one.line, one.asset.ends
        writer.writerow([cell(text) for text in (
            asset.id, asset.kind, thing(asset), str(asset.quantity), asset.site, option(line.option, speak),
            str(line.order_by or ""), str(line.go_live or ""), line.fund, str(dollars(line.cost)),
            " + ".join(f"{fund}: {dollars(amount)}" for fund, amount in paid(line)) if len(paid(line)) > 1 else "",
            str(ends.day if ends else ""), ends.rule if ends else "", ends.source.name if ends else "",
            str(ends.source.looked_up or "") if ends else "", str(one.bare_days) if ends else "",
            str(one.kept_days) if ends else "", why(one, made, speak), risk(one, made, speak),
            plan_b(one, made, speak), str(asset.line or ""))])
    for found in sorted(made.unmatched, key=lambda found: found.asset):
        writer.writerow([cell(text) for text in _only(found.asset, speak.say("Ask"), missing(found, speak))])
    for text in short(made, speak):
        writer.writerow([cell(one) for one in _only("", speak.say("Short"), text)])
    return out.getvalue()


def _only(asset: str, action: str, text: str) -> list[str]:
    row = [""] * len(COLUMNS)
    row[0], row[5], row[COLUMNS.index("why")] = asset, action, text
    return row


def cell(text: str) -> str:
    """A cell that no spreadsheet runs and no terminal obeys."""
    text = inert(text)
    return f"'{text}" if text.startswith(_STARTS) else text
