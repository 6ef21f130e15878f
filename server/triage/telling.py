"""Which turns of findings are events that people may want to hear of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hustings.verdicts import Severity
from server.notices.events import Happened
from server.store.findings_projection import Projected
from server.triage.lives import Turning
from server.triage.reading import pack


def happened(projected: Iterable[Projected], hosts: Mapping[str, str]) -> list[Happened]:
    """A critical failure that began, and any failure that came back; ``hosts`` by agent."""
    found: list[Happened] = []
    for one in projected:
        turn = one.turn
        if turn.what is not Turning.OPENED:
            continue
        known = pack().check(turn.check)
        severity = known.severity.value if known else turn.severity
        host = hosts.get(turn.agent, "")
        subject = f"{host}: {turn.check}" if host else turn.check
        data = {"finding": one.number, "check": turn.check, "agent": turn.agent, "severity": severity}
        key = f"{one.number}:{one.episode}"
        if severity == Severity.CRITICAL:
            found.append(Happened("critical-finding", key, subject, data))
        if one.episode > 1:
            found.append(Happened("finding-reopened", key, subject, data))
    return found
