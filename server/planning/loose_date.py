"""Dates as people write them: sure ones become a day, others the range of days they may mean."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from server.planning.cell import FIRST, LAST

_MONTHS = {name: at for at, names in enumerate((
    ("january", "jan", "janvier", "janv"), ("february", "feb", "fevrier", "fevr", "fev"), ("march", "mar", "mars"),
    ("april", "apr", "avril", "avr"), ("may", "mai"), ("june", "jun", "juin"), ("july", "jul", "juillet", "juil"),
    ("august", "aug", "aout"), ("september", "sep", "sept", "septembre"), ("october", "oct", "octobre"),
    ("november", "nov", "novembre"), ("december", "dec", "decembre")), 1) for name in names}
_SEASONS = {"spring": ((3, 1), (6, 20)), "printemps": ((3, 1), (6, 20)), "summer": ((6, 1), (9, 22)),
            "ete": ((6, 1), (9, 22)), "fall": ((9, 1), (12, 20)), "autumn": ((9, 1), (12, 20)),
            "automne": ((9, 1), (12, 20))}
"""From the earliest day anyone lets a season begin to the latest day it ends. Winter has two years: asked."""
_YEAR = r"((?:19|20)[0-9]{2})"


class Span(NamedTuple):
    """The days something may mean, both included; one day where it is sure. ``exact``: the bounds are certain."""

    first: date
    last: date
    exact: bool = True

    @property
    def sure(self) -> bool:
        return self.first == self.last


def read(text: str, *, day_first: bool | None = None, serial_epoch: int = 0, fiscal_start: int = 0) -> Span | None:
    """What a cell says of a day, or None where it says none.

    ``day_first``: whether 03/04/2019 is 3 April; None: not known, then it is a range of two days that may not be
    taken. ``serial_epoch``: 1900 or 1904 where bare five-digit numbers are days counted by a spreadsheet.
    ``fiscal_start``: the month in which a fiscal year, named by the year it ends in, begins.
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[\s,]+", " ", plain).strip(" .")
    plain = re.sub(r"[ t]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[ap]m)?( ?(z|utc|[+-]\d{2}:?\d{2}))?$", "", plain)
    for reader in (_iso, _named, _month, _season, _quarter, _year, _years):
        found = reader(plain)
        if found:
            return _within(found)
    found = _slashed(plain, day_first) or _fiscal(plain, fiscal_start) or _serial(plain, serial_epoch)
    return _within(found) if found else None


def _within(span: Span) -> Span | None:
    return span if span.first >= FIRST and span.last <= LAST else None


def _day(year: int, month: int, day: int) -> Span | None:
    try:
        made = date(year, month, day)
    except ValueError:
        return None
    return Span(made, made)


def _iso(text: str) -> Span | None:
    found = re.fullmatch(_YEAR + r"[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", text)
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def _named(text: str) -> Span | None:
    """``14 March 2016``, ``March 14 2016``, ``14-mar-2016``, ``1er avril 2019``."""
    found = re.fullmatch(r"([0-9]{1,2})(?:er|st|nd|rd|th)?[ -]+(?:of |de )?([a-z]+)\.?[ -]+" + _YEAR, text)
    if found and found[2] in _MONTHS:
        return _day(int(found[3]), _MONTHS[found[2]], int(found[1]))
    found = re.fullmatch(r"([a-z]+)\.?[ -]+([0-9]{1,2})(?:st|nd|rd|th)?[ -]+" + _YEAR, text)
    if found and found[1] in _MONTHS:
        return _day(int(found[3]), _MONTHS[found[1]], int(found[2]))
    return None


def _month(text: str) -> Span | None:
    found = re.fullmatch(r"([a-z]+)\.?[ -]+(?:of |de )?" + _YEAR, text)
    if found and found[1] in _MONTHS:
        return _whole(int(found[2]), _MONTHS[found[1]])
    found = re.fullmatch(_YEAR + r"[-/]([0-9]{1,2})", text)
    if found:
        return _whole(int(found[1]), int(found[2]))
    found = re.fullmatch(r"([0-9]{1,2})/" + _YEAR, text)
    return _whole(int(found[2]), int(found[1])) if found else None


def _whole(year: int, month: int) -> Span | None:
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1])) if 1 <= month <= 12 else None


def _season(text: str) -> Span | None:
    found = re.fullmatch(r"(?:a l')?([a-z]+) (?:of |de )?" + _YEAR, text) or None
    if found and found[1] in _SEASONS:
        first, last = _SEASONS[found[1]]
        return Span(date(int(found[2]), *first), date(int(found[2]), *last))
    if found and found[1] in ("winter", "hiver"):
        year = int(found[2])
        return Span(date(year - 1, 12, 1), date(year + 1, 3, 20), False)
    return None


def _quarter(text: str) -> Span | None:
    found = re.fullmatch(r"[qt]([1-4])[ -]*" + _YEAR, text) or re.fullmatch(_YEAR + r"[ -]*[qt]([1-4])", text)
    if not found:
        return None
    quarter, year = (found[1], found[2]) if len(found[1]) == 1 else (found[2], found[1])
    month = 3 * int(quarter) - 2
    return Span(date(int(year), month, 1), date(int(year), month + 2, monthrange(int(year), month + 2)[1]))


def _year(text: str) -> Span | None:
    found = re.fullmatch(r"(?:in |en |circa |c\. ?|ca\. ?)?" + _YEAR + r"(\.0+)?", text)
    if not found:
        return None
    certain = text[:4].isdigit() or text[:3] in ("in ", "en ")
    return Span(date(int(found[1]), 1, 1), date(int(found[1]), 12, 31), certain)


def _years(text: str) -> Span | None:
    """``2014-2016``, ``2014 to 2016``, ``2014/15``: bought in parts, or in a year nobody knows."""
    found = re.fullmatch(_YEAR + r"\s*(?:-|/|to|a|and|et|&)\s*((?:19|20)?[0-9]{2})", text)
    if not found:
        return None
    last = int(found[2]) if len(found[2]) == 4 else int(found[1][:2] + found[2])
    return Span(date(int(found[1]), 1, 1), date(last, 12, 31), False) if last > int(found[1]) else None


def _slashed(text: str, day_first: bool | None) -> Span | None:
    """``3/14/2016``. A year of two digits is of this century."""
    found = re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})", text)
    if not found:
        return None
    one, two, year = int(found[1]), int(found[2]), int(found[3])
    year = year + 2000 if year < 100 else year
    american, other = _day(year, one, two), _day(year, two, one)
    if american and other and american != other and day_first is None:
        first, last = sorted((american.first, other.first))
        return Span(first, last, False)
    if day_first is not None and american and other:
        return other if day_first else american
    return american or other


def _fiscal(text: str, start: int) -> Span | None:
    found = re.fullmatch(r"(?:fy|fiscal(?: year)?|exercice|ef)[ '-]*((?:19|20)?[0-9]{2})(?:[-/]([0-9]{2,4}))?", text)
    if not found:
        return None
    year = int((found[2] or found[1])[-2:]) + 2000
    if not start:
        return Span(date(year - 1, 1, 1), date(year, 12, 31), False)
    first = date(year - (start > 1), start, 1)
    return Span(first, date(first.year + 1, start, 1) - timedelta(days=1))


def _serial(text: str, epoch: int) -> Span | None:
    found = re.fullmatch(r"([1-6][0-9]{4})(?:\.[0-9]+)?", text)
    if not found or not epoch:
        return None
    zero = date(1904, 1, 1) if epoch == 1904 else date(1899, 12, 30)
    made = zero + timedelta(days=int(found[1]))
    return Span(made, made)
