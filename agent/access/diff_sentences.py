"""What an official is told first: whole sentences about people and voter data, without a word of SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.access.difference import Difference

SHOWN = 5
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")


def sentences(difference: Difference, outside: dict[str, int], excess: int) -> Iterator[str]:
    """The worst news first; one sentence of good news where there is no bad. ``outside``: accounts that are not in
    the model, and how many rights each holds."""
    yield from _of_leavers(difference)
    faults = difference.anomalies
    for catalogue, one, many in _OF_FAULTS:
        accounts = sorted({fault.account for fault in faults if fault.catalogue == catalogue and fault.account})
        if accounts:
            yield f"{count(len(accounts), 'account')} {one if len(accounts) == 1 else many}: {listed(accounts)}."
    public = sorted({fault.object for fault in faults if fault.catalogue == "LPR-04" and fault.object})
    if public:
        yield f"Every account there is, and every one to come, holds rights on {listed(public)}."
    if outside:
        held = sum(outside.values())
        which = "account that is" if len(outside) == 1 else "accounts that are"
        verb = "holds" if len(outside) == 1 else "hold"
        yield f"{len(outside)} {which} not in the model {verb} {count(held, 'right')}: {listed(sorted(outside))}."
    if not excess and not faults:
        yield "Nobody holds more than the model says." if not difference.unread else \
            "Nobody is seen to hold more than the model says; some of it could not be read."


_OF_FAULTS = (
    ("LPR-02", "can do anything at all, by habit and not in an emergency",
     "can do anything at all, by habit and not in an emergency"),
    ("LPR-05", "can change or delete voter records in bulk and should not",
     "can change or delete voter records in bulk and should not"),
    ("LPR-20", "can alter the audit log that records it", "can alter the audit log that records them"),
    ("LPR-06", "can read identity numbers or protected data and should not",
     "can read identity numbers or protected data and should not"),
    ("LPR-17", "of a vendor or of nobody any more is open outside every approved time",
     "of vendors or of nobody any more are open outside every approved time"),
    ("LPR-22", "joins duties that two people should hold", "join duties that two people should hold"),
)
"""Catalogue row, and what is said of one account and of several."""


def _of_leavers(difference: Difference) -> Iterator[str]:
    from policies.access.leavers import with_rights

    people = list(with_rights(difference.context))
    for changes, what in ((True, "can still change voter records"), (False, "can still sign in to the database")):
        some = [one for one in people if one["changes"] is changes]
        who = {one["person"] or one["account"] for one in some}
        if who:
            left = _when([one.get("left") for one in some])
            yield f"{len(who)} {'person' if len(who) == 1 else 'people'} who left{left} {what}: " \
                  f"{listed(sorted(one['account'] for one in some))}."


def _when(days: Sequence[str | None]) -> str:
    """`` in June``, where that is true of everybody."""
    months = {day[:7] if day else "" for day in days}
    if len(months) != 1 or "" in months:
        return ""
    year, month = next(iter(months)).split("-")
    return f" in {MONTHS[int(month) - 1]} {year}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 right``, ``2 rights``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Collection[str], shown: int = SHOWN) -> str:
    """The first few, and how many more."""
    some = ", ".join(list(names)[:shown])
    return some if len(names) <= shown else f"{some} and {len(names) - shown} more"
