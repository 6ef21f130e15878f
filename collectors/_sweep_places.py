"""Which file systems a sweep looks through, and which it leaves out and why.

On a running machine every mount is judged by itself (proc(5), ``/proc/self/mountinfo``): local file systems
are looked through, each once, whatever is bound where; networks', the kernel's own and packed read-only
images are not. In an image everything below its root is looked through but what belongs to a running system.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from collectors.host.protocol import Host, NotThere

MOUNTINFO = "/proc/self/mountinfo"
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "ncpfs",
                     "9p", "virtiofs", "orangefs", "davfs", "coda", "fuse"})
KERNEL = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "devtmpfs", "devpts", "mqueue", "hugetlbfs", "debugfs",
                    "tracefs", "securityfs", "pstore", "bpf", "configfs", "fusectl", "binfmt_misc", "autofs",
                    "efivarfs", "rpc_pipefs", "nsfs", "selinuxfs", "ramfs"})
PACKED = frozenset({"squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs"})
RUNNING = ("/proc", "/sys", "/dev", "/run")
CONTAINERS = ("/var/lib/docker", "/var/lib/containers", "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/lxd",
              "/var/lib/incus", "/var/lib/lxc", "/var/lib/machines", "/.snapshots", "/var/lib/snapd/snap")
"""Other systems' files, whose owners and programs are not this one's, and copies of this one's past."""
_PRIVATE = "/systemd-private-"


class Mount(NamedTuple):
    """A line of mountinfo."""

    device: str
    root: str
    """The part of the file system that is mounted."""
    path: str
    type: str


class Place(NamedTuple):
    """A file system or directory, and why it is left out ("": it is looked through)."""

    path: str
    type: str
    why: str
    missed: bool = False
    """Whether what is there belongs to this machine all the same, so that nothing can be said of the whole."""


def mountinfo(text: str) -> list[Mount]:
    """The mounts, in the order they were made. Pure; raises ``ValueError`` for a line of another form."""
    found = []
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 6:
            raise ValueError(f"not a line of mountinfo: {line[:100]!r}")
        found.append(Mount(fields[2], _plain(fields[3]), _plain(fields[4]), after.split(" ")[0]))
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def choose(mounts: list[Mount]) -> list[Place]:
    """What is to be looked through. Of mounts over one another only the last counts. Pure."""
    shown = {mount.path: mount for mount in mounts}
    places: list[Place] = []
    chosen: list[Mount] = []
    for mount in sorted(shown.values(), key=lambda one: (one.path.count("/"), one.path)):
        why, missed = _left_out(mount), False
        if not why and _PRIVATE in mount.root:
            why, missed = "a directory of the asking service alone covers it", True
        if not why and (same := _elsewhere(mount, chosen, set(shown))):
            why = f"the same as {same}"
        if not why:
            chosen.append(mount)
        places.append(Place(mount.path, mount.type, why, missed))
    return places


def _left_out(mount: Mount) -> str:
    if below(mount.path, RUNNING):
        return "belongs to the running system"
    if below(mount.path, CONTAINERS):
        return "another system's files"
    if mount.type in NETWORK or mount.type.startswith("fuse."):
        return "not a local file system"
    if mount.type in KERNEL:
        return "the kernel's own"
    return "a packed image that nothing can change" if mount.type in PACKED else ""


def _elsewhere(mount: Mount, others: list[Mount], points: set[str]) -> str:
    """Where else the whole content of ``mount`` is seen, "" if nowhere."""
    for other in others:
        if other.device != mount.device or not below(mount.root, (other.root,)):
            continue
        inner = posixpath.relpath(mount.root, other.root)
        path = other.path if inner == "." else posixpath.join(other.path, inner)
        step = path
        while step != other.path and step not in points:
            step = posixpath.dirname(step)
        if step == other.path:
            return path
    return ""


def below(path: str, tops: tuple[str, ...]) -> bool:
    """Whether a path is one of ``tops`` or below it."""
    return any(path == top or path.startswith(top if top == "/" else f"{top}/") for top in tops)


def places(host: Host) -> list[Place]:
    """The places of this host. Raises ``LookError``."""
    found = choose(mountinfo(host.read(MOUNTINFO))) if host.kind == "live" else [Place("/", "", "")]
    known = {one.path for one in found}
    for path in (*RUNNING, *CONTAINERS):
        if path not in known:
            try:
                host.status(path) if host.kind == "live" or path not in RUNNING else None
            except NotThere:
                continue
            why = "belongs to the running system" if path in RUNNING else "another system's files"
            found.append(Place(path, "", why))
    return found
