"""What people do about findings, and what their acts come to. Pure.

An act is an overlay: it is written down beside a finding and changes neither a recorded result nor a grade. What is
said of one episode (seen to, due another day, a false alarm) says nothing of the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """``data`` of an act by its kind: ``assign`` ``{"person": number or None, "name": text}``; ``due``
    ``{"due": "2026-12-01" or None, "rule": …, "approved_by": …}``; ``false_alarm_decided`` ``{"accepted": bool}``."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    DUE = "due"
    COMMENT = "comment"
    PROPOSE_FIX = "propose_fix"
    FALSE_ALARM = "false_alarm"
    FALSE_ALARM_DECIDED = "false_alarm_decided"


WRITTEN = frozenset({Kind.COMMENT, Kind.PROPOSE_FIX, Kind.FALSE_ALARM, Kind.FALSE_ALARM_DECIDED})
"""Acts whose words are what matters."""


class Alarm(StrEnum):
    """Whether somebody holds a finding for a false alarm."""

    NONE = ""
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it was written down."""

    id: int
    finding: int
    episode: int
    at: datetime
    by: str
    """``person:NAME`` or ``console:LOGIN``."""
    person: int | None
    kind: Kind
    text: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Who did it, without the prefix."""
        return self.by.partition(":")[2] or self.by


@dataclass(frozen=True, slots=True)
class Stand:
    """What the acts of one finding come to. Whatever belongs to an episode names it."""

    owner: int | None = None
    owner_name: str = ""
    acknowledged: int = 0
    """The episode that was; 0 for none."""
    due: date | None = None
    due_episode: int = 0
    due_reason: str = ""
    false_alarm: Alarm = Alarm.NONE
    false_alarm_episode: int = 0
    comments: int = 0


def following(stand: Stand, act: Act) -> Stand:
    """After one more act."""
    if act.kind is Kind.ACKNOWLEDGE:
        return replace(stand, acknowledged=act.episode)
    if act.kind is Kind.ASSIGN:
        return replace(stand, owner=act.data.get("person"), owner_name=act.data.get("name", ""))
    if act.kind is Kind.DUE:
        due = act.data.get("due")
        return replace(stand, due=date.fromisoformat(due) if due else None, due_episode=act.episode,
                       due_reason=act.text)
    if act.kind is Kind.FALSE_ALARM:
        return replace(stand, false_alarm=Alarm.CLAIMED, false_alarm_episode=act.episode)
    if act.kind is Kind.FALSE_ALARM_DECIDED:
        decided = Alarm.ACCEPTED if act.data.get("accepted") else Alarm.REJECTED
        return replace(stand, false_alarm=decided, false_alarm_episode=act.episode)
    return replace(stand, comments=stand.comments + 1)


def stand(acts: Iterable[Act]) -> Stand:
    """The same from nothing: the acts of one finding, oldest first."""
    found = Stand()
    for one in acts:
        found = following(found, one)
    return found
