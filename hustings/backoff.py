"""How long to wait before trying again: full jitter, so that a thousand agents never knock at once.

The wait before attempt n is drawn evenly from 0 to min(cap, base · 2ⁿ): the "full jitter" of
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Backoff:
    """``tries`` attempts in all; ``base`` and ``cap`` in seconds."""

    tries: int = 4
    base: float = 1.0
    cap: float = 20.0
    random: random.Random = field(default_factory=random.SystemRandom)

    def wait(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt number ``attempt`` (from 0)."""
        return self.random.uniform(0.0, min(self.cap, self.base * 2.0**attempt))
