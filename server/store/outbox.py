"""The outbox: who is told of which event, and the messages that wait, were sent or were given up."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.store.schema.notices import events, notice_lines, notices


class Channel(StrEnum):
    """How a message travels. A feed is fetched: nothing of it is kept here."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message. ``name`` is what its receiver knows it by, the same on every try."""

    id: int
    tenant: str
    name: str
    channel: Channel
    receiver: int
    """The number of a person, or of a webhook."""
    content: Mapping[str, Any]
    made: datetime
    state: State
    due: datetime
    attempts: int
    ended: datetime | None
    trouble: str
    """Why the last try failed; empty: it did not."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event that somebody is told of. ``due`` None: held back for an election."""

    event: int
    channel: Channel
    receiver: int
    timing: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """A line whose time has come, with what happened."""

    line: Line
    kind: str
    subject: str
    data: Mapping[str, Any]
    at: datetime


def add_lines(connection: Connection, tenant: str, lines: Sequence[Line]) -> None:
    """Note who is told of what. The database refuses to note one twice."""
    if lines:
        connection.execute(sa.insert(notice_lines), [
            {"tenant": tenant, "event": one.event, "channel": one.channel.value, "receiver": one.receiver,
             "timing": one.timing, "due": one.due} for one in lines])


def due_lines(connection: Connection, tenant: str, now: datetime, limit: int) -> list[Due]:
    """Lines whose time has come and that are in no message yet, oldest first; locked until the transaction ends."""
    return _lines(connection, sa.and_(notice_lines.c.tenant == tenant, notice_lines.c.due <= now), limit)


def held_lines(connection: Connection, tenant: str, limit: int = 10_000) -> list[Due]:
    """Lines that are held back for an election."""
    return _lines(connection, sa.and_(notice_lines.c.tenant == tenant, notice_lines.c.due.is_(None)), limit)


def release(connection: Connection, tenant: str, line: Line, due: datetime) -> None:
    """A line that was held back has a time again."""
    connection.execute(sa.update(notice_lines).where(_is(tenant, line)).values(due=due))


def make(connection: Connection, tenant: str, channel: Channel, receiver: int, content: Mapping[str, Any],
         now: datetime, lines: Sequence[Line] = ()) -> str:
    """Put a message into the outbox, and with it the lines it is made of, which must not be in another. Its name."""
    name = str(uuid.uuid4())
    number = connection.execute(sa.insert(notices).returning(notices.c.id), {
        "tenant": tenant, "name": name, "channel": channel.value, "receiver": receiver, "content": dict(content),
        "made": now, "state": State.WAITING.value, "due": now, "attempts": 0, "holder": "", "leased": None,
        "ended": None, "trouble": ""}).scalar_one()
    for one in lines:
        taken = connection.execute(sa.update(notice_lines).where(_is(tenant, one), notice_lines.c.notice.is_(None))
                                   .values(notice=number))
        assert taken.rowcount == 1, "a line is in one message at most"
    return name


