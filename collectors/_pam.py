"""PAM stacks: which modules a service runs, in order, with everything it includes (pam.d(5)).

A service's own file in ``/etc/pam.d`` wins over the distribution's in ``/usr/lib/pam.d`` and, on SUSE,
``/usr/etc/pam.d``. What a stack comes to is for ``_pam_walk`` to say.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from collectors.host.protocol import NotThere

PLACES = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
"""Where libpam looks for a service's file, in that order."""
DEPTH = 16
_ENTRY = re.compile(
    r"(?P<dash>-?)(?P<kind>auth|account|password|session)\s+(?P<control>\[[^\]]*\]|\S+)\s+(?P<module>\S+)\s*(?P<rest>.*)\Z",
    re.IGNORECASE,
)


class StackFault(ValueError):
    """A line PAM would not understand."""


@dataclass(frozen=True, slots=True)
class Entry:
    kind: str
    """``auth``, ``account``, ``password`` or ``session``."""
    control: str
    """``required``, ``requisite``, ``sufficient``, ``optional`` or the bracketed form."""
    module: str
    """The module's base name without ``.so``."""
    arguments: tuple[str, ...]
    file: str
    line: int
    within: tuple[str, ...] = ()
    """The substacks it stands in, from the outside: what ends a substack ends no more than that."""
    may_be_missing: bool = False
    """Whether the line begins with ``-``: without its module, libpam passes it over."""

    @property
    def enforced(self) -> bool:
        """Whether a failure of this module makes the whole stack fail."""
        if self.control in ("required", "requisite"):
            return True
        return self.actions.get("default") in ("bad", "die")

    @property
    def actions(self) -> dict[str, str]:
        """What follows which answer of the module, from the bracketed form of its control."""
        return dict(pair.split("=", 1) for pair in self.control.strip("[]").split() if "=" in pair)

    def value(self, name: str) -> str | None:
        """The value of ``name=value``; the last one wins."""
        found = [one.partition("=")[2] for one in self.arguments if one.startswith(f"{name}=")]
        return found[-1] if found else None


def passed_by(entries: list[Entry], index: int) -> bool:
    """Whether a module before ``entries[index]`` (all of one kind) may end its stack with success or jump over it."""
    for before, entry in enumerate(entries[:index]):
        if entries[index].within[:len(entry.within)] != entry.within:
            continue
        jumps = [int(action) for action in entry.actions.values() if action.isdigit()]
        if entry.control == "sufficient" or "done" in entry.actions.values() or before + max(jumps, default=0) >= index:
            return True
    return False


def stack(read: Callable[[str], str], service: str) -> list[Entry]:
    """Every entry of a service. ``read`` gives a file's text; what it raises passes through (``NotThere``
    names the first of ``PLACES``).

    Raises ``StackFault`` for a line that is not PAM's.
    """
    return list(_file(read, service, "", 0, ()))


def _found(read: Callable[[str], str], name: str) -> tuple[str, str]:
    """The path and text of a service's file, or of one that is included."""
    missing: NotThere | None = None
    for path in [name] if name.startswith("/") else [posixpath.join(place, name) for place in PLACES]:
        try:
            return path, read(path)
        except NotThere as error:
            missing = missing or error
    raise missing or NotThere(name)


def _file(read: Callable[[str], str], service: str, kind: str, depth: int,
          within: tuple[str, ...]) -> list[Entry]:
    if depth > DEPTH:
        raise StackFault(f"{service} is included more than {DEPTH} levels deep")
    found: list[Entry] = []
    path, text = _found(read, service)
    for number, line in _lines(text):
        if line.startswith("@include"):
            name = line.split()[1] if len(line.split()) > 1 else ""
            found += _file(read, name, kind, depth + 1, within)
            continue
        match = _ENTRY.match(line)
        if not match:
            raise StackFault(f"{path}:{number}: {line[:60]!r} is not a PAM rule")
        own = match["kind"].lower()
        if kind and own != kind:
            continue
        if match["control"] in ("include", "substack"):
            inner = (*within, f"{path}:{number}") if match["control"] == "substack" else within
            found += _file(read, match["module"], own, depth + 1, inner)
            continue
        module = posixpath.basename(match["module"]).removesuffix(".so")
        arguments = tuple(one.strip("[]") for one in re.findall(r"\[[^\]]*\]|\S+", match["rest"]))
        found.append(Entry(own, match["control"], module, arguments, path, number, within, bool(match["dash"])))
    return found


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines without comments, joined where a backslash ends them."""
    found, first, joined = [], 0, ""
    for number, raw in enumerate(text.split("\n"), 1):
        first = first or number
        joined += raw.partition("#")[0].rstrip()
        if raw.rstrip().endswith("\\") and "#" not in raw:
            joined = joined[:-1] + " "
            continue
        if joined.strip():
            found.append((first, joined.strip()))
        first, joined = 0, ""
    if joined.strip():
        found.append((first, joined.strip()))
    return found
