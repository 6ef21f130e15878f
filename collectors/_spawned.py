"""Collectors in processes spawned afresh: for systems without fork, at the price of a start each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Timer

import msgspec

from collectors._outcome import flood, kill_session, late, nothing, understood
from collectors.base import Collector, Memory
from collectors.host.protocol import Host
from collectors.worker import Answer, Task
from hustings.declared import Declared
from hustings.facts import Missing


def run(host: Host, collectors: list[Collector], declared: Declared, count: int, memory: int,
        limit: int, memories: Mapping[str, Memory]) -> Iterator[tuple[Collector, Answer]]:
    """Every collector with its answer, in order, at most ``count`` at once. The host must be one that can be
    opened again by kind and place; open files cannot, so ``memories`` are not used and each looks at everything."""
    with ThreadPoolExecutor(count) as pool:
        answers = pool.map(lambda one: _spawn(host, one, declared, memory, limit), collectors)
        yield from zip(collectors, answers, strict=True)


def _spawn(host: Host, collector: Collector, declared: Declared, memory: int, limit: int) -> Answer:
    task = Task(collector.collect.__module__, host.kind, getattr(host, "place", ""), declared, memory)
    trouble: list[Missing] = []
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "collectors.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def stop(missing: Missing) -> None:
            trouble.append(missing)
            process.kill()
            kill_session(process.pid)

        timer = Timer(collector.timeout, stop, [late(collector)])
        timer.start()
        try:
            with suppress(BrokenPipeError):
                process.stdin.write(msgspec.json.encode(task))
            with suppress(BrokenPipeError):
                process.stdin.close()
            said = process.stdout.read(limit + 1)
            if len(said) > limit:
                stop(flood(collector, limit))
        finally:
            timer.cancel()
            timer.join()
    if trouble:
        return nothing(collector, declared, trouble[0])
    return understood(collector, declared, said, f"ended with {process.returncode}")
