"""file_permissions: who may read and change the files that decide about access, logs and the boot.

Looks at permission bits and owners of the paths in ``_guarded``; access lists (ACLs) are not read.
A link is judged by what it points to, among logs it is left out: programs link theirs to /dev/null.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from collectors import _passwd
from collectors._glob import expand
from collectors._guarded import AUDIT_RECORDS, PURPOSES, Sets
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import FileKind, Host, LookError, NotThere, Stat, read_optional
from hustings.declared import Declared

TREES = ("/etc", "/usr/local/bin", "/usr/local/sbin", "/usr/local/etc")
LIMIT = 20_000
"""Entries looked at in each tree."""
AUDITD_CONF = "/etc/audit/auditd.conf"


def collect(host: Host, declared: Declared) -> Collected:
    parts: dict[tuple[str, ...], Callable[[], Collected]] = {
        (f"files.{purpose}",): partial(_of_purpose, host, purpose) for purpose in PURPOSES}
    return gather({
        **parts,
        ("files.audit_records", "files.audit_log_group"): lambda: _audit_records(host),
        ("files.world_writable",): lambda: {"files.world_writable": _world_writable(host)},
    })


def _of_purpose(host: Host, purpose: str) -> Collected:
    logs = purpose == "logs"
    return {f"files.{purpose}": guarded(host, PURPOSES[purpose], links=not logs, apart=AUDIT_RECORDS if logs else "")}


class Names:
    """The names of accounts and groups, and numbers where there is none."""

    def __init__(self, host: Host) -> None:
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}
        for account in _passwd.passwd(host.read("/etc/passwd"))[0]:
            self._users.setdefault(account.uid, account.name)
        for group in _passwd.group(host.read("/etc/group"))[0]:
            self._groups.setdefault(group.gid, group.name)

    def user(self, uid: int) -> str:
        return self._users.get(uid, str(uid))

    def group(self, gid: int) -> str:
        return self._groups.get(gid, str(gid))


def guarded(host: Host, sets: Sets, *, links: bool = True, apart: str = "") -> Listing:
    """Every existing path of ``sets`` as a record; not whole where one could not be looked at. ``links``
    are judged by what they lead to or left out; what is below the directory ``apart`` is left out."""
    names = Names(host)
    found, why = [], None
    seen: set[str] = set()
    for name, patterns in sets.items():
        for pattern in patterns:
            try:
                for path, stat in _matching(host, pattern):
                    if path in seen or (apart and f"{path}/".startswith(f"{apart}/")):
                        continue
                    seen.add(path)
                    stat = _followed(host, path, stat) if links else stat
                    if stat.kind in (FileKind.FILE, FileKind.DIRECTORY):
                        found.append(record(path, name, stat, names))
            except LookError as error:
                why = error.missing
    return Listing(found, why is None, why)


def _matching(host: Host, pattern: str) -> Iterator[tuple[str, Stat]]:
    if pattern.endswith("/**"):
        try:
            yield from host.walk(pattern.removesuffix("/**"), limit=LIMIT)
        except NotThere:
            return
        return
    for path in expand(host, pattern):
        try:
            yield path, host.stat(path)
        except NotThere:
            continue  # removed since its directory was listed


def _followed(host: Host, path: str, stat: Stat) -> Stat:
    """What a link leads to; the link itself where it leads nowhere."""
    if stat.kind is not FileKind.LINK:
        return stat
    try:
        return host.stat(host.resolve(path))
    except NotThere:
        return stat


def record(path: str, of: str, stat: Stat, names: Names) -> dict[str, object]:
    """One file's owner and permissions. Pure."""
    return {
        "path": path, "set": of, "mode": f"{stat.mode:04o}", "uid": stat.uid, "owner": names.user(stat.uid),
        "group": names.group(stat.gid), "directory": stat.kind is FileKind.DIRECTORY,
    }


def _audit_records(host: Host) -> Collected:
    settings = auditd_conf(read_optional(host, AUDITD_CONF) or "")
    place = posixpath.dirname(settings.get("log_file", f"{AUDIT_RECORDS}/audit.log"))
    group: Collected = {"files.audit_log_group": settings.get("log_group", ABSENT)}
    if not place.startswith("/var/log/"):
        missing = Missing(Reason.UNSUPPORTED, f"the audit daemon writes to {place}, which is not looked at")
        return group | {"files.audit_records": missing}
    return group | {"files.audit_records": guarded(host, {"directory": (place,), "records": (f"{place}/*",)})}


