"""Which package a file came from, and whether it still is what came.

dpkg keeps the names (``info/*.list``) and MD5 sums (``info/*.md5sums``) of its packages' files, but not their
permissions, except for those an administrator set (``statoverride``, dpkg-statoverride(1)). rpm is asked
(``rpm -qf``): it knows the permissions, and ``rpm -Vf`` says which files changed.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable

import msgspec

from collectors.host.protocol import Host, LookError, NotThere, Unsupported, read_optional

DPKG = "/var/lib/dpkg"
INFO = f"{DPKG}/info"
LIMIT = 64 << 20
_MARKS = frozenset("SM5DLUGTP.?")
_FORMAT = "[%{=NAME}\\t%{FILEMODES:octal}\\t%{FILENAMES}\\n]"


class Owned(msgspec.Struct, frozen=True):
    """What a database says of one file: its package ("" for none); whether content and mode are the package's,
    None where the database does not know."""

    package: str
    content: bool | None = None
    mode: bool | None = None


def ask(host: Host, files: dict[str, int]) -> dict[str, Owned]:
    """What is known of these files (path to permission bits). Raises ``Unsupported`` where there is no
    database, or none that can be asked."""
    if not files:
        return {}
    try:
        names = host.list(INFO)
    except NotThere:
        return _rpm(host, files)
    return _dpkg(host, names, files)


def _dpkg(host: Host, names: list[str], files: dict[str, int]) -> dict[str, Owned]:
    spellings = {one.encode("utf-8", "surrogateescape"): path for path in files for one in spelled(path)}
    owners: dict[str, str] = {}
    for name in names:
        if not name.endswith(".list"):
            continue
        for line in host.read_bytes(f"{INFO}/{name}").split(b"\n"):
            if line in spellings:
                owners[spellings[line]] = name.removesuffix(".list")
    overrides = statoverride(read_optional(host, f"{DPKG}/statoverride") or "")
    said = {}
    for path, mode in files.items():
        package = owners.get(path, "")
        wanted = next((overrides[one] for one in spelled(path) if one in overrides), None)
        said[path] = Owned(package.partition(":")[0], _unchanged(host, package, path) if package else None,
                           None if wanted is None else wanted == mode)
    return said


def spelled(path: str) -> list[str]:
    """A path as packages may spell it: /usr/bin/su was /bin/su before the directories were merged."""
    return [path, path.removeprefix("/usr")] if path.startswith(("/usr/bin/", "/usr/sbin/", "/usr/lib")) else [path]


def statoverride(text: str) -> dict[str, int]:
    """The permission bits by path that an administrator or a package set. Pure."""
    lines = [line.split(None, 3) for line in text.splitlines()]
    return {line[3]: int(line[2], 8) for line in lines if len(line) == 4 and set(line[2]) <= set("01234567")}


def _unchanged(host: Host, package: str, path: str) -> bool | None:
    sums = read_optional(host, f"{INFO}/{package}.md5sums")
    wanted = md5sums(sums or "", spelled(path))
    if not wanted:
        return None
    digest = hashlib.md5(host.read_bytes(path, limit=LIMIT), usedforsecurity=False)
    return digest.hexdigest() == wanted


def md5sums(text: str, paths: Iterable[str]) -> str:
    """The sum that a package's list holds for a file under any of its paths, "" if none. Pure."""
    wanted = {path.removeprefix("/") for path in paths}
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        if name in wanted:
            return digest
    return ""


def _rpm(host: Host, files: dict[str, int]) -> dict[str, Owned]:
    if host.kind != "live":
        raise Unsupported("only rpm itself says which package a file came from, and it cannot be run here")
    try:
        paths, ok = sorted(files), tuple(range(256))
        said = rpm_files(host.run("rpm", "-qf", "--qf", _FORMAT, *paths, timeout=60.0, ok=ok).stdout)
        changed = rpm_changes(
            host.run("rpm", "-Vf", "--nodeps", "--noscripts", *paths, timeout=60.0, ok=ok).stdout)
    except NotThere as error:
        raise Unsupported("there is no database of packages that can be asked") from error
    found = {}
    for path, mode in files.items():
        package, wanted = next((said[one] for one in spelled(path) if one in said), ("", 0))
        marks = next((changed[one] for one in spelled(path) if one in changed), "")
        found[path] = Owned(package, None if not package or "?" in marks else "5" not in marks,
                            wanted == mode if package else None)
    return found


def rpm_files(text: str) -> dict[str, tuple[str, int]]:
    """Package and permission bits by path, from our own format of ``rpm -qf``. Pure."""
    found = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[1] and set(parts[1]) <= set("01234567"):
            found[parts[2]] = (parts[0], int(parts[1], 8) & 0o7777)
    return found


def rpm_changes(text: str) -> dict[str, str]:
    """What ``rpm -V`` found changed, by path: ``S.5....T.`` and its kin, or ``missing``. Pure."""
    found = {}
    for line in text.splitlines():
        marks, _, rest = line.partition(" ")
        if "/" in rest and (marks == "missing" or set(marks) <= _MARKS):
            found[rest[rest.find("/"):]] = marks
    return found


def state(host: Host) -> str:
    """What changes whenever a package is installed or removed; "" where that cannot be told."""
    for path in (f"{DPKG}/status", "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite",
                 "/usr/lib/sysimage/rpm/Packages.db", "/var/lib/rpm/Packages"):
        try:
            found = host.stat(posixpath.normpath(path))
        except LookError:
            continue
        return f"{path} {found.mtime.isoformat()} {found.size}"
    return ""
