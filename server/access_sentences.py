"""What a difference means, in plain sentences: composed by rule from counts, never free text.

Leavers come first, then the rows of the catalogue by weight, then what nobody declared, what is missing and what is
not known. A row without a sentence of its own borrows the plain sentence of its check in the policy library. That
all is well is said only of a difference that is whole, of today, and empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec
from babel.dates import format_date

from hustings.verdicts import SEVERITIES
from policies.model import Check, Pack
from server.access_difference import ANOMALIES, EXCESS, Fault, Leaver, Picture
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
    severity = {row.id: SEVERITIES.index(row.severity) for row in pack.rows}
    ordered = sorted(rows, key=lambda row: (severity.get(row, len(SEVERITIES)), row))
    return tuple((row, tuple(rows[row])) for row in ordered)


def _leavers(picture: Picture, speak: Language) -> Iterator[Sentence]:
    for changes in (True, False):
        people: dict[str, Leaver] = {one.person or one.account: one for one in picture.leavers.items
                                     if one.changes is changes}
        if people:
            yield Sentence(Kind.FAIL, _left(list(people.values()), picture, speak, changes=changes), LEFT)


def _left(people: Sequence[Leaver], picture: Picture, speak: Language, *, changes: bool) -> str:
    count, number = len(people), _number(len(people), speak, feminine=True)
    days = [one.left for one in people if one.left is not None]
    plural = speak.texts.ngettext
    if len(days) < count:
        said = plural("%(count)s person who left can still change voter records.",
                      "%(count)s people who left can still change voter records.", count) if changes else plural(
                      "%(count)s person who left can still sign in to the voter database.",
                      "%(count)s people who left can still sign in to the voter database.", count)
        return said % {"count": number}
    month = _month(min(days), picture, speak)
    if len({(day.year, day.month) for day in days}) == 1:
        said = plural("%(count)s person who left in %(month)s can still change voter records.",
                      "%(count)s people who left in %(month)s can still change voter records.",
                      count) if changes else plural(
                      "%(count)s person who left in %(month)s can still sign in to the voter database.",
                      "%(count)s people who left in %(month)s can still sign in to the voter database.", count)
    else:
        said = plural("%(count)s person who left since %(month)s can still change voter records.",
                      "%(count)s people who left since %(month)s can still change voter records.",
                      count) if changes else plural(
                      "%(count)s person who left since %(month)s can still sign in to the voter database.",
                      "%(count)s people who left since %(month)s can still sign in to the voter database.", count)
    return said % {"count": number, "month": month}


def _rows(picture: Picture, pack: Pack, speak: Language) -> Iterator[Sentence]:
    anomalies = picture.anomalies
    if anomalies.counted:
        said = speak.texts.ngettext(
            "%(count)s fault was found in who may do what; which one stays on the machine.",
            "%(count)s faults were found in who may do what; which ones stays on the machine.", anomalies.count)
        yield Sentence(Kind.FAIL, said % {"count": _number(anomalies.count, speak, feminine=True)})
    for row, faults in by_row(anomalies.items, pack):
        if row == LEFT and picture.leavers.items:
            continue
        accounts = {one.account for one in faults if one.account and one.account != _ALL}
        text = _counted(row, len(accounts), picture, speak) if accounts else ""
        check = check_for(pack, row)
        if not text and check is not None:
            text = check.plain.say(speak.code)
        if not text:
            said = speak.texts.ngettext("%(count)s fault was found under %(row)s.",
                                        "%(count)s faults were found under %(row)s.", len(faults))
            text = said % {"count": _number(len(faults), speak, feminine=True), "row": row}
        yield Sentence(Kind.FAIL, text, row)


def _counted(row: str, count: int, picture: Picture, speak: Language) -> str:
    """The sentence of a row that counts accounts; empty for a row that has none."""
    plural = speak.texts.ngettext
    number = {"count": _number(count, speak)}
    if row == "LPR-02":
        return plural("%(count)s account can do anything in the database, whatever was declared.",
                      "%(count)s accounts can do anything in the database, whatever was declared.", count) % number
    if row == "LPR-05":
        return plural("%(count)s account can change or delete voter records in bulk, and nobody declared it.",
                      "%(count)s accounts can change or delete voter records in bulk, and nobody declared it.",
                      count) % number
    if row == "LPR-06":
        return plural("%(count)s account can read identity numbers or other guarded data, and nobody declared it.",
                      "%(count)s accounts can read identity numbers or other guarded data, and nobody declared it.",
                      count) % number
    if row == "LPR-17":
        return plural("%(count)s vendor account stands open outside an approved window.",
                      "%(count)s vendor accounts stand open outside an approved window.", count) % number
    if row == LEFT:
        return plural("%(count)s account of somebody who left still works.",
                      "%(count)s accounts of people who left still work.", count) % number
    if row == UNUSED and picture.window.items:
        days = speak.number(int(picture.window.items[0].days))
        return plural("%(count)s account was not used in %(days)s days of logs.",
                      "%(count)s accounts were not used in %(days)s days of logs.", count) % {**number, "days": days}
    return ""


def _rights(picture: Picture, speak: Language) -> Iterator[Sentence]:
    plural = speak.texts.ngettext
    if count := picture.excess.count:
        said = plural("%(count)s right is held that nobody declared.",
                      "%(count)s rights are held that nobody declared.", count)
        yield Sentence(Kind.FAIL, said % {"count": _number(count, speak)}, UNDECLARED)
    if count := picture.missing.count:
        said = plural("%(count)s declared right is not held: work that needs it will be refused.",
                      "%(count)s declared rights are not held: work that needs them will be refused.", count)
        yield Sentence(Kind.SOME, said % {"count": _number(count, speak)})


def _unknown(picture: Picture, speak: Language) -> Iterator[Sentence]:
    if not picture.excess.known or not picture.excess.complete or not picture.difference:
        yield Sentence(Kind.UNKNOWN, speak.say("Who else holds more than was declared is not known."), UNDECLARED)
    if not picture.missing.known or not picture.missing.complete:
        yield Sentence(Kind.UNKNOWN, speak.say("Whether every declared right is held is not known."))
    if not picture.anomalies.known or not picture.anomalies.complete or not picture.unread.known:
        yield Sentence(Kind.UNKNOWN, speak.say("Whether there are other faults is not known."))
    rows = len({one.catalogue for one in picture.unread.items}) or picture.unread.count
    if rows:
        said = speak.texts.ngettext("%(count)s control could not be judged; unproven is no pass.",
                                    "%(count)s controls could not be judged; unproven is no pass.", rows)
        yield Sentence(Kind.UNKNOWN, said % {"count": _number(rows, speak, feminine=True)})


def _number(count: int, speak: Language, *, feminine: bool = False) -> str:
    """A number as it begins a sentence: up to ten in words."""
    if count == 1 and feminine and speak.code == "fr":
        return "Une"
    return _NUMBERS[speak.code][count - 1] if 1 <= count <= 10 else speak.number(count)


def _month(day: date, picture: Picture, speak: Language) -> str:
    """``June``, with its year unless that is the year of what is shown."""
    year = picture.machine.now.year
    return format_date(day, format="MMMM" if day.year == year else "MMMM y", locale=speak.locale)
