"""Adding, changing, calling and cancelling elections: the rules, the store and the audit trail in one step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from sqlalchemy.engine import Connection

from server.elections import template
from server.elections.model import Election, Window
from server.elections.rules import Fault, day_faults, faults
from server.store import audit, elections
from server.store.elections import Act, Version
from server.store.people import Role

MAY_CHANGE = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
"""Who may enter elections. Reviewers read."""
_AUDITED = {Act.ADD: "election.add", Act.CALL: "election.call", Act.CHANGE: "election.change",
            Act.CANCEL: "election.cancel"}


class Faulty(Exception):
    """An election that cannot be stored as it is, with every reason."""

    def __init__(self, found: Iterable[Fault]) -> None:
        self.faults = tuple(found)
        super().__init__("; ".join(one.say() for one in self.faults))


def drafted(name: str, first: date, last: date, kind: str, *, called: bool = False) -> Election:
    """A new election with the windows of its template; none around days that cannot stand."""
    chosen = template.get(kind)
    windows = () if day_faults(first, last) else chosen.around(first, last)
    return Election(id=elections.fresh_id(), name=name.strip(), first=first, last=last, scale=chosen.scale,
                    template=chosen.id, called=called, windows=windows)


def add(connection: Connection, tenant: str, election: Election, *, now: datetime, by: str, note: str = "") -> Version:
    """Store a new election. Raises ``Faulty``."""
    return _write(connection, tenant, election, Act.CALL if election.called else Act.ADD, now, by, note)


def change(connection: Connection, tenant: str, election: Election, *, now: datetime, by: str,
           note: str = "") -> Version:
    """Store a new version of an election. Raises ``Faulty``."""
    return _write(connection, tenant, election, Act.CHANGE, now, by, note)


def cancel(connection: Connection, tenant: str, election: Election, *, now: datetime, by: str,
           note: str = "") -> Version:
    """An election that is not held. Its versions stay."""
    version = elections.write(connection, tenant, election, Act.CANCEL, now=now, by=by, note=note)
    _record(connection, tenant, version)
    return version


def with_windows(election: Election, windows: Iterable[Window]) -> Election:
    """The same election with other windows, in order."""
    return msgspec.structs.replace(election, windows=tuple(sorted(
        windows, key=lambda one: (one.first, one.last, one.kind))))


def _write(connection: Connection, tenant: str, election: Election, act: Act, now: datetime, by: str,
           note: str) -> Version:
    found = faults(election, elections.every(connection, tenant))
    if found:
        raise Faulty(found)
    version = elections.write(connection, tenant, election, act, now=now, by=by, note=note)
    _record(connection, tenant, version)
    return version


def _record(connection: Connection, tenant: str, version: Version) -> None:
    one = version.election
    audit.record(connection, tenant, version.at, version.by, _AUDITED[version.act], one.name, {
        "election": one.id, "version": version.version, "first": one.first.isoformat(), "last": one.last.isoformat()})
