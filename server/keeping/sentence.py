"""What people write to explain themselves: one paragraph of plain text."""

from __future__ import annotations

from server.pages.language import N_
from server.spoken import Spoken

MOST = 500


def sentence(text: str, field: str) -> str:
    """The text with its spaces in order. Raises ``Spoken`` for none, too much, or what cannot be printed: control
    characters and signs that turn the direction of writing."""
    plain = " ".join(text.split())
    if not plain or len(plain) > MOST or not plain.isprintable():
        raise Spoken(N_("This cannot be taken as an explanation."), N_("Write 1 to %(most)s characters of plain text."),
                     {"most": MOST}, field=field)
    return plain
