"""Where each form stands: what is missing, current, ending soon, ended or withdrawn. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from hustings.verdicts import Result
from policies.attestations import Form, forms
from policies.model import Check, Pack
from server.store.attestations import Attestation

SOON = timedelta(days=30)


class State(StrEnum):
    MISSING = "missing"
    CURRENT = "current"
    ENDING = "ending"
    """It ends within 30 days."""
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """One form in an office."""

    form: Form
    check: Check
    state: State
    last: Attestation | None
    result: Result | None
    """What its check says; None where the office has no inventory yet, so that nothing is graded."""
    earlier: tuple[Attestation, ...] = ()
    """Those that were superseded or withdrawn, newest first."""


def state(last: Attestation | None, today: date) -> State:
    if last is None:
        return State.MISSING
    if last.ended is not None:
        return State.WITHDRAWN
    if today > last.until:
        return State.ENDED
    return State.ENDING if last.until - today < SOON else State.CURRENT


def standings(entered: Sequence[Attestation], results: Iterable[Result], pack: Pack, now: datetime) -> list[Standing]:
    """Every form of the pack's checks, in the catalogue's order. ``entered`` is oldest first."""
    judged = {one.check: one for one in results}
    checks = {one.catalogue: one for one in pack.checks if one.scope == "office"}
    today = now.astimezone(UTC).date()
    found = []
    for form in forms().values():
        if form.id in checks:
            mine = [one for one in reversed(entered) if one.form == form.id]
            last = mine[0] if mine else None
            found.append(Standing(form, checks[form.id], state(last, today), last, judged.get(checks[form.id].id),
                                  tuple(mine[1:])))
    return found
