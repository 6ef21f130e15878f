"""What may be declared: every fault of an election is found before it is stored, and said so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from hustings.times import voting_day
from server.elections.model import Election, Window, WindowKind
from server.pages.language import N_, language

LONGEST_VOTE = 31
"""Days of voting, at most: voting over a longer time is advance voting, which is a window."""
FURTHEST = 800
"""Days from voting to the furthest day of a window, at most."""
MOST_WINDOWS = 40
NAME_MAX = 120
CHANGED = N_("Somebody changed this election since you opened the page. What you typed is kept below: compare it with "
             "the page, then save again.")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in a field, and how to mend it. ``text`` is translated where it is shown."""

    field: str
    text: str
    about: dict[str, str] = {}

    def say(self, code: str = "en") -> str:
        return language(code).say(self.text) % self.about


def faults(election: Election, others: Iterable[Election] = ()) -> tuple[Fault, ...]:
    """Everything wrong with an election beside the office's other ones. Nothing: it can be stored."""
    found = [*_name(election), *day_faults(election.first, election.last)]
    if not found:
        found += [fault for number, one in enumerate(election.windows) for fault in _window(election, one, number)]
    if len(election.windows) > MOST_WINDOWS:
        found.append(Fault("windows", N_("There are more than %(most)s windows. Leave some out."),
                           {"most": str(MOST_WINDOWS)}))
    if any(one.id != election.id and one.name == election.name and one.first == election.first for one in others):
        found.append(Fault("name", N_("There is already an election of this name on this day. Change that one, or "
                                      "give this one another name.")))
    return tuple(found)


def _name(election: Election) -> list[Fault]:
    name = election.name
    if not name.strip() or len(name) > NAME_MAX or not name.isprintable():
        return [Fault("name", N_("Write a name of 1 to %(most)s letters, on one line."), {"most": str(NAME_MAX)})]
    return []


def day_faults(first: date, last: date) -> tuple[Fault, ...]:
    """What is wrong with the days of a vote alone. Without a fault, no window of a template leaves the calendar."""
    for field, day in (("first", first), ("last", last)):
        try:
            voting_day(day)
        except ValueError:
            return (Fault(field, N_("The year of %(day)s is not between 2000 and 2199. Correct it."),
                          {"day": day.isoformat()}),)
    if last < first:
        return (Fault("last", N_("The last day of voting, %(last)s, is before the first, %(first)s. Exchange them."),
                      {"first": first.isoformat(), "last": last.isoformat()}),)
    if last - first >= timedelta(days=LONGEST_VOTE):
        return (Fault("last", N_("Voting of more than %(most)s days: enter the day of the main vote, and the rest as "
                                 "a window of advance voting."), {"most": str(LONGEST_VOTE)}),)
    return ()


def _window(election: Election, one: Window, number: int) -> list[Fault]:
    where = f"window-{number}"
    days = {"first": one.first.isoformat(), "last": one.last.isoformat()}
    if one.last < one.first:
        return [Fault(where, N_("The window ends on %(last)s, before it begins on %(first)s. Exchange them."), days)]
    far = timedelta(days=FURTHEST)
    if _before(election.first, one.first) > far or _before(one.last, election.last) > far:
        return [Fault(where, N_("The window from %(first)s to %(last)s is more than %(most)s days from voting. Check "
                                "the years."), {**days, "most": str(FURTHEST)})]
    if one.kind is WindowKind.FREEZE and not (one.first <= election.first and one.last >= election.last):
        return [Fault(where, N_("The freeze from %(first)s to %(last)s does not hold through voting. Let it begin on "
                                "or before the first voting day and end on or after the last."), days)]
    if len(one.rule) > 300 or not one.rule.isprintable():
        return [Fault(where, N_("Where the rule comes from: write at most 300 letters, on one line."))]
    return []


def _before(later: date, earlier: date) -> timedelta:
    return later - earlier


def first_of(found: Iterable[Fault]) -> Mapping[str, Fault]:
    """The first fault of each field."""
    said: dict[str, Fault] = {}
    for one in found:
        said.setdefault(one.field, one)
    return said
