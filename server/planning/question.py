"""What a file does not say surely: asked cell by cell, never guessed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from server.pages.language import language


class Question(msgspec.Struct, frozen=True):
    """One open question. ``asks`` is a text to translate, filled with ``values``.

    ``row`` and ``column`` are those of the file; ``field`` is the inventory's column that the answer fills.
    ``proposals`` are answers that may be meant; none of them is taken until someone chooses.
    """

    row: int
    column: str
    field: str
    value: str
    asks: str
    values: Mapping[str, str] = {}
    proposals: tuple[str, ...] = ()
    holds_back: bool = False
    """Whether the row is left out until it is answered; otherwise it is imported without this fact."""

    def said(self, code: str = "en") -> str:
        return language(code).say(self.asks) % self.values
