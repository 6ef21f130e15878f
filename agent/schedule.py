"""When to report: once a day at a time of this machine's own, and when something changed, hourly at most.

The times come from a hash of the agent's id, so a thousand agents spread over the day and the hour
without talking to each other, and each keeps its times for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Slot:
    """An agent's own times: seconds after midnight UTC for its daily report, after the full hour for looking."""

    of_day: int
    of_hour: int


def slot(agent: str) -> Slot:
    """The slot of an agent, by its id."""
    number = int.from_bytes(hashlib.sha256(agent.encode()).digest()[:8], "big")
    return Slot(number % 86_400, number // 86_400 % 3_600)


def daily_due(now: datetime, last: datetime | None, agent: str) -> bool:
    """Whether the latest daily time has passed without a report since."""
    if last is None or last > now:
        return True
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    due = midnight + timedelta(seconds=slot(agent).of_day)
    return last < (due if due <= now else due - DAY)


def change_due(now: datetime, last: datetime | None, *, changed: bool) -> bool:
    """Whether a change may be told already."""
    return changed and (last is None or not timedelta(0) <= now - last < HOUR - timedelta(minutes=1))


def reside(command: Sequence[str], agent: str) -> None:
    """Run ``command`` now and then every hour at this agent's minute, until SIGTERM or Ctrl-C.

    Each audit is a process of its own, so that nothing it needs stays in memory between them.
    """
    import os
    import signal
    import subprocess
    import sys
    from contextlib import suppress

    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.schedulers.blocking import BlockingScheduler
    from apscheduler.triggers.cron import CronTrigger

    running: list[Popen[bytes]] = []

    def audit() -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment) as process:
            running.append(process)
            try:
                process.wait()
            finally:
                running.clear()

    def stop(number: int, frame: object) -> None:
        raise SystemExit(0)

    seconds = slot(agent).of_hour
    scheduler = BlockingScheduler(timezone=UTC, executors={"default": DebugExecutor()},
                                  job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})
    scheduler.add_job(audit, CronTrigger(minute=seconds // 60, second=seconds % 60, timezone=UTC),
                      next_run_time=datetime.now(UTC))
    signal.signal(signal.SIGTERM, stop)
    try:
        with suppress(KeyboardInterrupt):
            scheduler.start()
    finally:
        for process in running:
            process.terminate()
            process.wait()
