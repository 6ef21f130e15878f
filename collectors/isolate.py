"""Running collectors so that one that hangs, crashes or floods harms no other.

Each runs in a child of its own, as many at once as there are processors: its own session, no input
or terminal, bounded memory, a deadline, and a cap on what it may say. Whatever happens to it becomes
the reason of its own facts. On POSIX the child is forked (the auditing process has one thread);
elsewhere, or on request, it is spawned afresh (``collectors.worker``).
"""

from __future__ import annotations

import gc
import hashlib
import os
import selectors
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import msgspec

from collectors.base import Collector, failed
from collectors.host.protocol import Host
from collectors.worker import MEMORY_ABOVE, Answer, Task, answer, confine
from hustings.declared import Declared
from hustings.facts import Facts, Missing, Reason

ANSWER_LIMIT = 32 << 20
"""Bytes one collector may say."""


class Kept(msgspec.Struct):
    """Facts of a collector that says ``every``, kept between audits."""

    looked_at: datetime
    declared: str
    """Digest of the declarations they were looked for under."""
    facts: Facts


@dataclass
class Looked:
    """What all collectors saw. ``cpu`` holds processor seconds, programs they ran included, by
    collector; ``lacking`` the privileges (their ``needs``) that collectors were denied."""

    facts: Facts = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    """Collectors that were not run because their kept facts are young enough."""


def look(host: Host, collectors: Iterable[Collector], declared: Declared, *, cache: dict[str, Kept] | None = None,
         spawn: bool = not hasattr(os, "fork"), workers: int | None = None,
         memory: int = MEMORY_ABOVE, limit: int = ANSWER_LIMIT) -> Looked:
    """Run ``collectors`` on ``host`` and answer every fact they declare.

    ``cache`` (by collector name) is read and updated: a collector that says ``every`` is not run again
    before then unless its declarations changed or some fact was missing. A collector of another platform
    gives ``unsupported``; one about declared instances of which there are none is left out.
    """
    looked, to_run = Looked(), []
    digest = hashlib.sha256(msgspec.json.encode(declared)).hexdigest()
    for collector in collectors:
        if host.platform not in collector.platforms:
            missing = Missing(Reason.UNSUPPORTED, f"{collector.name} does not look at {host.platform}")
            looked.facts |= failed(collector, missing, declared)
        elif not collector.each or declared.instances(collector.each):
            kept = _young(collector, cache, digest, host.now())
            if kept is None:
                to_run.append(collector)
            else:
                looked.facts |= kept.facts
                looked.reused.append(collector.name)
    to_run.sort(key=lambda one: -one.timeout)
    run = _spawn_all if spawn else _fork_all
    for collector, said in run(host, to_run, declared, workers or os.cpu_count() or 1, memory, limit):
        looked.facts |= said.facts
        looked.cpu[collector.name] = said.cpu
        _keep(collector, said.facts, cache, digest, host.now())
        denied = [seen.missing for seen in said.facts.values() if seen.missing and seen.missing.reason is Reason.DENIED]
        if denied:
            looked.lacking[collector.name] = collector.needs or denied[0].detail
    return looked


def _young(collector: Collector, cache: dict[str, Kept] | None, digest: str, now: datetime) -> Kept | None:
    kept = (cache or {}).get(collector.name)
    if kept is None or collector.every is None or kept.declared != digest:
        return None
    return kept if timedelta(0) <= now - kept.looked_at < collector.every else None


def _keep(collector: Collector, facts: Facts, cache: dict[str, Kept] | None, digest: str, now: datetime) -> None:
    if cache is None or collector.every is None:
        return
    cache.pop(collector.name, None)
    if all(seen.missing is None for seen in facts.values()):
        cache[collector.name] = Kept(now, digest, facts)


def _understood(collector: Collector, declared: Declared, said: bytes, trouble: Missing | None, end: str) -> Answer:
    """What a collector's process said, or the reason why that is no answer."""
    if trouble is None:
        try:
            return msgspec.json.decode(said, type=Answer)
        except msgspec.MsgspecError:
            trouble = Missing(Reason.ERROR, f"{collector.name} {end} before it had answered")
    return Answer(failed(collector, trouble, declared))


def _late(collector: Collector) -> Missing:
    return Missing(Reason.TIMEOUT, f"{collector.name} did not finish within {collector.timeout:g} s")


def _flood(collector: Collector, limit: int) -> Missing:
    return Missing(Reason.TRUNCATED, f"{collector.name} answered more than {limit} bytes")


