"""How an office stands among offices of its size: quartiles, never names and never a rank. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles

from server.trend import whole

LEAST = 10
"""Offices without which nothing is said: among fewer, one could be told from the others."""


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Whole points of 100: a quarter of the offices is at or below ``low``, half at or below ``middle``."""

    count: int
    low: int
    middle: int
    high: int


def quartiles(lower: Iterable[int]) -> Quartiles | None:
    """Of the lower bounds (millionths) of offices; None for fewer than ``LEAST``."""
    found = sorted(lower)
    if len(found) < LEAST:
        return None
    low, middle, high = (whole(int(one)) for one in quantiles(found, n=4, method="inclusive"))
    return Quartiles(len(found), low, middle, high)
