"""The freezes of a calendar as windows in time: those of the same kinds that touch are one."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from server.planning.kinds import name
from server.planning.model import Calendar


class Frozen(msgspec.Struct, frozen=True):
    """First and last day included; no ``kinds``: everything."""

    first: date
    last: date
    kinds: tuple[str, ...]
    elections: tuple[str, ...]
    """The names of those it protects."""

    def holds(self, kind: str) -> bool:
        return not self.kinds or name(kind) in map(name, self.kinds)


def frozen(calendar: Calendar) -> tuple[Frozen, ...]:
    """Every freeze around every election, by first day."""
    windows: dict[tuple[str, ...], list[Frozen]] = {}
    for rule in calendar.freezes:
        kinds = tuple(sorted(set(rule.kinds)))
        for election in calendar.elections:
            if rule.around and election.date not in rule.around:
                continue
            windows.setdefault(kinds, []).append(Frozen(
                election.date - timedelta(days=rule.before_days), election.date + timedelta(days=rule.after_days),
                kinds, (election.name,)))
    return tuple(sorted((one for kind in windows.values() for one in _merged(kind)),
                        key=lambda one: (one.first, one.last, one.kinds)))


def _merged(windows: list[Frozen]) -> list[Frozen]:
    found: list[Frozen] = []
    for one in sorted(windows, key=lambda one: (one.first, one.last, one.elections)):
        if found and one.first <= found[-1].last + timedelta(days=1):
            before = found.pop()
            names = before.elections + tuple(each for each in one.elections if each not in before.elections)
            one = Frozen(before.first, max(before.last, one.last), one.kinds, names)
        found.append(one)
    return found
