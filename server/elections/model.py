"""Elections and the windows that rules put around them. Plain records, whatever file or table they came from."""

from __future__ import annotations

from datetime import date
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


class Window(msgspec.Struct, frozen=True):
    """First and last day included. ``rule`` says where it comes from ("template us-federal", "county order 12")."""

    kind: WindowKind
    first: date
    last: date
    rule: str = ""


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
