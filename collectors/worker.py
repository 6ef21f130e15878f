"""One collector, on its own: the inside of an isolated process.

``answer`` runs in a forked child. Where there is no fork, ``python -m collectors.worker`` does the
same in a fresh process: it reads a ``Task`` from stdin and writes the answer to stdout.
"""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module
from typing import Any

import msgspec

from collectors.base import Collector, Memory, failed, observe
from collectors.host.image import ImageHost
from collectors.host.live import LiveHost
from collectors.host.network import NetworkHost
from collectors.host.protocol import Host, LookError
from collectors.host.recorded import RecordedHost
from hustings.declared import Declared
from hustings.errors import HustingsError
from hustings.facts import Facts, Missing, Reason

MEMORY_ABOVE = 1 << 30
"""How much more address space a collector may take than the process it starts in, in bytes."""


class Task(msgspec.Struct):
    """What a spawned worker is asked to do."""

    module: str
    """The module that exposes the ``COLLECTOR``."""
    host: str
    """``live``, ``network``, ``image`` or ``recorded``."""
    place: str
    declared: Declared
    memory: int


class Answer(msgspec.Struct):
    """What an isolated collector says."""

    facts: Facts
    cpu: float = 0.0
    """Processor seconds, its programs included."""


def answer(collector: Collector, host: Host, declared: Declared, memory: Memory | None = None) -> bytes:
    """The collector's facts as JSON; whatever goes wrong in it becomes the reason of all of them."""
    before = _cpu()
    try:
        collected = (collector.collect(host, declared) if memory is None or collector.recall is None
                     else collector.recall(host, declared, memory))
        facts = observe(collector, collected, host.now(), declared)
        return encoded(Answer(facts, _cpu() - before))
    except LookError as error:
        missing = error.missing
    except Exception as error:  # noqa: BLE001 - the guard: a collector's bug costs its own facts, nothing else
        missing = Missing(Reason.ERROR, f"{collector.name} failed: {type(error).__name__}: {error}"[:500])
    return encoded(Answer(failed(collector, missing, declared), _cpu() - before))


def encoded(said: Answer) -> bytes:
    """The answer as JSON, the bytes of file names that are not UTF-8 written out (``\\xff``)."""
    try:
        return msgspec.json.encode(said)
    except UnicodeEncodeError:
        return msgspec.json.encode(_written_out(msgspec.to_builtins(said)))


def _written_out(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {name: _written_out(one) for name, one in value.items()}
    return [_written_out(one) for one in value] if isinstance(value, (list, tuple)) else value


def confine(memory: int) -> None:
    """Bound the address space to ``memory`` bytes above what is mapped now, and leave no core dump."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            mapped = int(file.read().split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return  # no /proc: the address space of macOS processes cannot be bounded usefully
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def open_host(kind: str, place: str) -> Host:
    """The host of a kind at a place; ``live`` and ``network`` need no place."""
    hosts: dict[str, Host] = {}
    if kind == "live":
        hosts[kind] = LiveHost()
    elif kind == "network":
        hosts[kind] = NetworkHost()
    elif kind == "image":
        hosts[kind] = ImageHost(place)
    elif kind == "recorded":
        hosts[kind] = RecordedHost(place)
    return hosts[kind]


def main() -> None:
    """Do the task on stdin. What collectors print cannot mix with the answer."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    out = os.dup(1)
    os.dup2(2, 1)
    confine(task.memory)
    collector = import_module(task.module).COLLECTOR
    try:
        said = answer(collector, open_host(task.host, task.place), task.declared)
    except HustingsError as error:
        said = msgspec.json.encode(Answer(failed(collector, Missing(Reason.ERROR, str(error)), task.declared)))
    with os.fdopen(out, "wb") as pipe:
        pipe.write(said)


def _cpu() -> float:
    try:
        import resource
    except ImportError:
        return time.process_time()
    programs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + programs.ru_utime + programs.ru_stime


if __name__ == "__main__":
    main()
