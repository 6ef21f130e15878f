"""Until when the system of a managed device is supported, by the table that machines with an agent are judged by."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hustings.facts import Listing, Missing, Reason
from policies.directory.device_support import PRODUCTS, with_support
from policies.lifecycle import Table
from policies.pack import shipped

TABLE = Table.of(shipped().tables)
TODAY = date(2026, 11, 22)


def support(os: Any, version: Any, today: date = TODAY) -> tuple[Any, Any]:
    found = with_support(Listing([{"device": "d", "os": os, "version": version}]), TABLE, today)
    return found.items[0].get("support"), found.items[0].get("support_ends")


def test_every_system_that_directories_name_is_in_the_table() -> None:
    assert {one.id for one in TABLE.products} >= set(PRODUCTS.values())


@pytest.mark.parametrize(("os", "version", "said"), [
    ("windows", "10.0.19045.5131", ("dated", "2025-10-14")),
    ("Windows", "10.0.22621.1", ("dated", "2025-10-14")),
    ("macos", "26.1", ("open", None)),
    ("macos", "13.6.1", ("dated", "2025-09-15")),
    ("ios", "18.1", ("open", None)),
    ("android", "13", ("dated", "2026-03-02")),
])
def test_a_version_has_the_end_of_its_release(os: str, version: str, said: tuple[str, str | None]) -> None:
    assert support(os, version) == said


@pytest.mark.parametrize(("today", "said"), [
    (date(2025, 6, 1), "2025-11-11"), (date(2025, 11, 11), "2025-11-11"),
    (date(2026, 11, 11), "2026-11-10"), (date(2027, 1, 1), "2026-11-10")])
def test_of_editions_that_end_apart_the_first_counts_before_it_and_the_last_after_it(today: date, said: str) -> None:
    assert support("windows", "10.0.22631.4460", today) == ("dated", said)


def test_between_the_ends_of_editions_nobody_can_say() -> None:
    assert isinstance(support("windows", "10.0.22631.4460", date(2026, 3, 1))[0], Missing)


@pytest.mark.parametrize(("os", "version"), [
    ("plan9", "4"), ("windows", "10.0.1"), ("windows", "eleven"), ("", "1"), ("macos", ""),
    (Missing(Reason.DENIED, "hidden"), "1"), ("macos", Missing(Reason.DENIED, "hidden"))])
def test_what_the_table_or_the_directory_does_not_know_is_a_reason(os: Any, version: Any) -> None:
    said = support(os, version)
    assert all(isinstance(one, Missing) and one.detail for one in said)


def test_that_no_end_was_announced_is_believed_for_a_year() -> None:
    assert support("macos", "26.1", date(TABLE.looked_up.year + 2, 1, 1))[0] == Missing(
        Reason.STALE, "no end was announced when the table of support dates was made")
    assert support("windows", "10.0.19045.1", date(2035, 1, 1)) == ("dated", "2025-10-14")


def test_a_list_keeps_what_it_lacks_and_anything_else_stays_as_it_is() -> None:
    why = Missing(Reason.DENIED, "telephones")
    assert with_support(Listing([], False, why), TABLE, TODAY) == Listing([], False, why)
    assert with_support(why, TABLE, TODAY) is why
    assert with_support(None, TABLE, TODAY) is None
    without = with_support(Listing([{"os": "macos", "version": "26"}]), why, TODAY)
    assert without.items[0]["support"] is why
