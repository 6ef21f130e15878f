"""How findings begin, end and come back: what each accepted report turns, beside ``evidence.ages``. Pure.

* A finding *opens* when a check fails that did not fail since its last pass, and is *resolved* by a report that says
  pass: never by silence, by an unknown or by a check that no longer applies.
* One that fails again is the same finding in its next *episode*.
* A report that no longer says that it fails, nor that it passes, leaves it *unseen* until one says either.
* An older report that arrives late (a recording) may move the beginning of an episode to an *earlier* moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from evidence.ages import FAIL, Ages


class Turning(StrEnum):
    """What a report does to a finding."""

    OPENED = "opened"
    RESOLVED = "resolved"
    EARLIER = "earlier"
    UNSEEN = "unseen"
    SEEN = "seen"


class Source(NamedTuple):
    """The report that turned something: when the server heard of it, and its place in its chain."""

    told: datetime
    epoch: str
    sequence: int


class Turn(NamedTuple):
    """One turn of one finding. ``at`` is the moment the server can vouch for; of ``UNSEEN`` the last failing one."""

    agent: str
    """Empty for the office as a whole."""
    check: str
    what: Turning
    at: datetime
    source: Source
    catalogue: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """From a failure to the report that passed; ``resolved`` and ``by`` None while it lasts."""

    opened: datetime
    opening: Source
    resolved: datetime | None = None
    by: Source | None = None


@dataclass(slots=True)
class Life:
    """One finding: its episodes, oldest first, and whether it can be seen now."""

    catalogue: str
    severity: str
    episodes: list[Episode]
    unseen: datetime | None = None

    @property
    def first_failed(self) -> datetime:
        return min(one.opened for one in self.episodes)


def turned(before: Ages, after: Ages) -> Iterator[tuple[str, Turning, datetime]]:
    """What one report turned: check, turning and moment, from what was carried before it and after it."""
    if after.failing is before.failing or after.last is None:
        return
    at = after.last.at
    for check in sorted(before.failing.keys() - after.failing.keys()):
        yield check, Turning.RESOLVED, max(at, before.failing[check])
    fails, failed = _failing(after), _failing(before)
    for check in sorted(after.failing):
        since = after.failing[check]
        if check not in before.failing:
            yield check, Turning.OPENED, since
            continue
        if since != before.failing[check]:
            yield check, Turning.EARLIER, since
        if check in failed and check not in fails and before.last is not None:
            yield check, Turning.UNSEEN, before.last.at
        elif check in fails and check not in failed:
            yield check, Turning.SEEN, at


def after(life: Life | None, turn: Turn) -> Life | None:
    """A finding after one more turn; None where there is none to turn."""
    opening = turn.what is Turning.OPENED
    if life is None:
        return Life(turn.catalogue, turn.severity, [Episode(turn.at, turn.source)]) if opening else None
    last = life.episodes[-1]
    if opening:
        life.catalogue, life.severity, life.unseen = turn.catalogue, turn.severity, None
        life.episodes.append(Episode(turn.at, turn.source))
    elif turn.what is Turning.RESOLVED:
        life.unseen = None
        life.episodes[-1] = Episode(last.opened, last.opening, turn.at, turn.source)
    elif turn.what is Turning.EARLIER:
        life.episodes[-1] = Episode(turn.at, last.opening, last.resolved, last.by)
    else:
        life.unseen = turn.at if turn.what is Turning.UNSEEN else None
    return life


def _failing(one: Ages) -> frozenset[str]:
    if one.last is None:
        return frozenset()
    return frozenset(check for check, letter in zip(one.last.checks, one.last.vector, strict=True) if letter == FAIL)
