"""sweep: what only a look at every file tells: set-id programs, what everybody may change, what nobody owns.

One walk over all local file systems serves every question. It takes its time, so it is only made when
asked for (``exhaustive``). With a memory of the last one, directories that are as they were are not looked into
again; since a changed owner or permission of a file leaves no mark there, such facts keep the date of the
last look at everything, which is made again after a day. Cut short, every fact says so.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from collectors._package_files import DPKG, Owned, ask, state
from collectors._sweep_memory import SCHEMA, Head, Packages, Writer, again, read_head
from collectors._sweep_places import MOUNTINFO, places
from collectors._sweep_walk import MOST, Known, Note, Seen, Walk
from collectors.accounts import sources
from collectors.base import (
    Collected,
    Collector,
    Dated,
    Disclosure,
    Fact,
    Field,
    Listing,
    Memory,
    Missing,
    Platform,
    Reason,
    Type,
)
from collectors.homes import People, people
from collectors.host.protocol import Host, LookError, read_optional
from hustings import __version__
from hustings.declared import Declared

FULL_EVERY = timedelta(hours=23, minutes=30)
SYSTEM_GID = 1000
"""Groups below this number are the system's (login.defs, GID_MIN)."""
_LOCAL = frozenset({"files", "systemd", "compat", "altfiles"})
_CAPABILITY_NAMES = """
    chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
    net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
    sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
    mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"""
_CAPABILITIES = tuple(_CAPABILITY_NAMES.split())


@dataclass
class Found:
    """What the walk's notes amount to, path by path."""

    notes: dict[str, list[tuple[str, Note]]] = field(default_factory=dict)
    homes: dict[tuple[str, int, int, int], tuple[int, str]] = field(default_factory=dict)

    def add(self, seen: Seen, homes: Iterable[str]) -> None:
        for note in seen.notes:
            path = posixpath.join(seen.path, note.name) if note.name else seen.path
            if note.kind != "home":
                of_kind = self.notes.setdefault(note.kind, [])
                if len(of_kind) <= MOST:
                    of_kind.append((path, note))
                continue
            for home in homes:
                if seen.path == home or seen.path.startswith(f"{home}/"):
                    key = (home, note.mode, note.uid, note.gid)
                    count, example = self.homes.get(key, (0, path))
                    self.homes[key] = (count + note.count, example)


def collect(host: Host, declared: Declared) -> Collected:
    return recall(host, declared, Memory())


def recall(host: Host, declared: Declared, memory: Memory) -> Collected:
    """The facts, by a look at everything or, with a memory younger than a day, at what changed."""
    everyone, chosen = people(host), places(host)
    homes = tuple(posixpath.normpath(one.home) for one in everyone.homes
                  if everyone.person(one) and one.home.count("/") >= 2)
    known = Known(everyone.uids, everyone.gids, homes, frozenset(one.path for one in chosen if one.path != "/"))
    key = _digest(SCHEMA, host.read("/etc/passwd"), host.read("/etc/group"), *map(str, sorted(chosen)), __version__)
    now = host.now()
    head = read_head(memory.before, key)
    if head is not None and not timedelta(0) <= now - head.full < FULL_EVERY:
        head = None
    walk, found = Walk(host, known), Found()
    writer = Writer(memory.after, head or Head(SCHEMA, key, now))
    kept: Packages | None = None
    if head is not None and memory.before is not None:
        kept = yield_all(again(walk, memory.before, writer), found, homes)
    else:
        for seen in walk.below(one.path for one in chosen if not one.why):
            writer.add(seen)
            found.add(seen, homes)
    why = walk.why or next((Missing(Reason.UNSUPPORTED, f"{one.path} was not looked through: {one.why}")
                            for one in chosen if one.missed), None)
    packages = _packages(host, found, kept)
    if walk.why is None and not isinstance(packages, Missing):
        writer.end(packages)
    said = _facts(found, everyone, homes, why, packages, _other_sources(host))
    said["sweep.places"] = Listing([
        {"path": one.path, "type": one.type, "looked": not one.why, "why": one.why} for one in chosen])
    said["sweep.entries"] = walk.entries
    return {name: Dated(value, head.full if head else now) for name, value in said.items()}


