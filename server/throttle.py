"""Rate limits by key: a bucket that fills with time and is emptied by use. In memory, bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MAX_KEYS = 20_000


class Throttle:
    """Allows ``burst`` acts at once for each key, and ``rate`` a second after that. Safe between threads."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """Take one act: 0.0 if it may go ahead, else the seconds to wait for the next."""
        now = self._clock()
        with self._lock:
            left = self._left(key, now)
            if left < 1:
                return (1 - left) / self._rate
            if len(self._buckets) >= MAX_KEYS and key not in self._buckets:
                self._forget(now)
            self._buckets[key] = (left - 1, now)
            return 0.0

    def clear(self, key: str) -> None:
        """Forget what a key has used: it has proved itself."""
        with self._lock:
            self._buckets.pop(key, None)

    def _left(self, key: str, now: float) -> float:
        left, then = self._buckets.get(key, (float(self._burst), now))
        return min(self._burst, left + (now - then) * self._rate)

    def _forget(self, now: float) -> None:
        """Drop the keys that have refilled; if none has, the fullest half, so that memory stays bounded."""
        left = {key: self._left(key, now) for key in self._buckets}
        kept = {key: pair for key, pair in self._buckets.items() if left[key] < self._burst}
        if len(kept) >= MAX_KEYS:
            emptiest = sorted(kept, key=left.__getitem__)[: MAX_KEYS // 2]
            kept = {key: kept[key] for key in emptiest}
        self._buckets = kept
