"""What a store holds, as a ``Usage``: who used which right, first and last, and over which time the logs speak."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from collectors.statement_log.names import Names
from collectors.statement_log.resolve import resolve_for
from collectors.statement_log.store_file import Store, open_store
from collectors.statement_log.tally import AUDIT, LOG, SLOW
from collectors.statement_log.written import restored
from hustings.access.rights import POSTGRESQL
from hustings.access.usage import Shape, SignIn, Usage, Use, Window
from hustings.errors import CannotFinish

GAP_HOURS = 26.0
"""Without any line for longer than this, the logs are taken not to have been written."""


def load(path: Path, *, gap_hours: float = GAP_HOURS, names: Names | None = None) -> Usage:
    """Read the store. ``names``: all that is in the database, for logs that were read without knowing it.

    Raises ``UsageError`` where there is none and ``ConfigError`` for a file that is none."""
    store = open_store(path)
    try:
        resolve_for(store, names)
        return usage(store, gap_hours)
    except sqlite3.OperationalError as error:
        raise CannotFinish(
            f"the store cannot be read: {error}",
            where=str(path),
            remedy="wait until the reading of logs that is writing it has ended",
        ) from None
    finally:
        store.close()


def usage(store: Store, gap_hours: float = GAP_HOURS) -> Usage:
    """All of an open store, over which ``resolve_for`` has laid what is known."""
    _with_pending(store)
    counted = store.rows("select value from counter where name = 'statements'")
    return Usage(
        engine=store.meta("engine"),
        window=_window(store, gap_hours),
        uses=_uses(store),
        shapes=_shapes(store),
        sign_ins=tuple(
            SignIn(str(account), str(host), str(hour), int(str(times)))
            for account, host, hour, times in store.rows(
                "select account, host, hour, times from sign_in order by account, hour, host"
            )
        ),
        statements=int(str(counted[0][0])) if counted else 0,
        covers=_covers(store),
        damaged=int(str(store.rows("select coalesce(sum(damaged), 0) from source")[0][0])),
    )


def _with_pending(store: Store) -> None:
    """A view of what was counted, with the last statement of every session that has not gone on yet."""
    connection = store.connection
    connection.execute(
        "create temp table every_seen (account integer, shape integer, first text, last text, times integer)"
    )
    connection.execute("insert into every_seen select account, shape, first, last, times from seen")
    for (state,) in store.rows("select state from session where json_extract(state, '$[5]') is not null"):
        pending = restored(str(state)).pending
        assert pending is not None
        ids, account, time, _ = pending
        connection.executemany(
            "insert into every_seen select id, ?, ?, ?, 1 from account where name = ?",
            [(one, time[1:], time[1:], account) for one in ids],
        )


def _uses(store: Store) -> tuple[Use, ...]:
    return tuple(
        Use(
            str(account),
            str(label),
            None if column is None else str(column),
            str(right),
            str(first),
            str(last),
            int(str(times)),
            str(role),
        )
        for account, label, column, right, first, last, times, role in store.rows(
            'select a.name, n.object, n."column", n."right", min(s.first), max(s.last), sum(s.times), h.role '
            "from every_seen s "
            "join account a on a.id = s.account join every_need n on n.shape = s.shape "
            "join every_shape h on h.id = s.shape "
            'group by a.name, n.object, n."column", n."right", h.role order by 1, 2, 3, 4, 8'
        )
    )


def _shapes(store: Store) -> tuple[Shape, ...]:
    accounts: dict[int, list[str]] = {}
    for at, name in store.rows(
        "select distinct s.shape, a.name from every_seen s join account a on a.id = s.account order by 1, 2"
    ):
        accounts.setdefault(int(str(at)), []).append(str(name))
    return tuple(
        Shape(
            str(digest),
            str(text),
            tuple(accounts.get(int(str(at)), ())),
            str(database),
            str(path or schemas),
            bool(understood),
            str(why),
            str(role),
        )
        for at, digest, text, database, path, schemas, understood, why, role in store.rows(
            "select id, digest, text, database, path, schemas, understood, why, role from every_shape "
            "where plannable or not understood order by id"
        )
        if accounts.get(int(str(at)))
    )


def _window(store: Store, gap_hours: float) -> Window | None:
    rows = [(str(first), str(last)) for first, last in store.rows("select first, last from hour order by hour")]
    if not rows or not store.rows("select 1 from every_seen union all select 1 from cover limit 1"):
        return None
    gaps, covered = [], 0.0
    start = rows[0][0]
    for (_, last), (first, _) in pairwise(rows):
        if _hours(last, first) > gap_hours:
            gaps.append((last, first))
            covered += _hours(start, last)
            start = first
    covered += _hours(start, rows[-1][1])
    names = tuple(str(name) for (name,) in store.rows("select name from source order by id"))
    return Window(rows[0][0], rows[-1][1], round(covered / 24, 4), tuple(gaps), names)


def _hours(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() / 3600


def _covers(store: Store) -> tuple[str, ...]:
    """``log_statement`` at a level logs everything of the levels below it; an audit extension the kinds it was told.

    An audit log of MariaDB or MySQL that has reads and also what only sets a session has everything.
    """
    seen = {str(kind) for (kind,) in store.rows("select kind from cover")}
    logged = {one.partition(":")[2] for one in seen if one.startswith(f"{LOG}:")}
    if f"{SLOW}:every" in seen:
        logged |= {one.partition(":")[2] for one in seen if one.startswith(f"{SLOW}:")}
    audited = {one.partition(":")[2] for one in seen if one.startswith(f"{AUDIT}:")}
    if "read" in logged or (store.meta("engine") != POSTGRESQL and {"read", "session"} <= audited):
        return ("all",)
    kinds = audited & {"read", "write", "ddl", "role", "function"}
    if "write" in logged:
        kinds |= {"write", "ddl", "role"}
    if logged & {"ddl", "role"}:
        kinds |= {"ddl", "role"}
    return tuple(sorted(kinds))
