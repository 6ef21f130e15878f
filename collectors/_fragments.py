"""Directories of configuration fragments as systemd, kmod and procps read them.

A file hides one of its name in a directory of lower rank, whatever it contains; a link to ``/dev/null``
hides it and says nothing itself. What is left is read in the byte order of the names (sysctl.d(5),
modprobe.d(5), systemd.unit(5)). ``/run`` is empty again at the next start, so an image has none.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from collectors._systemd import entry
from collectors.host.protocol import FileKind, Host, list_optional, read_optional


def fragments(host: Host, directories: Iterable[str], suffix: str = ".conf") -> list[str]:
    """The paths in force, in reading order; ``directories`` come by rank, the highest first."""
    found: dict[str, str] = {}
    for directory in present(host, directories):
        for name in list_optional(host, directory):
            if name.endswith(suffix):
                found.setdefault(name, posixpath.join(directory, name))
    return [found[name] for name in sorted(found, key=str.encode) if not masked(host, found[name])]


def present(host: Host, directories: Iterable[str]) -> list[str]:
    """The directories that this kind of host can have."""
    return [one for one in directories if host.kind != "image" or not one.startswith("/run/")]


def masked(host: Host, path: str) -> bool:
    """Whether ``path`` is a link to ``/dev/null``."""
    there = entry(host, path)
    return there is not None and there.kind is FileKind.LINK and there.target.endswith("/dev/null")


def text_of(host: Host, path: str) -> str:
    """A file's text; "" if it is masked, does not exist or is a link to nothing."""
    return "" if masked(host, path) else read_optional(host, path) or ""


def settings(text: str, section: str) -> list[tuple[str, str]]:
    """``(key, value)`` of every assignment in one section of a systemd configuration file (systemd.syntax(7)),
    in order; comments begin with ``#`` or ``;``, a backslash at the end continues a line."""
    found: list[tuple[str, str]] = []
    here = ""
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            here = line[1:-1]
        elif here == section and "=" in line:
            key, _, value = line.partition("=")
            found.append((key.strip(), value.strip()))
    return found
