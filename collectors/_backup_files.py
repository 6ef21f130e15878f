"""files: a directory of dumps and archives that some job writes, each encrypted or not.

There is no tool to ask: each file's beginning says whether it is encrypted, whatever its name is. The newest
file that holds anything is the newest backup, by the time it was last written.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors._backup import Backup, Contents
from collectors._file_headers import SIZE, Header, header
from collectors.host.protocol import FileKind, Host, Stat
from hustings.declared import Repository
from hustings.facts import Missing, Reason

_LIMIT = 10_000
_NOT_COPIES = (".sha256", ".sha512", ".md5", ".sig", ".asc", ".log", ".manifest.json")
"""What lies beside dumps and holds none: checksums, detached signatures, logs, our own manifests."""
_SMALL = 64 << 10


class Files:
    """A directory of dumps and archives."""

    reads: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        copies = list(_copies(host, repository.location))
        whole = [Backup(stat.mtime.replace(microsecond=0), name=path) for path, stat in copies if stat.size]
        newest = max((stat for _, stat in copies), key=lambda stat: stat.mtime, default=None)
        seen = [(path, header(host.head(path, SIZE))) for path, stat in copies if stat.size]
        return Contents(tuple(whole), _encrypted(seen),
                        flawed=None if newest is None else newest.size == 0)

    def location(self, host: Host, repository: Repository) -> str:
        return repository.location

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        seen = [header(host.head(path, SIZE)) for path, stat in _copies(host, directory) if stat.size]
        return sum(one is not None and not one.encrypted for one in seen), len(seen)

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        return False


def _copies(host: Host, directory: str) -> Iterator[tuple[str, Stat]]:
    for path, stat in host.walk(directory, limit=_LIMIT):
        if stat.kind is FileKind.FILE and not (path.endswith(_NOT_COPIES) and stat.size <= _SMALL):
            yield path, stat


def _encrypted(seen: list[tuple[str, Header | None]]) -> bool | Missing:
    if any(one is not None and not one.encrypted for _, one in seen):
        return False
    strange = [path for path, one in seen if one is None]
    if strange:
        return Missing(Reason.UNSUPPORTED, f"{len(strange)} of {len(seen)} files begin like nothing known")
    return True if seen else Missing(Reason.UNSUPPORTED, "the directory holds no backup")
