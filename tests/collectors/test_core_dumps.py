"""Core dumps, and what keys on the console do."""

import pytest

from collectors import console, core_dumps
from collectors.base import ABSENT
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

NONE = Declared()
LIMITS, MORE = "/etc/security/limits.conf", "/etc/security/limits.d"
CONF = "/etc/systemd/coredump.conf"
INSTALLED = {"/usr/lib/systemd/systemd-coredump": ""}


def dumps(files, **given):
    return core_dumps.collect(FakeHost({**files, "/etc/os-release": ""}, kind="image", **given), NONE)


def limits(files):
    return [(one["value"], one["standing"]) for one in dumps(files)["dumps.limits"].items]


@pytest.mark.parametrize(("files", "expected"), [
    ({}, []),
    ({LIMITS: "* hard core 0\n"}, [("0", "in force")]),
    ({LIMITS: "* - core 0 # all\n"}, [("0", "in force")]),
    ({LIMITS: "* soft core 0\n#* hard core 0\n* hard nofile 0\n* hard core\n"}, []),
    ({LIMITS: "* hard core 0\n* hard core 5\n"}, [("0", "beside"), ("5", "in force")]),
    ({LIMITS: "* hard core 5\n", f"{MORE}/a.conf": "* hard core 0\n"}, [("5", "overruled"), ("0", "in force")]),
    ({f"{MORE}/b.conf": "* hard core 0\n", f"{MORE}/a.conf": "* hard core 1\n"}, [("1", "beside"), ("0", "in force")]),
    ({LIMITS: "* hard core 0\n@dev hard core unlimited\n"}, [("0", "in force"), ("unlimited", "exception")]),
    ({f"{MORE}/a.txt": "* hard core 0\n"}, []),
])
def test_the_last_line_about_everyone_is_in_force(files, expected):
    assert limits(files) == expected


def storage(files):
    return [(one["value"], one["standing"]) for one in dumps(files)["dumps.settings"].items if one["name"] == "Storage"]


def test_systemd_coredump_keeps_dumps_unless_told_not_to():
    assert storage(INSTALLED) == [("external", "in force")]
    assert storage({}) == [("external", "unused")]
    assert storage({**INSTALLED, CONF: "[Coredump]\nStorage=none\n"}) == [("none", "in force")]
    assert storage({**INSTALLED, CONF: "Storage=none\n[Other]\nStorage=none\n"}) == [("external", "in force")]
    dropin = {f"{CONF}.d/x.conf": "[Coredump]\nStorage=journal\n"}
    assert storage({**INSTALLED, CONF: "[Coredump]\nStorage=none\n", **dropin}) == [
        ("none", "beside"), ("journal", "in force")]


def test_a_reporter_is_absent_enabled_disabled_or_masked():
    program = {"/usr/share/apport/apport": ""}
    unit, wants = "/etc/systemd/system/apport.service", "/etc/systemd/system/multi-user.target.wants/apport.service"
    assert dumps({})["dumps.apport"] is ABSENT
    assert dumps(program)["dumps.apport"] == "disabled"
    assert dumps(program, links={wants: "/lib/systemd/system/apport.service"})["dumps.apport"] == "enabled"
    assert dumps(program, links={wants: "/lib/x", unit: "/dev/null"})["dumps.apport"] == "masked"


def test_limits_that_may_not_be_read_are_a_reason():
    assert dumps({LIMITS: ""}, denied={LIMITS})["dumps.limits"].reason is Reason.DENIED


SYSTEMD = {"/usr/lib/systemd/systemd": ""}
TARGET = "/etc/systemd/system/ctrl-alt-del.target"


def keys(files, **given):
    return console.collect(FakeHost({**files, "/etc/os-release": ""}, kind="image", **given), NONE)


def test_ctrl_alt_delete_restarts_until_its_target_is_masked():
    assert keys(SYSTEMD)["console.restart_keys"] == "restart"
    assert keys(SYSTEMD, links={TARGET: "/dev/null"})["console.restart_keys"] == "nothing"
    assert keys(SYSTEMD, links={TARGET: "/lib/systemd/system/reboot.target"})["console.restart_keys"] == "restart"
    assert keys({**SYSTEMD, TARGET: "[Unit]\n"})["console.restart_keys"] == "another unit"
    assert keys({})["console.restart_keys"] is ABSENT


@pytest.mark.parametrize(("files", "action"), [
    ({}, "reboot-force"),
    ({"/etc/systemd/system.conf": "[Manager]\nCtrlAltDelBurstAction=none\n"}, "none"),
    ({"/etc/systemd/system.conf": "[Manager]\n#CtrlAltDelBurstAction=none\n"}, "reboot-force"),
    ({"/etc/systemd/system.conf": "CtrlAltDelBurstAction=none\n"}, "reboot-force"),
    ({"/etc/systemd/system.conf": "[Manager]\nCtrlAltDelBurstAction=none\n",
      "/etc/systemd/system.conf.d/x.conf": "[Manager]\nCtrlAltDelBurstAction=reboot-immediate\n"}, "reboot-immediate"),
])
def test_the_last_word_on_repeated_presses_counts(files, action):
    assert keys({**SYSTEMD, **files})["console.restart_burst"] == action


def test_serial_lines_for_root_are_those_listed():
    assert keys({"/etc/securetty": "console\ntty1\n#ttyS1\nttyS0\n"})["console.serial_root"].items == ["ttyS0"]
    assert keys({})["console.serial_root"].items == []
