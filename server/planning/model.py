"""What a plan is made from and what it says. Plain records: no file, no solver, no database.

Units: money in whole cents, work in hours, exposure in weighted device-days (``server.planning.exposure``).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

HORIZON_MONTHS = 48
SCHEMA = "hustings.plan/1"


class Option(StrEnum):
    """What can be done with an asset."""

    KEEP = "keep"
    """Leave it, with controls around it from the day its support ends."""
    EXTEND = "extend"
    """Buy the vendor's extended support, until ``extend_until``."""
    UPGRADE = "upgrade"
    REPLACE = "replace"
    RETIRE = "retire"


class Scale(StrEnum):
    """How much of the electorate votes."""

    LARGE = "large"
    SMALL = "small"


class Source(msgspec.Struct, frozen=True):
    """Where a date comes from, and the day it was looked up or declared; None where nobody said."""

    name: str
    looked_up: date | None = None


class EndOfLife(msgspec.Struct, frozen=True):
    """The last day an asset is supported. ``rule`` says what ends: support, certification, expected life …"""

    day: date
    rule: str
    source: Source


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the equipment inventory: ``quantity`` alike things that move together.

    Costs are for the whole line, in cents; ``hours`` is for the whole line. None: not known, so not an option
    (``lead_months`` None: nothing can be ordered). ``ends`` None: nobody knows when its support ends.
    """

    id: str
    kind: str
    make: str = ""
    model: str = ""
    version: str = ""
    quantity: int = 1
    purchased: date | None = None
    site: str = ""
    cost: int | None = None
    """To replace it."""
    lead_months: int | None = None
    """From the order to going live: procure, certify, accept, train."""
    group: str = ""
    """Assets of one group go live on one day."""
    hours: float = 0.0
    upgrade_cost: int | None = None
    extend_cost: int | None = None
    extend_until: date | None = None
    must_by: date | None = None
    """The day by which it must be upgraded, replaced or retired."""
    retire: bool = False
    """Whether the office can do without it."""
    ends: EndOfLife | None = None
    final: date | None = None
    """A day past which extended support helps nothing: the end of its certification, or one that the office set."""
    line: int = 0
    """Where it stands in its file; 0 where it comes from none."""

    @property
    def covered_until(self) -> date | None:
        """The last day that buying extended support would cover."""
        if self.extend_until is None or self.final is None:
            return self.extend_until
        return min(self.extend_until, self.final)


class Election(msgspec.Struct, frozen=True):
    """A voting day (the last one, where voting takes several)."""

    date: date
    name: str
    scale: Scale = Scale.LARGE


class Freeze(msgspec.Struct, frozen=True):
    """Around voting days, both ends included, nothing of these ``kinds`` goes live. No kinds: all of them."""

    before_days: int
    after_days: int
    kinds: tuple[str, ...] = ()
    around: tuple[date, ...] = ()
    """The dates of the elections it is for; none: every election."""


class Calendar(msgspec.Struct, frozen=True):
    elections: tuple[Election, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    hours_per_month: float | None = None
    """What the office's own staff can give in a calendar month; None: no limit."""


class Budget(msgspec.Struct, frozen=True):
    """Money of one fund for orders placed in one calendar year. ``amount`` in cents. No kinds: for everything.

    ``match`` (0 to 1) is the part of every purchase that must come from funds without a match. ``expires`` is the
    last day on which an order may be placed; money that carries over is a line of the next year.
    """

    fund: str
    year: int
    amount: int
    kinds: tuple[str, ...] = ()
    match: float = 0.0
    expires: date | None = None

    @property
    def local(self) -> bool:
        """Whether it is the office's own recurring money: no match and no expiry."""
        return not self.match and self.expires is None


class Line(msgspec.Struct, frozen=True):
    """What happens with one asset. A support extension that bridges the time to a replacement is a line before it.

    ``cost`` in cents is charged to the year of ``order_by``; ``shares`` says which fund pays how much of it.
    ``keep`` and ``retire`` order nothing; ``retire`` has a ``go_live`` (the day it is switched off).
    """

    asset: str
    option: Option
    order_by: date | None = None
    go_live: date | None = None
    fund: str = ""
    cost: int = 0
    shares: tuple[tuple[str, int], ...] = ()


class Problem(msgspec.Struct, frozen=True):
    """Everything that decides a plan. The same problem gives the same plan, byte for byte."""

    today: date
    assets: tuple[Asset, ...]
    calendar: Calendar
    budgets: tuple[Budget, ...]
    approved: tuple[Line, ...] = ()
    """The lines of the plan that was approved last: changes from it are avoided where all else is equal."""


class Status(StrEnum):
    """``OPTIMAL``: the gap is proven to be nothing; ``FEASIBLE``: every ``must_by`` is met, within ``gap``."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"


class Lack(StrEnum):
    """What, if there were more of it, would let every ``must_by`` be met."""

    MONEY = "dollars"
    HOURS = "hours"
    MONTHS = "months"


class Shortfall(msgspec.Struct, frozen=True):
    """The smallest amount of one thing that alone would be enough: cents, hours or months.

    ``where`` says which fund and year, which month, or which assets lack it. ``amount`` None: no amount would do.
    """

    lack: Lack
    amount: float | None
    where: tuple[tuple[str, float], ...] = ()
    assets: tuple[str, ...] = ()


class Solved(msgspec.Struct, frozen=True):
    """The answer to a problem. ``exposure`` in weighted device-days; ``gap`` 0 to 1 of it, against a proven bound.

    Where ``status`` is infeasible, ``lines`` is the best that can be done and ``unmet`` the assets that miss their
    ``must_by``.
    """

    status: Status
    lines: tuple[Line, ...]
    exposure: int
    kept_exposure: int
    """What it would be if nothing were done."""
    cost: int
    peak_local: int
    """The most that is spent from local funds in one year, in cents."""
    gap: float
    unmet: tuple[str, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()


class Guess(msgspec.Struct, frozen=True):
    """A product of the table that an unmatched asset may be; ``likeness`` 0 to 1."""

    product: str
    cycle: str
    title: str
    likeness: float
    ends: date | None = None


class Unmatched(msgspec.Struct, frozen=True):
    """An asset of which something must be asked. ``why`` is a code: ``product``, ``version``, ``edition`` …"""

    asset: str
    why: str
    detail: str = ""
    guesses: tuple[Guess, ...] = ()
