"""How what was counted stands in the store: shapes with their needs, accounts, and sessions that a log leaves open."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from collectors.statement_log.derive import Derived
from collectors.statement_log.scan import Shaped
from collectors.statement_log.session import Session

RESTORED = "\0"
"""Before a time that is not as the log wrote it, but UTC."""


@dataclass(slots=True)
class NewShape:
    """A shape that the store does not have yet."""

    id: int
    digest: str
    shaped: Shaped
    database: str
    path: str
    role: str
    plannable: bool
    derived: Derived


def write_shape(connection: sqlite3.Connection, one: NewShape, names: str) -> None:
    """A new shape with what it needs."""
    connection.execute(
        "insert into shape values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            one.id,
            one.digest,
            one.shaped.text,
            one.database,
            one.path,
            one.role,
            int(one.shaped.whole),
            json.dumps(one.shaped.sequences),
            int(one.plannable),
            int(one.derived.understood),
            one.derived.why,
            one.derived.kind,
            ",".join(one.derived.schemas),
            names if one.plannable else "",
        ),
    )
    write_needs(connection, one.id, one.derived)


def write_needs(connection: sqlite3.Connection, shape: int, derived: Derived) -> None:
    """The rights of a shape."""
    connection.executemany(
        "insert into need values (?, ?, ?, ?)", [(shape, *need) for need in sorted(derived.needs, key=repr)]
    )


def account_id(connection: sqlite3.Connection, name: str) -> int:
    """The number of an account, which is given to it at its first use."""
    connection.execute("insert or ignore into account (name) values (?)", (name,))
    return int(connection.execute("select id from account where name = ?", (name,)).fetchone()[0])


def stored(session: Session, iso: Callable[[str], str]) -> str:
    """A session as text, its times in UTC."""
    pending = session.pending
    if pending is not None:
        time = pending[2]
        pending = (pending[0], pending[1], time[1:] if time[0] == RESTORED else iso(time), pending[3])
    return json.dumps([session.role, session.user, session.path, session.saved, session.local, pending, session.audit])


def restored(state: str) -> Session:
    """A session as the store keeps it. The time of what is pending is marked as UTC."""
    session = Session()
    session.role, session.user, session.path, saved, local, pending, session.audit = json.loads(state)
    session.saved = tuple(saved) if saved else None
    session.local = tuple(local) if local else None
    session.pending = (tuple(pending[0]), pending[1], RESTORED + pending[2], pending[3]) if pending else None
    session.changed = False
    return session
