"""Whether security updates wait on a machine of the Red Hat family."""

from datetime import UTC, datetime

import pytest

from collectors import patches
from collectors._dnf import parse_updateinfo
from collectors._repos import parse as parse_ini
from collectors.base import ABSENT, Dated
from collectors.host.protocol import Output, Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured.packages import captured
from tests.fakes import FakeHost

UPDATEINFO = ("dnf", "-q", "--cacheonly", "updateinfo", "list", "--security", "--available")
RPM = ("rpm", "-qa", "--qf", "%{NAME}\\t%{VERSION}-%{RELEASE}\\n")
REPOMD = "/var/cache/dnf/demo-updates-f68e7f093e46bd0c/repodata/repomd.xml"
REPO = "[demo-updates]\nname=demo\nbaseurl=file:///srv/repo\nenabled=1\ngpgcheck=0\n[off]\nname=off\nenabled=0\n"
MADE = datetime.fromtimestamp(1795318824, UTC)
FETCHED = datetime(2026, 11, 22, 9, tzinfo=UTC)


def rocky(*, without=(), files=None, updateinfo=None, mtime=FETCHED, **given):
    content = {
        "/etc/yum.repos.d/demo.repo": REPO,
        REPOMD: '<repomd>\n  <revision>1795318824</revision>\n  <data type="updateinfo">\n  </data>\n</repomd>',
    } | (files or {})
    commands = {
        UPDATEINFO: Output(0, captured("dnf-updateinfo") if updateinfo is None else updateinfo, ""),
        RPM: Output(0, "calm\t5-1\nvoter-lib\t2.0-1.el9\nroll-tools\t1.0-1.el9\n", ""),
    }
    return FakeHost({path: text for path, text in content.items() if path not in without},
                    stats={REPOMD: {"mtime": mtime}} if REPOMD not in without else None, commands=commands, **given)


def facts(host):
    return patches.collect(host, Declared())


def test_advisories_name_the_packages_that_wait():
    seen = facts(rocky())
    assert (seen["patches.manager"], seen["patches.security_source"]) == ("dnf", True)
    assert seen["patches.security_pending"].value.items == [
        {"package": "roll-tools", "installed": "1.0-1.el9", "fixed": "1.1-2.el9"},
        {"package": "voter-lib", "installed": "2.0-1.el9", "fixed": "2.0-3.el9"},
    ]
    assert seen["patches.lists_updated"] == "2026-11-22T09:00:00Z"
    assert seen["patches.security_pending"].as_of == FETCHED


def test_metadata_older_than_its_own_content_says_is_taken_at_the_older_time():
    back = datetime(2026, 11, 2, tzinfo=UTC)
    assert facts(rocky(mtime=back))["patches.lists_updated"] == "2026-11-02T00:00:00Z"


def test_repositories_without_advisories_never_say_that_nothing_waits():
    silent = "<repomd>\n  <revision>1795318824</revision>\n</repomd>"
    seen = facts(rocky(files={REPOMD: silent}, updateinfo=""))
    assert seen["patches.security_pending"].reason is Reason.UNSUPPORTED
    assert seen["patches.lists_updated"] == "2026-11-22T09:00:00Z"


def test_an_empty_answer_without_metadata_is_not_the_news_that_nothing_waits():
    seen = facts(rocky(without={REPOMD}, updateinfo=""))
    assert seen["patches.lists_updated"] is ABSENT
    assert isinstance(seen["patches.security_pending"], Missing)
    whole = facts(rocky(updateinfo=""))["patches.security_pending"]
    assert isinstance(whole, Dated)
    assert whole.value.items == []


def test_without_an_enabled_repository_there_is_no_source():
    seen = facts(rocky(files={"/etc/yum.repos.d/demo.repo": REPO.replace("enabled=1", "enabled=0")}))
    assert seen["patches.security_source"] is False
    assert seen["patches.security_pending"] is ABSENT


def test_the_timer_that_only_downloads_does_not_install():
    wants = "/etc/systemd/system/timers.target.wants"
    assert facts(rocky())["patches.automatic"] is False
    assert facts(rocky(files={f"{wants}/dnf-automatic-install.timer": ""}))["patches.automatic"] is True
    downloads = {f"{wants}/dnf-automatic.timer": "", "/etc/dnf/automatic.conf": "[commands]\napply_updates = no\n"}
    assert facts(rocky(files=downloads))["patches.automatic"] is False
    applies = downloads | {"/etc/dnf/automatic.conf": "[commands]\napply_updates = yes\n"}
    assert facts(rocky(files=applies))["patches.automatic"] is True
    masked = {"/etc/systemd/system/dnf-automatic.timer": "/dev/null"}
    assert facts(rocky(files=applies, links=masked))["patches.automatic"] is False


def test_locked_and_excluded_packages_are_held_back():
    host = rocky(files={"/etc/dnf/plugins/versionlock.list": "# note\npostgresql-0:13.14-1.el9.*\n",
                        "/etc/dnf/dnf.conf": "[main]\nexclude=kernel*,php\n"})
    assert facts(host)["patches.held"].items == ["kernel*", "php", "postgresql-0:13.14-1.el9.*"]


def test_lines_that_are_no_advisory_are_an_error():
    assert parse_updateinfo(
        "Last metadata expiration check: 0:10:01 ago\nA-1 Important/Sec. kernel-core-5.14.0-503.el9.x86_64\n"
    ) == [("kernel-core", "5.14.0-503.el9")]
    for text in ("Error: something\n", "A-1 Important/Sec.\n"):
        with pytest.raises(Unreadable):
            parse_updateinfo(text)


def test_settings_are_read_by_section():
    assert parse_ini("[a]\nX = 1\n; c\n[b]\nx=2\n  continued=no\n") == {"a": {"x": "1"}, "b": {"x": "2"}}


DNF5 = """Name                   Type     Severity                             Package              Issued
FEDORA-2026-044e56d9ff security Moderate            tar-2:1.35-9.fc44.x86_64 2026-09-09 04:47:08
FEDORA-2026-12f3f3d569 security Important openssl-libs-1:3.5.9-1.fc44.x86_64 2026-10-03 01:09:41
"""


def test_dnf_5_has_columns_of_its_own():
    assert parse_updateinfo(DNF5) == [("tar", "2:1.35-9.fc44"), ("openssl-libs", "1:3.5.9-1.fc44")]


@pytest.mark.parametrize(("main", "repo", "unsigned"), [
    ("gpgcheck=1", "", []), ("", "", ["demo-updates"]), ("gpgcheck=1", "gpgcheck=0\n", ["demo-updates"]),
    ("gpgcheck=0", "gpgcheck=1\n", [])])
def test_repositories_without_signatures_are_named(main, repo, unsigned):
    text = REPO.replace("gpgcheck=0\n", repo)
    host = rocky(files={"/etc/yum.repos.d/demo.repo": text, "/etc/dnf/dnf.conf": f"[main]\n{main}\n"})
    assert facts(host)["patches.unauthenticated"].items == unsigned


@pytest.mark.parametrize(("main", "packages", "kernels"), [
    ("", "removed", "removed-by-default"), ("clean_requirements_on_remove=False", "kept", "removed-by-default"),
    ("installonly_limit=0", "removed", "kept"), ("installonly_limit=3", "removed", "removed")])
def test_what_becomes_of_what_nothing_needs(main, packages, kernels):
    seen = facts(rocky(files={"/etc/dnf/dnf.conf": f"[main]\n{main}\n"}))
    assert (seen["patches.unused_packages"], seen["patches.unused_kernels"]) == (packages, kernels)