def yield_all(looks: Iterator[Seen], found: Found, homes: tuple[str, ...]) -> Packages | None:
    """Add all that is seen; what the looks return in the end."""
    while True:
        try:
            found.add(next(looks), homes)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def _packages(host: Host, found: Found, kept: Packages | None) -> Packages | Missing:
    """What the package database says of the set-id files; what was kept of that if neither changed since."""
    set_id = dict(found.notes.get("set-id", ()))
    files = [f"{path} {note.mode} {note.changed}" for path, note in sorted(set_id.items())]
    key = _digest(state(host), *files)
    if kept is not None and kept.key == key:
        return kept
    try:
        return Packages(key, ask(host, {path: note.mode & 0o7777 for path, note in set_id.items()}))
    except LookError as error:
        return error.missing


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _other_sources(host: Host) -> list[str]:
    """Where accounts come from besides this machine's own files."""
    return [one for one in sources(read_optional(host, "/etc/nsswitch.conf")) if one not in _LOCAL]


def _facts(found: Found, everyone: People, homes: tuple[str, ...], why: Missing | None, packages: Packages | Missing,
           others: list[str]) -> dict[str, Any]:
    names = {one.uid: one.name for one in reversed(everyone.accounts)}
    groups = {one.gid: one.name for one in reversed(everyone.groups)}

    def base(path: str, note: Note) -> dict[str, Any]:
        return {"path": path, "mode": f"{note.mode & 0o7777:04o}", "uid": note.uid,
                "owner": names.get(note.uid, str(note.uid)), "group": groups.get(note.gid, str(note.gid)),
                "directory": note.mode & 0o170000 == 0o040000}

    def group_is(gid: int) -> str:
        return "nobody" if gid not in groups else "root" if gid == 0 else "system" if gid < SYSTEM_GID else "person"

    def listing(items: list[dict[str, Any]], beside: Missing | None = None) -> Listing:
        reason = Missing(Reason.TRUNCATED, f"there are more than {MOST}") if len(items) > MOST else why or beside
        return Listing(items[:MOST], reason is None, reason)

    def noted(kind: str) -> list[tuple[str, Note]]:
        return sorted(found.notes.get(kind, ()), key=lambda one: one[0])

    owned = packages.said if isinstance(packages, Packages) else {}
    gap = packages if isinstance(packages, Missing) else None
    nameless = [base(path, note) | {"part": "group" if note.uid in names else "owner" if note.gid in groups else "both"}
                for path, note in noted("unowned")]
    asked = Missing(Reason.UNSUPPORTED, f"accounts come from {', '.join(others)} too, which was not asked")
    system = [base(path, note) | {"part": note.kind, "group_is": group_is(note.gid), "kind": _kind(note.mode)}
              for kind in ("program", "library") for path, note in noted(kind)]
    whose = {posixpath.normpath(one.home): one for one in everyone.homes if everyone.person(one)}
    in_homes = [{"user": whose[home].name, "mode": f"{mode & 0o7777:04o}", "count": count, "example": example,
                 "kind": _kind(mode), "owner_is": everyone.owner(uid, whose[home]),
                 "group_is": everyone.group(gid, whose[home])}
                for (home, mode, uid, gid), (count, example) in sorted(found.homes.items())]
    return {
        "sweep.set_id": listing([base(path, note) | _set_id(path, note, owned.get(path), gap)
                                 for path, note in noted("set-id")]),
        "sweep.everyone_writes": listing([base(path, note) for path, note in noted("writable")]),
        "sweep.unowned": listing([] if others else nameless, asked if others and nameless else None),
        "sweep.system_files": listing(system),
        "sweep.home_files": listing(in_homes),
        "sweep.devices": listing([base(path, note) for path, note in noted("device")]),
        "sweep.capabilities": listing([
            base(path, note) | {"name": posixpath.basename(path), "grants": capabilities(note.value)}
            for path, note in noted("capability")]),
    }


def _kind(mode: int) -> str:
    return _KINDS.get(mode & 0o170000, "other")


_KINDS = {0o100000: "file", 0o040000: "directory", 0o120000: "link"}


def _set_id(path: str, note: Note, owned: Owned | None, gap: Missing | None) -> dict[str, Any]:
    one: dict[str, Any] = {"name": posixpath.basename(path), "sets": "user" if note.mode & 0o4000 else "group"}
    if owned is None:
        missing = gap or Missing(Reason.ERROR, "the package database was not asked")
        return one | dict.fromkeys(("package", "content_as_packaged", "mode_as_packaged"), missing)
    if owned.package:
        one["package"] = owned.package
    unknown = Missing(Reason.UNSUPPORTED, "the package database does not say")
    one["content_as_packaged"] = unknown if owned.content is None else owned.content
    if owned.mode is not None:
        one["mode_as_packaged"] = owned.mode
    return one


