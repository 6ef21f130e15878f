"""What a change script may do: take and give rights, and nothing else.

A statement that is not understood is refused before anything runs: a rehearsal must be able to take everything back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.access.rehearsal_words import NAME, SIGN, TEXT, WORD, Statement, Word, statements
from hustings.access.rights import POSTGRESQL
from hustings.errors import UsageError

MAX_BYTES = 32 * 1024 * 1024
_OWNED = ("table", "view", "sequence", "function", "procedure", "routine", "aggregate", "schema", "type", "domain",
          "database", "foreign", "materialized", "large", "language")
_ROUTINES = ("function", "procedure", "routine")
_ATTRIBUTES = frozenset(f"{no}{word}" for no in ("", "no") for word in (
    "superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls"))
_ROLE_SETTINGS = frozenset(("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
                            "default_transaction_read_only", "search_path", "row_security"))
_LIMITS = frozenset(("max_user_connections", "max_queries_per_hour", "max_updates_per_hour",
                     "max_connections_per_hour", "max_statement_time"))
_ALLOWED = {
    POSTGRESQL: "GRANT, REVOKE, SET ROLE, ALTER DEFAULT PRIVILEGES, ALTER ROLE with attributes, ALTER … OWNER TO, "
                "ALTER FUNCTION … SET search_path, ALTER TABLE … ROW LEVEL SECURITY",
    "mariadb": "GRANT, REVOKE, ALTER USER with ACCOUNT, REQUIRE or limits, SET DEFAULT ROLE",
}


@dataclass(frozen=True)
class Script:
    """A change script that was read through: every statement gives, takes or narrows rights."""

    name: str
    statements: tuple[Statement, ...]


def read_script(path: Path, engine: str) -> Script:
    """A script from a file. Raises ``UsageError`` that names the line and what is refused."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"larger than {MAX_BYTES // 1024 // 1024} MiB", where=str(path),
                             remedy="rehearse it in parts")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), remedy="name a text file in UTF-8") from error
    return parse_script(text, engine, str(path))


def parse_script(text: str, engine: str, name: str = "the script") -> Script:
    """A script from its text. Raises ``UsageError``."""
    try:
        found = statements(text, engine)
    except UsageError as error:
        raise UsageError(error.what, where=f"{name}:{error.where.removeprefix('line ')}",
                         remedy=error.remedy) from error
    for one in found:
        if fault := (_postgresql(one) if engine == POSTGRESQL else _mariadb(one)):
            raise UsageError(f"a change script may not hold this: {_short(one.text)} ({fault})",
                             where=f"{name}:{one.line}",
                             remedy=f"leave only: {_ALLOWED.get(engine, _ALLOWED['mariadb'])}")
    return Script(name, tuple(found))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}…"


def _plain(found: tuple[Word, ...]) -> list[str]:
    """Words as they are, everything else as a mark of its kind."""
    return [one.text if one.kind in (WORD, SIGN) else f"<{one.kind}>" for one in found]


def _postgresql(one: Statement) -> str:
    """Why a statement is refused, or nothing."""
    said = _plain(one.words)
    if any((word.kind, word.text) == (SIGN, "\\") for word in one.words):
        return "a command of psql, not of the database"
    if said[0] in ("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"):
        return "the rehearsal's own transaction must be able to take everything back"
    if said[0] in ("grant", "revoke") or one.starts("alter", "default", "privileges"):
        return ""
    if said == ["reset", "role"] or (said[:2] == ["set", "role"] and len(said) == 3):
        return ""
    if said[0] != "alter" or len(said) < 4:
        return "not a change of rights"
    if said[1] in ("role", "user", "group"):
        return _role(one, said)
    kind = 3 if said[1] in ("foreign", "materialized", "large") else 2
    rest = _after_object(said[kind:], routine=said[1] in (*_ROUTINES, "aggregate"))
    if said[1] in _OWNED and rest[:2] == ["owner", "to"]:
        return "" if len(rest) == 3 else "more than the owner is changed"
    if said[1] in _ROUTINES:
        return _routine(rest)
    if said[1] == "table" and rest[-3:] == ["row", "level", "security"] and rest[:-3] in (
            ["enable"], ["disable"], ["force"], ["no", "force"]):
        return ""
    return "not a change of rights"


