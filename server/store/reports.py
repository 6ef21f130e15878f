"""Reports as they are read: decoded from the very bytes that were signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hustings import envelope, report
from hustings.errors import CannotFinish
from hustings.report import Hardware, Inventory, Lost, Os, Report, Same
from hustings.verdicts import Verdict
from server.problems import Refused
from server.store import frames
from server.store.schema import check_lists, forks, heads, reports, sections

LETTERS = {Verdict.PASS: "p", Verdict.FAIL: "f", Verdict.UNKNOWN: "u", Verdict.NOT_APPLICABLE: "n"}
_SLIM = tuple(column for column in reports.c if column.name not in ("envelope", "receipt"))
"""What a line needs: without the bytes that were signed and answered."""
_VERDICTS = {letter: verdict for verdict, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Stored:
    """A report with everything a page needs. ``report.inventory`` is always whole."""

    id: int
    digest: str
    received: datetime
    clock_off: bool
    """Readers show time-dependent verdicts as unknown."""
    report: Report

    @property
    def inventory(self) -> Inventory:
        assert isinstance(self.report.inventory, Inventory)
        return self.report.inventory


class _Outline(msgspec.Struct, tag_field="kind", tag="full"):
    """An inventory section without its products."""

    os: Os
    hardware: Hardware
    complete: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One accepted payload of an agent, without its body."""

    id: int
    kind: str
    """``report`` or ``lost``."""
    epoch: str
    first: int
    sequence: int
    received: datetime
    made: datetime | None
    clock_off: bool
    pack: str
    roles: tuple[str, ...]
    verdicts: dict[str, Verdict]
    """By check id."""


@dataclass(frozen=True, slots=True)
class Fork:
    id: int
    epoch: str
    sequence: int
    digest: str
    reason: str
    received: datetime


class NotKept(Refused):
    """A report of which the office keeps the line alone: digest, receipt and verdicts."""

    def __init__(self, number: int, digest: str) -> None:
        super().__init__("gone", f"report {number}, {digest}: the office keeps its digest, receipt and verdicts")


def latest(connection: Connection, tenant: str, agent: str) -> Stored | None:
    """The last report of an agent (never a lost statement), or None before its first."""
    rows = connection.execute(_latest(tenant).where(reports.c.agent == agent)).all()
    return _stored(connection, rows[0]) if rows else None


def every_latest(connection: Connection, tenant: str) -> dict[str, Stored]:
    """The last report of each agent that has reported, by agent id. Decodes every one of them."""
    return {row.agent: _stored(connection, row) for row in connection.execute(_latest(tenant)).all()}


def get(connection: Connection, tenant: str, number: int) -> Stored | None:
    """One report by its id. Raises ``NotKept`` where its body went by the office's retention."""
    row = connection.execute(sa.select(reports).where(
        reports.c.tenant == tenant, reports.c.id == number, reports.c.kind == "report")).one_or_none()
    if row is not None and not row.envelope:
        raise NotKept(number, row.digest)
    return None if row is None else _stored(connection, row)


def history(connection: Connection, tenant: str, agent: str, *, limit: int = 100,
            before: int | None = None) -> list[Line]:
    """Accepted payloads of an agent, newest first; ``before`` (an id) pages on."""
    query = sa.select(*_SLIM).where(reports.c.tenant == tenant, reports.c.agent == agent)
    if before is not None:
        query = query.where(reports.c.id < before)
    return _lines(connection, tenant, query.order_by(reports.c.id.desc()).limit(limit))


def history_after(connection: Connection, tenant: str, agent: str, moment: datetime, *, limit: int = 100,
                  after: int = 0) -> list[Line]:
    """Accepted payloads of an agent that arrived after ``moment``, oldest first; ``after`` (an id) pages on."""
    query = sa.select(*_SLIM).where(reports.c.tenant == tenant, reports.c.agent == agent,
                                     reports.c.received > moment, reports.c.id > after)
    return _lines(connection, tenant, query.order_by(reports.c.id).limit(limit))


def section(connection: Connection, tenant: str, agent: str, digest: str) -> Inventory | None:
    """The inventory section of an agent with that digest, or None where none is kept."""
    body = _section(connection, tenant, agent, digest)
    return None if body is None else msgspec.json.decode(body, type=Inventory)


