"""Whether a tenant's audit trail is the one that was written: the chain is computed anew, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from server.store import audit, audit_chain
from server.store.audit import Act
from server.store.audit_chain import Head, Line
from server.store.schema.keeping import retention_ends


class Fault(StrEnum):
    """What is wrong with the first line that does not hold."""

    CHANGED = "changed"
    """Its digest is not that of what it says: it was edited."""
    MISSING = "missing"
    """A line before it is gone, or lines stand in another order than they were written in."""
    OTHER = "other"
    """It follows another line than the one before it: one was exchanged."""
    OUTSIDE = "outside"
    """It stands in the trail and not in the chain: it was added behind the server's back."""
    BEFORE = "before"
    """What the trail held before its chain is not what the chain began with."""
    CUT = "cut"
    """The trail ends before the head that was noted down."""
    NOTED = "noted"
    """The line of the noted head's place has another digest."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that does not hold."""

    fault: Fault
    id: int | None
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found."""

    lines: int
    """Lines of the chain that were computed anew."""
    older: int
    """Lines from before the chain, which its first line seals as one."""
    head: Head | None
    broken: Broken | None


def read_head(text: str) -> Head:
    """A head as it was noted down, ``12:sha256:…``. Raises ``UsageError``."""
    number, _, digest = text.strip().partition(":")
    kind, _, digits = digest.partition(":")
    if not (number.isascii() and number.isdigit() and int(number) > 0 and kind == "sha256" and len(digits) == 64
            and set(digits) <= set("0123456789abcdef")):
        raise UsageError("that is not the head of a trail", where="--head",
                         remedy="write it as it was shown: 12:sha256: and 64 digits and letters")
    return Head(int(number), digest)


def check(connection: Connection, tenant: str, noted: Head | None = None) -> Checked:
    """Compute a tenant's chain anew. ``noted`` is a head that somebody kept: with it a trail whose end was cut off is
    found too.

    Where the office's retention removed the oldest lines, the chain is computed from the line that it noted down
    (``server.keeping.retention``). Raises ``UsageError`` for a noted head among those.
    """
    first = head = None
    previous, lines, after, older = "", 0, 0, 0
    cut = _cut(connection, tenant)
    if noted is not None and cut is not None and noted.sequence < cut.sequence:
        raise UsageError("the line of that head is no longer kept", where="--head",
                         remedy=f"compare with a head noted down later: line {cut.sequence} or after")
    met = noted is None or noted == cut
    while page := audit.every(connection, tenant, after):
        for act in page:
            if act.sequence is None:
                if first is not None or cut is not None:
                    return Checked(lines, older, head, Broken(Fault.OUTSIDE, act.id, None))
                continue
            if first is None:
                first = act
                previous, older = (cut.digest, 0) if cut else audit_chain.before(connection, tenant, act.id)
            fault = _fault(act, tenant, (cut.sequence if cut else 0) + lines + 1, previous)
            if fault is not None:
                return Checked(lines, older, head, Broken(fault, act.id, act.sequence))
            lines, previous, head = lines + 1, act.digest, Head(act.sequence, act.digest)
            if noted is not None and noted.sequence == act.sequence:
                met = True
                if noted.digest != act.digest:
                    return Checked(lines, older, head, Broken(Fault.NOTED, act.id, act.sequence))
        after = page[-1].id
    if first is None:
        older = audit_chain.before(connection, tenant)[1]
    if not met and noted is not None:
        return Checked(lines, older, head, Broken(Fault.CUT, None, (cut.sequence if cut else 0) + lines + 1))
    return Checked(lines, older, head, None)


def _cut(connection: Connection, tenant: str) -> Head | None:
    """The last line that the office's retention removed."""
    found = [Head(one["sequence"], one["hash"]) for proofs in connection.scalars(
        sa.select(retention_ends.c.proofs).where(retention_ends.c.tenant == tenant))
        if (one := proofs.get("audit"))]
    return max(found, key=lambda one: one.sequence, default=None)


def _fault(act: Act, tenant: str, expected: int, previous: str) -> Fault | None:
    """What is wrong with a line that should stand at ``expected`` after ``previous``."""
    line = Line(tenant, act.at, act.actor, act.origin, act.action, act.subject, act.detail)
    assert act.sequence is not None
    if act.digest != audit_chain.line_digest(line, act.sequence, act.previous):
        return Fault.CHANGED
    if act.sequence != expected:
        return Fault.MISSING
    if act.previous != previous:
        return Fault.BEFORE if expected == 1 else Fault.OTHER
    return None
