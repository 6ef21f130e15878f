"""A disk that can be filled."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """A 4 MiB file system of its own."""
    place = tmp_path / "small"

    def make() -> Path:
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)],
                          capture_output=True, check=False).returncode:
            pytest.skip("mounting a small file system needs root")
        return place

    yield make
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)
