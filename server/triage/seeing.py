"""What a stored finding is at one moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from hustings.verdicts import Severity
from policies.model import Check, Pack
from server.elections.deadlines import Deadline, deadline
from server.elections.model import Election
from server.questions import area_of
from server.records import EXCEPTION, Exemption
from server.reviewers.names import Names
from server.standing import SILENT_AFTER
from server.store.findings import Stored
from server.store.inventory import Asset
from server.terms import Terms
from server.triage.acts import Alarm
from server.triage.model import Finding, State, Unseen
from server.triage.places import Machine

_NOBODY = Machine("", "", "", None, None, False)


@dataclass
class Eyes:
    """Sees findings of one office at ``now``: what they share is worked out once."""

    pack: Pack
    now: datetime
    machines: Mapping[str, Machine]
    assets: Mapping[str, Asset]
    elections: tuple[Election, ...]
    exemptions: tuple[Exemption, ...]
    names: Names
    """How whoever asks may read names."""
    _checks: dict[str, Check] = field(init=False)
    _accepted: dict[str, dict[str, Exemption]] = field(init=False, default_factory=dict)
    _rules: dict[tuple[datetime, Severity], Deadline] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._checks = {one.id: one for one in self.pack.checks}

    def finding(self, stored: Stored) -> Finding:
        """As it stands now: how severe it is, and of which row, is what this server's pack says, if it knows it."""
        known = self._checks.get(stored.check)
        severity = known.severity if known else Severity(stored.severity)
        row = known.catalogue if known else stored.catalogue
        machine = self.machines.get(stored.agent, _NOBODY)
        asset = self.assets.get(machine.name.casefold()) if stored.agent else None
        stand, now, names = stored.stand, self.now, self.names
        rule = self._rule(stored.opened, severity)
        moved = stand.due is not None and stand.due_episode == stored.episode
        due = end_of(stand.due) if moved and stand.due else rule.due
        exemption = self._exceptions(machine.name).get(stored.check) if stored.resolved is None else None
        unseen = self._unseen(stored, machine)
        return Finding(
            number=stored.number, agent=stored.agent, host=names.host(machine.name),
            site=names.site(asset.site if asset else machine.site),
            responsible=(asset.responsible if asset else "") if stored.agent else "us",
            check=stored.check, known=known, row=row, area=area_of(row), severity=severity,
            state=_state(stored, exemption), first_failed=stored.first_failed, episode=stored.episode,
            opened=stored.opened, opened_told=stored.opened_told, resolved=stored.resolved,
            resolved_told=stored.resolved_told, unseen=unseen, seen=self._seen(stored, machine), rule=rule, due=due,
            due_reason=names.text(stand.due_reason) if moved else "", overdue=stored.resolved is None and now > due,
            owner=stand.owner, owner_name=names.person(stand.owner_name),
            false_alarm=stand.false_alarm if stand.false_alarm_episode == stored.episode else Alarm.NONE,
            comments=stand.comments, exemption=exemption)

    def _rule(self, opened: datetime, severity: Severity) -> Deadline:
        key = (opened, severity)
        if key not in self._rules:
            self._rules[key] = deadline(opened, severity, self.elections)
        return self._rules[key]

    def _exceptions(self, name: str) -> dict[str, Exemption]:
        label = name.casefold()
        if label not in self._accepted:
            mine = tuple(one for one in self.exemptions if one.kind == EXCEPTION and one.asset.casefold() == label)
            self._accepted[label] = Terms(mine).accepted(self.pack, self.now) if mine else {}
        return self._accepted[label]

    def _unseen(self, stored: Stored, machine: Machine) -> Unseen:
        if stored.resolved is not None:
            return Unseen.NO
        if machine.revoked is not None:
            return Unseen.REVOKED
        if stored.agent and (machine.heard is None or self.now - machine.heard > SILENT_AFTER):
            return Unseen.SILENT
        return Unseen.REPORT if stored.unseen is not None else Unseen.NO

    def _seen(self, stored: Stored, machine: Machine) -> datetime:
        if stored.resolved is not None:
            return stored.resolved
        if stored.unseen is not None:
            return stored.unseen
        return max(stored.opened, machine.heard) if machine.heard else stored.opened


def end_of(day: date) -> datetime:
    """The last second of a day that people set."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def _state(stored: Stored, exemption: Exemption | None) -> State:
    if stored.resolved is not None:
        return State.RESOLVED
    if exemption is not None:
        return State.EXCEPTED
    return State.ACKNOWLEDGED if stored.stand.acknowledged == stored.episode else State.OPEN
