"""The store of feeds an audit matches against: opened for as long as facts are derived, and never required."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hustings.errors import HustingsError
from hustings.facts import Missing, Reason

if TYPE_CHECKING:
    from policies.feeds.store import Store

DEFAULT = Path("/var/cache/hustings/feeds.db")
"""Where `hustings feeds` keeps it (``policies.feeds.store``; a test compares), named here to import nothing."""


@contextmanager
def opened(path: Path | None) -> Iterator[Store | Missing]:
    """The store at ``path``, or in the default place, where it may be missing; else the reason there is none.

    Raises ``HustingsError`` only for a store that was named.
    """
    place = path or DEFAULT
    try:
        there = path is not None or place.exists()
    except OSError as error:
        yield Missing(Reason.DENIED, f"{place}: {error.strerror}")
        return
    if not there:
        from policies.derive.vulnerabilities import NO_FEED

        yield NO_FEED
        return
    from policies.feeds.store import Store

    try:
        store = Store(place)
    except HustingsError as error:
        if path is not None:
            raise
        yield Missing(Reason.ERROR, f"{error.where}: {error.what}")
        return
    with store:
        yield store
