"""The lines of an office's plan that a change of its election calendar breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import cache

from policies.lifecycle import Table
from policies.pack import shipped
from server import plan
from server.elections.model import Election, voting_days
from server.elections.planning import Broken, broken_lines
from server.records import Office


@cache
def _table() -> Table:
    return Table.of(shipped().tables)


def broken_now(office: Office, before: tuple[Election, ...], today: date,
               now: datetime) -> tuple[Broken[plan.Line], ...]:
    """The lines of the plan as it stood under the elections ``before`` a change that no longer hold."""
    stood = plan.make(replace(office, elections=before, voting_days=voting_days(before)), _table(), now)
    return broken_lines(stood.lines, before, office.elections, today,
                        ends={place: line.ends for place, line in enumerate(stood.lines)})
