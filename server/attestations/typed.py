"""What people type into forms about attestations, contacts and requests, read field by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from server.pages.language import N_
from server.spoken import Spoken

LINE = 160
"""Characters of one line, at most."""
FIRST = date(2000, 1, 1)
LAST = date(2100, 1, 1)


def line(data: Mapping[str, object], field: str, *, most: int = LINE, required: bool = True) -> str:
    """One line without its edges. Raises ``Spoken``."""
    return " ".join(_text(data, field, most, required, "").split())


def text(data: Mapping[str, object], field: str, *, most: int = 4000, required: bool = True) -> str:
    """Lines of text without their edges. Raises ``Spoken``."""
    return _text(data, field, most, required, "\n\t")


def day(data: Mapping[str, object], field: str, *, first: date = FIRST, last: date = LAST) -> date:
    """A day as forms send it. Raises ``Spoken``."""
    typed = _text(data, field, 40, True, "")
    try:
        found = date.fromisoformat(typed)
    except ValueError as error:
        raise Spoken(N_("That is no day."), N_("Write year, month and day, as 2027-03-31."), field=field) from error
    if not first <= found <= last:
        raise Spoken(N_("The day must lie from %(first)s to %(last)s."), N_("Choose a day in that span."),
                     {"first": first, "last": last}, field=field)
    return found


def past_day(data: Mapping[str, object], field: str, now: datetime) -> date:
    """A day that has come. Raises ``Spoken``."""
    return day(data, field, last=now.astimezone(UTC).date())


def one_of(data: Mapping[str, object], field: str, known: tuple[str, ...]) -> str:
    """One of the offered answers. Raises ``Spoken``."""
    typed = str(data.get(field, ""))
    if typed not in known:
        raise Spoken(N_("No answer was chosen."), N_("Choose one of those that are offered."), field=field)
    return typed


def count(data: Mapping[str, object], field: str, most: int) -> int:
    """A whole number from 0 on. Raises ``Spoken``."""
    typed = _text(data, field, 20, True, "")
    if not (typed.isascii() and typed.isdigit()) or int(typed) > most:
        raise Spoken(N_("That is no whole number from 0 to %(most)s."), N_("Write digits alone, as 12."),
                     {"most": most}, field=field)
    return int(typed)


def several(data: Mapping[str, object], field: str) -> list[str]:
    """The values of a field that may be sent several times."""
    found = data.get(field, [])
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def _text(data: Mapping[str, object], field: str, most: int, required: bool, besides: str) -> str:
    typed = data.get(field, "")
    plain = typed.replace("\r\n", "\n").strip() if isinstance(typed, str) else ""
    if not plain and required:
        raise Spoken(N_("This is missing."), N_("Fill it in."), field=field)
    if len(plain) > most:
        raise Spoken(N_("This has %(length)s characters; there is room for %(most)s."), N_("Say it in fewer words."),
                     {"length": len(plain), "most": most}, field=field)
    if not all(one.isprintable() or one in besides for one in plain):
        raise Spoken(N_("This holds characters that cannot be printed, or that turn the direction of writing."),
                     N_("Type it again as plain text."), field=field)
    return plain