def _after_object(said: list[str], *, routine: bool) -> list[str]:
    """What follows ``[IF EXISTS] [ONLY] name[.name] [*] [(types)]``."""
    place = 2 if said[:2] == ["if", "exists"] else 0
    place += said[place:place + 1] == ["only"]
    place += 1
    while said[place:place + 1] == ["."]:
        place += 2
    place += said[place:place + 1] == ["*"]
    if routine and said[place:place + 1] == ["("]:
        depth = 0
        for at in range(place, len(said)):
            depth += {"(": 1, ")": -1}.get(said[at], 0)
            if depth == 0:
                return said[at + 1:]
    return said[place:]


def _role(one: Statement, said: list[str]) -> str:
    rest = said[3:]
    if rest[:1] == ["in"] and rest[1:2] == ["database"]:
        rest = rest[3:]
    if rest[:1] == ["set"] or rest[:1] == ["reset"]:
        return "" if rest[1:2] and rest[1] in _ROLE_SETTINGS else "a setting that is none of rights or limits"
    if rest[:1] == ["with"]:
        rest = rest[1:]
    while rest:
        if rest[0] in _ATTRIBUTES:
            rest = rest[1:]
        elif rest[:2] == ["connection", "limit"] and len(rest) > 2:
            rest = rest[4:] if rest[2] == "-" else rest[3:]
        elif rest[:2] == ["valid", "until"] and rest[2:3] == [f"<{TEXT}>"]:
            rest = rest[3:]
        else:
            return "passwords do not belong into a script" if "password" in rest else "not an attribute of a role"
    return ""


def _routine(rest: list[str]) -> str:
    """``SET search_path …``, ``RESET search_path``, ``SECURITY …``, after the name and its types."""
    if rest in (["security", "invoker"], ["security", "definer"], ["reset", "search_path"]):
        return ""
    if rest[:2] != ["set", "search_path"] or rest[2:3] not in (["to"], ["="], ["from"]):
        return "not a change of rights"
    names, commas = rest[3::2], rest[4::2]
    return "" if names and all(one == "," for one in commas) and "," not in names else (
        "more than the search path is changed")


def _mariadb(one: Statement) -> str:
    said = _plain(one.words)
    if said[0] in ("begin", "start", "commit", "rollback", "savepoint", "delimiter", "source", "use", "set") and (
            said[:3] != ["set", "default", "role"]):
        return "only statements that change rights"
    if said[0] in ("grant", "revoke"):
        return "passwords do not belong into a script" if "identified" in said else ""
    if said[:3] == ["set", "default", "role"]:
        return "" if "for" in said else "say whose default role: … FOR account"
    if said[:2] == ["alter", "user"]:
        if "identified" in said or "password" in said:
            return "passwords do not belong into a script"
        rest = said[2:]
        known = {"account", "lock", "unlock", "require", "none", "ssl", "x509", "with", "if", "exists", "and",
                 *_LIMITS}
        plain = [word for word, full in zip(rest, one.words[2:], strict=True) if full.kind == WORD]
        unknown = [word for word in plain[_named(one.words[2:]):] if word not in known]
        return f"{unknown[0].upper()} is none of the changes known here" if unknown else ""
    return "not a change of rights"


def _named(found: tuple[Word, ...]) -> int:
    """How many plain words at the start are the account's own name (``user@localhost``, unquoted)."""
    taken, place = 0, 0
    if len(found) > 2 and (found[0].text, found[1].text) == ("if", "exists") and found[0].kind == WORD:
        taken, place = 2, 2
    for word in found[place:place + 3]:
        if word.kind in (NAME, TEXT) or word.text == "@":
            continue
        if word.kind == WORD and word.text not in ("account", "require", "with"):
            taken += 1
    return taken
