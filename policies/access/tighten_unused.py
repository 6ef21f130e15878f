"""Rights that are declared and that nobody used for as long as the logs go.

Only what the logs would show is called unused: the window is long enough and records statements of that kind, and
every statement of the account was understood. A right of a role goes when no account of the role uses it; UPDATE of a
whole table is narrowed to the columns that are changed. What triggers and routines use beneath is not in most logs:
the caller says what is protected for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hustings.access.rights import BIT, POSTGRESQL, names
from hustings.access.state import PUBLIC
from policies.access.difference import Difference
from policies.access.difference_uses import LastUses, may_admit, speaks_of
from policies.access.rows import DECLARED, Row
from policies.access.tighten_plan import Planner

Protected = Callable[[str, int, str | None, str], bool]
"""(account, place, column, right): whether something needs it that no log line shows."""
_JUDGED = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "EXECUTE")
"""Rights whose use is a statement on the object itself. USAGE, REFERENCES and others are used without being named."""
_KINDS = ("table", "view", "routine")


def close_unused(plan: Planner, after_days: float, protected: Protected) -> None:
    """Ask for unused rights to be taken, and make the changes."""
    window = plan.usage.window if plan.usage is not None else None
    if window is None:
        plan.by_hand("whether rights are used is unknown: give the logs (--usage STORE)")
        return
    if window.days < after_days:
        plan.by_hand(f"no right is called unused: the logs cover {window.days:.0f} days, and {after_days:.0f} are "
                     "asked for")
        return
    if plan.usage is not None and plan.usage.too_damaged:
        plan.by_hand(f"no right is called unused: {plan.usage.damaged} records of the logs could not be made out")
        return
    now = plan.now()
    uses = LastUses(plan.usage, plan.start.engine)
    inheritors: dict[str, set[str]] = {PUBLIC: set(now.accounts)}
    for account in now.accounts:
        inheritors.setdefault(account, set()).add(account)
        for role in now.effective.inherits(account):
            inheritors.setdefault(role, set()).add(account)
    narrowed: list[tuple[int, str, tuple[str, ...]]] = []
    for place in now.scope.order:
        one = now.state.objects[place]
        if one.kind not in _KINDS or one.trigger_function:
            continue
        for column in (None, *one.column_acls):
            for entry in plan.working.entries(place, column):
                accounts = inheritors.get(entry.grantee, set())
                if accounts and entry.grantee not in (one.owner, plan.model.owner_role):
                    for right in names(entry.rights):
                        columns = _judge(plan, now, uses, place, column, right, accounts, protected)
                        if columns is None:
                            continue
                        if columns:
                            narrowed.append((place, entry.grantee, columns))
                            plan.take(place, column, entry.grantee, BIT[right], why=f"{one.label}: of all its columns "
                                      f"only some are changed in {window.days:.0f} days of logs")
                        else:
                            _take(plan, place, column, entry.grantee, right, accounts)
    plan.flush()
    for place, grantee, columns in narrowed:
        plan.give(place, grantee, dict.fromkeys(columns, BIT["UPDATE"]), "the columns that are changed")


def _judge(plan: Planner, now: Difference, uses: LastUses, place: int, column: str | None, right: str,
           accounts: set[str], protected: Protected) -> tuple[str, ...] | None:
    """None: it stays. Otherwise it goes, and these columns are kept."""
    one = now.state.objects[place]
    if right not in _JUDGED or not all(speaks_of(plan.usage, account, right) for account in accounts):
        return None
    if any(protected(account, place, column, right) for account in accounts):
        return None
    if _for_backup(plan, accounts) or plan.start.user in accounts:
        return None
    used = [account for account in accounts if uses.last(account, _plain(one.label), column, right)
            or uses.last(account, one.label, column, right)]
    if not used:
        return ()
    if right != "UPDATE" or column is not None or one.kind != "table":
        return None
    columns = _columns(plan, one.label, used)
    return columns if columns and set(columns) < set(one.columns) else None


def _columns(plan: Planner, label: str, accounts: Iterable[str]) -> tuple[str, ...]:
    """The columns that are changed; nothing where a statement changes one that is not known."""
    found: set[str] = set()
    wanted = set(accounts)
    for use in plan.usage.uses if plan.usage is not None else ():
        if use.object == label and use.right == "UPDATE" and any(_is(plan, name, use.account) for name in wanted):
            if use.column is None:
                return ()
            found.add(use.column)
    return tuple(sorted(found))


def _is(plan: Planner, account: str, logged: str) -> bool:
    if plan.start.engine == POSTGRESQL:
        return account == logged
    user, _, host = account.rpartition("@")
    return user == logged.rpartition("@")[0] and may_admit(host, logged.rpartition("@")[2])


def _plain(label: str) -> str:
    """A routine's without its types: a log names it so."""
    return label.partition("(")[0].rstrip() if label.endswith(")") else label


def _for_backup(plan: Planner, accounts: set[str]) -> bool:
    """A copy of everything is not taken by statements on every table, day by day."""
    return any(allow.object == "*" and "backup" in allow.rights for account in accounts
               for role in plan.before.declared.roles(account) for allow in role.allow)


def _take(plan: Planner, place: int, column: str | None, grantee: str, right: str, accounts: set[str]) -> None:
    one = plan.working.objects[place]
    for account in sorted(accounts):
        plan.take(place, column, grantee, BIT[right], row=Row(account, one.label, one.kind, column, right, DECLARED))
