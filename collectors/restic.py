"""What restic says of a repository, and where that repository is."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from collectors.host.protocol import Unreadable

_REMOTE = ("s3:", "b2:", "azure:", "gs:", "swift:", "rest:", "sftp:")
_FRACTION = re.compile(r"\.\d+")


@dataclass(frozen=True, slots=True)
class Snapshot:
    time: datetime
    """Aware, UTC, whole seconds."""
    host: str
    paths: tuple[str, ...]


def parse_snapshots(text: str) -> list[Snapshot]:
    """The answer of ``restic snapshots --json``. Raises ``Unreadable``."""
    try:
        found = json.loads(text)
        return [Snapshot(_time(one["time"]), str(one.get("hostname", "")), tuple(one.get("paths") or ()))
                for one in (found or [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"restic snapshots gave no list of snapshots: {error}") from error


def _time(text: str) -> datetime:
    """Restic writes nanoseconds, which Python's reader does not take."""
    return datetime.fromisoformat(_FRACTION.sub("", text)).astimezone(UTC)


def covers(snapshot: Snapshot, path: str) -> bool:
    """Whether one of the snapshot's paths is ``path`` or lies above it."""
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in snapshot.paths)


def address(location: str) -> str | None:
    """The host that a location names: "" for a provider's own service, None for a path on this machine.

    Raises ``ValueError`` for a kind of location whose place cannot be told (``rclone:`` and unknown ones).
    """
    kind = next((one for one in _REMOTE if location.startswith(one)), "")
    rest = location.removeprefix(kind)
    if not kind:
        if location.startswith("/"):
            return None
        raise ValueError(f"where {location.partition(':')[0]}: keeps its data is not known")
    if kind == "sftp:" and not rest.startswith("//"):
        return rest.split(":", 1)[0].rsplit("@", 1)[-1]
    if kind in ("rest:", "s3:", "sftp:"):
        named = rest if "//" in rest else "//" + rest
        return urlsplit(named).hostname or ""
    return ""


def is_this_machine(host: str, names: frozenset[str]) -> bool:
    """Whether an address is loopback or one of this machine's own names."""
    if host.lower() in names or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
