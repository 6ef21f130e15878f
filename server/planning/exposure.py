"""Exposure: how long equipment stands without support, weighed by what it is and by the elections near.

One device of weight 1 without support for one ordinary day is 1. A day counts ``LARGE`` times within the ``BEFORE``
days that end with the day of a large election, ``SMALL`` times before a small one (the higher where they meet). The
weight is that of its kind (``server.planning.kinds``). All whole numbers.

The first day without support is the day after the last supported one, or today if that has passed; the last is the
day before the replacement goes live. An extension covers the days up to its ``extend_until``. **An asset of which
nobody knows when its support ends adds nothing here. That is not known, it is not zero**: whoever shows the figure
says so beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from server.planning.kinds import weight
from server.planning.model import Asset, Election, Scale

BEFORE = 90
LARGE = 3
SMALL = 2


def days(elections: Iterable[Election], first: date, last: date) -> NDArray[np.int64]:
    """What each day from ``first`` to ``last`` counts; empty where ``last`` is before ``first``."""
    length = max((last - first).days + 1, 0)
    counted = np.ones(length, dtype=np.int64)
    for one in elections:
        times = LARGE if one.scale is Scale.LARGE else SMALL
        end = (one.date - first).days + 1
        part = slice(min(max(end - BEFORE, 0), length), min(max(end, 0), length))
        counted[part] = np.maximum(counted[part], times)
    return counted


def exposure(asset: Asset, elections: Iterable[Election], first: date, last: date) -> int:
    """The exposure of the whole line if it is without support from ``first`` to ``last``, both included."""
    return share(asset) * int(days(elections, first, last).sum())


def share(asset: Asset) -> int:
    """What an ordinary day without support adds: the weight of its kind times its quantity."""
    return weight(asset.kind) * asset.quantity


def uncovered(asset: Asset, today: date, *, extended: bool = False) -> date | None:
    """The first day from ``today`` on without support, with or without its extension; None: nobody knows."""
    if asset.ends is None:
        return None
    covered = asset.ends.day
    if extended and asset.covered_until is not None:
        covered = max(covered, asset.covered_until)
    return max(today, covered + timedelta(days=1)) if covered < date.max else date.max
