"""backup: declared backup repositories: how fresh, for whom, where, encrypted or not, and how their key is kept.

Each tool is asked by a reader of its own (``_backup_*``), and a repository in a file system of this machine is
looked at as well: its files must not begin like something anyone can read. Nothing is locked, cached,
written or restored. The tools keep no record of their own checks, so the last one is known only where the
office declares the file its check job touches.
"""

from __future__ import annotations

import posixpath
import time
from datetime import timedelta
from functools import partial
from typing import Any

from collectors import _backup_place as places
from collectors._backup import Backup, Contents, Reader, answer, covers
from collectors._backup_borg import Borg
from collectors._backup_duplicity import Duplicity
from collectors._backup_files import Files
from collectors._backup_pgbackrest import PgBackRest
from collectors._backup_rclone import RcloneCrypt
from collectors._backup_restic import Restic
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Type,
    key,
)
from collectors.host.protocol import FileKind, Host, NotThere
from hustings.declared import Declared, Repository
from hustings.times import utc_text

READERS: dict[str, Reader] = {
    "restic": Restic(), "borg": Borg(), "pgbackrest": PgBackRest(), "duplicity": Duplicity(),
    "rclone-crypt": RcloneCrypt(), "files": Files(),
}
_HOSTNAME = "/proc/sys/kernel/hostname"
_SECONDS = 50.0
_SHARE = 3
"""No repository may take more than this part of what is left, so that one that hangs leaves time for the others."""
_IN_CONFIG = ("rclone-crypt", "pgbackrest")
"""Tools that keep the password in their configuration."""
_NOT_RECORDED = "not recorded"


def collect(host: Host, declared: Declared) -> Collected:
    """Ask each declared repository; one that does not answer costs its own facts alone."""
    collected: Collected = {}
    own: list[tuple[Repository, tuple[Backup, ...] | Missing]] = []
    name = host.read(_HOSTNAME).strip()
    until, left = time.monotonic() + _SECONDS, len(declared.repositories)
    seen: dict[str, list[Any]] = {"backup.location": [], "backup.append_only": []}
    for repository in declared.repositories:
        reader = READERS[repository.tool]
        patience = max(0.5, until - time.monotonic()) / min(left, _SHARE)
        contents, left = answer(partial(reader.contents, host, repository, patience)), left - 1
        facts = {**_of_contents(contents, name), **_of_place(host, repository, reader, name)}
        collected.update({key(fact, repository.name): value for fact, value in facts.items()})
        own.append((repository, contents if isinstance(contents, Missing) else _of_machine(contents, name)))
        for fact, values in seen.items():
            values.append(facts[fact])
    for data in declared.data_paths:
        collected[key("backup.data_path_latest", data.name)] = _newest(own, data.path, data.name)
    return {**collected, "backup.newest_own": _newest(own),
            "backup.elsewhere": _count(seen["backup.location"], "elsewhere"),
            "backup.unchangeable": _count(seen["backup.append_only"], True)}


def _of_machine(contents: Contents, name: str) -> tuple[Backup, ...]:
    """This machine's: what names no machine is this one's, for that is what its declaration says."""
    return tuple(one for one in contents.backups if one.host in ("", name))


def _of_contents(contents: Contents | Missing, name: str) -> Collected:
    if isinstance(contents, Missing):
        return dict.fromkeys(("backup.encrypted", "backup.snapshots", "backup.latest_own", "backup.hosts",
                              "backup.flawed"), contents)
    latest: dict[str, Backup] = {}
    for one in sorted(contents.backups, key=lambda backup: backup.time):
        latest[one.host or _NOT_RECORDED] = one
    own = [one.time for one in _of_machine(contents, name)]
    return {
        "backup.encrypted": contents.encrypted,
        "backup.snapshots": len(contents.backups),
        "backup.latest_own": utc_text(max(own)) if own else ABSENT,
        "backup.hosts": Listing([{"host": one, "latest": utc_text(latest[one].time)} for one in sorted(latest)]),
        "backup.flawed": ABSENT if contents.flawed is None else contents.flawed,
    }


def _newest(repositories: list[tuple[Repository, tuple[Backup, ...] | Missing]], path: str = "",
            name: str = "") -> Any:
    """The newest of this machine's backups (that holds a path); an unreadable repository might hold one."""
    times = [one.time for repository, backups in repositories if not isinstance(backups, Missing)
             for one in backups if not path or covers(one, path) or (one.paths is None and name in repository.covers)]
    if times:
        return utc_text(max(times))
    return next((one for _, one in repositories if isinstance(one, Missing)), ABSENT)


def _count(values: list[Any], wanted: Any) -> Any:
    """How many of the values are ``wanted``; a reason if none is known to be and some might."""
    return values.count(wanted) or next((one for one in values if isinstance(one, Missing)), 0)


