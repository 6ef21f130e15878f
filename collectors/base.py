"""What a collector is, and how its answers become observations.

A collector module exposes ``COLLECTOR``; discovery finds it. ``collect`` answers a mapping from a
fact id (or ``id@subject``) to a plain value, a ``Listing``, ``ABSENT``, a ``Missing`` or a ``Dated``.
A ``LookError`` that leaves ``collect`` becomes the reason of every fact it declares; use ``gather``
where one part may fail without the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final, TypeAlias

from collectors.host.protocol import Host, LookError, Platform
from hustings.declared import Declared
from hustings.facts import Disclosure, Fact, Facts, Field, Listing, Missing, Observation, Reason, Type, key

__all__ = [
    "ABSENT", "Collected", "Collector", "Dated", "Disclosure", "Fact", "Field", "Listing",
    "Memory", "Missing", "Platform", "Reason", "Type", "gather", "key", "observe",
]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Looked for and not there."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A value whose source speaks for another time than now: a package list, a last backup."""

    value: Any
    as_of: datetime


Collected: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Memory:
    """What a collector left last time, to look at less this time: it reads ``before`` and writes ``after``,
    in a form that tells a whole memory from one cut short. Without streams it looks at everything."""

    before: BinaryIO | None = None
    after: BinaryIO | None = None


@dataclass(frozen=True)
class Collector:
    """A way of looking at one subject.

    ``reads`` and ``runs`` say beforehand which files (a trailing ``/`` for everything below a
    directory; ``*`` within a name) and programs it uses: the install step grants no more, the
    recorder records them, and a test holds every collector to them. An entry of ``runs`` is a whole
    command line, spaces between its words; a path with ``*`` in it stands for each file there is, and a
    lone ``*`` for arguments that depend on the machine, which the recorder cannot know.
    ``stats`` names, in the same notation, the paths of which names, owners and permissions alone are
    looked at, never the contents.
    ``every`` lets an expensive collector's facts be reused, with their ``as_of``, for that long.
    ``needs`` says in plain words which privilege it lacks when it is denied.
    """

    name: str
    platforms: frozenset[Platform]
    facts: tuple[Fact, ...]
    collect: Callable[[Host, Declared], Collected]
    reads: tuple[str, ...] = ()
    stats: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    timeout: float = 15.0
    every: timedelta | None = None
    needs: str = ""
    each: str = ""
    """The kind of declared instance it looks at; with none declared it is not run at all."""
    exhaustive: bool = False
    """Whether it looks through whole file systems: only when asked for, and never for a recording. ``reads`` and
    ``stats`` then leave out the directories whose entries it merely passes."""
    recall: Callable[[Host, Declared, Memory], Collected] | None = None
    """``collect`` with a memory of the last look, where the asker keeps one."""
    modules: tuple[str, ...] = field(default=())
    """Modules to import before it is isolated, so that the cost is paid once."""

    @property
    def programs(self) -> frozenset[str]:
        """The names of the programs it runs."""
        return frozenset(line.split(" ", 1)[0] for line in self.runs)


def gather(parts: Mapping[tuple[str, ...], Callable[[], Collected]]) -> Collected:
    """Run each part on its own: one that raises ``LookError`` gives its reason to its facts alone."""
    collected: Collected = {}
    for names, look in parts.items():
        try:
            collected.update(look())
        except LookError as error:
            collected.update(dict.fromkeys(names, error.missing))
    return collected


def observe(collector: Collector, collected: Collected, now: datetime, declared: Declared) -> Facts:
    """Turn what a collector answered into observations of every fact it declares.

    A declared fact it did not mention is an ``error``, as is a value of the wrong type and a fact
    it never declared: a collector's bug may cost an answer, never invent one.
    """
    declarations = {fact.id: fact for fact in collector.facts}
    for name in collected:
        if name.partition("@")[0] not in declarations:
            raise LookError(Reason.ERROR, f"{collector.name} answered {name}, which it does not declare")
    facts: Facts = {}
    for fact in collector.facts:
        names = [key(fact.id, one) for one in declared.instances(fact.each)] if fact.each else [fact.id]
        for name in names:
            value = collected.get(name, Missing(Reason.ERROR, f"{collector.name} did not answer"))
            facts[name] = _observation(fact, value, now)
    return facts


def failed(collector: Collector, missing: Missing, declared: Declared) -> Facts:
    """Every fact of a collector that did not finish, with the reason."""
    seen = Observation(missing=missing)
    return {
        key(fact.id, subject): seen
        for fact in collector.facts
        for subject in (declared.instances(fact.each) if fact.each else [None])
    }


_PYTHON_TYPES: dict[Type, tuple[type, ...]] = {
    Type.BOOL: (bool,), Type.INT: (int,), Type.FLOAT: (int, float), Type.TEXT: (str,),
    Type.VERSION: (str,), Type.TIME: (str,), Type.DURATION: (int,),
}


def _observation(fact: Fact, value: Any, now: datetime) -> Observation:
    as_of = now
    if isinstance(value, Dated):
        value, as_of = value.value, value.as_of
    if value is ABSENT:
        return Observation(absent=True, as_of=as_of)
    if isinstance(value, Missing):
        return Observation(missing=value)
    if fact.type in (Type.TEXTS, Type.RECORDS):
        if isinstance(value, Listing):
            return Observation(listing=value, as_of=as_of)
    elif isinstance(value, _PYTHON_TYPES[fact.type]) and isinstance(value, bool) == (fact.type is Type.BOOL):
        return Observation(value=value, as_of=as_of)
    return Observation(missing=Missing(Reason.ERROR, f"{fact.id} came as {type(value).__name__}, not {fact.type}"))
