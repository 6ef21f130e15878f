"""What the rules of the server read: plain records, whatever database they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from hustings.report import Report
from server.elections.model import Election


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A change of what a machine was judged for."""

    at: datetime
    source: str
    """``enrolment`` or ``report``."""
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Reports that are missing for good, or that contradict what was accepted."""

    kind: str
    """``lost`` or ``fork``."""
    at: datetime | None
    first: int
    last: int
    reason: str


class Memo:
    """A place for what was last worked out of one record, which lives as long as the record itself."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: Any = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the server last heard from one machine."""

    agent: str
    """The agent's id: the machine's identity here."""
    host: str
    """The machine's own name: a label."""
    roles: tuple[str, ...] = ()
    """The roles its enrolment gave it."""
    site: str = ""
    revoked: bool = False
    report: Report | None = None
    """The last report with its whole inventory; None before the first."""
    received: datetime | None = None
    """When the server heard it; for a recording the moment it was recorded, if that is earlier."""
    clock_off: bool = False
    """Its clock was more than five minutes ahead of the receipt."""
    failing_since: Mapping[str, datetime] = field(default_factory=dict)
    """For each check that failed since its last pass, when it first did (``server.ages``)."""
    applied_until: Mapping[str, datetime] = field(default_factory=dict)
    """For each check that no longer applies, when it last did."""
    role_changes: tuple[RoleChange, ...] = ()
    gaps: tuple[Gap, ...] = ()
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """One line of the inventory an office declared."""

    name: str
    roles: tuple[str, ...]
    site: str
    responsible: str
    """``us``, ``vendor``, ``state`` or ``county``."""
    mirror_of: str = ""
    """The asset whose registration database it mirrors."""


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody's signature under the difference between declared and effective rights."""

    agent: str
    database: str
    difference: str
    """The hash of what was signed, 64 hexadecimal digits."""
    at: datetime
    person: str
    """Who answers for it."""
    by: str
    """Who entered it: ``person:NAME`` or ``console:LOGIN``."""


@dataclass(frozen=True, slots=True)
class Office:
    """One tenant, as far as its pages and its plan need it."""

    name: str
    machines: tuple[Heard, ...] = ()
    assets: tuple[Asset, ...] | None = None
    """The declared inventory; None while there is none."""
    inventory_file: str = ""
    voting_days: tuple[date, ...] = field(default=())
    """Every day of voting of ``elections``."""
    reviews: tuple[Review, ...] = ()
    """Signed access reviews, newest first."""
    elections: tuple[Election, ...] = ()
    """By date, past ones too."""
    campaign: bool = False
    """Whether it is a campaign, which plans in weeks."""
    zone: str = "UTC"
    """The time zone whose days count."""
