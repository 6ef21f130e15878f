"""When support ends: by edition, the earliest of all that ends, each with its rule and source; else it is asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from hustings.errors import PolicyError
from policies import equipment
from policies.lifecycle import Table
from server.pages.language import language
from server.planning.ends import Judge, resolve
from server.planning.inventory import Inventory
from server.planning.matching import Matcher, edition, tokens
from server.planning.model import Budget, Calendar, EndOfLife, Option, Problem, Source
from server.planning.plan_b import controls
from server.planning.solve import solve
from tests.planning.lists import TODAY, line, read, table, told

EXPORT = Path(__file__).parents[3] / "shared" / "data" / "lifecycle" / "endoflife-products.json"


def pc(version: str, more: str = "", extra: str = "") -> Inventory:
    return line(f"a,pc,Dell,OptiPlex,{version},1,,,,,{',' if more else ''}{extra}", more).whole()


def day(made: Inventory) -> date | None:
    ends = made.assets[0].ends
    return ends.day if ends else None


@pytest.mark.parametrize(("make", "model", "version", "title", "ends"), [
    ("Dell", "OptiPlex", "Windows 10 Pro 22H2", "Microsoft Windows 10 22H2", "2025-10-14"),
    ("Dell", "OptiPlex", "Win11 23H2 Home", "Microsoft Windows 11 23H2 (W)", "2025-11-11"),
    ("Microsoft", "Windows 11 Enterprise", "24H2", "Microsoft Windows 11 24H2 (E)", "2027-10-12"),
    ("Microsoft", "Windows 11 Pro", "10.0.26100.2314", "Microsoft Windows 11 24H2 (W)", "2026-10-13"),
    ("HP", "x", "Windows 10 Enterprise LTSC 2021", "Microsoft Windows 10 21H2 (E)", "2027-01-12"),
    ("HP", "x", "Windows 10 IoT Enterprise LTSC 2021", "Microsoft Windows 10 21H2 IoT", "2032-01-13"),
    ("HP", "x", "Windows 7 Pro", "Microsoft Windows 7 SP1", "2020-01-14"),
    ("Dell", "R740", "Windows Server 2016 Standard", "Microsoft Windows Server 2016", "2027-01-12"),
    ("Dell", "R740", "Windows Server 2012 R2", "Microsoft Windows Server 2012 R2", "2023-10-10"),
    ("Dell", "R740", "Windows Server 2008 R2", "Microsoft Windows Server 2008 R2 SP1", "2020-01-14"),
    ("Canonical", "Ubuntu", "20.04.6 LTS", "Ubuntu 20.04 (Focal Fossa)", "2025-05-31"),
    ("", "PostgreSQL 14", "", "PostgreSQL 14", "2026-11-12"),
    ("Microsoft", "SQL Server 2016 SP2", "", "Microsoft SQL Server 2016 SP2", "2022-10-11"),
    ("Apple", "MacBook", "macOS 13.6", "Apple macOS 13 (Ventura)", "2025-09-15"),
    ("VMware", "ESXi", "6.7", "VMware ESXi 6.7", "2022-10-15"),
])
def test_software_is_found_by_name_version_and_edition(make: str, model: str, version: str, title: str,
                                                       ends: str) -> None:
    made = line(f"a,pc,{make},{model},{version},1,,,,,").whole()
    assert (made.titles["a"], str(day(made))) == (title, ends)
    assert made.unmatched == ()


@pytest.mark.parametrize("version", ["Windows 11 24H2", "10.0.26100", "10.0.26100.2314", "Microsoft Windows 11 24h2"])
def test_without_the_edition_the_answer_is_needs_edition(version: str) -> None:
    made = pc(version)
    (found,) = made.unmatched
    assert (found.why, day(made)) == ("edition", None)
    assert [(one.cycle, str(one.ends)) for one in found.guesses] == [
        ("11-24h2-iot-lts", "2034-10-10"), ("11-24h2-e-lts", "2029-10-09"), ("11-24h2-e", "2027-10-12"),
        ("11-24h2-w", "2026-10-13")]
    assert found.guesses[3].title == "Microsoft Windows 11 24H2 (Home, Pro)"


def test_the_column_edition_settles_it_and_so_does_a_choice_among_the_guesses() -> None:
    assert str(day(pc("Windows 11 24H2", "edition", "Education"))) == "2027-10-12"
    made = pc("Windows 11 24H2", "product", "windows/11-24h2-w")
    assert (str(day(made)), made.unmatched) == ("2026-10-13", ())


def test_where_every_edition_has_ended_the_last_end_counts_and_the_edition_is_still_asked() -> None:
    made = pc("Windows 11 22H2")
    assert (str(day(made)), made.unmatched[0].why) == ("2025-10-14", "edition")


def test_a_version_that_says_too_little_is_asked() -> None:
    (found,) = pc("Windows 10").unmatched
    assert found.why == "version"
    assert found.guesses[0].cycle == "10-22h2"
    assert pc("Windows 10 30H2").unmatched[0].why == "cycle"


def test_windows_is_not_seen_where_it_is_not() -> None:
    assert line("a,router,Cisco,ISR 4331,IOS 16.9,1,,,,,").unmatched[0].why == "product"
    assert line("a,pc,Dell,Office PC,,1,,,,,").titles == {}


def test_support_that_must_be_paid_for_does_not_count() -> None:
    assert str(day(pc("Windows 10 22H2"))) == "2025-10-14"


def test_an_extension_counts_with_its_evidence_alone() -> None:
    assert str(day(pc("Windows 7", "extended_until,evidence", "2027-01-01,"))) == "2020-01-14"
    made = pc("Windows 7", "extended_until,evidence", "2027-01-01,vendor letter 4")
    assert made.assets[0].ends == EndOfLife(date(2027, 1, 1), "extension", Source("vendor letter 4"))


def test_the_earliest_end_counts_with_its_rule_and_source() -> None:
    more = "certification,certified_until,end_of_life,evidence"
    made = line("t,tabulator,ES&S,DS200,6.1,1,2017-02-28,,,,,EAC 12,2026-12-01,2027-06-30,board of 3 May", more).whole()
    assert made.assets[0].ends == EndOfLife(date(2026, 12, 1), "certification", Source("EAC 12"))
    made = line("t,tabulator,ES&S,DS200,6.1,1,2017-02-28,,,,,,,2026-06-30,board of 3 May", more).whole()
    assert made.assets[0].ends == EndOfLife(date(2026, 6, 30), "declared", Source("board of 3 May"))


@pytest.mark.parametrize(("kind", "make", "model", "ends", "rule"), [
    ("tabulator", "ES&S", "DS200", "2026-02-28", "voting-life"), ("pollbook", "x", "y", "2026-02-28", "voting-life"),
    ("e-pollbook", "x", "y", "2026-02-28", "voting-life"), ("thing", "ES&S", "DS200", "2026-02-28", "voting-life"),
    ("pc", "Dell", "x", "2023-02-28", "hardware-life"), ("switch", "Cisco", "x", "2023-02-28", "hardware-life")])
def test_expected_life_is_ten_years_for_voting_equipment_and_seven_for_other_hardware(
        kind: str, make: str, model: str, ends: str, rule: str) -> None:
    found = line(f"a,{kind},{make},{model},,1,2016-02-29,,,,").whole().assets[0].ends
    assert found is not None
    assert (str(found.day), found.rule) == (ends, rule)
    assert found.source.looked_up == date(2026, 11, 22)


@pytest.mark.parametrize("kind", ["software", "database", "vm", "cloud"])
def test_what_does_not_wear_out_has_no_expected_life(kind: str) -> None:
    assert day(line(f"a,{kind},x,y,,1,2016-02-29,,,,").whole()) is None


def test_a_known_model_without_any_date_is_told_as_such() -> None:
    (found,) = line("a,tabulator,Dominion,ImageCast Precinct,5.5,1,,,,,").unmatched
    assert (found.why, found.guesses) == ("dates", ())


def test_a_misspelt_model_gets_the_nearest_names_the_likeliest_first() -> None:
    (found,) = line("a,tabulator,Dominion,Image Cast Precint,5.5,1,,,,,").unmatched
    assert (found.why, found.guesses[0].title) == ("product", "Dominion Voting Systems ImageCast Precinct")
    assert len(found.guesses) <= 5
    assert [one.likeness for one in found.guesses] == sorted((one.likeness for one in found.guesses), reverse=True)
    chosen = f"{found.guesses[0].product}/{found.guesses[0].cycle}"
    made = line(f"a,tabulator,Dominion,Image Cast Precint,5.5,1,2018-01-01,,,,,{chosen}", "product").whole()
    assert (made.unmatched, str(day(made))) == ((), "2028-01-01")


def test_a_product_that_no_table_has_is_a_mistake_of_its_line() -> None:
    assert told(line("a,pc,,,,1,,,,,,windows/11-24h2-x", "product"))[0][:2] == (2, "product")


def test_stored_entries_are_judged_again_by_todays_table() -> None:
    made = read("asset,kind,make,model,version,quantity\na,pc,Dell,x,Windows 11 24H2,1\n"
                "b,pc,Dell,x,Windows 7,1\n").whole()
    again = resolve(made.entries, table(), TODAY)
    assert (again.entries, again.unmatched, again.titles) == (made.entries, made.unmatched, made.titles)
    assert again.assets == made.assets


def test_every_product_of_the_table_is_found_by_its_own_title() -> None:
    matcher = Matcher(table())
    missed = []
    for product in table().products:
        for cycle in product.cycles[:3]:
            if any(one.build for one in product.cycles):
                continue
            found = matcher.find("", product.title, cycle.cycle)
            if found is None or found.product.id != product.id:
                missed.append((product.id, cycle.cycle))
    assert not missed


def test_a_table_imported_anew_is_matched_too() -> None:
    if not EXPORT.is_file():
        pytest.skip("no export of support dates beside the checkout")
    from policies.tables_import import import_export, read_rules

    fresh = Table(import_export(EXPORT, read_rules()).table)
    for product in fresh.products:
        assert Judge(fresh, equipment.shipped(), TODAY).matcher.exact(
            f"{product.id}/{product.cycles[0].cycle}") if product.cycles else True


@pytest.mark.parametrize(("written", "vendor", "lineage"), [
    ("Premier/Diebold (Dominion)", "dominion", True), ("Premier/Diebold (ES&S)", "es&s", True),
    ("Sequoia (Dominion)", "dominion", True), ("Sequoia", "dominion", True), ("ES&S", "es&s", False),
    ("Election Systems and Software, LLC", "es&s", False), ("HART INTERCIVIC", "hart", False),
    ("Liberty Vote", "dominion", False), ("KNOWiNK", "knowink", False)])
def test_vendors_are_known_by_todays_names_and_by_lineage(written: str, vendor: str, lineage: bool) -> None:
    made = equipment.shipped().made(written)
    assert made is not None
    assert made.vendor is not None
    assert (made.vendor.id, bool(made.lineage)) == (vendor, lineage)


def test_a_maker_that_was_divided_is_not_guessed() -> None:
    made = equipment.shipped().made("Premier Election Solutions (Diebold)")
    assert made is not None
    assert (made.vendor, [one.id for one in made.choices]) == (None, ["dominion", "es&s"])
    assert equipment.shipped().made("Dell") is None


def test_the_equipment_table_holds_names_and_no_dates_of_models() -> None:
    content = equipment.shipped().content
    assert {one.vendor for one in content.models} <= {one.id for one in content.vendors}
    assert len({one.id for one in content.models}) == len(content.models)
    for model in content.models:
        assert equipment.shipped().model(equipment.shipped().vendors[model.vendor].name, model.name) == model


@pytest.mark.parametrize("tables", [{}, {"equipment": {}}, {"equipment": []}])
def test_a_pack_without_a_sound_equipment_table_is_refused(tables: dict[str, object]) -> None:
    with pytest.raises(PolicyError, match="equipment"):
        equipment.Equipment.of(tables)


def test_words_and_editions() -> None:
    assert tokens("Win10 Pro 22H2, v10.0.19045") == ["win", "10", "pro", "22h2", "v", "10.0.19045"]
    assert edition(tokens("IoT Enterprise LTSC")) == "IoTEnterpriseS"
    assert edition(tokens("Windows 11 Pro Education")) == "ProfessionalEducation"
    assert edition(tokens("Windows 11")) == ""


@pytest.mark.parametrize(("column", "rule"), [("certified_until", "certification"), ("end_of_life", "declared")])
def test_bought_support_renews_no_certificate_and_moves_no_end_of_the_office(column: str, rule: str) -> None:
    more = f"extend_cost,extend_until,{column}"
    made = line("a,tabulator,ES&S,DS200,,4,2020-01-01,Warehouse,900,3,,500,2029-12-31,2028-02-29", more).whole()
    (asset,) = made.assets
    assert asset.ends is not None
    assert (asset.ends.rule, asset.covered_until) == (rule, date(2028, 2, 29))
    none = Problem(today=TODAY, assets=(replace(asset, cost=None),), calendar=Calendar(),
                   budgets=(Budget("county", 2028, 100_000),))
    (kept,) = solve(none).lines
    assert kept.option is Option.KEEP
    (plan_b,) = {controls(asset, language("en"))}
    assert "Buy the vendor" not in plan_b


@pytest.mark.parametrize(("make", "model", "version"), [("Acme", "Reader 9", ""), ("Acme", "X", ""), ("Ltd", "7", "9")])
def test_a_product_that_shares_no_word_with_any_is_offered_none(make: str, model: str, version: str) -> None:
    (found,) = line(f"a,pc,{make},{model},{version},1,,,,,").whole().unmatched
    assert (found.why, found.guesses) == ("product", ())


@pytest.mark.parametrize(("model", "title"), [("Windws Servr 2016", "Microsoft Windows Server 2016"),
                                              ("Postgre SQL 14.2", "PostgreSQL 14"), ("Ubunto 22.04", "Ubuntu 22.04")])
def test_a_misspelt_product_is_still_offered(model: str, title: str) -> None:
    (found,) = line(f"a,server,,{model},,1,,,,,").whole().unmatched
    assert any(one.title.startswith(title) for one in found.guesses), found.guesses
