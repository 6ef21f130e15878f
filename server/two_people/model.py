"""Who acts, what may be asked for, and where what was asked for stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from sqlalchemy.engine import Connection

from policies.model import Text
from server.engagement import Engagement
from server.store.people import Person, Role
from server.store.proposals import Decision, Payload, Proposal, State
from server.store.sessions import Session

__all__ = ["Action", "Actor", "Decision", "Payload", "Proposal", "State", "Value", "Word"]

GOOD_FOR = timedelta(days=14)
"""How long a proposal waits, unless its action says otherwise."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person who is signed in, or whoever is at the console."""

    by: str
    """As the audit trail writes it: ``person:NAME``, ``reviewer:NAME@HANDLE`` (another tenant's), ``console:LOGIN``."""
    person: int | None
    """Their row of ``people``. At the console the person whom it names, if it names one."""
    role: Role | None
    """None at the console."""
    engagement: Engagement | None = None
    """Of a reviewer."""

    @property
    def name(self) -> str:
        """``by`` without its kind."""
        return self.by.partition(":")[2]

    @property
    def signed_in(self) -> bool:
        """Whether it is a person whom the server knows, and not a claim made at its console."""
        return self.role is not None

    @classmethod
    def of(cls, session: Session) -> Actor:
        """Whoever is signed in."""
        return cls(session.actor, session.person, session.role, session.engagement)

    @classmethod
    def console(cls, by: str, person: Person | None = None) -> Actor:
        """Whoever is at the console (``console:LOGIN``), who may name the person of the office they are."""
        return cls(by, person.id if person else None, None)


class Word(str):
    """A value of a description that is a text to translate, marked with ``N_`` where it is written."""

    __slots__ = ()


Value: TypeAlias = str | Word | Text | date | datetime | int


def _always(_connection: Connection, _tenant: str, _payload: Payload, _now: datetime) -> None:
    """Nothing to check."""


def _whole(_payload: Payload, engagement: Engagement) -> bool:
    return engagement.whole


@dataclass(frozen=True, slots=True)
class Action:
    """Something that one person asks for and another approves.

    A module of ``server.two_people.actions`` has one as ``ACTION``; it is found by its being there.
    """

    name: str
    """Noun and verb: ``exception.add``."""
    title: str
    """What happens, as a heading: marked with ``N_``."""
    may_propose: frozenset[Role]
    may_approve: frozenset[Role]
    """With ``Role.REVIEWER``: an outside reviewer whose engagement covers it may be the second person."""
    describe: Callable[[Payload], Sequence[tuple[str, Value]]]
    """Exactly what will happen: labels (marked with ``N_``) and values."""
    run: Callable[[Connection, str, Payload, Proposal, datetime], None]
    """Do it, in the transaction of the approval; ``proposal.decision`` says who approved. Must check again that it may
    be done, and raise ``UsageError`` where it may not: then nothing is done and the proposal still waits."""
    check: Callable[[Connection, str, Payload, datetime], None] = _always
    """Raises ``UsageError`` where it could not be done now. Asked when it is proposed and again before ``run``."""
    within: Callable[[Payload, Engagement], bool] = _whole
    """Whether a reviewer may see it and decide on it; unless told, only with the whole office in view."""
    good_for: timedelta = GOOD_FOR
