"""What a rehearsal found, and how it is said: as JSON (``hustings.rehearsal/1``) and for a person."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hustings.access.rights import POSTGRESQL
from hustings.errors import Exit

SCHEMA = "hustings.rehearsal/1"
FINE, DENIED, BEFORE, ROWS, UNKNOWN = "fine", "denied", "denied_before", "other_rows", "unknown"
"""What becomes of a statement: it still may; it no longer may; it already might not; it may, but on other rows;
nobody can say."""
_SHOWN = 200


class Outcome(msgspec.Struct, frozen=True):
    """One statement of one account."""

    outcome: str
    account: str
    statement: str
    id: str
    object: str | None = None
    """What is denied, ``schema.name`` where it can be told."""
    right: str | None = None
    """Which of the account's rights on it the script takes away."""
    reason: str = ""
    by: str = "plan"
    """How it is known: ``plan`` (the server planned it), ``privilege`` (the server was asked for the rights it needs),
    ``body`` (a routine that it runs was read), ``untouched`` (the script takes nothing from the account)."""
    role: str = ""
    """The role that the account has to take on for this statement."""


class Part(msgspec.Struct, frozen=True):
    """One catalogue before and after."""

    name: str
    rows: int
    before: str
    """SHA-256 over all its rows, hexadecimal."""
    after: str


class Report(msgspec.Struct, frozen=True):
    """The whole rehearsal."""

    engine: str
    version: str
    database: str
    target: str
    """``copy``, ``production`` or ``unmarked``."""
    script: str
    script_sha256: str
    changes: int
    """Access lists, memberships and attributes that the script changes."""
    outcomes: tuple[Outcome, ...]
    catalogue: tuple[Part, ...]
    lock_timeout: float
    """Seconds; 0 on a copy of MariaDB, where nobody waits."""
    longest_held: float
    """Seconds from the first statement of a transaction to its end: the longest that anyone had to wait."""
    transactions: int
    undo: str = ""
    """``exact``: the undo script restores every right; otherwise what it leaves different; empty: not asked."""
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether the catalogue is after what it was before."""
        return all(part.before == part.after for part in self.catalogue)

    def of(self, outcome: str) -> list[Outcome]:
        return [one for one in self.outcomes if one.outcome == outcome]

    @property
    def exit(self) -> Exit:
        """1 something would be denied or see other rows, else 3 something nobody can say, else 0."""
        if not self.equal:
            return Exit.CANNOT
        if self.of(DENIED) or self.of(ROWS):
            return Exit.NO
        return Exit.CANNOT if self.of(UNKNOWN) or self.undo not in ("", "exact") else Exit.OK


def as_json(report: Report) -> bytes:
    """The document, indented, with a line feed at its end."""
    fine = report.of(FINE)
    known = {
        "schema": SCHEMA, "engine": report.engine, "version": report.version, "database": report.database,
        "target": report.target,
        "script": {"name": report.script, "sha256": report.script_sha256, "changes": report.changes},
        "summary": {
            "statements": len({one.id for one in report.outcomes}),
            "accounts": len({one.account for one in report.outcomes}),
            "rehearsed": len(report.outcomes), "fine": len(fine),
            "fine_by": {by: sum(one.by == by for one in fine) for by in sorted({one.by for one in fine})},
            "denied": len(report.of(DENIED)), "other_rows": len(report.of(ROWS)),
            "denied_before": len(report.of(BEFORE)), "unknown": len(report.of(UNKNOWN)),
        },
        "denied": [_item(one) for one in report.of(DENIED)],
        "other_rows": [_item(one) for one in report.of(ROWS)],
        "denied_before": [_item(one) for one in report.of(BEFORE)],
        "unknown": [_item(one) for one in report.of(UNKNOWN)],
        "catalogue": {"equal": report.equal, "parts": [msgspec.to_builtins(part) for part in report.catalogue]},
        "locks": {"timeout_ms": round(report.lock_timeout * 1000), "longest_held_ms": round(report.longest_held * 1000),
                  "transactions": report.transactions},
        "undo": report.undo or None, "notes": list(report.notes),
    }
    return msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n"


def _item(one: Outcome) -> dict[str, str | None]:
    return {"account": one.account, "statement": one.statement, "id": one.id, "object": one.object,
            "right": one.right, "reason": one.reason, "by": one.by, "role": one.role or None}


def as_text(report: Report) -> Iterator[str]:
    """Lines for a person: what would break first, then what is not known, then the proof that nothing was changed."""
    denied, rows, unknown, before = (report.of(one) for one in (DENIED, ROWS, UNKNOWN, BEFORE))
    accounts = len({one.account for one in report.outcomes})
    total = f"{len({one.id for one in report.outcomes})} statements of {accounts} accounts"
    if denied:
        yield f"{len({one.id for one in denied})} of {total} would be denied:"
        yield from _listed(denied)
    elif rows:
        yield f"Nothing of {total} would be denied, but some would see other rows:"
    elif unknown:
        yield f"Nothing of {total} is seen to be denied, but not everything could be told:"
    else:
        yield f"Nothing of {total} would be denied."
    if rows:
        yield "Would still run, but on other rows (row-level security):"
        yield from _listed(rows)
    if unknown:
        yield f"Unknown ({len(unknown)}):"
        yield from _listed(unknown)
    if before:
        yield f"Denied already today, without the script ({len(before)}):"
        yield from _listed(before)
    yield from _proof(report)


def _listed(found: list[Outcome]) -> Iterator[str]:
    for one in found[:_SHOWN]:
        line = " ".join(one.statement.split())
        yield f"  {one.account}: {line if len(line) <= 160 else line[:157] + '…'}"
        what = " on ".join(filter(None, (one.right, one.object)))
        yield f"    {what + ': ' if what else ''}{one.reason}"
    if len(found) > _SHOWN:
        yield f"  … and {len(found) - _SHOWN} more (--format json has all)"


def _proof(report: Report) -> Iterator[str]:
    counted = f"changes {report.changes} of the grant tables" if report.engine != POSTGRESQL else \
        f"makes {report.changes} changes to rights"
    yield f"The script {counted}; all of it was taken back."
    for note in report.notes:
        yield f"note: {note}"
    if report.undo:
        yield ("The undo script restores every right exactly." if report.undo == "exact"
               else f"The undo script does not restore everything: {report.undo}")
    if report.lock_timeout:
        yield (f"Locks were held {report.longest_held:.2f} s at the longest (allowed: {report.lock_timeout:g} s), "
               f"in {report.transactions} transactions.")
    if report.equal:
        yield f"The catalogue is what it was: {len(report.catalogue)} parts compared."
    else:
        yield "The catalogue is NOT what it was; if nobody else changed it meanwhile, look at once:"
    for part in report.catalogue:
        if part.before == part.after:
            yield f"  {part.name}: {part.rows} rows, sha256 {part.before[:16]}… before and after"
        else:
            yield f"  {part.name}: sha256 {part.before} before, {part.after} after"
