"""time_sources: which servers the clock is set by, as the settings of each time service name them.

A service's compiled-in servers are not in its settings and not listed: they are its maker's choice.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from collectors import _time_conf
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import Host
from hustings.declared import Declared

_UNSAID = 10
"""The longest time between two questions, as a power of two of seconds, of chrony and ntpd unless told otherwise."""


def collect(host: Host, declared: Declared) -> Collected:
    """What the settings say."""
    return gather({
        ("time.sources",): lambda: {"time.sources": Listing(_records(host))},
        ("time.chrony_user", "time.chrony_steps"): lambda: _chrony(host),
    })


def _records(host: Host) -> list[Any]:
    return [{"service": one.service, "kind": one.kind, "name": one.name,
             "longest_poll": _UNSAID if one.maxpoll is None else one.maxpoll, "poll_said": one.maxpoll is not None}
            for one in _time_conf.sources(host)]


def _chrony(host: Host) -> Collected:
    last = {words[0]: " ".join(words[1:]) for words in _time_conf.chrony(host)}
    return {"time.chrony_user": last.get("user", ABSENT), "time.chrony_steps": last.get("makestep", ABSENT)}


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="time_sources",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("time.sources", Type.RECORDS, "The machines that time services are told to take the time from", fields=(
            Field("service", Type.TEXT, "chrony, ntpd or systemd-timesyncd"),
            Field("kind", Type.TEXT, "server, pool (a name for changing servers), peer or fallback"),
            Field("name", Type.TEXT, "Its name or address"),
            Field("longest_poll", Type.INT, "The longest time between two questions, as a power of two of seconds"),
            Field("poll_said", Type.BOOL, "Whether the settings say that time"),
        )),
        _fact("time.chrony_user", Type.TEXT, "The account chronyd is told to work under; absent where it is the one "
                                             "compiled in"),
        _fact("time.chrony_steps", Type.TEXT, "When chronyd sets the clock at once: `SECONDS UPDATES`, -1 for always"),
    ),
    collect=collect,
    reads=_time_conf.READS,
)
