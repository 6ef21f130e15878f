"""Whole numbers written in words, English and French: ``twelve``, ``two dozen``, ``quatre-vingt-douze``."""

from __future__ import annotations

import re
import unicodedata

_SMALL = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
    "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20,
    "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80, "nonante": 90,
}
_GROUPS = {"dozen": 12, "dozens": 12, "douzaine": 12, "douzaines": 12, "hundred": 100, "cent": 100, "cents": 100,
           "thousand": 1000, "mille": 1000}
_ONE = frozenset({"a", "an", "une", "un"})
_AND = frozenset({"and", "et"})


def number(text: str) -> int | None:
    """The number that words say, or None where they say none, or say it loosely (``a few``, ``dozens``)."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = [one for one in re.split(r"[\s-]+", plain) if one]
    known = (*_SMALL, *_GROUPS, *_AND, *_ONE)
    if not words or words in (["dozens"], ["douzaines"], ["a"], ["an"]) or any(one not in known for one in words):
        return None
    if words[0] in _AND or words[-1] in _AND:
        return None
    total, part = 0, 0
    last: str = ""
    for word in words:
        if word in _GROUPS:
            if last in _GROUPS and _GROUPS[last] <= _GROUPS[word]:
                return None
            part = max(part, 1) * _GROUPS[word]
            if _GROUPS[word] == 1000:
                total, part = total + part, 0
        elif word in _ONE and word not in _SMALL:
            if last:
                return None
            part = 1
        elif word in _SMALL:
            value = _SMALL[word]
            if word in ("vingt", "vingts") and last == "quatre":
                part += 76
            elif _fits(part, value, last):
                part += value
            else:
                return None
        last = word
    return total + part or None


def _fits(part: int, value: int, last: str) -> bool:
    """Whether ``value`` may follow: units after tens, ten to sixteen after soixante and quatre-vingt."""
    low = part % 100
    if part == 0 or low == 0:
        return True
    if low in (60, 80) and 10 <= value <= 16:
        return True
    if low in (70, 90) and last == "dix" and 7 <= value <= 9:
        return True
    return (low >= 20 and low % 10 == 0 and value < 10) or (low == 10 and last == "dix" and 7 <= value <= 9)
