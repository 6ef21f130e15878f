"""Plans made by hand, whose figures are known without a solver."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from server.planning.made import Input, Made
from server.planning.model import (
    Asset,
    Budget,
    Calendar,
    Election,
    EndOfLife,
    Freeze,
    Guess,
    Lack,
    Line,
    Option,
    Problem,
    Scale,
    Shortfall,
    Solved,
    Source,
    Status,
    Unmatched,
)

TODAY = date(2026, 11, 22)
PRIMARY = Election(date(2027, 5, 18), "the primary", Scale.SMALL)
GENERAL = Election(date(2028, 11, 7), "the general election", Scale.LARGE)
SOURCE = Source("endoflife.date", date(2026, 8, 21))


def asset(name: str, kind: str = "pc", **changes: Any) -> Asset:
    given: dict[str, Any] = {"make": "Acme", "model": "One", "quantity": 12, "cost": 1_380_000, "lead_months": 3,
                             "ends": EndOfLife(date(2027, 4, 8), "support", SOURCE), "line": 2}
    return Asset(id=name, kind=kind, **{**given, **changes})


PCS = asset("office-pcs")
POLLBOOKS = asset("pollbooks", "pollbook", quantity=90, cost=7_650_000, lead_months=6, line=3,
                  ends=EndOfLife(date(2027, 8, 31), "certification", Source("")), must_by=date(2028, 3, 1),
                  extend_cost=900_000, extend_until=date(2028, 6, 30), group="poll")
MYSTERY = asset("mystery", "server", quantity=1, cost=None, lead_months=None, ends=None, line=4)
OLD = asset("old-pc", quantity=1, cost=None, retire=True, line=5,
            ends=EndOfLife(date(2020, 1, 14), "support", SOURCE))
LINES = (
    Line("mystery", Option.KEEP),
    Line("office-pcs", Option.REPLACE, date(2026, 12, 15), date(2027, 3, 15), "General", 1_380_000,
         (("General", 1_380_000),)),
    Line("old-pc", Option.RETIRE, None, date(2026, 11, 22)),
    Line("pollbooks", Option.EXTEND, date(2027, 8, 31), None, "General", 900_000),
    Line("pollbooks", Option.REPLACE, date(2027, 12, 5), date(2028, 6, 5), "Grant", 7_650_050,
         (("Grant", 6_120_040), ("General", 1_530_010))),
)


def made(**changes: Any) -> Made:
    """Two orders, an extension that bridges, something retired and something of which nothing is known."""
    problem = Problem(
        today=TODAY, assets=(MYSTERY, PCS, OLD, POLLBOOKS),
        calendar=Calendar((PRIMARY, GENERAL), (Freeze(30, 14), Freeze(90, 30, ("pollbook",))), 120),
        budgets=(Budget("General", 2026, 2_000_000), Budget("General", 2027, 3_000_000),
                 Budget("Grant", 2027, 9_000_000, ("pollbook",), 0.2, date(2027, 12, 31))))
    solved = Solved(Status.OPTIMAL, LINES, 4321, 98765, 9_930_050, 2_430_010, 0.0)
    plan = Made(problem=problem, solved=solved, office="Maple County", inputs=(Input("inventory", "i.csv", "0" * 64),),
                unmatched=(Unmatched("mystery", "product", "no table knows it", (
                    Guess("debian", "12", "Debian 12", 0.61, date(2028, 6, 30)),)),))
    return msgspec.structs.replace(plan, **changes)


def infeasible() -> Made:
    """The pollbooks miss their day for want of money in 2027."""
    plan = made()
    shortfalls = (Shortfall(Lack.MONEY, 1_840_000, (("General, 2027", 1_840_000),), ("pollbooks",)),
                  Shortfall(Lack.HOURS, None), Shortfall(Lack.MONTHS, 3, (), ("pollbooks",)))
    return msgspec.structs.replace(plan, solved=msgspec.structs.replace(
        plan.solved, status=Status.INFEASIBLE, unmet=("pollbooks",), shortfalls=shortfalls))
