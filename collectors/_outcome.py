"""What becomes of a collector's answer: used, or turned into the reason of all its facts."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from collectors.base import Collector, failed
from collectors.worker import Answer
from hustings.declared import Declared
from hustings.facts import Missing, Reason


def understood(collector: Collector, declared: Declared, said: bytes, end: str) -> Answer:
    """What a collector's process said; an ``error`` that names how it ended if that is no whole answer."""
    try:
        return msgspec.json.decode(said, type=Answer)
    except msgspec.MsgspecError:
        return nothing(collector, declared, Missing(Reason.ERROR, f"{collector.name} {end} before it had answered"))


def nothing(collector: Collector, declared: Declared, why: Missing) -> Answer:
    return Answer(failed(collector, why, declared))


def late(collector: Collector) -> Missing:
    return Missing(Reason.TIMEOUT, f"{collector.name} did not finish within {collector.timeout:g} s")


def flood(collector: Collector, limit: int) -> Missing:
    return Missing(Reason.TRUNCATED, f"{collector.name} answered more than {limit} bytes")


def kill_session(leader: int) -> None:
    """Kill what else is in the session of a child that is not reaped yet: the programs it ran are in
    groups of their own there. Goes on until ``/proc`` shows none, so that none is just being started."""
    deadline = time.monotonic() + 2
    while (members := _session(leader)) and time.monotonic() < deadline:
        for pid in members:
            kill(pid)
        time.sleep(0.005)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


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
