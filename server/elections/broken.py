"""The lines of an office's plan that a change of its election calendar breaks.

Of the plan that was approved last; before the first approval, of the plan that was made last; before the first plan,
of what its agents report (``server.plan``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from sqlalchemy.engine import Connection

from policies.lifecycle import Table
from policies.pack import shipped
from server import plan
from server.elections.model import Election, voting_days
from server.elections.planning import Broken, broken_lines
from server.planning import office_plan
from server.planning.made import Made
from server.records import Office
from server.store import plans


@dataclass(frozen=True, slots=True)
class Line:
    """A line of any of the plans."""

    what: str
    where: tuple[str, ...]
    go_live: date | None
    kind: str = ""
    """Of equipment; empty where the plan does not say."""
    ends: date | None = None
    """The last supported day of what it replaces."""


@cache
def support_dates() -> Table:
    """The support dates of this release."""
    return Table.of(shipped().tables)


def broken_now(connection: Connection, tenant: str, office: Office, before: tuple[Election, ...], today: date,
               now: datetime) -> tuple[Broken[Line], ...]:
    """The lines that held under the elections ``before`` a change and do not under the office's elections now."""
    lines = planned(connection, tenant)
    if lines is None:
        stood = replace(office, elections=before, voting_days=voting_days(before))
        lines = [Line(one.what, tuple(place.name for place in one.where), one.go_live, ends=one.ends)
                 for one in plan.make(stood, support_dates(), now).lines]
    return broken_lines(lines, before, office.elections, today,
                        kinds={place: one.kind for place, one in enumerate(lines)},
                        ends={place: one.ends for place, one in enumerate(lines)})


def planned(connection: Connection, tenant: str) -> list[Line] | None:
    """The lines of the plan approved last, or made last; None before the first plan."""
    given = plans.approvals(connection, tenant, limit=1)
    stored = plans.get(connection, tenant, given[0].plan) if given else plans.current(connection, tenant)
    return None if stored is None else of_plan(office_plan.record(stored))


def of_plan(made: Made) -> list[Line]:
    """The lines of a made plan, each asset by its id."""
    assets = {one.id: one for one in made.problem.assets}
    found = []
    for line in made.solved.lines:
        asset = assets.get(line.asset)
        if asset is None:
            found.append(Line(line.asset, (), line.go_live))
        else:
            title = " ".join(part for part in (asset.make, asset.model, asset.version) if part)
            found.append(Line(f"{asset.id} ({title})" if title else asset.id, (asset.site,) if asset.site else (),
                              line.go_live, asset.kind, asset.ends.day if asset.ends else None))
    return found
