"""The rehearsal on a restored copy of a MariaDB database: apply, have each account's statements prepared, put back.

An account is taken on by a procedure that runs as its definer, without its password: there the server takes the
account's own rights, its default role and those of PUBLIC. PREPARE resolves a statement and checks its rights, and
runs nothing (tried in ``tests/access/test_rehearsal_mariadb.py``). What PREPARE does not check (CALL, TRUNCATE, LOCK
TABLES, ALTER …) is judged from the rights that the account holds before and after.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.access.rehearsal_grant_tables import SCRATCH, GrantTables, parts
from agent.access.rehearsal_report import BEFORE, DENIED, FINE, UNKNOWN, Outcome, Report
from agent.access.rehearsal_script import Script
from agent.access.rehearsal_words import NAME, WORD, words
from agent.access.rehearsal_workload import Seen
from collectors.access_reader import read
from collectors.database_dsn import mariadb_address
from collectors.host.protocol import Denied, LookError
from collectors.mariadb_session import Session, connect
from hustings.access.rights import BIT, MARIADB
from hustings.access.state import State
from hustings.errors import CannotFinish, UsageError
from policies.access.difference_scope import family
from policies.access.difference_uses import host_matches, may_admit
from policies.access.engines import effective
from policies.access.rows import Holding

_PREPARED = ("select", "insert", "update", "delete", "replace", "with", "values", "create", "table", "(")
_SESSION = ("begin", "start", "commit", "rollback", "savepoint", "release", "set", "use", "show", "do", "xa", "unlock",
            "deallocate", "describe", "desc", "explain", "help", "flush")
_NEEDS = {"truncate": "DROP", "call": "EXECUTE", "lock": "LOCK TABLES", "alter": "ALTER", "drop": "DROP",
          "optimize": "INSERT", "analyze": "INSERT"}
_NO_PLACEHOLDER = (1064, 1210)
"""Where the server takes no ``?``: SETVAL, and NAME_CONST, as which it logs the variables of a routine."""
_NAMED = re.compile(r"\bname_const\s*\(\s*\?\s*,\s*\?(?:\s*collate\s+\?)?\s*\)", re.IGNORECASE)
_OF_A_TRIGGER = re.compile(r"^Unknown column '(?:new|old)\.", re.IGNORECASE)
_DENIALS = (1142, 1143, 1370, 1044, 1227, 1345, 1356, 1045, 1959)
_DENIED = re.compile(r"^(.+?) command denied to user .+? for (?:column '(?P<column>.+?)' in )?(?:table|routine) "
                     r"(?P<on>.+)$", re.IGNORECASE)
_BODY = """create definer={definer} procedure {where}.{name}(in taken text, in statement longtext)
sql security definer modifies sql data
begin
  if taken <> '' then execute immediate concat('set role ', taken); end if;
  prepare hustings from statement; deallocate prepare hustings;
