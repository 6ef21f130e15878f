"""How hard a text is to read: the Flesch–Kincaid grade level (Kincaid and others, 1975)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPOKEN = ("ted", "ded", "ses", "ces", "ges", "xes", "zes", "ches", "shes")
"""Endings whose e is spoken."""
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")


def syllables(word: str) -> int:
    """Vowel groups, without a silent final e or ed; at least one."""
    bare = re.sub(r"[^a-z]", "", word.lower())
    if len(bare) > 3 and not bare.endswith(_SPOKEN) and not re.search(r"[^aeioulrwy]le[ds]?$", bare):
        bare = re.sub(r"(?<=[^aeiouy])e[ds]?$", "", bare)
    return max(1, len(re.findall(r"[aeiouy]+", bare)))


def sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.!?:;])\s+", text.strip()) if _WORD.search(one)]


def level(texts: Iterable[str]) -> float:
    """The school grade that reads these texts: 0.39 × words a sentence + 11.8 × syllables a word − 15.59."""
    parts = [one for text in texts for one in sentences(text)]
    words = [word for one in parts for word in _WORD.findall(one)]
    return 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
