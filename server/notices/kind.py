"""One kind of event: what it is called, how it is said, to whom, how soon."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from server.store.people import Role

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
TECHNICAL = frozenset({Role.ADMINISTRATOR, Role.STAFF})
DECIDING = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
OFFICE = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
EVERYBODY = frozenset(Role)

Data = Mapping[str, Any]


class Timing(StrEnum):
    """How soon a person is told."""

    NOW = "now"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


def occurrences(found: Sequence[Data]) -> int:
    """An event counts once."""
    return len(found)


@dataclass(frozen=True, slots=True)
class Kind:
    """Texts are marked with ``N_`` where they are written; ``one`` and ``many`` are a plural pair of ``%(count)s``.

    They name no machine, no weakness and no person: whoever reads a mailbox learns a number and a link.
    """

    name: str
    title: str
    """What a person chooses by."""
    one: str
    many: str
    path: str
    """After the language: where the particulars are."""
    order: int
    told: frozenset[Role] = TECHNICAL
    """Who is told unless they choose otherwise."""
    may: frozenset[Role] = OFFICE
    """Who may choose it."""
    timing: Timing = Timing.DAILY
    """How soon, unless chosen otherwise."""
    critical: bool = False
    """Whether it may break quiet hours, where the person says so."""
    in_freeze: bool = True
    """Whether it matters while nothing may be changed for an election; what does not is held back and counted."""
    count: Callable[[Sequence[Data]], int] = occurrences
    """How many the events of one message are, from their data."""
