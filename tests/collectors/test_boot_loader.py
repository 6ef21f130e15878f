"""Who may change what the machine starts."""

from pathlib import Path

import pytest

from collectors import _grub, boot_loader, boot_security
from collectors.base import ABSENT
from collectors.host.protocol import Unreadable
from hustings.declared import Declared
from hustings.facts import Reason
from tests.collectors.captured import captured
from tests.fakes import FakeHost

NONE = Declared()
HASH = "grub.pbkdf2.sha512.10000.C4E08AC72FBF.1302284FCCC5"
ENTRY = "menuentry 'Linux' {\n  linux /vmlinuz root=/dev/sda1 ro\n}\n"
RED_HAT = """if [ -f ${prefix}/user.cfg ]; then
  source ${prefix}/user.cfg
  if [ -n "${GRUB2_PASSWORD}" ]; then
    set superusers="root"
    export superusers
    password_pbkdf2 root ${GRUB2_PASSWORD}
  fi
fi
insmod blscfg
blscfg
"""
BLS = "title Rocky Linux (5.14.0)\nversion 5.14.0\nlinux /vmlinuz-5.14.0\n" \
      "options root=/dev/sda1 ro $kernelopts audit=1\n"


def look(files, kind="image", **given):
    return boot_loader.collect(FakeHost(files, kind=kind, **given), NONE)


def kinds(files):
    return [(one["place"], one["kind"]) for one in look(files)["boot.passwords"].items]


def test_what_grub_mkconfig_wrote_is_open_until_a_superuser_has_a_password():
    assert kinds({"/boot/grub/grub.cfg": captured("boot/grub-open.cfg")}) == [("menu", "none")]
    assert kinds({"/boot/grub/grub.cfg": captured("boot/grub-protected.cfg")}) == [("menu", "hashed")]


def test_every_entry_that_grub_mkconfig_wrote_is_found_with_its_arguments():
    found = _grub.entries(captured("boot/grub-protected.cfg"))
    assert [(one.title, one.arguments, one.recovery) for one in found] == [
        ("Debian GNU/Linux", ("root=/dev/vda1", "ro", "audit=1", "quiet"), False),
        ("Debian GNU/Linux, with Linux 6.1.0-40-amd64", ("root=/dev/vda1", "ro", "audit=1", "quiet"), False),
        ("Debian GNU/Linux, with Linux 6.1.0-40-amd64 (recovery mode)", ("root=/dev/vda1", "ro", "single", "audit=1"),
         True),
    ]


@pytest.mark.parametrize(("text", "kind"), [
    (f'set superusers="boss"\npassword_pbkdf2 boss {HASH}\n', "hashed"),
    ('set superusers="boss"\npassword boss hunter2\n', "plain"),
    (f'set superusers="boss clerk"\npassword_pbkdf2 boss {HASH}\npassword clerk x\n', "plain"),
    ('set superusers="boss"\n', "locked"),
    (f'set superusers="boss"\npassword_pbkdf2 other {HASH}\n', "locked"),
    (f"password_pbkdf2 boss {HASH}\n", "none"),
    (f'set superusers=""\npassword_pbkdf2 boss {HASH}\n', "none"),
    (f'#set superusers="boss"\n#password_pbkdf2 boss {HASH}\n', "none"),
    ('set superusers="boss"\npassword_pbkdf2 boss notahash\n', "locked"),
])
def test_a_password_protects_only_a_named_superuser(text, kind):
    assert kinds({"/boot/grub/grub.cfg": text + ENTRY}) == [("menu", kind)]


def test_user_cfg_counts_where_the_menu_reads_it():
    user = {"/boot/grub2/user.cfg": f"GRUB2_PASSWORD={HASH}\n"}
    assert kinds({"/boot/grub2/grub.cfg": RED_HAT, **user}) == [("menu", "hashed"), ("user.cfg", "hashed")]
    assert kinds({"/boot/grub2/grub.cfg": RED_HAT}) == [("menu", "none")]
    assert kinds({"/boot/grub2/grub.cfg": ENTRY, **user}) == [("menu", "none"), ("user.cfg", "hashed")]
    assert kinds(user) == [("user.cfg", "hashed")]


def test_a_pointer_on_the_efi_partition_is_no_menu_of_its_own():
    stub = "search.fs_uuid 5b0c root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
    files = {"/boot/efi/EFI/debian/grub.cfg": stub,
             "/boot/grub/grub.cfg": f'set superusers="b"\npassword_pbkdf2 b {HASH}\n{ENTRY}'}
    assert kinds(files) == [("menu", "hashed")]
    assert kinds({"/boot/efi/EFI/fedora/grub.cfg": ENTRY}) == [("menu", "none")]


