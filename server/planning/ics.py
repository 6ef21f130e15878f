"""A plan as an iCalendar file (RFC 5545): what to order, what goes live, whose support ends, when nothing may change.

Events last whole days. An event keeps its UID from one plan to the next, so that a calendar that takes in a later
plan moves what moved. Votes of one name (a primary every two years) are told apart by their year, and by their day
where that is the same too. Notes are texts alone; nothing in them is an address or an alarm.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from server.pages.language import Language, language
from server.planning.freezes import frozen
from server.planning.kind_names import counted, named
from server.planning.made import Made
from server.planning.model import Option
from server.planning.outlook import Outlook, outlooks
from server.planning.sentences import ending, plan_b, thing, why
from server.planning.wording import inert, money

DOMAIN = "plan.hustings"


def calendar(made: Made, code: str = "en") -> bytes:
    """The calendar. The same plan gives the same bytes."""
    from icalendar import Calendar

    speak = language(code)
    whole = Calendar()
    whole.add("prodid", "-//Hustings//Replacement plan//" + code.upper())
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("x-wr-calname", " · ".join(filter(None, (speak.say("Replacement plan"), inert(made.office)))))
    ended: set[str] = set()
    for one in outlooks(made):
        _of_line(whole, one, made, speak)
        if one.asset.ends and one.asset.id not in ended:
            ended.add(one.asset.id)
            _add(whole, made, ("end", one.asset.id), one.asset.ends.day, speak.say("Support ends: %(things)s") % {
                "things": _things(one, speak)}, ending(one.asset, made.problem.today, speak))
    windows = frozen(made.problem.calendar)
    keys = _apart(((*one.kinds, *one.elections), one.last) for one in windows)
    for window, key in zip(windows, keys, strict=True):
        names = speak.list([inert(one) for one in window.elections])
        kinds = speak.list([named(one, speak) for one in window.kinds]) if window.kinds else speak.say("everything")
        _add(whole, made, ("freeze", *key), window.first,
             speak.say("Freeze: %(kinds)s") % {"kinds": kinds},
             speak.say("Nothing of this goes live, because of %(elections)s.") % {"elections": names}, window.last)
    elections = made.problem.calendar.elections
    keys = _apart(((one.name,), one.date) for one in elections)
    for election, key in zip(elections, keys, strict=True):
        _add(whole, made, ("election", *key), election.date,
             speak.say("Election: %(name)s") % {"name": inert(election.name)}, "")
    written: bytes = whole.to_ical()
    return written


def _apart(named: Iterable[tuple[tuple[str, ...], date]]) -> list[tuple[str, ...]]:
    """A key for each of some dated things: its name and year, and the day where those are not its own."""
    keys = [((*name, str(day.year)), day) for name, day in named]
    many = Counter(key for key, _ in keys)
    return [key if many[key] == 1 else (*key, day.isoformat()) for key, day in keys]


def _of_line(whole: object, one: Outlook, made: Made, speak: Language) -> None:
    line = one.line
    values = {"things": _things(one, speak), "money": money(line.cost, speak)}
    note = "\n".join(filter(None, (why(one, made, speak), plan_b(one, made, speak))))
    if line.order_by is not None:
        text = (speak.say("Order the support extension of %(things)s (%(money)s)") if line.option is Option.EXTEND
                else speak.say("Last day to order: %(things)s (%(money)s)"))
        _add(whole, made, ("order", one.asset.id, "extend" if line.option is Option.EXTEND else "change"),
             line.order_by, text % values, note)
    if line.go_live is not None:
        text = (speak.say("Switched off: %(things)s") if line.option is Option.RETIRE
                else speak.say("In service: %(things)s"))
        _add(whole, made, ("live", one.asset.id), line.go_live, text % values, note)


def _things(one: Outlook, speak: Language) -> str:
    return f"{inert(one.asset.id)} ({counted(one.asset.kind, one.asset.quantity, speak)}, {thing(one.asset)})"


def _add(whole: object, made: Made, key: tuple[str, ...], first: date, summary: str, note: str,
         last: date | None = None) -> None:
    from icalendar import Calendar, Event

    assert isinstance(whole, Calendar)
    event = Event()
    event.add("uid", uid(made.office, *key))
    event.add("dtstamp", datetime.combine(made.problem.today, time(), UTC))
    event.add("dtstart", first)
    event.add("dtend", (last or first) + timedelta(days=1))
    event.add("summary", summary)
    if note:
        event.add("description", note)
    event.add("transp", "TRANSPARENT")
    whole.add_component(event)


def uid(*key: str) -> str:
    """The same for the same thing in every plan."""
    return hashlib.sha256("\0".join(key).encode()).hexdigest()[:32] + "@" + DOMAIN
