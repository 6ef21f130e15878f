"""What an outside reviewer may see of one office: an engagement, which ends on a date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

LONGEST = 90
"""Days that an engagement lasts, at most."""


@dataclass(frozen=True, slots=True)
class Engagement:
    """The word of an office: this person may look at this much until that day."""

    id: int
    tenant: str
    """The office."""
    person: int
    """Who reviews: a person of another tenant, with the role reviewer."""
    machines: tuple[str, ...]
    """Ids of agents; empty for every machine."""
    areas: tuple[str, ...]
    """Areas of the catalogue (``PAT`` …); empty for every area."""
    names_shown: bool
    """False: hosts and people are shown as pseudonyms."""
    until: date
    """The last day (UTC)."""
    basis: str
    """On what legal basis: a contract, a programme's agreement."""
    granted: datetime
    revoked: datetime | None = None
    office: str = ""
    """The office's name."""
    key: bytes = field(default=b"", repr=False, compare=False)
    """What its pseudonyms are keyed by: derived from a secret of the office, for this engagement alone."""

    @property
    def ends(self) -> datetime:
        """The first moment at which it does not hold any more."""
        last = datetime.combine(self.until + timedelta(days=1), time(), self.granted.tzinfo)
        return last if self.revoked is None else min(last, self.revoked)

    @property
    def whole(self) -> bool:
        """Whether it shows the office as its own people see it."""
        return not self.machines and not self.areas and self.names_shown

    def holds(self, now: datetime) -> bool:
        return self.granted <= now < self.ends

    def covers(self, agent: str, area: str) -> bool:
        """Whether a finding on a machine (its agent's id) in an area of the catalogue is within it."""
        return (not self.machines or agent in self.machines) and (not self.areas or area in self.areas)
