"""disk_encryption: whether what is kept on this machine's disks is unreadable to a thief of the disks."""

from __future__ import annotations

from collectors import block_devices
from collectors.base import (
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
    key,
)
from collectors.block_devices import Answer, Mount
from collectors.host.protocol import Host, LookError, NotThere, Unsupported, read_optional
from hustings.declared import Declared

_READ_ONLY = frozenset({"squashfs", "iso9660", "erofs", "cramfs"})
_OWN_DEVICES = frozenset({"zfs", "bcachefs", "ecryptfs"})


def collect(host: Host, declared: Declared) -> Collected:
    """Each mounted disk file system, each swap area and each declared data path."""
    if host.kind == "image":
        raise Unsupported("what is mounted is known only in a running system")
    mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
    collected = gather({("disk.swap",): lambda: {"disk.swap": _swap(host, mounts)}})
    collected["disk.filesystems"] = Listing([_record(host, one, mounts) for one in _whole(mounts)])
    for entry in declared.data_paths:
        collected[key("disk.data_path_encrypted", entry.name)] = _path_encrypted(host, entry.path, mounts)
    return collected


def _on_disk(mount: Mount) -> bool:
    if mount.fstype in _READ_ONLY:
        return False
    return mount.source.startswith("/dev/") or mount.fstype in _OWN_DEVICES or mount.mountpoint == "/"


def _whole(mounts: dict[str, Mount]) -> list[Mount]:
    """The mounts on disks, without those of a part of a file system that is also mounted whole."""
    on_disk = [one for one in mounts.values() if _on_disk(one)]
    whole = {one.device for one in on_disk if one.root == "/"}
    return [one for one in on_disk if one.root == "/" or one.device not in whole]


def _record(host: Host, mount: Mount, mounts: dict[str, Mount]) -> dict[str, object]:
    return {"mountpoint": mount.mountpoint, "fstype": mount.fstype, "device": mount.source,
            "encrypted": block_devices.answer(host, mount, mounts)}


def _swap(host: Host, mounts: dict[str, Mount]) -> Listing:
    areas: list[object] = []
    for name, kind in block_devices.parse_swaps(read_optional(host, "/proc/swaps") or ""):
        if not block_devices.in_memory(host, name):
            areas.append({"name": name, "encrypted": _swap_encrypted(host, name, kind, mounts)})
    return Listing(areas)


def _swap_encrypted(host: Host, name: str, kind: str, mounts: dict[str, Mount]) -> Answer:
    try:
        if kind == "file":
            return block_devices.mount_encrypted(host, block_devices.mount_of(host.resolve(name), mounts), mounts)
        return block_devices.source_encrypted(host, name, mounts)
    except LookError as error:
        return error.missing


def _path_encrypted(host: Host, path: str, mounts: dict[str, Mount]) -> Answer:
    """Whether the mount of a path is encrypted, and every mount below it: one that is not decides."""
    try:
        real = host.resolve(path)
    except NotThere:
        return Missing(Reason.ERROR, f"the declared data path {path} does not exist")
    except LookError as error:
        return error.missing
    try:
        inside = [block_devices.mount_of(real, mounts)]
    except LookError as error:
        return error.missing
    inside += [one for point, one in mounts.items() if point.startswith(real.rstrip("/") + "/") and _on_disk(one)]
    answers = [block_devices.answer(host, one, mounts) for one in inside]
    if False in answers:
        return False
    return next((one for one in answers if isinstance(one, Missing)), True)


COLLECTOR = Collector(
    name="disk_encryption",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("disk.filesystems", Type.RECORDS, "Mounted file systems that are kept on disks", Disclosure.SHARED,
             fields=(
            Field("mountpoint", Type.TEXT, "Where it is mounted"),
            Field("fstype", Type.TEXT, "Its type"),
            Field("device", Type.TEXT, "What is mounted, as the kernel names it"),
            Field("encrypted", Type.BOOL, "Whether a dm-crypt device lies under it. Encryption by the drive itself "
                                          "or by a hosting provider cannot be seen and counts as none"),
        )),
        Fact("disk.swap", Type.RECORDS, "Swap areas in use, those in compressed memory alone left out",
             Disclosure.SHARED, fields=(
                 Field("name", Type.TEXT, "The device or file"),
                 Field("encrypted", Type.BOOL, "Whether a dm-crypt device lies under it"),
             )),
        Fact("disk.data_path_encrypted", Type.BOOL, "Whether a declared data path, and all that is mounted below it, "
             "is kept on dm-crypt devices", Disclosure.SHARED, each="data_path"),
    ),
    collect=collect,
    reads=block_devices.READS,
)
