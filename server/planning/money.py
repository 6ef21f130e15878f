"""Money as people write it and as plans keep it: whole cents."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_AMOUNT = re.compile(r"-?\d{1,13}(\.\d{1,2})?")


def cents(text: str) -> int:
    """Cents of ``1234.5``. Raises ``ValueError`` for anything but digits with at most two decimals."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is no amount")
    return int((Decimal(text) * 100).to_integral_value(ROUND_HALF_UP))


def dollars(amount: int) -> int | float:
    """An amount for JSON: whole dollars as an integer, else with cents."""
    return amount // 100 if amount % 100 == 0 else amount / 100
