"""What the cells of canonical files may say, exactly. Pure: text in, a value out, or ``Unclear`` with the remedy."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from server.pages.language import N_
from server.planning.money import cents

FIRST = date(1950, 1, 1)
LAST = date(2199, 12, 31)
TEXT = 512
MOST = 1_000_000
"""The largest quantity."""
_WHOLE = re.compile(r"[0-9]{1,9}\Z", re.ASCII)
_GROUPED = re.compile("[0-9]{1,3}(?:[., \u00a0\u2009\u202f'\u2019][0-9]{3})+(?:[.,][0-9]{1,2})?\\Z", re.ASCII)
_PLAIN = re.compile(r"[0-9]{1,13}(?:[.,][0-9]{1,2})?\Z", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?\Z", re.ASCII)
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z", re.ASCII)
_KIND = re.compile(r"[^\W_]+(?:[-_.][^\W_]+)*\Z")
TRUE = frozenset({"yes", "true", "1", "x", "oui", "vrai", "y", "o"})
FALSE = frozenset({"no", "false", "0", "", "non", "faux", "n"})


class Unclear(ValueError):
    """A cell that cannot be taken. ``what`` and ``remedy`` are texts to translate, filled with ``values``."""

    def __init__(self, what: str, remedy: str, **values: object) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.values = values


def text(value: str, most: int = TEXT) -> str:
    """One line of printable text."""
    if len(value) > most:
        raise Unclear(N_("longer than %(most)s characters"), N_("shorten it"), most=most)
    joined = " ".join(value.split())
    if not joined.isprintable():
        raise Unclear(N_("%(value)s holds characters that cannot be seen"), N_("type the cell again"), value=value)
    return joined


def kind(value: str) -> str:
    """A kind is one word, in small letters: budgets name kinds with spaces between them, so that a kind of two
    words gets a dash (``Ballot printer`` is ``ballot-printer``)."""
    word = "-".join(value.casefold().split())
    if not _KIND.match(word) or len(word) > 64:
        raise Unclear(N_("%(value)s is not one word"), N_("write the kind as one word, such as ballot-printer"),
                      value=value)
    return word


def day(value: str) -> date:
    found = _DAY.match(value)
    if not found:
        raise Unclear(N_("%(value)s is not a date"), N_("write it as 2026-09-30"), value=value)
    try:
        made = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Unclear(N_("there is no day %(value)s"), N_("correct the month or the day"), value=value) from None
    if not FIRST <= made <= LAST:
        raise Unclear(N_("%(value)s is not between 1950 and 2199"), N_("correct the year"), value=value)
    return made


def past_day(value: str, today: date) -> date:
    made = day(value)
    if made > today:
        raise Unclear(N_("%(value)s has not come yet"), N_("correct the date, or leave it empty until it is bought"),
                      value=value)
    return made


def quantity(value: str) -> int:
    """A whole number from 1."""
    if re.fullmatch(r"[-−–][0-9.,]+", value):
        raise Unclear(N_("%(value)s is less than one"), N_("write how many there are, as 12"), value=value)
    if re.fullmatch(r"[0-9]+\.0+", value):
        value = value.partition(".")[0]
    if not _WHOLE.match(value):
        raise Unclear(N_("%(value)s is not a whole number"), N_("write how many there are, as 12"), value=value)
    number = int(value)
    if not 1 <= number <= MOST:
        raise Unclear(N_("%(value)s is not between 1 and %(most)s"),
                      N_("write how many there are, as 12; leave out a line of none"), value=value, most=MOST)
    return number


def number(value: str, most: float) -> float:
    """A number from 0, with a point."""
    if not _NUMBER.match(value):
        raise Unclear(N_("%(value)s is not a number from 0"), N_("write it in digits, as 12 or 12.5"), value=value)
    made = float(value)
    if made > most:
        raise Unclear(N_("%(value)s is more than %(most)s"), N_("correct it"), value=value, most=f"{most:g}")
    return made


def months(value: str) -> int:
    if not _WHOLE.match(value) or int(value) > 120:
        raise Unclear(N_("%(value)s is not a number of whole months from 0 to 120"),
                      N_("write the months from the order to going live, as 9"), value=value)
    return int(value)


def year(value: str) -> int:
    if not re.fullmatch(r"(19|20|21)[0-9]{2}", value, re.ASCII):
        raise Unclear(N_("%(value)s is not a year"), N_("write it as 2027"), value=value)
    return int(value)


def amount(value: str) -> int:
    """Cents. A dollar sign and thousands are taken where they can be read in one way alone.

    ``1,234`` is thousands, for money has no three decimals; ``1,50`` is a decimal comma; ``1.234`` is refused.
    """
    bare = re.sub(r"\A\$\s*|\s*\$\Z", "", value)
    digits = ""
    if _PLAIN.match(bare):
        digits = bare.replace(",", ".")
    elif _GROUPED.match(bare):
        whole, decimals = bare, ""
        if bare[-3] in ".," or bare[-2] in ".,":
            cut = max(bare.rfind("."), bare.rfind(","))
            whole, decimals = bare[:cut], "." + bare[cut + 1:]
        marks = {char for char in whole if not char.isdigit()}
        after = bare[len(whole):][:1]
        if len(marks) == 1 and marks != {after} and (marks != {"."} or after == ","):
            digits = re.sub(r"[^0-9]", "", whole) + decimals
    if not digits:
        raise Unclear(N_("%(value)s is not an amount that can be read in one way alone"),
                      N_("write it in dollars, as 1234.50"), value=value)
    made = cents(digits)
    if made > 10**14:
        raise Unclear(N_("%(value)s is more than a trillion dollars"), N_("correct the amount"), value=value)
    return made


def part(value: str) -> float:
    """A part of one: ``0.2`` or ``20%``."""
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)(\s*%)?", value, re.ASCII)
    made = float(Decimal(found[1]) / (100 if found[2] else 1)) if found else -1.0
    if not 0 <= made <= 1:
        raise Unclear(N_("%(value)s is not a part from 0 to 1"), N_("write a fifth as 0.2"), value=value)
    return made


def flag(value: str) -> bool:
    word = value.casefold()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise Unclear(N_("%(value)s is neither yes nor no"), N_("write yes or no"), value=value)
