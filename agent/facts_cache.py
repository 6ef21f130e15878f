"""Facts of slow collectors, kept between runs for as long as each collector allows (``every``)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent import durable
from collectors.isolate import Kept
from hustings import __version__


class _File(msgspec.Struct):
    version: str
    kept: dict[str, Kept]


def load(path: Path) -> dict[str, Kept]:
    """What is kept; nothing if there is no file, it is damaged, or another version wrote it."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}
    return file.kept if file.version == __version__ else {}


def save(path: Path, kept: dict[str, Kept]) -> None:
    """Keep them for the next run. Raises ``CannotFinish``."""
    durable.write(path, msgspec.json.encode(_File(__version__, kept)))
