"""Text that a stranger wrote, as it may be kept and shown."""

from __future__ import annotations

LONGEST = 4096


def shown(text: str, longest: int = LONGEST) -> str:
    """Without control characters, which become U+FFFD, and with an ellipsis where it is cut."""
    cut = text[:longest] + "…" if len(text) > longest else text
    return cut if cut.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in cut)
