"""What collectors remember from one scheduled run to the next: a file each in the agent's state.

They hold names of directories and of people, so only the agent's user can read them. The next run reads one while it
writes its successor beside it; a run that is cut short leaves something that the collector knows for no memory, and
one that leaves nothing leaves no file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from agent import durable
from collectors.base import Memory

SWEEP, ENTRA = "sweep", "directory_entra"
"""The collectors that remember."""


@contextmanager
def taken_up(paths: Mapping[str, Path]) -> Iterator[dict[str, Memory]]:
    """The memories kept at ``paths``, by collector, replaced when the look is over. Raises ``CannotFinish``."""
    scratches = {name: path.with_name(f".{path.name}{durable.SCRATCH}") for name, path in paths.items()}
    memories: dict[str, Memory] = {}
    with ExitStack() as open_files:
        for name, path in paths.items():
            try:
                before = open_files.enter_context(_opened(path, os.O_RDONLY)) if path.exists() else None
                after = open_files.enter_context(_opened(scratches[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
            except OSError as error:
                raise durable.unwritable(path, error) from error
            memories[name] = Memory(before, after)
        try:
            yield memories
        except BaseException:
            for scratch in scratches.values():
                with suppress(OSError):
                    scratch.unlink()
            raise
    for name, path in paths.items():
        try:
            if scratches[name].stat().st_size:
                scratches[name].replace(path)
            else:
                scratches[name].unlink()
                path.unlink(missing_ok=True)
        except OSError as error:
            raise durable.unwritable(path, error) from error


def _opened(path: Path, flags: int) -> BinaryIO:
    """The file as bytes, for its owner alone and never through a link."""
    handle = os.open(path, flags | os.O_CLOEXEC | int(getattr(os, "O_NOFOLLOW", 0)), 0o600)
    return os.fdopen(handle, "rb" if flags == os.O_RDONLY else "wb")
