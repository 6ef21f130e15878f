"""The change script: how rights that should not be held are taken away where they really come from, and given back.

Each change is tried on a copy of the state before it is written: what the model declares and an account held before is
held after too (by a grant of its own where a wider one had to go), and nothing is taken that someone else rightly has.
A right is narrowed where it was granted (the role, PUBLIC) when nobody is declared to have it that way; otherwise the
account leaves the role. The undo is what leads from the end back to the beginning, right by right.
"""

from __future__ import annotations

from hustings.access.model import AccessModel
from hustings.access.state import State
from hustings.access.usage import Usage
from policies.access.anomalies import Roster
from policies.access.rows import EXCESS
from policies.access.tighten_anomalies import close_anomalies, left_for_a_person
from policies.access.tighten_plan import Planner, Step, Tightening
from policies.access.tighten_undo import undo_of
from policies.access.tighten_unused import Protected, close_unused

KINDS = ("excess", "unused", "anomalies")
ROUNDS = 8
"""A way that is cut may show another one behind it; more turns than this are for a person."""


def tighten(model: AccessModel, state: State, usage: Usage | None = None, *, only: tuple[str, ...] = KINDS,
            unused_after: float = 45, roster: Roster | None = None, protected: Protected | None = None) -> Tightening:
    """Work out the change script of one database.

    ``only``: which of ``KINDS`` to close. ``unused_after``: days that the logs have to cover before a right counts as
    unused. ``protected``: rights that are used where no log shows it. Raises ``ValueError`` for an engine without
    rules.
    """
    plan = Planner(model, state, usage, roster)
    if "anomalies" in only:
        close_anomalies(plan)
        plan.keep()
    if "excess" in only:
        _close_excess(plan)
    if "unused" in only:
        close_unused(plan, unused_after, protected or (lambda *_: False))
    if "anomalies" in only:
        left_for_a_person(plan)
    plan.result.after = plan.working.state()
    plan.result.undo = [Step(sql, ()) for sql in undo_of(state, plan.working)]
    return plan.result


def _close_excess(plan: Planner) -> None:
    for _ in range(ROUNDS):
        now = plan.now()
        inheritors: dict[str, set[str]] = {}
        for account in now.accounts:
            for role in now.effective.inherits(account):
                inheritors.setdefault(role, set()).add(account)
        places = {(one.label, one.kind): place for place, one in enumerate(now.state.objects)}
        count = len(plan.result.steps)
        for row in now.rows():
            if row.state == EXCESS:
                plan.cut(row, places[row.object, row.kind], now, inheritors)
        plan.flush()
        plan.keep()
        if len(plan.result.steps) == count:
            break
    left: dict[tuple[str, str], list[str]] = {}
    for row in plan.now().rows():
        if row.state == EXCESS:
            left.setdefault((row.account, " > ".join(row.via) or "itself"), []).append(f"{row.right} on {row.object}")
    for (account, via), rights in left.items():
        plan.by_hand(f"{account} still has {', '.join(rights[:3])}"
                     + (f" and {len(rights) - 3} more" if len(rights) > 3 else "") + f" (through {via})")
