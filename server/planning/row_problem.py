"""What is wrong in a file that a person wrote: every place of it, what it says, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hustings.errors import BadDocument
from server.pages.language import N_, language

SHOWN = 50
"""So many problems of one file are told; the rest are counted."""


class RowProblem(msgspec.Struct, frozen=True):
    """One mistake. ``what`` and ``remedy`` are texts to translate, filled with ``values``.

    ``line`` is the line of the file (of a sheet: the row) from 1; 0 means the file as a whole.
    """

    line: int
    column: str
    what: str
    remedy: str
    values: Mapping[str, str] = {}
    sheet: str = ""

    def said(self, code: str = "en") -> tuple[str, str]:
        """What is wrong and how to mend it, in a language."""
        say = language(code).say
        return say(self.what) % self.values, say(self.remedy) % self.values

    def where(self, name: str, code: str = "en") -> str:
        """``inventory.csv:12, column quantity``."""
        place = f"{name}:{self.line}" if self.line else name
        if self.sheet:
            place += " " + language(code).say(N_("(sheet %(sheet)s)")) % {"sheet": self.sheet}
        if self.column:
            place += ", " + language(code).say(N_("column %(column)s")) % {"column": self.column}
        return place


class FileProblems(BadDocument):
    """A file of which nothing was imported, with everything that is wrong in it."""

    def __init__(self, name: str, problems: Iterable[RowProblem]) -> None:
        self.name = name
        self.problems = tuple(problems)
        super().__init__(self.told())

    def told(self, code: str = "en", shown: int = SHOWN) -> str:
        """All of it as text, the first ``shown`` problems of it."""
        say = language(code).say
        lines = []
        for one in self.problems[:shown]:
            what, remedy = one.said(code)
            lines.append(f"{one.where(self.name, code)}: {what}")
            lines.append("  " + say(N_("fix: %(remedy)s")) % {"remedy": remedy})
        rest = len(self.problems) - shown
        if rest > 0:
            lines.append(say(N_("… and %(count)s more problems")) % {"count": str(rest)})
        lines.append(say(N_("nothing was imported from %(name)s")) % {"name": self.name})
        return "\n".join(lines)

    def record(self, code: str = "en") -> list[dict[str, Any]]:
        """For JSON."""
        return [{"file": self.name, "line": one.line, "column": one.column, "what": one.said(code)[0],
                 "fix": one.said(code)[1]} for one in self.problems]


class Problems:
    """Collects the problems of one file. ``most`` bounds the memory a hopeless file can take."""

    def __init__(self, most: int = 2_000) -> None:
        self.found: list[RowProblem] = []
        self.most = most

    def add(self, line: int, column: str, what: str, remedy: str, /, **values: object) -> None:
        if len(self.found) < self.most:
            self.found.append(RowProblem(line, column, what, remedy, {key: short(value)
                                                                      for key, value in values.items()}))

    def __bool__(self) -> bool:
        return bool(self.found)


def short(value: object, most: int = 80) -> str:
    """A value as it may stand in a message: one line, no control characters, not endless."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
    return text if len(text) <= most else text[:most - 1] + "…"
