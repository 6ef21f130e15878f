"""A draft as the text of an access model, with a comment wherever a person must decide."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from hustings.access.model import COLUMN_CLASSES
from hustings.access.notation import EVERYTHING, EXPRESSIBLE, write_columns, write_name, write_right
from hustings.access.rights import BIT, LETTERS, POSTGRESQL, names
from hustings.access.state import Object, Principal
from policies.access.draft import Draft, DraftRole
from policies.access.draft_guesses import column_groups, object_class, who
from policies.access.draft_hosts import hosts

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]*\Z")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_BULK = BIT["DELETE"] | BIT["TRUNCATE"] | BIT["UPDATE"] | BIT["DROP"]
_BEYOND = ("replication", "bypassrls", "createrole", "createdb")
WIDTH = 100


def text(draft: Draft, *, variable: str = "", today: date | None = None) -> str:
    """The file. ``variable``: the environment variable that holds the address; ``today``: the day it is written,
    by the database's clock unless given."""
    return "\n".join([*_head(draft, variable, today or date.fromisoformat(draft.state.as_of[:10])), "",
                      *_objects(draft), "", *_roles(draft), "", *_accounts(draft), "", *_tail(draft)]) + "\n"


def _head(draft: Draft, variable: str, today: date) -> Iterator[str]:
    state = draft.state
    yield f"# A first access model, drafted from what the database {quoted(state.database)} granted on {today}."
    yield "# It says what is, not what should be. Read every line; those with \"decide\" need a person most."
    yield "# Classes and who are guessed from names. Rights held only through PUBLIC, or by being superuser, are not"
    yield "# written here: `hustings access diff` keeps showing them as excess until they are revoked or written down."
    yield "model: 1"
    yield f"system: {quoted(state.database)}"
    yield "owner: {office: \"\", person: \"\"}   # decide: who answers; add reviewed: the day it was read through"
    parts = [f"engine: {state.engine}"]
    if variable:
        parts.append(f"dsn_env: {quoted(variable)}")
    parts.append(f"schema: {quoted(draft.schemas[0])}")
    if len(draft.schemas) > 1:
        parts.append(f"schemas: {_list(draft.schemas)}")
    yield f"database: {{{', '.join(parts)}}}"


def _objects(draft: Draft) -> Iterator[str]:
    if not draft.objects:
        return
    yield "# restricted: voter data. internal. evidence: only ever added to. public: may be published."
    yield "objects:"
    for place in draft.objects:
        one = draft.state.objects[place]
        parts = [f"class: {object_class(one)}"]
        if one.kind == "view":
            parts.append("kind: view")
        groups = _groups(one)
        if groups:
            shown = ", ".join(f"{name}: {_list(columns)}" for name, columns in groups.items())
            parts.append(f"columns: {{{shown}}}")
        yield f"  {quoted(_name(draft, one))}: {{{', '.join(parts)}}}"


def _groups(one: Object) -> dict[str, tuple[str, ...]]:
    return {} if one.kind == "view" else column_groups(one)


def _roles(draft: Draft) -> Iterator[str]:
    if not draft.roles:
        return
    yield "# " + " ".join(f"{letter}={right.lower()}" for letter, right in LETTERS.items())
    yield "# A list of columns narrows a right. Anything not listed is forbidden."
    yield "roles:"
    principals = {one.name: one for one in draft.state.principals}
    for role in draft.roles:
        yield from _role(draft, role, [principals[name] for name in role.accounts])


def _role(draft: Draft, role: DraftRole, accounts: list[Principal]) -> Iterator[str]:
    kinds = {who(one) for one in accounts or [Principal(re.sub(r"^(r|role|rol|grp|group)_", "", role.name))]}
    kind = kinds.pop() if len(kinds) == 1 else "humans"
    yield f"  {quoted(role.name)}:"
    if not role.source:
        yield "    # granted to the account itself: decide whether a role should carry it"
    elif role.source.startswith("pg_"):
        yield f"    # decide: {role.source} reaches every table, those to come too"
    elif not accounts:
        yield "    # nobody has it today: decide whether anybody should"
    elif any(draft.state.objects[place].owner == role.source for place, _ in role.rights):
        yield f"    # decide: {quoted(role.source)} owns objects; owners should have no members"
    if kinds:
        yield "    # decide: people and jobs share this role"
    yield f"    who: {kind}"
    if role.source:
        yield f"    database_roles: {_list((role.source,))}"
    if kind == "job" and not kinds:
        yield from _bounds(draft, role, accounts)
    yield from _rows(draft, role)
    yield "    allow:"
    for name, rights, comment in _allow(draft, role):
        yield f"      {quoted(name)}: {quoted(rights)}" + (f"   # decide: {comment}" if comment else "")


def _bounds(draft: Draft, role: DraftRole, accounts: list[Principal]) -> Iterator[str]:
    """From where a job comes and with how many sessions, where the database bounds all its accounts already."""
    found = hosts(draft.state, role.accounts)
    if found:
        yield f"    hosts: {_list(found)}"
    limits = [one.connection_limit for one in accounts]
    if limits and all((one or 0) > 0 for one in limits):
        yield f"    max_connections: {max(one or 0 for one in limits)}"
    else:
        yield "    # decide: max_connections, as many sessions as the job needs"


def _rows(draft: Draft, role: DraftRole) -> Iterator[str]:
    tables = sorted({one.name for place, _ in role.rights if (one := draft.state.objects[place]).row_security})
    if tables:
        yield f"    # decide: rows: \"…\", as {_shortened(tables)} hide rows by policies"


