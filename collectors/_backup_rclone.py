"""rclone crypt: a remote that encrypts on the way to another one.

The configuration says whether a remote encrypts (``type = crypt`` without ``no_data_encryption``) and where the
encrypted files really lie; ``rclone lsjson`` lists what the remote's password opens. A file's time is that of
the file that was copied: the newest is a backup at least that fresh.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from collectors import _ini
from collectors._backup import Backup, Contents, ask, files_below
from collectors._file_headers import SIZE, header
from collectors.host.protocol import Host, LookError, Unreadable
from hustings.declared import Repository
from hustings.facts import Reason

_FRACTION = re.compile(r"\.\d+")
_PASSING_ON = ("crypt", "alias", "compress", "chunker", "hasher")
_SERVICES = ("s3", "b2", "azureblob", "google cloud storage", "swift", "onedrive", "drive", "dropbox", "box", "mega",
             "pcloud", "jottacloud", "koofr", "protondrive", "storj")
"""Kinds that are a provider's own service."""
_DEPTH = 5
_SECTION = dict[str, str]


class RcloneCrypt:
    """Remotes of rclone of the kind ``crypt``."""

    reads: tuple[str, ...] = ()
    runs = ("rclone *",)

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        remotes = _remotes(host, repository)
        said = ask(host, "rclone", f"--config={repository.config}", "lsjson", "--recursive", "--files-only",
                   "--no-mimetype", repository.location, env={}, patience=patience)
        return Contents(tuple(parse_list(said)), encrypts(remotes, repository.location))

    def location(self, host: Host, repository: Repository) -> str:
        return place(_remotes(host, repository), repository.location)

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        """The name may hide the file: every file below the directory that encrypted files go to counts."""
        seen = [header(host.head(path, SIZE)) for path in files_below(host, directory)]
        return sum(one is None or not one.encrypted for one in seen), len(seen)

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        if directory is not None:
            return False
        raise LookError(Reason.UNSUPPORTED, "whether the other machine lets it be changed cannot be seen from here")


def parse_list(text: str) -> list[Backup]:
    """The answer of ``rclone lsjson``. Raises ``Unreadable``."""
    try:
        return [Backup(datetime.fromisoformat(_FRACTION.sub("", one["ModTime"])).astimezone(UTC))
                for one in json.loads(text) if one["Size"] > 0]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"rclone lsjson gave no list of files: {error}") from error


def parse_config(text: str) -> dict[str, _SECTION]:
    """The remotes of an rclone.conf. Raises ``Unreadable``."""
    if text.startswith("# Encrypted rclone configuration File") or "RCLONE_ENCRYPT_V0:" in text[:500]:
        raise LookError(Reason.UNSUPPORTED, "the configuration of rclone is itself encrypted")
    return _ini.parse(text, "the configuration of rclone")


def encrypts(remotes: dict[str, _SECTION], location: str) -> bool:
    """Whether what is written to ``location`` is encrypted by some remote on its way."""
    section, _ = _remote(remotes, location)
    for _ in range(_DEPTH):
        if section.get("type") == "crypt" and section.get("no_data_encryption", "false").lower() != "true":
            return True
        if section.get("type") not in _PASSING_ON:
            return False
        section, _ = _remote(remotes, section.get("remote", ""))
    return False


def place(remotes: dict[str, _SECTION], location: str) -> str:
    """Where files at ``location`` really lie, in restic's way of writing."""
    for _ in range(_DEPTH + 1):
        if location.startswith("/"):
            return location
        section, path = _remote(remotes, location)
        kind = section.get("type", "")
        if kind in _PASSING_ON:
            below = section.get("remote", "")
            location = f"{below}/{path}" if path and kind != "crypt" else below
            continue
        if kind == "local":
            return path if path.startswith("/") else ""
        if kind in ("sftp", "ftp", "smb"):
            return f"sftp:{section.get('host', '')}:{path}"
        if kind in ("webdav", "http"):
            return f"rest:{section.get('url', '')}"
        if kind == "s3" and section.get("endpoint"):
            return f"s3:{section['endpoint']}/{path}"
        if kind in _SERVICES:
            return f"b2:{kind}"
        raise LookError(Reason.UNSUPPORTED, f"where remotes of the kind {kind!r} keep their data is not known")
    raise Unreadable(f"{location}: remotes of rclone lead in a circle")


def _remote(remotes: dict[str, _SECTION], location: str) -> tuple[_SECTION, str]:
    name, colon, path = location.partition(":")
    if location.startswith("/"):
        return {"type": "local"}, location
    if not colon or name not in remotes:
        raise LookError(Reason.ERROR, f"the configuration of rclone knows no remote {name!r}")
    return remotes[name], path


def _remotes(host: Host, repository: Repository) -> dict[str, _SECTION]:
    return parse_config(host.read(repository.config))
