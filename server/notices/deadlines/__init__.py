"""Things that end on a day: a module a subject, each with ``upcoming(connection, tenant, now, pack)``."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from importlib import import_module

from sqlalchemy.engine import Connection

from policies.model import Pack
from server.notices.deadline import Deadline

Upcoming = Callable[[Connection, str, datetime, Pack], Iterable[Deadline]]


@cache
def every() -> tuple[Upcoming, ...]:
    """What each module here finds."""
    return tuple(import_module(f"{__name__}.{one.name}").upcoming for one in pkgutil.iter_modules(__path__))
