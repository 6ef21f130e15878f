"""The office itself: its name, and how it counts its days."""

from __future__ import annotations

from datetime import date

import msgspec

from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read


class Office(msgspec.Struct, frozen=True):
    """The office that a token looks at."""

    id: str
    name: str
    profile: str
    """office or campaign."""
    zone: str
    """The time zone whose days count."""
    machines: int
    """Those whose reports are taken."""
    assets: int | None
    """Lines of its declared inventory; null while there is none."""
    voting_days: tuple[date, ...]


@read("/v1/office", rules.api("scorecard:read", reviewing=Reviewing.WHOLE))
def office(call: Call) -> Office:
    """The office, in numbers."""
    found = call.office()
    return Office(call.tenant, found.name, "campaign" if found.campaign else "office", found.zone,
                  sum(not one.revoked for one in found.machines),
                  None if found.assets is None else len(found.assets), found.voting_days)


ROUTES = [office]
