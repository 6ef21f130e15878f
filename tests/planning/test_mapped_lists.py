"""An office's own list: what is sure is imported, the rest asked row by row, nothing guessed silently."""

from __future__ import annotations

import csv
import io
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.errors import HustingsError
from server.planning import answers, canonical_csv, loose, mapping
from server.planning.answers import Answers
from server.planning.loose import Ask
from server.planning.mapping import Mapping
from server.planning.model import Unmatched
from server.planning.number_words import number
from server.planning.proposal import propose
from tests.planning.lists import asked, mapped, read, told
from tests.planning.messy_lists import as_csv, county_rows, it_rows

TITLE = "Voting equipment of the county, draft\n\n"
NAMES = "Jurisdiction,Equipment Type,Make,Model,First Fielded,Quantity,Notes,Clerk\n"


def county(*rows: str) -> str:
    """Rows from line 4 on."""
    return TITLE + NAMES + "".join(f"{one}\n" for one in rows)


def fields(text: str) -> dict[str, tuple[str, ...]]:
    return dict(propose(text.encode(), "x.csv").mapping.columns)


def test_the_names_are_found_below_titles_and_mapped_by_their_words() -> None:
    proposal = propose(county("Adams,Ballot Marking Device,ES&S,AutoMARK,2006-01-01,12,,Pat Doe").encode(), "x.csv")
    assert proposal.header_row == 3
    assert proposal.mapping.columns == {
        "asset": ("Jurisdiction", "Equipment Type", "Model"), "kind": ("Equipment Type",), "make": ("Make",),
        "model": ("Model",), "quantity": ("Quantity",), "purchased": ("First Fielded",), "site": ("Jurisdiction",)}
    assert proposal.mapping.kinds == {"Ballot Marking Device": "bmd"}
    assert {one.header: one.confidence for one in proposal.columns}["Make"] == 1.0


def test_columns_that_name_people_are_neither_read_nor_shown() -> None:
    text = county("Adams,Ballot Marking Device,ES&S,AutoMARK,2006-01-01,12,,Pat Doe")
    clerk = propose(text.encode(), "x.csv").columns[-1]
    assert (clerk.personal, clerk.examples, clerk.field) == (True, (), "")
    assert b"Pat Doe" not in msgspec.json.encode(propose(text.encode(), "x.csv"))
    assert "Columns that are not read, and not kept: Notes, Clerk." in [one.said() for one in mapped(text).notes]


def test_french_names_are_known() -> None:
    found = fields("N° d’inventaire;Catégorie;Fabricant;Modèle;Système d’exploitation;Quantité;Date d’achat;Lieu;"
                   "Coût unitaire;Délai (semaines);N° de série\n1;Tabulatrice;Dominion;x;;douze;2017-04-01;Gatineau;"
                   "6 500,00 $;26;\n")
    assert found == {
        "asset": ("N° d’inventaire",), "kind": ("Catégorie",), "make": ("Fabricant",), "model": ("Modèle",),
        "version": ("Système d’exploitation",), "quantity": ("Quantité",), "purchased": ("Date d’achat",),
        "site": ("Lieu",), "unit_cost": ("Coût unitaire",), "lead_months": ("Délai (semaines)",),
        "serial": ("N° de série",)}


def test_lead_times_in_weeks_become_months_rounded_up() -> None:
    text = "Tag,Type,Model,Lead time (weeks),Unit price\n"
    text += 'A,server,x,26,"$1,200"\nB,server,x,18 months,\nC,server,x,6-9,\n'
    made = mapped(text)
    assert [one.lead_months for one in made.assets] == [6, 18, None]
    assert made.assets[0].cost == 120000
    assert asked(made) == [(4, "Lead time (weeks)",
                            "6-9 is not one length of time. How many months from order to use?")]


def test_a_vendor_named_by_lineage_is_todays_vendor_and_the_lineage_is_kept() -> None:
    made = mapped(county("Adams,DRE-Touchscreen,Premier/Diebold (Dominion),AccuVote TSX,2006-05-01,4,,"))
    assert (made.assets[0].make, made.entries[0].lineage) == ("Dominion Voting Systems", "Premier/Diebold (Dominion)")
    assert made.questions == ()
    assert any("Premier/Diebold (Dominion) → Dominion Voting Systems (1)" in one.said() for one in made.notes)


