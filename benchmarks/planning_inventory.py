"""A made inventory of any size: many small offices of one province, no two lines alike by intent."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from server.planning.model import (
    Asset,
    Budget,
    Calendar,
    Election,
    EndOfLife,
    Freeze,
    Problem,
    Scale,
    Source,
)

TODAY = date(2026, 11, 22)
_KINDS = (("pc", 30, 120, 3, 1), ("server", 5, 900, 4, 12), ("network", 10, 400, 3, 4), ("printer", 10, 200, 2, 1),
          ("tabulator", 20, 600, 14, 8), ("pollbook", 15, 150, 9, 2), ("bmd", 6, 450, 14, 6), ("backup", 4, 800, 3, 10))


def problem(count: int, *, seed: int = 1, money: float = 0.4, hours: bool = True) -> Problem:
    """``count`` assets; local money for the part ``money`` of what all would cost, and a grant with a match."""
    random = Random(seed)
    assets = []
    for number in range(count):
        kind, _, price, lead, work = random.choices(_KINDS, [one[1] for one in _KINDS])[0]
        quantity = random.choice((1, 1, 2, 5, 12, 40))
        over = TODAY + timedelta(days=random.randint(-700, 1700))
        extends = random.random() < 0.2
        assets.append(Asset(
            id=f"A{number:05}", kind=kind, make="Maker", model=f"M{random.randint(1, 9)}", quantity=quantity,
            site=f"Site {random.randint(1, max(count // 8, 1))}",
            cost=price * quantity * random.randint(80, 130) * 100 // 100 * 100,
            lead_months=max(lead + random.randint(-2, 4), 1),
            hours=float(work * quantity * random.randint(5, 20)) / 10,
            upgrade_cost=price * quantity * 40 * 100 if random.random() < 0.1 else None,
            extend_cost=price * quantity * random.randint(5, 15) * 100 if extends else None,
            extend_until=over + timedelta(days=random.choice((365, 730, 1095))) if extends else None,
            group=f"G{random.randint(1, max(count // 20, 1))}" if random.random() < 0.1 else "",
            must_by=TODAY + timedelta(days=random.randint(1100, 1450)) if random.random() < 0.01 else None,
            retire=random.random() < 0.03, ends=EndOfLife(over, "support", Source("made"))))
    whole = sum(one.cost or 0 for one in assets)
    work = sum(one.hours for one in assets)
    elections = tuple(Election(day, day.isoformat(), scale) for day, scale in (
        (date(2027, 11, 2), Scale.SMALL), (date(2028, 6, 6), Scale.LARGE), (date(2028, 11, 7), Scale.LARGE),
        (date(2029, 11, 6), Scale.SMALL), (date(2030, 6, 4), Scale.LARGE), (date(2030, 11, 5), Scale.LARGE)))
    budgets = []
    for year in range(2026, 2031):
        budgets.append(Budget("county", year, int(whole * money / 5)))
        budgets.append(Budget("federal", year, int(whole * money / 20), ("tabulator", "bmd", "pollbook", "server"), 0.2,
                              date(year, 9, 30)))
    return Problem(
        today=TODAY, assets=tuple(assets), budgets=tuple(budgets),
        calendar=Calendar(elections, (Freeze(60, 14, ("tabulator", "bmd", "pollbook")), Freeze(30, 7)),
                          work / 48 if hours else None))
