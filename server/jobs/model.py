"""What a timed job is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from policies.model import Pack
from server.config import Config
from server.store.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. Its transactions name ``WHOLE_SERVER`` to find the offices, then one office at a time."""

    database: Database
    config: Config
    clock: Callable[[], datetime]
    pack: Pack
    stop: Event = field(default_factory=Event)
    """Set when the server is told to stop: a long job looks at it between two offices, and ends."""
    holder: str = "this process"
    """What marks the work this process has begun, so that another can tell it from its own."""
    shared: dict[str, Any] = field(default_factory=dict)
    """What the application shares with jobs of its own process: counters that requests add to."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job in ``server/jobs/``: ``JOB = Job("name", every=timedelta(hours=1), run=run)``.

    It may be run twice (by two servers, for a moment, when the leader's connection is lost) and may be killed at any
    moment, so it does each thing in one transaction and finds by itself what is still to be done.
    """

    name: str
    every: timedelta
    """From one end to the next beginning."""
    run: Callable[[Context], None]
    """Raises for what must be tried again, sooner than ``every``; what it raised is logged."""
    everywhere: bool = False
    """Whether every replica runs it, not the leader alone."""
