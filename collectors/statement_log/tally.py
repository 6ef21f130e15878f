"""Counts what sessions run, statement by statement, between two commits of the store.

A statement is counted when its session goes on to something else: until then an error may still say that it was
refused. Statements that failed after their rights had been looked at (a constraint, a lock, a time limit) count.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from hashlib import sha256

from collectors.statement_log import quick
from collectors.statement_log.derive import SESSION, Derived, derive, unwrapped
from collectors.statement_log.names import Names
from collectors.statement_log.scan import Shaped, shapes
from collectors.statement_log.session import Session
from collectors.statement_log.store_file import Store
from collectors.statement_log.times import Clock
from collectors.statement_log.tokens import CUT, parts
from collectors.statement_log.written import RESTORED, NewShape, account_id, restored, stored, write_shape
from hustings.access.rights import POSTGRESQL

_MOST_KEYS = 20_000
_MOST_SESSIONS = 10_000
_MOST_DIGESTS = 100_000
_LONGEST, _BEGINNING = 200_000, 2_000
"""Characters of a statement that is still taken apart word by word, and of what is looked at of a longer one."""
_REFUSED = ("42", "3F", "3D", "0A", "26", "34", "08", "25P02")
"""SQLSTATE classes of statements that did nothing: syntax, access, names, unsupported, an aborted transaction."""

LOG, SLOW, AUDIT = "log", "slow", "audit"
"""Who wrote the line: log_statement, a duration that was logged, an audit extension."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a key stands for."""

    ids: tuple[int, ...]
    """Shapes that need rights or are not understood, in order."""
    session: bool
    """Whether a part of it sets something of the session."""
    kinds: frozenset[str]
    statements: int


