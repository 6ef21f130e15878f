"""How long a run may wait for services that ask it to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hustings.backoff import Backoff


@dataclass(frozen=True)
class Clock:
    """The seam for tests: wall time (aware), a time that only goes forward, and sleeping."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class OutOfTime(Exception):
    """Waiting would pass the end of the run. ``again`` is when asking makes sense again."""

    def __init__(self, again: datetime) -> None:
        self.again = again
        super().__init__()


class Patience:
    """What is left of a run of ``within`` seconds."""

    def __init__(self, within: float, *, clock: Clock | None = None, backoff: Backoff | None = None) -> None:
        self.clock = clock or Clock()
        self.backoff = backoff or Backoff(tries=4, base=1.0, cap=60.0)
        self._end = self.clock.monotonic() + within

    def left(self) -> float:
        """Seconds; raises ``OutOfTime`` where there are none."""
        left = self._end - self.clock.monotonic()
        if left <= 0:
            raise OutOfTime(self.clock.now())
        return left

    def wait(self, attempt: int, asked: float | None = None) -> None:
        """Sleep before trying again after the failed attempt number ``attempt`` (from 0): what was ``asked`` for
        (Retry-After) and a little more, or else full jitter. Raises ``OutOfTime`` at once if that is too long."""
        jitter = self.backoff.wait(attempt)
        self.pause(asked + min(jitter, asked / 10) if asked else jitter)

    def pause(self, seconds: float) -> None:
        """Sleep; raises ``OutOfTime`` at once where the run would be over by then."""
        if seconds >= self.left():
            raise OutOfTime(self.clock.now() + timedelta(seconds=seconds))
        if seconds > 0:
            self.clock.sleep(seconds)
