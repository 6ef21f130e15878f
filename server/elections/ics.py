"""The election calendar as iCalendar (RFC 5545), for the calendars people already use.

Every entry is a whole day or days, so that no time zone can move it. An entry's UID never changes, so that a
calendar which reads the file again updates what it has in place of adding it twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from server.elections import template, words
from server.elections.model import Election, in_order
from server.pages.language import language

DOMAIN = "hustings.invalid"
"""The right side of UIDs: a name that nobody can own (RFC 6761), since these are not addresses."""


def calendar(name: str) -> Calendar:
    """An empty calendar of an office."""
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", "-//Hustings//Election calendar//EN")
    made.add("x-wr-calname", _line(name))
    return made


def entry(uid: str, title: str, first: date, last: date, now: datetime, about: str = "") -> Event:
    """Whole days from ``first`` to ``last``, both included."""
    made = Event()
    made.add("uid", f"{uid}@{DOMAIN}")
    made.add("dtstamp", now)
    made.add("summary", _line(title))
    made.add("dtstart", first)
    made.add("dtend", last + timedelta(days=1))
    made.add("transp", "TRANSPARENT")
    if about:
        made.add("description", about)
    return made


def as_ics(office: str, tenant: str, elections: Iterable[Election], now: datetime, code: str = "en") -> bytes:
    """Every election with its windows, in one language."""
    speak = language(code)
    made = calendar(office)
    for one in in_order(elections):
        uid = f"{tenant}-{one.id}"
        made.add_component(entry(f"{uid}-voting", _title(speak.say("Voting"), one.name, code), one.first, one.last,
                                 now))
        template_ = template.get(one.template)
        seen: dict[str, int] = {}
        for window in sorted(one.windows, key=lambda each: (each.kind, each.first, each.last)):
            seen[window.kind] = seen.get(window.kind, 0) + 1
            rule = template_.rule(one, window)
            about = rule.source.say(code) if rule else window.rule
            if rule and not rule.verified:
                about = f"{about} {speak.say('Template: check it with your law.')}"
            title = _title(speak.say(words.WINDOWS[window.kind]), one.name, code)
            made.add_component(entry(f"{uid}-{window.kind}-{seen[window.kind]}", title, window.first, window.last,
                                     now, about))
    return bytes(made.to_ical())


def _line(text: str) -> str:
    """Text on one line, without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split(" "))


def _title(what: str, name: str, code: str) -> str:
    return f"{what}\u00a0: {name}" if code == "fr" else f"{what}: {name}"
