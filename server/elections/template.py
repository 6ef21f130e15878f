"""Templates: the windows that rules put around a kind of election, as data in ``templates/*.yaml``.

A day is written ``T-45`` (days before the first voting day), ``T+7`` (days after the last), or as a
day of the year of voting: ``{month: 5, day: 1}``, ``{month: 8, weekday: friday, nth: 3}``. Each
window says where its rule comes from, and whether that was verified; what was not is shown as such.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec

from hustings import yaml_source
from hustings.errors import ConfigError
from policies.model import Text
from server.elections.model import Election, Window, WindowKind
from server.planning.model import Scale

DEFAULT = "default"
_OFFSET = re.compile(r"T([+-])([0-9]{1,3})\Z")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class YearDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day of a year: of the month, or the ``nth`` of a weekday in it (``plus`` days later)."""

    month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] | None = None
    weekday: str = ""
    nth: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    plus: int = 0

    def __post_init__(self) -> None:
        if (self.day is None) == (not self.weekday):
            raise ValueError("give either day, or weekday and nth")
        if self.weekday and self.weekday not in _WEEKDAYS:
            raise ValueError(f"weekday is one of {', '.join(_WEEKDAYS)}")

    def of(self, year: int) -> date:
        if self.day is not None:
            found = date(year, self.month, min(self.day, monthrange(year, self.month)[1]))
        else:
            first = date(year, self.month, 1)
            found = first + timedelta(days=(_WEEKDAYS.index(self.weekday) - first.weekday()) % 7 + 7 * (self.nth - 1))
        return found + timedelta(days=self.plus)

    def said(self) -> str:
        """``month 8, friday 3`` for the console."""
        return f"month {self.month}, " + (f"day {self.day}" if self.day is not None else f"{self.weekday} {self.nth}")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One window of a template. ``verified``: the source was read, and says just this."""

    kind: WindowKind
    first: str | YearDay
    last: str | YearDay
    source: Text
    verified: bool

    def __post_init__(self) -> None:
        for one in (self.first, self.last):
            if isinstance(one, str) and not _OFFSET.match(one):
                raise ValueError(f"{one!r} is not a day such as T-45 or T+7")

    def window(self, first: date, last: date) -> Window:
        return Window(self.kind, _day(self.first, first, last), _day(self.last, first, last))


class Usual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The day a law fixes for these elections: in every ``every``-th year counted from the year ``since``."""

    day: YearDay
    every: Annotated[int, msgspec.Meta(ge=1, le=10)]
    since: int
    source: Text
    verified: bool


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of election."""

    title: Text
    country: str
    """``us``, ``ca``, or empty for any."""
    scale: Scale
    windows: tuple[Rule, ...]
    usual: Usual | None = None
    id: str = ""

    def around(self, first: date, last: date) -> tuple[Window, ...]:
        """Its windows around an election's first and last voting day."""
        return tuple(one.window(first, last) for one in self.windows)

    def rule(self, election: Election, window: Window) -> Rule | None:
        """The template's rule that a window of an election follows as it stands; None where the office set it."""
        if window.rule or window.equipment:
            return None
        return next((one for one in self.windows if one.window(election.first, election.last) == window), None)

    def next_usual(self, today: date) -> date | None:
        """The first day from ``today`` on that its law fixes, within ten years."""
        if self.usual is None:
            return None
        days = (self.usual.day.of(year) for year in range(today.year, today.year + 11)
                if (year - self.usual.since) % self.usual.every == 0)
        return next((day for day in days if day >= today), None)


@cache
def every() -> dict[str, Template]:
    """Every template by its id (its file's name). Raises ``ConfigError`` with file and line for a bad one."""
    folder = files("server.elections").joinpath("templates")
    found = {one.name.removesuffix(".yaml"): read(one.read_text("utf-8"), one.name)
             for one in sorted(folder.iterdir(), key=lambda one: one.name) if one.name.endswith(".yaml")}
    if DEFAULT not in found:
        raise ConfigError("the election templates of this installation are missing", where=str(folder),
                          remedy="install Hustings again")
    return found


def read(text: str, name: str) -> Template:
    """One template from YAML. Raises ``ConfigError`` with file and line."""
    template = yaml_source.convert(yaml_source.load(text, name), Template)
    template = msgspec.structs.replace(template, id=name.removesuffix(".yaml"))
    sample = date(2027, 6, 16)
    for one in template.windows:
        window = one.window(sample, sample)
        if isinstance(one.first, str) and isinstance(one.last, str) and window.last < window.first:
            raise ConfigError(f"the window {one.kind} ends before it begins", where=name, remedy="exchange its days")
        if one.kind is WindowKind.FREEZE and not window.holds(sample):
            raise ConfigError("a freeze must hold through voting", where=name, remedy="write T-90 and T+30")
    return template


def get(name: str) -> Template:
    """A template by its id, the default one for a name that this version does not know."""
    return every().get(name) or every()[DEFAULT]


def moved(election: Election, first: date, last: date) -> Election:
    """The same election on other days: windows that follow its template move along, the office's own stay."""
    template = get(election.template)
    rules = [template.rule(election, one) for one in election.windows]
    windows = tuple(rule.window(first, last) if rule else one
                    for rule, one in zip(rules, election.windows, strict=True))
    return msgspec.structs.replace(election, first=first, last=last, windows=windows)


def unverified(election: Election) -> Iterable[Window]:
    """Windows that follow a rule of a template which nobody checked against the law."""
    template = get(election.template)
    for window in election.windows:
        rule = template.rule(election, window)
        if rule is not None and not rule.verified:
            yield window


def _day(rule: str | YearDay, first: date, last: date) -> date:
    if isinstance(rule, YearDay):
        return rule.of(first.year)
    sign, days = _OFFSET.match(rule).groups()  # type: ignore[union-attr]
    return first - timedelta(days=int(days)) if sign == "-" else last + timedelta(days=int(days))
