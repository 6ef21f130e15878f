"""What a message holds, from the events it is made of: numbers, and names only where the office said so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from server.notices import kinds
from server.notices.clean import plain
from server.store.outbox import Due

NAMED = 5
"""Names of one kind in a message, at most."""


class Part(msgspec.Struct, frozen=True):
    """Events of one kind."""

    kind: str
    count: int
    names: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True):
    """Kept as JSON in the outbox, so that every try says the same."""

    parts: tuple[Part, ...] = ()
    held: int = 0
    """Events that are held back until the freeze of an election ends."""
    test: bool = False


def content(lines: Sequence[Due], held: Iterable[Due], *, names: bool) -> Content:
    """The message of some lines. ``names``: whether machines and checks may be named."""
    by_kind: dict[str, list[Due]] = {}
    for one in lines:
        by_kind.setdefault(one.kind, []).append(one)
    known = kinds.every()
    parts = tuple(_part(name, by_kind[name], names=names) for name in known if name in by_kind)
    return Content(parts, len({one.line.event for one in held}))


def _part(kind: str, lines: Sequence[Due], *, names: bool) -> Part:
    count = kinds.every()[kind].count([one.data for one in lines])
    shown = dict.fromkeys(plain(one.subject) for one in reversed(lines)) if names else {}
    return Part(kind, count, tuple(name for name in shown if name)[:NAMED])


def written(one: Content) -> dict[str, Any]:
    """As JSON."""
    made: dict[str, Any] = msgspec.to_builtins(one)
    return made


def read(kept: Mapping[str, Any]) -> Content:
    """From JSON of the outbox."""
    return msgspec.convert(kept, Content)
