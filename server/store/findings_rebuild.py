"""Findings made anew from the stored reports and the recorded office checks, and held against what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evidence import ages
from evidence.ages import Said
from hustings import envelope
from server.store import findings as stored
from server.store import findings_projection as projection
from server.store import frames
from server.store.rebuild import Difference
from server.store.schema import check_lists, heads, reports
from server.store.schema.findings import finding_acts, finding_episodes, finding_states, findings, office_verdicts
from server.triage import acts
from server.triage.lives import Life, Source, Turn, Turning, after, turned

_AT_ONCE = 500
OFFICE = "office"
"""The epoch of office checks; the sequence is the number of their record."""


class _Judged(msgspec.Struct):
    check: str
    catalogue: str
    severity: str


class _Signed(msgspec.Struct):
    results: list[_Judged]


def rebuild(connection: Connection, *, write: bool) -> list[Difference]:
    """Recompute every finding of every tenant, and what acts come to, and name what differs; ``write`` puts it right.

    A finding that no report opened is removed; one on which people acted stays, and is named each time.
    """
    found: list[Difference] = []
    for tenant, agent in _chains(connection):
        wanted = _lives(_said(connection, tenant, agent), agent)
        found += _compare(connection, tenant, agent, wanted, write=write)
    return found + _stands(connection, write=write)


def _chains(connection: Connection) -> list[tuple[str, str]]:
    """Every tenant and agent of which there is something; an empty agent for the office as a whole."""
    every = sa.union(sa.select(heads.c.tenant, heads.c.agent), sa.select(findings.c.tenant, findings.c.agent),
                     sa.select(office_verdicts.c.tenant, sa.literal("")))
    return sorted((row[0], row[1]) for row in connection.execute(every))


Verdicts = Iterator[tuple[Said, Source, Any]]
"""What was said, by which report, and what names the row and severity of each check (asked for with ``_rows_of``)."""


def _said(connection: Connection, tenant: str, agent: str) -> Verdicts:
    if agent:
        yield from _of_machine(connection, tenant, agent)
        return
    for row in connection.execute(sa.select(office_verdicts).where(
            office_verdicts.c.tenant == tenant).order_by(office_verdicts.c.id)):
        known = {check: (catalogue, severity) for check, catalogue, severity in row.checks}
        yield Said(row.at, tuple(known), row.vector), Source(row.at, OFFICE, row.id), known


def _of_machine(connection: Connection, tenant: str, agent: str) -> Verdicts:
    lists = {row.digest: tuple(row.checks) for row in connection.execute(
        sa.select(check_lists.c.digest, check_lists.c.checks).where(check_lists.c.tenant == tenant))}
    query = sa.select(reports.c.id, reports.c.received, reports.c.made, reports.c.clock_off, reports.c.checks,
                      reports.c.vector, reports.c.epoch, reports.c.sequence, reports.c.envelope).where(
        reports.c.tenant == tenant, reports.c.agent == agent, reports.c.kind == "report").order_by(reports.c.id)
    last = 0
    while page := connection.execute(query.where(reports.c.id > last).limit(_AT_ONCE)).all():
        for row in page:
            checks = lists.get(row.checks, ())
            if len(checks) == len(row.vector):
                at = ages.vouched(row.made, row.received, clock_off=row.clock_off)
                yield Said(at, checks, row.vector), Source(row.received, row.epoch, row.sequence), row.envelope
        last = page[-1].id


def _lives(said: Verdicts, agent: str) -> dict[str, Life]:
    """The findings of one chain by check, from nothing."""
    carried = ages.NONE
    lives: dict[str, Life] = {}
    for one, source, names in said:
        following = ages.following(carried, one)
        turns = list(turned(carried, following))
        opens = any(what is Turning.OPENED for _, what, _ in turns)
        known = _rows_of(names) if opens else {}
        for check, what, at in turns:
            life = after(lives.get(check), Turn(agent, check, what, at, source, *known.get(check, ("", ""))))
            if life is not None:
                lives[check] = life
        carried = following
    return lives


def _rows_of(names: Any) -> dict[str, tuple[str, str]]:
    if isinstance(names, dict):
        return names
    payload = envelope.parse(frames.unpack(bytes(names), envelope.MAX_ENVELOPE)).content()
    return {one.check: (one.catalogue, one.severity) for one in msgspec.json.decode(payload, type=_Signed).results}


def _compare(connection: Connection, tenant: str, agent: str, wanted: dict[str, Life], *,
             write: bool) -> list[Difference]:
    found: list[Difference] = []
    held: dict[str, Any] = {row.check: row for row in connection.execute(sa.select(findings).where(
        findings.c.tenant == tenant, findings.c.agent == agent))}
    earlier: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(sa.select(finding_episodes).join(findings, sa.and_(
            findings.c.tenant == finding_episodes.c.tenant, findings.c.number == finding_episodes.c.finding)).where(
            findings.c.tenant == tenant, findings.c.agent == agent).order_by(finding_episodes.c.episode)):
        earlier.setdefault(row.finding, []).append(
            {name: value for name, value in row._mapping.items() if name not in ("tenant", "finding")})
    missing: list[str] = []
    for check, life in wanted.items():
        row = held.pop(check, None)
        if row is None:
            missing.append(check)
            found.append(Difference(tenant, agent, f"finding {check}", None, "missing"))
            continue
        to, episodes = projection.columns(life), projection.past(life)
        wrong = {name: (getattr(row, name), value) for name, value in to.items() if getattr(row, name) != value}
        if earlier.get(row.number, []) != episodes:
            wrong["episodes"] = (earlier.get(row.number, []), episodes)
        found += [Difference(tenant, agent, f"finding {row.number} {name}", *both) for name, both in wrong.items()]
        if wrong and write:
            _put(connection, tenant, row.number, to, episodes)
    for row in held.values():
        found.append(Difference(tenant, agent, f"finding {row.number}", row.check, None))
        if write:
            _remove(connection, tenant, row.number)
    if write and missing:
        given = projection.numbers(connection, tenant, len(missing))
        projection.add(connection, tenant, [(number, (agent, check), wanted[check])
                                            for number, check in zip(given, missing, strict=True)])
    return found


def _put(connection: Connection, tenant: str, number: int, to: dict[str, Any], episodes: list[dict[str, Any]]) -> None:
    connection.execute(sa.update(findings).where(
        findings.c.tenant == tenant, findings.c.number == number).values(**to))
    connection.execute(sa.delete(finding_episodes).where(
        finding_episodes.c.tenant == tenant, finding_episodes.c.finding == number))
    if episodes:
        connection.execute(sa.insert(finding_episodes),
                           [{"tenant": tenant, "finding": number, **one} for one in episodes])


def _remove(connection: Connection, tenant: str, number: int) -> None:
    """Remove what no report opened, unless people acted on it."""
    acted = connection.scalar(sa.select(finding_acts.c.id).where(
        finding_acts.c.tenant == tenant, finding_acts.c.finding == number).limit(1))
    if acted is not None:
        return
    for table, column in ((finding_episodes, finding_episodes.c.finding), (finding_states, finding_states.c.finding),
                          (findings, findings.c.number)):
        connection.execute(sa.delete(table).where(table.c.tenant == tenant, column == number))


def _stands(connection: Connection, *, write: bool) -> list[Difference]:
    """What acts come to, against the rows that say so."""
    found: list[Difference] = []
    for tenant in connection.scalars(sa.select(findings.c.tenant).distinct().order_by(findings.c.tenant)).all():
        every: dict[int, list[acts.Act]] = {}
        for act in stored.acts(connection, tenant):
            every.setdefault(act.finding, []).append(act)
        for one in stored.raw(connection, tenant):
            mine = every.get(one.number, [])
            wanted = acts.stand(mine)
            if one.stand != wanted or one.acted != (mine[-1].at if mine else None):
                found.append(Difference(tenant, one.agent, f"finding {one.number} acts", one.stand, wanted))
                if write and mine:
                    stored.put_stand(connection, tenant, one.number, wanted, mine[-1].at)
                elif write:
                    connection.execute(sa.delete(finding_states).where(
                        finding_states.c.tenant == tenant, finding_states.c.finding == one.number))
    return found