end"""


@dataclass
class _Account:
    """An account of the workload, as the server keeps it."""

    name: str
    role: str = ""
    procedures: dict[str, str] = field(default_factory=dict)
    """Database to the procedure that takes the account on there."""


@dataclass(frozen=True)
class _Said:
    number: int = 0
    message: str = ""

    @property
    def denied(self) -> bool:
        return self.number in _DENIALS


def rehearse_copy(dsn: str, variable: str, script: Script, text: str, seen: tuple[Seen, ...], *,
                  undo: Script | None = None) -> Report:
    """Rehearse a script on a copy that nobody works on. Raises ``UsageError`` and ``CannotFinish``."""
    with _session(dsn, variable) as session:
        tables = GrantTables(session)
        if tables.left_behind():
            raise UsageError("a rehearsal was stopped before it had put the rights back", where=variable,
                             remedy="hustings access rehearse --recover, with the same --dsn-env")
        before, started = tables.digests(), time.monotonic()
        version = str(session.rows("select version()")[0][0])
        rehearsal = _Rehearsal(session, seen, mariadb_address(dsn, variable).database)
        state = read(MARIADB, dsn, variable=variable)
        undone, changes = "", 0
        tables.keep()
        try:
            rehearsal.take_on(state)
            base = rehearsal.run()
            plain = tables.digests(exact=False)
            rehearsal.apply(script)
            changes = sum(one != plain[name] for name, one in tables.digests(exact=False).items())
            rehearsal.let_them_call()
            after = read(MARIADB, dsn, variable=variable)
            rehearsal.roles_of(after)
            again = rehearsal.run(only=base)
            if undo is not None:
                rehearsal.apply(undo)
                rehearsal.let_them_call()
                left = [name for name, one in tables.digests(exact=False).items() if one != plain[name]]
                undone = "exact" if not left else f"different: {', '.join(f'mysql.{name}' for name in left)}"
        finally:
            tables.restore()
        return Report(
            engine=MARIADB, version=version, database=rehearsal.default, target="copy", script=script.name,
            script_sha256=hashlib.sha256(text.encode()).hexdigest(), changes=changes,
            outcomes=tuple(_outcomes(rehearsal, base, again, _Held(state), _Held(after))),
            catalogue=parts(before, tables.digests()), lock_timeout=0.0, longest_held=time.monotonic() - started,
            transactions=1, undo=undone, notes=("MariaDB: rights were changed on this copy and put back",))


def recover(dsn: str, variable: str) -> str:
    """Put back what a stopped rehearsal left. Returns what was done."""
    with _session(dsn, variable) as session:
        tables = GrantTables(session)
        if not tables.left_behind():
            return "No rehearsal was stopped here: there is nothing to put back."
        tables.restore()
        return "The rights are what they were before the rehearsal."


@contextmanager
def _session(dsn: str, variable: str) -> Iterator[Session]:
    with connect(mariadb_address(dsn, variable), variable=variable, within=600, read_only=False) as session:
        try:
            yield session
        except Denied as error:
            raise CannotFinish(f"the rehearsing account may not do what a rehearsal needs: {error.missing.detail}",
                               where=variable, remedy="rehearse as the superuser of a copy") from error


class _Rehearsal:
    def __init__(self, session: Session, seen: tuple[Seen, ...], default: str) -> None:
        self._session, self.seen, self.default = session, seen, default
        self._accounts: dict[str, _Account] = {}
        self._databases = {str(name) for name, in session.rows("select schema_name from information_schema.schemata")}

    def database(self, seen: Seen) -> str:
        return seen.database or seen.search_path or self.default

    def account(self, seen: Seen) -> _Account | None:
        return self._accounts.get(seen.account)

    def take_on(self, state: State) -> None:
        """Make the procedures through which each account is taken on."""
        logins = [one.name for one in state.principals if one.login]
        for number, one in enumerate(self.seen):
            if one.account not in self._accounts:
                name = _known(one.account, logins)
                if name is None:
                    continue
                self._accounts[one.account] = _Account(name)
            account, database = self._accounts[one.account], self.database(one)
            if database not in self._databases or database in account.procedures:
                continue
            procedure = f"{SCRATCH}_{number}"
            account.procedures[database] = procedure
            self._session.rows(_BODY.format(definer=_quoted(account.name), where=_ticked(database), name=procedure))
        self.roles_of(state)
        self.let_them_call()

    def roles_of(self, state: State) -> None:
        """The default role of each account: active from the start, for as long as it is granted."""
        roles = {one.member: one.role for one in state.memberships if one.inherit}
        for account in self._accounts.values():
            account.role = roles.get(account.name, "")

    def let_them_call(self) -> None:
        """The definer needs EXECUTE of its own procedure; a script may have taken it with everything else."""
        for account in self._accounts.values():
            for database, procedure in account.procedures.items():
                self._session.rows(f"grant execute on procedure {_ticked(database)}.{procedure} to "
                                   f"{_quoted(account.name)}")

    def apply(self, script: Script) -> None:
        for one in script.statements:
            try:
                self._session.rows(one.text)
            except LookError as error:
                raise UsageError(f"the server refuses this statement: {error.missing.detail}",
                                 where=f"{script.name}:{one.line}",
                                 remedy="mend the script; the rights are put back as they were") from error

    def run(self, only: dict[int, _Said] | None = None) -> dict[int, _Said]:
        """Prepare every statement, or those that could be before. By place in the workload."""
        found = {}
        for place, one in enumerate(self.seen):
            account = self._accounts.get(one.account)
            procedure = account.procedures.get(self.database(one)) if account else None
            if account is None or procedure is None or not _prepared(one.text):
                continue
            if only is not None and only[place].number:
                continue
            said = self._prepare(account, self.database(one), procedure, one.text)
            if said.number in _NO_PLACEHOLDER and "?" in one.text:
                said = self._prepare(account, self.database(one), procedure, _filled(one.text))
            found[place] = said
        return found

    def _prepare(self, account: _Account, database: str, procedure: str, text: str) -> _Said:
        try:
            self._session.rows(f"use {_ticked(database)}")
            self._session.rows(f"call {procedure}(%s, %s)", _ticked(account.role) if account.role else "", text)
        except LookError as error:
            cause = error.__cause__
            number, message = (cause.args if cause is not None and len(cause.args) == 2 else (-1, str(error)))
            if not isinstance(number, int) or number in (2006, 2013):
                raise CannotFinish("the connection to the copy was lost",
                                   remedy="hustings access rehearse --recover, with the same --dsn-env") from error
            return _Said(number, str(message))
        return _Said()


def _outcomes(rehearsal: _Rehearsal, base: dict[int, _Said], again: dict[int, _Said], was: _Held,
              now: _Held) -> Iterator[Outcome]:
    for place, seen in enumerate(rehearsal.seen):
        account = rehearsal.account(seen)
        database = rehearsal.database(seen)
        if account is None:
            yield Outcome(UNKNOWN, seen.account, seen.text, seen.id, reason="the server has no such account")
        elif place in base:
            yield _prepared_outcome(seen, account, database, base[place], again.get(place, _Said()))
        elif database not in account.procedures and not _needs_nothing(seen.text):
            yield Outcome(UNKNOWN, seen.account, seen.text, seen.id,
                          reason=f"its log does not say in which database it ran ({database or 'none'})")
        else:
            yield _judged(seen, account, database, was, now)


def _prepared_outcome(seen: Seen, account: _Account, database: str, base: _Said, again: _Said) -> Outcome:
    role = account.role
    if base.denied:
        return _denied(BEFORE, seen, base, database, role)
    if _OF_A_TRIGGER.search(base.message):
        return Outcome(FINE, seen.account, seen.text, seen.id, reason="part of a trigger, whose definer's rights it "
                       "has", role=role)
    if base.number:
        return Outcome(UNKNOWN, seen.account, seen.text, seen.id, reason=base.message, role=role)
    if again.denied:
        return _denied(DENIED, seen, again, database, role)
    if again.number:
        return Outcome(UNKNOWN, seen.account, seen.text, seen.id, reason=again.message, role=role)
    return Outcome(FINE, seen.account, seen.text, seen.id, role=role)


def _denied(outcome: str, seen: Seen, said: _Said, database: str, role: str) -> Outcome:
    found = _DENIED.match(said.message)
    label = right = None
    if found:
        label = found.group("on").strip("'").replace("`", "")
        label = label if "." in label else f"{database}.{label}"
        column = found.group("column")
        right = found.group(1).upper() + (f"({column})" if column else "")
    return Outcome(outcome, seen.account, seen.text, seen.id, label, right, said.message, "plan", role)


def _judged(seen: Seen, account: _Account, database: str, was: _Held, now: _Held) -> Outcome:
    """What PREPARE does not check: by the right that the statement needs on the object it names."""
    def said(outcome: str, by: str, label: str | None = None, reason: str = "") -> Outcome:
        return Outcome(outcome, seen.account, seen.text, seen.id, label, right if label else None, reason, by,
                       account.role)

    right = ""
    if _needs_nothing(seen.text):
        return said(FINE, "privilege")
    found = [word for word in words(seen.text, MARIADB) if word.kind in (WORD, NAME) or word.text == "."]
    right = _NEEDS.get(found[0].text if found else "", "")
    needed = [(key, right) for key in (("table", label) for label in _labels([word.text for word in found], database))
              if key in was.objects] if right != "EXECUTE" else [
        (key, right) for label in _labels([word.text for word in found[1:]], database)
        for key in was.objects if key[0] == "routine" and key[1].partition(" (")[0] == label]
    if right == "LOCK TABLES":
        needed = [*((key, "SELECT") for key, _ in needed), (("schema", database), right)]
    if right and needed:
        for key, bit in needed:
            if not was.rights(account.name, key) & BIT[bit]:
                return said(BEFORE, "privilege", key[1], f"{bit} on {key[1]} is needed")
            if not now.rights(account.name, key) & BIT[bit]:
                return said(DENIED, "privilege", key[1], f"{bit} on {key[1]} is needed")
        return said(FINE, "privilege")
    if was.everything(account.name) == now.everything(account.name):
        return said(FINE, "untouched")
    return said(UNKNOWN, "privilege", reason="the server can only tell by running it")


class _Held:
    """What accounts hold at one moment, by kind and name of the object; tables and views alike."""

    def __init__(self, state: State) -> None:
        self._effective = effective(state)
        self._all = state.objects
        self.objects = {(family(one.kind), one.label): place for place, one in enumerate(state.objects)
                        if not one.name.startswith(SCRATCH)}

    def rights(self, account: str, key: tuple[str, str]) -> int:
        place = self.objects.get(key)
        return self._effective.holding(account, place).rights if place is not None else 0

    def everything(self, account: str) -> dict[tuple[str, str], Holding]:
        return {(family(self._all[place].kind), self._all[place].label): holding
                for place, holding in self._effective.held(account)
                if not self._all[place].name.startswith(SCRATCH) and self._all[place].schema != SCRATCH}


def _labels(found: list[str], database: str) -> Iterator[str]:
    for place, word in enumerate(found):
        if word == ".":
            continue
        if place + 2 < len(found) and found[place + 1] == ".":
            yield f"{word}.{found[place + 2]}"
        elif not place or found[place - 1] != ".":
            yield f"{database}.{word}"


def _first(text: str) -> str:
    return next((word.text for word in words(text, MARIADB)), "")


def _filled(text: str) -> str:
    """The shape with a number for each value: to be planned, never run."""
    return _NAMED.sub("?", text).replace("?", "1")


def _prepared(text: str) -> bool:
    return _first(text) in _PREPARED


def _needs_nothing(text: str) -> bool:
    return _first(text) in _SESSION or not _first(text)


def _known(account: str, logins: list[str]) -> str | None:
    """The server's account of a name in a log, whose host is the client's own."""
    if account in logins:
        return account
    user, at, host = account.rpartition("@")
    if not at:
        user, host = account, ""
    fitting = [name for name in logins if name.rpartition("@")[0] == user
               and (not host or may_admit(name.rpartition("@")[2], host))]
    return min(fitting, key=lambda name: (bool(host) and not host_matches(name.rpartition("@")[2], host),
                                              "%" in name, "_" in name, -len(name)), default=None)


def _quoted(account: str) -> str:
    user, _, host = account.rpartition("@")
    return f"{_ticked(user)}@{_ticked(host)}"


def _ticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
