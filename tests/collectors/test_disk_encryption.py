import pytest

from collectors import disk_encryption
from collectors.block_devices import parse_mountinfo
from collectors.host.protocol import Unsupported
from hustings.declared import DataPath, Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

LINE = "27 1 {device} / {point} rw,relatime shared:1 - {fstype} {source} rw\n"


def mounts(*entries: tuple[str, str, str, str]) -> str:
    return "".join(LINE.format(device=device, point=point, fstype=fstype, source=source)
                   for device, point, fstype, source in entries)


def block(name: str, device: str, *, uuid: str = "", over: tuple[str, ...] = (), disk: str = "",
          backing: str = "") -> tuple[dict[str, str], dict[str, str], list[str]]:
    """A device as ``/sys`` shows it: (files, links, directories)."""
    base = f"/sys/devices/pci/{disk}/{name}" if disk else f"/sys/devices/virtual/{name}"
    files = {f"{base}/dev": device + "\n"}
    if uuid:
        files[f"{base}/dm/uuid"] = uuid + "\n"
    if disk:
        files[f"{base}/partition"] = "1\n"
    if backing:
        files[f"{base}/loop/backing_file"] = backing + "\n"
    files.update({f"{base}/slaves/{one}/x": "" for one in over})
    links = {f"/sys/dev/block/{device}": base, f"/sys/class/block/{name}": base}
    return files, links, [f"{base}/slaves"]


def look(mountinfo: str, *devices: tuple[dict[str, str], dict[str, str], list[str]], swaps: str = "",
         data: str = "", files: dict[str, str] | None = None, links: dict[str, str] | None = None,
         dirs: tuple[str, ...] = ()) -> dict[str, object]:
    known = {"/proc/self/mountinfo": mountinfo, **(files or {})}
    if swaps:
        known["/proc/swaps"] = "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n" + swaps
    all_links, all_dirs = dict(links or {}), list(dirs)
    for more_files, more_links, more_dirs in devices:
        known.update(more_files)
        all_links.update(more_links)
        all_dirs += more_dirs
    declared = Declared(data_paths=(DataPath(name="roll", path=data),) if data else ())
    return disk_encryption.collect(FakeHost(known, links=all_links, dirs=all_dirs), declared)


def encrypted(seen: dict[str, object]) -> dict[str, object]:
    return {one["mountpoint"]: one["encrypted"] for one in seen["disk.filesystems"].items}


ROOT = ("253:1", "/", "ext4", "/dev/mapper/vg-root")
LUKS = block("dm-0", "253:0", uuid="CRYPT-LUKS2-0123-sda3_crypt", over=("sda3",))


def test_a_plain_partition_is_not_encrypted():
    seen = look(mounts(("8:1", "/", "ext4", "/dev/sda1")), block("sda1", "8:1", disk="sda"),
                block("sda", "8:0"))
    assert encrypted(seen) == {"/": False}


def test_a_logical_volume_on_luks_is_encrypted_and_one_beside_it_is_not():
    seen = look(mounts(ROOT, ("253:2", "/srv", "xfs", "/dev/mapper/vg-srv"), ("8:2", "/boot", "ext4", "/dev/sda2")),
                LUKS, block("dm-1", "253:1", uuid="LVM-abc", over=("dm-0",)),
                block("dm-2", "253:2", uuid="LVM-def", over=("sdb1",)), block("sdb1", "8:17"), block("sda2", "8:2"))
    assert encrypted(seen) == {"/": True, "/srv": False, "/boot": False}


def test_a_mirror_is_encrypted_only_if_both_halves_are():
    half = block("dm-3", "253:3", uuid="CRYPT-LUKS1-1-b", over=("sdb1",))
    mirror = ("9:0", "/", "ext4", "/dev/md0")
    assert encrypted(look(mounts(mirror), block("md0", "9:0", over=("dm-0", "dm-3")), LUKS, half)) == {"/": True}
    assert encrypted(look(mounts(mirror), block("md0", "9:0", over=("dm-0", "sdb1")), LUKS,
                          block("sdb1", "8:17"))) == {"/": False}


@pytest.mark.parametrize("uuid", ["CRYPT-VERITY-1-root", "CRYPT-INTEGRITY-1-root", "LVM-CRYPT-LUKS2-", "mpath-36"])
def test_a_mapping_that_encrypts_nothing_does_not_count(uuid):
    seen = look(mounts(ROOT), block("dm-1", "253:1", uuid=uuid, over=("sda1",)), block("sda1", "8:1"))
    assert encrypted(seen) == {"/": False}


def test_every_device_of_a_btrfs_volume_counts():
    root = ("0:31", "/", "btrfs", "/dev/mapper/one")
    links = {"/dev/mapper/one": "/dev/dm-0"}
    volume = "/sys/fs/btrfs/1234/devices"
    whole = {"/dev/dm-0": "", f"{volume}/dm-0/x": ""}
    assert encrypted(look(mounts(root), LUKS, files=whole, links=links)) == {"/": True}
    partly = {**whole, f"{volume}/sdb/x": ""}
    assert encrypted(look(mounts(root), LUKS, block("sdb", "8:16"), files=partly, links=links)) == {"/": False}


