"""restic: ``restic snapshots`` answers only if the password opens the repository, and restic has no
unencrypted kind: an answer proves encryption. Nothing is locked, cached or written.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from collectors._backup import Backup, Contents, ask, files_below
from collectors._backup_place import served_append_only
from collectors._file_headers import SIZE, header
from collectors.host.protocol import Host, LookError, Unreadable
from hustings.declared import Repository
from hustings.facts import Reason

_FRACTION = re.compile(r"\.\d+")


class Restic:
    """Repositories of restic, which may be anywhere restic reaches."""

    reads: tuple[str, ...] = ()
    runs = ("restic *",)

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        env = {"RESTIC_PASSWORD_FILE": repository.password_file} if repository.password_file else {}
        said = ask(host, "restic", f"--repo={repository.location}", "snapshots", "--json", "--no-lock", "--no-cache",
                   env=env, patience=patience)
        return Contents(tuple(parse_snapshots(said)), encrypted=True)

    def location(self, host: Host, repository: Repository) -> str:
        return repository.location

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        """Packs begin with encrypted blobs: nothing else in a repository holds what was backed up."""
        seen = [header(host.head(path, SIZE)) for path in files_below(host, f"{directory}/data")]
        return sum(one is not None and not one.encrypted for one in seen), len(seen)

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        if directory is not None:
            return False
        if repository.location.startswith("rest:"):
            return served_append_only(host, repository.location.removeprefix("rest:"))
        raise LookError(Reason.UNSUPPORTED, "whether the other machine lets it be changed cannot be seen from here")


def parse_snapshots(text: str) -> list[Backup]:
    """The answer of ``restic snapshots --json``. Raises ``Unreadable``."""
    try:
        found = json.loads(text)
        return [Backup(_time(one["time"]), str(one.get("hostname", "")), tuple(one.get("paths") or ()),
                       tuple(path for path in one.get("excludes") or () if path.startswith("/")),
                       str(one.get("id", "")))
                for one in (found or [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"restic snapshots gave no list of snapshots: {error}") from error


def _time(text: str) -> datetime:
    """Restic writes nanoseconds, which Python's reader does not take."""
    return datetime.fromisoformat(_FRACTION.sub("", text)).astimezone(UTC)