def _allow(draft: Draft, role: DraftRole) -> Iterator[tuple[str, str, str]]:
    """(object, rights, what to decide), in order of name."""
    by_object: dict[int, dict[str | None, int]] = defaultdict(dict)
    for (place, column), rights in role.rights.items():
        by_object[place][column] = rights
    objects = draft.state.objects
    everywhere = _everywhere(draft, role) if role.source.startswith("pg_") else 0
    if everywhere:
        yield EVERYTHING, " ".join(map(write_right, names(everywhere))), ""
        for place in draft.objects:
            by_object[place][None] &= ~everywhere
    for place in sorted(by_object, key=lambda place: (objects[place].kind == "schema", objects[place].label)):
        one = objects[place]
        known = EXPRESSIBLE[draft.state.engine]["table" if one.kind == "view" else one.kind]
        whole = [write_right(right) for right in names(by_object[place].get(None, 0)) if right in known]
        columns: dict[str, list[str]] = defaultdict(list)
        for column in sorted(name for name in by_object[place] if name is not None):
            for right in names(by_object[place][column]):
                columns[right].append(column)
        narrowed = [write_right(right) + write_columns(found, (*COLUMN_CLASSES, *_groups(one)))
                    for right, found in columns.items()]
        if whole or narrowed:
            yield _name(draft, one), " ".join([*whole, *narrowed]), _doubt(one, by_object[place].get(None, 0))


def _everywhere(draft: Draft, role: DraftRole) -> int:
    """What a role of the engine grants on every table and view alike."""
    common = -1
    for place in draft.objects:
        common &= role.rights.get((place, None), 0)
    return common if draft.objects else 0


def _doubt(one: Object, whole: int) -> str:
    sensitivity = object_class(one)
    bulk = whole & _BULK
    if one.kind == "table" and bulk and sensitivity == "evidence":
        return "evidence should only grow"
    if one.kind == "table" and bulk and sensitivity == "restricted":
        return f"{', '.join(names(bulk))} of whole voter records"
    if one.kind == "schema" and whole & BIT["CREATE"]:
        return "may put objects of its own beside the roll"
    if one.kind == "routine" and one.definer:
        return "runs with its owner's rights"
    return ""


def _accounts(draft: Draft) -> Iterator[str]:
    for one in draft.left_out:
        why = "asked for this draft" if one.name == draft.state.user else "came with the server"
        yield f"# left out: {quoted(one.name)}, which {why}"
    yield "# person: a number or short name of your own for everyone who signs in; separation of duties needs it."
    if not draft.accounts:
        yield "accounts: []"
        return
    yield "accounts:"
    for one in draft.accounts:
        parts = [f"login: {quoted(one.name)}", f"roles: {_list(draft.roles_of(one.name))}"]
        if one.valid_until and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", one.valid_until):
            parts.append(f"until: {one.valid_until[:10]}")
        if one.locked:
            parts.append("state: closed")
        decide = list(_decide(draft, one))
        yield f"  - {{{', '.join(parts)}}}" + (f"   # decide: {'; '.join(decide)}" if decide else "")


def _decide(draft: Draft, one: Principal) -> Iterator[str]:
    state = draft.state
    if one.name in draft.superusers:
        yield "superuser, above all rights"
    elif not draft.roles_of(one.name):
        yield "holds nothing here of its own"
    if state.engine == POSTGRESQL:
        for name in _BEYOND:
            if name in one.attributes and one.name not in draft.superusers:
                yield f"has {name}"
        for membership in state.memberships:
            if membership.member == one.name and membership.role.startswith("pg_"):
                yield f"in {membership.role}"
    elif one.attributes and one.name not in draft.superusers:
        yield f"has {', '.join(one.attributes)} everywhere"
    if any(entry.member == one.name and entry.admin for entry in state.memberships):
        yield "may pass its roles on"
    if one.valid_until and one.valid_until[:10] < state.as_of[:10]:
        yield "its end has passed"


def _tail(draft: Draft) -> Iterator[str]:
    if draft.state.engine == POSTGRESQL:
        owners = sorted({one.owner for place in draft.objects if (one := draft.state.objects[place]).owner})
        if draft.owner_role:
            yield f"owner_role: {quoted(draft.owner_role)}"
        others = [name for name in owners if name != draft.owner_role]
        if others:
            yield f"# decide: {_shortened(others)} own tables and views; one role without login should own all"
    if draft.public:
        yield "# PUBLIC: every account holds this. Revoke it from PUBLIC and grant it to those who need it:"
        for place in sorted(draft.public, key=lambda place: draft.state.objects[place].label):
            one = draft.state.objects[place]
            yield f"#   {quoted(_name(draft, one))}: {', '.join(names(draft.public[place]))}"
    definers = [one for one in draft.state.objects if one.kind == "routine" and one.definer and one.body
                and one.schema in draft.schemas]
    if definers:
        yield "# Routines that run with their owner's rights: read them, then take the # away."
        yield "# reviewed_routines:"
        for one in definers:
            yield f"#   {quoted(_name(draft, one))}: {one.body}"
    yield "# decide: which two roles may no person hold at once?"
    yield "never_together: []"
    yield "# Names of accounts and objects stay on the machine. To let them leave in reports:"
    yield "# share: [accounts, objects]"


def quoted(name: str) -> str:
    """The text as YAML, plain where that cannot be taken for anything else."""
    if _PLAIN.match(name) and name.lower() not in _WORDS:
        return name
    escaped = json.dumps(name, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)


def _name(draft: Draft, one: Object) -> str:
    return write_name(one.schema, one.name, one.kind, draft.schemas)


def _list(items: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(quoted(one) for one in items) + "]"


def _shortened(items: list[str]) -> str:
    shown = ", ".join(quoted(one) for one in items[:4])
    return f"{shown} and {len(items) - 4} more" if len(items) > 4 else shown