def test_a_maker_whose_products_were_divided_is_asked_and_left_unknown() -> None:
    made = mapped(county("Adams,DRE-Touchscreen,Diebold,AccuVote TSX,2006-05-01,4,,"))
    assert asked(made) == [(4, "Make", "Diebold was divided among several makers. Who has it now?")]
    assert made.questions[0].proposals == ("Dominion Voting Systems", "Election Systems & Software")
    assert made.assets[0].make == ""
    again = mapped(county("Adams,DRE-Touchscreen,Diebold,AccuVote TSX,2006-05-01,4,,"),
                   answers={(4, "Make"): "Dominion Voting Systems"})
    assert (again.assets[0].make, again.questions) == ("Dominion Voting Systems", ())


SEVERAL = county('Adams,Batch-Fed Optical Scanner,ES&S,"DS200, DS450 and ExpressVote",2016-01-01,6,,')


def test_several_models_in_one_cell_are_asked_and_split_by_the_answer() -> None:
    made = mapped(SEVERAL)
    assert made.questions[0].proposals == ("DS200=?; DS450=?; ExpressVote=?",)
    assert (made.assets[0].model, made.assets[0].quantity) == ("", 6)
    assert made.unmatched == (Unmatched(made.assets[0].id, "models", "its cell names several models"),)
    split = mapped(SEVERAL, answers={(4, "Model"): "DS200=3; DS450=1; ExpressVote=2"})
    assert [(one.model, one.quantity) for one in split.assets] == [("DS200", 3), ("DS450", 1), ("ExpressVote", 2)]
    assert len({one.id for one in split.assets}) == 3
    assert split.questions == ()


def test_numbers_inside_a_cell_of_several_models_are_proposed_not_taken() -> None:
    made = mapped(county('Adams,Hand-Fed Optical Scanner,ES&S,"DS200 (3), DS450 (1)",2016-01-01,4,,'))
    assert made.questions[0].proposals == ("DS200=3; DS450=1",)
    assert len(made.assets) == 1


def test_one_model_with_a_comma_or_slash_is_one_model() -> None:
    made = mapped(county('Adams,Laptop,Dell,"Latitude 5420, i7/16GB",2021-01-01,6,,'))
    assert (made.assets[0].model, made.questions) == ("Latitude 5420, i7/16GB", ())


def test_a_blank_model_is_asked_with_the_makers_models() -> None:
    made = mapped(county("Adams,Hand-Fed Optical Scanner,ES&S,n/a,2016-01-01,6,,"))
    assert asked(made) == [(4, "Model", "The model is missing. Which is it?")]
    assert made.questions[0].proposals == ("DS200", "DS300", "Model 100")
    settled = mapped(county("Adams,Hand-Fed Optical Scanner,ES&S,n/a,2016-01-01,6,,"), answers={(4, "Model"): "?"})
    assert (settled.questions, settled.assets[0].model) == ((), "")


@pytest.mark.parametrize(("written", "count"), [
    ("12", 12), ("12.0", 12), ("1,200", 1200), ("twelve", 12), ("a dozen", 12), ("deux douzaines", 24),
    ("Twelve (12)", 12), ("7 units", 7), ("2 dozen", 24), ("trente-quatre", 34), ("vingt et un", 21), ("14 each", 14),
])
def test_sure_quantities_are_taken(written: str, count: int) -> None:
    assert loose.quantity(written) == count


@pytest.mark.parametrize(("written", "proposals"), [
    ("~40", ("40",)), ("10-12", ("10", "12")), ("approx. 15", ("15",)), ("several", ()), ("dozens", ()),
    ("10+", ("10",)),     ("twelve (13)", ("13",)), ("-4", ()), ("1.5", ()), ("3 or 4", ("3", "4")), ("a", ()),
])
def test_unsure_quantities_are_asked_with_what_they_may_mean(written: str, proposals: tuple[str, ...]) -> None:
    with pytest.raises(Ask) as raised:
        loose.quantity(written)
    assert raised.value.proposals == proposals


