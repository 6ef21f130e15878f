"""Access reviews as they stood at the end of a day, from the signed reports and signatures of that time."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from evidence.day_inputs import Inputs, Line, ends
from policies.derive.office import AccessReview
from policies.model import Pack
from server import access_difference, access_review
from server.records import Heard, Review
from server.standing import Standing, standing
from server.store import access_reviews, reports

_NO_PACK = Pack("", "", (), (), {})
"""Who may do what rests on a report's facts; no check is judged for it."""
AREA = "registration/"
"""The area whose checks say that a machine has a registration database at all."""

KEPT = 64
"""Reports that stay decoded from one day to the next."""


class DayReviews:
    """Reads what a day needs of the few machines that have a registration database; each report is read once."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._signed = [Review(one.agent, one.database, one.difference, one.at, one.person, one.by)
                        for one in access_reviews.every(connection, tenant)]
        self._heard: dict[int, Heard | None] = {}

    def __call__(self, inputs: Inputs) -> tuple[AccessReview, ...]:
        """The lines of ``office.access_reviews`` at the day's end."""
        end = ends(inputs.day)
        machines: list[Standing] = []
        for one in inputs.machines:
            heard = self._read(one.agent, one.line) if one.line is not None and _concerned(one.line) else None
            if heard is not None:
                machines.append(standing(heard, _NO_PACK, end))
        signed = [one for one in self._signed if one.at < end]
        return tuple(access_review.reported(one, signed) for one in access_difference.every(machines) if one.declared)

    def _read(self, agent: str, line: Line) -> Heard | None:
        if line.number not in self._heard:
            if len(self._heard) >= KEPT:
                self._heard.clear()
            stored = reports.get(self._connection, self._tenant, line.number)
            self._heard[line.number] = None if stored is None else Heard(
                agent=agent, host=line.host, report=stored.report, received=line.at, clock_off=line.clock_off)
        return self._heard[line.number]


def _concerned(line: Line) -> bool:
    return any(check.startswith(AREA) and letter != "n"
               for check, letter in zip(line.checks, line.vector, strict=True))
