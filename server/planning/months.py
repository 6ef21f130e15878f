"""Calendar months: the arithmetic of lead times.

Day of month is kept, or clamped to the month's last day: one month after 31 January is the last of February.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def add(day: date, months: int) -> date:
    """``months`` later (earlier where negative). Raises ``ValueError`` outside the years 1 to 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"{months} months from {day.isoformat()} is outside the calendar")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def order_by(go_live: date, lead_months: int) -> date:
    """The day on which to order so as to go live on ``go_live``."""
    return add(go_live, -lead_months)


def earliest(today: date, lead_months: int) -> date:
    """The first day that something ordered from ``today`` on can go live.

    Where clamping would put its order before ``today`` (31 January, one month: 28 February is ordered by
    28 January), the first day after that does not.
    """
    day = add(today, lead_months)
    while order_by(day, lead_months) < today:
        day += timedelta(days=1)
    return day
