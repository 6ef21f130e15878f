"""Which macros LibreOffice runs."""

import pytest

from collectors import macros
from collectors.base import ABSENT
from collectors.host.protocol import Unreadable
from hustings.declared import Declared
from hustings.facts import Reason
from tests.collectors.captured import captured
from tests.fakes import FakeHost

NONE = Declared()
SHIPPED = captured("desktop/libreoffice-scripting.xcd")
"""Two settings of the registry that LibreOffice 7.4 (Debian 12) brings."""
REGISTRY = "/etc/libreoffice/registry"
INSTALLED = {"/usr/lib/libreoffice/program/soffice.bin": "", f"{REGISTRY}/main.xcd": SHIPPED}
LINKS = {"/usr/lib/libreoffice/share/registry": REGISTRY}


def policy(value, name="MacroSecurityLevel", finalized=True):
    mark = ' oor:finalized="true"' if finalized else ""
    return f'<prop oor:name="{name}" oor:op="fuse"{mark}><value>{value}</value></prop>'


def look(files, **given):
    seen = macros.collect(FakeHost(files, links=LINKS, kind="image", **given), NONE)
    return seen["macros.level"], seen["macros.level_forced"]


def test_as_it_comes_libreoffice_asks_for_signatures_and_users_may_lower_that():
    assert macros.parse_policy(SHIPPED) == (2, False)
    assert look(INSTALLED) == (2, False)


@pytest.mark.parametrize(("files", "expected"), [
    ({"zz.xcd": policy(3)}, (3, True)),
    ({"zz.xcd": policy(3, finalized=False)}, (3, False)),
    ({"zz.xcd": policy("true", "DisableMacrosExecution")}, (4, True)),
    ({"zz.xcd": policy("false", "DisableMacrosExecution")}, (2, False)),
    ({"zz.xcd": f"<!-- {policy(3)} -->"}, (2, False)),
    ({"aa.xcd": policy(1), "zz.xcd": policy(3)}, (1, True)),
    ({"aa.xcd": policy(3), "zz.xcd": policy(0, finalized=False)}, (3, True)),
    ({"zz.txt": policy(3)}, (2, False)),
])
def test_policy_sets_the_level_and_may_force_it(files, expected):
    assert look({**INSTALLED, **{f"{REGISTRY}/{name}": text for name, text in files.items()}}) == expected


def test_without_libreoffice_there_is_no_level():
    assert look({"/etc/os-release": ""}) == (ABSENT, ABSENT)


def test_a_level_that_nobody_knows_is_an_error_and_a_closed_file_is_a_reason():
    with pytest.raises(Unreadable):
        look({**INSTALLED, f"{REGISTRY}/zz.xcd": policy(7)})
    with pytest.raises(Exception) as caught:
        look(INSTALLED, denied={f"{REGISTRY}/main.xcd"})
    assert caught.value.missing.reason is Reason.DENIED
