"""Random planning problems, from a number."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from msgspec.structs import replace

from server.planning.model import (
    Asset,
    Budget,
    Calendar,
    Election,
    EndOfLife,
    Freeze,
    Line,
    Option,
    Problem,
    Scale,
    Source,
)
from tests.planning import checker

KINDS = ("tabulator", "server", "pollbook", "network", "pc", "printer")
TODAYS = (date(2026, 11, 22), date(2027, 1, 31), date(2028, 2, 29), date(2027, 8, 30))


def ends(day: date) -> EndOfLife:
    return EndOfLife(day, "support", Source("maker"))


def small(number: int) -> Problem:
    """Two to four assets, and few days on which anything may go live: freezes shut the rest."""
    random = Random(number)
    today = random.choice(TODAYS)
    count = random.choice((2, 2, 3, 3, 4))
    spacing = random.randint(200, 420) if count < 4 else random.randint(400, 500)
    width = random.choice({2: (1, 2, 3), 3: (1, 2)}.get(count, (1,)))
    after = random.randint(0, spacing - width - 1)
    first = today + timedelta(days=random.randint(1, spacing))
    elections = tuple(Election(first + timedelta(days=spacing * n), f"e{n}", random.choice(list(Scale)))
                      for n in range(-1, 1500 // spacing + 1))
    freezes = (Freeze(spacing - width - after - 1, after),)
    if random.random() < 0.3:
        freezes += (Freeze(spacing - after, after + 1, (random.choice(KINDS),)),)
    limit = random.choice((None, None, 10, 12.5, 20))
    assets = [_asset(random, number, today) for number in range(count)]
    budgets = _budgets(random, today)
    return Problem(today=today, assets=tuple(assets), calendar=Calendar(elections, freezes, limit),
                   budgets=budgets, approved=_approved(random, today, assets, elections, freezes))


def single(number: int) -> Problem:
    """One asset, and every day of four years."""
    random = Random(number)
    today = random.choice(TODAYS)
    elections = tuple(Election(today + timedelta(days=random.randint(-40, 1500)), f"e{n}", random.choice(list(Scale)))
                      for n in range(random.randint(0, 5)))
    freezes = tuple(Freeze(random.randint(0, 90), random.randint(0, 40)) for _ in range(random.randint(0, 2)))
    assets = [_asset(random, 0, today)]
    return Problem(today=today, assets=tuple(assets), calendar=Calendar(elections, freezes, random.choice((None, 9))),
                   budgets=_budgets(random, today), approved=_approved(random, today, assets, elections, freezes))


def _asset(random: Random, number: int, today: date) -> Asset:
    kind = random.choice(("tabulator", "tabulator", *KINDS))
    after = random.choice((-300, 0, 100, 200, 400, 700, 1000, 2000))
    over = today + timedelta(days=after + random.randint(-40, 40))
    cost = random.choice((100, 250, 300, 501)) * 100 if random.random() < 0.9 else None
    must = today + timedelta(days=random.randint(100, 1400)) if random.random() < 0.25 else None
    return Asset(
        id=f"a{number}", kind=kind, make="m", model=random.choice(("x", "x", "y", "")), quantity=random.randint(1, 5),
        site=random.choice(("s", "s", "t")), cost=cost, lead_months=random.choice((0, 1, 3, 6, 12, None)),
        group=random.choice(("", "", "", "g")), hours=random.choice((0, 4.5, 8, 8, 11)),
        upgrade_cost=random.choice((None, None, 9000, 20000)), extend_cost=random.choice((None, 1000, 2000)),
        extend_until=over + timedelta(days=random.randint(50, 700)) if random.random() < 0.5 else None,
        must_by=must, retire=random.random() < 0.15, ends=ends(over) if random.random() < 0.9 else None)


def _budgets(random: Random, today: date) -> tuple[Budget, ...]:
    rows = []
    for year in range(today.year, today.year + 5):
        rows.append(Budget("county", year, random.choice((0, 10000, 30000, 60000, 99999))))
        if random.random() < 0.4:
            rows.append(Budget("county", year, random.choice((5000, 30000)), (random.choice(KINDS),)))
        if random.random() < 0.5:
            rows.append(Budget("hava", year, random.choice((8000, 40000, 100000)),
                               random.choice(((), ("tabulator", "pollbook", "server"))),
                               random.choice((0.0, 0.05, 0.2, 0.333)),
                               random.choice((None, date(year, 6, 30), date(year, 10, 1)))))
        if random.random() < 0.2:
            rows.append(Budget("state", year, random.choice((10000, 50000)), (), 0.0, date(year, 9, 30)))
    random.shuffle(rows)
    return tuple(rows)


def _approved(random: Random, today: date, assets: list[Asset], elections: tuple[Election, ...],
              freezes: tuple[Freeze, ...]) -> tuple[Line, ...]:
    """Some lines as an earlier plan could have them."""
    lines = []
    for asset in assets:
        if random.random() < 0.5:
            continue
        days = [day for day in (today + timedelta(days=n) for n in range(1400))
                if not checker.frozen(day, asset.kind, elections, freezes)]
        option = random.choice((Option.KEEP, Option.REPLACE, Option.UPGRADE, Option.RETIRE))
        if random.random() < 0.2:
            lines.append(Line(asset=asset.id, option=Option.EXTEND))
        elif option is Option.KEEP or not days:
            lines.append(Line(asset=asset.id, option=Option.KEEP))
            continue
        if option is not Option.KEEP and days:
            lines.append(Line(asset=asset.id, option=option, go_live=random.choice(days)))
    return tuple(lines)


def medium(number: int, count: int) -> Problem:
    """An office with more assets than can be tried out, and the elections and freezes of four years."""
    random = Random(number)
    today = random.choice(TODAYS)
    elections = tuple(Election(today + timedelta(days=random.randint(20, 200) + 330 * n), f"e{n}",
                               random.choice(list(Scale))) for n in range(4))
    freezes = (Freeze(random.randint(10, 60), random.randint(0, 30)),
               Freeze(random.randint(30, 90), random.randint(0, 40), ("tabulator", "pollbook")))
    assets = [replace(_asset(random, n, today), group=random.choice(("", "", "", "", f"g{n // 4}")))
              for n in range(count)]
    budgets = tuple(replace(row, amount=row.amount * count // 4) for row in _budgets(random, today))
    return Problem(today=today, assets=tuple(sorted(assets, key=lambda one: one.id)), budgets=budgets,
                   calendar=Calendar(elections, freezes, random.choice((None, 20, 31.5))),
                   approved=_approved(random, today, assets, elections, freezes))