def capabilities(value: bytes) -> str:
    """The names of the capabilities that a ``security.capability`` attribute permits, blanks between
    (capabilities(7), ``struct vfs_cap_data`` of linux/capability.h). Pure."""
    words = [int.from_bytes(value[start:start + 4], "little") for start in range(0, len(value), 4)]
    if len(words) < 3:
        return "unreadable"
    permitted = words[1] | (words[3] << 32 if len(words) > 4 else 0)
    return " ".join(name for bit, name in enumerate(_CAPABILITIES) if permitted >> bit & 1) or "none"


_BASE = (
    Field("path", Type.TEXT, "The file"),
    Field("mode", Type.TEXT, "The permission bits in octal"),
    Field("uid", Type.INT, "The owner's number"),
    Field("owner", Type.TEXT, "The owner's name, or number"),
    Field("group", Type.TEXT, "The group's name, or number"),
    Field("directory", Type.BOOL, "Whether it is a directory"),
)
_NAME = Field("name", Type.TEXT, "The last part of the path")
_FIND = "On local file systems, containers' and running systems' directories apart"
FACTS = (
    Fact("sweep.set_id", Type.RECORDS, "Programs that run as their owner or group whoever starts them",
         Disclosure.COUNTED, fields=(
             *_BASE, _NAME, Field("sets", Type.TEXT, "user or group"),
             Field("package", Type.TEXT, "The package it came with; absent: none"),
             Field("content_as_packaged", Type.BOOL, "Whether it still is what came with the package"),
             Field("mode_as_packaged", Type.BOOL, "Whether it has the permissions it came with; absent: the "
                   "database keeps none (dpkg but for those set with dpkg-statoverride)")), platforms=_FIND),
    Fact("sweep.everyone_writes", Type.RECORDS, "Regular files and directories that everybody may change, shared "
         "directories with the sticky bit included", Disclosure.COUNTED, fields=_BASE, platforms=_FIND),
    Fact("sweep.unowned", Type.RECORDS, "What belongs to an account or group that does not exist", Disclosure.COUNTED,
         fields=(*_BASE, Field("part", Type.TEXT, "What does not exist: owner, group or both")), platforms=_FIND),
    Fact("sweep.system_files", Type.RECORDS, "In the directories of programs and libraries: those files and "
         "directories that are not root's and root's group's, or that their group or others may change",
         Disclosure.COUNTED, fields=(
             *_BASE, Field("part", Type.TEXT, "program or library"), Field("kind", Type.TEXT, "file or directory"),
             Field("group_is", Type.TEXT, "root, system (a number below 1000), person or nobody")), platforms=_FIND),
    Fact("sweep.home_files", Type.RECORDS, "Everything in people's homes, counted by whose it is and its permissions",
         Disclosure.COUNTED, fields=(
             Field("user", Type.TEXT, "Whose home it is in"),
             Field("kind", Type.TEXT, "file, directory, link or other"),
             Field("mode", Type.TEXT, "The permission bits in octal"),
             Field("owner_is", Type.TEXT, "self, root, person (another one), system or nobody"),
             Field("group_is", Type.TEXT, "self, root, person, system or nobody"),
             Field("count", Type.INT, "How many there are"), Field("example", Type.TEXT, "One of them")),
         platforms=_FIND),
    Fact("sweep.devices", Type.RECORDS, "Device files outside /dev", Disclosure.COUNTED, fields=_BASE, platforms=_FIND),
    Fact("sweep.capabilities", Type.RECORDS, "Programs and libraries that are given rights of root's",
         Disclosure.COUNTED, fields=(*_BASE, _NAME, Field(
             "grants", Type.TEXT, "The rights as capabilities(7) calls them, blanks between")), platforms=_FIND),
    Fact("sweep.places", Type.RECORDS, "The file systems there are, and which were looked through", Disclosure.COUNTED,
         fields=(Field("path", Type.TEXT, "Where it is mounted"), Field("type", Type.TEXT, "Its kind"),
                 Field("looked", Type.BOOL, "Whether it was looked through"),
                 Field("why", Type.TEXT, "Why it was not"))),
    Fact("sweep.entries", Type.INT, "How many files and directories were looked at", Disclosure.SHARED),
)

_PACKAGED = ("/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/opt/")
"""Where packages put set-id programs: those that came with one are read, to be held against its sums."""

COLLECTOR = Collector(
    name="sweep",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    recall=recall,
    exhaustive=True,
    timeout=420.0,
    reads=("/etc/passwd", "/etc/group", "/etc/login.defs", "/etc/nsswitch.conf", MOUNTINFO, f"{DPKG}/info/",
           f"{DPKG}/statoverride", *_PACKAGED),
    stats=(f"{DPKG}/status", "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite",
           "/usr/lib/sysimage/rpm/Packages.db", "/var/lib/rpm/Packages"),
    runs=("rpm *",),
    needs="looking through the directories of others needs root",
)
