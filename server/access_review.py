"""The quarterly review of access rights: whose signature stands under the difference in force (row LPR-23).

A signature is under one difference, named by its hash. It counts until the difference changes or ninety days have
passed, whichever is first. What is signed is a statement of its own, sealed with the server's key for people's word,
so that it can be shown to outsiders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
from sqlalchemy.engine import Connection

from hustings import envelope
from hustings.access import model as access
from hustings.access.model import AccessModel
from hustings.access.state import State as Database
from hustings.errors import UsageError
from hustings.facts import Missing, Reason
from hustings.times import Moment
from policies.access import canonical
from policies.access.rows import Anomaly, Row, Unread
from policies.derive import office as derived
from server import attest
from server.access_difference import Picture
from server.records import Review
from server.store import access_reviews, audit
from server.store.people import Role

SCHEMA = "hustings.access-review/1"
VALID = timedelta(days=90)
MAY_SIGN = (Role.ADMINISTRATOR, Role.STAFF)
PERSON_MAX = 128


class State(StrEnum):
    """How the review of a difference stands."""

    SIGNED = "signed"
    EXPIRED = "expired"
    """The very difference was signed, too long ago."""
    CHANGED = "changed"
    """Another difference was signed; it has changed since."""
    NEVER = "never"
    UNKNOWN = "unknown"
    """The difference in force is not known."""


class Proof(StrEnum):
    """What stands behind the hash of a difference."""

    RECOMPUTED = "recomputed"
    """The server computed the same from what the report discloses."""
    CONTRADICTED = "contradicted"
    ATTESTED = "attested"
    """Part of what it covers stays on the machine: the agent's word."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where the review of one database stands. ``last`` is the newest signature that speaks for the state."""

    state: State
    last: Review | None = None
    until: datetime | None = None


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed."""

    schema: str
    tenant: str
    agent: str
    host: str
    database: str
    difference: str
    as_of: Moment | None
    """The time that the difference speaks for."""
    person: str
    by: str
    at: Moment


def status(picture: Picture, signed: Sequence[Review]) -> Status:
    """Where the review of a database stands. ``signed`` are the office's signatures, newest first."""
    mine = [one for one in signed
            if one.agent == picture.machine.heard.agent and one.database == picture.database]
    if not picture.difference or picture.stale:
        return Status(State.UNKNOWN, mine[0] if mine else None)
    same = next((one for one in mine if one.difference == picture.difference), None)
    if same is not None:
        until = same.at + VALID
        return Status(State.SIGNED if picture.machine.now <= until else State.EXPIRED, same, until)
    return Status(State.CHANGED, mine[0]) if mine else Status(State.NEVER)


def proof(picture: Picture) -> Proof:
    """Compute the hash anew, where names leave as they are and every list is whole."""
    whole = all(one.known and one.complete and not one.counted
                for one in (picture.excess, picture.missing, picture.anomalies, picture.unread))
    if not whole or not picture.names_shared or len(picture.compared.items) != 1:
        return Proof.ATTESTED
    of = picture.compared.items[0]
    model = AccessModel(system="", database=access.Connection(of.engine), digest=of.model)
    state = Database(of.engine, version="", database=of.database, as_of="", user="", principals=())
    rows = sorted((*picture.excess.items, *picture.missing.items),
                  key=lambda one: (one.account, one.object, one.kind, one.column, one.right))
    computed = canonical.Hashing()
    for line in canonical.lines(
            model, state,
            [Row(one.account, one.object, one.kind, one.column or None, one.right, one.state) for one in rows],
            [Anomaly(one.catalogue, one.object or None, one.account or None, "") for one in picture.anomalies.items],
            [Unread(one.catalogue, "") for one in picture.unread.items]):
        computed.add(line)
    return Proof.RECOMPUTED if computed.hex == picture.difference else Proof.CONTRADICTED


def reported(picture: Picture, signed: Sequence[Review]) -> derived.AccessReview:
    """The line of ``office.access_reviews`` about a database."""
    found = status(picture, signed)
    if found.state is State.UNKNOWN:
        why = picture.why_unknown or Missing(Reason.STALE, "the last report is too old")
        return derived.AccessReview(picture.machine.name, picture.database, None, None, missing=why)
    if proof(picture) is Proof.CONTRADICTED:
        why = Missing(Reason.ERROR, "the hash is not that of the rights and faults in the report")
        return derived.AccessReview(picture.machine.name, picture.database, None, None, missing=why)
    last = found.last if found.state in (State.SIGNED, State.EXPIRED) else None
    return derived.AccessReview(picture.machine.name, picture.database, picture.difference, last.at if last else None,
                                last.person if last else "")


def sign(connection: Connection, tenant: str, picture: Picture, difference: str, *, person: str, by: str,
         key_file: Path) -> Review:
    """Put ``person``'s name under the difference in force.

    ``difference`` is the hash that they read. Raises ``UsageError`` if that is not the one in force, is not known
    or too old, or the name is none; ``ConfigError`` and ``CannotFinish`` as the key for people's word does.
    """
    where = f"{picture.machine.name}/{picture.database}"
    if not picture.difference or picture.stale:
        raise UsageError("the difference in force is not known", where=where,
                         remedy="let the agent report again: hustings agent once")
    if difference.strip().lower().removeprefix("sha256:") != picture.difference:
        raise UsageError("the difference has changed since it was read", where=where,
                         remedy=f"read it again; in force is {picture.difference}")
    if proof(picture) is Proof.CONTRADICTED:
        raise UsageError("the hash is not that of the rights and faults in the report", where=where,
                         remedy="do not sign; find out what sent that report")
    if not person.strip() or not person.isprintable() or len(person) > PERSON_MAX:
        raise UsageError("who signs is not a name", where=where,
                         remedy=f"give 1 to {PERSON_MAX} printable characters")
    now = picture.machine.now
    statement = Statement(SCHEMA, tenant, picture.machine.heard.agent, picture.machine.name, picture.database,
                          picture.difference, picture.as_of, person.strip(), by, now)
    sealed = envelope.sign(msgspec.json.encode(statement), envelope.ACCESS_REVIEW, attest.signing_key(key_file))
    entered = access_reviews.Review(picture.machine.heard.agent, picture.database, picture.difference, now, by,
                                    person.strip())
    access_reviews.add(connection, tenant, entered, sealed)
    audit.record(connection, tenant, now, by, "access.review", picture.machine.heard.agent,
                 {"database": picture.database, "difference": picture.difference, "person": person.strip()})
    return Review(entered.agent, entered.database, entered.difference, now, entered.person, by)
