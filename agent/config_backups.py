"""What ``machine.yaml`` may say of backups, restore sets and printed lists, checked entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hustings.declared import TOOLS, Declared, PrintedList, Repository, RestoreSet
from hustings.errors import ConfigError
from hustings.times import parse_duration
from hustings.yaml_source import Source

Fault = tuple[str, str, str]
"""The key at fault, what is wrong, and what to do."""
_RECORDS_PATHS = ("restic", "borg", "pgbackrest")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_TABLE = re.compile(r"[A-Za-z_][\w$]*\.[A-Za-z_][\w$]*\Z")


def check(declared: Declared, source: Source) -> None:
    """Raise ``ConfigError`` for the first fault, with its line."""
    for index, repository in enumerate(declared.repositories):
        _first(_repository(repository, declared), source, "repositories", index)
    for index, one in enumerate(declared.restore_sets):
        _first(_restore_set(one, declared), source, "restore_sets", index)
    for index, printed in enumerate(declared.printed_lists):
        _first(_printed_list(printed), source, "printed_lists", index)


def _first(faults: Iterator[Fault], source: Source, plural: str, index: int) -> None:
    for name, what, remedy in faults:
        raise ConfigError(what, where=source.where((plural, index, name)), remedy=remedy)


def _repository(one: Repository, declared: Declared) -> Iterator[Fault]:
    if one.tool not in TOOLS:
        yield "tool", f"no collector reads backups of {one.tool!r}", "use " + ", ".join(TOOLS)
    if one.tool == "pgbackrest":
        if one.location:
            yield "location", "a repository of pgbackrest lies where its own configuration says", \
                "remove location; name the repository with repo: 1, 2 …"
        if not one.stanza:
            yield "stanza", "a repository of pgbackrest needs its stanza", "add stanza: as `pgbackrest info` names it"
        if not 1 <= one.repo <= 256:
            yield "repo", f"{one.repo} is no number of a repository", "use 1 to 256, as in pgbackrest.conf"
    elif not one.location:
        yield "location", f"the key 'location' is missing: {one.tool} needs it", "add location: as the tool takes it"
    elif one.stanza or one.repo != 1:
        yield "stanza" if one.stanza else "repo", f"{one.tool} knows no stanzas", "remove stanza and repo"
    if one.tool == "files" and not one.location.startswith("/"):
        yield "location", f"{one.location!r} is not an absolute path", "name the directory that the dumps are in"
    if one.tool == "rclone-crypt" and (not one.config or one.location.startswith("/")):
        yield "config" if not one.config else "location", "rclone needs its configuration and the name of a remote", \
            "add config: /etc/rclone.conf, and location: REMOTE:path"
    if one.tool in ("restic", "duplicity", "files") and one.config:
        yield "config", f"{one.tool} has no configuration file", "remove config"
    for name, value in (("password_file", one.password_file), ("config", one.config), ("check_stamp", one.check_stamp)):
        if value and not value.startswith("/"):
            yield name, f"{value!r} is not an absolute path", "start it with /"
    known = {data.name for data in declared.data_paths}
    for name in one.covers:
        if name not in known:
            yield "covers", f"no data path is called {name!r}", \
                "use the names of data_paths: " + ", ".join(sorted(known))
        if one.tool in _RECORDS_PATHS:
            yield "covers", f"{one.tool} records itself what it backs up", "remove covers"


def _restore_set(one: RestoreSet, declared: Declared) -> Iterator[Fault]:
    known = {repository.name: repository for repository in declared.repositories}
    if one.repository not in known:
        yield "repository", f"no repository is called {one.repository!r}", \
            f"use the name of one of repositories: {', '.join(sorted(known))}" if known else \
            "declare it under repositories"
        return
    for name, value in (("manifest", one.manifest), ("state", one.state)):
        if not value.startswith("/"):
            yield name, f"{value!r} is not an absolute path", "start it with /"
    if bool(one.path) == bool(one.tables):
        yield "path", "a restore set has either a path or tables", \
            "add path: the directory to compare, or tables: [schema.table] and database:"
    if one.path and not one.path.startswith("/"):
        yield "path", f"{one.path!r} is not an absolute path", "name the directory as it was backed up"
    tool = known[one.repository].tool
    if one.tables and not one.database:
        yield "database", "tables are in a database", "add database: its name"
    if one.tables and tool not in ("pgbackrest", "files"):
        yield "tables", f"tables are counted in backups of pgbackrest and in files, not of {tool}", \
            "give path: the directory that holds the dumps"
    if one.path and tool == "pgbackrest":
        yield "path", "what comes back from pgbackrest is a database", "give tables: and database:"
    for table in one.tables:
        if not _TABLE.match(table):
            yield "tables", f"{table!r} is not a table with its schema", "write schema.table, in plain letters"
    if one.objective:
        try:
            parse_duration(one.objective)
        except ValueError as error:
            yield "objective", str(error), "write 45m, 4h or 1d"


def _printed_list(one: PrintedList) -> Iterator[Fault]:
    if not one.file.startswith("/"):
        yield "file", f"{one.file!r} is not an absolute path", "start it with /"
    if not _SHA256.match(one.sha256):
        yield "sha256", "not a SHA-256 digest in lower-case hex", "write what `sha256sum FILE` prints"
    for name, value in (("pages", one.pages), ("certified", one.certified)):
        if value < 1:
            yield name, f"{value} is not a count", "write a whole number from 1"
