"""Running collectors so that one that hangs, crashes or floods harms no other.

They run in workers, as many as there are processors: a session of its own, no input or terminal, bounded
memory; for each collector a deadline and a cap on what it may say. Whatever happens to it becomes the
reason of its own facts, and a fresh worker goes on with the rest. On POSIX workers are forked
(``_forked``: the auditing process has one thread); elsewhere, or on request, each collector is spawned
afresh (``_spawned``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from collectors import _forked
from collectors.base import Collector, Memory, failed
from collectors.host.protocol import Host
from collectors.worker import MEMORY_ABOVE
from hustings.declared import Declared
from hustings.facts import Facts, Missing, Reason

ANSWER_LIMIT = 32 << 20
"""Bytes one collector may say."""
_NOT_SWEPT = Missing(Reason.UNSUPPORTED, "every file is looked at in the agent's scheduled runs; "
                     "`hustings check --sweep` does it now")


class Kept(msgspec.Struct):
    """Facts of a collector that says ``every``, kept between audits."""

    looked_at: datetime
    declared: Declared
    """The declarations they were looked for under."""
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
         exhaustive: bool = False, memories: Mapping[str, Memory] | None = None,
         spawn: bool = not hasattr(os, "fork"), workers: int | None = None,
         memory: int = MEMORY_ABOVE, limit: int = ANSWER_LIMIT) -> Looked:
    """Run ``collectors`` on ``host`` and answer every fact they declare.

    Exhaustive collectors are left out unless asked for, which is then the reason of their facts; ``memories``
    (by collector name) is what they left last time and take up again.
    ``cache`` (by collector name) is read and updated: a collector that says ``every`` is not run again
    before then unless its declarations changed or some fact was missing. A collector of another platform
    gives ``unsupported``; one about declared instances of which there are none is left out.
    """
    looked, to_run = Looked(), []
    for collector in collectors:
        if host.platform not in collector.platforms:
            missing = Missing(Reason.UNSUPPORTED, f"{collector.name} does not look at {host.platform}")
            looked.facts |= failed(collector, missing, declared)
        elif collector.exhaustive and not exhaustive:
            looked.facts |= failed(collector, _NOT_SWEPT, declared)
        elif not collector.each or declared.instances(collector.each):
            kept = _young(collector, cache, declared, host.now())
            if kept is None:
                to_run.append(collector)
            else:
                looked.facts |= kept.facts
                looked.reused.append(collector.name)
    to_run.sort(key=lambda one: -one.timeout)
    if spawn:
        from collectors import _spawned

        run = _spawned.run
    else:
        run = _forked.run
    for collector, said in run(host, to_run, declared, workers or os.cpu_count() or 1, memory, limit,
                               memories or {}):
        looked.facts |= said.facts
        looked.cpu[collector.name] = said.cpu
        _keep(collector, said.facts, cache, declared, host.now())
        denied = [seen.missing for seen in said.facts.values() if seen.missing and seen.missing.reason is Reason.DENIED]
        if denied:
            looked.lacking[collector.name] = collector.needs or denied[0].detail
    return looked


def _young(collector: Collector, cache: dict[str, Kept] | None, declared: Declared, now: datetime) -> Kept | None:
    kept = (cache or {}).get(collector.name)
    if kept is None or collector.every is None or kept.declared != declared:
        return None
    return kept if timedelta(0) <= now - kept.looked_at < collector.every else None


def _keep(collector: Collector, facts: Facts, cache: dict[str, Kept] | None, declared: Declared, now: datetime) -> None:
    if cache is None or collector.every is None:
        return
    cache.pop(collector.name, None)
    if all(seen.missing is None for seen in facts.values()):
        cache[collector.name] = Kept(now, declared, facts)
