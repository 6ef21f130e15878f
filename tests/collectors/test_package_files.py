"""What dpkg and rpm say of files; rpm's output is genuine (4.18, a package of our own)."""

import pytest

from collectors import _package_files as packages
from collectors.host.protocol import Unsupported
from tests.fakes import FakeHost

FILES_OF_RPM = """\
sudox\t100644\t/opt/sudox/conf
sudox\t104755\t/opt/sudox/run
file /etc/passwd is not owned by any package
"""
CHANGES = """\
.M.......    /opt/sudox/conf
S.5....T.    /opt/sudox/run
S.5....T.  c /etc/sudox.conf
missing     /opt/sudox/gone
file /etc/passwd is not owned by any package
"""


def test_rpm_tells_packages_and_permissions():
    assert packages.rpm_files(FILES_OF_RPM) == {
        "/opt/sudox/conf": ("sudox", 0o644), "/opt/sudox/run": ("sudox", 0o4755)}


def test_rpm_tells_what_changed():
    assert packages.rpm_changes(CHANGES) == {
        "/opt/sudox/conf": ".M.......", "/opt/sudox/run": "S.5....T.", "/etc/sudox.conf": "S.5....T.",
        "/opt/sudox/gone": "missing"}


@pytest.mark.parametrize(("path", "spellings"), [
    ("/usr/bin/su", ["/usr/bin/su", "/bin/su"]), ("/usr/lib64/x", ["/usr/lib64/x", "/lib64/x"]),
    ("/usr/share/x", ["/usr/share/x"]), ("/opt/x", ["/opt/x"])])
def test_merged_directories_have_two_spellings(path, spellings):
    assert packages.spelled(path) == spellings


def test_dpkgs_own_files_are_read():
    assert packages.statoverride("root crontab 2755 /usr/bin/crontab\nnonsense\n") == {"/usr/bin/crontab": 0o2755}
    sums = "0123456789abcdef0123456789abcdef  usr/bin/su\n"
    assert packages.md5sums(sums, ["/usr/bin/su"]) == "0123456789abcdef0123456789abcdef"
    assert packages.md5sums(sums, ["/usr/bin/sudo"]) == ""


def test_a_file_whose_package_keeps_no_sums_is_of_unknown_content():
    host = FakeHost({f"{packages.INFO}/x.list": "/usr/bin/x\n", "/usr/bin/x": ""})
    assert packages.ask(host, {"/usr/bin/x": 0o4755}) == {"/usr/bin/x": packages.Owned("x", None, None)}


def test_a_package_of_one_architecture_is_called_by_its_name():
    host = FakeHost({f"{packages.INFO}/libx:amd64.list": "/usr/lib/x\n", "/usr/lib/x": ""})
    assert packages.ask(host, {"/usr/lib/x": 0o4755})["/usr/lib/x"].package == "libx"


@pytest.mark.parametrize("kind", ["live", "image"])
def test_without_a_database_that_can_be_asked_there_is_a_reason(kind):
    with pytest.raises(Unsupported):
        packages.ask(FakeHost(kind=kind), {"/usr/bin/x": 0o4755})


def test_where_nothing_is_asked_nothing_is_needed():
    assert packages.ask(FakeHost(), {}) == {}
