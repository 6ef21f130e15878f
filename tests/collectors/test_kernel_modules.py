"""What keeps a kernel module from being used."""

import pytest

from collectors import kernel_modules, removable_media
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

NONE = Declared()
RELEASE = "6.1.0-40-amd64"
DEP = ("kernel/fs/cramfs/cramfs.ko: kernel/lib/x.ko\nkernel/drivers/usb/storage/usb-storage.ko.xz:\n"
       "kernel/net/tipc/tipc.ko.zst:\n")
TREE = {f"/lib/modules/{RELEASE}/modules.dep": DEP,
        f"/lib/modules/{RELEASE}/modules.builtin": "kernel/fs/vfat/vfat.ko\n"}
RUNNING = {"/proc/sys/kernel/osrelease": f"{RELEASE}\n", "/proc/modules": "tipc 1 0 - Live 0x0\n"}


def states(files, kind="live", **given):
    listing = kernel_modules.collect(FakeHost(files, kind=kind, **given), NONE)["kernel.modules"]
    return {one["name"]: one["state"] for one in listing.items}


def test_each_state_is_told_apart():
    rules = {"/etc/modprobe.d/x.conf": "install cramfs /bin/false\ninstall tipc /bin/true\nblacklist usb-storage\n"
             "install vfat /bin/false\n"}
    seen = states({**TREE, **RUNNING, **rules})
    assert (seen["cramfs"], seen["tipc"], seen["usb_storage"], seen["vfat"], seen["hfs"]) == (
        "stopped", "loaded", "blacklisted", "builtin", "missing")
    assert states({**TREE, **RUNNING})["cramfs"] == "free"


@pytest.mark.parametrize(("rule", "state"), [
    ("install usb-storage /bin/false", "stopped"), ("install usb_storage /bin/true # none", "stopped"),
    ("install usb* /bin/false", "stopped"), ("# install usb-storage /bin/false", "free"),
    ("install usb-storage /sbin/modprobe --ignore-install usb-storage", "free"),
    ("install usb-storage /bin/echo no\ninstall usb-storage /bin/false", "free"),
    ("install usb-storage /bin/false || /sbin/modprobe -i usb-storage", "free"),
    ("install usb-storage /bin/true; /sbin/modprobe -i usb-storage", "free"),
    ("install usb-storage \\\n/bin/false", "stopped"), ("options usb-storage quirks=x", "free"),
])
def test_only_a_command_that_does_nothing_stops_a_module(rule, state):
    assert states({**TREE, **RUNNING, "/etc/modprobe.d/x.conf": f"{rule}\n"})["usb_storage"] == state


def test_a_file_hides_one_of_its_name_in_a_directory_of_lower_rank():
    files = {"/usr/lib/modprobe.d/x.conf": "install cramfs /bin/false\n", "/etc/modprobe.d/x.conf": "# nothing\n"}
    assert states({**TREE, **RUNNING, **files})["cramfs"] == "free"
    links = {"/etc/modprobe.d/x.conf": "/dev/null"}
    assert states({**TREE, **RUNNING, "/usr/lib/modprobe.d/x.conf": "install cramfs /bin/false\n"},
                  links=links)["cramfs"] == "free"


def test_without_the_running_kernels_drivers_nothing_is_known_but_what_is_loaded():
    seen = states({**RUNNING, "/etc/modprobe.d/x.conf": "install cramfs /bin/false\n"})
    assert isinstance(seen["cramfs"], Missing)
    assert seen["cramfs"].reason is Reason.UNSUPPORTED
    assert seen["tipc"] == "loaded"


def test_an_image_is_told_by_its_kernels_and_without_any_by_its_rules():
    rule = {"/etc/modprobe.d/x.conf": "install vfat /bin/false\ninstall cramfs /bin/false\n"}
    with_kernel = states({**TREE, **rule}, "image")
    assert (with_kernel["vfat"], with_kernel["cramfs"], with_kernel["hfs"]) == ("builtin", "stopped", "missing")
    without = states(rule, "image")
    assert (without["vfat"], without["hfs"]) == ("stopped", "free")


def test_a_module_that_a_file_asks_for_is_told():
    files = {**TREE, **RUNNING, "/etc/modules-load.d/y.conf": "# these\nusb-storage\n", "/etc/modules": "cramfs\n"}
    listing = kernel_modules.collect(FakeHost(files), NONE)["kernel.modules"]
    assert {one["name"] for one in listing.items if one["asked_for"]} == {"usb_storage", "cramfs"}


def at_start(files, **given):
    return removable_media.collect(FakeHost(files, kind="image", **given), NONE)["usb.storage_stopped_by"]


def test_an_image_tells_what_will_stop_a_usb_disk():
    rule = {"/etc/modprobe.d/x.conf": "install usb-storage /bin/false\n"}
    assert at_start({"/etc/os-release": ""}) == "nothing"
    assert at_start(rule) == "modprobe"
    builtin = {f"/lib/modules/{RELEASE}/modules.builtin": "kernel/drivers/usb/storage/usb-storage.ko\n"}
    assert at_start({**rule, **builtin}) == "nothing"


def test_usbguard_counts_in_an_image_if_it_will_start_and_block():
    conf = "/etc/usbguard/usbguard-daemon.conf"
    on = {"/etc/systemd/system/basic.target.wants/usbguard.service": "/usr/lib/systemd/system/usbguard.service"}
    assert at_start({conf: "ImplicitPolicyTarget=block\n"}, links=on) == "usbguard"
    assert at_start({conf: "ImplicitPolicyTarget=allow\n"}, links=on) == "nothing"
    assert at_start({conf: "ImplicitPolicyTarget=block\n"}) == "nothing"
    off = {**on, "/etc/systemd/system/usbguard.service": "/dev/null"}
    assert at_start({conf: "ImplicitPolicyTarget=block\n"}, links=off) == "nothing"
