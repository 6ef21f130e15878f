"""One line for each registration database: what is gravest, how much more there is, how its review stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policies.model import Pack
from server import access_difference, access_review, access_sentences
from server.access_difference import Picture
from server.access_review import Status
from server.access_sentences import Kind, Sentence
from server.pages.language import Language
from server.records import Review
from server.standing import Standing


@dataclass(frozen=True, slots=True)
class Line:
    """``sentence`` is None where no model is declared; ``more`` counts the sentences after it."""

    picture: Picture
    sentence: Sentence | None
    more: int
    review: Status


GRAVEST = (Kind.FAIL, None, Kind.UNKNOWN, Kind.SOME, Kind.PASS)
"""Kinds of a line's sentence, the gravest first; None where no model is declared."""


def gravest(lines: Iterable[Line]) -> list[Line]:
    """The same lines, the gravest first."""
    return sorted(lines, key=lambda one: GRAVEST.index(one.sentence.kind if one.sentence else None))


def overview(machines: Iterable[Standing], reviews: Sequence[Review], pack: Pack,
             speak: Language) -> tuple[Line, ...]:
    """The databases of some machines, in their order."""
    lines = []
    for one in access_difference.every(machines):
        said = access_sentences.sentences(one, pack, speak) if one.declared else ()
        lines.append(Line(one, said[0] if said else None, max(0, len(said) - 1), access_review.status(one, reviews)))
    return tuple(lines)
