"""roster: the office's list of its people and of those who left, as it is written. It never leaves the machine."""

from __future__ import annotations

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, LookError
from hustings.declared import Declared
from hustings.yaml_source import LIMIT


def collect(host: Host, declared: Declared) -> Collected:
    """Whether there is one, and its text."""
    if not declared.roster:
        return {"people.roster_declared": False, "people.roster": ABSENT}
    try:
        text: object = host.read(declared.roster, limit=4 * LIMIT)
    except LookError as error:
        text = error.missing
    return {"people.roster_declared": True, "people.roster": text}


COLLECTOR = Collector(
    name="roster",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("people.roster_declared", Type.BOOL, "Whether machine.yaml names the office's roster", Disclosure.SHARED),
        Fact("people.roster", Type.TEXT, "The office's roster, as it is written; absent where none is declared",
             Disclosure.LOCAL),
    ),
    collect=collect,
    needs="read the office's roster",
)
