"""The election calendar as a picture: where every bar, mark and label goes. Pure; the page draws it.

Units are those of the picture's own box: ``WIDTH`` across, one ``ROW`` for each line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from server.elections.model import Election, Window, WindowKind, in_order

WIDTH = 960
LEFT = 250
"""Where the days begin: labels stand before it."""
TOP = 34
ROW = 24
BEHIND = timedelta(days=30)
AHEAD = timedelta(days=730)
MARGIN = timedelta(days=15)
SHORTEST = timedelta(days=120)


class Bar(msgspec.Struct, frozen=True):
    x: float
    width: float
    window: Window


class Lane(msgspec.Struct, frozen=True):
    """All windows of one kind of one election."""

    kind: WindowKind
    y: float
    bars: tuple[Bar, ...]


class Group(msgspec.Struct, frozen=True):
    """One election: its name on a line, its windows below, its voting days through all of them."""

    election: Election
    y: float
    height: float
    x: float
    width: float
    lanes: tuple[Lane, ...]


class Tick(msgspec.Struct, frozen=True):
    x: float
    month: date
    named: bool
    """Whether there is room for its name."""


class Picture(msgspec.Struct, frozen=True):
    """``later`` elections lie past the picture's last day, and are left out of it."""

    first: date
    last: date
    height: float
    today: float
    ticks: tuple[Tick, ...]
    groups: tuple[Group, ...]
    later: int


def picture(elections: Iterable[Election], today: date) -> Picture | None:
    """The picture of what is not over on ``today``, two years ahead at most; None where there is nothing."""
    known = [one for one in in_order(elections) if one.ends >= today]
    shown = [one for one in known if one.first <= today + AHEAD]
    if not shown:
        return None
    first = today - BEHIND
    last = max(min(max(one.ends for one in shown), today + AHEAD) + MARGIN, today + SHORTEST)
    groups: list[Group] = []
    y: float = TOP
    for one in shown:
        made = _group(one, y, first, last)
        groups.append(made)
        y += made.height + ROW / 2
    return Picture(first, last, y, _x(today, first, last), _ticks(first, last), tuple(groups), len(known) - len(shown))


def _group(one: Election, y: float, first: date, last: date) -> Group:
    lanes: list[Lane] = []
    for kind in dict.fromkeys(window.kind for window in one.of(*WindowKind)):
        bars = tuple(_bar(window, first, last) for window in one.of(kind)
                     if window.last >= first and window.first <= last)
        if bars:
            lanes.append(Lane(kind, y + ROW * (len(lanes) + 1), bars))
    x, end = _x(one.first, first, last), _x(one.last + timedelta(days=1), first, last)
    return Group(one, y, ROW * (len(lanes) + 1), x, round(max(end - x, 3.0), 1), tuple(lanes))


def _bar(window: Window, first: date, last: date) -> Bar:
    x, end = _x(window.first, first, last), _x(window.last + timedelta(days=1), first, last)
    return Bar(x, round(max(end - x, 3.0), 1), window)


def _x(day: date, first: date, last: date) -> float:
    part = (min(max(day, first), last) - first) / (last - first)
    return round(LEFT + part * (WIDTH - LEFT), 1)


def _ticks(first: date, last: date) -> tuple[Tick, ...]:
    months = []
    month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while month <= last:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    every = max(1, -(-len(months) // 12))
    return tuple(Tick(_x(one, first, last), one, number % every == 0 and _x(one, first, last) < WIDTH - 55)
                 for number, one in enumerate(months))