def _of_place(host: Host, repository: Repository, reader: Reader, name: str) -> Collected:
    location = answer(partial(reader.location, host, repository))
    collected: Collected = {
        "backup.last_check": answer(partial(_last_check, host, repository.check_stamp)),
        "backup.password_file_private": _of_password(
            repository, partial(_private, host, 0o037 if repository.tool == "pgbackrest" else 0o077)),
    }
    if isinstance(location, Missing):
        return {**collected, **dict.fromkeys(_PLACED, location)}
    directory = places.directory_of(location)
    collected |= {
        "backup.location": answer(partial(places.here_or_elsewhere, host, location, name)),
        "backup.append_only": answer(partial(reader.append_only, host, repository, directory)),
        "backup.password_file_apart": _of_password(repository, partial(_apart, host, directory)),
    }
    if directory is None:
        return {**collected, "backup.readable_files": ABSENT, "backup.keys_beside": ABSENT}
    return {**collected, "backup.readable_files": answer(partial(_readable, host, repository, reader, directory)),
            "backup.keys_beside": answer(partial(places.keys_beside, host, directory))}


_PLACED = ("backup.location", "backup.append_only", "backup.password_file_apart", "backup.readable_files",
           "backup.keys_beside")


def _readable(host: Host, repository: Repository, reader: Reader, directory: str) -> Any:
    """A repository with nothing to look at is not thereby unreadable."""
    readable, looked_at = reader.readable(host, repository, host.resolve(directory))
    return readable if looked_at else ABSENT


def _of_password(repository: Repository, look: Any) -> Any:
    """The file that opens the repository: a password's, or the configuration that holds it."""
    secret = repository.password_file or (repository.config if repository.tool in _IN_CONFIG else "")
    return answer(partial(look, secret)) if secret else ABSENT


def _last_check(host: Host, stamp: str) -> Any:
    if not stamp:
        return ABSENT
    try:
        return utc_text(host.stat(host.resolve(stamp)).mtime)
    except NotThere:
        return ABSENT


def _private(host: Host, others: int, path: str) -> bool:
    """Whether the file has none of the permissions ``others``."""
    seen = host.stat(host.resolve(path))
    return seen.kind is FileKind.FILE and seen.mode & others == 0


def _apart(host: Host, directory: str | None, path: str) -> bool:
    """Whether the file is kept outside the repository it opens, and not right beside it."""
    if directory is None:
        return True
    repository = host.resolve(directory).rstrip("/")
    real = host.resolve(path)
    return not real.startswith(repository + "/") and posixpath.dirname(real) != posixpath.dirname(repository)


_fact = partial(Fact, disclosure=Disclosure.SHARED, each="repository")

COLLECTOR = Collector(
    name="backup",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("backup.encrypted", Type.BOOL, "Whether the repository's contents are encrypted, by the word of the tool "
              "(for files: by how each begins)"),
        _fact("backup.readable_files", Type.INT, "How many of the repository's files that were looked at begin like "
              "something anyone can read; absent where the repository is not in a file system of this machine"),
        _fact("backup.snapshots", Type.INT, "How many snapshots, archives, backup sets or files the repository holds"),
        _fact("backup.latest_own", Type.TIME, "When this machine's newest backup was made; tools that do not record "
              "the machine hold this one's, by its declaration"),
        _fact("backup.hosts", Type.RECORDS, "Machines with backups in the repository", fields=(
            Field("host", Type.TEXT, "The machine's name as the tool recorded it"),
            Field("latest", Type.TIME, "When its newest backup was made"),
        )),
        _fact("backup.flawed", Type.BOOL, "Whether the newest backup has errors that the tool itself found "
              "(pgBackRest: page checksums) or is empty (files); absent for tools that do not say"),
        _fact("backup.location", Type.TEXT, "Where the repository is: here (on this machine) or elsewhere"),
        _fact("backup.append_only", Type.BOOL, "Whether whoever writes to the repository can add to it but not change "
              "what is there (borg's append_only; restic's server on this machine)"),
        _fact("backup.last_check", Type.TIME, "When the office's check job last found the repository whole, by the "
              "check_stamp declared for it; absent where there is no such record"),
        _fact("backup.password_file_private", Type.BOOL, "Whether its owner alone may read the password file (for "
              "rclone and pgBackRest: its configuration, which holds the password; pgBackRest's group may too)"),
        _fact("backup.password_file_apart", Type.BOOL, "Whether the password file is kept neither in the repository "
              "nor right beside it"),
        Fact("backup.keys_beside", Type.TEXTS, "Files in the repository's directory or right beside it that look like "
             "keys or passphrases; absent where the repository is not in a file system of this machine",
             Disclosure.COUNTED, each="repository"),
        Fact("backup.newest_own", Type.TIME, "When this machine's newest backup in any declared repository was made",
             Disclosure.SHARED),
        Fact("backup.elsewhere", Type.INT, "How many declared repositories are kept on other machines",
             Disclosure.SHARED),
        Fact("backup.unchangeable", Type.INT, "How many declared repositories can be added to but not changed",
             Disclosure.SHARED),
        Fact("backup.data_path_latest", Type.TIME, "When the newest of this machine's backups that holds a declared "
             "data path was made", Disclosure.SHARED, each="data_path"),
    ),
    collect=collect,
    reads=(_HOSTNAME, *places.READS, *(path for one in READERS.values() for path in one.reads)),
    stats=("/var/lib/pgbackrest/backup/*",),
    runs=tuple(line for one in READERS.values() for line in one.runs),
    timeout=60.0,
    every=timedelta(hours=6),
    each="repository",
    needs="read the repository and its password file",
)
