"""A list that gets shorter is seen to get shorter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.inventory_changes import changes
from server.records import Asset, Declaration
from server.scorecard import scorecard
from tests.server.records import DAY, NOW, PACK, heard, office, results

DESK = Asset("desk-1", ("office-workstation",), "hall", "us")
REGISTER = Asset("register", ("registration-db", "backup-server"), "hall", "us")

MIRROR = Asset("copy", ("registration-db",), "hall", "us", "register")


def version(age: int, *assets: Asset) -> Declaration:
    return Declaration(NOW - age * DAY, "console:dana", "list.csv", assets)


@pytest.mark.parametrize(("before", "after", "kinds"), [
    ((DESK, REGISTER), (DESK,), ["removed"]),
    ((DESK,), (DESK, REGISTER), ["added"]),
    ((REGISTER,), (Asset("register", ("registration-db",), "hall", "us"),), ["roles"]),
    ((REGISTER,), (Asset("register", REGISTER.roles, "hall", "vendor"),), ["responsible"]),
    ((DESK,), (Asset("desk-1", ("office-workstation", "ems"), "hall", "us"),), []),
    ((Asset("x", (), "", "us"),), (Asset("x", ("ems",), "", "us"),), ["roles"]),
    ((MIRROR,), (Asset("copy", MIRROR.roles, "hall", "us"),), ["mirror"]),
    ((MIRROR,), (Asset("copy", MIRROR.roles, "hall", "us", "REGISTER"),), []),
    ((DESK,), (Asset("DESK-1", DESK.roles, "annex", "us"),), []),
    ((DESK,), (Asset("desk-9", DESK.roles, "hall", "us"),), ["removed", "added"])])
def test_what_a_new_list_changes(before: tuple[Asset, ...], after: tuple[Asset, ...], kinds: list[str]) -> None:
    assert sorted(one.kind for one in changes((version(30, *before), version(1, *after)), NOW)) == sorted(kinds)


def test_after_ninety_days_it_is_no_news() -> None:
    assert changes((version(200, DESK, REGISTER), version(91, DESK)), NOW) == ()
    assert len(changes((version(200, DESK, REGISTER), version(90, DESK)), NOW)) == 1


def test_the_first_list_changes_nothing() -> None:
    assert changes((version(1, DESK),), NOW) == ()
    assert changes((), NOW) == ()


@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_every_machine_taken_off_the_list_is_on_page_one(old: set[str], new: set[str]) -> None:
    def of(names: set[str]) -> tuple[Asset, ...]:
        return tuple(Asset(name, ("office-workstation",), "", "us") for name in sorted(names))

    shown = scorecard(office(heard(results(), host="a"), assets=of(new),
                             declarations=(version(40, *of(old)), version(2, *of(new)))), PACK, NOW)
    assert {one.asset for one in shown.inventory_changes if one.kind == "removed"} == old - new
