"""What the bundled fonts can show. Anything else would stop the making of a PDF/UA page, or crash the typesetter.

Latin, Greek, Cyrillic and common signs print as they are. Other scripts, control characters and the signs that turn
the direction of text are shown as an empty box, so that a reader sees that something is there. Measured against the
typesetter by ``tests/server/test_printing_text.py``.
"""

from __future__ import annotations

import unicodedata
from typing import Any

RANGES = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x259, 0x259), (0x300, 0x304), (0x306, 0x30C), (0x323, 0x328),
    (0x384, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x45F), (0x490, 0x491), (0x1E00, 0x1EFF), (0x2010, 0x2027),
    (0x202F, 0x203A), (0x20A0, 0x20BF), (0x2100, 0x211E), (0x2122, 0x2122), (0x2126, 0x2151), (0x2153, 0x215E),
    (0x2190, 0x22FF), (0x2460, 0x2473), (0x25A0, 0x25FF), (0x2713, 0x2717))
"""First and last code point, both shown."""
BOX = "□"
_SHOWN = frozenset(chr(code) for first, last in RANGES for code in range(first, last + 1))
_SPACES = frozenset("\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029")


def shown(text: str) -> str:
    """The text as it can be printed, on one line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one in _SHOWN else " " if one in _SPACES or unicodedata.category(one) == "Zs" else BOX
                   for one in unicodedata.normalize("NFC", text))


def clipped(text: str, most: int) -> str:
    """The text, at most so many characters of it."""
    return text if len(text) <= most else text[:most - 1].rstrip() + "…"


def deep(value: Any) -> Any:
    """``shown`` for every text in plain data, keys as they are."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {key: deep(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [deep(one) for one in value]
    return value
