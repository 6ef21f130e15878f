"""From a mount to the devices under it: ``/proc/self/mountinfo`` (proc(5)) and ``/sys``.

A device is encrypted when a dm-crypt mapping lies under it, through any depth of LVM, RAID,
partitions and loop files; all of its parts must be. Self-encrypting drives and the disks of a
hosting provider do their work out of sight and count as not encrypted.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TypeAlias

from collectors.host.protocol import Host, LookError, NotThere, Unsupported, list_optional, read_optional
from hustings.facts import Missing

READS = ("/proc/self/mountinfo", "/proc/swaps", "/sys/dev/block/", "/sys/class/block/", "/sys/devices/",
         "/sys/fs/btrfs/")
Answer: TypeAlias = bool | Missing

_CRYPT = ("CRYPT-LUKS1-", "CRYPT-LUKS2-", "CRYPT-PLAIN-", "CRYPT-TCRYPT-", "CRYPT-LOOPAES-", "CRYPT-BITLK-",
          "CRYPT-FVAULT2-")
"""The dm-crypt kinds of cryptsetup; its verity and integrity mappings encrypt nothing."""
_ESCAPE = re.compile(r"\\([0-7]{3})")
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "fuse.sshfs", "9p", "virtiofs", "afs"})
_MEMORY = frozenset({"tmpfs", "ramfs"})
_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system. ``device`` is ``major:minor``, ``source`` what was mounted, as the kernel names it."""

    mountpoint: str
    device: str
    fstype: str
    source: str
    root: str = "/"
    """Which directory of the file system was mounted: another than ``/`` for a bind mount or a subvolume."""


def parse_mountinfo(text: str) -> dict[str, Mount]:
    """The mounts in force by mount point: of two on one point the later hides the earlier."""
    mounts: dict[str, Mount] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(), after.split()
        mountpoint = _unescape(fields[4])
        mounts.pop(mountpoint, None)
        mounts[mountpoint] = Mount(mountpoint, fields[2], rest[0], _unescape(rest[1]),
                                   _unescape(fields[3]))
    return mounts


def mountpoint_of(line: str) -> str:
    """The mount point that a line of mountinfo is about."""
    return _unescape(line.split(" ", 5)[4])


def parse_swaps(text: str) -> list[tuple[str, str]]:
    """(name, kind) of each swap area in ``/proc/swaps``; the kind is ``partition`` or ``file``."""
    return [(_unescape(line.split()[0]), line.split()[1]) for line in text.splitlines()[1:] if line.strip()]


def mount_of(path: str, mounts: dict[str, Mount]) -> Mount:
    """The mount that holds ``path`` (absolute, links resolved)."""
    while path not in mounts:
        if path == "/":
            raise Unsupported("no root file system is mounted here")
        path = posixpath.dirname(path)
    return mounts[path]


def answer(host: Host, mount: Mount, mounts: dict[str, Mount]) -> Answer:
    """Whether a mount's data are encrypted at rest, or why that cannot be told."""
    try:
        return mount_encrypted(host, mount, mounts)
    except LookError as error:
        return error.missing


def mount_encrypted(host: Host, mount: Mount, mounts: dict[str, Mount], depth: int = 0) -> bool:
    """Whether every device under a mount is encrypted. Raises ``LookError``."""
    if mount.fstype in _MEMORY or mount.fstype == "ecryptfs":
        return True
    if mount.fstype in _NETWORK:
        raise Unsupported(f"{mount.mountpoint} is kept on another machine ({mount.fstype})")
    if mount.fstype == "btrfs":
        return all(_encrypted(host, f"/sys/class/block/{name}", mounts, depth) for name in _btrfs(host, mount))
    if mount.device.startswith("0:"):
        raise Unsupported(f"{mount.mountpoint} is {mount.fstype}, which does not say what device it is on")
    return _encrypted(host, f"/sys/dev/block/{mount.device}", mounts, depth)


def source_encrypted(host: Host, source: str, mounts: dict[str, Mount]) -> bool:
    """The same for a device by its path, such as a swap partition."""
    return _encrypted(host, f"/sys/class/block/{_device_name(host, source)}", mounts, 0)


def _device_name(host: Host, source: str) -> str:
    return posixpath.basename(host.resolve(source))


def _btrfs(host: Host, mount: Mount) -> list[str]:
    """The names of every device of a btrfs file system: mountinfo names one alone."""
    name = _device_name(host, mount.source)
    for volume in host.list("/sys/fs/btrfs"):
        devices = list_optional(host, f"/sys/fs/btrfs/{volume}/devices")
        if name in devices:
            return devices
    raise Unsupported(f"{mount.mountpoint}: the devices of this btrfs volume are not listed")


def _encrypted(host: Host, path: str, mounts: dict[str, Mount], depth: int) -> bool:
    if depth > _DEPTH:
        raise Unsupported(f"{path}: more than {_DEPTH} layers of devices")
    host.list(path)
    if (read_optional(host, f"{path}/dm/uuid") or "").startswith(_CRYPT):
        return True
    if read_optional(host, f"{path}/partition") is not None:
        disk = posixpath.dirname(host.resolve(path))
        return _encrypted(host, disk, mounts, depth + 1)
    backing = read_optional(host, f"{path}/loop/backing_file")
    if backing is not None:
        return mount_encrypted(host, mount_of(backing.strip(), mounts), mounts, depth + 1)
    slaves = list_optional(host, f"{path}/slaves")
    if not slaves:
        return False
    return all(_encrypted(host, f"/sys/class/block/{name}", mounts, depth + 1) for name in slaves)


def in_memory(host: Host, name: str) -> bool:
    """Whether a swap area is compressed memory with no disk behind it."""
    if not posixpath.basename(name).startswith("zram"):
        return False
    try:
        return host.read(f"/sys/class/block/{posixpath.basename(name)}/backing_dev").strip() == "none"
    except NotThere:
        return True


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)
