"""``hustings feeds`` from the command line, and an audit that matches against the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hustings.__main__ import hustings
from hustings.errors import HustingsError
from tests.policies.feeds.building import filled
from tests.policies.feeds.samples import KEV, TRACKER, text

OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(hustings, [str(one) for one in arguments])
    if isinstance(done.exception, HustingsError):
        raise done.exception
    return done


def test_feeds_are_imported_shown_and_removed(tmp_path: Path) -> None:
    store = tmp_path / "feeds.db"
    for name, document in (("tracker.json", TRACKER), ("kev.json", KEV)):
        (tmp_path / name).write_bytes(text(document))
        said = run("feeds", "import", tmp_path / name, "--store", store)
        assert said.exit_code == 0
        assert "lines, speaks for" in said.stdout
    shown = run("feeds", "status", "--store", store).stdout
    assert "debian-tracker  (debian-tracker)  17 lines" in shown
    assert "speaks of debian/bookworm, debian/bullseye, debian/sid" in shown
    document = json.loads(run("feeds", "status", "--format", "json", "--store", store).stdout)
    assert [one["name"] for one in document["feeds"]] == ["debian-tracker", "kev"]
    assert run("feeds", "remove", "kev", "--store", store).stdout == "kev: removed\n"
    assert "kev" not in run("feeds", "status", "--store", store).stdout


def test_without_a_feed_the_way_to_one_is_named(tmp_path: Path) -> None:
    assert "hustings feeds import --help" in run("feeds", "status", "--store", tmp_path / "feeds.db").stdout
    with pytest.raises(HustingsError, match="name its address"):
        run("feeds", "fetch", "--store", tmp_path / "feeds.db")


@pytest.mark.parametrize("as_of", ["yesterday", "2026-13-01", "2126-01-01"])
def test_a_time_that_is_none_is_refused(tmp_path: Path, as_of: str) -> None:
    (tmp_path / "tracker.json").write_bytes(text(TRACKER))
    with pytest.raises(HustingsError):
        run("feeds", "import", tmp_path / "tracker.json", "--as-of", as_of, "--whole", "--store", tmp_path / "feeds.db")


@pytest.mark.parametrize(("version", "verdict"), [("1.9.5p2-2", "fail"), ("1.9.5p2-3", "pass")])
def test_an_image_is_matched_against_the_store(tmp_path: Path, version: str, verdict: str) -> None:
    root = tmp_path / "root"
    for path, content in (("etc/os-release", OS_RELEASE), ("etc/apt/sources.list", ""), ("var/lib/dpkg/status", (
            f"Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"))):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")
    check = "patching/no-known-exploited"
    said = run("check", "--root", root, "--feeds", filled(tmp_path), "--only", check, "--format", "json",
               "--set", f"{check}.catalogue_max_age=36500d", "--set", f"{check}.data_max_age=36500d")
    result, = json.loads(said.stdout)["results"]
    assert result["verdict"] == verdict, result
    assert said.exit_code == (verdict == "fail")
    without = run("check", "--root", root, "--feeds", filled(tmp_path / "root", kev=None), "--only", check, "--format",
                  "json")
    assert json.loads(without.stdout)["results"][0]["verdict"] == "unknown"
    with pytest.raises(HustingsError, match="cannot be read"):
        run("check", "--root", root, "--feeds", tmp_path / "nowhere.db", "--only", check)
