"""Closes days while the server runs: each hour for every office, and when a page asks for one that is due."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Event, Lock, Thread

from sqlalchemy.exc import DBAPIError

from hustings.errors import CannotFinish
from policies.model import Pack
from server import history
from server.store import days, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.days import Kept

logger = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two looks."""
PATIENCE = 2.0
"""Seconds that a page waits for a day that is being closed; then it shows what there is."""
OFFICES = 16
"""Offices whose closed days stay in memory."""


class Closer:
    """Closes days and hands out closed ones. Safe to share between threads."""

    def __init__(self, database: Database, pack: Pack, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._pack = pack
        self._clock = clock
        self._lock = Lock()
        self._busy: dict[str, Thread] = {}
        self._whole: dict[str, date] = {}
        self._kept: OrderedDict[str, tuple[date, list[Kept]]] = OrderedDict()
        self._stop = Event()

    def year(self, tenant: str) -> tuple[list[Kept], int]:
        """The closed days of the last twelve months, and how many ended days are not closed yet."""
        now = self._clock()
        waiting = self._settle(tenant, now)
        last = now.astimezone(UTC).date()
        first = last - history.SHOWN
        with self._database.read(tenant) as connection:
            known = days.span(connection, tenant)
            if known is None:
                return [], waiting
            with self._lock:
                held = self._kept.get(tenant)
                if held is not None and held[0] == known[1]:
                    self._kept.move_to_end(tenant)
                    return [one for one in held[1] if one.day >= first], waiting
            found = days.between(connection, tenant, first, last)
        with self._lock:
            self._kept[tenant] = (known[1], found)
            while len(self._kept) > OFFICES:
                self._kept.popitem(last=False)
        return found, waiting

    def run(self) -> None:
        """Write down the rules, then close what is due for every office, each hour until ``stop``."""
        while not self._stop.is_set():
            try:
                history.start(self._database, self._pack, self._clock())
                with self._database.read(WHOLE_SERVER) as connection:
                    offices = [one.id for one in tenants.every(connection)]
            except (CannotFinish, DBAPIError) as error:
                logger.warning("days were not closed", extra={"error": type(error).__name__})
                offices = []
            for tenant in offices:
                self._close(tenant)
            self._stop.wait(EVERY)

    def stop(self) -> None:
        """End ``run`` after the days it is at."""
        self._stop.set()

    def _settle(self, tenant: str, now: datetime) -> int:
        """Close what is due, as far as that is quick; how many days are still due."""
        due = (now - history.GRACE).astimezone(UTC).date()
        with self._lock:
            if self._whole.get(tenant) == due:
                return 0
        with self._database.read(tenant) as connection:
            waiting = history.missing(connection, tenant, now)
        if waiting:
            with self._lock:
                thread = self._busy.get(tenant)
                if thread is None or not thread.is_alive():
                    thread = Thread(target=self._close, args=(tenant,), name="closing", daemon=True)
                    self._busy[tenant] = thread
                    thread.start()
            thread.join(PATIENCE)
            with self._database.read(tenant) as connection:
                waiting = history.missing(connection, tenant, now)
        if not waiting:
            with self._lock:
                self._whole[tenant] = due
        return waiting

    def _close(self, tenant: str) -> None:
        try:
            while not self._stop.is_set() and history.close(
                    self._database, tenant, self._pack, self._clock(), at_most=history.AT_ONCE):
                pass
        except (CannotFinish, DBAPIError) as error:
            logger.warning("days were not closed", extra={"error": type(error).__name__})
