"""SUSE's patches, and what cached advisories and rpm's own database say of an image where nothing can be run."""

import bz2
import gzip
import lzma
import struct
import zlib
from datetime import UTC, datetime

import pytest
import zstandard

from collectors import _rpmdb, _updateinfo, patches, products
from collectors._rpmdb import Package
from collectors._zypp import locked, parse_patches
from collectors.base import ABSENT, Dated
from collectors.host.image import ImageHost
from collectors.host.protocol import LookError, Output, Truncated, Unreadable, Unsupported
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured.packages import captured
from tests.collectors.captured.packages import path as captured_path
from tests.fakes import FakeHost

ZYPPER = ("zypper", "--non-interactive", "--no-refresh", "--xmlout", "list-patches", "--category", "security")
CACHE = "/var/cache/zypp/raw/repo-update/repodata"
INDEX = ('<repomd>\n  <revision>1795318824</revision>\n  <data type="updateinfo">\n'
         '    <location href="repodata/1f-updateinfo.xml.gz"/>\n  </data>\n</repomd>')
REPO = "[repo-update]\nname=Updates\nenabled=1\nautorefresh=1\nbaseurl=https://mirror.example/update\n"
OFF = "[repo-debug]\nenabled=0\n"
CHECKED = datetime(2026, 11, 22, 9, tzinfo=UTC)
ADVISORIES = captured("updateinfo.xml").encode()


def suse(*, without=(), files=None, said=None, **given):
    content = {"/etc/zypp/repos.d/update.repo": REPO, "/etc/zypp/repos.d/debug.repo": OFF,
               f"{CACHE}/repomd.xml": INDEX} | (files or {})
    answer = said or Output(0, captured("zypper-list-patches.xml"), "")
    return FakeHost({path: text for path, text in content.items() if path not in without},
                    stats={f"{CACHE}/repomd.xml": {"mtime": CHECKED}} if f"{CACHE}/repomd.xml" not in without else None,
                    commands={ZYPPER: answer}, **given)


def facts(host):
    return patches.collect(host, Declared())


# -- zypper

def test_needed_security_patches_wait_blocked_ones_too():
    seen = facts(suse())
    assert (seen["patches.manager"], seen["patches.security_source"]) == ("zypper", True)
    assert [one["package"] for one in seen["patches.security_pending"].value.items] == [
        "openSUSE-Leap-16.0-112", "openSUSE-Leap-16.0-500"]
    assert (seen["patches.security_pending"].as_of, seen["patches.lists_updated"]) == (CHECKED, "2026-11-22T09:00:00Z")


@pytest.mark.parametrize(("said", "reason"), [
    (Output(106, captured("zypper-list-patches.xml"), ""), Reason.ERROR),
    (Output(0, "", ""), Reason.ERROR), (Output(0, "<stream/>", ""), Reason.ERROR),
    (Output(0, "No updates.", ""), Reason.ERROR),
    (Output(7, "", "System management is locked"), Reason.ERROR), (LookError(Reason.TIMEOUT, "x"), Reason.TIMEOUT)])
def test_an_answer_without_its_list_is_never_the_news_that_nothing_waits(said, reason):
    seen = facts(suse(said=said))
    assert seen["patches.security_pending"].reason is reason
    assert seen["patches.lists_updated"] == "2026-11-22T09:00:00Z"


def test_an_empty_list_is():
    assert parse_patches("<stream><update-status version='0.6'><update-list/></update-status></stream>") == []
    with pytest.raises(Unreadable):
        parse_patches("<stream><update-status><update-list><update kind='patch' category='security'/></update-list>"
                      "</update-status></stream>")


def test_without_metadata_or_advisories_it_is_not_known_what_waits():
    bare = facts(suse(without={f"{CACHE}/repomd.xml"}))
    assert bare["patches.lists_updated"] is ABSENT
    assert isinstance(bare["patches.security_pending"], Missing)
    silent = facts(suse(files={f"{CACHE}/repomd.xml": "<repomd><revision>1795318824</revision></repomd>"}))
    assert silent["patches.security_pending"].reason is Reason.UNSUPPORTED
    off = facts(suse(files={"/etc/zypp/repos.d/update.repo": REPO.replace("enabled=1", "enabled=0")}))
    assert (off["patches.security_source"], off["patches.security_pending"]) == (False, ABSENT)


def test_locks_hold_packages_back():
    text = ("\ntype: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: kernel*\n"
            "\ntype: package\nsolvable_name: php8\n")
    assert locked(text) == ["kernel*", "php8"]
    assert facts(suse(files={"/etc/zypp/locks": text}))["patches.held"].items == ["kernel*", "php8"]


