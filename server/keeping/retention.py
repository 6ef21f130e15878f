"""How long an office keeps what: said by the office, announced before it is done, never more than was announced.

Nothing goes unless the office says so, nothing sooner than ``LEAST``, and nothing while a legal hold stands. Of a
report its body goes and its line stays: number, digest, receipt and verdicts, so that chains, trends and findings can
still be worked out. What the following need is kept whole:

- the last report of every machine, and every report that opened a finding, whatever became of it;
- for every public version that was not taken back, and every exception that holds: the last report that each machine
  had sent by then.

Of the audit trail the oldest lines go, up to one whose digest is noted down: the chain is checked from there on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.keeping import holds
from server.notices.events import happened
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, exceptions, outbox, publications
from server.store.append_only import lifted
from server.store.database import Database
from server.store.people import Role
from server.store.schema import audit as lines
from server.store.schema import heads, reports
from server.store.schema.findings import finding_episodes, findings
from server.store.schema.keeping import retention_ends, retention_policies, retention_runs

MAY_SET = frozenset({Role.ADMINISTRATOR})
NOTICE: Final = timedelta(days=14)
"""Between the announcement and the deletion."""
MOST_DAYS: Final = 36_500
_BATCH = 500


class Kind(StrEnum):
    """What can be kept for a while only."""

    REPORTS = "reports"
    AUDIT = "audit"
    NOTICES = "notices"


LEAST: Final = {Kind.REPORTS: 400, Kind.AUDIT: 731, Kind.NOTICES: 90}
"""Days, at least. Reports: the twelve months that the trend shows, and a month. Audit: the 22 months for which records
of a federal election are kept in the United States (52 U.S.C. 20701), and two more."""


class Outcome(StrEnum):
    """How an announced deletion ended."""

    DONE = "done"
    HELD = "held"
    """A legal hold stood when it was due."""
    WITHDRAWN = "withdrawn"
    """The office changed its mind before."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an office said. A kind that is not in ``days`` is kept for good."""

    id: int
    days: Mapping[Kind, int]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Run:
    """A deletion that was announced, and how it ended."""

    id: int
    policy: int
    announced: datetime
    due: datetime
    before: Mapping[Kind, datetime]
    counts: Mapping[Kind, int]
    ended: datetime | None
    outcome: Outcome | None
    deleted: Mapping[Kind, int]


