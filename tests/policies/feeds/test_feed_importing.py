"""A feed is compiled whole or refused with what, where and how, and the one before is kept."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sqlite3
import zipfile
from contextlib import closing
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import feeds as agent_feeds
from hustings.errors import BadDocument, CannotFinish, HustingsError, UsageError
from policies.feeds import store as stores
from policies.feeds.advice import Kind, speaks_for
from policies.feeds.importing import Wish, confirm, import_feed, remove
from policies.feeds.json_members import NotMembers, members
from policies.feeds.store import Store
from tests.policies.feeds.building import AS_OF, NOW, filled, put, zipped
from tests.policies.feeds.samples import KEV, OSV, TRACKER, affected, fixed, issue, osv, resolved, text


def groups(store: Path, space: str, package: str) -> list[tuple[str, str]]:
    with Store(store) as opened:
        return [(group.fixed, group.cves) for _, several in opened.advice(space, [package]) for group in several]


def names(store: Path) -> list[str]:
    with Store(store) as opened:
        return [one.name for one in opened.feeds()]


# -- what is understood

def test_the_tracker_is_compiled_by_release_and_source_package(tmp_path: Path) -> None:
    store = filled(tmp_path, kev=None)
    assert groups(store, "debian/bookworm", "glibc") == [("", "CVE-2019-1010022"), ("2.36-9+deb12u3", "CVE-2023-4911")]
    assert groups(store, "debian/sid", "xz-utils") == [("5.6.1+really5.4.5-1", "CVE-2024-3094")]
    with Store(store) as opened:
        feed, = opened.feeds()
    assert (feed.name, feed.kind, feed.whole, speaks_for(feed)) == ("debian-tracker", Kind.DEBIAN, True, AS_OF)
    assert feed.records == sum(said.get("fixed_version") != "0" for issues in TRACKER.values()
                               for one in issues.values() for said in one["releases"].values())


def test_a_release_that_never_was_affected_is_not_kept(tmp_path: Path) -> None:
    assert groups(filled(tmp_path), "debian/bookworm", "xz-utils") == []


def test_why_there_is_no_fix_is_kept(tmp_path: Path) -> None:
    with Store(filled(tmp_path)) as store:
        states = {package: several[0].state for package, several in store.advice(
            "debian/bookworm", ["zlib", "varnish", "php8.2", "linux"])}
    assert states == {"zlib": "ignored", "varnish": "postponed", "php8.2": "undetermined", "linux": ""}


def test_the_newest_fix_stands_first(tmp_path: Path) -> None:
    fixes = ["1.0-1+deb12u9", "1.0-1+deb12u10", "1.0-1", "odd version", "1:0.1-1"]
    tracker = {"x": {f"CVE-2026-{number:05}": issue(bookworm=resolved(one)) for number, one in enumerate(fixes)}}
    assert [one for one, _ in groups(filled(tmp_path, tracker), "debian/bookworm", "x")] == [
        "odd version", "1:0.1-1", "1.0-1+deb12u10", "1.0-1+deb12u9", "1.0-1"]


def test_the_catalogue_is_known_by_its_vulnerabilities(tmp_path: Path) -> None:
    with Store(filled(tmp_path, tracker=None)) as store:
        found = store.exploited(["CVE-2024-1086", "CVE-2021-3156", "CVE-2000-0001"])
        feed, = store.feeds()
    assert {one.cve: (one.due, one.ransomware) for one in found.values()} == {
        "CVE-2024-1086": ("2024-06-20", True), "CVE-2021-3156": ("2022-04-27", False)}
    assert (feed.name, feed.made.date().isoformat()) == ("kev", "2026-11-20")


@pytest.mark.parametrize(("space", "package", "fix", "cves"), [
    ("Debian:12", "glibc", "2.36-9+deb12u3", "CVE-2023-4911"),
    ("Ubuntu:22.04:LTS", "glibc", "2.35-0ubuntu3.4", "CVE-2023-4911"),
    ("Rocky Linux:9", "glibc", "0:2.34-60.el9_2.7", "CVE-2023-4527 CVE-2023-4806 CVE-2023-4911"),
    ("Alpine:v3.18", "openssl", "3.1.4-r0", "CVE-2023-5363")])
def test_osv_records_of_every_family_are_read(tmp_path: Path, space: str, package: str, fix: str, cves: str) -> None:
    store = tmp_path / "feeds.db"
    done = import_feed([zipped(tmp_path)], store, Wish(name="all", whole=True), NOW)
    assert groups(store, space, package) == [(fix, cves)]
    assert (done.left_out, done.feed.whole, done.feed.kind) == (1, True, Kind.OSV)
    assert groups(store, "PyPI", "requests") == []


def test_ranges_keep_where_they_begin_and_a_last_affected_version_is_no_fix(tmp_path: Path) -> None:
    record = osv("CVE-2026-11111", affected("Debian:12", "x", *fixed("1.2-1"), *fixed("2.5-1", "2.0-1")),
                 affected("Debian:12", "y", {"introduced": "0"}, {"last_affected": "3.0-1"}),
                 affected("Debian:12", "z", {"introduced": "0"}))
    store = tmp_path / "feeds.db"
    put(tmp_path, store, record)
    with Store(store) as opened:
        found = {package: [(one.introduced, one.fixed, one.state) for one in several]
                 for package, several in opened.advice("Debian:12", ["x", "y", "z"])}
    assert found == {"x": [("2.0-1", "2.5-1", ""), ("", "1.2-1", "")], "y": [("", "", "undetermined")],
                     "z": [("", "", "")]}


def test_a_withdrawn_record_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="nothing"):
        put(tmp_path, tmp_path / "feeds.db", OSV[0] | {"withdrawn": "2026-11-01T00:00:00Z"})


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_a_packed_feed_is_unpacked(tmp_path: Path, pack: Any) -> None:
    put(tmp_path, tmp_path / "feeds.db", pack(text(TRACKER)))
    assert groups(tmp_path / "feeds.db", "debian/bookworm", "sudo") == [("1.9.5p2-3", "CVE-2021-3156")]


def test_single_records_are_no_whole_feed_unless_someone_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    for record in OSV:
        (folder / f"{record['id']}.json").write_bytes(text(record))
    store = tmp_path / "feeds.db"
    assert import_feed([folder / "RLSA-2023:5453.json"], store, Wish(), NOW).feed.whole is False
    assert import_feed([folder], store, Wish(), NOW).feed.whole is False
    assert import_feed([folder], store, Wish(whole=True), NOW).feed.whole is True


# -- what is refused

def damaged(name: str) -> bytes:
    whole = text(TRACKER)
    return {
        "cut in the middle": whole[:len(whole) // 2],
        "cut before the last brace": whole[:-1],
        "more after the end": whole + b"{}",
        "a value that is no object": b'{"glibc": {"CVE-2023-4911": 1}}',
        "no status": b'{"glibc": {"CVE-2023-4911": {"releases": {"bookworm": {}}}}}',
        "a status nobody knows": b'{"glibc": {"CVE-2023-4911": {"releases": {"bookworm": {"status": "fine"}}}}}',
        "nothing": b"",
        "an empty object": b"{}",
        "a list": b"[]",
        "text": b"<html>Not found</html>",
        "another document": text({"vulnerabilities": []}),
        "a catalogue with fewer entries than it says": text(KEV | {"count": 99}),
        "a catalogue with a day that is none": text(KEV | {"vulnerabilities": [KEV["vulnerabilities"][0] | {
            "dueDate": "soon"}], "count": 1}),
        "a cut packed feed": gzip.compress(whole)[:-20],
        "a packed nothing": gzip.compress(b""),
        "packed rubbish": b"\x1f\x8b" + b"x" * 50,
        "a cut zip": b"PK\x03\x04" + b"\0" * 30,
        "an osv record without a package": text(osv("CVE-2026-1")),
        "an osv record that is none": text({"id": 1, "modified": "never"}),
        "nested too deeply": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "not utf-8": whole.replace(b"glibc", b"gl\xffbc"),
    }[name]


@pytest.mark.parametrize("name", [
    "cut in the middle", "cut before the last brace", "more after the end", "a value that is no object", "no status",
    "a status nobody knows", "nothing", "an empty object", "a list", "text", "another document",
    "a catalogue with fewer entries than it says", "a catalogue with a day that is none", "a cut packed feed",
    "a packed nothing", "packed rubbish", "a cut zip", "an osv record without a package",
    "an osv record that is none", "nested too deeply", "not utf-8"])
def test_what_is_no_whole_feed_is_refused_and_the_store_kept(tmp_path: Path, name: str) -> None:
    store = filled(tmp_path)
    before = store.read_bytes()
    with pytest.raises(HustingsError) as refused:
        put(tmp_path, store, damaged(name), "bad.json")
    assert refused.value.exit_code == 2
    assert "bad.json" in refused.value.where
    assert refused.value.remedy
    assert store.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []


def test_a_feed_half_as_large_is_only_taken_when_someone_says_so(tmp_path: Path) -> None:
    store = filled(tmp_path)
    small = {"sudo": TRACKER["sudo"]}
    with pytest.raises(UsageError, match="would replace"):
        put(tmp_path, store, small)
    assert groups(store, "debian/bookworm", "glibc") != []
    put(tmp_path, store, small, smaller=True)
    assert groups(store, "debian/bookworm", "glibc") == []
    assert names(store) == ["debian-tracker", "kev"]


def test_an_import_replaces_its_own_feed_and_no_other(tmp_path: Path) -> None:
    store = filled(tmp_path)
    import_feed([zipped(tmp_path)], store, Wish(), NOW)
    assert names(store) == ["debian-tracker", "kev", "osv-debian"]
    remove(store, "osv-debian")
    assert names(store) == ["debian-tracker", "kev"]
    assert groups(store, "Debian:12", "glibc") == []
    assert groups(store, "debian/bookworm", "sudo") == [("1.9.5p2-3", "CVE-2021-3156")]
    with pytest.raises(UsageError, match="no feed 'osv-debian'"):
        remove(store, "osv-debian")


@pytest.mark.parametrize(("as_of", "said"), [
    (NOW + timedelta(days=1), "not come yet"), (datetime(2026, 11, 1, tzinfo=NOW.tzinfo), "after the time given")])
def test_a_time_that_cannot_be_is_refused(tmp_path: Path, as_of: datetime, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        put(tmp_path, tmp_path / "feeds.db", KEV, as_of=as_of)
    assert not (tmp_path / "feeds.db").exists()


def test_without_a_word_on_its_age_a_feed_is_as_old_as_what_it_holds(tmp_path: Path) -> None:
    store = tmp_path / "feeds.db"
    kev, record = (speaks_for(put(tmp_path, store, one, as_of=None).feed) for one in (KEV, OSV[0]))
    assert kev == datetime(2026, 11, 20, 17, 55, 4, 546600, NOW.tzinfo)
    assert record == datetime(2026, 11, 20, 10, tzinfo=NOW.tzinfo)


def test_an_old_content_confirmed_today_is_still_old(tmp_path: Path) -> None:
    feed = put(tmp_path, tmp_path / "feeds.db", KEV | {"dateReleased": "2026-09-01T00:00:00.0000Z"}).feed
    assert (feed.confirmed, speaks_for(feed).date().isoformat()) == (AS_OF, "2026-09-01")
    assert speaks_for(confirm(tmp_path / "feeds.db", "kev", NOW)).date().isoformat() == "2026-09-01"


def test_a_store_that_is_none_or_that_others_may_write_is_refused(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.chmod(0o666)
    with pytest.raises(BadDocument, match="others may write"):
        Store(store)
    other = tmp_path / "other.db"
    other.write_bytes(b"not a database at all, but long enough to look at")
    with pytest.raises(BadDocument, match="not a store"):
        Store(other)
    with pytest.raises(BadDocument, match="not a store"):
        put(tmp_path, other, TRACKER)
    with pytest.raises(CannotFinish, match="cannot be read"):
        Store(tmp_path / "nowhere.db")
    with pytest.raises(CannotFinish, match="No such file"):
        import_feed([tmp_path / "gone"], store, Wish(), NOW)


def test_a_store_cut_short_is_refused_when_it_is_read(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.write_bytes(store.read_bytes()[:8192])
    with pytest.raises(BadDocument, match=r"damaged|not a store"), Store(store) as opened:
        list(opened.advice("debian/bookworm", ["glibc"]))


@pytest.mark.parametrize("change", ["UPDATE advice SET groups = '{'", "UPDATE feed SET said = 'x'", "DROP TABLE advice",
                                    "UPDATE advice SET groups = 5"])
def test_a_store_changed_by_something_else_is_refused_when_it_is_read(tmp_path: Path, change: str) -> None:
    store = filled(tmp_path)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(change)
        connection.commit()
    with pytest.raises(BadDocument, match="damaged"), Store(store) as opened:
        assert (opened.feeds(), list(opened.advice("debian/bookworm", ["glibc"]))) is None


def test_an_import_goes_on_from_one_that_was_killed(tmp_path: Path) -> None:
    store = filled(tmp_path)
    (tmp_path / ".feeds.db.new").write_bytes(b"half a store")
    put(tmp_path, store, TRACKER)
    assert names(store) == ["debian-tracker", "kev"]


def test_the_agent_looks_where_the_feeds_are_kept() -> None:
    assert agent_feeds.DEFAULT == stores.DEFAULT


# -- cutting a big document into its members

ANY = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
                   | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8)


@given(st.dictionaries(st.text(), st.dictionaries(st.text(), ANY, max_size=3), min_size=1, max_size=5),
       st.integers(1, 9), st.booleans())
def test_members_are_those_the_whole_document_has(document: dict[str, Any], chunk: int, spaced: bool) -> None:
    data = json.dumps(document, ensure_ascii=spaced, indent=2 if spaced else None).encode()
    stream = BytesIO(data)
    assert [(name, json.loads(value)) for name, value in members(lambda size: stream.read(min(size, chunk)))] == \
        list(document.items())


@given(st.dictionaries(st.text(), st.dictionaries(st.text(), st.text(), max_size=2), min_size=1, max_size=3), st.data())
def test_a_document_cut_anywhere_is_noticed(document: dict[str, Any], data: st.DataObject) -> None:
    whole = json.dumps(document).encode()
    cut = BytesIO(whole[:data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(NotMembers):
        list(members(cut.read))


def test_a_member_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(NotMembers, match="more than 1000 bytes"):
        list(members(BytesIO(b'{"a": {"b": "' + b"x" * 5_000_000 + b'"}}').read, limit=1000))


def test_a_member_of_a_zip_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("last.json", b"{")
    with pytest.raises(BadDocument, match=r"last\.json"):
        import_feed([path], tmp_path / "feeds.db", Wish(), NOW)


def test_a_small_feed_may_be_a_part_and_is_whole_only_where_somebody_says_so(tmp_path: Path) -> None:
    """Well-formed is not whole: one line of a tracker says nothing of what else is vulnerable."""
    path = tmp_path / "tracker.json"
    path.write_text('{"zzz": {"CVE-2024-1": {"releases": {"bookworm": {"status": "open", "urgency": "low"}}}}}')
    store = tmp_path / "feeds.db"
    assert import_feed([path], store, Wish(as_of=AS_OF), NOW).feed.whole is False
    assert import_feed([path], store, Wish(as_of=AS_OF, whole=True), NOW).feed.whole is True
