"""fstab(5) and systemd.mount(5): what will be mounted at the next start, and with which options."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\([0-7]{3})")
_OPPOSITES = {"dev": "nodev", "suid": "nosuid", "exec": "noexec", "rw": "ro", "auto": "noauto"}
_IMPLIED = {"user": ("noexec", "nosuid", "nodev"), "users": ("noexec", "nosuid", "nodev"),
            "owner": ("nosuid", "nodev"), "group": ("nosuid", "nodev")}


@dataclass(frozen=True, slots=True)
class Planned:
    """A mount that is written down."""

    source: str
    path: str
    fstype: str
    options: frozenset[str]
    """What is in force of the options written (see ``effective``)."""
    where: str
    """The file that says so."""


def parse_fstab(text: str, where: str = "/etc/fstab") -> list[Planned]:
    """The mounts of an fstab. Comments, swap and lines of fewer than three fields mount nothing."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith("#") or fields[2] == "swap" or fields[1] in ("none", "swap"):
            continue
        options = fields[3] if len(fields) > 3 else "defaults"
        path = posixpath.normpath(_unescape(fields[1]))
        found.append(Planned(_unescape(fields[0]), path, fields[2], effective(options), where))
    return found


def parse_unit(settings: list[tuple[str, str]], where: str) -> Planned | None:
    """The mount of a unit's ``[Mount]`` section; None where it does not say what to mount on what."""
    said = dict(settings)
    if not said.get("What") or not said.get("Where"):
        return None
    return Planned(said["What"], posixpath.normpath(said["Where"]), said.get("Type", "auto"),
                   effective(said.get("Options", "")), where)


def effective(options: str) -> frozenset[str]:
    """The options in force of a list: a later one undoes its opposite, and ``user`` and its kin imply others
    (mount(8))."""
    held: set[str] = set()
    for option in options.split(","):
        if option in _OPPOSITES:
            held.discard(_OPPOSITES[option])
        elif option and option != "defaults":
            held |= {option, *_IMPLIED.get(option, ())}
    return frozenset(held)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)
