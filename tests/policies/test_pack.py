"""Packs: named by digest, compiled once, and never taken from where others may write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hustings.errors import PolicyError
from policies import pack as packs
from tests.policies.test_loader import GOOD, directory

SHIPPED = packs.shipped()
MINE = GOOD.replace("t.int", "network.syncookies")
"""A check over a fact of the shipped declarations."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    return directory(tmp_path / "mine", one=MINE)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of this test's own, with every file mode it is given."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = os.umask(0)
    yield tmp_path / "cache" / "hustings"
    os.umask(before)


def test_a_compiled_pack_is_the_pack(tmp_path: Path) -> None:
    path = tmp_path / "shipped.json"
    path.write_bytes(packs.encode(SHIPPED))
    assert packs.load(path) == SHIPPED


def test_the_digest_covers_the_compiled_bytes_and_nothing_else(root: Path) -> None:
    one, other = packs.compile_directory(root), packs.compile_directory(root)
    assert one == other
    assert one.digest == "sha256:" + hashlib.sha256(packs.encode(one)).hexdigest()
    assert packs.encode(msgspec.structs.replace(one, digest="sha256:other")) == packs.encode(one)


def test_a_changed_word_is_another_digest(root: Path) -> None:
    before = packs.compile_directory(root).digest
    check = root / "library/area/one.yaml"
    check.write_text(check.read_text().replace("small", "smaller"))
    assert packs.compile_directory(root).digest != before


def test_the_second_reading_comes_from_the_cache_and_is_the_same(root: Path, cache: Path) -> None:
    first = packs.load(root)
    kept = list(cache.glob("pack-*.json"))
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o777 == 0o600
    assert cache.stat().st_mode & 0o777 == 0o700
    assert packs.load(root) == first


def planted(cache: Path) -> Path:
    """The cached pack, with a check's severity lowered by someone else."""
    path = next(cache.glob("pack-*.json"))
    path.write_bytes(path.read_bytes().replace(b'"severity":"high"', b'"severity":"low"'))
    return path


def test_what_is_in_the_cache_is_used_so_that_the_next_tests_prove_something(root: Path, cache: Path) -> None:
    packs.load(root)
    planted(cache)
    assert packs.load(root).checks[0].severity == "low"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_cached_pack_that_others_may_write_is_not_believed(root: Path, cache: Path, mode: int) -> None:
    packs.load(root)
    planted(cache).chmod(mode)
    assert packs.load(root).checks[0].severity == "high"


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_cache_directory_that_others_may_write_is_not_used(root: Path, cache: Path, mode: int) -> None:
    packs.load(root)
    planted(cache)
    cache.chmod(mode)
    assert packs.load(root).checks[0].severity == "high"


def test_a_link_is_not_believed(root: Path, cache: Path, tmp_path: Path) -> None:
    packs.load(root)
    path = planted(cache)
    elsewhere = tmp_path / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert packs.load(root).checks[0].severity == "high"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file to someone else")
def test_another_accounts_file_is_not_believed(root: Path, cache: Path) -> None:
    packs.load(root)
    os.chown(planted(cache), 12345, 12345)
    assert packs.load(root).checks[0].severity == "high"


def test_a_damaged_cache_is_made_anew(root: Path, cache: Path) -> None:
    first = packs.load(root)
    path = next(cache.glob("pack-*.json"))
    path.write_bytes(b'{"id":')
    assert packs.load(root) == first
    assert packs.decode(path.read_bytes(), "cache") == first


@pytest.mark.parametrize("place", ["/dev/null/cache", "relative/cache"])
def test_without_a_place_for_a_cache_the_pack_is_compiled_each_time(
        root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    assert packs.load(root) == packs.load(root)
    assert not (tmp_path / "relative").exists()


@pytest.mark.parametrize("change", ["library/area/one.yaml", "tables/catalogue.json", "pack.yaml"])
def test_a_changed_source_is_compiled_afresh(root: Path, cache: Path, change: str) -> None:
    packs.load(root)
    planted(cache)
    path = root / change
    path.write_text(path.read_text() + "\n")
    assert packs.load(root).checks[0].severity == "high"


def test_a_new_file_that_would_not_be_read_is_found_despite_the_cache(root: Path, cache: Path) -> None:
    packs.load(root)
    (root / "library/area/two.yml").write_text(MINE)
    with pytest.raises(PolicyError, match="would not be read"):
        packs.load(root)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b"null"])
def test_bytes_that_are_no_pack_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(data)
    with pytest.raises(PolicyError, match=r"(?s)p\.json.*fix: "):
        packs.load(path)


def test_a_missing_pack_says_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        packs.load(tmp_path / "none.json")


def test_an_endless_file_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="more than"):
        packs.load(Path("/dev/zero"))


@pytest.mark.parametrize(("change", "said"), [
    ({"checks": []}, "no check"),
    ({"require": {"fact": "network.syncookies", "matches": ".*"}}, "exactly one operator"),
    ({"require": {"fact": "no.such", "equals": 1}}, "not declared"),
    ({"on_missing": "pass"}, "never 'pass'"),
    ({"catalogue": "XXX-01"}, "not a row"),
    ({"max_age": "soon"}, "not a duration"),
])
def test_a_compiled_pack_from_elsewhere_is_held_to_the_loaders_rules(tmp_path: Path, root: Path, change: dict[str, Any],
                                                                     said: str) -> None:
    plain = msgspec.json.decode(packs.encode(packs.compile_directory(root)))
    if "checks" in change:
        plain.update(change)
    else:
        plain["checks"][0].update(change)
    path = tmp_path / "p.json"
    path.write_bytes(msgspec.json.encode(plain))
    with pytest.raises(PolicyError, match=said):
        packs.load(path)


def test_a_compiled_pack_with_a_duplicate_key_is_refused(tmp_path: Path, root: Path) -> None:
    data = packs.encode(packs.compile_directory(root))
    path = tmp_path / "p.json"
    path.write_bytes(data.replace(b'"severity":"high"', b'"severity":"high","severity":"low"', 1))
    with pytest.raises(PolicyError, match="twice"):
        packs.load(path)


def test_a_check_may_be_in_a_pack_once_only(tmp_path: Path, root: Path) -> None:
    pack = packs.compile_directory(root)
    path = tmp_path / "p.json"
    path.write_bytes(packs.encode(msgspec.structs.replace(pack, checks=pack.checks * 2)))
    with pytest.raises(PolicyError, match="same id"):
        packs.load(path)
