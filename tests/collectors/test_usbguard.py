"""Whether USBGuard accepts a disk that nobody named."""

import pytest

from collectors import _usbguard
from tests.collectors.captured import captured
from tests.fakes import FakeHost

SHIPPED = captured("devices/usbguard-daemon.conf")
"""As Debian 12's package brings it."""
HUB = ('allow id 1d6b:0002 serial "0000:00:14.0" name "xHCI Host Controller" '
       'hash "jEP/6WzviqdJ5VSeTUY8PatCNBKeaREvo2OqdplND/o=" with-interface 09:00:00 with-connect-type ""\n')
RULES = "/etc/usbguard/rules.conf"


@pytest.mark.parametrize(("rules", "kept_out"), [
    ("", True),
    (HUB, True),
    ("allow 0951:1666 serial \"6CF0\"\n", True),
    ("allow id 0951:1666\n", True),
    ("allow with-interface one-of { 03:00:01 03:01:01 }\n", True),
    ("# allow\n", True),
    ("allow\n", False),
    ("allow id *:*\n", False),
    ("allow 0951:*\n", False),
    ("allow via-port \"1-2\"\n", False),
    ("allow name \"Disk\"\n", False),
    ("allow with-interface equals { 08:*:* }\n", False),
    ("allow with-interface 08:06:50\n", False),
    ("allow with-interface none-of { 03:*:* }\n", False),
    ("block with-interface one-of { 08:*:* }\nallow\n", True),
    ("reject with-interface all-of { 08:*:* 03:00:* }\nallow\n", False),
    ("block with-interface one-of { 08:*:* } if localtime(00:00-12:00)\nallow\n", False),
    (f"{HUB}allow with-interface 08:*:*\n", False),
])
def test_a_rule_that_names_no_device_lets_disks_in(rules, kept_out):
    """Every rule here is one that USBGuard 1.1's own parser accepts."""
    assert _usbguard.keeps_disks_out(FakeHost({_usbguard.CONF: SHIPPED, RULES: rules})) is kept_out


def test_rules_in_the_folder_and_what_no_rule_fits_count_too():
    files = {_usbguard.CONF: SHIPPED, RULES: ""}
    assert not _usbguard.keeps_disks_out(FakeHost({**files, "/etc/usbguard/rules.d/50.conf": "allow\n"}))
    opened = SHIPPED.replace("ImplicitPolicyTarget=block", "ImplicitPolicyTarget=allow")
    assert opened != SHIPPED
    assert not _usbguard.keeps_disks_out(FakeHost({**files, _usbguard.CONF: opened}))
