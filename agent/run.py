"""``agent once``: look, judge, sign, spool, send. Each step leaves the next one able to go on after a crash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent import contact as contacts
from agent import durable, mending, schedule
from agent.identity import Identity, State
from agent.reporting import Content, place
from agent.send import Clock, Sent, send
from agent.spool import Bound, Spool
from agent.transport import Transport
from hustings.errors import CannotFinish, ConfigError, HustingsError
from hustings.times import parse_time


@dataclass
class Run:
    """What one run did. ``made`` is false where nothing was due."""

    made: bool
    arrived: int
    waiting: int
    trouble: HustingsError | None
    notes: list[str] = field(default_factory=list)


def once(state: State, audit: Callable[[Identity, float | None], Content], transport: Transport, clock: Clock, *,
         server: str, if_due: bool = False, bound: Bound = Bound()) -> Run:  # noqa: B008 - frozen
    """One run. ``audit`` is asked for the content of a report, by whom and with which clock skew.

    With ``if_due`` the report is spooled only if the day's is due or something changed; what waits is
    sent in any case. What ends a run early is kept for ``agent status`` too, as far as the disk lets it.
    Raises ``ConfigError``, ``CannotFinish`` (a full disk, another run at work).
    """
    identity = state.load()
    with durable.alone(state.lock_file, "reported"):
        contact = contacts.load(state)
        try:
            content = audit(identity, contact.skew)
            spool, notes = open_spool(state, identity, bound)
            made = not if_due or _due(spool, content, identity.agent, clock.now())
            if made:
                spool.append(lambda where: place(content, where))
                notes += mending.trim(spool)
            spool.prune()
            sent = deliver(state, spool, transport, contact, clock, server)
        except (ConfigError, CannotFinish) as error:
            with suppress(CannotFinish):  # a disk too full even for this: status looks at the disk itself
                contacts.save(state, contacts.troubled(contact, error, clock.now()))
            raise
        return Run(made, sent.arrived, spool.usage().waiting, sent.trouble, notes + sent.notes)


def open_spool(state: State, identity: Identity, bound: Bound = Bound(),  # noqa: B008 - frozen
               ) -> tuple[Spool, list[str]]:
    """This agent's spool with its chain made whole, in a new epoch if there is no other way."""
    spool = Spool(state.spool(identity), state.signer(identity), bound)
    try:
        return spool, mending.mend(spool)
    except mending.Broken as broken:
        spool = Spool(spool.place, state.signer(state.begin_epoch(identity)), bound)
        return spool, [f"a new epoch was begun: {broken}", *mending.mend(spool)]


def deliver(state: State, spool: Spool, transport: Transport, contact: contacts.Contact, clock: Clock,
            server: str) -> Sent:
    """Send, keep what was learnt, and begin a new epoch for the next run where this one ended in a fork."""
    try:
        sent = send(spool, transport, contact, clock, server)
    except mending.Broken as broken:
        sent = Sent(contact, forked=True, notes=[f"a new epoch is begun on the next run: {broken}"])
    if sent.forked:
        state.begin_epoch(state.load())
    contacts.save(state, sent.contact)
    return sent


def _due(spool: Spool, content: Content, agent: str, now: datetime) -> bool:
    last = next((head for head in spool.heads() if head.kind == "report"), None)
    made = parse_time(last.made) if last else None
    changed = last is not None and last.essence != content.essence
    return schedule.daily_due(now, made, agent) or schedule.change_due(now, made, changed=changed)


def wall_clock(pause: Callable[[float], None]) -> Clock:
    """Time as it is."""
    return Clock(lambda: datetime.now(UTC), pause)


def skew_of(seconds: float | None) -> timedelta:
    """A measured skew as the evaluator takes it."""
    return timedelta(seconds=seconds or 0.0)
