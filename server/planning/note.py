"""Something to know about what was read: shown beside the preview, and never needed to go on."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from server.pages.language import language


class Note(msgspec.Struct, frozen=True):
    """``text`` is to be translated, and filled with ``values``."""

    text: str
    values: Mapping[str, str] = {}

    def said(self, code: str = "en") -> str:
        return language(code).say(self.text) % self.values
