"""What agents report joined with the list of equipment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from hustings.report import Hardware, Inventory, Os, Product
from policies.lifecycle import Table
from policies.loader import load_tables
from policies.pack import HERE
from server.planning.joined import Joined, join, reported
from server.planning.model import Asset, EndOfLife, Source, Unmatched
from server.records import Asset as Declared
from server.records import Heard, Office
from tests.server.test_plan import heard, told

TABLE = Table.of(load_tables(HERE / "tables"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISTED = EndOfLife(date(2030, 1, 1), "support", Source("the list"))
DEBIAN_12 = date(2028, 6, 30)


def joined(machines: tuple[Heard, ...], *listed: Asset, unmatched: tuple[Unmatched, ...] = (),
           declared: tuple[Declared, ...] | None = None) -> Joined:
    office = Office("office", machines, assets=declared)
    return join(listed, unmatched, reported(office, TABLE, NOW), office, NOW)


def one(found: Joined, asset: str) -> Asset:
    return next(each for each in found.assets if each.id == asset)


def test_the_agents_word_on_the_system_wins_whatever_the_letters_case() -> None:
    found = joined((heard(told("Db1")),), Asset(id="DB1", kind="server", version="Debian 99", ends=LISTED))
    asset = one(found, "DB1")
    assert asset.ends is not None
    assert (asset.ends.day, asset.ends.rule, asset.version) == (DEBIAN_12, "lts", "debian 12")
    assert found.reported["DB1"].agent == "agent-Db1"
    assert found.reported["DB1"].listed
    assert len(found.assets) == 1


def test_what_the_office_knows_and_an_agent_cannot_still_counts() -> None:
    certified = EndOfLife(date(2027, 3, 1), "certification", Source("EAC"))
    extended = EndOfLife(date(2029, 3, 1), "extension", Source("letter"))
    found = joined((heard(told("a")), heard(told("b"))), Asset(id="a", kind="server", ends=certified),
                   Asset(id="b", kind="server", ends=extended, purchased=date(2024, 1, 1)))
    assert one(found, "a").ends == certified
    assert one(found, "b").ends == extended


def test_an_agents_answer_settles_what_the_list_left_open() -> None:
    found = joined((heard(told("db1")),), Asset(id="db1", kind="server"), unmatched=(Unmatched("db1", "version"),))
    assert found.unmatched == ()


def test_a_machine_on_no_line_is_an_asset_without_a_price() -> None:
    found = joined((heard(told("stray")),))
    asset = one(found, "stray")
    assert (asset.cost, asset.lead_months, asset.kind) == (None, None, "web")
    assert asset.ends is not None
    assert asset.ends.day == DEBIAN_12
    assert not found.reported["stray"].listed


def test_a_system_that_no_table_knows_is_asked_and_not_fine() -> None:
    strange = told("odd", system="plan9", version="4")
    found = joined((heard(strange),))
    ends = one(found, "odd").ends
    assert ends is not None
    assert ends.rule == "hardware-life"
    assert [(each.asset, each.why) for each in found.unmatched] == [("odd", "product")]


def test_a_lot_of_several_joins_no_single_machine() -> None:
    found = joined((heard(told("pcs")),), Asset(id="pcs", kind="pc", quantity=12, ends=LISTED))
    assert one(found, "pcs").ends == LISTED
    assert found.batches == ("pcs",)
    assert found.reported == {}
    assert len(found.assets) == 1


def test_who_should_report_and_is_silent_is_said() -> None:
    old = heard(told("sleepy"), received=NOW - timedelta(days=8))
    listed = [Asset(id=name, kind=kind) for name, kind in
              (("sleepy", "pc"), ("mute", "laptop"), ("awake", "pc"), ("scanner", "tabulator"))]
    declared = (Declared("desk", ("office-workstation",), "", "us"), Declared("theirs", ("ems",), "", "vendor"))
    found = joined((old, heard(told("awake"))), *listed, declared=declared)
    assert found.silent == ("desk", "mute", "sleepy")


def test_an_agent_that_was_turned_off_says_nothing_more() -> None:
    found = joined((heard(told("gone"), revoked=True),))
    assert found.assets == ()


def test_of_two_agents_of_one_name_the_later_speaks() -> None:
    older = heard(told("twin", version="10"), received=NOW - timedelta(hours=5))
    newer = heard(msgspec.structs.replace(told("twin"), agent="agent-new"))
    found = joined((newer, older))
    assert found.reported["twin"].agent == "agent-new"
    assert found.reported["twin"].product
    assert one(found, "twin").version == "debian 12"


def test_old_firmware_counts_where_nobody_knows_when_it_was_bought() -> None:
    aged = msgspec.structs.replace(told("box"), inventory=Inventory(
        Os("linux", "debian", "12", "", "debian 12"), Hardware("Dell Inc.", "R640", "1", "2018-03-01"),
        (Product("bash", "5", "dpkg"),), True))
    without = joined((heard(aged),), Asset(id="box", kind="server"))
    bought = joined((heard(aged),), Asset(id="box", kind="server", purchased=date(2024, 1, 1), ends=LISTED))
    ends = one(without, "box").ends
    assert ends is not None
    assert (ends.day, ends.rule) == (date(2025, 3, 1), "hardware-life")
    assert one(bought, "box").ends is not None
    assert one(bought, "box").ends.day == DEBIAN_12  # type: ignore[union-attr]
