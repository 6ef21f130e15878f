"""Text that somebody else chose, made fit for one line of a mail or a feed."""

from __future__ import annotations

import unicodedata

LONGEST = 100
_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str, longest: int = LONGEST) -> str:
    """One line without anything that steers: no control characters, no line breaks, no change of direction, nothing
    invisible; cut where it is too long."""
    kept = " ".join("".join(" " if one in "\r\n\t\u2028\u2029" else one for one in text
                            if one in "\r\n\t\u2028\u2029" or unicodedata.category(one) not in _NEVER).split())
    return kept if len(kept) <= longest else kept[:longest - 1].rstrip() + "…"
