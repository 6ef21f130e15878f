"""duplicity: its file names say when each backup set was made, whether it is whole, and whether it is encrypted.

duplicity(1), "File names": ``duplicity-full.TIME.manifest.gpg``, ``duplicity-inc.TIME.to.TIME.vol1.difftar.gz``;
encrypted files end in ``.gpg``. A set without its manifest is not whole and does not count. A directory is
listed; anywhere else ``duplicity collection-status`` is asked, which names the files at its most talkative.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from collectors._backup import Backup, Contents, ask
from collectors._file_headers import SIZE, header
from collectors.host.protocol import Host, LookError
from hustings.declared import Repository
from hustings.facts import Missing, Reason

_LOCAL = "file://"
_NAME = re.compile(r"duplicity-(?:full|inc)\.[\w.]+")
_TIME = re.compile(r"(?:full|to)\.(\d{8}T\d{6}Z)\.")
_SAMPLE = 32
_HOSTS = ("sftp", "scp", "ssh", "rsync", "ftp", "ftps", "webdav", "webdavs")
"""Schemes (after a ``+``: paramiko+sftp) of a machine that the location names."""
_SERVICES = ("s3", "b2", "gs", "azure", "swift", "onedrive", "gdrive", "dropbox", "mega", "pcabackup")
"""Schemes of a provider's own service."""


class Duplicity:
    """Backup chains of duplicity in a directory or wherever duplicity reaches."""

    reads: tuple[str, ...] = ()
    runs = ("duplicity *",)

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        directory = local(repository.location)
        if directory is not None:
            return of_names(host.list(directory))
        said = ask(host, "duplicity", "collection-status", "-v9", repository.location, env={"TZ": "UTC"},
                   patience=patience, home=True)
        return of_names(_NAME.findall(said))

    def location(self, host: Host, repository: Repository) -> str:
        directory = local(repository.location)
        if directory is not None:
            return directory
        scheme, _, rest = repository.location.partition("://")
        scheme = scheme.rpartition("+")[2]
        if scheme in _HOSTS and not rest.startswith("/"):
            return "sftp://" + rest
        if scheme in _SERVICES:
            return f"b2:{scheme}"
        raise LookError(Reason.UNSUPPORTED, f"where {scheme}:// keeps its data is not known")

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        """Of the newest volumes, manifests and signatures: all of them name or hold what was backed up."""
        names = sorted((name for name in host.list(directory) if name.startswith("duplicity-")),
                       key=lambda name: "".join(_TIME.findall(name)[-1:]))
        seen = [header(host.head(f"{directory}/{name}", SIZE)) for name in names[-_SAMPLE:]]
        return sum(one is not None and not one.encrypted for one in seen), len(seen)

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        if directory is not None:
            return False
        raise LookError(Reason.UNSUPPORTED, "whether the other machine lets it be changed cannot be seen from here")


def local(location: str) -> str | None:
    """The directory of a location on this machine, or None for one elsewhere."""
    if location.startswith(_LOCAL):
        return "/" + location.removeprefix(_LOCAL).lstrip("/")
    return location if location.startswith("/") else None


def of_names(names: list[str]) -> Contents:
    """What the names of a chain's files say."""
    volumes = [name for name in names if _NAME.match(name) and ".vol" in name]
    manifests = {name for name in names if _NAME.match(name) and ".manifest" in name}
    made = sorted({datetime.strptime(found[-1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                   for name in manifests if (found := _TIME.findall(name))})
    every = [*volumes, *manifests]
    encrypted: bool | Missing = all(name.endswith(".gpg") for name in every)
    if not every:
        encrypted = Missing(Reason.UNSUPPORTED, "there is no backup of duplicity there")
    return Contents(tuple(Backup(one, name=f"{one:%Y%m%dT%H%M%SZ}") for one in made), encrypted)
