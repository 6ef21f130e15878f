"""Findings: listed, read, and what people do about them.

A token acts as its maker. It never decides: whether something is a false alarm, and a day later than the rule's, are
for people at their pages.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from hustings.times import Moment
from hustings.verdicts import Severity
from server import statements
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import act, read
from server.api.paging import Page, Paged, cursor, key
from server.api.reports import LAST, Number
from server.api.words import Words, words
from server.reviewers.known import known
from server.reviewers.names import Names
from server.store import findings as store
from server.triage import acting, reading
from server.triage.acts import Act as Acted
from server.triage.acts import Kind
from server.triage.model import UNRESOLVED, Filter, Order, State
from server.triage.model import Finding as Found

_READ = rules.api("findings:read", reviewing=Reviewing.SCOPED)
_WRITE = rules.api("findings:write", reviewing=Reviewing.SCOPED)
Numbers = Annotated[list[Number], msgspec.Meta(min_length=1, max_length=acting.AT_ONCE)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Done = Literal["acknowledge", "assign", "due", "comment", "propose_fix", "false_alarm"]


class Finding(msgspec.Struct, frozen=True):
    """A failing check on one machine, or of the office as a whole."""

    number: int
    machine: str
    """The id of the machine; empty for the office as a whole."""
    name: str
    """The machine's name; its pseudonym for a reviewer who may not know it."""
    site: str
    responsible: str
    check: str
    title: Words | None
    row: str
    severity: str
    state: str
    """open, acknowledged, excepted (accepted for a while, and still a failure) or resolved (a later report passed)."""
    first_failed: Moment
    opened: Moment
    """When the present episode began, or the last one."""
    episode: int
    """2 or more: it came back."""
    resolved: Moment | None
    due: Moment
    due_reason: str
    """Why people set another day than the rule's."""
    overdue: bool
    owner: str
    unseen: str
    """Why nobody can see now whether it still fails: report, silent or revoked; empty where it was seen."""
    false_alarm: str
    """claimed, accepted or rejected; empty where nobody says so."""
    exception: int | None
    """The number of the exception that accepts it for now."""
    comments: int


class Act(msgspec.Struct, frozen=True):
    """What somebody did about a finding."""

    at: Moment
    by: str
    kind: str
    text: str
    episode: int


class Statement(msgspec.Struct, frozen=True):
    """What the office or a named vendor says about a finding. It changes nothing of what was measured."""

    at: Moment
    party: str
    """office or vendor."""
    name: str
    organisation: str
    text: str


class Episode(msgspec.Struct, frozen=True):
    """An earlier time that it failed."""

    opened: Moment
    resolved: Moment | None


class FindingInFull(msgspec.Struct, frozen=True):
    """A finding with its history."""

    finding: Finding
    episodes: list[Episode]
    """Earlier ones, the oldest first."""
    acts: list[Act]
    statements: list[Statement]


