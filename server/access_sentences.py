"""What a difference means, in plain sentences: composed by rule from counts, never free text.

Leavers come first, then the rows of the catalogue by weight, then what is missing and what is not known. A row
without a sentence of its own borrows the plain sentence of its check in the policy library. That all is well is said
only of a difference that is whole, of today, and empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec
from babel.dates import format_date

from hustings.verdicts import SEVERITIES
from policies.model import Check, Pack
from server import access_words as words
from server.access_difference import ANOMALIES, EXCESS, Fault, Leaver, Picture
from server.access_words import When
from server.pages.language import Language

_NUMBERS = {
    "en": ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"),
    "fr": ("Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf", "Dix"),
}
_ALL = "PUBLIC"
UNDECLARED = "LPR-01"
LEFT = "IAM-12"
UNUSED = "IAM-11"


class Kind(StrEnum):
    """The shape beside a sentence; the values are those of the marks in ``shapes.html``."""

    FAIL = "fail"
    SOME = "some"
    UNKNOWN = "unknown"
    PASS = "pass"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that is so, and the row of the catalogue it is about (empty for none)."""

    kind: Kind
    text: str
    catalogue: str = ""


def sentences(picture: Picture, pack: Pack, speak: Language) -> tuple[Sentence, ...]:
    """Everything to be said of a database with a declared model, the gravest first."""
    said = [*_leavers(picture, speak), *_rows(picture, pack, speak), *_rights(picture, speak),
            *_unknown(picture, speak)]
    if said:
        return tuple(said)
    if picture.clean:
        return (Sentence(Kind.PASS, speak.say("Every account holds exactly the rights that were declared for it.")),)
    return (Sentence(Kind.UNKNOWN, speak.say("It is not known who holds which right today.")),)


def check_for(pack: Pack, row: str) -> Check | None:
    """The check that judges this row by the difference, else any of registration databases for it."""
    found = [one for one in pack.checks if one.catalogue == row and one.id.startswith("registration/")]
    joined = [one for one in found if any(
        name.encode() in msgspec.json.encode(one.require) for name in (ANOMALIES, EXCESS))]
    return next(iter((*joined, *found)), None)


def by_row(faults: Sequence[Fault], pack: Pack) -> tuple[tuple[str, tuple[Fault, ...]], ...]:
    """Anomalies by row of the catalogue, the severest rows first."""
    rows: dict[str, list[Fault]] = {}
    for one in faults:
        rows.setdefault(one.catalogue, []).append(one)
    return tuple((row, tuple(rows[row])) for row in _by_weight(rows, pack))


def _by_weight(rows: Iterable[str], pack: Pack) -> list[str]:
    severity = {row.id: SEVERITIES.index(row.severity) for row in pack.rows}
    return sorted(rows, key=lambda row: (severity.get(row, len(SEVERITIES)), row))


def _leavers(picture: Picture, speak: Language) -> Iterator[Sentence]:
    said: set[str] = set()
    for changes in (True, False):
        people = {one.person or one.account: one for one in picture.leavers.items
                  if one.changes is changes and (one.person or one.account) not in said}
        said |= set(people)
        if people:
            yield Sentence(Kind.FAIL, _left(list(people.values()), picture, speak, changes=changes), LEFT)
    if picture.leavers.counted:
        yield Sentence(Kind.FAIL, _said(words.ACCOUNTS[LEFT], picture.leavers.count, speak), LEFT)


def _left(people: Sequence[Leaver], picture: Picture, speak: Language, *, changes: bool) -> str:
    days = [one.left for one in people if one.left is not None]
    if len(days) < len(people):
        return _said(words.LEFT[When.UNKNOWN, changes], len(people), speak, feminine=True)
    when = When.MONTH if len({(day.year, day.month) for day in days}) == 1 else When.SINCE
    return _said(words.LEFT[when, changes], len(people), speak, feminine=True,
                 month=_month(min(days), picture, speak))


def _rows(picture: Picture, pack: Pack, speak: Language) -> Iterator[Sentence]:
    anomalies = picture.anomalies
    if anomalies.counted:
        yield Sentence(Kind.FAIL, _said(words.FAULTS_AT_HOME, anomalies.count, speak, feminine=True))
    faults_of = dict(by_row(anomalies.items, pack))
    rows = {*faults_of, *({UNDECLARED} if picture.excess.count else ())}
    for row in _by_weight(rows, pack):
        faults = faults_of.get(row, ())
        if row == LEFT and picture.leavers.items:
            continue
        if row == UNDECLARED and picture.excess.count:
            yield Sentence(Kind.FAIL, _said(words.EXCESS, picture.excess.count, speak), row)
            continue
        check = check_for(pack, row)
        text = _counted(row, faults, picture, speak) or (check.plain.say(speak.code) if check else "")
        yield Sentence(Kind.FAIL, text or _said(words.FAULTS, len(faults), speak, feminine=True, row=row), row)


def _counted(row: str, faults: Sequence[Fault], picture: Picture, speak: Language) -> str:
    """The sentence of a row that counts accounts; empty for one that has none, or no account to count."""
    count = len({one.account for one in faults if one.account and one.account != _ALL})
    if count and row in words.ACCOUNTS:
        return _said(words.ACCOUNTS[row], count, speak)
    if count and row == UNUSED and picture.window.items:
        return _said(words.UNUSED, count, speak, days=speak.number(int(picture.window.items[0].days)))
    return ""


def _rights(picture: Picture, speak: Language) -> Iterator[Sentence]:
    if count := picture.missing.count:
        yield Sentence(Kind.SOME, _said(words.MISSING, count, speak))


def _unknown(picture: Picture, speak: Language) -> Iterator[Sentence]:
    if not picture.excess.known or not picture.excess.complete or not picture.difference:
        yield Sentence(Kind.UNKNOWN, speak.say("Who else holds more than was declared is not known."), UNDECLARED)
    if not picture.missing.known or not picture.missing.complete:
        yield Sentence(Kind.UNKNOWN, speak.say("Whether every declared right is held is not known."))
    if not all(one.known and one.complete for one in (picture.anomalies, picture.unread)):
        yield Sentence(Kind.UNKNOWN, speak.say("Whether there are other faults is not known."))
    if rows := len({one.catalogue for one in picture.unread.items}) or picture.unread.count:
        yield Sentence(Kind.UNKNOWN, _said(words.UNJUDGED, rows, speak, feminine=True))


def _said(text: tuple[str, str], count: int, speak: Language, *, feminine: bool = False, **more: str) -> str:
    """A counting text in the reader's language. ``feminine``: what is counted is, in French."""
    return speak.texts.ngettext(*text, count) % {"count": _number(count, speak, feminine=feminine), **more}


def _number(count: int, speak: Language, *, feminine: bool = False) -> str:
    """A number as it begins a sentence: up to ten in words."""
    if count == 1 and feminine and speak.code == "fr":
        return "Une"
    return _NUMBERS[speak.code][count - 1] if 1 <= count <= 10 else speak.number(count)


def _month(day: date, picture: Picture, speak: Language) -> str:
    """``June``, with its year unless that is the year of what is shown."""
    year = picture.machine.now.year
    return format_date(day, format="MMMM" if day.year == year else "MMMM y", locale=speak.locale)