@pytest.mark.parametrize(("files", "automatic"), [
    ({}, False),
    ({"/etc/systemd/system/timers.target.wants/transactional-update.timer": ""}, True),
    ({"/etc/sysconfig/automatic_online_update": 'AOU_ENABLE_CRONJOB="true"\n'}, False),
    ({"/etc/sysconfig/automatic_online_update": 'AOU_ENABLE_CRONJOB="true"\nAOU_PATCH_CATEGORIES=""\n',
      "/etc/cron.daily/opensuse.org-online_update": ""}, True),
    ({"/etc/sysconfig/automatic_online_update": 'AOU_ENABLE_CRONJOB="true"\nAOU_PATCH_CATEGORIES="optional"\n',
      "/etc/cron.daily/opensuse.org-online_update": ""}, False),
    ({"/etc/sysconfig/automatic_online_update": 'AOU_ENABLE_CRONJOB="false"\n',
      "/etc/cron.daily/opensuse.org-online_update": ""}, False)])
def test_automatic_updates_of_yast_and_of_transactional_systems(files, automatic):
    assert facts(suse(files=files))["patches.automatic"] is automatic


@pytest.mark.parametrize(("repo", "main", "unsigned"), [
    ("", "", []), ("gpgcheck=0\n", "", ["repo-update"]), ("gpgcheck=1\n", "[main]\ngpgcheck = off\n", []),
    ("", "[main]\ngpgcheck = off\n", ["repo-update"]), ("gpgcheck=0\nrepo_gpgcheck=1\npkg_gpgcheck=1\n", "", [])])
def test_repositories_without_signatures_are_named(repo, main, unsigned):
    files = {"/etc/zypp/repos.d/update.repo": REPO + repo, "/etc/zypp/zypp.conf": main}
    assert facts(suse(files=files))["patches.unauthenticated"].items == unsigned


# -- advisories

MINE = [Package("voter-lib", "3:2.0-1.el9", "", 0), Package("voter-tools", "3:2.0-3.el9", "", 0),
        Package("kernel-core", "5.14.0-427.el9", "", 0), Package("kernel-core", "5.14.0-503.el9", "", 0)]


def test_the_newest_version_that_a_security_advisory_brings_waits():
    assert _updateinfo.pending(_updateinfo.parse(ADVISORIES), MINE).items == [
        {"package": "voter-lib", "installed": "3:2.0-1.el9", "fixed": "3:2.0-3.el9"}]


def test_of_several_kernels_the_newest_counts():
    assert _updateinfo.pending([_updateinfo.Advised("kernel-core", "5.14.0-500.el9")], MINE).items == []


@pytest.mark.parametrize(("mine", "advised", "waits", "complete"), [
    ("1:20.0-1.module+el9+1", "1:20.0-2.module+el9+1", True, True),
    ("1:20.0-1.module+el9+1", "1:20.1-1.module+el9+1", False, False),
    ("1:18.1-1.module+el9+1", "1:20.1-1.module+el9+1", False, True),
    ("1:18.1-1.el9", "1:20.1-1.module+el9+1", False, True)])
def test_an_advisory_for_a_module_speaks_of_its_own_stream(mine, advised, waits, complete):
    seen = _updateinfo.pending([_updateinfo.Advised("nodejs", advised)], [Package("nodejs", mine, "", 0)])
    assert (bool(seen.items), seen.complete) == (waits, complete)


