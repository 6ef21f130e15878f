"""Runs the timed jobs: each on its own clock, on the leader alone, again soon after a failure.

A job never runs twice at once in one process. What it is late for it does once, not as often as it missed it.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from hustings.backoff import Backoff
from hustings.errors import CannotFinish
from server import jobs, origin
from server.jobs.leader import leader
from server.jobs.model import Context, Job

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Jobs under way at the same time."""
FIRST = timedelta(seconds=1)
"""After the start, a job begins within this."""
SOON = Backoff(base=15.0, cap=900.0)
"""The wait after a failure: within seconds at first, within a quarter of an hour at last."""
SHORTEST = 1.0
"""Seconds between a failure and the next try, at least."""


def discovered() -> tuple[Job, ...]:
    """The ``JOB`` of every module in ``server.jobs``, by name. Raises ``ValueError`` for two of one name."""
    modules = [importlib.import_module(f"{jobs.__name__}.{one.name}") for one in pkgutil.iter_modules(jobs.__path__)]
    found = sorted((module.JOB for module in modules if hasattr(module, "JOB")), key=lambda one: str(one.name))
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise ValueError(f"two timed jobs of one name: {', '.join(names)}")
    return tuple(found)


class Schedule:
    """All jobs of one process. Start it once; ``stop`` waits for what is under way."""

    def __init__(self, context: Context, found: tuple[Job, ...] | None = None) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._context = context
        self._jobs = discovered() if found is None else found
        self._leader = leader(context.database, context.config.data)
        self._failures: dict[str, int] = {}
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(AT_ONCE)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})

    def start(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        for job in self._jobs:
            self._at(job, FIRST)
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing more, wait for what is under way, and lead no more."""
        self._context.stop.set()
        self._scheduler.shutdown(wait=True)
        self._leader.close()

    def _at(self, job: Job, after: timedelta) -> None:
        from apscheduler.triggers.date import DateTrigger

        self._scheduler.add_job(self._run, DateTrigger(datetime.now(UTC) + after), args=(job,), id=job.name,
                                replace_existing=True)

    def _run(self, job: Job) -> None:
        if self._context.stop.is_set():
            return
        began = time.monotonic()
        wait = job.every
        try:
            if job.everywhere or self._leader.leads():
                with origin.job(job.name):
                    job.run(self._context)
                logger.debug("a job ran", extra={"job": job.name, "ms": round((time.monotonic() - began) * 1000)})
            self._failures.pop(job.name, None)
        except (CannotFinish, DBAPIError) as error:
            wait = self._failed(job)
            logger.warning("a job did not finish", extra={
                "job": job.name, "error": type(error).__name__, "again_in": round(wait.total_seconds())})
        except Exception:
            # The one guard of jobs: what nobody foresaw in one of them stops neither it nor the others.
            wait = self._failed(job)
            logger.exception("a job failed", extra={"job": job.name, "again_in": round(wait.total_seconds())})
        if not self._context.stop.is_set():
            self._at(job, wait)

    def _failed(self, job: Job) -> timedelta:
        count = self._failures[job.name] = self._failures.get(job.name, 0) + 1
        return min(job.every, timedelta(seconds=max(SHORTEST, SOON.wait(min(count, 16)))))