@dataclass
class _Child:
    collector: Collector
    pid: int
    pipe: int
    deadline: float
    said: bytearray = field(default_factory=bytearray)
    trouble: Missing | None = None

    def finished(self, ready: bool, limit: int) -> bool:
        """Read what there is. True once it has said all, or is to say no more."""
        part = os.read(self.pipe, 1 << 20) if ready else None
        self.said += part or b""
        if len(self.said) > limit:
            self.trouble = _flood(self.collector, limit)
        elif part != b"" and time.monotonic() >= self.deadline:
            self.trouble = _late(self.collector)
        return part == b"" or self.trouble is not None


def _fork_all(host: Host, collectors: list[Collector], declared: Declared, workers: int, memory: int,
              limit: int) -> Iterator[tuple[Collector, Answer]]:
    for module in {name: None for one in collectors for name in one.modules}:
        with suppress(ImportError):  # the collector will say so itself
            import_module(module)
    waiting: list[Collector] = collectors[::-1]
    running: dict[int, _Child] = {}
    gc.freeze()  # or every child copies each page the collector of garbage touches
    try:
        with selectors.DefaultSelector() as selector:
            while waiting or running:
                while waiting and len(running) < workers:
                    child = _fork(host, waiting.pop(), declared, memory)
                    running[child.pipe] = child
                    selector.register(child.pipe, selectors.EVENT_READ)
                first = min(child.deadline for child in running.values())
                ready = {key.fd for key, _ in selector.select(max(0.0, first - time.monotonic()))}
                for child in [one for one in running.values() if one.finished(one.pipe in ready, limit)]:
                    selector.unregister(child.pipe)
                    del running[child.pipe]
                    yield child.collector, _end(child, declared)
    finally:
        gc.unfreeze()
        for child in running.values():
            child.trouble = Missing(Reason.ERROR, "the audit was interrupted")
            _end(child, declared)


def _fork(host: Host, collector: Collector, declared: Declared, memory: int) -> _Child:
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        _live_as_child(host, collector, declared, memory, send)
    os.close(send)
    return _Child(collector, pid, receive, time.monotonic() + collector.timeout)


def _live_as_child(host: Host, collector: Collector, declared: Declared, memory: int, send: int) -> NoReturn:
    """The child's whole life. The alarm ends it should its parent be gone."""
    try:
        os.setsid()
        gc.disable()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(int(collector.timeout) + 5)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        confine(memory)
        said = memoryview(answer(collector, host, declared))
        while said:
            said = said[os.write(send, said):]
    finally:
        os._exit(0 if sys.exc_info()[0] is None else 1)


def _end(child: _Child, declared: Declared) -> Answer:
    """End a child with all it started, and say what it amounts to."""
    os.close(child.pipe)
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # it is over, or had no time to found its group
        _kill(child.pid)
    if child.trouble is not None:
        _kill_session(child.pid)
    _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    said = _understood(child.collector, declared, bytes(child.said), child.trouble, end)
    return msgspec.structs.replace(said, cpu=usage.ru_utime + usage.ru_stime)


def _kill_session(leader: int) -> None:
    """Kill what else is in the session of a child that is not reaped yet: the programs it ran are in
    groups of their own there. Goes on until ``/proc`` shows none, so that none is just being started."""
    deadline = time.monotonic() + 2
    while (members := _session(leader)) and time.monotonic() < deadline:
        for pid in members:
            _kill(pid)
        time.sleep(0.005)


def _session(leader: int) -> list[int]:
    """The live processes in a session, but for its leader."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session, *_ = path.read_text(errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(path.parent.name)
        if int(session) == leader and pid != leader and state not in ("Z", "X"):
            members.append(pid)
    return members


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _spawn_all(host: Host, collectors: list[Collector], declared: Declared, workers: int, memory: int,
               limit: int) -> Iterator[tuple[Collector, Answer]]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        answers = pool.map(lambda one: _spawn(host, one, declared, memory, limit), collectors)
        yield from zip(collectors, answers, strict=True)


def _spawn(host: Host, collector: Collector, declared: Declared, memory: int, limit: int) -> Answer:
    import subprocess
    from threading import Timer

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
            _kill_session(process.pid)

        timer = Timer(collector.timeout, stop, [_late(collector)])
        timer.start()
        try:
            with suppress(BrokenPipeError):
                process.stdin.write(msgspec.json.encode(task))
            with suppress(BrokenPipeError):
                process.stdin.close()
            said = process.stdout.read(limit + 1)
            if len(said) > limit:
                stop(_flood(collector, limit))
        finally:
            timer.cancel()
    return _understood(collector, declared, said, trouble[0] if trouble else None, f"ended with {process.returncode}")
