"""The statements that a rehearsal plans: from the store of `hustings access usage`, or from a file.

A file is JSON (a list, an object with ``statements`` or ``shapes``, or one object a line) whose items have
``account`` or ``accounts``, and ``statement``, ``sql`` or ``text``; or it is SQL, where a comment
``-- account: name`` says who runs what follows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.access.rehearsal_words import statements
from hustings.access.usage import Shape
from hustings.errors import UsageError

MAX_BYTES = 512 * 1024 * 1024
_ACCOUNT = re.compile(r"^[ \t]*--[ \t]*accounts?[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Seen:
    """A statement of one account."""

    id: str
    text: str
    account: str
    search_path: str = ""
    database: str = ""
    why: str = ""
    """Not empty: the reader of the logs could not keep it as a statement."""


def from_store(path: Path) -> tuple[Seen, ...]:
    """Every distinct statement of a usage store, once for each account. Raises ``HustingsError``."""
    from collectors.statement_log.store import load

    if not path.exists():
        raise UsageError("there is no such store", where=str(path),
                         remedy="make it with `hustings access usage LOG --store FILE`")
    return from_shapes(load(path).shapes)


def from_shapes(shapes: Iterable[Shape]) -> tuple[Seen, ...]:
    """Every shape, once for each account that used it."""
    return tuple(Seen(shape.id, shape.text, account, shape.search_path, shape.database)
                 for shape in shapes for account in shape.accounts)


def from_file(path: Path, engine: str) -> tuple[Seen, ...]:
    """Every statement of a file, once for each account. Raises ``UsageError`` with the place of a fault."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"larger than {MAX_BYTES // 1024 // 1024} MiB", where=str(path),
                             remedy="keep the logs' statements with `hustings access usage` and give --usage STORE")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), remedy="name a text file in UTF-8") from error
    found = _from_json(text, path) if text.lstrip()[:1] in ("[", "{") else _from_sql(text, path, engine)
    return tuple(dict.fromkeys(found))


def _from_json(text: str, path: Path) -> list[Seen]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [one for number, line in enumerate(text.splitlines(), 1) if line.strip()
                for one in _items([_line(line, path, number)], f"{path}:{number}")]
    if isinstance(whole, dict):
        listed = whole.get("statements", whole.get("shapes"))
        whole = listed if isinstance(listed, list) else [whole]
    return _items(whole, str(path))


def _line(line: str, path: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UsageError(f"not JSON: {error}", where=f"{path}:{number}",
                         remedy="write one object a line, or one list") from error


def _items(items: list[Any], where: str) -> list[Seen]:
    found = []
    for place, item in enumerate(items, 1):
        here = f"{where}, item {place}" if len(items) > 1 else where
        known = item if isinstance(item, dict) else {}
        text = next((known[key] for key in ("statement", "sql", "text") if isinstance(known.get(key), str)), "")
        accounts = known.get("accounts", known.get("account"))
        accounts = [accounts] if isinstance(accounts, str) else accounts
        if not text.strip() or not isinstance(accounts, list) or not accounts or not all(
                isinstance(one, str) and one for one in accounts):
            raise UsageError("a statement and who runs it are needed", where=here,
                             remedy='write {"account": "jdoe", "statement": "select …"}')
        found += [_seen(text, account, str(known.get("search_path") or ""), str(known.get("database") or ""),
                        str(known.get("id") or "")) for account in accounts]
    return found


def _from_sql(text: str, path: Path, engine: str) -> list[Seen]:
    places = [(match.start(), [one.strip() for one in match.group(1).split(",") if one.strip()])
              for match in _ACCOUNT.finditer(text)]
    found = []
    for one in _statements(text, path, engine):
        start = one.words[0].start
        accounts = next((names for place, names in reversed(places) if place < start), None)
        if not accounts:
            raise UsageError("nothing says which account runs this statement", where=f"{path}:{one.line}",
                             remedy="write a line `-- account: NAME` before it")
        found += [_seen(one.text, account) for account in accounts]
    return found


def _statements(text: str, path: Path, engine: str) -> list[Any]:
    try:
        return list(statements(text, engine))
    except UsageError as error:
        raise UsageError(error.what, where=f"{path}:{error.where.removeprefix('line ')}",
                         remedy=error.remedy) from error


def _seen(text: str, account: str, search_path: str = "", database: str = "", known: str = "") -> Seen:
    text = text.strip()
    return Seen(known or hashlib.sha256(text.encode()).hexdigest(), text, account, search_path, database)
