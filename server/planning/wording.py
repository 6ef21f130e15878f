"""Amounts, days and names as a plan writes them, in both languages."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal

from babel.numbers import format_decimal

from server.pages.language import Language

_PATTERN = {"en": ("$#,##0", "$#,##0.00"), "fr": ("#,##0 $", "#,##0.00 $")}
_NO_BREAK = "\u00a0"
REPLACEMENT = "\ufffd"


def money(cents: int, speak: Language) -> str:
    """``$18,400`` or ``18 400 $``; with cents only where there are some."""
    whole, exact = _PATTERN[speak.code]
    written = format_decimal(Decimal(abs(cents)) / 100, format=exact if cents % 100 else whole, locale=speak.locale)
    sign = "−" if cents < 0 else ""
    return sign + written.replace(" ", _NO_BREAK).replace("\u202f", _NO_BREAK)


def inert(text: str) -> str:
    """A text of an input as one line that no terminal, page or reader obeys.

    Control characters (line ends, tabs, escapes), marks that turn the direction of what follows, and other invisible
    formats become a visible sign; nothing else is changed.
    """
    return "".join(REPLACEMENT if unicodedata.category(one) in _UNSEEN else one for one in text)


_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def day(value: date, speak: Language) -> str:
    """A day in words; the first of a month is an ordinal in French."""
    written = speak.date(value)
    return f"1er{written[1:]}" if speak.code == "fr" and value.day == 1 else written


def clipped(text: str, letters: int) -> str:
    """At most so many letters, with a sign where some are left out."""
    return text if len(text) <= letters else text[:letters - 1] + "…"
