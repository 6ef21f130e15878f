"""Handing out a file through a sharing profile, and writing it down before it leaves."""

from __future__ import annotations

from datetime import datetime

from policies.model import Pack
from server import scorecard as rules
from server.exports import gathering, writing
from server.reviewers import profiles, shared_file
from server.scorecard import Scorecard
from server.store.database import Database
from server.triage.model import Filter, Order


def hand_out(database: Database, tenant: str, number: int, format: str, card: Scorecard, pack: Pack, *, by: str,
             now: datetime) -> tuple[str, bytes] | None:
    """The name and the bytes of a file of the findings that are not resolved; None where there is no such profile.

    Raises ``Spoken`` where the profile is over.
    """
    with database.read(tenant) as connection:
        profile = profiles.get(connection, tenant, number)
        if profile is None:
            return None
        found = gathering.findings(connection, tenant, rules.everyone(card.office, pack, now), card.together,
                                   Filter(order=Order.NUMBER), now)
    rows = [profile.row(one) for one in writing.plain(found)]
    content = shared_file.write(profile, format, rows, pack, card.office.name, now)
    with database.write(tenant) as connection:
        profiles.disclose(connection, tenant, profile, content, by=by, format=format, rows=len(rows), now=now)
    return shared_file.name(profile, format, now), content