def policy(connection: Connection, tenant: str) -> Policy | None:
    """What holds now; None where the office never said anything."""
    row = connection.execute(sa.select(retention_policies).where(retention_policies.c.tenant == tenant)
                             .order_by(retention_policies.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Policy(row.id, {Kind(name): days for name, days in row.days.items()}, row.at,
                                           row.by)


def set_policy(connection: Connection, tenant: str, days: Mapping[Kind, int], *, now: datetime, by: str) -> None:
    """Say anew what is kept for how many days. What was announced under the old word is withdrawn.

    Raises ``Spoken`` for less than is safe.
    """
    for kind, many in days.items():
        if not LEAST[kind] <= many <= MOST_DAYS:
            raise Spoken(N_("That is not a number of days from %(least)s to %(most)s."),
                         N_("Write a number in that range, or nothing to keep it for good."),
                         {"least": LEAST[kind], "most": MOST_DAYS}, field=kind.value)
    standing = announced(connection, tenant)
    if standing is not None:
        _end(connection, tenant, standing, Outcome.WITHDRAWN, {}, {}, now)
    plain = {kind.value: many for kind, many in days.items()}
    connection.execute(sa.insert(retention_policies).values(tenant=tenant, days=plain, at=now, by=by))
    audit.record(connection, tenant, now, by, "retention.set", "", {"days": plain})


def announced(connection: Connection, tenant: str) -> Run | None:
    """The deletion that is announced and not done yet."""
    return next((one for one in _runs(connection, tenant, retention_ends.c.run.is_(None), 1)), None)


def runs(connection: Connection, tenant: str, limit: int = 20) -> list[Run]:
    """Announced deletions, newest first."""
    return _runs(connection, tenant, sa.true(), limit)


def announce(connection: Connection, tenant: str, now: datetime) -> Run | None:
    """Say what will be deleted, if anything is old enough and nothing is announced yet."""
    said = policy(connection, tenant)
    if said is None or announced(connection, tenant) is not None or holds.held(connection, tenant) is not None:
        return None
    before = {kind: now - timedelta(days=many) for kind, many in said.days.items()}
    counts = count(connection, tenant, before, now)
    if not any(counts.values()):
        return None
    number: int = connection.execute(sa.insert(retention_runs).returning(retention_runs.c.id), {
        "tenant": tenant, "policy": said.id, "announced": now, "due": now + NOTICE,
        "before": {kind.value: at.isoformat() for kind, at in before.items()},
        "counts": {kind.value: many for kind, many in counts.items()}}).scalar_one()
    audit.record(connection, tenant, now, "job:retention", "retention.announce", str(number),
                 {"counts": {kind.value: many for kind, many in counts.items()}, "due": (now + NOTICE).isoformat()})
    happened(connection, tenant, "retention-announced", str(number), "", {}, now)
    return announced(connection, tenant)


def count(connection: Connection, tenant: str, before: Mapping[Kind, datetime], now: datetime) -> dict[Kind, int]:
    """How many of each kind are older than a moment and needed by nothing."""
    found = {}
    if Kind.REPORTS in before:
        found[Kind.REPORTS] = len(_bodies(connection, tenant, before[Kind.REPORTS], now))
    if Kind.AUDIT in before:
        through = _through(connection, tenant, before[Kind.AUDIT])
        found[Kind.AUDIT] = 0 if through is None else connection.scalar(
            sa.select(sa.func.count()).where(lines.c.tenant == tenant, lines.c.id <= through.id)) or 0
    if Kind.NOTICES in before:
        found[Kind.NOTICES] = outbox.retirable(connection, tenant, before[Kind.NOTICES])
    return found


def carry_out(database: Database, tenant: str, now: datetime) -> Run | None:
    """Delete what was announced, if it is due: a batch a transaction, then the end that says what went.

    A legal hold ends it without a deletion. Killed half-way, it goes on where it was. None where nothing is due.
    """
    while True:
        with database.write(tenant) as connection:
            run = announced(connection, tenant)
            if run is None or now < run.due:
                return None
            if holds.held(connection, tenant) is not None:
                return _end(connection, tenant, run, Outcome.HELD, {}, {}, now)
            some = (_bodies(connection, tenant, run.before[Kind.REPORTS], now)[:_BATCH]
                    if Kind.REPORTS in run.before else [])
            if not some:
                break
            connection.execute(sa.update(reports).where(
                reports.c.tenant == tenant, reports.c.id.in_([number for number, _ in some])).values(envelope=b""))
    with lifted(database, tenant) as connection:
        run = announced(connection, tenant)
        if run is None:
            return None
        if holds.held(connection, tenant) is not None:
            return _end(connection, tenant, run, Outcome.HELD, {}, {}, now)
        gone: dict[Kind, int] = {}
        proofs: dict[Kind, Any] = {}
        if Kind.REPORTS in run.before:
            gone[Kind.REPORTS], proofs[Kind.REPORTS] = _emptied(connection, tenant, run.before[Kind.REPORTS])
        if Kind.AUDIT in run.before:
            gone[Kind.AUDIT], proofs[Kind.AUDIT] = _cut(connection, tenant, run.before[Kind.AUDIT])
        if Kind.NOTICES in run.before:
            gone[Kind.NOTICES] = outbox.retire(connection, tenant, run.before[Kind.NOTICES])
        return _end(connection, tenant, run, Outcome.DONE, gone, proofs, now)


def needed(connection: Connection, tenant: str, now: datetime) -> set[int]:
    """The numbers of the reports that something still needs whole."""
    of = reports.c.tenant == tenant
    found = set(connection.scalars(sa.select(reports.c.id).join(heads, sa.and_(
        heads.c.agent == reports.c.agent, heads.c.report_epoch == reports.c.epoch,
        heads.c.report == reports.c.sequence)).where(of)))
    for table, owned in ((findings, findings), (finding_episodes, findings)):
        joined = sa.select(reports.c.id).select_from(reports).join(owned, sa.and_(
            owned.c.tenant == reports.c.tenant, owned.c.agent == reports.c.agent))
        if table is finding_episodes:
            joined = joined.join(table, sa.and_(table.c.tenant == owned.c.tenant, table.c.finding == owned.c.number))
        found |= set(connection.scalars(joined.where(
            of, table.c.opened_epoch == reports.c.epoch, table.c.opened_sequence == reports.c.sequence)))
    for moment in _moments(connection, tenant, now):
        found |= set(connection.scalars(sa.select(sa.func.max(reports.c.id)).where(
            of, reports.c.kind == "report", reports.c.received <= moment).group_by(reports.c.agent)))
    return found


def _moments(connection: Connection, tenant: str, now: datetime) -> set[datetime]:
    """When public versions were prepared and exceptions that hold were made."""
    versions = publications.every(connection, tenant, limit=100_000)
    found = {one.prepared for one in versions if not any(act.kind == "withdraw" for act in one.acts)}
    return found | {one.at for one in exceptions.every(connection, tenant)
                    if one.ended is None and one.until >= now.astimezone(UTC).date()}


def _bodies(connection: Connection, tenant: str, before: datetime, now: datetime) -> list[tuple[int, str]]:
    """Reports older than a moment whose body is there and needed by nothing: number and digest, oldest first."""
    kept = needed(connection, tenant, now)
    rows = connection.execute(sa.select(reports.c.id, reports.c.digest).where(
        reports.c.tenant == tenant, reports.c.kind == "report", reports.c.received < before,
        sa.func.length(reports.c.envelope) > 0).order_by(reports.c.id))
    return [(row.id, row.digest) for row in rows if row.id not in kept]


def _emptied(connection: Connection, tenant: str, before: datetime) -> tuple[int, dict[str, Any]]:
    """How many bodies are gone, and the digest over the lines that stay of all of them."""
    made, many = hashlib.sha256(), 0
    for row in connection.execute(sa.select(reports.c.id, reports.c.digest).where(
            reports.c.tenant == tenant, reports.c.received < before, sa.func.length(reports.c.envelope) == 0)
            .order_by(reports.c.id)):
        made.update(f"{row.id} {row.digest}\n".encode())
        many += 1
    return many, {"bodies_gone": many, "digest": "sha256:" + made.hexdigest()}


def _through(connection: Connection, tenant: str, before: datetime) -> Any:
    """The last line of the trail that may go: in the chain, older than a moment, with another line after it."""
    last = connection.scalar(sa.select(sa.func.max(lines.c.id)).where(lines.c.tenant == tenant))
    kept = connection.scalar(sa.select(sa.func.min(lines.c.id)).where(lines.c.tenant == tenant, lines.c.at >= before))
    end = min(one for one in (last, kept) if one is not None) if last is not None else 0
    return connection.execute(sa.select(lines.c.id, lines.c.sequence, lines.c.digest).where(
        lines.c.tenant == tenant, lines.c.id < end, lines.c.sequence.is_not(None))
        .order_by(lines.c.id.desc()).limit(1)).one_or_none()


def _cut(connection: Connection, tenant: str, before: datetime) -> tuple[int, dict[str, Any]]:
    through = _through(connection, tenant, before)
    if through is None:
        return 0, {}
    many = connection.execute(sa.delete(lines).where(lines.c.tenant == tenant, lines.c.id <= through.id)).rowcount
    return many, {"through": through.id, "sequence": through.sequence, "hash": through.digest, "rows": many}


def _end(connection: Connection, tenant: str, run: Run, outcome: Outcome, gone: Mapping[Kind, int],
         proofs: Mapping[Kind, Any], now: datetime) -> Run:
    counts = {kind.value: many for kind, many in gone.items()}
    connection.execute(sa.insert(retention_ends).values(
        tenant=tenant, run=run.id, at=now, outcome=outcome.value, counts=counts,
        proofs={kind.value: proof for kind, proof in proofs.items()}))
    audit.record(connection, tenant, now, "job:retention", "retention.end", str(run.id),
                 {"outcome": outcome.value, "counts": counts,
                  "proofs": {kind.value: proof for kind, proof in proofs.items()}})
    return _runs(connection, tenant, retention_runs.c.id == run.id, 1)[0]


def _runs(connection: Connection, tenant: str, condition: sa.ColumnElement[bool], limit: int) -> list[Run]:
    rows = connection.execute(
        sa.select(*retention_runs.c, retention_ends.c.at.label("ended"), retention_ends.c.outcome,
                  retention_ends.c.counts.label("deleted"))
        .join(retention_ends, retention_ends.c.run == retention_runs.c.id, isouter=True)
        .where(retention_runs.c.tenant == tenant, condition).order_by(retention_runs.c.id.desc()).limit(limit))
    return [Run(row.id, row.policy, row.announced, row.due,
                {Kind(name): datetime.fromisoformat(at) for name, at in row.before.items()},
                {Kind(name): many for name, many in row.counts.items()}, row.ended,
                Outcome(row.outcome) if row.outcome else None,
                {Kind(name): many for name, many in (row.deleted or {}).items()}) for row in rows]
