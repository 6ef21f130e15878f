"""Whether a verified payload may join its agent's chain. Pure: what is known in, a decision out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.store.agents import State


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an agent stands: who it is, and the last payload accepted from it."""

    tenant: str
    agent: str
    state: State
    epoch: str | None = None
    sequence: int = 0
    digest: str | None = None
    inventory: str | None = None
    """Digest of the last accepted inventory section."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a payload says of its place. ``first`` differs from ``last`` in lost statements only."""

    tenant: str
    agent: str
    epoch: str
    first: int
    last: int
    previous: str | None
    digest: str
    """Of the payload's own bytes."""
    same_inventory: str | None = None
    """The digest it names in place of an inventory."""


class Decision(StrEnum):
    ACCEPT = "accept"
    REPEAT = "repeat"
    FORK = "fork"
    GAP = "gap"
    NEED_FULL = "need_full"
    REVOKED = "revoked"
    OTHER_AGENT = "other_agent"


@dataclass(frozen=True, slots=True)
class Ruling:
    decision: Decision
    expected: int = 0
    """The sequence the server wants next in this epoch (``GAP`` and ``FORK``)."""
    why: str = ""


def decide(standing: Standing, claim: Claim, accepted: str | None, epoch_seen: bool) -> Ruling:
    """Rule on a payload whose signature by ``standing``'s key has been verified.

    ``accepted`` is the digest of what was accepted at ``claim``'s epoch and last sequence, or None;
    ``epoch_seen`` says whether anything was ever accepted in ``claim``'s epoch. In order:

    1.  A payload that names another tenant or agent than its key's is ``OTHER_AGENT``.
    2.  Nothing is taken from an agent that is not approved: ``REVOKED``, repeats included.
    3.  The same payload at the same place, in any epoch, is a ``REPEAT`` and gets its old receipt.
    4.  In the current epoch:
        a.  a first sequence at or below the last accepted one is a ``FORK``: the place is taken by
            other bytes, or was declared lost;
        b.  a first sequence past the next one is a ``GAP``, and the next one is expected;
        c.  the next sequence must name the last accepted payload as ``previous``, else ``FORK``.
    5.  An epoch that another has replaced never resumes: ``FORK``.
    6.  A new epoch starts at sequence 1 (else ``GAP``, 1 expected) and names as ``previous`` nothing or
        the last accepted payload of the epoch before (else ``FORK``).
    7.  What would be accepted but names an inventory that is not the last accepted one is ``NEED_FULL``.
    8.  The rest is ``ACCEPT``.
    """
    if (claim.tenant, claim.agent) != (standing.tenant, standing.agent):
        return Ruling(Decision.OTHER_AGENT)
    if standing.state is not State.APPROVED:
        return Ruling(Decision.REVOKED)
    if accepted == claim.digest:
        return Ruling(Decision.REPEAT)
    refusal = _in_epoch(standing, claim) if claim.epoch == standing.epoch else _new_epoch(standing, claim, epoch_seen)
    if refusal is not None:
        return refusal
    if claim.same_inventory is not None and claim.same_inventory != standing.inventory:
        return Ruling(Decision.NEED_FULL)
    return Ruling(Decision.ACCEPT)


def _in_epoch(standing: Standing, claim: Claim) -> Ruling | None:
    expected = standing.sequence + 1
    if claim.first < expected:
        return Ruling(Decision.FORK, expected, "other bytes were accepted at this sequence")
    if claim.first > expected:
        return Ruling(Decision.GAP, expected)
    if claim.previous != standing.digest:
        return Ruling(Decision.FORK, expected, "it does not name the last accepted payload as its previous one")
    return None


def _new_epoch(standing: Standing, claim: Claim, epoch_seen: bool) -> Ruling | None:
    if epoch_seen:
        return Ruling(Decision.FORK, 0, "its epoch was replaced by a later one")
    if claim.first != 1:
        return Ruling(Decision.GAP, 1)
    if claim.previous not in (None, standing.digest):
        return Ruling(Decision.FORK, 1, "a new epoch names nothing, or the last accepted payload, as its previous one")
    return None


def following(standing: Standing, claim: Claim, inventory: str | None) -> Standing:
    """Where the agent stands once ``claim`` is accepted; ``inventory`` is the section it leaves in force."""
    return Standing(standing.tenant, standing.agent, standing.state, claim.epoch, claim.last, claim.digest,
                    inventory or standing.inventory)