def test_systemd_boot_is_locked_when_its_editor_is_off_and_a_container_has_nothing_to_protect():
    assert kinds({"/boot/loader/loader.conf": "timeout 3\neditor no\n"}) == [("menu", "locked")]
    assert kinds({"/boot/loader/loader.conf": "timeout 3\n"}) == [("menu", "none")]
    assert kinds({"/etc/os-release": ""}) == [("nowhere", "none")]


def test_entries_of_the_boot_loader_specification_are_filled_in_from_grubenv():
    files = {"/boot/grub2/grub.cfg": RED_HAT,
             "/boot/grub2/grubenv": "# GRUB Environment Block\nkernelopts=quiet nosmep\n",
             "/boot/loader/entries/a.conf": BLS}
    [one] = look(files)["boot.entries"].items
    assert one["arguments"] == " root=/dev/sda1 ro quiet nosmep audit=1 "
    assert one["title"] == "Rocky Linux (5.14.0)"
    tabs = {**files, "/boot/loader/entries/a.conf": "title\tX\nlinux\t/vmlinuz\noptions\tro mitigations=off\n"}
    assert [each["arguments"] for each in look(tabs)["boot.entries"].items] == [" ro mitigations=off "]


def test_what_runs_and_what_new_entries_get_are_told_apart():
    files = {"/boot/grub/grub.cfg": ENTRY, "/proc/cmdline": "BOOT_IMAGE=/vmlinuz ro audit=1\n",
             "/etc/default/grub": 'GRUB_CMDLINE_LINUX="audit=1"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'}
    seen = {one["moment"]: one["arguments"] for one in look(files, "live")["boot.entries"].items}
    assert seen == {"start": " root=/dev/sda1 ro ", "now": " BOOT_IMAGE=/vmlinuz ro audit=1 ", "written": " audit=1 "}
    assert look(files, "live")["boot.recovery_disabled"] is False
    more = {**files, "/etc/default/grub.d/x.cfg": "GRUB_DISABLE_RECOVERY=true\n"}
    assert look(more, "live")["boot.recovery_disabled"] is True
    assert {one["arguments"] for one in look(more)["boot.entries"].items} == {" root=/dev/sda1 ro ", " audit=1 quiet "}


def test_a_menu_that_may_not_be_read_is_a_reason():
    seen = look({"/boot/grub/grub.cfg": ENTRY}, denied={"/boot/grub/grub.cfg"})
    assert seen["boot.passwords"].reason is Reason.DENIED
    assert seen["boot.entries"].reason is Reason.DENIED


DATABASE = "/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
TRUSTED = (Path(__file__).parent / "captured/boot/secure-boot-db.bin").read_bytes()
"""Lists that efitools made of two certificates of our own with these names, behind the attributes."""


def test_the_firmwares_database_names_the_certificates_it_trusts():
    assert boot_security.parse_database(TRUSTED) == ["Microsoft Corporation UEFI CA 2011", "Microsoft UEFI CA 2023"]
    assert boot_security.parse_database(TRUSTED[:4]) == []
    sizes = bytes([76, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0])
    hashes = TRUSTED[:4] + bytes.fromhex("2616c4c14c509240aca941f936934328") + sizes + bytes(48)
    assert boot_security.parse_database(hashes) == []


@pytest.mark.parametrize("data", [TRUSTED[:100], TRUSTED[:20], TRUSTED + b"\0",
                                  TRUSTED[:20] + b"\0\0\0\0" + TRUSTED[24:]])
def test_a_damaged_database_is_an_error(data):
    with pytest.raises(Unreadable):
        boot_security.parse_database(data)


def test_without_uefi_there_are_no_certificates_and_unmounted_variables_are_unknown():
    def certificates(files):
        host = FakeHost({"/proc/cpuinfo": "", **files}, dirs=["/sys/firmware", "/sys/class"])
        return boot_security.collect(host, NONE)["platform.secure_boot_certificates"]

    assert certificates({}) is ABSENT
    assert certificates({"/sys/firmware/efi/fw_platform_size": "64"}).reason is Reason.UNSUPPORTED
    assert certificates({DATABASE: TRUSTED}).items[-1] == "Microsoft UEFI CA 2023"