class Tally:
    """Between two commits. Formats call ``line``, ``statement``, ``failed`` …; the reader calls ``commit``."""

    def __init__(self, store: Store, engine: str, names: Names, clock: Clock) -> None:
        self.store, self.engine, self.names, self.clock = store, engine, names, clock
        self.names_digest = names.digest
        self.only = store.meta("database")
        """The only database whose statements count; empty: all of the server's."""
        self.known: dict[tuple[str, str, str, str, bool], Known] = {}
        self.digests: dict[str, int] = {}
        self.sessions: dict[str, Session] = {}
        self.ended: set[str] = set()
        self.seen: dict[tuple[str, int], list[object]] = {}
        self.restored: dict[tuple[str, int, str], list[int]] = {}
        """Uses that an earlier run left pending: their time is UTC already."""
        self.new: list[NewShape] = []
        self.hours: dict[str, list[str]] = {}
        self.hour = ""
        self.hour_entry: list[str] = ["", ""]
        self.sign_ins: dict[tuple[str, str, str], int] = {}
        self.covers: set[str] = set()
        self.covered: set[tuple[str, frozenset[str]]] = set()
        self.statements = 0
        self.parsed = 0
        """Shapes given to the parser in this run."""
        self.last = ""
        row = store.rows("select coalesce(max(id), 0) from shape")
        self.next_id = int(str(row[0][0])) + 1
        for key, state in store.rows("select id, state from session"):
            self.sessions[str(key)] = restored(str(state))

    # What formats tell

    def line(self, time: str) -> None:
        """There is a line of this time: the log was being written."""
        hour = time[:13]
        if hour != self.hour:
            self.hour = hour
            self.hour_entry = self.hours.setdefault(hour, [time, time])
        entry = self.hour_entry
        if time > entry[1]:
            entry[1] = time
        elif time < entry[0]:
            entry[0] = time

    def statement(self, key: str, account: str, database: str, time: str, sql: str, by: str) -> None:
        """A session starts a statement, which may still be refused."""
        session = self.sessions.get(key) or self._session(key)
        known = self._know(sql, database, session, False)
        if known.session and known.ids:
            for part in parts(sql, self.engine):
                self.statement(key, account, database, time, part, by)
            return
        before = session.pending
        if before is not None:
            if by == LOG and before[3] == AUDIT and before[0] == known.ids and known.ids:
                session.pending = (before[0], before[1], before[2], "")
                return
            session.pending = None
            self._count(before)
        self._ran(known, session, account, time, sql, by)

    def audited(self, key: str, account: str, database: str, time: str, sql: str, number: str, nested: bool) -> None:
        """A line of an audit extension about the statement of this number, which may have several lines.

        ``nested``: run from inside a routine, whose variables its text may hold: it cannot be planned alone.
        """
        session = self.sessions.get(key) or self._session(key)
        known = self._know(sql, database, session, nested)
        before = session.pending
        if before is not None and before[0] == known.ids and (before[3] in (LOG, SLOW) or session.audit == number):
            session.pending = (before[0], before[1], before[2], "")
            session.audit = number
            session.changed = True
            self.covers |= {f"{AUDIT}:{kind}" for kind in known.kinds}
            return
        session.audit = number
        if before is not None:
            session.pending = None
            self._count(before)
        self._ran(known, session, account, time, sql, AUDIT)

    def misc(self, key: str, sql: str) -> None:
        """A statement that uses no right but may set something of its session."""
        (self.sessions.get(key) or self._session(key)).apply_all(sql, self.engine)

    def default(self, key: str, database: str) -> None:
        """The session's default database, where the log says it apart."""
        session = self.sessions.get(key) or self._session(key)
        session.path, session.changed = database, True

    def database(self, key: str) -> str:
        """The session's default database."""
        session = self.sessions.get(key)
        return session.path if session is not None else ""

    def done(self, key: str, account: str, database: str, time: str, sql: str) -> None:
        """A statement that is known to have been run: its log says whether it was refused."""
        session = self.sessions.get(key) or self._session(key)
        if database != session.path:
            session.path, session.changed = database, True
        known = self._know(sql, database, session, False)
        self._ran(known, session, account, time, sql, AUDIT)
        if session.pending is not None:
            self._count(session.pending)
            session.pending = None

    def counted(self, account: str, database: str, first: str, last: str, sql: str, times: int) -> None:
        """A statement of which only the number of its runs is known."""
        known = self._know(sql, database, Session(), False)
        self.statements += times
        self.covers |= {f"{SLOW}:{kind}" for kind in known.kinds}
        for one in known.ids:
            entry = self.seen.setdefault((account, one), [first, last, 0])
            entry[2] += times  # type: ignore[operator]

    def direct(self, key: str, account: str, time: str, label: str, right: str) -> None:
        """A right on an object that the log names itself."""
        session = self.sessions.get(key)
        role = (session.role or session.user) if session is not None else ""
        digest = sha256(f"{right}\0{label}\0{role}".encode()).hexdigest()
        at = self._find(digest)
        if at is None:
            needs = {(label, None, right)}
            if self.engine == POSTGRESQL and "." in label:
                needs.add((label.partition(".")[0], None, "USAGE"))
            at = self._add(digest, Shaped("", (), (), True), "", "", role, False, Derived(frozenset(needs), ""))
        self._use(account, at, time)

    def refused(self, key: str, database: str, state: str, query: str) -> None:
        """An error: what it speaks of is no use when nothing was done."""
        session = self.sessions.get(key)
        if session is None or session.pending is None or not query or not state.startswith(_REFUSED):
            return
        ids = session.pending[0]
        if len(ids) == 1 and self._know(query, database, session, False).ids == ids:
            session.pending = None
            session.changed = True

    def signed_in(self, account: str, host: str, time: str) -> None:
        """A session of this account began."""
        key = (account, host, self.clock.iso(time)[:13])
        self.sign_ins[key] = self.sign_ins.get(key, 0) + 1

    def end(self, key: str) -> None:
        """The session is over."""
        session = self.sessions.pop(key, None)
        if session is not None:
            if session.pending is not None:
                self._count(session.pending)
            self.ended.add(key)

    # Counting

    def _session(self, key: str) -> Session:
        while len(self.sessions) >= _MOST_SESSIONS:
            self.end(next(iter(self.sessions)))
        session = self.sessions[key] = Session()
        self.ended.discard(key)
        return session

    def _ran(self, known: Known, session: Session, account: str, time: str, sql: str, by: str) -> None:
        self.statements += known.statements
        if (by, known.kinds) not in self.covered:
            self.covered.add((by, known.kinds))
            self.covers |= {f"{by}:{kind}" for kind in known.kinds}
        if known.session:
            session.apply_all(sql, self.engine)
        if known.ids:
            session.pending = (known.ids, account, time, by)
            session.changed = True

    def _count(self, pending: tuple[tuple[int, ...], str, str, str]) -> None:
        ids, account, time, _ = pending
        for one in ids:
            if time[0] == RESTORED:
                entry = self.restored.setdefault((account, one, time[1:]), [0])
                entry[0] += 1
            else:
                self._use(account, one, time)

    def _use(self, account: str, shape: int, time: str) -> None:
        entry = self.seen.get((account, shape))
        if entry is None:
            self.seen[account, shape] = [time, time, 1]
            return
        if time > entry[1]:  # type: ignore[operator]
            entry[1] = time
        elif time < entry[0]:  # type: ignore[operator]
            entry[0] = time
        entry[2] += 1  # type: ignore[operator]

    # Shapes

    def _know(self, sql: str, database: str, session: Session, nested: bool) -> Known:
        role = session.role or session.user
        key = (quick.key(sql, self.engine), database, session.path, role, nested)
        known = self.known.get(key)
        if known is None:
            known = self._learn(sql, database, session.path, role, nested)
            if len(self.known) >= _MOST_KEYS:
                for old in list(self.known)[: _MOST_KEYS // 2]:
                    del self.known[old]
            self.known[key] = known
        return known

    def _learn(self, sql: str, database: str, path: str, role: str, nested: bool) -> Known:
        ids, session, kinds, count = list[int](), False, set[str](), 0
        if len(sql) > _LONGEST:
            sql, nested = _shortened(sql, self.engine), True
        for shaped in shapes(sql, self.engine):
            count += 1
            shaped = shaped._replace(text=unwrapped(shaped.text))
            digest = sha256(
                "\0".join(
                    (shaped.text, database, path, role, repr(shaped.sequences), str(shaped.whole), str(nested))
                ).encode()
            ).hexdigest()
            at = self._find(digest)
            if at is None:
                self.parsed += 1
                derived = self._derive(shaped, path, nested)
                if derived.kind == SESSION and not derived.needs and derived.understood:
                    session = True
                    kinds.add(SESSION)
                    continue
                at = self._add(digest, shaped, database, path, role, not nested, derived)
                kinds.add(derived.kind)
            else:
                kinds.add(self._kind(at))
            ids.append(at)
        return Known(tuple(ids), session, frozenset(one for one in kinds if one), count)

    def _derive(self, shaped: Shaped, path: str, nested: bool) -> Derived:
        """An expression of PL/pgSQL is logged without its SELECT, and an assignment with its variable."""
        texts = [shaped.text]
        if nested:
            bare = re.sub(r"^[\w.\[\]$]+\s*:=\s*", "", shaped.text)
            texts += [bare, f"select {bare}"]
        tried = [
            derive(one, self.names, _names_of(path), whole=shaped.whole, sequences=shaped.sequences) for one in texts
        ]
        return next((one for one in tried if one.understood), tried[0])

    def _kind(self, at: int) -> str:
        for one in reversed(self.new):
            if one.id == at:
                return one.derived.kind
        row = self.store.rows("select kind from shape where id = ?", (at,))
        return str(row[0][0]) if row else ""

    def _find(self, digest: str) -> int | None:
        at = self.digests.get(digest)
        if at is None:
            row = self.store.rows("select id from shape where digest = ?", (digest,))
            if row:
                at = int(str(row[0][0]))
                self._remember(digest, at)
        return at

    def _remember(self, digest: str, at: int) -> None:
        if len(self.digests) >= _MOST_DIGESTS:
            self.digests = {one.digest: one.id for one in self.new}
        self.digests[digest] = at

    def _add(
        self, digest: str, shaped: Shaped, database: str, path: str, role: str, plannable: bool, derived: Derived
    ) -> int:
        at, self.next_id = self.next_id, self.next_id + 1
        self.new.append(NewShape(at, digest, shaped, database, path, role, plannable, derived))
        self._remember(digest, at)
        return at

    # The store

    def commit(self, connection: sqlite3.Connection) -> None:
        """Write everything counted since the last commit, inside the caller's transaction."""
        for one in self.new:
            write_shape(connection, one, self.names_digest)
        iso = self.clock.iso
        waiting = {one.pending[1] for one in self.sessions.values() if one.changed and one.pending is not None}
        accounts = {
            name: account_id(connection, name)
            for name in {*waiting, *(one for one, _ in self.seen), *(one for one, _, _ in self.restored)}
        }
        uses = [
            (accounts[account], shape, iso(str(first)), iso(str(last)), times)
            for (account, shape), (first, last, times) in self.seen.items()
        ]
        uses += [
            (accounts[account], shape, time, time, times) for (account, shape, time), (times,) in self.restored.items()
        ]
        connection.executemany(
            "insert into seen values (?, ?, ?, ?, ?) on conflict (account, shape) do update set "
            "first = min(first, excluded.first), last = max(last, excluded.last), times = times + excluded.times",
            uses,
        )
        for first, last in self.hours.values():
            at, until = iso(first), iso(last)
            spans = [(at, until)] if at[:13] == until[:13] else [(at, at), (until, until)]
            connection.executemany(
                "insert into hour values (?, ?, ?) on conflict (hour) do update set "
                "first = min(first, excluded.first), "
                "last = max(last, excluded.last)",
                [(one[:13], one, other) for one, other in spans],
            )
        connection.executemany(
            "insert into sign_in values (?, ?, ?, ?) on conflict (account, host, hour) do update set "
            "times = times + excluded.times",
            [(*key, times) for key, times in self.sign_ins.items()],
        )
        connection.executemany("delete from session where id = ?", [(key,) for key in self.ended])
        connection.executemany(
            "insert or replace into session values (?, ?)",
            [(key, stored(one, iso)) for key, one in self.sessions.items() if one.changed],
        )
        connection.executemany("insert or ignore into cover values (?)", [(one,) for one in self.covers])
        connection.execute(
            "insert into counter values ('statements', ?) on conflict (name) do update set "
            "value = value + excluded.value",
            (self.statements,),
        )

    def committed(self) -> None:
        """Forget what is written. Call after the transaction."""
        self.last = max((entry[1] for entry in self.hours.values()), default=self.last)
        self.new, self.seen, self.hours, self.sign_ins, self.restored = [], {}, {}, {}, {}
        self.hour = ""
        self.ended.clear()
        self.statements = 0
        for session in self.sessions.values():
            session.changed = False


def _shortened(sql: str, engine: str) -> str:
    """A very long statement, most often an insert of many rows, by its key; otherwise as one that is cut."""
    if not quick.careful(sql, engine == POSTGRESQL):
        plain = quick.key(sql, engine).replace("?", "''")
        if len(plain) <= _LONGEST:
            return plain
    return sql[:_BEGINNING] + CUT


def _names_of(path: str) -> tuple[str, ...]:
    return tuple(one for one in path.split(",") if one)
