import pytest

from collectors._sweep_places import Mount, Place, choose, mountinfo, places
from tests.fakes import FakeHost

LINE = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"


def chosen(*mounts):
    return {one.path: one.why for one in choose([Mount(*one) for one in mounts])}


def test_a_line_of_mountinfo_is_read_as_the_manual_says():
    assert mountinfo(LINE) == [Mount("98:0", "/mnt1", "/mnt2", "ext3")]
    spaced = r"1 2 8:1 / /a\040b rw shared:1 master:2 - xfs /dev/sda1 rw"
    assert mountinfo(spaced) == [Mount("8:1", "/", "/a b", "xfs")]
    with pytest.raises(ValueError, match="not a line of mountinfo"):
        mountinfo("nonsense")


@pytest.mark.parametrize(("path", "type_", "why"), [
    ("/srv", "ext4", ""), ("/srv", "xfs", ""), ("/tmp", "tmpfs", ""), ("/", "overlay", ""),
    ("/boot/efi", "vfat", ""), ("/srv", "somethingnew", ""),
    ("/srv", "nfs4", "not a local file system"), ("/srv", "fuse.sshfs", "not a local file system"),
    ("/snap/core/1", "squashfs", "a packed image that nothing can change"), ("/x", "cgroup2", "the kernel's own"),
    ("/dev/shm", "tmpfs", "belongs to the running system"),
    ("/run/user/1000", "tmpfs", "belongs to the running system"),
    ("/var/lib/docker/overlay2/a/merged", "overlay", "another system's files"),
])
def test_each_mount_is_judged_by_itself(path, type_, why):
    assert chosen(("8:1", "/", path, type_)) == {path: why}


def test_what_is_bound_a_second_time_is_looked_through_once():
    assert chosen(("8:1", "/", "/", "ext4"), ("8:1", "/srv/data", "/var/www", "ext4")) == {
        "/": "", "/var/www": "the same as /srv/data"}
    assert chosen(("8:1", "/", "/", "ext4"), ("8:2", "/", "/a", "xfs"), ("8:2", "/", "/b", "xfs")) == {
        "/": "", "/a": "", "/b": "the same as /a"}


def test_a_directory_bound_over_itself_is_a_place_of_its_own():
    """As systemd does for ``ProtectHome=read-only``: the walk from / stops there."""
    assert chosen(("8:1", "/", "/", "ext4"), ("8:1", "/home", "/home", "ext4")) == {"/": "", "/home": ""}


def test_what_is_bound_from_below_another_mount_is_seen_nowhere_else():
    assert chosen(("8:1", "/", "/", "ext4"), ("8:2", "/", "/srv", "xfs"), ("8:1", "/srv/old", "/mnt", "ext4")) == {
        "/": "", "/srv": "", "/mnt": ""}


def test_a_private_directory_of_a_service_hides_the_machines_own():
    private = "/tmp/systemd-private-1-x.service-y/tmp"
    [_, tmp] = choose([Mount("8:1", "/", "/", "ext4"), Mount("8:1", private, "/tmp", "ext4")])
    assert tmp == Place("/tmp", "ext4", "a directory of the asking service alone covers it", missed=True)


def test_of_mounts_over_one_another_the_last_counts():
    assert chosen(("8:1", "/", "/srv", "ext4"), ("0:5", "/", "/srv", "nfs")) == {"/srv": "not a local file system"}


def test_an_image_is_one_place_without_what_a_running_system_adds():
    found = places(FakeHost({"/etc/passwd": ""}, dirs=["/var/lib/docker"], kind="image"))
    assert {one.path for one in found if not one.why} == {"/"}
    assert {one.path for one in found if one.why} == {"/proc", "/sys", "/dev", "/run", "/var/lib/docker"}
