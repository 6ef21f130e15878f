"""Elections and the windows that rules put around them. Plain records, whatever file or table they came from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from server.planning.model import Scale


class WindowKind(StrEnum):
    """What a window around an election is for."""

    FREEZE = "freeze"
    """Nothing that voting rests on is changed."""
    LOGIC_AND_ACCURACY = "logic_and_accuracy"
    """Every voting unit is tested in public."""
    NOMINATION = "nomination"
    UOCAVA = "uocava"
    """Ballots are out to military and overseas voters."""
    ADVANCE = "advance"
    """Voting before voting day: early, advance, by mail."""
    CANVASS = "canvass"
    AUDIT = "audit"
    CERTIFICATION = "certification"


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """First and last day included. ``rule`` is where the office says it comes from ("county order 12")."""

    kind: WindowKind
    first: date
    last: date
    rule: str = ""
    equipment: tuple[str, ...] = ()
    """Of a freeze: the kinds of equipment it binds; none named: all."""

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


class Election(msgspec.Struct, frozen=True, kw_only=True):
    """One election of an office. Voting may take several days: ``first`` to ``last``."""

    id: str
    name: str
    first: date
    last: date
    scale: Scale = Scale.LARGE
    template: str = ""
    called: bool = False
    """Called suddenly: nobody could plan for it before."""
    windows: tuple[Window, ...] = ()

    def of(self, *kinds: WindowKind) -> tuple[Window, ...]:
        """Its windows of some kinds, by their first day."""
        return tuple(sorted((one for one in self.windows if one.kind in kinds), key=lambda one: (one.first, one.last)))

    @property
    def ends(self) -> date:
        """The last day of its last window, or of voting."""
        return max((self.last, *(one.last for one in self.windows)))

    @property
    def certified(self) -> date:
        """The day by which its result is certified: of the last certification window, else of the last of all."""
        windows = self.of(WindowKind.CERTIFICATION)
        return max(one.last for one in windows) if windows else self.ends


def in_order(elections: Iterable[Election]) -> tuple[Election, ...]:
    """By the first voting day, then by name."""
    return tuple(sorted(elections, key=lambda one: (one.first, one.last, one.name, one.id)))


def voting_days(elections: Iterable[Election]) -> tuple[date, ...]:
    """Every day of voting, in order. Where voting takes several days, thresholds that tighten towards a voting day
    count to the first and stay tight to the last."""
    return tuple(sorted({one.first + timedelta(days=number) for one in elections
                         for number in range((one.last - one.first).days + 1)}))
