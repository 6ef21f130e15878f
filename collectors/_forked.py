"""Collectors in forked workers: a few at a time, each worker doing one after the other.

A worker that says nothing sensible, too much, or nothing in time is ended with all it started, and a new
one takes over what is left: the others lose nothing. Orders are two bytes, the collector's number;
answers are four bytes of length and JSON.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import NoReturn

import msgspec

from collectors._outcome import flood, kill, kill_session, late, nothing, understood
from collectors.base import Collector, Memory
from collectors.host.protocol import Host
from collectors.worker import Answer, answer, confine
from hustings.declared import Declared
from hustings.facts import Missing

_GRACE = 5
"""Seconds past its deadline after which a worker ends itself, should its parent be gone."""


@dataclass
class _Worker:
    pid: int
    orders: int
    answers: int
    collector: Collector | None = None
    deadline: float = 0.0
    said: bytearray = field(default_factory=bytearray)
    cpu: float = 0.0
    over: bool = False
    """It has closed its end."""

    def start(self, collector: Collector, number: int) -> None:
        self.collector, self.deadline = collector, time.monotonic() + collector.timeout
        self.said.clear()
        with suppress(BrokenPipeError):  # it is gone: its answers end here too, which is noticed
            os.write(self.orders, number.to_bytes(2, "big"))

    def hear(self) -> None:
        part = os.read(self.answers, 1 << 20)
        self.said += part
        self.over = not part

    @property
    def whole(self) -> bool:
        return len(self.said) >= 4 and len(self.said) >= 4 + int.from_bytes(self.said[:4], "big")

    def trouble(self, limit: int) -> Missing | None:
        """Why no more is to be waited for, or None."""
        assert self.collector is not None
        if len(self.said) > limit + 4:
            return flood(self.collector, limit)
        return late(self.collector) if time.monotonic() >= self.deadline else None


def run(host: Host, collectors: list[Collector], declared: Declared, count: int, memory: int,
        limit: int, memories: Mapping[str, Memory]) -> Iterator[tuple[Collector, Answer]]:
    """Every collector with its answer, as they come, from at most ``count`` workers at once. What a collector
    remembers (``memories``, by its name) it reads and writes itself: open files outlive a fork."""
    for module in {name: None for one in collectors for name in one.modules}:
        with suppress(ImportError):  # the collector will say so itself
            import_module(module)
    waiting = list(range(len(collectors)))[::-1]
    workers: list[_Worker] = []
    gc.freeze()  # or every worker copies each page that collecting garbage touches
    try:
        with selectors.DefaultSelector() as selector:
            while waiting or any(one.collector for one in workers):
                while waiting and len([one for one in workers if one.collector]) < count:
                    worker = next((one for one in workers if not one.collector), None)
                    if worker is None:
                        worker = _fork(host, collectors, declared, memory, workers, memories)
                        workers.append(worker)
                        selector.register(worker.answers, selectors.EVENT_READ, worker)
                    number = waiting.pop()
                    worker.start(collectors[number], number)
                first = min(one.deadline for one in workers if one.collector)
                for key, _ in selector.select(max(0.0, first - time.monotonic())):
                    key.data.hear()
                for worker in list(workers):
                    said = _outcome(worker, declared, limit)
                    if said is not None:
                        yield said
                        worker.collector = None
                    elif worker.over and worker.collector is None:  # ended from outside
                        _end(worker, everything=True)
                    if worker.pid == 0:
                        selector.unregister(worker.answers)
                        os.close(worker.answers)
                        workers.remove(worker)
    finally:
        gc.unfreeze()
        for worker in workers:
            _end(worker, everything=worker.collector is not None)
            os.close(worker.answers)


def _outcome(worker: _Worker, declared: Declared, limit: int) -> tuple[Collector, Answer] | None:
    """The answer of a worker's collector, or what it amounts to; None while it may still come. A worker
    that is of no more use is ended, and its ``pid`` is 0."""
    collector = worker.collector
    if collector is None:
        return None
    trouble = worker.trouble(limit)
    if worker.whole and len(worker.said) <= limit + 4:
        said = understood(collector, declared, bytes(worker.said[4:]), "stopped")
        worker.cpu += said.cpu
        return collector, said
    if not worker.over and trouble is None:
        return None
    end, cpu = _end(worker, everything=trouble is not None)
    said = nothing(collector, declared, trouble) if trouble else understood(collector, declared, b"", end)
    return collector, msgspec.structs.replace(said, cpu=max(0.0, cpu - worker.cpu))


def _fork(host: Host, collectors: list[Collector], declared: Declared, memory: int, others: list[_Worker],
          memories: Mapping[str, Memory]) -> _Worker:
    taken, orders = os.pipe()
    answers, given = os.pipe()
    pid = os.fork()
    if pid == 0:
        for other in others:
            os.close(other.orders)
        os.close(orders)
        _work(host, collectors, declared, memory, taken, given, memories)
    os.close(taken)
    os.close(given)
    return _Worker(pid, orders, answers)


def _work(host: Host, collectors: list[Collector], declared: Declared, memory: int, taken: int, given: int,
          memories: Mapping[str, Memory]) -> NoReturn:
    """A worker's whole life: until there are no more orders."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nowhere, standard)
        confine(memory)
        while order := os.read(taken, 2):
            collector = collectors[int.from_bytes(order, "big")]
            signal.alarm(int(collector.timeout) + _GRACE)
            said = answer(collector, host, declared, memories.get(collector.name))
            signal.alarm(0)
            frame = memoryview(len(said).to_bytes(4, "big") + said)
            while frame:
                frame = frame[os.write(given, frame):]
    finally:
        os._exit(0 if sys.exc_info()[0] is None else 1)


def _end(worker: _Worker, *, everything: bool) -> tuple[str, float]:
    """End a worker, with ``everything`` also what its programs left; how it ended, and its processor seconds."""
    os.close(worker.orders)
    try:
        os.killpg(worker.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # it is over, or had no time to found its group
        kill(worker.pid)
    if everything:
        kill_session(worker.pid)
    _, status, usage = os.wait4(worker.pid, 0)
    worker.pid = 0
    code = os.waitstatus_to_exitcode(status)
    end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    return end, usage.ru_utime + usage.ru_stime
