"""``agent status``: where this machine reports to, when it last did, what waits, and what is wrong."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Any

import msgspec

from agent import contact as contacts
from agent.contact import Trouble
from agent.identity import Identity, State
from agent.spool_file import parse_name
from hustings.errors import CannotFinish, ConfigError
from hustings.times import utc_text

LATE = timedelta(hours=26)
"""A report older than this no longer speaks for the machine."""
SKEW = 300.0
ROOM = 1 << 20
"""Bytes that must be free for reports to be kept."""


class Waiting(msgspec.Struct, frozen=True):
    """What the spool holds that the server has not acknowledged."""

    reports: int
    size: int
    """Bytes."""
    oldest: datetime | None
    set_aside: int
    """Reports that the server refused for good or contradicted; the copies are kept 35 days."""


class Status(msgspec.Struct, frozen=True):
    """Everything ``agent status`` says; ``trouble`` is empty when all is well."""

    schema: str
    server: str
    tenant: str
    agent: str
    enrolled: datetime
    roles: tuple[str, ...]
    pinned: bool
    epoch: str
    last_received: datetime | None
    last_sequence: int
    last_tried: datetime | None
    skew: float | None
    waiting: Waiting
    trouble: tuple[Trouble, ...]
    known: bool
    """Whether ``contact.json`` can be read; if not, ``last_received`` and its like say nothing."""


def status(state: State, now: datetime) -> Status:
    """How this agent stands, changing nothing. Raises ``ConfigError``, ``CannotFinish``."""
    identity = state.peek()
    kept = contacts.read(state)
    contact = kept or contacts.Contact()
    waiting = _waiting(state, identity)
    found = _of_state(state, identity, now)
    if kept is None:
        found.append(Trouble("is damaged, so what the server last received is not known", now, str(state.contact_file),
                             "run `hustings agent once`, which writes it anew"))
    else:
        seen = {(one.where, one.what) for one in found}
        found += [one for one in _troubles(kept, waiting, identity, now) if (one.where, one.what) not in seen]
    return Status(
        schema="hustings.agent-status/1", server=identity.server, tenant=identity.tenant, agent=identity.agent,
        enrolled=identity.enrolled, roles=identity.roles, pinned=bool(identity.ca), epoch=identity.epoch,
        last_received=contact.received, last_sequence=contact.sequence, last_tried=contact.tried, skew=contact.skew,
        waiting=waiting, trouble=tuple(found), known=kept is not None)


def _of_state(state: State, identity: Identity, now: datetime) -> list[Trouble]:
    """What is damaged, missing or full on this machine, so that the next run would fail."""
    found = []
    try:
        state.signer(identity)
    except (ConfigError, CannotFinish) as error:
        found.append(Trouble(error.what, now, error.where, error.remedy))
    if shutil.disk_usage(state.place).free < ROOM:
        found.append(Trouble("is on a file system that is full, so reports cannot be kept", now, str(state.place),
                             "free some space on its file system"))
    return found


def _waiting(state: State, identity: Identity) -> Waiting:
    """By file names, as the spool reads them; it need not be whole, nor ours to write."""
    parts: dict[str, set[str]] = {"envelope": set(), "receipt": set(), "rejected": set()}
    chains: dict[str, int] = {}
    place = state.spool(identity)
    try:
        names = [one.name for one in place.iterdir()] if place.exists() else []
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(place), remedy="run as root") from error
    for text in names:
        parsed = parse_name(text)
        if parsed is not None and parsed[1] in parts:
            parts[parsed[1]].add(text)
            if parsed[1] == "receipt":
                chains[parsed[0].epoch] = max(chains.get(parsed[0].epoch, 0), parsed[0].last)
    waiting = []
    for text in parts["envelope"]:
        parsed = parse_name(text)
        if parsed is not None and parsed[0].first > chains.get(parsed[0].epoch, 0):
            waiting.append(place / text)
    seen = [one.stat() for one in waiting]
    oldest = min((one.st_mtime for one in seen), default=None)
    return Waiting(len(seen), sum(one.st_size for one in seen),
                   None if oldest is None else datetime.fromtimestamp(oldest).astimezone(), len(parts["rejected"]))


def _troubles(contact: contacts.Contact, waiting: Waiting, identity: Identity, now: datetime) -> list[Trouble]:
    found = [contact.trouble] if contact.trouble else []
    if contact.received is None and not found:
        found.append(Trouble("it has never reported", identity.enrolled, remedy="run `hustings agent once`, and "
                             "`hustings agent install` so that it reports by itself"))
    elif contact.received is not None and now - contact.received > LATE:
        found.append(Trouble("its last report is more than a day old, so its results count as unknown",
                             contact.received, remedy="run `hustings agent once`; check the timer with "
                             "`systemctl list-timers hustings-agent.timer`"))
    if contact.skew is not None and abs(contact.skew) > SKEW:
        direction = "ahead of" if contact.skew > 0 else "behind"
        found.append(Trouble(f"this machine's clock is {abs(contact.skew):.0f} s {direction} the server's, so results "
                             "that depend on time count as unknown", contact.received or now,
                             remedy="set the clock and turn on time synchronisation"))
    if waiting.set_aside:
        found.append(Trouble("the server refused reports for good, or already held others in their place "
                             f"(kept aside for 35 days: {waiting.set_aside})", contact.tried or now,
                             remedy="see this machine's page on the server; update the agent or the server, whichever "
                                    "is older; if this machine is a copy of another, enrol it anew with --force"))
    return found


def as_text(found: Status, now: datetime) -> str:
    """The same in plain words."""
    lines = [f"This machine reports to {found.server} as {found.agent} of {found.tenant}, "
             f"enrolled {utc_text(found.enrolled)}."]
    if not found.known:
        lines.append("When the server last received a report is not known.")
    elif found.last_received is None:
        lines.append("The server has not received any report yet.")
    else:
        lines.append(f"Last report: number {found.last_sequence}, stored by the server {utc_text(found.last_received)} "
                     f"({_ago(now - found.last_received)} ago).")
    if found.waiting.reports:
        since = f", the oldest since {utc_text(found.waiting.oldest)}" if found.waiting.oldest else ""
        lines.append(f"Waiting to be sent: {found.waiting.reports} ({found.waiting.size} bytes){since}.")
    else:
        lines.append("Nothing waits to be sent.")
    if not found.trouble:
        lines.append("Nothing is wrong.")
    for one in found.trouble:
        lines.append(f"Wrong since {utc_text(one.since)}: {_sentence(one)}")
        if one.remedy:
            lines.append(f"  fix: {one.remedy}")
    return "\n".join(lines)


def fields(found: Status) -> dict[str, Any]:
    """Plain values for ``--format json``."""
    plain = msgspec.to_builtins(found)
    assert isinstance(plain, dict)
    return plain


def _sentence(one: Trouble) -> str:
    return f"{one.where} {one.what}" if one.where else one.what


def _ago(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