def auditd_conf(text: str) -> dict[str, str]:
    """The settings of auditd.conf(5): ``name = value`` lines, the last one wins. Pure."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("#")[0].partition("=")
        if equals:
            found[name.strip().lower()] = value.strip()
    return found


def _world_writable(host: Host) -> Listing:
    found: list[dict[str, object]] = []
    why: Missing | None = None
    for tree in TREES:
        try:
            for one in world_writable(_entries(host, tree)):
                found.append(one)
        except NotThere:
            continue
        except LookError as error:
            why = error.missing
    return Listing(found, why is None, why)


def _entries(host: Host, tree: str) -> Iterator[tuple[str, Stat]]:
    yield tree, host.stat(tree)
    yield from host.walk(tree, limit=LIMIT)


def world_writable(entries: Iterable[tuple[str, Stat]]) -> Iterator[dict[str, object]]:
    """What anybody may change: files, and directories without the sticky bit. Links have no mode of
    their own; sockets and devices are not looked at. Pure."""
    for path, stat in entries:
        if stat.mode & 0o002 and (stat.kind is FileKind.FILE
                                  or (stat.kind is FileKind.DIRECTORY and not stat.mode & 0o1000)):
            yield {"path": path, "mode": f"{stat.mode:04o}", "directory": stat.kind is FileKind.DIRECTORY,
                   "tree": "/" + posixpath.relpath(path, "/").split("/")[0]}


FIELDS = (
    Field("path", Type.TEXT, "The file"),
    Field("set", Type.TEXT, "Which of the fact's sets of files it belongs to"),
    Field("mode", Type.TEXT, "The permission bits in octal"),
    Field("uid", Type.INT, "The owner's number"),
    Field("owner", Type.TEXT, "The owner's name, or number"),
    Field("group", Type.TEXT, "The group's name, or number"),
    Field("directory", Type.BOOL, "Whether it is a directory"),
)
_MEANINGS = {
    "accounts": "Owner and permissions of the lists of accounts, groups and shells",
    "secrets": "Owner and permissions of the files that hold password hashes and private keys",
    "rights": "Owner and permissions of the rules of sudo, sshd and PAM",
    "schedule": "Owner and permissions of scheduled jobs and of the lists of who may schedule any",
    "boot": "Owner and permissions of the boot loader's configuration and the kernels' symbol tables",
    "network": "Owner and permissions of firewall and IPsec rules",
    "kernel": "Owner and permissions of kernel settings and of SELinux' configuration",
    "audit_configuration": "Owner and permissions of the audit daemon's configuration and rules",
    "audit_tools": "Owner and permissions of the programs that read and keep the records of events",
    "banners": "Owner and permissions of the texts shown at sign-in",
    "logs": "Owner and permissions of everything below /var/log but the audit daemon's records; links are left out",
}
FACTS = (
    *(Fact(f"files.{purpose}", Type.RECORDS, f"{_MEANINGS[purpose]}, in sets: {', '.join(PURPOSES[purpose])}",
           Disclosure.COUNTED if purpose == "logs" else Disclosure.SHARED, fields=FIELDS) for purpose in PURPOSES),
    Fact("files.audit_records", Type.RECORDS, "Owner and permissions of the audit daemon's records and their "
         "directory (log_file of auditd.conf), in sets: directory, records", Disclosure.SHARED, fields=FIELDS),
    Fact("files.audit_log_group", Type.TEXT, "The group that auditd.conf gives the records to (log_group); "
         "absent: not stated, which is root", Disclosure.SHARED),
    Fact("files.world_writable", Type.RECORDS, "Files below /etc and in the bin, sbin and etc of /usr/local that "
         "everybody may change, and directories without the sticky bit", Disclosure.COUNTED, fields=(
             Field("path", Type.TEXT, "The file"),
             Field("mode", Type.TEXT, "The permission bits in octal"),
             Field("directory", Type.BOOL, "Whether it is a directory"),
             Field("tree", Type.TEXT, "/etc or /usr"),
         )),
)

COLLECTOR = Collector(
    name="file_permissions",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=("/etc/passwd", "/etc/group", "/etc/login.defs", AUDITD_CONF),
    stats=("/etc/", "/usr/local/bin/", "/usr/local/sbin/", "/usr/local/etc/", "/var/log/",
           *sorted({path for purpose, sets in PURPOSES.items() if purpose != "logs"
                    for patterns in sets.values() for path in patterns if not path.startswith("/etc/")})),
    needs="listing every directory below /etc and /var/log needs root",
)
