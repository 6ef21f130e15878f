"""What to do where a replacement comes late, by kind of equipment: controls that stand until it comes."""

from __future__ import annotations

from server.pages.language import N_, Language
from server.planning.kind_names import plain
from server.planning.model import Asset
from server.planning.wording import day, money

_ISOLATE = N_("Cut it off from the internet and from every network it can do without; let only named people sign in.")
_BORROW = N_("Borrow or rent supported ones from the vendor or from another office for the election.")
_SPARE = N_("Keep a supported spare ready and tested.")
_COPY = N_("Keep a second, tested copy of the data elsewhere, offline.")
_SEPARATE = N_("Never connect it to any network; carry results only by the written procedure.")
_HAND_COUNT = N_("Ready the procedure to count paper ballots by hand, and check a sample of its counts by hand.")
_PAPER_LISTS = N_("Print and seal paper pollbooks for every polling place.")
_PAPER_BALLOTS = N_("Ready hand-marked paper ballots, and another accessible way to vote at each place.")
_PAPER_COPY = N_("Print the certified voter list, so that voting can go on without it.")
_PRINT_SHOP = N_("Agree with a print shop that can take over within a day.")
_MAIL_BALLOTS = N_("Send paper ballots by mail early enough to come back in time.")
_STATIC = N_("Ready a plain page elsewhere that says where and when to vote.")

CONTROLS: dict[str, tuple[str, ...]] = {
    "pc": (_ISOLATE, _BORROW),
    "laptop": (_ISOLATE, _BORROW),
    "tablet": (_ISOLATE, _BORROW),
    "phone": (_BORROW,),
    "server": (_ISOLATE, _COPY),
    "database server": (_ISOLATE, _COPY, _PAPER_COPY),
    "registration database": (_ISOLATE, _COPY, _PAPER_COPY),
    "web": (_ISOLATE, _STATIC),
    "mail": (_ISOLATE, _SPARE),
    "directory": (_ISOLATE, _SPARE),
    "tabulator": (_SEPARATE, _BORROW, _HAND_COUNT),
    "dre": (_SEPARATE, _BORROW, _PAPER_BALLOTS),
    "ballot marking device": (_SEPARATE, _BORROW, _PAPER_BALLOTS),
    "election management system": (_SEPARATE, _BORROW, _HAND_COUNT),
    "remote ballot delivery": (_ISOLATE, _MAIL_BALLOTS),
    "pollbook": (_BORROW, _PAPER_LISTS),
    "network": (_ISOLATE, _SPARE),
    "firewall": (_ISOLATE, _SPARE),
    "switch": (_ISOLATE, _SPARE),
    "backup": (_COPY, _SPARE),
    "printer": (_BORROW, _PRINT_SHOP),
    "ballot printer": (_BORROW, _PRINT_SHOP),
    "ups": (_SPARE,),
}
"""From the catalogue's rows on contingency and voting technology: isolate, borrow, go on with paper."""
OTHERS = (_ISOLATE, _SPARE)
"""For a kind that has no row of its own."""


def controls(asset: Asset, speak: Language, *, extended: bool = False) -> str:
    """What stands in until its replacement comes; a support extension first, where there is a price for one.

    ``extended``: the plan buys the extension anyway.
    """
    said = [speak.say(one) for one in CONTROLS.get(plain(asset.kind), OTHERS)]
    until = asset.covered_until
    useful = until is not None and (asset.ends is None or until > asset.ends.day)
    if asset.extend_cost is not None and until is not None and useful and not extended:
        said.insert(0, speak.say("Buy the vendor’s extended support until %(day)s, for %(money)s.") % {
            "day": day(until, speak), "money": money(asset.extend_cost, speak)})
    return " ".join(said)
