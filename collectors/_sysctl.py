"""Which kernel settings are written down, and which of them win at the next start.

systemd-sysctl(8) reads sysctl.d(5) alone; ``/etc/sysctl.conf`` counts there only through a link such as
``/etc/sysctl.d/99-sysctl.conf``. procps' ``sysctl --system`` and OpenRC read it last of all.
ufw loads a file of its own when it is switched on, at no fixed moment beside the others.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from collectors._fragments import fragments, masked, present, text_of
from collectors._systemd import entry
from collectors.host.protocol import Host, NotThere, list_optional

CONF = "/etc/sysctl.conf"
DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
PACKAGED = ("/usr/lib/sysctl.d", "/lib/sysctl.d")
SYSTEMD = ("/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
UFW, UFW_DEFAULTS, UFW_SETTINGS = "/etc/ufw/ufw.conf", "/etc/default/ufw", "/etc/ufw/sysctl.conf"
READS = (CONF, *(f"{one}/" for one in DIRECTORIES), UFW, UFW_DEFAULTS, UFW_SETTINGS)


@dataclass(frozen=True, slots=True)
class Line:
    """One assignment. ``path`` is the setting below ``/proc/sys``, perhaps with wildcards; ``value`` is None
    where the line only keeps wildcards away from it."""

    path: str
    value: str | None
    source: str


def parse(text: str, source: str) -> list[Line]:
    """The assignments of one file (sysctl.d(5)): ``key = value``, ``-key = value`` whose failure is ignored,
    ``-key``; lines of another form are ignored, as the programs do."""
    lines = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        if equals:
            lines.append(Line(setting_path(key.strip().removeprefix("-").strip()), normal(value), source))
        elif line[0] == "-":
            lines.append(Line(setting_path(line[1:].strip()), None, source))
    return lines


def setting_path(key: str) -> str:
    """``net/ipv4/conf/eth0.2/forwarding`` from ``net.ipv4.conf.eth0/2.forwarding``: whichever of ``.`` and ``/``
    comes first separates (sysctl.d(5))."""
    dot, slash = key.find("."), key.find("/")
    if slash >= 0 and (dot < 0 or slash < dot):
        return key
    return key.translate(str.maketrans("./", "/."))


def normal(value: str) -> str:
    """A value as it compares: one blank between words, whole numbers in decimal (the kernel takes ``0x2``)."""
    value = " ".join(value.split())
    try:
        return str(int(value, 0))
    except ValueError:
        return value


def in_force(lines: Iterable[Line], path: str) -> Line | None:
    """The assignment that ``path`` gets: the last that names it, else the last wildcard that matches unless a
    line keeps wildcards away (sysctl.d(5))."""
    named = wild = None
    kept = False
    for line in lines:
        if line.path == path:
            named, kept = (line, kept) if line.value is not None else (named, True)
        elif line.value is not None and any(sign in line.path for sign in "*?[") and _matches(line.path, path):
            wild = line
    return named or (None if kept else wild)


def _matches(pattern: str, path: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def at_start(host: Host) -> list[list[Line]]:
    """What is applied at the next start, in reading order; each list by a program whose turn is not fixed
    beside the other's: the system's own files, and ufw's."""
    applied = [[line for path in fragments(host, DIRECTORIES) for line in parse(text_of(host, path), path)]]
    if not any(entry(host, path) is not None for path in SYSTEMD):
        applied[0] += parse(text_of(host, CONF), CONF)
    if _assigned(text_of(host, UFW), "ENABLED").lower() == "yes":
        path = _assigned(text_of(host, UFW_DEFAULTS), "IPT_SYSCTL") or UFW_SETTINGS
        if path == UFW_SETTINGS:
            applied.append(parse(text_of(host, path), path))
    return applied


def written(host: Host) -> list[Line]:
    """Every assignment in every file, hidden or not, in no order that means anything."""
    paths = [posixpath.join(directory, name) for directory in present(host, DIRECTORIES)
             for name in list_optional(host, directory) if name.endswith(".conf")]
    unique = dict.fromkeys(host.resolve(path) for path in [*paths, CONF]
                           if not masked(host, path) and _leads_somewhere(host, path))
    return [line for real in unique for line in parse(text_of(host, real), real)]


def _leads_somewhere(host: Host, path: str) -> bool:
    try:
        host.resolve(path)
    except NotThere:
        return False
    return True


def _assigned(text: str, name: str) -> str:
    """The last value that a shell file gives a variable, without its quotes."""
    value = ""
    for line in text.splitlines():
        key, equals, rest = line.strip().partition("=")
        if equals and key == name:
            value = rest.split("#", 1)[0].strip().strip("\"'")
    return value
