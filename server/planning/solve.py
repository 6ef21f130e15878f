"""The best plan for a problem: what happens with each asset, when, and who pays.

Months are the 48 calendar months from today. ``order_by`` is ``lead_months`` calendar months before ``go_live``, the
same day or that month's last; it is not before today, and the cost falls in its calendar year. Nothing goes live in a
freeze that holds its kind. The options are those of ``server.planning.candidates``, money follows
``server.planning.funds``, and exposure ``server.planning.exposure``. Further conditions:

- hours of what is upgraded or replaced in one calendar month do not exceed ``hours_per_month``;
- a group goes live on one day, all of it or nothing; each of its assets may be extended by itself;
- voting equipment of one kind, make, model and site meets each election, and the end of the plan, as one model: between
  two elections all of it is upgraded or replaced, or none. What was retired before no longer counts. Equipment whose
  model is not written down can be called the same as none;
- ``must_by`` is the last day to go live with an upgrade, a replacement or a retirement; an extension does not meet it.

Of all plans that meet every ``must_by``, the one with the least exposure; among those the least peak of local money
(``Budget.local``) spent in one year; then the least cost; then the fewest assets treated otherwise than in the approved
plan (option or day); then equipment goes live nearest to 60 days before it would be without support. If a ``must_by``
cannot be met, the least weight of unmet ones (weight of the kind times quantity) comes before all that, and what is
missing is said (``server.planning.shortfall``).

An asset of which nobody knows when its support ends adds nothing to the exposure and stays, unless its ``must_by``,
group or model moves it. **That is not known; it is never fine.**
"""

from __future__ import annotations

from collections import Counter

from server.planning import stages
from server.planning.candidates import units
from server.planning.funds import Funds
from server.planning.horizon import Horizon
from server.planning.layout import UNMET, Act, Layout, Must
from server.planning.model import Line, Option, Problem, Solved, Status
from server.planning.shortfall import shortfalls
from server.planning.stages import Impossible, Reached


def solve(problem: Problem) -> Solved:
    """The best plan, the same for the same problem in whatever order it is given.

    Status optimal: no plan has less exposure; in a small problem every further objective is proven too. Raises
    ``ValueError`` for two assets of one id, ``CannotFinish`` where the search ends without any plan.
    """
    twice = [one for one, count in Counter(one.id for one in problem.assets).items() if count > 1]
    if twice:
        raise ValueError(f"two assets are called {min(twice)!r}")
    horizon, funds = Horizon(problem.today, problem.calendar), Funds(problem.budgets)
    found = units(problem, horizon, funds)
    try:
        reached = stages.reach(Layout(problem, found, horizon, funds, Must.HARD), funds)
        status = Status.OPTIMAL
    except Impossible:
        reached = stages.reach(Layout(problem, found, horizon, funds, Must.SOFT), funds, (UNMET, *stages.ORDER))
        status = Status.INFEASIBLE
    return _solved(problem, horizon, funds, reached, status)


def _solved(problem: Problem, horizon: Horizon, funds: Funds, reached: Reached, status: Status) -> Solved:
    lines = _lines(reached.acts, horizon, funds)
    peak = funds.settle([bill for act in reached.acts for bill in stages.bills(act)]).peak
    kept = sum(act.member.share * int(horizon.counted[-1] - horizon.counted[act.member.uncovered])
               for act in reached.acts if act.member.asset.ends is not None)
    exposed = reached.values["exposure"]
    unmet = tuple(act.id for act in reached.acts
                  if act.member.must_by is not None and (act.day is None or act.day > act.member.must_by))
    if not unmet and status is Status.INFEASIBLE:
        status = Status.OPTIMAL
    gap = (exposed - reached.bounds["exposure"]) / max(exposed, 1)
    if status is Status.OPTIMAL and gap > 0:
        status = Status.FEASIBLE
    return Solved(status=status, lines=lines, exposure=exposed, kept_exposure=kept,
                  cost=sum(line.cost for line in lines), peak_local=peak, gap=gap, unmet=unmet,
                  shortfalls=shortfalls(problem, horizon, unmet) if unmet else ())


def _lines(acts: list[Act], horizon: Horizon, funds: Funds) -> tuple[Line, ...]:
    """By asset; an extension before what it bridges to."""
    shares = iter(funds.settle([bill for act in acts for bill in stages.bills(act)]).shares)
    lines = []
    for act in acts:
        extension = act.member.extension
        if act.extended and extension is not None:
            bill = act.extension_bill
            lines.append(Line(
                asset=act.id, option=Option.EXTEND, order_by=extension.ordered, cost=extension.cost,
                fund=bill.purse.fund if bill else "", shares=next(shares) if bill else ()))
        if act.day is None:
            if not act.extended:
                lines.append(Line(asset=act.id, option=Option.KEEP))
            continue
        assert act.member.option is not None
        ordered = horizon.day(int(horizon.orders(act.member.lead)[0][act.day]))
        bill = act.change_bill
        lines.append(Line(
            asset=act.id, option=act.member.option, order_by=None if act.member.option is Option.RETIRE else ordered,
            go_live=horizon.day(act.day), cost=act.member.cost, fund=bill.purse.fund if bill else "",
            shares=next(shares) if bill else ()))
    return tuple(lines)
