"""A finding as people see it at one moment, and what a list of them is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hustings.verdicts import Severity
from policies.model import Check
from server.elections.deadlines import Deadline
from server.engagement import Engagement
from server.records import Exemption
from server.triage.acts import Alarm


class State(StrEnum):
    """``EXCEPTED``: a signed exception accepts it for now; it still counts as a failure. ``RESOLVED``: a later report
    passed."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    EXCEPTED = "excepted"
    RESOLVED = "resolved"


UNRESOLVED = frozenset({State.OPEN, State.ACKNOWLEDGED, State.EXCEPTED})


class Unseen(StrEnum):
    """Why a failure that nobody has seen to pass cannot be seen now."""

    NO = ""
    REPORT = "report"
    """The machine's reports no longer say: unknown, not applicable, or not mentioned."""
    SILENT = "silent"
    """The machine has not reported for a week."""
    REVOKED = "revoked"
    """The machine's reports are taken no longer."""


class News(StrEnum):
    """What happened since a moment."""

    NEW = "new"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    COMMENTED = "commented"


class FixKind(StrEnum):
    """What a repair takes: on any platform, as the check's fixes say."""

    MINUTES = "S"
    HOURS = "M"
    DAYS = "L"
    REBOOT = "reboot"
    MONEY = "money"
    """Something at the end of its support: to be replaced, or extended for money."""


class Order(StrEnum):
    DUE = "due"
    """The first due first, then the severest; what is resolved comes last, the latest first."""
    NUMBER = "number"
    """As they were numbered: the one order in which ``after`` is steady while findings change."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One failing check on one machine, or of the office as a whole, at one moment."""

    number: int
    agent: str
    """Empty for the office as a whole."""
    host: str
    """The machine's name, or its pseudonym for who may not know it; empty for the office."""
    site: str
    responsible: str
    """``us``, ``vendor``, ``state``, ``county``; empty for a machine that is not in the inventory."""
    check: str
    known: Check | None
    """The check in this server's pack; None where it has none of that name."""
    row: str
    """The row of the catalogue."""
    area: str
    severity: Severity
    state: State
    first_failed: datetime
    episode: int
    opened: datetime
    opened_told: datetime
    resolved: datetime | None
    resolved_told: datetime | None
    unseen: Unseen
    seen: datetime
    """When it was last seen to fail, as far as the server knows."""
    rule: Deadline
    """By when it must be gone by the catalogue and the calendar."""
    due: datetime
    """The same, or what people set in its place."""
    due_reason: str
    """Why people set another day; empty where they did not."""
    overdue: bool
    owner: int | None
    owner_name: str
    false_alarm: Alarm
    comments: int
    exemption: Exemption | None = None
    """What accepts it for now."""
    commented: datetime | None = None
    """When somebody else last wrote about it, where that was asked for."""

    @property
    def reopened(self) -> bool:
        return self.episode > 1

    @property
    def due_changed(self) -> bool:
        return self.due != self.rule.due


@dataclass(frozen=True, slots=True)
class Filter:
    """Which findings. What is empty or None asks nothing; ``engagement`` narrows to what a reviewer may see, and
    shows pseudonyms for names where it says so."""

    engagement: Engagement | None = None
    states: frozenset[State] = UNRESOLVED
    severities: frozenset[Severity] = frozenset()
    areas: frozenset[str] = frozenset()
    check: str = ""
    row: str = ""
    """A row of the catalogue."""
    agent: str | None = None
    """A machine's id; empty for the office as a whole."""
    site: str = ""
    responsible: str | None = None
    """``us`` …; empty for machines that are not in the inventory."""
    owner: int | None = None
    """A person's number; 0 for nobody."""
    fix: FixKind | None = None
    overdue: bool = False
    false_alarm: Alarm | None = None
    news: News | None = None
    since: datetime | None = None
    """With ``news``: since when."""
    viewer: int | None = None
    """With ``news``: who asks; their own comments are none to them."""
    text: str = ""
    """Every word of it is in the title, the plain sentence or the machine's name; in ``language`` alone."""
    language: str = "en"
    order: Order = Order.DUE
