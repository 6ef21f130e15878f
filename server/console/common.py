"""What the server's commands share: the data directory, the database, the tenant, who is at the console."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hustings.declared import ROLES
from hustings.errors import UsageError
from hustings.times import parse_duration
from server import config
from server.config import Config
from server.pages.inert import shown

if TYPE_CHECKING:
    from server.store.database import Database
    from server.store.tenants import Tenant

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Office:
    """One tenant of a server, opened by a person at its console."""

    config: Config
    database: Database
    tenant: Tenant
    actor: str
    now: datetime


def data_option(command: F) -> F:
    """``--data DIR``."""
    return click.option(
        "--data", type=click.Path(file_okay=False, path_type=Path), default=config.DATA, show_default=True,
        help="The server's data directory.")(command)


def office_options(command: F) -> F:
    """``--data DIR`` and ``--tenant NAME``."""
    tenant = click.option("--tenant", help="Which office or campaign, where the server has several.")
    return data_option(tenant(command))


def format_option(command: F) -> F:
    """``--format text|json``."""
    return click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
                        show_default=True)(command)


@contextmanager
def office(data: Path, tenant: str | None) -> Iterator[Office]:
    """Open a tenant of the server in ``data``. Raises ``ConfigError``, ``CannotFinish``."""
    from server.store import tenants
    from server.store.database import WHOLE_SERVER, Database
    from server.store.migrate import require_current

    settings = config.load(data)
    database = Database(config.chosen_database(settings))
    try:
        require_current(database)
        with database.read(WHOLE_SERVER) as connection:
            found = tenants.only(connection, tenant)
        yield Office(settings, database, found, actor(), datetime.now(UTC))
    finally:
        database.close()


def actor() -> str:
    """Who is at the console, for the audit trail."""
    try:
        return f"console:{os.environ.get('SUDO_USER') or getpass.getuser()}"
    except (KeyError, OSError):
        return f"console:uid-{os.getuid()}"


def roles(text: str) -> tuple[str, ...]:
    """Role names from ``a,b``. Raises ``UsageError`` for one that does not exist."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in ROLES:
            raise UsageError(f"{name!r} is not a role", where="--roles", remedy=f"choose from: {', '.join(ROLES)}")
    return names


def life(text: str) -> timedelta:
    """A length of time from ``24h``. Raises ``UsageError``."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error), where="--expires", remedy="write for example 24h or 3d") from error


def password(file: Path | None, prompt: str, *, otherwise: str = "give --password-file FILE") -> str:
    """A new password, hashed: the first line of a file, or typed twice at a terminal.

    ``otherwise`` is what to do where there is no terminal. Raises ``UsageError``.
    """
    from server.access import passwords

    if file is None:
        if not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask for a password at", remedy=otherwise)
        return passwords.hashed(click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the password file cannot be read", where=str(file),
                         remedy="name a text file whose first line is the password") from error
    return passwords.hashed(lines[0] if lines else "")


def say_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns of text, as wide as they need to be. No character of a cell is obeyed by the terminal."""
    rows = [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    for row in (head, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
