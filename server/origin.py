"""From where an act comes: an address, the console of a host, a timed job. The audit trail writes it down."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

_ORIGIN: ContextVar[str] = ContextVar("hustings.origin", default="")
_MOST = 200


def current() -> str:
    """``address:203.0.113.7``, ``console:HOST`` or ``job:NAME``; empty where nobody said."""
    return _ORIGIN.get()


def address(peer: str) -> AbstractContextManager[None]:
    """What happens within comes from this address over the network."""
    return _within("address", peer or "unknown")


def console() -> AbstractContextManager[None]:
    """What happens within is typed at the console of this host."""
    return _within("console", platform.node() or "unknown")


def job(name: str) -> AbstractContextManager[None]:
    """What happens within is done by the server itself, on time."""
    return _within("job", name)


@contextmanager
def _within(kind: str, name: str) -> Iterator[None]:
    token = _ORIGIN.set(f"{kind}:{name}"[:_MOST])
    try:
        yield
    finally:
        _ORIGIN.reset(token)
