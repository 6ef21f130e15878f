"""One machine's verdicts on both sides of the end of a day, followed letter by letter as far as they decide something.

Pure. Reports that say the same as the one before add nothing but their moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import itemgetter

from evidence.ages import FAIL, PASS
from hustings.verdicts import Verdict
from server.elections.review import Told


def _nothing(letters: str) -> tuple[str, ...]:
    return ()


class After:
    """What reports after the day passed, oldest first."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self._told: list[Told] = []
        self._checks: tuple[str, ...] = ()
        self._letters = ""
        self._waiting: list[tuple[int, str]] = []

    def add(self, number: int, at: datetime, checks: tuple[str, ...], letters: str) -> None:
        """The next report."""
        if checks is not self._checks:
            self._checks = checks
            self._waiting = [(place, one) for place, one in enumerate(checks) if one not in self.passed]
        elif letters == self._letters:
            return
        self._letters = letters
        now = [check for place, check in self._waiting if letters[place] == PASS]
        if now:
            self._told.append(Told(number, at, dict.fromkeys(now, Verdict.PASS)))
            self.passed.update(now)
            self._waiting = [one for one in self._waiting if one[1] not in self.passed]

    def told(self) -> tuple[Told, ...]:
        """The reports that passed a check for the first time, each with those checks alone."""
        return tuple(self._told)


class Before:
    """What reports by the end of the day say of it, newest first, until nothing of the day is open to doubt.

    ``standing`` are checks known to have failed by then and never to have passed since: reports that leave them out
    hide nothing, and how long they fail is known. Any other check that was open on the day is among ``passed``,
    those that a later report passed: these are followed back to a decision, and failures to their last pass.
    """

    def __init__(self, standing: Mapping[str, datetime], passed: Iterable[str]) -> None:
        self._standing = standing
        self._undecided = {*passed, *standing}
        self._followed: set[str] = set()
        self._closed: set[str] = set()
        self._first: dict[str, datetime] = {}
        self._told: list[Told] = []
        self._checks: tuple[str, ...] = ()
        self._open: list[tuple[int, str]] = []
        self._pick: Callable[[str], tuple[str, ...]] = _nothing
        self._picked: tuple[str, ...] = ()
        self._failing: list[str] = []

    @property
    def done(self) -> bool:
        """Whether older reports change nothing."""
        return bool(self._told) and not self._undecided and not self._followed

    def add(self, number: int, at: datetime, checks: tuple[str, ...], letters: str) -> None:
        """The next older report."""
        if checks is not self._checks:
            self._checks = checks
            self._failing = []
            self._look([(place, one) for place, one in enumerate(checks) if one not in self._closed])
        picked = self._pick(letters)
        if picked == self._picked and self._told:
            for check in self._failing:
                if at < self._first[check]:
                    self._first[check] = at
            return
        self._picked = picked
        self._failing = [one for (_, one), letter in zip(self._open, picked, strict=True) if letter == FAIL]
        found = self._fail(at)
        if found or not self._told:
            self._told.append(Told(number, at, dict.fromkeys(found, Verdict.FAIL)))
        closed = {one for one in found if one in self._standing}
        if PASS in picked:
            closed.update(one for (_, one), letter in zip(self._open, picked, strict=True) if letter == PASS)
        if closed:
            self._closed |= closed
            self._followed -= closed
            self._undecided -= closed
            self._failing = [one for one in self._failing if one not in closed]
            self._look([one for one in self._open if one[1] not in closed])
            self._picked = self._pick(letters)

    def _look(self, wanted: list[tuple[int, str]]) -> None:
        """Look at these places from here on."""
        self._open = wanted
        self._picked = ()
        places = [place for place, _ in wanted]
        self._pick = itemgetter(*places) if len(places) > 1 else lambda letters: tuple(letters[one] for one in places)

    def _fail(self, at: datetime) -> list[str]:
        """The failing checks that no newer report failed."""
        found = []
        for check in self._failing:
            if check not in self._first:
                found.append(check)
                self._first[check] = at
                if check in self._undecided and check not in self._standing:
                    self._followed.add(check)
            elif at < self._first[check]:
                self._first[check] = at
        self._undecided.difference_update(found)
        return found

    def told(self) -> tuple[Told, ...]:
        """The newest report, and each that is the newest to fail a check, with those checks alone."""
        return tuple(self._told)

    def since(self) -> dict[str, datetime]:
        """Of each failing check, when it first failed after its last pass, as far back as is known."""
        return {check: min(first, self._standing.get(check, first)) for check, first in self._first.items()}
