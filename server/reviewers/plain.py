"""What people write into a form about reviewers and recipients: printable, of a length, days that exist."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from server.pages.language import N_
from server.spoken import Spoken


def said(text: str, field: str, *, least: int, most: int) -> str:
    """A text without its edges. Raises ``Spoken`` where it is too short or too long, or holds control characters or
    overrides of the direction of writing."""
    plain = text.replace("\r\n", "\n").strip()
    if not least <= len(plain) <= most:
        raise Spoken(N_("The text has %(length)s characters; it may have %(least)s to %(most)s."),
                     N_("Write it in words that somebody else understands."),
                     {"length": len(plain), "least": least, "most": most}, field=field)
    if not all(one.isprintable() or one == "\n" for one in plain):
        raise Spoken(N_("The text holds characters that cannot be printed, or that turn the direction of writing."),
                     N_("Type it anew as plain text."), field=field)
    return plain


def last_day(text: str, field: str, now: datetime, longest: int) -> date:
    """A last day, from today on (UTC) and at most ``longest`` days ahead. Raises ``Spoken``."""
    today = now.astimezone(UTC).date()
    latest = today + timedelta(days=longest)
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Spoken(N_("The last day cannot be read."), N_("Write year, month and day: 2027-03-31."),
                     field=field) from error
    if not today <= day <= latest:
        raise Spoken(N_("The last day must lie from %(first)s to %(last)s."),
                     N_("Choose a day in that span; it can be granted anew afterwards."),
                     {"first": today.isoformat(), "last": latest.isoformat()}, field=field)
    return day
