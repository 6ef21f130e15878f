"""How encrypted disks are opened."""

import pytest

from collectors import disk_keys
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

NONE = Declared()
KEY = "/etc/keys/data.key"
TABLE = f"""# <target name> <source device> <key file> <options>
vda5_crypt UUID=5b0c7a4e-0000-4000-8000-000000000001 none luks,discard
swap /dev/vda6 /dev/urandom swap,cipher=aes-xts-plain64
data /dev/vdb {KEY} luks
chip /dev/vdc - tpm2-device=auto
short /dev/vdd
"""


def keys(files, **given):
    listing = disk_keys.collect(FakeHost(files, kind="image", **given), NONE)["disk.keys"]
    return {one["name"]: (one["origin"], one["private"]) for one in listing.items}


def test_each_disk_is_told_where_its_key_comes_from():
    seen = keys({"/etc/crypttab": TABLE, KEY: ""}, stats={KEY: {"mode": 0o400}})
    assert seen == {"vda5_crypt": ("asked", True), "swap": ("random", True), "data": ("file", True),
                    "chip": ("token", True), "short": ("asked", True)}
    assert keys({"/etc/fstab": ""}) == {}


@pytest.mark.parametrize("changed", [{"mode": 0o640}, {"mode": 0o604}, {"mode": 0o400, "uid": 1000}])
def test_a_key_that_others_can_read_is_not_private(changed):
    assert keys({"/etc/crypttab": TABLE, KEY: ""}, stats={KEY: changed})["data"] == ("file", False)


def test_a_key_that_cannot_be_looked_at_is_a_reason():
    assert isinstance(keys({"/etc/crypttab": TABLE})["data"][1], Missing)
    elsewhere = keys({"/etc/crypttab": "data /dev/vdb /key:/dev/sdb1 luks\n"})["data"][1]
    assert elsewhere.reason is Reason.UNSUPPORTED


def test_open_disks_tell_their_kind():
    block = "/sys/class/block"
    files = {f"{block}/dm-0/dm/uuid": "CRYPT-LUKS2-5b0c7a4e00004000-vda5_crypt\n",
             f"{block}/dm-0/dm/name": "vda5_crypt\n",
             f"{block}/dm-1/dm/uuid": "LVM-abc\n", f"{block}/dm-2/dm/uuid": "CRYPT-LUKS1-0-old\n",
             f"{block}/vda/size": "1"}
    seen = disk_keys.collect(FakeHost(files), NONE)["disk.mappings"]
    assert seen.items == [{"name": "vda5_crypt", "kind": "luks2"}, {"name": "dm-2", "kind": "luks1"}]
    image = disk_keys.collect(FakeHost({"/etc/fstab": ""}, kind="image"), NONE)["disk.mappings"]
    assert image.reason is Reason.UNSUPPORTED
