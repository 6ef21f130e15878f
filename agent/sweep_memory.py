"""What the sweep of every file remembers from one scheduled run to the next: one file in the agent's state.

It holds names of directories, so only the agent's user can read it. The next run reads it while it writes
its successor beside it; a run that is cut short leaves something that the sweep knows for no memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from agent import durable
from collectors.base import Memory

NAME = "sweep"
"""The collector whose memory this is."""


@contextmanager
def taken_up(path: Path) -> Iterator[dict[str, Memory]]:
    """The memory kept at ``path``, replaced when the look is over. Raises ``CannotFinish``."""
    scratch = path.with_name(f".{path.name}{durable.SCRATCH}")
    with ExitStack() as open_files:
        try:
            before = open_files.enter_context(_opened(path, os.O_RDONLY)) if path.exists() else None
            after = open_files.enter_context(_opened(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
        except OSError as error:
            raise durable.unwritable(path, error) from error
        try:
            yield {NAME: Memory(before, after)}
        except BaseException:
            with suppress(OSError):
                scratch.unlink()
            raise
    try:
        scratch.replace(path)
    except OSError as error:
        raise durable.unwritable(path, error) from error


def _opened(path: Path, flags: int) -> BinaryIO:
    """The file as bytes, for its owner alone and never through a link."""
    handle = os.open(path, flags | os.O_CLOEXEC | int(getattr(os, "O_NOFOLLOW", 0)), 0o600)
    return os.fdopen(handle, "rb" if flags == os.O_RDONLY else "wb")
