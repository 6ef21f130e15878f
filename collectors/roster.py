"""roster: the office's list of its people and of those who left, as it is written. It never leaves the machine."""

from __future__ import annotations

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host
from hustings.declared import Declared
from hustings.yaml_source import LIMIT


def collect(host: Host, declared: Declared) -> Collected:
    """The text of the declared roster."""
    return {"people.roster": host.read(declared.roster, limit=4 * LIMIT) if declared.roster else ABSENT}


COLLECTOR = Collector(
    name="roster",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(Fact("people.roster", Type.TEXT, "The office's roster, as it is written; absent where none is declared",
                Disclosure.LOCAL),),
    collect=collect,
    needs="read the office's roster",
)
