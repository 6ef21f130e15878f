"""Texts in both languages of an office."""

from __future__ import annotations

import msgspec

from policies.model import Text


class Words(msgspec.Struct, frozen=True):
    """One text, in English and in French."""

    en: str
    fr: str


def words(text: Text) -> Words:
    return Words(text.en, text.fr)
