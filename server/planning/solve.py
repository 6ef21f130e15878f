"""The best plan for a problem: what happens with each asset, when, and who pays."""

from __future__ import annotations

from server.planning import stages
from server.planning.candidates import units
from server.planning.funds import Funds
from server.planning.horizon import Horizon
from server.planning.layout import UNMET, Act, Layout, Must
from server.planning.model import Line, Option, Problem, Solved, Status
from server.planning.stages import Impossible, Reached


def solve(problem: Problem) -> Solved:
    """The plan."""
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
    gap = (exposed - reached.bounds["exposure"]) / max(exposed, 1)
    if status is Status.OPTIMAL and gap > 0:
        status = Status.FEASIBLE
    return Solved(status=status, lines=lines, exposure=exposed, kept_exposure=kept,
                  cost=sum(line.cost for line in lines), peak_local=peak, gap=gap, unmet=unmet)


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
