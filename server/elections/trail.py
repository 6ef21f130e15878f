"""One machine's verdicts on both sides of the end of a day, followed letter by letter as far as they decide something.

Pure. Reports that say the same as the one before add nothing but their moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from evidence.ages import FAIL, PASS
from hustings.verdicts import Verdict
from server.elections.review import Told


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
        self._letters = ""
        self._open: list[tuple[int, str]] = []
        self._failing: list[str] = []

    @property
    def done(self) -> bool:
        """Whether older reports change nothing."""
        return bool(self._told) and not self._undecided and not self._followed

    def add(self, number: int, at: datetime, checks: tuple[str, ...], letters: str) -> None:
        """The next older report."""
        if checks is not self._checks:
            self._checks = checks
            self._open = [(place, one) for place, one in enumerate(checks) if one not in self._closed]
        elif letters == self._letters:
            for check in self._failing:
                self._first[check] = min(self._first[check], at)
            return
        self._letters = letters
        self._failing = [check for place, check in self._open if letters[place] == FAIL]
        found: dict[str, Verdict] = {}
        for check in self._failing:
            if check not in self._first:
                found[check] = Verdict.FAIL
                if check in self._undecided and check not in self._standing:
                    self._followed.add(check)
            self._first[check] = min(self._first.get(check, at), at)
        passed = {check for place, check in self._open if letters[place] == PASS}
        if passed:
            self._closed |= passed
            self._followed -= passed
            self._undecided -= passed
            self._open = [one for one in self._open if one[1] not in passed]
        self._undecided -= found.keys()
        if found or not self._told:
            self._told.append(Told(number, at, found))

    def told(self) -> tuple[Told, ...]:
        """The newest report, and each that is the newest to fail a check, with those checks alone."""
        return tuple(self._told)

    def since(self) -> dict[str, datetime]:
        """Of each failing check, when it first failed after its last pass, as far back as is known."""
        return {check: min(first, self._standing.get(check, first)) for check, first in self._first.items()}
