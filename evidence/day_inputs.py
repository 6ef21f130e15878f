"""What a day's points are made of: plain records, whatever they were read from.

A day ends at midnight UTC. It counts what the server had *received* by then and nothing later: a report that arrives
late is counted on the day on which it arrives, so that a closed day never changes.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from evidence.deadlines import Voting
from policies.derive.attested import Said
from policies.derive.office import AccessReview

NOT_APPLICABLE, EXCEPTION = "not_applicable", "exception"


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One accepted report, as far as a day reads it."""

    number: int
    """Its number in the server's store."""
    digest: str
    """Of its signed payload."""
    host: str
    at: datetime
    """When its verdicts were true, as far as the server can vouch."""
    clock_off: bool
    pack: str
    """The digest of the pack that judged."""
    roles: tuple[str, ...]
    checks: tuple[str, ...]
    vector: str
    """One letter for each of ``checks``: p, f, u, n."""
    overridden: tuple[str, ...] = ()
    """Checks that were judged with another threshold than the pack's."""


class Machine(msgspec.Struct, frozen=True, array_like=True):
    """One enrolled machine at the day's end."""

    agent: str
    host: str
    """The name it enrolled under."""
    roles: tuple[str, ...]
    """The roles its enrolment gave it."""
    recorded: bool
    """Whether people record it, since no agent runs there."""
    line: Line | None
    failing: dict[str, datetime]
    """Since when checks fail without a pass in between (``evidence.ages``)."""

    @property
    def name(self) -> str:
        return self.line.host if self.line and self.line.host else self.host


class Asset(msgspec.Struct, frozen=True, array_like=True):
    """One line of the inventory in force."""

    name: str
    roles: tuple[str, ...]
    site: str
    responsible: str
    mirror_of: str = ""


class Exemption(msgspec.Struct, frozen=True, array_like=True):
    """A statement in force that something does not apply to an asset."""

    number: int
    subject: str
    asset: str
    seconded: bool


class Inputs(msgspec.Struct, frozen=True):
    """Everything that decides the points of one day, beside the rules."""

    day: date
    machines: tuple[Machine, ...]
    """Those whose reports are taken, by id."""
    assets: tuple[Asset, ...] | None
    """The inventory in force; None where none was declared."""
    exemptions: tuple[Exemption, ...] = ()
    elections: tuple[Voting, ...] = ()
    voting_days: tuple[date, ...] = ()
    reviews: tuple[AccessReview, ...] = ()
    said: Said | UnsetType = UNSET
    """What people attested; unset by rules that ask nobody."""


def ends(day: date) -> datetime:
    """The first moment that is no longer in the day."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def digest(inputs: Inputs, rules: str) -> str:
    """``sha256:`` and the hash of the inputs' JSON and the digest of the rules.

    Of each report it covers the digest of its signed payload in place of what the payload says.
    """
    said = msgspec.structs.replace(inputs, machines=tuple(
        one if one.line is None else msgspec.structs.replace(
            one, line=msgspec.structs.replace(one.line, number=0, checks=())) for one in inputs.machines))
    hashed = hashlib.sha256(rules.encode())
    hashed.update(msgspec.json.encode(said, order="sorted"))
    return "sha256:" + hashed.hexdigest()
