"""Scorecards that were worked out a moment ago, kept as long as they would come out the same.

A kept scorecard serves the very records it was made of, within the minute, and never past the first moment at which
time alone changes something in it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from policies.model import Pack
from server.records import Office
from server.scorecard import Scorecard, scorecard
from server.standing import holds_until

OFFICES = 16
"""Offices whose scorecard stays in memory."""


@dataclass(frozen=True, slots=True)
class _Kept:
    pack: Pack
    card: Scorecard
    until: datetime


class Cards:
    """Makes scorecards and keeps each office's last. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def card(self, tenant: str, office: Office, pack: Pack, now: datetime) -> Scorecard:
        """The scorecard of an office at ``now``, or of a moment before in the same minute if nothing changed since."""
        with self._lock:
            kept = self._kept.get(tenant)
        if kept is not None and kept.pack is pack and kept.card.now <= now <= kept.until and kept.card.office == office:
            return kept.card
        made = scorecard(office, pack, now)
        with self._lock:
            self._kept[tenant] = _Kept(pack, made, _until(office, now))
            self._kept.move_to_end(tenant)
            while len(self._kept) > OFFICES:
                self._kept.popitem(last=False)
        return made


def _until(office: Office, now: datetime) -> datetime:
    """The last moment at which a scorecard made at ``now`` is still served."""
    moments = [now.replace(second=59, microsecond=999_999)]
    moments += [holds_until(one) for one in office.machines if not one.revoked]
    moments += [moment - timedelta.resolution for one in office.exceptions for moment in (one.at, one.ends)
                if moment > now]
    return min(moments)
