"""restore_proof: what this machine's own signed records say of its restore sets.

``hustings agent restore-proof`` leaves one record a set in the agent's state directory. A record counts once
its signature holds under this agent's key, and if it is of this agent and of the set as it is declared now.
"""

from __future__ import annotations

from functools import partial

import msgspec

from collectors._backup import answer
from collectors.base import ABSENT, Collected, Collector, Dated, Disclosure, Fact, Missing, Platform, Reason, Type, key
from collectors.host.protocol import Host, LookError, NotThere, Unreadable
from hustings import restore_record
from hustings.declared import Declared, RestoreSet
from hustings.errors import HustingsError
from hustings.times import parse_duration, utc_text

_LIMIT = 1 << 20
STATE = "/var/lib/hustings"


class _Identity(msgspec.Struct):
    """The part of ``agent.json`` that is needed here."""

    agent: str
    public: str = ""


def collect(host: Host, declared: Declared) -> Collected:
    """The newest record of each declared set; one that is not in order costs its own facts alone."""
    collected: Collected = {}
    for one in declared.restore_sets:
        found = answer(partial(newest, host, one, declared))
        collected.update({key(fact, one.name): value for fact, value in _facts(found, one).items()})
    return collected


def newest(host: Host, one: RestoreSet, declared: Declared) -> restore_record.Record | None:
    """The record of a set, verified; None if there is none. Raises ``LookError``."""
    from hustings import envelope, keys

    state = one.state.rstrip("/")
    try:
        signed = host.read_bytes(f"{state}/{restore_record.DIRECTORY}/{restore_record.file_name(one.name)}",
                                 limit=_LIMIT)
    except NotThere:
        return None
    try:
        who = msgspec.json.decode(host.read_bytes(f"{state}/agent.json", limit=_LIMIT), type=_Identity)
        if not who.public:
            raise Unreadable(f"{state}/agent.json does not name the agent's public key")
        payload = envelope.verify(envelope.parse(signed), restore_record.TYPE, keys.decode(who.public))
        record = restore_record.decode(payload)
    except (HustingsError, msgspec.MsgspecError) as error:
        raise LookError(Reason.ERROR, f"the restore record of {one.name} does not hold: {error}"[:300]) from error
    if (record.agent, record.set, record.repository) != (who.agent, one.name, one.repository):
        raise LookError(Reason.ERROR, f"the restore record is of {record.set} from {record.repository}, "
                        f"by {record.agent}")
    sources = {each.name: restore_record.source_of(each) for each in declared.repositories}
    if record.source != sources.get(one.repository):
        raise LookError(Reason.ERROR, f"the restore record of {one.name} is from another place than {one.repository} "
                        "is declared at now")
    if set(record.expected) != set(one.tables or (one.path,)):
        raise LookError(Reason.ERROR, f"the restore record of {one.name} is of {', '.join(sorted(record.expected))}, "
                        "not of what the set is declared to hold now")
    return record


def _facts(record: restore_record.Record | Missing | None, one: RestoreSet) -> Collected:
    names = tuple(fact.id for fact in COLLECTOR.facts)
    if isinstance(record, Missing):
        return dict.fromkeys(names, record)
    if record is None:
        return dict.fromkeys(names, ABSENT)
    in_time = record.seconds <= parse_duration(one.objective).total_seconds() if one.objective else None
    values = (record.proven, utc_text(record.finished), utc_text(record.backup_time) if record.backup_time else None,
              record.seconds, in_time, record.faults[0] if record.faults else None)
    return {name: ABSENT if value is None else Dated(value, record.finished)
            for name, value in zip(names, values, strict=True)}


_fact = partial(Fact, disclosure=Disclosure.SHARED, each="restore_set")

COLLECTOR = Collector(
    name="restore_proof",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("backup.restore_proof", Type.BOOL, "Whether the newest restore proof brought back what its manifest "
              "says, as of the time it was made; absent if there never was one"),
        _fact("backup.restore_proof_made", Type.TIME, "When the newest restore proof was made"),
        _fact("backup.restore_proof_of", Type.TIME, "When the backup that was restored was made, if the tool says"),
        _fact("backup.restore_seconds", Type.DURATION, "How long the restore took, up to the last count", unit="s"),
        _fact("backup.restore_in_time", Type.BOOL, "Whether that is within the declared objective; absent without one"),
        _fact("backup.restore_fault", Type.TEXT, "What the newest restore proof found wrong first; absent if nothing"),
    ),
    collect=collect,
    reads=(f"{STATE}/agent.json", f"{STATE}/{restore_record.DIRECTORY}/"),
    each="restore_set",
    needs="read the agent's state directory",
)
