"""The rehearsal on PostgreSQL, whose changes of rights are transactional: apply, plan as each account, take back.

1. Without the script: every statement is planned as its account. What is denied now is not the script's doing.
2. With the script applied, in transactions that are taken back: what could be planned is planned again.
3. What EXPLAIN does not show (trigger functions, bodies of routines, sequences, row policies) is judged from the rights
   that the account loses by the script; nothing is said of an account that loses nothing.
4. The catalogue is compared with what it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from agent.access.rehearsal_catalogue import Key, changed, fingerprint, parts, rights
from agent.access.rehearsal_held import ROWS as ROWS_KIND
from agent.access.rehearsal_held import Touched, held, lost
from agent.access.rehearsal_needs import Need, need
from agent.access.rehearsal_plans import Planned, judge
from agent.access.rehearsal_report import BEFORE, DENIED, FINE, ROWS, UNKNOWN, Outcome, Report
from agent.access.rehearsal_routines import TO_SET, Lost, Routines, read
from agent.access.rehearsal_script import Script
from agent.access.rehearsal_session import Refused, RehearsalSession
from agent.access.rehearsal_workload import Seen
from hustings.errors import CannotFinish, UsageError

if TYPE_CHECKING:
    import psycopg

DEFAULT_PATH = '"$user", public'
_MARK = ("select coalesce((select split_part(one, '=', 2) from pg_db_role_setting s, unnest(s.setconfig) as one where "
         "s.setrole = 0 and s.setdatabase = (select oid from pg_database where datname = current_database()) and "
         "lower(split_part(one, '=', 1)) = 'hustings.environment'), '')")
_PATHS = ("select coalesce(r.rolname, ''), substr(one, 13) from pg_db_role_setting s left join pg_roles r on "
          "r.oid = s.setrole, unnest(s.setconfig) as one where one like 'search_path=%' and s.setdatabase in (0, "
          "(select oid from pg_database where datname = current_database())) order by s.setdatabase")
_WITH_POLICIES = ("select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                  "where c.relrowsecurity")
_MAY_BECOME = ("select r.rolname::text from pg_roles r, pg_roles a where a.rolname = %s and r.oid <> a.oid and "
               "not a.rolsuper and pg_has_role(a.oid, r.oid, <set>) order by r.rolsuper, 1 limit 100")


@dataclass
class _Item:
    """A statement of an account, on its way."""

    seen: Seen
    need: Need
    path: str
    role: str = ""
    before: Planned = field(default_factory=Planned)
    after: Planned | None = None
    beneath: frozenset[int] = frozenset()


def environment(connection: psycopg.Connection[Any]) -> str:
    """How the database is marked (``ALTER DATABASE … SET hustings.environment``): ``production``, ``copy``, or not."""
    row = connection.execute(_MARK).fetchone()
    return str(row[0]).strip().lower() if row else ""


def rehearse(connection: psycopg.Connection[Any], script: Script, script_text: str, seen: tuple[Seen, ...], *,
             lock_timeout: float, target: str, undo: Script | None = None, path: str = "",
             progress: Callable[[int], None] = lambda _: None,
             again: Callable[[], psycopg.Connection[Any]] | None = None) -> Report:
    """Rehearse a script. ``connection`` is in autocommit mode, not read-only, and nobody else uses it.

    ``path``: the search path of statements whose log does not say it, instead of the account's own.
    ``again``: how to connect anew where the server ended the session because this program was kept waiting.
    Raises ``UsageError`` where the script does not fit the database, ``CannotFinish`` where it may not be applied.
    """
    session = RehearsalSession(connection, lock_timeout, again)
    with closing(session):
        return _rehearse(session, script, script_text, seen, lock_timeout=lock_timeout, target=target, undo=undo,
                         path=path, progress=progress)


def _rehearse(session: RehearsalSession, script: Script, script_text: str, seen: tuple[Seen, ...], *,
              lock_timeout: float, target: str, undo: Script | None, path: str,
              progress: Callable[[int], None]) -> Report:
    before = fingerprint(session.connection, session.version)
    rights_before = rights(session.connection)
    routines = read(session, session.version)
    paths = {str(name): str(value) for name, value in session.query(_PATHS)}
    script_path = paths.get(session.user, paths.get("", DEFAULT_PATH))
    notes: list[str] = []
    outcomes: list[Outcome] = []
    items = _items(session, seen, path, paths, outcomes)
    if (elsewhere := len(seen) - len(items) - len(outcomes)) > 0:
        notes.append(f"{elsewhere} statements of other databases were left out")

    touched_keys: list[Key] = []

    def look() -> None:
        touched_keys[:] = changed(rights_before, rights(session.connection))

    session.once(script, script_path, look)
    touched = Touched.of(touched_keys)
    undone = _undo(session, script, undo, script_path, rights_before) if undo is not None else ""
    _plan_all(session, items, routines, progress)
    _again(session, script, script_path, items, progress)
    _rows_and_bodies(session, script, script_path, items, touched, routines, outcomes)
    after = fingerprint(session.connection, session.version)
    if not touched_keys:
        notes.append("the script changes no right here: what it takes away is not held, or another role granted it")
    if not session.superuser:
        notes.append("the rehearsing account is no superuser: accounts were taken on by SET ROLE")
    notes += sorted(session.notices)
    return Report(
        engine="postgresql", version=_version(session.version), database=session.connection.info.dbname, target=target,
        script=script.name, script_sha256=hashlib.sha256(script_text.encode()).hexdigest(), changes=len(touched_keys),
        outcomes=tuple(outcomes), catalogue=parts(before, after), lock_timeout=lock_timeout,
        longest_held=session.longest, transactions=session.transactions, undo=undone, notes=tuple(notes))


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"


def _items(session: RehearsalSession, seen: tuple[Seen, ...], path: str, paths: dict[str, str],
           outcomes: list[Outcome]) -> list[_Item]:
    """What can be rehearsed; what cannot goes to the outcomes with its reason."""
    accounts = {str(name) for name, in session.query("select rolname from pg_roles")}
    here = session.connection.info.dbname
    items = []
    for one in seen:
        if one.database and one.database != here:
            continue
        if one.account not in accounts:
            outcomes.append(_outcome(UNKNOWN, one, reason="the database has no such account"))
            continue
        try:
            wanted = need(one.text)
        except UsageError as error:
            outcomes.append(_outcome(UNKNOWN, one, reason=error.what))
            continue
        items.append(_Item(one, wanted, one.search_path or path or paths.get(one.account, paths.get("", DEFAULT_PATH))))
    if seen and not items and not outcomes:
        raise UsageError(f"no statement of the workload is of the database {here}", where="--usage",
                         remedy="give the store of this database's logs")
    return sorted(items, key=lambda one: (one.seen.account, one.path))


class _As:
    """Keeps the session the account that the next item needs, within one transaction."""

    def __init__(self, session: RehearsalSession) -> None:
        self._session = session
        self._now: tuple[int, str, str, str] | None = None

    def judge(self, item: _Item, role: str) -> Planned:
        wanted = (self._session.transactions, item.seen.account, item.path, role)
        if self._now != wanted:
            self._now = None
            try:
                self._session.become(item.seen.account, item.path, role)
            except Refused as error:
                if error.state == "42501":
                    raise CannotFinish(f"the rehearsing account may not become {item.seen.account}: {error.message}",
                                       remedy="rehearse as a superuser of the copy") from error
                raise
            self._now = wanted
        return judge(self._session, item.need)


def _plan_all(session: RehearsalSession, items: list[_Item], routines: Routines,
              progress: Callable[[int], None]) -> None:
    """Without the script; what an account may only do in a role it takes on is planned in that role."""
    current = _As(session)

    def plain(item: _Item) -> None:
        item.before = current.judge(item, "")
        progress(1)

    for item in session.each(items, plain):
        item.before = Planned(unknown="planning it takes longer than locks may be held")
    may_become: dict[str, list[str]] = {}
    for item in items:
        account = item.seen.account
        if item.before.denied and account not in may_become:
            may_become[account] = [str(name) for name, in session.query(_MAY_BECOME.replace(
                "<set>", "'SET'" if session.version >= 160000 else "'MEMBER'"), (account,))]
    for item in (one for one in items if one.before.denied and may_become[one.seen.account]):
        def in_role(role: str, item: _Item = item) -> None:
            if item.role:
                return
            found = current.judge(item, role)
            if found.fine:
                item.role, item.before = role, found

        session.each(may_become[item.seen.account], in_role)
    for item in items:
        item.beneath = frozenset(routines.beneath(item.seen.text, item.before.targets))


def _again(session: RehearsalSession, script: Script, path: str, items: list[_Item],
           progress: Callable[[int], None]) -> None:
    """With the script applied."""
    current = _As(session)

    def plan(item: _Item) -> None:
        if item.role and not session.query(
                "select pg_has_role(%s, %s, %s)", (item.seen.account, item.role, "SET" if session.version >= 160000
                                                   else "MEMBER"))[0][0]:
            item.after = Planned(denied=f"may no longer take on the role {item.role}", object=item.role,
                                 right="SET ROLE", by="privilege")
        else:
            item.after = current.judge(item, item.role)
        progress(1)

    for item in session.each([one for one in items if one.before.fine], plan, script, path):
        item.after = Planned(unknown="planning it takes longer than locks may be held")


def _rows_and_bodies(session: RehearsalSession, script: Script, path: str, items: list[_Item], touched: Touched,
                     routines: Routines, outcomes: list[Outcome]) -> None:
    """Ask what each account loses, where that decides anything, and say what becomes of each statement."""
    with_policies = {str(label) for label, in session.query(_WITH_POLICIES)}
    asking = sorted({one.role or one.seen.account for one in items if _to_be_asked(one, routines, with_policies,
                                                                                  touched)})
    before: dict[str, frozenset[Lost]] = {}
    after: dict[str, frozenset[Lost]] = {}

    def ask(account: str, into: dict[str, frozenset[Lost]]) -> None:
        into[account] = held(session, account, touched)

    slow = session.each(asking, lambda account: ask(account, before))
    slow += session.each([one for one in asking if one not in slow], lambda account: ask(account, after), script, path)
    for item in items:
        account = item.role or item.seen.account
        if account in slow:
            outcomes.append(_outcome(UNKNOWN, item.seen, reason="reading what the account loses takes longer than "
                                                               "locks may be held"))
            continue
        gone = lost(before[account], after[account]) if account in before else frozenset()
        rows = frozenset(one[1:3] for one in before.get(account, frozenset()) ^ after.get(account, frozenset())
                         if one[0] == ROWS_KIND)
        outcomes.append(_said(item, gone, rows, routines))


def _to_be_asked(item: _Item, routines: Routines, with_policies: set[str], touched: Touched) -> bool:
    """Whether what the account loses decides anything that the plans did not."""
    if item.before.denied:
        return False
    if item.before.unknown or item.after is None or not item.after.fine:
        return True
    tables = {*item.before.relations, *item.after.relations, *(table for table, _ in item.after.targets)}
    return bool(item.after.sequences or item.beneath or tables & (with_policies | touched.policies)
                or any(table in routines.checks for table, _ in item.after.targets))


def _said(item: _Item, gone: frozenset[Lost], rows: frozenset[tuple[str, str]], routines: Routines) -> Outcome:
    seen, before, after = item.seen, item.before, item.after
    role = item.role
    if before.denied:
        return _outcome(BEFORE, seen, before, reason=before.denied)
    if before.unknown or after is None:
        if not gone and not rows:
            return _outcome(FINE, seen, reason=before.unknown, by="untouched")
        return _outcome(UNKNOWN, seen, reason=before.unknown)
    if after.denied:
        label, right = _named(after, gone, seen)
        return replace(_outcome(DENIED, seen, after, reason=after.denied, role=role), object=label, right=right)
    if after.unknown:
        return _outcome(UNKNOWN, seen, reason=after.unknown, role=role)
    if not gone and not rows:
        return _outcome(FINE, seen, by=after.by, role=role)
    return _beneath(item, gone, rows, routines) or _outcome(FINE, seen, by=after.by, role=role)


def _beneath(item: _Item, gone: frozenset[Lost], rows: frozenset[tuple[str, str]],
             routines: Routines) -> Outcome | None:
    """What the plan did not show."""
    after, seen = item.after or Planned(), item.seen
    for kind, label, right, _ in sorted(gone):
        plain = label.rpartition(".")[2]
        if kind == "sequence" and right not in ("USAGE", "UPDATE", TO_SET):
            continue
        taken = after.resets if right == TO_SET else after.sequences
        if kind == "sequence" and any(one in (label, plain) for one in taken):
            return replace(_outcome(DENIED, seen, after, reason=f"permission denied for sequence {plain}",
                                    role=item.role), object=label, right=right.partition(" ")[0], by="privilege")
        if kind == "sequence" and "?" in taken:
            return _outcome(UNKNOWN, seen, reason=f"it takes numbers of a sequence that the statement's shape does not "
                                                  f"name, and the account loses {right} on {label}", role=item.role)
        if kind == "routine":
            for table, operation in after.targets:
                if operation != "Delete" and any(routines.by_oid[oid].label == label for oid in
                                                 routines.checks.get(table, ()) if oid in routines.by_oid):
                    return replace(_outcome(DENIED, seen, after, reason=f"a check or an index of {table} calls {label}",
                                            role=item.role), object=label, right="EXECUTE", by="body")
    found = list(routines.weigh(item.beneath, gone))
    for one in sorted(found, key=lambda each: not each.sure):
        kind, label, right, column = one.lost
        said = f"{right}({column})" if column else right
        where = f"it runs {one.routine}, as its caller"
        if one.sure:
            return replace(_outcome(DENIED, seen, after, reason=f"{where}, and {one.why}", role=item.role),
                           object=label, right=said, by="body")
        return replace(_outcome(UNKNOWN, seen, after, reason=f"{where}; {one.why}, and the account loses {said} on "
                                                             f"{label}", role=item.role), by="body")
    written = {table for table, _ in after.targets}
    for label, policy in sorted(rows):
        if label in written or (
                label in {*item.before.relations, *after.relations} and after.plan != item.before.plan):
            said = "row-level security applies to the account or no longer does" if policy == "all" else \
                f"the row policy {policy} applies to the account or no longer does"
            return replace(_outcome(ROWS, seen, after, reason=said, role=item.role), object=label)
    return None


def _named(after: Planned, gone: frozenset[Lost], seen: Seen) -> tuple[str | None, str | None]:
    """The object as ``schema.name``, and which of its rights the script takes away, as far as can be told."""
    if not after.object:
        return None, after.right or None
    kinds = {one[1] for one in gone if after.object in (one[1], one[1].rpartition(".")[2], f'"{one[1]}"')}
    text = seen.text.lower()
    if len(kinds) > 1:
        kinds = {one for one in kinds if one.lower() in text} or kinds
    if len(kinds) != 1:
        return after.object, after.right or None
    label = kinds.pop()
    verbs = {"SELECT": ("select", "where", "returning", "table", "copy"), "INSERT": ("insert", "merge", "copy"),
             "UPDATE": ("update", "merge"), "DELETE": ("delete", "merge"), "TRUNCATE": ("truncate",)}
    taken = sorted({one[2] if not one[3] else f"{one[2]}({one[3]})" for one in gone if one[1] == label
                    and any(verb in text for verb in verbs.get(one[2], (one[2].lower(),)))})
    return label, after.right or ", ".join(taken) or ", ".join(sorted({one[2] for one in gone if one[1] == label}))


def _outcome(outcome: str, seen: Seen, planned: Planned | None = None, *, reason: str = "", by: str = "",
             role: str = "") -> Outcome:
    planned = planned or Planned()
    return Outcome(outcome, seen.account, seen.text, seen.id, planned.object or None, planned.right or None, reason,
                   by or planned.by, role)


def _undo(session: RehearsalSession, script: Script, undo: Script, path: str, before: dict[Key, str]) -> str:
    """Both scripts, one after the other: ``exact``, or what is different then."""
    both = Script(f"{script.name} and {undo.name}", script.statements + undo.statements)
    left: list[Key] = []

    def look() -> None:
        left[:] = changed(before, rights(session.connection))

    session.once(both, path, look)
    if not left:
        return "exact"
    named = ", ".join(f"{kind} {name} {sub}".strip() for kind, _, name, sub in left[:10])
    return f"{len(left)} different: {named}" + (" …" if len(left) > 10 else "")
