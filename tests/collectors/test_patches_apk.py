"""Alpine: what is installed, where it comes from, and that apk does not say what is for security."""

import pytest

from collectors import patches, products
from collectors._apk import parse
from collectors._apk_updates import pinned
from collectors.host.protocol import Unreadable
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

INSTALLED = """C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:alpine-baselayout
V:3.4.3-r1
A:x86_64
o:alpine-baselayout
F:dev
R:x
a:0:0:755

C:Q1Ncs3Q6lPv1kYr0dfWfZbTMVzCr0=
P:libcrypto3
V:3.1.4-r0
A:x86_64
o:openssl
"""
FILES = {"/lib/apk/db/installed": INSTALLED, "/etc/os-release": 'ID=alpine\nVERSION_ID=3.18.4\n',
         "/etc/apk/repositories": "#/media/cdrom/apks\nhttps://mirror.example/alpine/v3.18/main\n"
                                  "https://mirror.example/alpine/v3.18/community\n",
         "/etc/apk/world": "alpine-base\nopenssl=3.1.4-r0\nphp82<8.3\n"}


def facts(**files):
    return patches.collect(FakeHost(FILES | files), Declared())


@pytest.mark.parametrize("database", ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"])
def test_packages_are_listed_with_their_origin(database):
    found = products.collect(FakeHost({database: INSTALLED}), Declared())["products.installed"].items
    assert found[1] == {"name": "libcrypto3", "version": "3.1.4-r0", "source": "apk", "upstream": "openssl"}
    with pytest.raises(Unreadable):
        parse("P:x\n\nV:1\n")


def test_apk_does_not_say_which_updates_are_for_security():
    seen = facts()
    assert (seen["patches.manager"], seen["patches.security_source"], seen["patches.automatic"]) == ("apk", True, False)
    assert seen["patches.security_pending"].reason is Reason.UNSUPPORTED
    assert seen["patches.held"].items == pinned(FILES["/etc/apk/world"]) == ["openssl=3.1.4-r0", "php82<8.3"]


@pytest.mark.parametrize(("line", "there"), [
    ("https://mirror.example/alpine/v3.17/main", False), ("#https://mirror.example/alpine/v3.18/main", False),
    ("https://mirror.example/alpine/v3.18/community", False), ("@x https://mirror.example/alpine/v3.18/main/", True),
    ("https://mirror.example/alpine/latest-stable/main", True)])
def test_the_main_repository_of_this_release_is_the_source(line, there):
    assert facts(**{"/etc/apk/repositories": line})["patches.security_source"] is there


def test_a_periodic_job_that_upgrades_is_automatic():
    assert facts(**{"/etc/periodic/daily/upgrade": "#!/bin/sh\napk -U upgrade\n"})["patches.automatic"] is True
