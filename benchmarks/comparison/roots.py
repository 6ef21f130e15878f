"""A disposable root: the base root with changes over it, in a mount namespace of its own."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.comparison.faults import Change

_CLONE_NEWNS = 0x00020000


def alone() -> None:
    """Give this process mounts of its own, so that nothing is left behind. Raises ``OSError`` without root."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "cannot have mounts of its own: run it as root")
    _mount("--make-rprivate", "/")


@contextmanager
def root_with(base: Path, changes: Iterable[Change]) -> Iterator[Path]:
    """``base`` with ``changes``, gone again afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        _mount("-t", "tmpfs", "scratch", scratch)
        try:
            upper, work, root = (Path(scratch, name) for name in ("upper", "work", "root"))
            for place in (upper, work, root):
                place.mkdir()
            layers = f"lowerdir={base},upperdir={upper},workdir={work}"
            _mount("-t", "overlay", "root", "-o", layers, str(root))
            for change in changes:
                change(root)
            yield root
            os.sync()
        finally:
            subprocess.run(["umount", "-R", "-l", scratch], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def bind(root: Path, *paths: str) -> None:
    """This machine's files at ``paths`` inside ``root`` too; gone with the root."""
    for path in paths:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if Path(path).is_dir():
            place.mkdir(exist_ok=True)
        else:
            place.touch()
        _mount("--rbind", path, str(place))
