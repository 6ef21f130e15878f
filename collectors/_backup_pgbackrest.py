"""pgBackRest: ``pgbackrest info --output=json`` says of each backup when, in which repository and with which errors.

Encryption is a setting of the repository (``repoN-cipher-type``), reported by the tool and seen in its files:
they begin as OpenSSL's (``Salted__``). Where the repository is, and what it backs up, its configuration says.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from collectors import _ini
from collectors._backup import SAMPLE, Backup, Contents, ask, files_below
from collectors._file_headers import SIZE, header
from collectors.host.protocol import Host, LookError, NotThere, Unreadable
from hustings.declared import Repository
from hustings.facts import Missing, Reason

CONFIGS = ("/etc/pgbackrest/pgbackrest.conf", "/etc/pgbackrest.conf")
"""Where pgBackRest looks (its configuration reference, ``--config``)."""
_SERVICES = {"s3": "s3:", "azure": "azure:", "gcs": "gs:"}
_DEFAULT_PATH = "/var/lib/pgbackrest"


class PgBackRest:
    """One repository of a stanza of pgBackRest."""

    reads = CONFIGS
    runs = ("pgbackrest *",)

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        said = ask(host, "pgbackrest", *options(host, repository), "info", "--output=json", env={}, patience=patience)
        return parse_info(said, repository.stanza, repository.repo, data_path(settings(host, repository)))

    def location(self, host: Host, repository: Repository) -> str:
        return place(settings(host, repository), repository.repo)

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        """Of its index files and of the newest backup."""
        top = f"{directory}/backup/{repository.stanza}"
        labels = sorted(name for name in host.list(top) if name[:8].isdigit())
        paths = [path for label in labels[-1:] for path in files_below(host, f"{top}/{label}", count=SAMPLE - 1)]
        paths = [f"{top}/backup.info", *paths]
        seen = [header(host.head(path, SIZE)) for path in paths]
        return sum(one is not None and not one.encrypted for one in seen), len(seen)

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        if directory is not None:
            return False
        raise LookError(Reason.UNSUPPORTED, "whether the other machine lets it be changed cannot be seen from here")


def options(host: Host, repository: Repository) -> list[str]:
    """How pgBackRest is told what to look at, and to write nothing of its own."""
    return [f"--config={config_file(host, repository)}", f"--stanza={repository.stanza}", f"--repo={repository.repo}",
            "--log-level-file=off", "--log-level-console=off", "--log-level-stderr=error"]


def config_file(host: Host, repository: Repository) -> str:
    """The configuration that is declared, or else the one pgBackRest would take."""
    if repository.config:
        return repository.config
    for path in CONFIGS:
        try:
            host.stat(path)
            return path
        except NotThere:
            continue
    raise LookError(Reason.UNSUPPORTED, "pgBackRest has no configuration here")


def settings(host: Host, repository: Repository) -> dict[str, str]:
    """The settings that hold for the stanza: its own over the global ones."""
    path = config_file(host, repository)
    sections = _ini.parse(host.read(path), path)
    return {**sections.get("global", {}), **sections.get(repository.stanza, {})}


def place(found: dict[str, str], number: int) -> str:
    """Where a repository is, in restic's way of writing."""
    if host := found.get(f"repo{number}-host"):
        return f"sftp:{host}:{found.get(f'repo{number}-path', '/')}"
    kind = found.get(f"repo{number}-type", "posix")
    if kind == "sftp":
        return f"sftp:{found.get(f'repo{number}-sftp-host', '')}:/"
    if kind == "s3":
        return f"s3:{found.get(f'repo{number}-s3-endpoint', '')}/"
    return _SERVICES.get(kind, "") or found.get(f"repo{number}-path", _DEFAULT_PATH if number == 1 else "")


def data_path(found: dict[str, str]) -> str:
    """The data directory of the stanza's cluster, if it is on this machine."""
    return "" if found.get("pg1-host") else found.get("pg1-path", "")


def parse_info(text: str, stanza: str, number: int, path: str) -> Contents:
    """The answer of ``pgbackrest info`` about one repository of a stanza whose cluster is at ``path``.

    Raises ``Unreadable``, or an ``error`` for a stanza or repository that pgBackRest says is not in order.
    """
    try:
        of_stanza = next((one for one in json.loads(text) if one["name"] == stanza), None)
        if of_stanza is None:
            raise LookError(Reason.ERROR, f"pgbackrest knows no stanza {stanza!r}")
        repo = next((one for one in of_stanza.get("repo", ()) if one["key"] == number), None)
        if repo is None:
            raise LookError(Reason.ERROR, f"pgbackrest: {of_stanza['status']['message']}")
        status = repo["status"]
        if status["code"] not in (0, 2):  # ok, and "no valid backups"
            raise LookError(Reason.ERROR, f"pgbackrest: {status['message']}")
        own = sorted((one for one in of_stanza["backup"] if one["database"]["repo-key"] == number),
                     key=lambda one: int(one["timestamp"]["stop"]))
        paths = (path,) if path else None
        backups = tuple(Backup(datetime.fromtimestamp(one["timestamp"]["stop"], UTC), "", paths, (), one["label"])
                        for one in own)
        flawed = bool(own[-1].get("error")) if own else None
        return Contents(backups, encrypted=_encrypted(repo.get("cipher")), flawed=flawed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"pgbackrest info gave no list of backups: {error}") from error


def _encrypted(cipher: object) -> bool | Missing:
    if not isinstance(cipher, str):
        return Missing(Reason.UNSUPPORTED, "pgbackrest does not say with which cipher")
    return cipher != "none"
