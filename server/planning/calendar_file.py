"""The election calendar in YAML: ``elections``, ``freezes`` and, where staff hours are limited, ``hours_per_month``."""

from __future__ import annotations

from datetime import date
from typing import Any

from hustings import yaml_source
from hustings.errors import BadDocument
from hustings.yaml_source import Source
from server.pages.language import N_
from server.planning import cell
from server.planning.cell import Unclear
from server.planning.decoding import decode
from server.planning.model import Calendar, Election, Freeze, Scale
from server.planning.row_problem import FileProblems, Problems

MOST_DAYS = 730
_KEYS = ("elections", "freezes", "hours_per_month")
_ELECTION = ("date", "name", "scale")
_FREEZE = ("kinds", "before_days", "after_days")


class BadCalendar(BadDocument):
    """A calendar file that is no YAML."""


def read(data: bytes, name: str) -> Calendar:
    """The calendar of a file, elections by date. Raises ``FileProblems`` with every mistake and its line, or
    ``BadDocument`` for what is no YAML."""
    source = yaml_source.load(decode(data, name).text, name, error=BadCalendar)
    problems = Problems()
    reading = _Reading(source, problems)
    calendar = reading.calendar()
    if problems:
        raise FileProblems(name, problems.found)
    return calendar


class _Reading:
    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems

    def calendar(self) -> Calendar:
        top = self.keys((), self.source.value, _KEYS, ("elections",))
        elections = [self.election(("elections", at), one) for at, one in self.items(("elections",), top)]
        freezes = [self.freeze(("freezes", at), one) for at, one in self.items(("freezes",), top)]
        hours = top.get("hours_per_month")
        if hours is not None and (isinstance(hours, bool) or not isinstance(hours, int | float)
                                  or not 0 <= hours <= 1_000_000):
            self.fault(("hours_per_month",), N_("%(value)s is not a number of hours"),
                       N_("write the hours as 120, or leave the key out where there is no limit"), value=hours)
            hours = None
        found = [one for one in elections if one is not None]
        self.same(found)
        return Calendar(tuple(sorted(found, key=lambda one: (one.date, one.name))),
                        tuple(one for one in freezes if one is not None), None if hours is None else float(hours))

    def election(self, path: yaml_source.Path, value: Any) -> Election | None:
        keys = self.keys(path, value, _ELECTION, ("date", "name"))
        day = self.day((*path, "date"), keys.get("date")) if "date" in keys else None
        name = self.text((*path, "name"), keys.get("name")) if "name" in keys else None
        scale = keys.get("scale", "large")
        if scale not in set(Scale):
            self.fault((*path, "scale"), N_("%(value)s is not a scale"), N_("write large or small"), value=scale)
            return None
        return Election(day, name, Scale(scale)) if day and name else None

    def freeze(self, path: yaml_source.Path, value: Any) -> Freeze | None:
        keys = self.keys(path, value, _FREEZE, ("before_days", "after_days"))
        days = [self.days((*path, one), keys[one]) for one in _FREEZE[1:] if one in keys]
        kinds: list[str] = []
        for at, one in self.items((*path, "kinds"), keys):
            try:
                kinds.append(cell.kind(str(one)))
            except Unclear as unclear:
                self.fault((*path, "kinds", at), unclear.what, unclear.remedy, **unclear.values)
        whole = [one for one in days if one is not None]
        return Freeze(whole[0], whole[1], tuple(dict.fromkeys(kinds))) if len(whole) == 2 else None

    def keys(self, path: yaml_source.Path, value: Any, known: tuple[str, ...],
             needed: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fault(path, N_("here stand no keys with values"),
                       N_("write %(keys)s, each with a colon and its value"), keys=", ".join(known))
            return {}
        for key in value:
            if key not in known:
                self.fault((*path, key), N_("the key %(key)s is not known"), N_("correct its spelling; keys: %(keys)s"),
                           key=key, keys=", ".join(known))
        for key in needed:
            if key not in value:
                self.fault(path, N_("the key %(key)s is missing"), N_("add %(key)s with a colon and its value"),
                           key=key)
        return {key: one for key, one in value.items() if key in known}

    def items(self, path: yaml_source.Path, keys: dict[str, Any]) -> list[tuple[int, Any]]:
        value = keys.get(str(path[-1]))
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(path, N_("%(key)s is not a list"), N_("write each on a line of its own with a dash before it"),
                       key=path[-1])
            return []
        return list(enumerate(value))

    def day(self, path: yaml_source.Path, value: Any) -> date | None:
        try:
            return cell.day(str(value))
        except Unclear as unclear:
            self.fault(path, unclear.what, unclear.remedy, **unclear.values)
            return None

    def text(self, path: yaml_source.Path, value: Any) -> str | None:
        try:
            made = cell.text("" if value is None else str(value))
        except Unclear as unclear:
            self.fault(path, unclear.what, unclear.remedy, **unclear.values)
            return None
        if not made:
            self.fault(path, N_("the election has no name"), N_("write its name, such as General election"))
        return made or None

    def days(self, path: yaml_source.Path, value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DAYS:
            self.fault(path, N_("%(value)s is not a number of days from 0 to %(most)s"), N_("write the days as 90"),
                       value=value, most=MOST_DAYS)
            return None
        return value

    def same(self, found: list[Election]) -> None:
        seen: set[tuple[date, str]] = set()
        for one in found:
            if (one.date, one.name.casefold()) in seen:
                self.fault(("elections",), N_("%(name)s on %(day)s is there twice"), N_("keep one of them"),
                           name=one.name, day=one.date)
            seen.add((one.date, one.name.casefold()))

    def fault(self, path: yaml_source.Path, what: str, remedy: str, /, **values: object) -> None:
        self.problems.add(self.source.line(path), ".".join(str(one) for one in path), what, remedy, **values)
