"""What a statement needs that EXPLAIN cannot tell: TRUNCATE, COPY, CALL, LOCK and other commands of PostgreSQL.

Pure: text in; out comes the query to plan instead, or the questions to put to the server as the account, or why
neither is possible. The needs are those that PostgreSQL's manual states on each command's page.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.access.rehearsal_words import NAME, NUMBER, SIGN, TEXT, WORD, Word, words

_PLANNED = ("select", "insert", "update", "delete", "merge", "values", "table", "with")
_SESSION = ("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "show", "reset", "discard",
            "deallocate", "close", "fetch", "move", "listen", "unlisten", "notify", "checkpoint")
_SERVER_FILES = {"from": "pg_read_server_files", "to": "pg_write_server_files"}
_STRONG = "UPDATE, DELETE, TRUNCATE"


@dataclass(frozen=True)
class Ask:
    """A question for the server, put as the account: its answer is true (may), false (may not) or null (no such)."""

    sql: str
    parameters: tuple[str, ...]
    object: str
    right: str


@dataclass(frozen=True)
class Need:
    """How to judge a statement. With nothing set, it needs no right on any object."""

    plan: str = ""
    asks: tuple[Ask, ...] = ()
    why_not: str = ""


def need(text: str) -> Need:
    """How this one statement is to be judged. Raises ``UsageError`` for a text that no lexer can end."""
    found = [word for word in words(text) if word.text != ";" or word.kind != SIGN]
    if not found:
        return Need()
    first = next((word for word in found if word.text != "("), found[0])
    said = [word.text if word.kind in (WORD, SIGN) else "" for word in found]
    if first.kind == WORD and first.text in _PLANNED:
        return Need(plan=text)
    if said[0] in _SESSION:
        return Need()
    if said[0] in ("set", "truncate", "copy", "call", "lock", "prepare", "declare", "explain", "vacuum", "analyze",
                   "cluster", "reindex", "refresh"):
        return {"set": _set, "truncate": _truncate, "copy": _copy, "call": _call, "lock": _lock, "prepare": _after_as,
                "declare": _after_for, "explain": _explained}.get(said[0], _maintained)(text, found, said)
    if said[0] in ("alter", "drop", "create", "comment"):
        return _structure(found, said)
    return Need(why_not=f"{said[0].upper() or 'this'} cannot be planned without running it")


def _set(_: str, found: list[Word], said: list[str]) -> Need:
    rest = [place for place, word in enumerate(said) if word not in ("session", "local")][1:]
    if rest and said[rest[0]] in ("role", "authorization"):
        after = [place for place in rest[1:] if said[place] not in ("to", "=")]
        name = found[after[0]].text if after else "none"
        if name in ("none", "default"):
            return Need()
        return Need(asks=(Ask("select pg_has_role(oid, <set role>) from pg_roles where rolname = %s", (name,), name,
                              "SET ROLE"),))
    return Need()


def _truncate(_: str, found: list[Word], said: list[str]) -> Need:
    place = 2 if said[1:2] == ["table"] else 1
    return Need(asks=tuple(_on_table(name, "TRUNCATE") for name in _names(found, said, place)))


def _lock(_: str, found: list[Word], said: list[str]) -> Need:
    place = 2 if said[1:2] == ["table"] else 1
    mode = " ".join(word for word in said[said.index("in") + 1:] if word not in ("mode", "nowait")) if "in" in said \
        else "access exclusive"
    right = {"access share": f"SELECT, {_STRONG}", "row share": f"SELECT, {_STRONG}",
             "row exclusive": f"INSERT, {_STRONG}"}.get(mode, _STRONG)
    return Need(asks=tuple(_on_table(name, right) for name in _names(found, said, place)))


def _copy(text: str, found: list[Word], said: list[str]) -> Need:
    if said[1:2] == ["("]:
        close = _closing(said, 1)
        inner = need(text[found[2].start:found[close - 1].end]) if close > 2 else Need(why_not="an empty COPY")
        return Need(plan=inner.plan, asks=inner.asks + _file(found, said, close + 1), why_not=inner.why_not)
    name, place = _name(found, said, 1)
    columns: list[str] = []
    if said[place:place + 1] == ["("]:
        close = _closing(said, place)
        columns = [one.text for one in found[place + 1:close] if one.kind in (WORD, NAME)]
        place = close + 1
    if said[place:place + 1] not in (["from"], ["to"]):
        return Need(why_not="this COPY is not understood")
    right = "INSERT" if said[place] == "from" else "SELECT"
    asks = tuple(Ask("select has_column_privilege(to_regclass(%s), %s, %s)", (name, column, right), name,
                     f"{right}({column})") for column in columns) or (_on_table(name, right, columns=True),)
    return Need(asks=asks + _file(found, said, place))


def _file(found: list[Word], said: list[str], place: int) -> tuple[Ask, ...]:
    direction, target = said[place:place + 1], found[place + 1:place + 2]
    if direction and direction[0] in _SERVER_FILES and target:
        role = "pg_execute_server_program" if target[0].text == "program" else _SERVER_FILES[direction[0]]
        if target[0].text == "program" or target[0].kind == TEXT:
            return (Ask("select pg_has_role(%s, 'USAGE')", (role,), role, "USAGE"),)
    return ()


def _call(_: str, found: list[Word], said: list[str]) -> Need:
    name, _place = _name(found, said, 1)
    schema, _dot, plain = _parts(found, said, 1)
    return Need(asks=(Ask(
        "select case when bool_and(may) then true when bool_or(may) then null else false end from (select "
        "has_function_privilege(p.oid, 'EXECUTE') as may from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
        "where p.prokind = 'p' and p.proname = %s and case when %s = '' then pg_function_is_visible(p.oid) "
        "else n.nspname = %s end) as each", (plain, schema, schema), name, "EXECUTE"),))


def _after_as(text: str, found: list[Word], said: list[str]) -> Need:
    return need(text[found[said.index("as")].end:]) if "as" in said[:-1] else Need(why_not="this is not understood")


def _after_for(text: str, found: list[Word], said: list[str]) -> Need:
    return need(text[found[said.index("for")].end:]) if "for" in said[:-1] else Need(why_not="this is not understood")


def _explained(text: str, found: list[Word], said: list[str]) -> Need:
    place = _closing(said, 1) + 1 if said[1:2] == ["("] else 1
    while said[place:place + 1] in (["analyze"], ["verbose"]):
        place += 1
    return need(text[found[place].start:]) if place < len(found) else Need()


def _maintained(_: str, found: list[Word], said: list[str]) -> Need:
    place = 1
    if said[place:place + 1] == ["("]:
        place = _closing(said, place) + 1
    while said[place:place + 1] and said[place] in ("table", "materialized", "view", "concurrently", "verbose", "full",
                                                   "freeze", "analyze", "index", "only"):
        place += 1
    if place >= len(found):
        return Need()
    return Need(asks=tuple(Ask("select <maintain> from pg_class c where c.oid = to_regclass(%s)", (name,), name,
                               "MAINTAIN") for name in _names(found, said, place)))


def _structure(found: list[Word], said: list[str]) -> Need:
    """Changing or dropping takes the owner, making takes CREATE on the schema."""
    if said[0] == "create":
        place = next((at for at, word in enumerate(said) if word in ("table", "view", "sequence")), 0)
        if not place or said[1:2] in (["temp"], ["temporary"]) or "temp" in said[:place] or "temporary" in said[:place]:
            return Need(why_not="this CREATE cannot be planned without running it")
        while said[place + 1:place + 2] and said[place + 1] in ("if", "not", "exists"):
            place += 1
        schema, dot, _plain = _parts(found, said, place + 1)
        return Need(asks=(Ask("select has_schema_privilege(%s, 'CREATE')" if dot else
                              "select has_schema_privilege(coalesce(current_schema(), %s), 'CREATE')",
                              (schema or "public",), schema or "the current schema", "CREATE"),))
    place = next((at for at, word in enumerate(said) if word in ("table", "view", "sequence", "index")), 0)
    if not place:
        return Need(why_not=f"this {said[0].upper()} cannot be planned without running it")
    place += 1
    while said[place:place + 1] and said[place] in ("if", "exists", "only", "concurrently"):
        place += 1
    name, _next = _name(found, said, place)
    return Need(asks=(Ask("select pg_has_role(c.relowner, 'USAGE') from pg_class c where c.oid = to_regclass(%s)",
                          (name,), name, "owner"),))


def _on_table(name: str, right: str, *, columns: bool = False) -> Ask:
    if columns:  # COPY of a whole table: a grant on each of its columns is as good
        return Ask("select has_table_privilege(t, %s) or (select bool_and(has_column_privilege(t, attnum, %s)) from "
                   "pg_attribute where attrelid = t and attnum > 0 and not attisdropped) from to_regclass(%s) as t",
                   (right, right, name), name, right)
    return Ask("select has_table_privilege(to_regclass(%s), %s)", (name, right), name, right)


def _closing(said: list[str], place: int) -> int:
    depth = 0
    for at in range(place, len(said)):
        depth += {"(": 1, ")": -1}.get(said[at], 0)
        if depth == 0:
            return at
    return len(said) - 1


def _parts(found: list[Word], said: list[str], place: int) -> tuple[str, str, str]:
    """(schema, dot, name)."""
    if said[place + 1:place + 2] == ["."] and place + 2 < len(found):
        return found[place].text, ".", found[place + 2].text
    return "", "", found[place].text if place < len(found) else ""


def _name(found: list[Word], said: list[str], place: int) -> tuple[str, int]:
    """A name as the server takes it, quoted, and the place after it."""
    schema, dot, plain = _parts(found, said, place)
    quoted = ".".join('"' + one.replace('"', '""') + '"' for one in ((schema, plain) if dot else (plain,)))
    return quoted, place + (3 if dot else 1)


def _names(found: list[Word], said: list[str], place: int) -> list[str]:
    """``[ONLY] name [*] [(columns)], …``"""
    names = []
    while place < len(found) and found[place].kind in (WORD, NAME) and found[place].kind != NUMBER:
        place += said[place] == "only"
        if place >= len(found):
            break
        name, place = _name(found, said, place)
        names.append(name)
        place += said[place:place + 1] == ["*"]
        if said[place:place + 1] == ["("]:
            place = _closing(said, place) + 1
        if said[place:place + 1] != [","]:
            break
        place += 1
    return names
