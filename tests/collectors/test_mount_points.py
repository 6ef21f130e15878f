"""Mount options now and at the next start."""

import pytest

from collectors import _fstab, mount_points
from collectors.host.protocol import NotThere
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

NONE = Declared()
SYSTEMD = {"/usr/lib/systemd/systemd": ""}
MOUNTINFO = """22 28 0:21 / /proc rw,relatime - proc proc rw
28 0 254:0 / / rw,relatime - ext4 /dev/vda rw
30 28 254:1 / /home rw,nosuid,nodev,relatime - ext4 /dev/vdb rw
31 28 254:0 /srv/data /srv rw,relatime - ext4 /dev/vda rw
33 28 0:26 / /dev/shm rw,nosuid,nodev,noexec - tmpfs tmpfs rw,inode64
"""


def points(files, kind="image", **given):
    host = FakeHost({**SYSTEMD, **files}, kind=kind, **given)
    return mount_points.collect(host, NONE)["mounts.points"].items


def start(fstab, path="/home"):
    return [{name for name in ("nodev", "nosuid", "noexec") if one[name]}
            for one in points({"/etc/fstab": fstab}) if one["path"] == path and one["moment"] == "start"]


@pytest.mark.parametrize(("line", "expected"), [
    ("/dev/vdb /home ext4 rw,nodev,nosuid 0 2", [{"nodev", "nosuid"}]),
    ("/dev/vdb /home ext4", [set()]),
    ("/dev/vdb /home ext4 defaults", [set()]),
    ("/dev/vdb /home/ ext4 nodev,defaults", [{"nodev"}]),
    ("/dev/vdb /home ext4 nodev,dev", [set()]),
    ("/dev/vdb /home ext4 dev,nodev", [{"nodev"}]),
    ("/dev/vdb /home ext4 user", [{"nodev", "nosuid", "noexec"}]),
    ("/dev/vdb /home ext4 user,exec", [{"nodev", "nosuid"}]),
    ("/dev/vdb /home ext4 xnodev,nodevx", [set()]),
    ("#/dev/vdb /home ext4 nodev", []),
    ("  # /dev/vdb /home ext4 nodev", []),
    ("/dev/vdb /home", []),
    ("/dev/vdb /homes ext4 nodev", []),
    ("/dev/vdb none swap sw", []),
    ("/dev/vda /home ext4 nodev\n/dev/vdb /home ext4 rw", [{"nodev"}, set()]),
])
def test_options_are_those_in_force_of_the_lines_that_mount(line, expected):
    assert start(line + "\n") == expected


def test_a_place_with_a_blank_is_one_place():
    [one] = _fstab.parse_fstab("/dev/sdb1 /media/my\\040disc vfat noauto 0 0\n")
    assert one.path == "/media/my disc"


def test_systemd_mounts_shared_memory_itself_until_fstab_says_more():
    [one] = points({})
    assert (one["path"], one["nodev"], one["nosuid"], one["noexec"], one["written"]) == (
        "/dev/shm", True, True, False, False)
    [two] = points({"/etc/fstab": "tmpfs /dev/shm tmpfs rw,noexec 0 0\n"})
    assert (two["nodev"], two["noexec"], two["written"]) == (False, True, True)
    assert mount_points.collect(FakeHost({"/etc/fstab": ""}, kind="image"), NONE)["mounts.points"].items == []


UNIT = "[Unit]\nDescription=Temporary\n[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\nOptions=mode=1777,nosuid,nodev\n"
PACKAGED = "/usr/lib/systemd/system/tmp.mount"
WANTED = {"/etc/systemd/system/local-fs.target.wants/tmp.mount": PACKAGED}


def test_a_mount_unit_counts_once_something_wants_it_and_unless_it_is_masked():
    def tmp(links, **files):
        return [one for one in points({PACKAGED: UNIT, **files}, links=links) if one["path"] == "/tmp"]

    assert tmp({}) == []
    [one] = tmp(WANTED)
    assert (one["nodev"], one["nosuid"], one["noexec"]) == (True, True, False)
    assert tmp({**WANTED, "/etc/systemd/system/tmp.mount": "/dev/null"}) == []


def test_fstab_outranks_a_packaged_unit_and_the_administrators_unit_outranks_fstab():
    fstab = {"/etc/fstab": "tmpfs /tmp tmpfs noexec 0 0\n"}
    [one] = [one for one in points({PACKAGED: UNIT, **fstab}, links=WANTED) if one["path"] == "/tmp"]
    assert (one["nodev"], one["noexec"]) == (False, True)
    own = {"/etc/systemd/system/tmp.mount": UNIT, "/etc/systemd/system/local-fs.target.wants/tmp.mount": ""}
    [one] = [one for one in points({**own, **fstab}) if one["path"] == "/tmp"]
    assert (one["nodev"], one["noexec"]) == (True, False)
    dropin = {"/etc/systemd/system/tmp.mount.d/10.conf": "[Mount]\nOptions=noexec\n"}
    [one] = [one for one in points({**own, **dropin}) if one["path"] == "/tmp"]
    assert (one["nodev"], one["noexec"]) == (False, True)


def test_a_running_system_tells_both_moments():
    files = {"/proc/self/mountinfo": MOUNTINFO, "/etc/fstab": "/dev/vdb /home ext4 nodev 0 2\n"}
    home = [(one["moment"], one["nosuid"]) for one in points(files, kind="live") if one["path"] == "/home"]
    assert home == [("now", True), ("start", False)]


def test_a_bind_mount_is_not_a_file_system_of_its_own():
    host = FakeHost({"/proc/self/mountinfo": MOUNTINFO, **SYSTEMD})
    apart = {one["path"]: one["apart"] for one in mount_points.collect(host, NONE)["mounts.apart"].items}
    assert (apart["/home"], apart["/srv"], apart["/tmp"]) == (True, False, False)
    image = FakeHost({"/etc/fstab": "/dev/vdb /home ext4\n/data/srv /srv none bind\n"}, kind="image")
    apart = {one["path"]: one["apart"] for one in mount_points.collect(image, NONE)["mounts.apart"].items}
    assert (apart["/home"], apart["/srv"]) == (True, False)
    later = FakeHost({**SYSTEMD, "/etc/fstab": "/dev/vdb /home ext4 noauto 0 2\n"}, kind="image")
    assert {"path": "/home", "apart": False} in mount_points.collect(later, NONE)["mounts.apart"].items


def test_discs_are_removable_wherever_they_are_mounted():
    [one, _] = points({"/etc/fstab": "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"})
    assert (one["removable"], one["nosuid"], one["path"]) == (True, True, "/media/cdrom0")


def test_what_may_not_be_read_is_a_reason():
    seen = mount_points.collect(FakeHost({"/etc/fstab": "x"}, kind="image", denied={"/etc/fstab"}), NONE)
    assert seen["mounts.points"].reason is Reason.DENIED
    seen = mount_points.collect(FakeHost(SYSTEMD), NONE)
    assert seen["mounts.points"].reason is Reason.ERROR
    with pytest.raises(NotThere):
        FakeHost(SYSTEMD).read("/proc/self/mountinfo")
