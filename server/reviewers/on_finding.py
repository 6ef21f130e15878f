"""What reviewers and the office say to each other on one finding: proposed repairs, and whether it is a false alarm.

All of it is an overlay. A false alarm that the office agrees to is shown beside the finding; the recorded result stays,
the finding stays open until a report passes, and the grade counts it as before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from server.reviewers.known import known
from server.reviewers.names import Names
from server.store import findings
from server.store.people import Role
from server.store.sessions import Session
from server.store.statements import Statement
from server.triage.acting import MAY_DECIDE, MAY_WRITE
from server.triage.acts import Act, Alarm, Kind
from server.triage.model import Finding


@dataclass(frozen=True, slots=True)
class Talk:
    """The state of the talk on one finding, and what its reader may add."""

    number: int
    alarm: Alarm
    claim: Act | None
    """The last time that somebody called it a false alarm."""
    decision: Act | None
    """What the office said to that."""
    fixes: tuple[Act, ...]
    """Repairs that were proposed, oldest first."""
    may_propose: bool
    may_claim: bool
    may_decide: bool
    agreed: bool
    names: Names

    def by(self, act: Act) -> str:
        """Who said it. Reviewers are named to each side; people of the office may be pseudonyms."""
        return act.name if act.by.startswith("reviewer:") else self.names.person(act.name)

    def text(self, act: Act) -> str:
        return self.names.text(act.text)


def of(connection: Connection, session: Session, finding: Finding) -> Talk:
    """The talk on a finding that ``session`` may see."""
    acts = findings.acts(connection, session.tenant, finding.number)
    claim = _last(acts, Kind.FALSE_ALARM)
    decision = _last(acts, Kind.FALSE_ALARM_DECIDED)
    if claim is None or (decision is not None and decision.id < claim.id):
        decision = None
    unresolved = finding.resolved is None
    own = claim is not None and claim.person == session.person
    hidden = session.engagement is not None and not session.engagement.names_shown
    return Talk(
        finding.number, finding.false_alarm, claim, decision,
        tuple(one for one in acts if one.kind is Kind.PROPOSE_FIX),
        may_propose=unresolved and session.role in MAY_WRITE,
        may_claim=unresolved and session.role in MAY_WRITE and finding.false_alarm is not Alarm.CLAIMED,
        may_decide=(session.role in MAY_DECIDE and session.role is not Role.REVIEWER
                    and finding.false_alarm is Alarm.CLAIMED and not own),
        agreed=finding.false_alarm is Alarm.ACCEPTED,
        names=Names(session.engagement, known(connection, session.tenant)) if hidden else Names())


def _last(acts: list[Act], kind: Kind) -> Act | None:
    return next((one for one in reversed(acts) if one.kind is kind), None)


def replies(said: Iterable[Statement], names: Names) -> tuple[Statement, ...]:
    """Statements as their reader may see them: names of the office's people and machines hidden where they are."""
    return tuple(replace(one, name=names.person(one.name) if one.party == "office" else names.text(one.name),
                         organisation=names.text(one.organisation), text=names.text(one.text)) for one in said)
