"""The difference for a person: plain sentences, faults worst first, then rights in excess and missing in groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import click

from agent.access.diff_sentences import count, listed, sentences
from agent.render import visible

if TYPE_CHECKING:
    from policies.access.difference import Difference
    from policies.access.rows import Anomaly, Row

GROUPS = 40
"""Groups of rights that are shown; the rest is counted."""
FAULTS = 200
COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "yellow"}


class Right(NamedTuple):
    """A right as a group shows it."""

    words: str
    via: tuple[str, ...]
    use: str


class Groups:
    """Rows in excess or missing, gathered: accounts with the same rights on the same objects are one group."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[tuple[Right, ...], tuple[str, ...]], list[str]] = {}
        self._account = ""
        self._of_account: dict[str, list[Right]] = {}
        self.rows = 0

    def add(self, account: str, name: str, right: Right) -> None:
        """Take a row; those of one account come together."""
        if account != self._account:
            self._close()
            self._account = account
        self._of_account.setdefault(name, []).append(right)
        self.rows += 1

    def _close(self) -> None:
        by_rights: dict[tuple[Right, ...], list[str]] = {}
        for name, rights in self._of_account.items():
            by_rights.setdefault(tuple(rights), []).append(name)
        for rights_of, names in by_rights.items():
            self._accounts.setdefault((rights_of, tuple(names)), []).append(self._account)
        self._of_account = {}

    def largest_first(self) -> list[tuple[tuple[Right, ...], tuple[str, ...], list[str]]]:
        """Rights, objects and accounts of each group."""
        self._close()
        found = [(rights, names, accounts) for (rights, names), accounts in self._accounts.items()]
        return sorted(found, key=lambda one: (-len(one[0]) * len(one[1]) * len(one[2]), one[1], one[2]))


def write_text(difference: Difference, rows: Iterable[Row]) -> None:
    """Print it."""
    for line in lines(difference, rows):
        click.echo(line)


def lines(difference: Difference, rows: Iterable[Row]) -> Iterator[str]:
    """Everything that is said, line by line."""
    from policies.access.rows import EXCESS, MISSING

    excess, missing, declared = Groups(), Groups(), 0
    said = _Uses(difference)
    outside: dict[str, int] = {}
    for row in rows:
        words = row.right if row.column is None else f"{row.right}({row.column})"
        if row.state == EXCESS:
            excess.add(row.account, row.object, Right(words, row.via, said.of(row)))
            if difference.declared.account(row.account) is None:
                outside[row.account] = outside.get(row.account, 0) + 1
        elif row.state == MISSING:
            missing.add(row.account, row.object, Right(words, (), ""))
        else:
            declared += 1
    state = difference.state
    yield click.style(visible(f"{difference.model.system or state.database}: {state.database} on {state.engine} "
                              f"{state.version}, read {state.as_of} as {state.user}"), bold=True)
    yield visible(said.window)
    yield ""
    yield from (visible(one) for one in sentences(difference, outside, excess.rows))
    yield from _faults(difference)
    yield from _groups("Held in excess", "▲", "red", excess)
    yield from _groups("Declared and missing", "○", "yellow", missing)
    if difference.unread:
        yield from ("", click.style(f"Unknown ({len(difference.unread)})", bold=True))
        yield from (visible(f"  ? {one.catalogue}  {one.reason}") for one in difference.unread)
    yield ""
    yield (f"{count(declared, 'right')} declared and held, {excess.rows} in excess, {missing.rows} missing; "
           f"{count(len(difference.anomalies), 'anomaly', 'anomalies')}, {len(difference.unread)} unknown")


class _Uses:
    """What is said of the use of a right, and of the time that the logs speak for."""

    def __init__(self, difference: Difference) -> None:
        self._usage = difference.usage
        window = self._usage.window if self._usage is not None else None
        self._days = f"{window.days:.0f} days" if window else ""
        if window is None:
            self.window = "Which rights are used is unknown: no logs were read (--usage STORE)."
        else:
            gaps = f", with {count(len(window.gaps), 'gap')}" if window.gaps else ""
            damaged = self._usage.damaged if self._usage is not None else 0
            lost = f"; {count(damaged, 'record')} could not be made out" if damaged else ""
            self.window = f"The logs speak for {self._days}, {window.first} to {window.last}{gaps}{lost}."

    def of(self, row: Row) -> str:
        """``last used 2026-11-01``, ``not used in 61 days of logs``, or nothing where there are no logs."""
        from policies.access.difference_uses import speaks_of

        if not self._days:
            return ""
        if row.last_used:
            return f"last used {row.last_used[:10]}"
        if not speaks_of(self._usage, row.account, row.right):
            return "use unknown: not in these logs"
        return f"not used in {self._days} of logs"


def _faults(difference: Difference) -> Iterator[str]:
    from policies.access.severity import severity, worst_first

    if not difference.anomalies:
        return
    faults = sorted(difference.anomalies, key=worst_first)
    yield from ("", click.style(f"Not as it should be ({len(faults)})", bold=True))
    for one in faults[:FAULTS]:
        weight = severity(one.catalogue)
        about = " on ".join(part for part in (one.account, one.object) if part) or "the server"
        yield _mark("✗", COLOURS[weight]) + visible(f" {one.catalogue}  [{weight}]  {about}: {one.actual}")
        yield from (visible(f"      {line}") for line in _accepted(difference, one))
    if len(faults) > FAULTS:
        yield f"  and {len(faults) - FAULTS} more: --format csv has all of them"


def _accepted(difference: Difference, one: Anomaly) -> Iterator[str]:
    """The exceptions of the model that are about this fault: shown beside it, they hide nothing."""
    for known in difference.model.exceptions:
        if known.check == one.catalogue and known.account in ("", one.account) and known.object in ("", one.object):
            until = f"until {known.until}"
            if known.until < difference.today:
                until = f"ended on {known.until}"
            yield f"known to {known.owner} ({until}): {known.reason}"


def _groups(title: str, shape: str, colour: str, groups: Groups) -> Iterator[str]:
    if not groups.rows:
        return
    found = groups.largest_first()
    yield from ("", click.style(f"{title} ({count(groups.rows, 'right')})", bold=True))
    for rights, names, accounts in found[:GROUPS]:
        said = f" {listed(accounts)}: {listed([one.words for one in rights], 12)} on {listed(names)}"
        yield _mark(shape, colour) + visible(said)
        yield from (visible(f"      {note}") for note in _notes(rights))
    if len(found) > GROUPS:
        left = sum(len(rights) * len(names) * len(accounts) for rights, names, accounts in found[GROUPS:])
        yield f"  and {count(left, 'right')} more in {len(found) - GROUPS} groups: --format csv has all of them"


def _notes(rights: tuple[Right, ...]) -> Iterator[str]:
    """Where rights come from and when they were used; said once where it is the same for all."""
    said: dict[str, list[str]] = {}
    for one in rights:
        parts = [f"through {' > '.join(one.via)}" if one.via else "", one.use]
        note = "; ".join(part for part in parts if part)
        if note:
            said.setdefault(note, []).append(one.words)
    for note, words in said.items():
        yield note if len(words) == len(rights) else f"{listed(words, 6)}: {note}"


def _mark(shape: str, colour: str) -> str:
    """A shape in its colour, at the start of a line."""
    return "  " + click.style(shape, fg=colour)
