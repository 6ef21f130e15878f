"""What reading a tenant has got so far, so that a throttled run can be taken up by the next one.

Parts are kept by name with the link at which Microsoft Graph goes on; none is used when it is older than ``YOUNG``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from hustings.declared import Tenant
from hustings.times import Moment

YOUNG = timedelta(hours=6)
RUNS = 6
"""Runs that may be spent on one reading before what is missing is left unread."""
LIMIT = 64 << 20
"""Bytes of a memory."""
SCHEMA = "hustings.entra-memory/1"
T = TypeVar("T")


class Part(msgspec.Struct, Generic[T]):
    """A collection as far as it was read. ``next`` is where it goes on; it is whole when ``done``."""

    at: Moment
    """When it was begun."""
    items: list[T]
    next: str = ""
    pages: int = 0
    done: bool = False


class Kept(msgspec.Struct):
    """What is kept of one tenant, under the declaration it was read for."""

    tenant: Tenant
    parts: dict[str, msgspec.Raw]
    runs: int = 1
    requests: int = 0


class _File(msgspec.Struct):
    schema: str
    tenants: dict[str, Kept]


class Parts:
    """The parts of one reading: those that are kept from before, and those of this run."""

    def __init__(self, now: datetime, kept: Kept | None = None) -> None:
        self._now = now
        self._before = dict(kept.parts) if kept else {}
        self._parts: dict[str, Part[Any]] = {}

    def take(self, name: str, item: type[T]) -> Part[T]:
        """The part of that name, with items of a type; a new one where none is kept or it is too old."""
        if name not in self._parts:
            self._parts[name] = self._kept(name, item) or Part(self._now, [])
        return self._parts[name]

    def anew(self, name: str) -> None:
        """Forget a part: the service does not go on from where it was."""
        self._parts.pop(name, None)
        self._before.pop(name, None)

    def _kept(self, name: str, item: type[T]) -> Part[T] | None:
        raw = self._before.pop(name, None)
        if raw is None:
            return None
        try:
            part = msgspec.json.decode(raw, type=Part[item])  # type: ignore[valid-type]
        except msgspec.MsgspecError:
            return None
        return part if timedelta(0) <= self._now - part.at < YOUNG else None

    @property
    def begun(self) -> datetime:
        """When the oldest of what is used was read."""
        return min((part.at for part in self._parts.values()), default=self._now)

    @property
    def pages(self) -> int:
        """Pages read, those of earlier runs included."""
        return sum(part.pages for part in self._parts.values())

    def kept(self, tenant: Tenant, runs: int, requests: int) -> Kept:
        """All of it, for the next run."""
        parts = self._before | {name: msgspec.Raw(msgspec.json.encode(part)) for name, part in self._parts.items()}
        return Kept(tenant, parts, runs, requests)


def load(stream: BinaryIO | None) -> dict[str, Kept]:
    """What is kept by tenant; nothing for a memory that is damaged, cut short or of another form."""
    if stream is None:
        return {}
    try:
        file = msgspec.json.decode(stream.read(LIMIT), type=_File)
    except msgspec.MsgspecError:
        return {}
    return file.tenants if file.schema == SCHEMA else {}


def save(stream: BinaryIO | None, tenants: Iterable[Kept]) -> None:
    """Write it down."""
    if stream is not None:
        stream.write(msgspec.json.encode(_File(SCHEMA, {one.tenant.name: one for one in tenants})))
        stream.flush()