@pytest.mark.parametrize(("suffix", "pack"), [
    ("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress),
    (".zst", zstandard.ZstdCompressor().compress)])
def test_advisories_are_read_however_they_are_packed(suffix, pack):
    host = FakeHost({f"/x/updateinfo.xml{suffix}": pack(ADVISORIES)})
    assert len(_updateinfo.read(host, f"/x/updateinfo.xml{suffix}")) == 4


@pytest.mark.parametrize(("name", "data"), [
    ("x.xml", ADVISORIES[:-30]), ("x.xml", b""), ("x.xml.gz", gzip.compress(ADVISORIES)[:-9]),
    ("x.xml.zst", b"rubbish"),
    ("x.xml", b'<updates><update type="security"><pkglist><package name="a"/></pkglist></update></updates>')])
def test_damaged_advisories_are_an_error(name, data):
    with pytest.raises((Unreadable, Truncated)):
        _updateinfo.read(FakeHost({f"/{name}": data}), f"/{name}")


# -- rpm's database

DATABASE = gzip.decompress(captured_path("rpmdb.sqlite.gz").read_bytes())


def image(tmp_path, database, name="rpmdb.sqlite", directory="var/lib/rpm", **files):
    for path, data in {f"{directory}/{name}": database, "etc/os-release": b"ID=rocky\n", **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return ImageHost(str(tmp_path))


def ndb(blobs):
    """An ndb database with the given headers: one page of slots, then the blobs in blocks of 16 bytes."""
    slots, body = [], b""
    for number, blob in enumerate(blobs, 1):
        data = struct.pack("<4sIII", b"BlbS", number, 0, len(blob)) + blob
        data += b"\0" * (-(len(data) + 12) % 16) + struct.pack("<II4s", zlib.adler32(blob), len(blob), b"BlbE")
        slots.append(struct.pack("<4sIII", b"Slot", number, (4096 + len(body)) // 16, len(data) // 16))
        body += data
    head = struct.pack("<4sIII", b"RpmP", 0, 1, 1) + struct.pack("<I", len(blobs) + 1) + b"\0" * 12
    return head + b"".join(slots) + struct.pack("<4sIII", b"Slot", 0, 0, 0) * (254 - len(slots)) + body


WHOLE = [Package("voter-lib", "3:2.0-1.el9", "voter-lib-2.0-1.el9.src.rpm", 1795328307),
         Package("voter-tools", "3:2.0-1.el9", "voter-lib-2.0-1.el9.src.rpm", 1795328307)]


def test_a_database_that_rpm_wrote_is_read_without_rpm(tmp_path):
    assert sorted(_rpmdb.read(image(tmp_path, DATABASE))) == WHOLE
    assert products.collect(image(tmp_path, DATABASE), Declared())["products.installed"].items[0] == {
        "name": "voter-tools", "version": "3:2.0-1.el9", "source": "rpm", "upstream": "voter-lib"}


def test_the_same_headers_are_read_from_an_ndb_database(tmp_path):
    blobs = _rpmdb._sqlite(DATABASE)
    host = image(tmp_path, ndb(blobs), "Packages.db", "usr/lib/sysimage/rpm")
    assert sorted(_rpmdb.read(host)) == WHOLE


@pytest.mark.parametrize("damage", [
    lambda data: data[:1000], lambda data: b"x" * 5000, lambda data: data[:-40],
    lambda data: data.replace(b"Slot", b"slot", 1), lambda data: data.replace(b"BlbS", b"Blbs", 1)])
def test_a_damaged_ndb_database_is_an_error(tmp_path, damage):
    with pytest.raises(Unreadable):
        _rpmdb.read(image(tmp_path, damage(ndb(_rpmdb._sqlite(DATABASE))), "Packages.db"))


@pytest.mark.parametrize("damage", [
    lambda data: data[:4096], lambda data: b"SQLite format 3\0" + b"\xff" * 9000, lambda data: b"rubbish",
    lambda data: b""])
def test_a_damaged_sqlite_database_is_an_error(tmp_path, damage):
    with pytest.raises(Unreadable):
        _rpmdb.read(image(tmp_path, damage(DATABASE)))


def test_forms_that_are_not_read_say_so(tmp_path):
    with pytest.raises(Unsupported, match="Berkeley"):
        _rpmdb.read(image(tmp_path / "a", b"x", "Packages"))
    with pytest.raises(Unsupported, match="not written into it"):
        _rpmdb.read(image(tmp_path / "b", DATABASE, **{"var/lib/rpm/rpmdb.sqlite-wal": b"frames"}))
    with pytest.raises(Unsupported):
        _rpmdb.read(image(tmp_path / "c", b"x", "something"))


def test_an_image_of_the_red_hat_family_is_judged_by_its_cache_and_database(tmp_path):
    cache = "var/cache/dnf/demo-0123456789abcdef/repodata"
    host = image(tmp_path, DATABASE, **{
        "etc/yum.repos.d/demo.repo": b"[demo]\nenabled=1\ngpgcheck=1\n", f"{cache}/repomd.xml": INDEX.encode(),
        f"{cache}/1f-updateinfo.xml.gz": gzip.compress(ADVISORIES)})
    pending = facts(host)["patches.security_pending"]
    assert isinstance(pending, Dated)
    assert [(one["package"], one["fixed"]) for one in pending.value.items] == [
        ("voter-lib", "3:2.0-3.el9"), ("voter-tools", "3:2.0-3.el9")]
    (tmp_path / cache / "1f-updateinfo.xml.gz").unlink()
    assert isinstance(facts(host)["patches.security_pending"], Missing)


def test_an_image_of_suse_too(tmp_path):
    host = image(tmp_path, ndb(_rpmdb._sqlite(DATABASE)), "Packages.db", "usr/lib/sysimage/rpm", **{
        "etc/zypp/repos.d/update.repo": REPO.encode(), f"{CACHE[1:]}/repomd.xml": INDEX.encode(),
        f"{CACHE[1:]}/1f-updateinfo.xml.gz": gzip.compress(ADVISORIES)})
    assert len(facts(host)["patches.security_pending"].value.items) == 2
