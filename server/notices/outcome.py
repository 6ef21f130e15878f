"""How sending ends when it does not end well."""

from __future__ import annotations

from datetime import timedelta


class Undelivered(Exception):
    """A message did not arrive. ``for_good``: trying again is no use. ``gone``: its receiver exists no more."""

    def __init__(self, why: str, *, for_good: bool = False, gone: bool = False, after: timedelta | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good or gone
        self.gone = gone
        self.after = after
        """What the receiver asks to wait."""
