"""What is kept beside the chains, made anew from the stored reports and held against what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evidence import ages
from evidence.ages import Said
from hustings import envelope
from hustings.errors import HustingsError
from hustings.verdicts import Verdict
from server.store import frames
from server.store.reports import LETTERS
from server.store.schema import agents, check_lists, heads, reports

CARRIED = ("vouched", "checks", "vector", "failing", "applied")
"""The columns of ``heads`` that carry what older reports said."""
_AT_ONCE = 500


class _Said(msgspec.Struct):
    """Of a report, what its row repeats."""

    host: str = ""
    parameters: dict[str, msgspec.Raw] = {}


class _Judged(msgspec.Struct):
    """One result, as far as the row repeats it."""

    check: str
    verdict: Verdict


class _When(msgspec.Struct):
    wall: datetime


class _Signed(msgspec.Struct):
    """Of a report, what its row repeats of the verdicts."""

    pack: str
    roles: list[str]
    times: _When
    results: list[_Judged]


@dataclass(frozen=True, slots=True)
class Difference:
    """One column of one row that is not what the reports say."""

    tenant: str
    agent: str
    column: str
    """Of ``heads``; or ``report ID``, for what its row repeats."""
    stored: Any
    rebuilt: Any


def rebuild(connection: Connection, *, write: bool) -> list[Difference]:
    """Recompute everything carried, of every tenant, and name what differs; ``write`` puts it right.

    Reads every stored report once, an agent at a time. Without ``write`` each is also verified as on its arrival, and
    its row held against what it signs: what was changed behind the server's back is named, and never put right.
    """
    found: list[Difference] = []
    owners = {} if write else {row.id: bytes(row.public_key) for row in connection.execute(
        sa.select(agents.c.id, agents.c.public_key))}
    lists = {(row.tenant, row.digest): tuple(row.checks) for row in connection.execute(
        sa.select(check_lists.c.tenant, check_lists.c.digest, check_lists.c.checks))}
    columns = [heads.c.tenant, heads.c.agent, *(heads.c[name] for name in CARRIED)]
    for head in connection.execute(sa.select(*columns).order_by(heads.c.tenant, heads.c.agent)).all():
        place = (head.tenant, head.agent)
        wanted, rows = _carried(connection, *place, lists, owners.get(head.agent))
        wrong = [Difference(*place, name, getattr(head, name), wanted[name])
                 for name in CARRIED if getattr(head, name) != wanted[name]]
        if wrong and write:
            connection.execute(sa.update(heads).where(heads.c.agent == head.agent).values(**wanted))
        repeats = [{"of": number, "to_host": to[0], "to_overridden": to[1]}
                   for number, held, to in rows if isinstance(held, tuple)]
        if repeats and write:
            connection.execute(_SAY, repeats)
        found += wrong
        found += [Difference(*place, f"report {number}", stored, to) for number, stored, to in rows]
    return found


def _carried(connection: Connection, tenant: str, agent: str,
             lists: dict[tuple[str, str], tuple[str, ...]],
             public: bytes | None) -> tuple[dict[str, Any], list[tuple[int, Any, Any]]]:
    """What the head of an agent must carry, and the reports whose row does not repeat what they say: with a
    ``public`` key, all that they sign."""
    carried, digest = ages.NONE, None
    wrong: list[tuple[int, Any, Any]] = []
    for row in _rows(connection, tenant, agent):
        if len(row.vector) != len(lists[tenant, row.checks]):
            wrong.append((row.id, row.vector, lists[tenant, row.checks]))
            continue
        at = ages.vouched(row.made, row.received, clock_off=row.clock_off)
        carried, digest = ages.following(carried, Said(at, lists[tenant, row.checks], row.vector)), row.checks
        if not row.envelope:
            continue  # its body went by the office's retention; its line stays
        said = _said(bytes(row.envelope))
        if (row.host, row.overridden) != said:
            wrong.append((row.id, (row.host, row.overridden), said))
        elif public is not None and (changed := _behind(row, lists[tenant, row.checks], public)):
            wrong.append((row.id, *changed))
    last = carried.last
    if last is None:
        return dict.fromkeys(CARRIED), wrong
    return {"vouched": last.at, "checks": digest, "vector": last.vector, "failing": ages.written(carried.failing),
            "applied": ages.written(carried.applied)}, wrong


def _rows(connection: Connection, tenant: str, agent: str) -> Iterator[Any]:
    """The stored reports of an agent, oldest first, a page at a time."""
    after = 0
    query = sa.select(reports.c.id, reports.c.received, reports.c.made, reports.c.clock_off, reports.c.checks,
                      reports.c.vector, reports.c.overridden, reports.c.host, reports.c.envelope, reports.c.digest,
                      reports.c.pack, reports.c.roles).where(
        reports.c.tenant == tenant, reports.c.agent == agent, reports.c.kind == "report")
    while True:
        page = connection.execute(query.where(reports.c.id > after).order_by(reports.c.id).limit(_AT_ONCE)).all()
        yield from page
        if len(page) < _AT_ONCE:
            return
        after = page[-1].id


def _said(frame: bytes) -> tuple[str, list[str]]:
    payload = envelope.parse(frames.unpack(frame, envelope.MAX_ENVELOPE)).content()
    document = msgspec.json.decode(payload, type=_Said)
    return document.host, sorted(document.parameters)


def _behind(row: Any, checks: tuple[str, ...], public: bytes) -> tuple[Any, Any] | None:
    """What a row says and what its report signs, where the two differ."""
    try:
        sealed = envelope.parse(frames.unpack(bytes(row.envelope), envelope.MAX_ENVELOPE))
        payload = envelope.verify(sealed, sealed.payloadType, public)
    except HustingsError as error:
        return row.digest, str(error)
    signed = msgspec.json.decode(payload, type=_Signed)
    wanted = (envelope.digest(payload), signed.pack, signed.roles, signed.times.wall,
              tuple(one.check for one in signed.results), "".join(LETTERS[one.verdict] for one in signed.results))
    held = (row.digest, row.pack, list(row.roles), row.made, checks, row.vector)
    return None if held == wanted else (held, wanted)


_SAY = sa.update(reports).where(reports.c.id == sa.bindparam("of")).values(
    host=sa.bindparam("to_host"), overridden=sa.bindparam("to_overridden"))
