"""Writing findings: what accepted reports turn, in the transaction that accepts them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.store.findings import dialect
from server.store.schema.findings import finding_episodes, finding_numbers, findings
from server.triage.lives import Episode, Life, Source, Turn, after

Place = tuple[str, str]
"""Agent and check."""


class Projected(NamedTuple):
    """A turn that was written, the number of its finding, and which episode it was of."""

    number: int
    turn: Turn
    episode: int


@dataclass(frozen=True, slots=True)
class _Held:
    """A finding as it is stored: its last episode, and what is known of those before."""

    number: int
    life: Life
    before: int
    first_failed: datetime | None


def project(connection: Connection, tenant: str, turns: Sequence[Turn]) -> list[Projected]:
    """Write what accepted reports of one tenant turned, in their order."""
    if not turns:
        return []
    held = _read(connection, tenant, {one.agent for one in turns}, {one.check for one in turns})
    lives: dict[Place, Life] = {place: one.life for place, one in held.items()}
    done: list[tuple[Place, Turn, int]] = []
    for turn in turns:
        place = (turn.agent, turn.check)
        life = after(lives.get(place), turn)
        if life is not None:
            lives[place] = life
            before = held[place].before if place in held else 0
            done.append((place, turn, before + len(life.episodes)))
    changed = list(dict.fromkeys(place for place, _, _ in done))
    fresh = [place for place in changed if place not in held]
    given = dict(zip(fresh, numbers(connection, tenant, len(fresh)), strict=True))
    known = {**{place: one.number for place, one in held.items()}, **given}
    add(connection, tenant, [(given[place], place, lives[place]) for place in fresh])
    _move(connection, tenant, [held[place] for place in changed if place in held])
    return [Projected(known[place], turn, episode) for place, turn, episode in done]


def numbers(connection: Connection, tenant: str, count: int) -> range:
    """The next ``count`` numbers of a tenant, which nobody else is given."""
    if not count:
        return range(0)
    put = dialect(connection).insert(finding_numbers).values(tenant=tenant, last=count)
    last: int = connection.execute(put.on_conflict_do_update(
        index_elements=["tenant"], set_={"last": finding_numbers.c.last + count})
        .returning(finding_numbers.c.last)).scalar_one()
    return range(last - count + 1, last + 1)


def add(connection: Connection, tenant: str, some: Iterable[tuple[int, Place, Life]]) -> None:
    """Add findings that are not stored yet, with all their episodes."""
    rows, earlier = [], []
    for number, (agent, check), life in some:
        rows.append({"tenant": tenant, "number": number, "agent": agent, "check": check, **columns(life)})
        earlier += [{"tenant": tenant, "finding": number, **one} for one in past(life)]
    if rows:
        connection.execute(sa.insert(findings), rows)
    if earlier:
        connection.execute(sa.insert(finding_episodes), earlier)


def columns(life: Life, before: int = 0, first_failed: datetime | None = None) -> dict[str, Any]:
    """A life as a row of ``findings`` has it; ``before`` episodes are not in it, of which the first failed then."""
    last = life.episodes[-1]
    by, first = last.by, life.first_failed
    return {
        "catalogue": life.catalogue, "severity": life.severity,
        "first_failed": first if first_failed is None else min(first, first_failed),
        "episode": before + len(life.episodes), "opened": last.opened, "opened_told": last.opening.told,
        "opened_epoch": last.opening.epoch, "opened_sequence": last.opening.sequence, "resolved": last.resolved,
        "resolved_told": by.told if by else None, "resolved_epoch": by.epoch if by else None,
        "resolved_sequence": by.sequence if by else None, "unseen": life.unseen}


def past(life: Life, before: int = 0) -> list[dict[str, Any]]:
    """The episodes of a life but its last, as rows of ``finding_episodes`` have them."""
    return [{"episode": before + place, "opened": one.opened, "opened_told": one.opening.told,
             "opened_epoch": one.opening.epoch, "opened_sequence": one.opening.sequence, "resolved": one.resolved,
             "resolved_told": one.by.told, "resolved_epoch": one.by.epoch, "resolved_sequence": one.by.sequence}
            for place, one in enumerate(life.episodes[:-1], 1) if one.by is not None]


def _read(connection: Connection, tenant: str, agents: Collection[str], checks: Collection[str]) -> dict[Place, _Held]:
    rows = connection.execute(sa.select(findings).where(
        findings.c.tenant == tenant, findings.c.agent.in_(sorted(agents)), findings.c.check.in_(sorted(checks))))
    return {(row.agent, row.check): _held(row) for row in rows}


def _held(row: Row[Any]) -> _Held:
    by = None if row.resolved is None else Source(row.resolved_told, row.resolved_epoch, row.resolved_sequence)
    last = Episode(row.opened, Source(row.opened_told, row.opened_epoch, row.opened_sequence), row.resolved, by)
    life = Life(row.catalogue, row.severity, [last], row.unseen)
    return _Held(row.number, life, row.episode - 1, row.first_failed if row.episode > 1 else None)


def _move(connection: Connection, tenant: str, some: Sequence[_Held]) -> None:
    earlier = [{"tenant": tenant, "finding": one.number, **row} for one in some for row in past(one.life, one.before)]
    if earlier:
        connection.execute(sa.insert(finding_episodes), earlier)
    if some:
        connection.execute(_MOVE, [{"of_tenant": tenant, "of_number": one.number} | {
            f"to_{name}": value for name, value in columns(one.life, one.before, one.first_failed).items()}
            for one in some])


_MOVED = tuple(column.name for column in findings.c if column.name not in ("tenant", "number", "agent", "check"))
_MOVE = sa.update(findings).where(
    findings.c.tenant == sa.bindparam("of_tenant"), findings.c.number == sa.bindparam("of_number")).values(
    {name: sa.bindparam(f"to_{name}") for name in _MOVED})
