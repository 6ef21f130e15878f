"""Attempts to get in that were refused, counted by day."""

from collections.abc import Sequence

from server.notices.kind import Data, Kind
from server.pages.language import N_


def _most(found: Sequence[Data]) -> int:
    """The last count of each day and way: later events of one day say the whole number again."""
    last: dict[tuple[str, str], int] = {}
    for one in found:
        place = (str(one["day"]), str(one["what"]))
        last[place] = max(last.get(place, 0), int(one["count"]))
    return sum(last.values())


KINDS = (
    Kind("attempts", N_("Attempts to get in were refused, more than usual"),
         N_("%(count)s attempt to get in was refused"), N_("%(count)s attempts to get in were refused"),
         "/office/notices", 80, count=_most),
)
