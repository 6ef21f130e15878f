"""Bring a database to this version's schema, and refuse one that is newer than the code."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from hustings.errors import ConfigError
from server.store.database import Database
from server.store.walls import raise_walls

_LOCK = 0x48555354
"""The PostgreSQL advisory lock under which one of several replicas migrates."""


def migrate(database: Database) -> str:
    """Apply what is missing and put up the walls between tenants, in one transaction; return the revision reached.

    Raises ``ConfigError`` when the database was written by a newer version.
    """
    with as_file(files("server.store") / "migrations") as folder, database.owner() as connection:
        if not database.sqlite:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config(folder, connection)
        scripts = ScriptDirectory.from_config(config)
        _refuse_newer(MigrationContext.configure(connection).get_current_heads(), scripts, database.where)
        command.upgrade(config, "head")
        if not database.sqlite:
            raise_walls(connection)
        return str(scripts.get_current_head())


def lay(connection: Connection, revision: str, where: str) -> None:
    """In an empty database, the tables as of a revision (or ``head``), in the open transaction of their owner.

    Raises ``ConfigError`` for a revision that this version does not know.
    """
    with as_file(files("server.store") / "migrations") as folder:
        config = _config(folder, connection)
        scripts = ScriptDirectory.from_config(config)
        _refuse_newer((str(scripts.get_current_head()) if revision == "head" else revision,), scripts, where)
        command.upgrade(config, revision)


def head() -> str:
    """The revision of this version."""
    with as_file(files("server.store") / "migrations") as folder:
        return str(ScriptDirectory(str(folder)).get_current_head())


def require_current(database: Database) -> None:
    """Raises ``ConfigError`` unless the database is exactly at this version's schema."""
    with as_file(files("server.store") / "migrations") as folder, database.owner(writing=False) as connection:
        scripts = ScriptDirectory(str(folder))
        current = MigrationContext.configure(connection).get_current_heads()
        _refuse_newer(current, scripts, database.where)
        if current != (scripts.get_current_head(),):
            raise ConfigError("the database is older than this version of Hustings", where=database.where,
                              remedy="start the server once (hustings server serve): it brings the database up to date")


def _config(folder: Path, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(current: tuple[str, ...], scripts: ScriptDirectory, where: str) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    for revision in current:
        if revision not in known:
            raise ConfigError(
                f"the database is at revision {revision}, which this version of Hustings does not know "
                f"(it knows up to {scripts.get_current_head()})", where=where,
                remedy="run the newer version that wrote it, or restore a backup made before the upgrade")
