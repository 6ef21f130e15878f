"""The undo: from the rights as they will be back to those that are now, list by list."""

from __future__ import annotations

from collections.abc import Iterator

from hustings.access.rights import POSTGRESQL
from hustings.access.state import Entry, Membership, Principal, State
from policies.access.tighten_sql import Writer, text
from policies.access.tighten_working import Working, differing

_ATTRIBUTES = ("replication", "bypassrls", "createrole", "createdb")


def undo_of(before: State, after: Working) -> Iterator[str]:
    """SQL statements, in order. ``after`` is used up: the undo is tried on it."""
    write = Writer(before)
    principals = {one.name: one for one in before.principals}
    for name, then in principals.items():
        if words := _role_words(then, after.principals[name], before.engine):
            yield write.role(name, words)
        if before.engine != POSTGRESQL and (taken := [one for one in then.attributes
                                                      if one not in after.principals[name].attributes]):
            yield write.everywhere("GRANT", taken, name)
    for place, one in enumerate(before.objects):
        if one.owner != after.objects[place].owner:
            after.new_owner(place, one.owner)
            yield write.owner(one, one.owner)
        if one.definer and one.pinned is False and after.objects[place].pinned:
            yield write.path(one)
    yield from _memberships(before, after, write)
    yield from _patterns(before, after, write)
    for whole in (True, False):  # what is taken from a whole table goes from its columns too
        for place, column in list(differing(before, after)):
            if (column is None) == whole:
                yield from _list(before, after, write, place, column)
    for (owner, schema, kind, entries), (*_, now) in zip(before.defaults, after.defaults, strict=True):
        for entry in entries:
            kept = next((line for line in now if line.grantee == entry.grantee), None)
            if missing := entry.rights & ~(kept.rights if kept else 0):
                yield write.default("GRANT", owner, schema, kind, missing & ~entry.grantable or missing, entry.grantee,
                                    option=missing & entry.grantable == missing)


def _role_words(then: Principal, now: Principal, engine: str) -> str:
    if engine != POSTGRESQL:
        words = [] if then.locked == now.locked else [f"ACCOUNT {'LOCK' if then.locked else 'UNLOCK'}"]
        if then.connection_limit != now.connection_limit:
            words.insert(0, f"WITH MAX_USER_CONNECTIONS {then.connection_limit or 0}")
        return " ".join(words)
    words = [("" if getattr(then, name) else "NO") + word for name, word in (("superuser", "SUPERUSER"),
                                                                           ("login", "LOGIN"))
             if getattr(then, name) != getattr(now, name)]
    words += [("" if one in then.attributes else "NO") + one.upper() for one in _ATTRIBUTES
              if (one in then.attributes) != (one in now.attributes)]
    if then.connection_limit != now.connection_limit:
        words.append(f"CONNECTION LIMIT {-1 if then.connection_limit is None else then.connection_limit}")
    if then.valid_until != now.valid_until:
        words.append(f"VALID UNTIL {text(then.valid_until or 'infinity')}")
    return " ".join(words)


def _memberships(before: State, after: Working, write: Writer) -> Iterator[str]:
    """Those that were there and are not, admin options first: what was granted with one needs it."""
    gone = [one for one in before.memberships if one not in after.memberships]
    for one in sorted(gone, key=lambda each: not each.admin):
        yield write.join(one)
        if before.engine != POSTGRESQL and one.inherit:
            yield write.default_role(one.member, one.role)
    if before.engine == POSTGRESQL and int(before.version.partition(".")[0]) >= 16:
        return
    for one in gone:  # an older PostgreSQL keeps an admin option that is granted again
        same = Membership(one.role, one.member, inherit=one.inherit, set_role=one.set_role, admin=True,
                          grantor=one.grantor)
        if not one.admin and same in after.memberships:
            yield write.leave(one, admin_only=True)


def _patterns(before: State, after: Working, write: Writer) -> Iterator[str]:
    for pattern, entries in before.patterns:
        for entry in entries:
            now = after.patterns.get(pattern, {}).get(entry.grantee, Entry(entry.grantee, 0))
            missing, option = entry.rights & ~now.rights, bool(entry.grantable) and not now.grantable
            if missing or option:
                yield write.on_pattern("GRANT", pattern, missing, entry.grantee, option=option)
            elif extra := now.rights & ~entry.rights:
                yield write.on_pattern("REVOKE", pattern, extra, entry.grantee)


def _list(before: State, after: Working, write: Writer, place: int, column: str | None) -> Iterator[str]:
    """One access list. What somebody else than the owner gave is given by that role again, after its own right to."""
    one = before.objects[place]
    acl = one.acl if column is None else one.column_acls.get(column, -1)
    then, now = _by_parties(before.acls[acl] if acl >= 0 else (), one.owner), _by_parties(
        after.entries(place, column), one.owner)
    columns = (column,) if column is not None else ()
    for (grantee, grantor), (rights, _) in now.items():
        extra = rights & ~then.get((grantee, grantor), (0, 0))[0]
        if extra:
            after.take(place, column, grantee, extra, grantor=grantor)
            yield from _as(write, grantor, write.revoke(one, extra, grantee, columns, cascade=True))
    now = _by_parties(after.entries(place, column), one.owner)
    for (grantee, grantor), (rights, grantable) in sorted(then.items(), key=lambda each: _depth(each[0], then)):
        has, may = now.get((grantee, grantor), (0, 0))
        if missing := rights & ~has & ~grantable:
            yield from _as(write, grantor, write.grant(one, missing, grantee, columns))
        if option := grantable & ~may:
            yield from _as(write, grantor, write.grant(one, option, grantee, columns, option=True))


def _as(write: Writer, grantor: str, sql: str) -> Iterator[str]:
    if grantor and write.postgresql:
        yield f"SET ROLE {write.grantee(grantor)};"
        yield sql
        yield "RESET ROLE;"
    else:
        yield sql


_Parties = dict[tuple[str, str], tuple[int, int]]
"""(grantee, grantor or empty for the owner) to (rights, those of them that may be passed on)."""


def _by_parties(entries: tuple[Entry, ...], owner: str) -> _Parties:
    found: _Parties = {}
    for one in entries:
        key = (one.grantee, "" if one.grantor == owner else one.grantor)
        rights, grantable = found.get(key, (0, 0))
        found[key] = rights | one.rights, grantable | one.grantable
    return found


def _depth(parties: tuple[str, str], known: _Parties) -> int:
    """How far from the owner a right was passed on."""
    depth, (_, grantor), seen = 0, parties, set[str]()
    while grantor and grantor not in seen:
        seen.add(grantor)
        depth += 1
        grantor = next((giver for (grantee, giver), (_, grantable) in known.items()
                        if grantee == grantor and grantable), "")
    return depth