def outline(connection: Connection, tenant: str, agent: str, digest: str) -> Inventory | None:
    """``section`` without its products, which are not decoded."""
    body = _section(connection, tenant, agent, digest)
    if body is None:
        return None
    held = msgspec.json.decode(body, type=_Outline)
    return Inventory(held.os, held.hardware, (), held.complete, held.why)


def envelope_bytes(connection: Connection, tenant: str, number: int) -> bytes | None:
    """The signed envelope exactly as the agent sent it. Raises ``NotKept`` where it went by the office's retention."""
    row = connection.execute(sa.select(reports.c.envelope, reports.c.digest).where(
        reports.c.tenant == tenant, reports.c.id == number)).one_or_none()
    if row is not None and not row.envelope:
        raise NotKept(number, row.digest)
    return None if row is None else frames.unpack(bytes(row.envelope), envelope.MAX_ENVELOPE)


def lost(connection: Connection, tenant: str, agent: str) -> list[Lost]:
    """Every statement of an agent that reports are gone for good, oldest first."""
    rows = connection.execute(
        sa.select(reports.c.envelope)
        .where(reports.c.tenant == tenant, reports.c.agent == agent, reports.c.kind == "lost").order_by(reports.c.id))
    return [report.decode_lost(_payload(row.envelope)) for row in rows]


def forked(connection: Connection, tenant: str, agent: str) -> list[Fork]:
    """What contradicted an agent's chain, newest first."""
    rows = connection.execute(
        sa.select(forks).where(forks.c.tenant == tenant, forks.c.agent == agent).order_by(forks.c.id.desc()))
    return [Fork(row.id, row.epoch, row.sequence, row.digest, row.reason, row.received) for row in rows]


def _latest(tenant: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(*reports.c).join(heads, sa.and_(
        heads.c.agent == reports.c.agent, heads.c.report_epoch == reports.c.epoch,
        heads.c.report == reports.c.sequence)).where(heads.c.tenant == tenant, reports.c.tenant == tenant)


def _payload(frame: bytes) -> bytes:
    return envelope.parse(frames.unpack(bytes(frame), envelope.MAX_ENVELOPE)).content()


def _stored(connection: Connection, row: Row[tuple[object, ...]]) -> Stored:
    content = report.decode_report(_payload(row.envelope))
    if isinstance(content.inventory, Same):
        whole = section(connection, row.tenant, row.agent, content.inventory.same)
        if whole is None:
            raise CannotFinish("the inventory section that a stored report names is missing",
                               where=f"report {row.id}", remedy="restore a backup")
        content = msgspec.structs.replace(content, inventory=whole)
    return Stored(row.id, row.digest, row.received, row.clock_off, content)


def _section(connection: Connection, tenant: str, agent: str, digest: str) -> bytes | None:
    body = connection.scalar(sa.select(sections.c.body).where(
        sections.c.tenant == tenant, sections.c.agent == agent, sections.c.digest == digest))
    return None if body is None else frames.unpack(bytes(body), report.MAX_REPORT)


def _lines(connection: Connection, tenant: str, query: sa.Select[tuple[object, ...]]) -> list[Line]:
    """The lines of a query. Those that say the same share their verdicts."""
    rows = connection.execute(query).all()
    lists = _check_lists(connection, tenant, {row.checks for row in rows if row.checks})
    shared: dict[tuple[str | None, str], dict[str, Verdict]] = {}
    return [_line(row, lists.get(row.checks, ()), shared) for row in rows]


def _line(row: Row[tuple[object, ...]], checks: tuple[str, ...],
          shared: dict[tuple[str | None, str], dict[str, Verdict]]) -> Line:
    key = (row.checks, row.vector)
    if key not in shared:
        shared[key] = {check: _VERDICTS[letter] for check, letter in zip(checks, row.vector, strict=True)}
    return Line(row.id, row.kind, row.epoch, row.first, row.sequence, row.received, row.made, row.clock_off,
                row.pack, tuple(row.roles), shared[key])


def _check_lists(connection: Connection, tenant: str, digests: set[str]) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(
        sa.select(check_lists).where(check_lists.c.tenant == tenant, check_lists.c.digest.in_(digests)))
    return {row.digest: tuple(row.checks) for row in rows}
