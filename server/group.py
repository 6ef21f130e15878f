"""Group commit: one thread takes what is waiting and settles it together."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

J = TypeVar("J")
A = TypeVar("A")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[J, A]):
    job: J
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[A]


class Group(Generic[J, A]):
    """Runs ``settle`` on up to ``size`` waiting jobs at a time, in a thread of its own.

    ``settle`` answers every job of its group, with a result or the exception that is the job's
    own. Should it raise instead (a transaction that failed), each job is tried again alone, so
    that one that cannot be settled does not take the others down.
    """

    def __init__(self, settle: Callable[[list[J]], list[A | Exception]], *, size: int = 50) -> None:
        self._settle = settle
        self._size = size
        self._queue: queue.SimpleQueue[_Waiting[J, A] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    async def submit(self, job: J) -> A:
        """The job's result once it is settled. Raises the job's exception."""
        loop = asyncio.get_running_loop()
        waiting: _Waiting[J, A] = _Waiting(job, loop, loop.create_future())
        self._queue.put(waiting)
        return await waiting.answer

    def close(self) -> None:
        """Settle what is waiting, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            stop = False
            while len(group) < self._size and not stop:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stop = True
                else:
                    group.append(following)
            self._answer(group)
            if stop:
                return

    def _answer(self, group: list[_Waiting[J, A]]) -> None:
        answers = self._settled([waiting.job for waiting in group])
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[A], A | Exception]]] = {}
        for waiting, answer in zip(group, answers, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting.answer, answer))
        for loop, settled in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, settled)

    def _settled(self, jobs: list[J]) -> list[A | Exception]:
        """The guard: whatever goes wrong is the answer of the job it went wrong for, and the thread lives on."""
        try:
            return self._settle(jobs)
        except Exception as error:  # noqa: BLE001
            if len(jobs) == 1:
                return [error]
            logger.warning("a group of %d failed (%s); trying each alone", len(jobs), type(error).__name__)
            return [answer for job in jobs for answer in self._settled([job])]


def _resolve(settled: list[tuple[asyncio.Future[A], A | Exception]]) -> None:
    for future, answer in settled:
        if future.done():
            continue  # the client went away; what was stored stays stored
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