class FindingsAsked(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which findings. What is empty asks nothing."""

    state: Literal["", "open", "acknowledged", "excepted", "resolved", "all"] = ""
    """Empty: all that are not resolved."""
    severity: Literal["", "critical", "high", "medium", "low"] = ""
    area: Name = ""
    check: Name = ""
    row: Name = ""
    machine: Name = ""
    """The id of a machine."""
    site: Name = ""
    overdue: bool = False
    text: Name = ""
    """Every word of it is in the English title, the plain sentence or the machine's name."""


class Doing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to do about a finding."""

    kind: Done
    text: Annotated[str, msgspec.Meta(max_length=acting.TEXT_MAX)] = ""
    person: Annotated[int, msgspec.Meta(ge=1, le=LAST)] | None = None
    """With assign: to whom; null for nobody."""
    due: date | None = None
    """With due: the day; null for the rule's own. A later day than the rule's needs a second person, at the page."""


class DoingToMany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same about several findings: about all of them, or about none."""

    numbers: Numbers
    do: Doing


class Acts(msgspec.Struct, frozen=True):
    """How many acts were written down."""

    done: int


@read("/v1/findings", _READ)
def findings(call: Call, asked: FindingsAsked) -> Page[Finding]:
    """Findings by their number."""
    after = key(asked.after, tuple[int])
    with call.database.read(call.tenant) as connection:
        listed = reading.query(connection, call.tenant, _filter(call, asked), call.now, limit=asked.limit,
                               after=after[0] if after else 0)
    return Page([finding_of(one) for one in listed.findings],
                cursor(listed.findings[-1].number) if listed.more else None)


@read("/v1/findings/{number:str}", _READ)
def finding(call: Call, number: Number) -> FindingInFull:
    """One finding with its history."""
    engaged = call.session.engagement
    with call.database.read(call.tenant) as connection:
        found = call.found(reading.get(connection, call.tenant, number, call.now, engaged))
        names = Names(engaged, known(connection, call.tenant)) if engaged else Names()
        acts = store.acts(connection, call.tenant, number)
        before = store.episodes(connection, call.tenant, number)
        said = statements.of(connection, call.tenant, number)
    return FindingInFull(finding_of(found), [Episode(one.opened, one.resolved) for one in before],
                         [_act(one, names) for one in acts],
                         [Statement(one.at, one.party, names.person(one.name) if one.party == "office" else
                                    names.text(one.name), names.text(one.organisation), names.text(one.text))
                          for one in said])


@act("/v1/findings/{number:str}/acts", _WRITE, status=201)
def do(call: Call, number: Number, sent: Doing) -> Acts:
    """Do something about one finding."""
    with call.database.write(call.tenant) as connection:
        call.found(reading.get(connection, call.tenant, number, call.now, call.session.engagement))
        acting.act(connection, call.tenant, number, Kind(sent.kind), call.actor, sent.text, _data(sent), now=call.now)
    return Acts(1)


@act("/v1/findings/acts", _WRITE, status=201)
def do_many(call: Call, sent: DoingToMany) -> Acts:
    """Do the same about several findings."""
    with call.database.write(call.tenant) as connection:
        done = acting.act_on(connection, call.tenant, sent.numbers, Kind(sent.do.kind), call.actor, sent.do.text,
                             _data(sent.do), now=call.now)
    return Acts(len(done))


ROUTES = [findings, finding, do, do_many]


def finding_of(one: Found) -> Finding:
    return Finding(
        one.number, one.agent, one.host, one.site, one.responsible, one.check,
        words(one.known.title) if one.known else None, one.row, one.severity.value, one.state.value, one.first_failed,
        one.opened, one.episode, one.resolved, one.due, one.due_reason, one.overdue, one.owner_name, one.unseen.value,
        one.false_alarm.value, one.exemption.number if one.exemption else None, one.comments)


def _filter(call: Call, asked: FindingsAsked) -> Filter:
    states = {"": UNRESOLVED, "all": frozenset(State)}.get(asked.state)
    return Filter(
        engagement=call.session.engagement, states=frozenset({State(asked.state)}) if states is None else states,
        severities=frozenset({Severity(asked.severity)}) if asked.severity else frozenset(),
        areas=frozenset({asked.area}) if asked.area else frozenset(), check=asked.check, row=asked.row,
        agent=asked.machine or None, site=asked.site, overdue=asked.overdue, text=asked.text, order=Order.NUMBER)


def _act(one: Acted, names: Names) -> Act:
    by = one.name if one.by.startswith("reviewer:") else names.person(one.name)
    return Act(one.at, by, one.kind.value, names.text(one.text), one.episode)


def _data(sent: Doing) -> dict[str, object]:
    """What belongs to an act of its kind. That a second person approved is never taken from here."""
    if sent.kind == "assign":
        return {"person": sent.person}
    if sent.kind == "due":
        return {"due": sent.due.isoformat() if sent.due else None}
    return {}
