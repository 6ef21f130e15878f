"""What the rules of the server read: plain records, whatever database they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hustings.report import Report
from policies.derive.attested import Said
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
    """Its reports are not taken: no longer, or not yet."""
    revoked_at: datetime | None = None
    """Since when they are taken no longer."""
    report: Report | None = None
    """The last report with its whole inventory; None before the first."""
    received: datetime | None = None
    """When the server heard it; for a recording the moment it was recorded, if that is earlier."""
    clock_off: bool = False
    """Its clock was more than five minutes ahead of the receipt."""
    failing_since: Mapping[str, datetime] = field(default_factory=dict)
    """For each check that failed since its last pass, when it first did (``evidence.ages``)."""
    applied_until: Mapping[str, datetime] = field(default_factory=dict)
    """For each check that no longer applies, when it last did."""
    role_changes: tuple[RoleChange, ...] = ()
    gaps: tuple[Gap, ...] = ()
    number: int | None = None
    """The number its last report is stored under."""
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
class Declaration:
    """One version of the inventory an office declared."""

    at: datetime
    by: str
    """``person:NAME`` or ``console:LOGIN``."""
    file: str
    assets: tuple[Asset, ...]


EXCEPTION = "exception"
NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Exemption:
    """A signed statement of the office about a check or a row of the catalogue on one asset.

    An ``exception`` accepts a failure for a while: it stays a failure. ``not_applicable`` says that it does not
    apply there (``policies.not_applicable`` says how far that is believed).
    """

    number: int
    kind: str
    subject: str
    """The id of a check or of a row of the catalogue."""
    asset: str
    """The asset's name; empty for the office as a whole."""
    reason: str
    control: str
    """Of an exception: what protects meanwhile."""
    owner: str
    """Who answers for it."""
    approved_by: str
    """The second person; empty for none."""
    at: datetime
    by: str
    """Who entered it: ``person:NAME`` or ``console:LOGIN``."""
    until: date
    """The last day on which it holds (UTC)."""
    ended: datetime | None = None
    """When it was ended before that."""

    @property
    def ends(self) -> datetime:
        """The first moment at which it does not hold any more."""
        last = datetime.combine(self.until + timedelta(days=1), time(), UTC)
        return last if self.ended is None else min(last, self.ended)

    def in_force(self, now: datetime) -> bool:
        return self.at <= now < self.ends


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request for evidence to whom somebody answers for systems, to which nothing has come."""

    number: int
    party: str
    """``vendor``, ``state`` or ``county``."""
    recipient: str
    asked: date
    due: date

    def days(self, now: datetime) -> int:
        """For how many days there has been no answer."""
        return (now.astimezone(UTC).date() - self.asked).days


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
    exceptions: tuple[Exemption, ...] = ()
    """Every failure it ever accepted and everything it ever declared not to apply, oldest first."""
    said: Said = field(default_factory=Said)
    """What its people attest."""
    unanswered: tuple[Unanswered, ...] = ()
    """Open requests for evidence without an answer, oldest first."""
    declarations: tuple[Declaration, ...] = ()
    """Versions of its inventory, oldest first: those of the last 90 days and the one before them."""
