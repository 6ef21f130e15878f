"""Output of real programs, captured on Debian 12 unless the name says otherwise."""

from __future__ import annotations

from pathlib import Path


def captured(name: str) -> str:
    """The text of one capture, by its path below this directory."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