def test_an_asset_of_unknown_quantity_stands_as_one_without_a_cost_and_is_listed() -> None:
    made = mapped("Tag,Type,Model,Qty,Unit cost\nA,server,x,~40,1200\n")
    assert (made.assets[0].quantity, made.assets[0].cost, made.entries[0].counted) == (1, None, False)
    assert [(one.asset, one.why) for one in made.unmatched] == [("A", "quantity")]
    again = read(canonical_csv.write(made.entries))
    assert (again.whole().entries[0].counted, again.unmatched[0].why) == (False, "quantity")


@pytest.mark.parametrize(("text", "value"), [
    ("", None), ("one", 1), ("un", 1), ("soixante et onze", 71), ("one one", None), ("quatre-vingt-dix-sept", 97),
    ("two hundred and five", 205), ("half", None), ("mille deux cents", 1200), ("twelve dozen", 144)])
def test_numbers_in_words(text: str, value: int | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(("written", "first", "last"), [
    ("Fall 2016", "2016-09-01", "2016-12-20"), ("printemps 2017", "2017-03-01", "2017-06-20"),
    ("FY18", "2017-01-01", "2018-12-31"), ("2016", "2016-01-01", "2016-12-31"),
    ("2014-2016", "2014-01-01", "2016-12-31"), ("03/04/2016", "2016-03-04", "2016-04-03"),
    ("Sept. 2018", "2018-09-01", "2018-09-30"), ("août 2015", "2015-08-01", "2015-08-31"),
])
def test_a_date_that_is_no_day_is_asked_with_the_days_it_may_be(written: str, first: str, last: str) -> None:
    made = mapped(county(f"Adams,Ballot Marking Device,ES&S,AutoMARK,{written},3,,"))
    assert made.questions[0].proposals == (first, last)
    assert made.assets[0].purchased is None


@pytest.mark.parametrize(("written", "day"), [
    ("Fall 2016", date(2016, 9, 1)), ("2016", date(2016, 1, 1)), ("2014-2016", None), ("FY18", None),
    ("03/04/2016", None), ("winter 2016", None), ("circa 2012", None)])
def test_the_first_day_is_taken_only_by_the_mappings_rule_and_never_where_it_is_not_sure(
        written: str, day: date | None) -> None:
    text = county(f"Adams,Ballot Marking Device,ES&S,AutoMARK,{written},3,,")
    rule = msgspec.structs.replace(propose(text.encode(), "x").mapping, dates="earliest")
    made = mapped(text, rule)
    assert made.assets[0].purchased == day
    assert (day is None) == bool(made.questions)


@pytest.mark.parametrize("written", ["3/14/2016", "14-Mar-2016", "March 14, 2016", "14 mars 2016",
                                     "2016-03-14 00:00:00",                                     "2016.03.14",
                                     "2016-03-14T09:30:00Z"])
def test_days_written_in_other_ways_are_taken(written: str) -> None:
    made = mapped(county(f'Adams,Ballot Marking Device,ES&S,AutoMARK,"{written}",3,,'))
    assert made.assets[0].purchased == date(2016, 3, 14)


def test_a_column_says_whether_the_day_stands_first() -> None:
    rows = ["Adams,BMD,ES&S,AutoMARK,31/12/2019,3,,", "Baker,BMD,ES&S,AutoMARK,03/04/2016,3,,"]
    assert [one.purchased for one in mapped(county(*rows)).assets] == [date(2019, 12, 31), date(2016, 4, 3)]


@pytest.mark.parametrize("written", ["2026-02-30", "31/31/2019", "1800-01-01", "2027-03-01", "soon"])
def test_impossible_and_future_days_are_asked(written: str) -> None:
    made = mapped(county(f"Adams,BMD,ES&S,AutoMARK,{written},3,,"))
    assert [(row, column) for row, column, _ in asked(made)] == [(4, "First Fielded")]


def test_cells_that_say_nothing_are_empty_and_counted() -> None:
    made = mapped(county("Adams,BMD,ES&S,AutoMARK,unknown,3,,", "Baker,BMD,ES&S,AutoMARK,TBD,3,,",
                         "Clark,BMD,ES&S,AutoMARK,?,3,,", "Doe,BMD,ES&S,AutoMARK,n/a,3,,"))
    assert made.questions == ()
    assert "Cells that say nothing (n/a, unknown, ?) are taken as empty: First Fielded (4)." in [
        one.said() for one in made.notes]


def test_totals_repeated_names_titles_and_methods_without_equipment_are_not_rows() -> None:
    made = mapped(county("Adams,BMD,ES&S,AutoMARK,2016-01-01,3,,", NAMES.strip(), "North region,,,,,,,",
                         "Baker,Hand Counted Paper Ballots,,,,,,", "Total,,,,,3,,"))
    assert (made.rows, len(made.assets)) == (1, 1)
    assert [one.said() for one in made.notes][:4] == [
        "Rows that add others up are not read: 8.", "Rows that repeat the column names are not read: 5.",
        "Rows that only hold a title are not read: 6.", "Rows that the mapping leaves out are not read: 7."]


UNITS = ("Asset Tag,Category,Manufacturer,Model,OS,OS version,Serial number,Location,Assigned to\n"
         "T1,Laptop,Dell,Latitude 5420,Microsoft Windows 11 Pro,24H2,S1,HQ,Jane\n"
         "T2,Laptop,Dell,Latitude 5420,Microsoft Windows 11 Pro,24H2,S2,HQ,Joe\n"
         "T3,Laptop,Dell,Latitude 5420,Microsoft Windows 11 Pro,24H2,s1,HQ,Ann\n"
         "T4,Laptop,Dell,Latitude 5420,Microsoft Windows 11 Pro,24H2,S4,Annex,Ann\n")


def test_rows_of_one_thing_each_become_lines_of_alike_things() -> None:
    made = mapped(UNITS)
    assert [(one.asset.id, one.asset.quantity, one.serials) for one in made.entries] == [
        ("Dell Latitude 5420 Microsoft Windows 11 Pro 24H2 HQ", 2, ("S1", "S2")), ("T4", 1, ("S4",))]
    assert made.assets[0].ends is not None
    assert made.assets[0].ends.day == date(2026, 10, 13)


def test_a_serial_number_that_stands_twice_holds_its_row_back_and_both_rows_are_named() -> None:
    made = mapped(UNITS)
    assert made.held_back == 1
    assert asked(made) == [(4, "Serial number", "The serial number s1 stands on row 2 too. Is this row the same thing, "
                            "or another?")]
    same = mapped(UNITS, answers={(4, "Serial number"): "same"})
    assert (same.held_back, same.left_out, sum(one.quantity for one in same.assets)) == (0, 1, 3)
    other = mapped(UNITS, answers={(4, "Serial number"): "other"})
    assert (other.held_back, sum(one.quantity for one in other.assets)) == (0, 4)


def test_a_row_that_repeats_another_is_held_back_until_someone_says() -> None:
    rows = ("Adams,BMD,ES&S,AutoMARK,2016-01-01,3,,", "Adams,BMD,ES&S,AutoMARK,2016-01-01,3,,")
    made = mapped(county(*rows))
    assert (len(made.assets), made.held_back, made.questions[0].proposals) == (1, 1, ("same", "other"))
    other = mapped(county(*rows), answers={(5, "asset"): "other"})
    assert [one.id for one in other.assets] == ["Adams BMD AutoMARK", "Adams BMD AutoMARK 2016-01-01"]


def test_rows_that_differ_get_names_of_their_own() -> None:
    made = mapped(county("Adams,BMD,ES&S,AutoMARK,2016-01-01,3,,", "Adams,BMD,ES&S,AutoMARK,2018-01-01,3,,"))
    assert [one.id for one in made.assets] == ["Adams BMD AutoMARK", "Adams BMD AutoMARK 2018-01-01"]


def test_formulas_and_errors_are_asked_and_never_come_out() -> None:
    made = mapped(county('Adams,BMD,ES&S,"=HYPERLINK(""http://x.example"",""AutoMARK"")",2016-01-01,3,,',
                         "=cmd|' /C calc'!A0,BMD,ES&S,AutoMARK,#REF!,3,,"))
    assert [(one.row, one.column, one.proposals) for one in made.questions] == [
        (4, "Model", ("AutoMARK",)), (5, "First Fielded", ()), (5, "Jurisdiction", ())]
    written = canonical_csv.write(made.entries)
    assert "HYPERLINK" not in written
    assert "cmd" not in written


def test_a_row_that_nothing_names_is_held_back() -> None:
    text = "Tag,Type,Model\n,server,x\nB,server,y\n"
    made = mapped(text)
    assert (asked(made), made.held_back) == ([(2, "Tag", "Nothing names this row. What is it called?")], 1)
    named = mapped(text, answers={(2, "Tag"): "Server room 1"})
    assert [one.id for one in named.assets] == ["Server room 1", "B"]


def test_an_answer_may_leave_a_row_out_and_a_bad_one_is_a_problem_of_the_answers() -> None:
    text = county("Adams,BMD,ES&S,AutoMARK,2016-01-01,~3,,")
    assert (mapped(text, answers={(4, "Quantity"): "-"}).left_out, mapped(text).left_out) == (1, 0)
    bad = mapped(text, answers=answers.read(b"row,column,value\n4,Quantity,lots\n", "a.csv"))
    assert told(bad) == [(2, "quantity", "lots is not a whole number")]
    assert bad.assets == ()


def test_one_answer_may_serve_every_cell_that_reads_alike() -> None:
    text = county("Adams,BMD,ES&S,AutoMARK,Fall 2016,3,,", "Baker,BMD,ES&S,AutoMARK,Fall 2016,3,,")
    given_ = answers.read(b"row,column,value,was\n*,First Fielded,2016-10-01,fall 2016\n9,Model,x,\n", "a.csv")
    made = mapped(text, answers=given_)
    assert [one.purchased for one in made.assets] == [date(2016, 10, 1)] * 2
    assert "Answers that fit no open question: 9 Model." in [one.said() for one in made.notes]


@pytest.mark.parametrize(("text", "what"), [
    ("row,value\n1,2\n", "the column column is missing"), ("row,column,value\nx,Model,2\n", "x is not a row"),
    ("row,column,value\n*,Model,2\n", "the cell is empty")])
def test_mistakes_in_answers_are_told(text: str, what: str) -> None:
    with pytest.raises(HustingsError, match=what):
        answers.read(text.encode(), "a.csv")


def test_a_mapping_is_written_and_read_back_the_same() -> None:
    made = propose(as_csv(county_rows(40)).encode(), "x.csv").mapping
    assert mapping.read(mapping.write(made).encode(), "m.yaml") == made
    assert mapping.read(msgspec.json.encode(made), "m.json") == made


def test_a_mapping_gives_values_for_all_rows_and_for_a_kind() -> None:
    text = county("Adams,BMD,ES&S,AutoMARK,2016-01-01,2,,", "Adams,Laptop,Dell,x,2020-01-01,2,,")
    rule = mapping.read(b"""
header_row: 3
columns: {asset: [A, B], kind: Equipment Type, make: Make, model: D, quantity: F}
constants: {lead_months: 6, site: HQ}
by_kind: {bmd: {unit_cost: 4500.50, lead_months: 18}}
kinds: {BMD: bmd, Laptop: pc}
""", "m.yaml")
    made = mapped(text, rule)
    assert [(one.id, one.kind, one.cost, one.lead_months, one.site) for one in made.assets] == [
        ("Adams BMD", "bmd", 900100, 18, "HQ"), ("Adams Laptop", "pc", None, 6, "HQ")]


@pytest.mark.parametrize(("text", "what"), [
    ("columns: {assets: A}", "an inventory has no column assets"), ("colums: {}", "unknown key 'colums'"),
    ("dates: latest", "dates"), ("header_row: 0", "out of range"), ("kinds: {x: two words!}", "not one word"),
    ("schema: other/1", "its schema is other/1"), ("columns: {asset: A, asset: B}", "appears twice"),
    ("[1]", "not keys with values")])
def test_mistakes_in_a_mapping_are_told(text: str, what: str) -> None:
    with pytest.raises(HustingsError, match=what):
        mapping.read(text.encode(), "m.yaml")


def test_a_bad_value_in_a_mapping_is_told_once() -> None:
    rule = Mapping(columns={"asset": ("A",), "kind": ("B",)}, constants={"lead_months": "soon"})
    made = mapped("Tag,Type\n1,pc\n2,pc\n", rule)
    assert [(at, column) for at, column, _ in told(made)] == [(0, "constants.lead_months")]


def test_a_mapping_for_another_file_says_which_column_is_missing() -> None:
    made = mapped("A,B\n1,2\n", Mapping(columns={"asset": ("Tag",), "kind": ("B",)}))
    assert told(made) == [(1, "Tag", "the file has no column Tag, which the mapping names")]


def test_a_saved_mapping_is_used_again_for_the_same_names() -> None:
    text = county("Adams,BMD,ES&S,AutoMARK,2016-01-01,2,,")
    saved = msgspec.structs.replace(propose(text.encode(), "x").mapping, dates="earliest")
    assert propose(county("Baker,BMD,,,,,,").encode(), "y", saved=[saved]).mapping == saved
    assert propose(b"Tag,Type\nA,pc\n", "y", saved=[saved]).mapping != saved


def test_a_county_list_and_a_console_export_are_imported_whole_or_asked() -> None:
    rows = county_rows(60)
    made = mapped(as_csv(rows))
    lines = {one.asset.line for one in made.entries}
    held = {one.row for one in made.questions if one.holds_back}
    assert made.rows == len(lines | held)
    assert not lines & held
    assert made.problems == ()
    machines = mapped(as_csv(it_rows(200)))
    assert sum(one.quantity for one in machines.assets) + machines.held_back == 200
    assert "jane.doe" not in canonical_csv.write(machines.entries)


def test_the_same_list_gives_the_same_inventory() -> None:
    text = as_csv(county_rows(30))
    assert msgspec.json.encode(mapped(text)) == msgspec.json.encode(mapped(text))


def test_what_a_list_gives_is_a_published_inventory() -> None:
    made = mapped(as_csv(county_rows(60)))
    again = read(canonical_csv.write(made.entries)).whole()
    assert [msgspec.structs.replace(one, line=0) for one in again.assets] == [
        msgspec.structs.replace(one, line=0) for one in made.assets]


_TEXT = st.one_of(st.text(max_size=10), st.sampled_from(
    ["Make", "Model", "Quantity", "Type", "Serial number", "Diebold", "DS200, DS450", "~4", "2016", "=1+1", "#REF!",
     "-", "0"]))


@given(st.lists(st.lists(_TEXT, max_size=6), max_size=8), st.dictionaries(
    st.tuples(st.integers(1, 9), st.sampled_from(["Make", "Quantity", "asset"])), st.text(max_size=5), max_size=3))
def test_any_table_through_its_own_proposal_gives_an_inventory_or_an_error(
        rows: list[list[str]], given_: dict[tuple[int, str], str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    try:
        made = mapped(out.getvalue(), answers=Answers.of(given_))
    except HustingsError:
        return
    assert all(one.said("fr") for one in made.questions)
    assert not made.problems or not made.entries


MACHINES = "Device name,Manufacturer,Model,OS,Serial number,Staff hours,Replace by\n"


def test_lines_of_alike_things_add_up_hours_and_keep_apart_what_differs() -> None:
    of = {"asset": "Device name", "make": "Manufacturer", "model": "Model", "version": "OS", "serial": "Serial number",
          "hours": "Staff hours", "must_by": "Replace by"}
    made = mapped(MACHINES + "".join(
        f"PC-{number},Dell,Latitude,Windows 10,S{number},2,{year}-05-01\n" for number, year in enumerate(
            (2027, 2027, 2028))), Mapping(
                columns={field: (name,) for field, name in of.items()}, one_row_is_one_unit=True,
                constants={"kind": "laptop", "unit_upgrade_cost": "100"}))
    assert [(one.quantity, one.hours, one.upgrade_cost, one.must_by) for one in made.assets] == [
        (2, 4.0, 20_000, date(2027, 5, 1)), (1, 2.0, 10_000, date(2028, 5, 1))]


def test_a_list_that_names_no_kinds_says_so() -> None:
    said = [one.said("en") for one in mapped(MACHINES + "PC-1,Dell,Latitude,Windows 10,S1,2,\n").notes]
    assert any(one.startswith("No column says what kind of equipment it is: 1 rows") for one in said), said


def test_a_model_that_is_missing_or_a_formula_is_not_several() -> None:
    made = mapped(county('Adams,Batch-Fed Optical Scanner,ES&S,=1+1,2016-01-01,6,,'))
    assert [one.why for one in made.unmatched] == ["product"]
    assert len(made.questions) == 1
