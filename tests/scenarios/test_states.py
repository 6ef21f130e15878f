"""How a recorded state is read and laid, and states small enough to need neither root nor a Debian root."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.scenarios import states
from tests.scenarios.judging import verdict_of
from tests.scenarios.rules import Rule, rules

SMALL = {one.id: one for one in states.read(states.OWN / "small.jsonl")}


@pytest.mark.parametrize("name", sorted(SMALL))
def test_small_states_have_the_verdict_they_were_made_for(name: str, tmp_path: Path) -> None:
    scenario = SMALL[name]
    states.lay(tmp_path, scenario.entries, owners=False)
    found = verdict_of(tmp_path, rules()[scenario.rule], scenario.variables)
    assert found["verdict"] == scenario.expect, found["said"]


def test_every_small_state_is_judged_both_ways() -> None:
    for rule in {one.rule for one in SMALL.values()}:
        assert {one.expect for one in SMALL.values() if one.rule == rule} >= {"pass", "fail"}, rule


def test_variables_keep_the_commas_of_their_values() -> None:
    assert states.variables("a=1,b_c=x.org,y.org,d=") == {"a": "1", "b_c": "x.org,y.org", "d": ""}
    assert states.variables("") == {}


def test_a_variable_that_the_scenario_lacks_leaves_the_default() -> None:
    rule = Rule("area/check", {"max": "$limit", "stated": "true"})
    assert rule.settings({"limit": "5"}) == ["area/check.max=5", "area/check.stated=true"]
    assert rule.settings({}) == ["area/check.stated=true"]


def test_a_state_is_laid_as_it_was_recorded(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/gone").write_text("x")
    (tmp_path / "etc").symlink_to("/old")
    states.lay(tmp_path, (
        {"path": "/old", "type": "dir", "mode": "0750", "replaces": True},
        {"path": "/etc/file", "type": "file", "mode": "0600", "text": "a\n"},
        {"path": "/link", "type": "link", "target": "/etc/file"},
        {"path": "/pipe", "type": "special", "mode": "0644"},
        {"path": "/never", "absent": True},
    ), owners=False)
    assert sorted(one.name for one in (tmp_path / "old").iterdir()) == ["file"]
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o750
    assert (tmp_path / "link").readlink() == Path("/etc/file")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_no_state_reaches_out_of_its_root(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/up").symlink_to("../..")
    with pytest.raises(ValueError, match="outside"):
        states.lay(tmp_path / "root", ({"path": "/up/x", "type": "file", "text": ""},), owners=False)
