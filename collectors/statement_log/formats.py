"""What a log's format has to do: cut bytes into whole records, and hand each record to the tally."""

from __future__ import annotations

from typing import Protocol

from collectors.statement_log.tally import Tally


class Format(Protocol):
    """One format of one engine. An instance reads one source from some place on; it keeps no state between records."""

    name: str
    engine: str

    def cut(self, data: bytes, *, last: bool) -> int:
        """How many bytes from the start are whole records. ``last``: nothing follows for now."""

    def feed(self, data: bytes, tally: Tally) -> int:
        """Read whole records. The number of those that were damaged."""
