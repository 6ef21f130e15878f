"""What is installed, whoever installed it."""

import pytest

from collectors import products
from collectors.host.protocol import LookError, Output, Unreadable, Unsupported
from hustings.declared import Declared
from hustings.facts import Reason
from tests.collectors.captured.packages import captured
from tests.fakes import FakeHost

RPM = ("rpm", "-qa", "--qf", "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{SOURCERPM}\\n")


def installed(host):
    return products.collect(host, Declared())["products.installed"].items


def test_packages_of_dpkg_are_listed_with_their_source_package():
    found = installed(FakeHost({"/var/lib/dpkg/status": captured("debian12-status")}))
    assert {"name": "libc6", "version": "2.36-9+deb12u14", "source": "dpkg", "upstream": "glibc"} in found
    assert {"name": "apt", "version": "2.6.1", "source": "dpkg", "upstream": "apt"} in found


def test_a_package_installed_for_two_architectures_is_one_product():
    status = captured("debian12-status")
    assert len(installed(FakeHost({"/var/lib/dpkg/status": f"{status}\n{status.replace('amd64', 'i386')}"}))) == \
        len(installed(FakeHost({"/var/lib/dpkg/status": status})))


def test_packages_of_rpm_are_listed_with_their_source_package():
    host = FakeHost(dirs=["/var/lib/rpm"], commands={RPM: Output(0, captured("rpm-qa"), "")})
    assert installed(host)[1] == {"name": "voter-lib", "version": "2.0-1.el9", "source": "rpm", "upstream": "voter-lib"}
    found = products.parse_rpm("bind-utils\t32:9.16.23-1.el9\tbind-9.16.23-1.el9.src.rpm\ngpg-pubkey\t0:a-b\t(none)\n")
    assert found == [{"name": "bind-utils", "version": "32:9.16.23-1.el9", "source": "rpm", "upstream": "bind"}]
    with pytest.raises(Unreadable):
        products.parse_rpm("error: cannot open the database\n")


def test_snap_and_flatpak_applications_are_listed_too():
    host = FakeHost({"/var/lib/dpkg/status": captured("debian12-status"), "/var/lib/snapd/snaps/firefox_4793.snap": "",
                     "/var/lib/snapd/snaps/firefox_4650.snap": ""}, dirs=["/var/lib/flatpak/app/com.rustdesk.RustDesk"])
    assert installed(host)[-2:] == [
        {"name": "firefox", "version": "r4793", "source": "snap", "upstream": "firefox"},
        {"name": "com.rustdesk.RustDesk", "version": "", "source": "flatpak", "upstream": "com.rustdesk.RustDesk"},
    ]


def test_without_a_database_or_the_right_to_read_it_there_is_a_reason_and_no_empty_list():
    with pytest.raises(Unsupported):
        installed(FakeHost({"/etc/hostname": "x"}))
    with pytest.raises(LookError) as error:
        installed(FakeHost({"/var/lib/dpkg/status": "x"}, denied={"/var/lib/dpkg/status"}))
    assert error.value.missing.reason is Reason.DENIED
    with pytest.raises(LookError):
        installed(FakeHost(dirs=["/usr/lib/sysimage/rpm"]))
