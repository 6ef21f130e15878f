"""file_permissions: who may read and change the files that decide about access.

Looks at permission bits and owners; access lists (ACLs) are not read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from collectors import _passwd
from collectors._glob import expand
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
    Type,
    gather,
)
from collectors.host.protocol import FileKind, Host, LookError, NotThere, Stat, read_optional
from hustings.declared import Declared

CRITICAL = {
    "accounts": ("/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-"),
    "secrets": ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd",
                "/etc/ssh/ssh_host_*_key"),
    "rights": ("/etc/sudoers", "/etc/sudoers.d", "/etc/sudoers.d/*", "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d",
               "/etc/ssh/sshd_config.d/*", "/etc/pam.d", "/etc/pam.d/*", "/etc/security"),
    "schedule": ("/etc/crontab", "/etc/cron.d", "/etc/cron.d/*", "/etc/cron.hourly", "/etc/cron.daily",
                 "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.*/*", "/var/spool/cron/crontabs",
                 "/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny"),
}
"""The files looked at, by what they decide."""
TREES = ("/etc", "/usr/local/bin", "/usr/local/sbin", "/usr/local/etc")
LIMIT = 20_000
"""Entries looked at in each tree."""


def collect(host: Host, declared: Declared) -> Collected:
    return gather({
        ("files.critical",): lambda: {"files.critical": _critical(host)},
        ("files.world_writable",): lambda: {"files.world_writable": _world_writable(host)},
        ("files.umask",): lambda: {"files.umask": umask(read_optional(host, "/etc/login.defs") or "")},
    })


def _critical(host: Host) -> Listing:
    groups = {one.gid: one.name for one in _passwd.group(host.read("/etc/group"))[0]}
    found, why, seen = [], None, set()
    for decides, patterns in CRITICAL.items():
        for pattern in patterns:
            try:
                paths = expand(host, pattern)
            except LookError as error:
                why = error.missing
                continue
            for path in paths:
                if path in seen:
                    continue
                seen.add(path)
                try:
                    found.append(record(path, decides, _followed(host, path), groups))
                except LookError as error:
                    why = error.missing
    return Listing(found, why is None, why)


def _followed(host: Host, path: str) -> Stat:
    stat = host.stat(path)
    return host.stat(host.resolve(path)) if stat.kind is FileKind.LINK else stat


def record(path: str, decides: str, stat: Stat, groups: dict[int, str]) -> dict[str, object]:
    """One file's permissions as a record of ``files.critical``. Pure."""
    return {
        "path": path, "decides": decides, "mode": f"{stat.mode:04o}", "uid": stat.uid,
        "group": groups.get(stat.gid, str(stat.gid)), "directory": stat.kind is FileKind.DIRECTORY,
        "group_reads": bool(stat.mode & 0o040), "group_writes": bool(stat.mode & 0o020),
        "others_read": bool(stat.mode & 0o004), "others_write": bool(stat.mode & 0o002),
    }


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


def umask(login_defs: str) -> object:
    """The mask new files get, as four octal digits. Pure."""
    text = _passwd.login_defs(login_defs).get("UMASK", "")
    return f"{int(text, 8):04o}" if text and set(text) <= set("01234567") else ABSENT


FACTS = (
    Fact("files.critical", Type.RECORDS, "The files that decide who gets in, and who may read and change them",
         Disclosure.SHARED, fields=(
             Field("path", Type.TEXT, "The file"),
             Field("decides", Type.TEXT, "accounts, secrets, rights or schedule"),
             Field("mode", Type.TEXT, "The permission bits in octal"),
             Field("uid", Type.INT, "The owner's number"),
             Field("group", Type.TEXT, "The group's name, or its number"),
             Field("directory", Type.BOOL, "Whether it is a directory"),
             Field("group_reads", Type.BOOL, "Whether its group may read it"),
             Field("group_writes", Type.BOOL, "Whether its group may change it"),
             Field("others_read", Type.BOOL, "Whether everybody may read it"),
             Field("others_write", Type.BOOL, "Whether everybody may change it"),
         )),
    Fact("files.world_writable", Type.RECORDS, "Files below /etc and in the bin, sbin and etc of /usr/local that "
         "everybody may change, and directories without the sticky bit", Disclosure.COUNTED, fields=(
             Field("path", Type.TEXT, "The file"),
             Field("mode", Type.TEXT, "The permission bits in octal"),
             Field("directory", Type.BOOL, "Whether it is a directory"),
             Field("tree", Type.TEXT, "/etc or /usr"),
         )),
    Fact("files.umask", Type.TEXT, "The mask that login.defs gives new files; absent: not stated", Disclosure.SHARED),
)

COLLECTOR = Collector(
    name="file_permissions",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=("/etc/", "/usr/local/bin/", "/usr/local/sbin/", "/usr/local/etc/", "/var/spool/cron/crontabs"),
    needs="listing every directory below /etc needs root",
)