def claim(connection: Connection, channel: Channel, holder: str, now: datetime, until: datetime) -> Notice | None:
    """The next message to send, of any office, held until a moment: nobody else sends it meanwhile. A hold that has
    passed (its server was killed) is no hold."""
    free = sa.or_(notices.c.leased.is_(None), notices.c.leased <= now)
    found = connection.execute(
        sa.select(notices).where(notices.c.state == State.WAITING.value, notices.c.channel == channel.value,
                                 notices.c.due <= now, free)
        .order_by(notices.c.due, notices.c.id).limit(1).with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return None
    connection.execute(sa.update(notices).where(notices.c.id == found.id).values(
        holder=holder, leased=until, attempts=found.attempts + 1))
    return _notice(found)


def free_from_others(connection: Connection, channel: Channel, holder: str) -> int:
    """Free what others than ``holder`` were sending: they lead no more. How many that were."""
    return connection.execute(sa.update(notices).where(
        notices.c.state == State.WAITING.value, notices.c.channel == channel.value, notices.c.leased.is_not(None),
        notices.c.holder != holder).values(leased=None, holder="")).rowcount


def sent(connection: Connection, one: Notice, now: datetime) -> None:
    _settle(connection, one, state=State.SENT.value, ended=now, trouble="")


def later(connection: Connection, one: Notice, due: datetime, trouble: str) -> None:
    """It could not be sent now: it is tried again."""
    _settle(connection, one, due=due, trouble=trouble)


def given_up(connection: Connection, one: Notice, now: datetime, trouble: str) -> None:
    """It is not tried again."""
    _settle(connection, one, state=State.GIVEN_UP.value, ended=now, trouble=trouble)


def again(connection: Connection, tenant: str, number: int, now: datetime) -> bool:
    """Try one again that was given up, or that waits for its next try. False where there is none."""
    return connection.execute(sa.update(notices).where(
        notices.c.tenant == tenant, notices.c.id == number, notices.c.state != State.SENT.value)
        .values(state=State.WAITING.value, due=now, made=now, ended=None)).rowcount == 1


def recent(connection: Connection, tenant: str, limit: int, *, state: State | None = None) -> list[Notice]:
    """The messages of an office, newest first."""
    query = sa.select(notices).where(notices.c.tenant == tenant)
    if state is not None:
        query = query.where(notices.c.state == state.value)
    return [_notice(row) for row in connection.execute(query.order_by(notices.c.id.desc()).limit(limit))]


def counts(connection: Connection, tenant: str) -> dict[State, int]:
    """How many messages of an office there are in each state."""
    rows = connection.execute(sa.select(notices.c.state, sa.func.count().label("total")).where(
        notices.c.tenant == tenant).group_by(notices.c.state))
    return dict.fromkeys(State, 0) | {State(row.state): row.total for row in rows}


def last_sent(connection: Connection, tenant: str, channel: Channel, receiver: int) -> datetime | None:
    """When somebody was last sent anything."""
    found: datetime | None = connection.scalar(sa.select(sa.func.max(notices.c.ended)).where(
        notices.c.tenant == tenant, notices.c.channel == channel.value, notices.c.receiver == receiver,
        notices.c.state == State.SENT.value))
    return found


def retirable(connection: Connection, tenant: str, before: datetime) -> int:
    """How many events are older than a moment, with every message of theirs ended."""
    return len(_old(connection, tenant, before))


def retire(connection: Connection, tenant: str, before: datetime) -> int:
    """Remove those events and the messages that hold nothing else. How many events that were."""
    old = _old(connection, tenant, before)
    for start in range(0, len(old), 500):
        some = old[start:start + 500]
        connection.execute(sa.delete(notice_lines).where(
            notice_lines.c.tenant == tenant, notice_lines.c.event.in_(some)))
        connection.execute(sa.delete(events).where(events.c.tenant == tenant, events.c.id.in_(some)))
    connection.execute(sa.delete(notices).where(
        notices.c.tenant == tenant, notices.c.ended < before,
        ~sa.exists().where(notice_lines.c.notice == notices.c.id)))
    return len(old)


def _old(connection: Connection, tenant: str, before: datetime) -> list[int]:
    open_ = sa.exists().select_from(notice_lines.outerjoin(notices, notices.c.id == notice_lines.c.notice)).where(
        notice_lines.c.event == events.c.id, sa.or_(notices.c.ended.is_(None), notices.c.ended >= before))
    return list(connection.scalars(sa.select(events.c.id).where(
        events.c.tenant == tenant, events.c.at < before, events.c.routed.is_not(None), ~open_)))


def _is(tenant: str, line: Line) -> sa.ColumnElement[bool]:
    return sa.and_(notice_lines.c.tenant == tenant, notice_lines.c.event == line.event,
                   notice_lines.c.channel == line.channel.value, notice_lines.c.receiver == line.receiver)


def _lines(connection: Connection, which: sa.ColumnElement[bool], limit: int) -> list[Due]:
    rows = connection.execute(
        sa.select(notice_lines, events.c.kind, events.c.subject, events.c.data, events.c.at)
        .join(events, sa.and_(events.c.id == notice_lines.c.event, events.c.tenant == notice_lines.c.tenant))
        .where(which, notice_lines.c.notice.is_(None)).order_by(events.c.id).limit(limit)
        .with_for_update(of=notice_lines, skip_locked=True))
    return [Due(Line(row.event, Channel(row.channel), row.receiver, row.timing, row.due), row.kind, row.subject,
                row.data, row.at) for row in rows]


def _settle(connection: Connection, one: Notice, **values: Any) -> None:
    connection.execute(sa.update(notices).where(notices.c.tenant == one.tenant, notices.c.id == one.id).values(
        leased=None, holder="", **values))


def _notice(row: Row[Any]) -> Notice:
    return Notice(row.id, row.tenant, row.name, Channel(row.channel), row.receiver, row.content, row.made,
                  State(row.state), row.due, row.attempts, row.ended, row.trouble)
