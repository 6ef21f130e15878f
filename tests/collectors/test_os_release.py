"""Which system, and on what machine."""

import pytest

from collectors import hardware, os_release
from collectors.base import ABSENT
from collectors.host.protocol import LookError, Unreadable
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

DEBIAN = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""
DMI = "/sys/class/dmi/id"


def test_the_system_and_its_release_are_read():
    host = FakeHost({"/usr/lib/os-release": DEBIAN}, links={"/etc/os-release": "../usr/lib/os-release"})
    assert os_release.collect(host, Declared()) == {
        "os.family": "linux", "os.id": "debian", "os.version": "12", "os.name": "Debian GNU/Linux 12 (bookworm)",
        "os.codename": "bookworm", "os.edition": ABSENT, "os.base_codename": ABSENT,
    }
    assert os_release.collect(FakeHost({"/usr/lib/os-release": DEBIAN}), Declared())["os.id"] == "debian"


@pytest.mark.parametrize("text", ["NAME=x\n", 'ID="debian\n', "ID=a b\n", "debian\n", ""])
def test_a_file_that_does_not_say_which_system_it_is_is_an_error(text):
    with pytest.raises(Unreadable):
        os_release.parse(text)


def test_without_the_file_there_is_a_reason():
    with pytest.raises(LookError):
        os_release.collect(FakeHost(), Declared())


def test_the_machine_and_its_firmware_are_read():
    files = {"sys_vendor": "Dell Inc.\n", "product_name": "OptiPlex 7010\n", "bios_vendor": "Dell Inc.\n",
             "bios_version": "1.21.0\n", "bios_date": "05/31/2024\n"}
    host = FakeHost({f"{DMI}/{name}": text for name, text in files.items()})
    assert hardware.collect(host, Declared()) == {
        "hardware.vendor": "Dell Inc.", "hardware.model": "OptiPlex 7010", "hardware.firmware_vendor": "Dell Inc.",
        "hardware.firmware_version": "1.21.0", "hardware.firmware_date": "2024-05-31",
    }


def test_what_the_maker_did_not_fill_in_is_absent_and_a_strange_date_is_an_error():
    files = {f"{DMI}/sys_vendor": "To Be Filled By O.E.M.\n", f"{DMI}/bios_date": "31.05.2024\n"}
    seen = hardware.collect(FakeHost(files), Declared())
    assert seen["hardware.vendor"] is ABSENT
    assert seen["hardware.model"] is ABSENT
    assert seen["hardware.firmware_date"].reason is Reason.ERROR
    for text in ("13/01/2024", "2024-05-31", "05/31/24"):
        with pytest.raises(Unreadable):
            hardware.parse_date(text)


def test_a_board_with_a_device_tree_says_its_model_there():
    host = FakeHost({"/sys/firmware/devicetree/base/model": "Raspberry Pi 4 Model B Rev 1.4\0"}, dirs=["/sys/class"])
    assert hardware.collect(host, Declared())["hardware.model"] == "Raspberry Pi 4 Model B Rev 1.4"


def test_without_sysfs_nothing_is_absent_but_unknown():
    with pytest.raises(LookError):
        hardware.collect(FakeHost(), Declared())