@pytest.mark.parametrize("entry", [("0:44", "/", "overlay", "overlay"), ("0:45", "/", "zfs", "rpool/ROOT")])
def test_a_file_system_that_does_not_name_its_device_is_unknown(entry):
    answer = encrypted(look(mounts(entry)))["/"]
    assert isinstance(answer, Missing)
    assert answer.reason is Reason.UNSUPPORTED


def test_a_device_that_sys_does_not_show_is_unknown_and_not_plain():
    assert isinstance(encrypted(look(mounts(("8:1", "/", "ext4", "/dev/sda1"))))["/"], Missing)


def test_a_loop_file_is_as_encrypted_as_the_disk_it_lies_on():
    loop = ("7:0", "/srv", "ext4", "/dev/loop0")
    root = ("253:0", "/", "ext4", "/dev/dm-0")
    assert encrypted(look(mounts(root, loop), LUKS, block("loop0", "7:0", backing="/var/disk.img"))) == {
        "/": True, "/srv": True}


def test_the_later_of_two_mounts_on_one_point_is_the_one_in_force():
    text = mounts(("8:1", "/srv", "ext4", "/dev/sda1"), ("8:2", "/srv", "xfs", "/dev/sda2"))
    assert parse_mountinfo(text)["/srv"].device == "8:2"
    assert list(parse_mountinfo(mounts(("8:1", r"/a\040b", "ext4", "/dev/sda1")))) == ["/a b"]


def test_a_directory_mounted_again_elsewhere_is_no_file_system_of_its_own():
    again = "28 27 8:1 /run/netns /run/netns rw shared:1 - ext4 /dev/sda1 rw\n"
    part = "29 27 8:2 /home /home rw shared:1 - ext4 /dev/sda2 rw\n"
    seen = look(mounts(("8:1", "/", "ext4", "/dev/sda1")) + again + part, block("sda1", "8:1"), block("sda2", "8:2"))
    assert encrypted(seen) == {"/": False, "/home": False}


def test_swap_on_disk_is_judged_and_swap_in_memory_is_not():
    seen = look(mounts(("253:0", "/", "ext4", "/dev/dm-0")), LUKS, block("sda2", "8:2"), block("zram0", "252:0"),
                files={"/dev/sda2": "", "/swapfile": ""},
                swaps="/dev/sda2 partition 1 0 -2\n/swapfile file 1 0 -3\n/dev/zram0 partition 1 0 100\n")
    assert [(one["name"], one["encrypted"]) for one in seen["disk.swap"].items] == [
        ("/dev/sda2", False), ("/swapfile", True)]
    assert look(mounts(("8:1", "/", "ext4", "/dev/sda1")))["disk.swap"].items == []


def test_a_data_path_is_encrypted_with_everything_mounted_below_it():
    root = ("253:0", "/", "ext4", "/dev/dm-0")
    below = ("8:2", "/srv/data/scans", "ext4", "/dev/sda2")
    key = "disk.data_path_encrypted@roll"
    dirs = ("/srv/data/scans",)
    assert look(mounts(root), LUKS, data="/srv/data", dirs=dirs)[key] is True
    assert look(mounts(root, below), LUKS, block("sda2", "8:2"), data="/srv/data", dirs=dirs)[key] is False
    assert look(mounts(root, below), LUKS, block("sda2", "8:2"), data="/srv", dirs=dirs)[key] is False


def test_a_data_path_by_a_link_is_judged_where_it_leads():
    seen = look(mounts(("253:0", "/", "ext4", "/dev/dm-0"), ("8:2", "/mnt", "ext4", "/dev/sda2")), LUKS,
                block("sda2", "8:2"), data="/data", links={"/data": "/mnt/x"}, dirs=("/mnt/x",))
    assert seen["disk.data_path_encrypted@roll"] is False


def test_a_data_path_that_is_missing_or_on_another_machine_is_unknown():
    root = ("253:0", "/", "ext4", "/dev/dm-0")
    seen = look(mounts(root), LUKS, data="/nowhere")["disk.data_path_encrypted@roll"]
    assert (seen.reason, "/nowhere" in seen.detail) == (Reason.ERROR, True)
    shared = look(mounts(root, ("0:50", "/nas", "nfs4", "nas:/data")), LUKS, data="/nas", dirs=("/nas",))
    assert shared["disk.data_path_encrypted@roll"].reason is Reason.UNSUPPORTED


def test_the_mounts_of_an_image_are_unsupported():
    with pytest.raises(Unsupported):
        disk_encryption.collect(FakeHost(kind="image"), Declared())
