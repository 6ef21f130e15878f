"""Recorded states of a root file system: reading them, and laying one over a disposable root."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEVELOPMENT = Path(__file__).parents[3] / "shared/data/scenarios/development.jsonl"
OWN = Path(__file__).parent / "own"


@dataclass(frozen=True)
class Scenario:
    """A state and the verdict its authors gave it. ``variables`` are the thresholds it was judged with."""

    rule: str
    name: str
    expect: str
    variables: dict[str, str]
    entries: tuple[dict[str, Any], ...]

    @property
    def id(self) -> str:
        return f"{self.rule}/{self.name}"


def read(path: Path) -> list[Scenario]:
    """Every scenario of a file with one JSON object a line."""
    return [_scenario(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _scenario(said: dict[str, Any]) -> Scenario:
    return Scenario(said["rule"], said["scenario"], said["expect"], variables(said.get("variables") or ""),
                    tuple(said["state"]))


def variables(text: str) -> dict[str, str]:
    """``a=1,b=2,3`` as ``{"a": "1", "b": "2,3"}``: a comma ends a value only before another name."""
    parts = re.split(r",(?=[A-Za-z_]\w*=)", text) if text else []
    return dict(part.split("=", 1) for part in parts)


def lay(root: Path, entries: tuple[dict[str, Any], ...], *, owners: bool = True) -> None:
    """Make ``root`` differ as ``entries`` say, ``owners`` left as they come where an ordinary user lays them.

    Raises ``ValueError`` for an entry outside ``root``.
    """
    for entry in entries:
        _lay(_inside(root, entry["path"]), entry, owners)


def _inside(root: Path, path: str) -> Path:
    """``path`` in ``root``, with links on the way resolved inside it."""
    place = root
    for part in Path(path).parts[1:-1]:
        place /= part
        if place.is_symlink():
            target = place.readlink()
            place = _inside(root, str(target)) if target.is_absolute() else place.parent / target
    if not place.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"{path} lies outside the root")
    return place / Path(path).name


def _lay(place: Path, entry: dict[str, Any], owners: bool) -> None:
    if entry.get("absent"):
        _remove(place)
        return
    if entry.get("content") != "unchanged":
        _fill(place, entry)
    if owners and "uid" in entry:
        os.chown(place, entry["uid"], entry["gid"], follow_symlinks=False)
    if "mode" in entry and not place.is_symlink():
        place.chmod(int(entry["mode"], 8))


def _fill(place: Path, entry: dict[str, Any]) -> None:
    kind = entry["type"]
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "dir":
        if entry.get("replaces") or (place.is_symlink() or (place.exists() and not place.is_dir())):
            _remove(place)
        place.mkdir(exist_ok=True)
        return
    _remove(place)
    if kind == "link":
        place.symlink_to(entry["target"])
    elif kind == "special":
        os.mkfifo(place)
    elif entry.get("content") == "too large":
        place.touch()
        os.truncate(place, entry["size"])
    else:
        place.write_bytes(base64.b64decode(entry["base64"]) if "base64" in entry else entry["text"].encode())


def _remove(place: Path) -> None:
    try:
        kind = place.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(kind):
        shutil.rmtree(place)
    else:
        place.unlink()
