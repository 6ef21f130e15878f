"""What an engagement report is made of: what was in view, what was found, what people say, what was not looked at.

The reviewer's copy says names as the engagement shows them. The office's copy has the real names, each with the
pseudonym that the reviewer knows it by, so that both can talk of the same machine.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from hustings.verdicts import SEVERITIES, Verdict
from server import publishing, statements
from server.engagement import Engagement
from server.questions import area_of
from server.records import Office
from server.reviewers.known import known
from server.reviewers.names import Names
from server.reviewers.on_finding import replies
from server.store import findings, pseudonym_keys, review_trail
from server.store.engagements import Granted
from server.triage.acts import Act, Kind
from server.triage.model import Filter, Finding
from server.triage.reading import every

_SAID = (Kind.COMMENT, Kind.PROPOSE_FIX, Kind.FALSE_ALARM, Kind.FALSE_ALARM_DECIDED)
_OPENED = re.compile(r"/findings/(\d+)(?:[/?#]|$)")
VIEWS = 20_000
"""Lines of the trail that are read, at most, to see which findings were opened."""


@dataclass(frozen=True, slots=True)
class Said:
    """A statement, a comment, a proposed repair, or a word on a false alarm."""

    at: datetime
    kind: str
    """A ``Kind``, or ``office`` or ``vendor`` for a statement."""
    by: str
    text: str
    agreed: bool | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One finding with all that was said of it."""

    finding: Finding
    machine: str
    opened: bool
    """Whether the reviewer opened its page."""
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Reported:
    engagement: Engagement
    granted: Granted
    office: str
    names: Names
    """The names of this copy."""
    handling: str
    machines: tuple[str, ...]
    """Those in view, by the names of this copy."""
    of_machines: int
    """How many the office has."""
    told: tuple[Told, ...]
    """Findings that were open during the engagement, the severest first."""
    unknown: tuple[tuple[str, int], ...]
    """Checks in view that could not be made, with the number of machines."""
    silent: tuple[str, ...]
    """Machines in view that have never reported."""
    viewed: int
    exported: int
    first: datetime | None
    """The first and the last moment of looking."""
    last: datetime | None


def engagement_of(connection: Connection, tenant: str, granted: Granted, office: str) -> Engagement:
    """The engagement behind what the office sees, whether it still holds or not."""
    terms = granted.terms
    return Engagement(granted.id, tenant, 0, terms.machines, terms.areas, terms.names_shown, terms.until, terms.basis,
                      granted.at, granted.revoked, office,
                      pseudonym_keys.key(connection, tenant, f"engagement:{granted.id}"))


def read(connection: Connection, office: Office, engagement: Engagement, granted: Granted, now: datetime, *,
         own: bool) -> Reported:
    """Gather the report. ``own``: for the office itself, with real names."""
    tenant = engagement.tenant
    aliases = Names(engagement)
    names = Names() if own else Names(engagement, known(connection, tenant))
    eyes = replace(engagement, names_shown=True) if own else engagement
    began = granted.accepted or granted.at
    shown = review_trail.shown(connection, tenant, engagement.id, limit=VIEWS)
    opened = {int(found[1]) for one in shown if (found := _OPENED.search(one.place)) and len(found[1]) < 16}
    acts: dict[int, list[Act]] = {}
    for act in findings.acts(connection, tenant):
        acts.setdefault(act.finding, []).append(act)
    spoken = statements.every(connection, tenant)
    told = []
    for one in every(connection, tenant, Filter(engagement=eyes, states=frozenset()), now):
        if one.resolved is not None and one.resolved < began:
            continue
        said = [Said(each.at, each.party, ", ".join(filter(None, (each.name, each.organisation))), each.text)
                for each in replies(spoken.get(one.number, ()), names)]
        said += [_act(each, names) for each in acts.get(one.number, ()) if each.kind in _SAID]
        told.append(Told(one, _machine(one, own, engagement, aliases), one.number in opened,
                         tuple(sorted(said, key=lambda each: each.at))))
    told.sort(key=lambda one: (SEVERITIES.index(one.finding.severity), one.finding.opened, one.finding.number))
    inside = [one for one in office.machines if not one.revoked
              and (not engagement.machines or one.agent in engagement.machines)]
    label = (lambda host: _both(host, engagement, aliases)) if own else names.host
    unknown = Counter(result.check for one in inside if one.report for result in one.report.results
                      if result.verdict is Verdict.UNKNOWN
                      and engagement.covers(one.agent, area_of(result.catalogue)))
    viewed, exported = review_trail.counts(connection, tenant, engagement.id)
    return Reported(
        engagement, granted, office.name, names, publishing.handling(connection, tenant),
        tuple(sorted(label(one.report.host if one.report else one.host) for one in inside)),
        sum(not one.revoked for one in office.machines), tuple(told),
        tuple(sorted(unknown.items(), key=lambda one: (-one[1], one[0]))),
        tuple(sorted(label(one.host) for one in inside if one.report is None)), viewed, exported,
        shown[-1].at if shown else None, shown[0].at if shown else None)


def _act(act: Act, names: Names) -> Said:
    by = act.name if act.by.startswith("reviewer:") else names.person(act.name)
    agreed = bool(act.data.get("accepted")) if act.kind is Kind.FALSE_ALARM_DECIDED else None
    return Said(act.at, act.kind.value, by, names.text(act.text), agreed)


def _machine(one: Finding, own: bool, engagement: Engagement, aliases: Names) -> str:
    return _both(one.host, engagement, aliases) if own and one.agent else one.host


def _both(host: str, engagement: Engagement, aliases: Names) -> str:
    return host if engagement.names_shown else f"{host} ({aliases.host(host)})"
