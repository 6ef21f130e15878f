"""From events to messages: who is told of each event, and which of them go into one message.

Both steps are single transactions that take rows nobody else holds, so that a server killed between or within them
forgets nothing and puts no event into two messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.elections.days import today
from server.notices import kinds, when
from server.notices.content import content, written
from server.notices.kind import Timing
from server.notices.receivers import receivers
from server.store import elections, events, notice_choices, outbox, people, settings, webhooks
from server.store.outbox import Channel, Due, Line
from server.store.schema.notices import events as event_rows
from server.store.schema.notices import notice_lines

AT_ONCE = 500


def offices(connection: Connection, now: datetime) -> list[str]:
    """The tenants for which there is something to do, of a transaction about the whole server."""
    new = sa.select(event_rows.c.tenant).where(event_rows.c.routed.is_(None))
    waiting = sa.select(notice_lines.c.tenant).where(
        notice_lines.c.notice.is_(None), sa.or_(notice_lines.c.due <= now, notice_lines.c.due.is_(None)))
    return sorted(set(connection.scalars(new.distinct())) | set(connection.scalars(waiting.distinct())))


def route(connection: Connection, tenant: str, now: datetime, *, mailing: bool) -> int:
    """Decide who is told of the office's new events, and when. How many events that were."""
    zone = settings.current(connection, tenant).zone
    frozen = when.frozen(elections.every(connection, tenant), today(now, zone))
    if not frozen:
        _release(connection, tenant, now, zone)
    new = events.unrouted(connection, tenant, AT_ONCE)
    if not new:
        return 0
    known, everybody = kinds.every(), people.every(connection, tenant)
    choices, hooks = notice_choices.every(connection, tenant), webhooks.used(connection, tenant)
    lines = []
    for event in new:
        kind = known.get(event.kind)
        if kind is None:
            continue
        for one in receivers(kind, everybody, choices, hooks, mailing=mailing):
            held = frozen and not kind.in_freeze and one.channel is Channel.MAIL
            lines.append(Line(event.id, one.channel, one.number, one.timing.value,
                              None if held else when.due(one.timing, kind, one.chosen, now, zone)))
    outbox.add_lines(connection, tenant, lines)
    events.routed(connection, tenant, [one.id for one in new], now)
    return len(new)


def compose(connection: Connection, tenant: str, now: datetime) -> int:
    """Put what is due into messages, one for each receiver. How many messages that are."""
    due = outbox.due_lines(connection, tenant, now, AT_ONCE)
    if not due:
        return 0
    names, held = notice_choices.details(connection, tenant), outbox.held_lines(connection, tenant)
    groups = _grouped(due)
    for (channel, receiver), lines in groups.items():
        digest = any(one.line.timing != Timing.NOW for one in lines)
        back = [one for one in held if (one.line.channel, one.line.receiver) == (channel, receiver)] if digest else []
        made = content([one for one in lines if one.kind in kinds.every()], back, names=names)
        outbox.make(connection, tenant, channel, receiver, written(made), now, [one.line for one in lines])
    return len(groups)


def _grouped(due: Iterable[Due]) -> dict[tuple[Channel, int], list[Due]]:
    groups: dict[tuple[Channel, int], list[Due]] = {}
    for one in due:
        groups.setdefault((one.line.channel, one.line.receiver), []).append(one)
    return groups


def _release(connection: Connection, tenant: str, now: datetime, zone: str) -> None:
    """The freeze is over: what was held back is told as if it happened now."""
    held = outbox.held_lines(connection, tenant)
    if not held:
        return
    known, choices = kinds.every(), notice_choices.every(connection, tenant)
    for one in held:
        kind, chosen = known.get(one.kind), choices.get(one.line.receiver, notice_choices.Choices())
        moment = when.due(Timing(one.line.timing), kind, chosen, now, zone) if kind else now
        outbox.release(connection, tenant, one.line, moment)
