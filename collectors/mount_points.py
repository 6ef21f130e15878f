"""mount_points: what may be done with the files of shared, removable and overflowing places.

A mount is told once for each moment: ``now`` from ``/proc/self/mountinfo``, ``start`` from ``/etc/fstab`` and
the mount units that a target wants. A unit of the administrator outranks fstab, fstab one that came with a
package. systemd mounts ``/dev/shm`` by itself without devices and setuid programs, and then applies what
fstab says of it (systemd-remount-fs(8)).
"""

from __future__ import annotations

import posixpath
import re

from collectors import block_devices
from collectors._fragments import masked, settings, text_of
from collectors._fstab import Planned, effective, parse_fstab, parse_unit
from collectors._systemd import entry
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import Host, list_optional
from hustings.declared import Declared

_FSTAB = "/etc/fstab"
_ADMINISTRATOR, _PACKAGES = "/etc/systemd/system", ("/usr/lib/systemd/system", "/lib/systemd/system")
_TARGETS = ("local-fs.target", "multi-user.target", "remote-fs.target", "sysinit.target", "basic.target")
_INIT = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_MEMORY = "/dev/shm"  # noqa: S108 - looked at, not written to
_ELSEWHERE = frozenset({"bind", "rbind", "noauto"})
"""Another view of a file system, or one that the next start does not mount."""
WATCHED = ("/boot", "/boot/efi", _MEMORY, "/home", "/opt", "/srv", "/tmp", "/usr", "/var", "/var/log",  # noqa: S108
           "/var/log/audit", "/var/tmp")  # noqa: S108
_REMOVABLE = re.compile(r"/dev/(cdrom|cdrw|dvd|dvdrw|sr|scd|fd|floppy)\d*")
_SHM = Planned("tmpfs", _MEMORY, "tmpfs", frozenset({"nodev", "nosuid"}), "systemd")


def collect(host: Host, declared: Declared) -> Collected:
    """The watched mounts at each moment, and which of the watched places are file systems of their own."""
    return gather({
        ("mounts.points",): lambda: {"mounts.points": Listing(_points(host))},
        ("mounts.apart",): lambda: {"mounts.apart": Listing(_apart(host))},
    })


def planned(host: Host) -> list[Planned]:
    """What the next start mounts; of two lines of fstab about one place, both."""
    own = _units(host, (_ADMINISTRATOR,))
    table = [one for one in parse_fstab(text_of(host, _FSTAB), _FSTAB) if one.path not in {unit.path for unit in own}]
    said = {one.path for one in (*own, *table)}
    rest = [one for one in _units(host, _PACKAGES) if one.path not in said]
    if _MEMORY not in said and any(entry(host, path) is not None for path in _INIT):
        rest.append(_SHM)
    return [*own, *table, *rest]


def _units(host: Host, directories: tuple[str, ...]) -> list[Planned]:
    """The mount units of these directories that a target wants and that nobody masked."""
    wanted = {name for directory in (_ADMINISTRATOR, *_PACKAGES) for target in _TARGETS
              for kind in ("wants", "requires") for name in list_optional(host, f"{directory}/{target}.{kind}")}
    found = []
    for directory in directories:
        for name in list_optional(host, directory):
            if name.endswith(".mount") and name in wanted and not masked(host, f"{_ADMINISTRATOR}/{name}"):
                path = f"{directory}/{name}"
                unit = parse_unit(settings(_with_dropins(host, path), "Mount"), path)
                found += [unit] if unit else []
    return found


def _with_dropins(host: Host, path: str) -> str:
    texts = [text_of(host, path)]
    above = f"{_ADMINISTRATOR}/{posixpath.basename(path)}.d"
    texts += [text_of(host, f"{above}/{name}") for name in list_optional(host, above) if name.endswith(".conf")]
    return "\n".join(texts)


def _points(host: Host) -> list[object]:
    records: list[object] = []
    if host.kind != "image":
        text = host.read("/proc/self/mountinfo")
        flags = {block_devices.mountpoint_of(line): line.split(" - ")[0].split()[5] for line in text.splitlines()}
        for one in block_devices.parse_mountinfo(text).values():
            if _counts(one.mountpoint, one.source):
                options = effective(flags[one.mountpoint])
                records.append(_record(Planned(one.source, one.mountpoint, one.fstype, options, ""), "now"))
    records += [_record(one, "start") for one in planned(host) if _counts(one.path, one.source)]
    return records


def _counts(path: str, source: str) -> bool:
    return path in WATCHED or _REMOVABLE.fullmatch(source) is not None


def _record(mount: Planned, moment: str) -> dict[str, object]:
    return {"path": mount.path, "moment": moment, "device": mount.source, "fstype": mount.fstype,
            "removable": _REMOVABLE.fullmatch(mount.source) is not None,
            "written": mount.where not in ("", "systemd"),
            **{name: name in mount.options for name in ("nodev", "nosuid", "noexec")}}


def _apart(host: Host) -> list[object]:
    """Now for a running system, at the next start for an image. Another view of a file system that is mounted
    elsewhere (a bind mount) is not apart."""
    if host.kind == "image":
        own = {one.path for one in planned(host) if not _ELSEWHERE & one.options}
    else:
        mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
        own = {one.mountpoint for one in mounts.values()
               if one.root == "/" or one.fstype in ("btrfs", "zfs", "overlay")}
    return [{"path": path, "apart": path in own} for path in WATCHED]


_FLAGS = {"nodev": "Whether device files are ignored", "nosuid": "Whether setuid and setgid bits are ignored",
          "noexec": "Whether programs cannot be started"}

COLLECTOR = Collector(
    name="mount_points",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("mounts.points", Type.RECORDS, "Mounts of shared, growing and removable places, at each moment",
             Disclosure.SHARED, fields=(
                 Field("path", Type.TEXT, "Where it is mounted"),
                 Field("moment", Type.TEXT, "now, or start (as the next start will mount it)"),
                 Field("device", Type.TEXT, "What is mounted"),
                 Field("fstype", Type.TEXT, "The kind of file system"),
                 Field("removable", Type.BOOL, "Whether it is a disc or diskette drive"),
                 Field("written", Type.BOOL, "Whether /etc/fstab or a mount unit says so"),
                 *(Field(name, Type.BOOL, meaning) for name, meaning in _FLAGS.items()),
             )),
        Fact("mounts.apart", Type.RECORDS, "Places that fill up, and whether each is a file system of its own",
             Disclosure.SHARED, fields=(
                 Field("path", Type.TEXT, "The directory"),
                 Field("apart", Type.BOOL, "Whether it is a file system of its own: what fills it fills nothing else"),
             )),
    ),
    collect=collect,
    reads=("/proc/self/mountinfo", _FSTAB, f"{_ADMINISTRATOR}/", *(f"{one}/" for one in _PACKAGES)),
    stats=_INIT,
)
