"""What people type about elections, read without guessing. Pure: typed text in, an election or faults out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

import msgspec

from server.elections import template
from server.elections.changing import drafted, with_windows
from server.elections.model import Election, Window, WindowKind
from server.elections.rules import MOST_WINDOWS, Fault, day_faults
from server.pages.language import N_
from server.planning.model import Scale

BLANK = 2
"""Empty rows for further windows."""
_DAY = N_("%(typed)s is not a day. Write it as 2027-11-02.")


class Line(msgspec.Struct, frozen=True):
    """One row of the windows' form, as it is shown: what was typed, or what is stored."""

    number: int
    kind: str = ""
    first: str = ""
    last: str = ""
    rule: str = ""
    equipment: str = ""
    remove: bool = False


def new(typed: Mapping[str, str]) -> tuple[Election | None, tuple[Fault, ...]]:
    """A new election from the form with name, first, last, template and act."""
    found: list[Fault] = []
    first = _day(typed, "first", found)
    last = _day(typed, "last", found) if typed.get("last", "").strip() else first
    kind = typed.get("template", "")
    if kind not in template.every():
        found.append(Fault("template", N_("Choose one of the templates.")))
    if first is None or last is None or found:
        return None, tuple(found)
    return drafted(typed.get("name", ""), first, last, kind, called=typed.get("act") == "call"), ()


def changed(election: Election, typed: Mapping[str, str]) -> tuple[Election | None, tuple[Fault, ...]]:
    """An election as the form leaves it. Windows that were not touched follow their template to another day."""
    found: list[Fault] = []
    first, last = _day(typed, "first", found), _day(typed, "last", found)
    windows: list[tuple[int, Window]] = []
    for line in lines(election, typed):
        window = None if line.remove else _window(line, found)
        if window is not None:
            windows.append((line.number, window))
    scale = typed.get("scale", "")
    if scale not in set(Scale):
        found.append(Fault("scale", N_("Say how much of the electorate votes.")))
    if first is None or last is None or found:
        return None, tuple(found)
    moved = election.windows if day_faults(first, last) else template.moved(election, first, last).windows
    kept = [moved[number] if number < len(moved) and election.windows[number] == window else window
            for number, window in windows]
    made = msgspec.structs.replace(election, name=typed.get("name", "").strip(), first=first, last=last,
                                   scale=Scale(scale))
    return with_windows(made, kept), ()


def lines(election: Election, typed: Mapping[str, str] | None = None) -> list[Line]:
    """The rows of the form: the stored windows, or all that was typed, and empty ones for more."""
    if typed is None:
        stored = [Line(number, one.kind, one.first.isoformat(), one.last.isoformat(), one.rule,
                       " ".join(one.equipment)) for number, one in enumerate(election.windows)]
        return [*stored, *(Line(len(stored) + number) for number in range(BLANK))]
    return [_line(typed, number) for number in range(MOST_WINDOWS + BLANK) if f"kind-{number}" in typed]


def _line(typed: Mapping[str, str], number: int) -> Line:
    kind, first, last, rule, equipment = (typed.get(f"{field}-{number}", "").strip()
                                          for field in ("kind", "first", "last", "rule", "equipment"))
    return Line(number, kind, first, last, rule, equipment, typed.get(f"remove-{number}") == "yes")


def _window(line: Line, found: list[Fault]) -> Window | None:
    """The window of a row; None for an empty row, or one with a fault."""
    if not (line.first or line.last or line.rule or line.equipment):
        return None
    where = f"window-{line.number}"
    if line.kind not in set(WindowKind):
        found.append(Fault(where, N_("Say what this window is for.")))
        return None
    about = {"first": line.first, "last": line.last}
    mine: list[Fault] = []
    first, last = _day(about, "first", mine), _day(about, "last", mine)
    if first is None or last is None:
        found.append(msgspec.structs.replace(mine[0], field=where))
        return None
    return Window(WindowKind(line.kind), first, last, line.rule, tuple(dict.fromkeys(line.equipment.split())))


def _day(typed: Mapping[str, str], field: str, found: list[Fault]) -> date | None:
    text = typed.get(field, "").strip()
    if not text:
        found.append(Fault(field, N_("Write a day, such as 2027-11-02.")))
        return None
    if len(text) == 10:
        with suppress(ValueError):
            return date.fromisoformat(text)
    found.append(Fault(field, _DAY, {"typed": text[:40]}))
    return None
