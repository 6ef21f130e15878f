"""The published inventory columns are read exactly, every mistake at once, and nothing is half imported."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hustings.errors import HustingsError
from server.planning import canonical_csv, inventory
from server.planning.decoding import LIMIT
from server.planning.delimited import ROWS
from server.planning.row_problem import SHOWN, FileProblems
from tests.planning.lists import HEADER, TODAY, line, read, table, told

GOOD = "tab-1,tabulator,ES&S,DS200,6.1,12,2016-03-01,HQ,6500,14,A"


def test_a_line_is_taken_as_it_says() -> None:
    made = line(GOOD + ",40,1000,2500.50,2028-01-01,2029-06-30,yes", "hours,upgrade_cost,extend_cost,extend_until,"
                "must_by,retire")
    (asset,) = made.whole().assets
    assert (asset.id, asset.kind, asset.quantity, asset.purchased) == ("tab-1", "tabulator", 12, date(2016, 3, 1))
    assert (asset.cost, asset.upgrade_cost, asset.extend_cost) == (12 * 650000, 100000, 250050)
    assert (asset.hours, asset.lead_months, asset.group, asset.retire) == (40.0, 14, "A", True)
    assert (asset.extend_until, asset.must_by, asset.line) == (date(2028, 1, 1), date(2029, 6, 30), 2)


def test_costs_for_one_are_multiplied_and_costs_for_the_line_are_not() -> None:
    made = line(GOOD + ",100,30", "unit_upgrade_cost,unit_extend_cost")
    assert (made.assets[0].upgrade_cost, made.assets[0].extend_cost) == (120000, 36000)
    assert told(line(GOOD + ",100,30", "unit_upgrade_cost,upgrade_cost"))[0][2].startswith("unit_upgrade_cost and")


def test_particulars_are_kept_beside_the_asset() -> None:
    made = line(GOOD + ",S1 S2,County IT,VVSG 1.0 12,2027-01-01,2026-01-01,letter 4", "serial,owner,certification,"
                "certified_until,end_of_sale,evidence")
    (entry,) = made.entries
    assert (entry.serials, entry.owner, entry.certification) == (("S1", "S2"), "County IT", "VVSG 1.0 12")
    assert (entry.certified_until, entry.end_of_sale, entry.evidence) == (
        date(2027, 1, 1), date(2026, 1, 1), "letter 4")


def test_every_mistake_is_told_with_its_line_and_column_and_nothing_is_imported() -> None:
    made = read(f"{HEADER}\n{GOOD}\n"
                "tab-1,tabulator,,,,-3,2026-02-30,,1.234,x,\n"
                ",pc,,,,1.5,2027-05-01,,1200,3,\n"
                "c,pc,,,,,1800-01-01,,\"$1,2\",3,\n")
    assert made.assets == ()
    assert told(made) == [
        (3, "quantity", "-3 is less than one"), (3, "purchased", "there is no day 2026-02-30"),
        (3, "unit_cost", "1.234 is not an amount that can be read in one way alone"),
        (3, "lead_months", "x is not a number of whole months from 0 to 120"),
        (3, "asset", "tab-1 stands on line 2 already"),
        (4, "asset", "the cell is empty"), (4, "quantity", "1.5 is not a whole number"),
        (4, "purchased", "2027-05-01 has not come yet"),
        (5, "quantity", "the cell is empty"), (5, "purchased", "1800-01-01 is not between 1950 and 2199")]
    with pytest.raises(FileProblems) as raised:
        made.whole()
    assert "inventory.csv:3, column quantity: -3 is less than one\n  fix: write how many there are" in str(raised.value)
    assert str(raised.value).endswith("nothing was imported from inventory.csv")
    assert raised.value.exit_code == 2


def test_problems_are_told_in_french_too() -> None:
    problems = FileProblems("i.csv", line(GOOD.replace("12", "0")).problems)
    assert "i.csv:2, colonne quantity" in problems.told("fr")
    assert "n’est pas entre 1 et 1000000" in problems.told("fr")


def test_a_hopeless_file_is_told_in_bounds() -> None:
    made = read(HEADER + "\n" + "".join(f"a{at},pc,,,,0,,,,,\n" for at in range(3000)))
    assert len(made.problems) == 2000
    text = FileProblems("i.csv", made.problems).told()
    assert text.count("fix:") == SHOWN
    assert f"… and {2000 - SHOWN} more problems" in text


@pytest.mark.parametrize(("written", "cents"), [
    ("1234.5", 123450), ("$1,234", 123400), ('"$1,234.50"', 123450), ('"1 234,50 $"', 123450), ("0", 0),
    ('"12,345,678"', 1234567800), ('"1,50"', 150), ('"1\u202f234\u00a0$"', 123400), ('"1.234,56"', 123456),
])
def test_amounts_are_taken_where_they_can_be_read_in_one_way(written: str, cents: int) -> None:
    written = written if written.startswith('"') else f'"{written}"'
    assert line(f"a,pc,,,,1,,,{written},,").whole().assets[0].cost == cents


@pytest.mark.parametrize("written", ["1.234", "-5", "(500)", "€5", "1.2k", "1,23,456", "12 34", "five", "1e3", "=1+1",
                                     "1,234,56", "99999999999999999"])
def test_other_amounts_are_refused(written: str) -> None:
    assert [(at, column) for at, column, _ in told(line(f'a,pc,,,,1,,,"{written}",,'))] == [(2, "unit_cost")]


@pytest.mark.parametrize("written", ["2026-2-3", "03/04/2019", "2019", "Fall 2016", "2100-02-29", "0000-00-00",
                                     "२०१९-०१-०१"])
def test_only_days_written_in_full_are_days(written: str) -> None:
    assert [(at, column) for at, column, _ in told(line(f"a,pc,,,,1,,,,,,{written}", "must_by"))] == [(2, "must_by")]


def test_formulas_are_refused_and_named() -> None:
    made = line('a,pc,,"=HYPERLINK(""http://x"",""y"")",@SUM(1),1,,,,,')
    assert [(column, what[-33:]) for _, column, what in told(made)] == [
        ("model", "as a formula does, and is not run"), ("version", "as a formula does, and is not run")]


def test_two_lines_with_one_serial_number_are_both_named() -> None:
    made = read(f"{HEADER},serial\na,pc,,,,1,,,,,,S1\nb,pc,,,,1,,,,,,s1\n")
    assert told(made) == [(3, "serial", "the serial number s1 stands on line 2 too")]


def test_unknown_and_doubled_columns_are_told_with_the_nearest_name() -> None:
    made = read("asset,kind,make,model,quantity,quantity,purchasd,colour\na,pc,,,1,1,,\n")
    assert [(one.column, *one.said()) for one in made.problems] == [
        ("quantity", "the column quantity is there twice", "keep one of them"),
        ("purchasd", "the column purchasd is not known", "rename it to purchased"),
        ("colour", "the column colour is not known",
         "remove it, or read the file through a mapping (hustings plan import)")]


def test_columns_may_stand_in_any_order_and_be_left_out_with_a_note() -> None:
    made = read("Kind,Asset,MODEL,quantity\npc,a,x,3\n")
    assert made.whole().assets[0].quantity == 3
    assert [one.said() for one in made.notes] == [
        "The file has no column make, version, purchased, site, unit_cost, lead_months, group: "
        "nothing is known of it for any line."]


def test_a_file_without_assets_or_with_foreign_columns_says_what_to_do() -> None:
    assert told(read("")) == [(0, "", "the file is empty")]
    assert told(read(HEADER + "\n")) == [(1, "", "no assets")]
    (problem,) = read("Tag,Machine\n1,2\n").problems
    assert "hustings plan import FILE --write-mapping" in problem.said()[1]


def test_a_kind_of_two_words_gets_a_dash() -> None:
    assert line("a,Ballot Printer,,,,1,,,,,").assets[0].kind == "ballot-printer"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_is_read(encoding: str) -> None:
    made = read(f"{HEADER}\né,pc,,,,1,,Québec,,,\n".encode(encoding))
    assert (made.whole().assets[0].site, made.assets[0].id) == ("Québec", "é")


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "Windows-1252"), ("mac_roman", "Mac Roman")])
def test_an_old_encoding_is_said_and_shown(encoding: str, name: str) -> None:
    text = f"{HEADER}\na,pc,,,,1,,Trois-Rivières,,,\nb,pc,,,,1,,Québec,,,\nc,pc,,,,1,,Hôtel de ville — côté sud,,,\n"
    made = read(text.encode(encoding)).whole()
    assert (made.encoding, made.encoding_sure, made.assets[1].site) == (name, False, "Québec")
    assert "Québec" in made.notes[0].said()


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_line_ends_and_separators_are_recognised(ends: str, separator: str) -> None:
    rows = [HEADER.split(","), ["a", "pc", "", 'two\nlines "here"', "", "1", "", "x, y; z", "", "", ""],
            ["b", "pc", *[""] * 3, "0", *[""] * 5]]
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=ends).writerows(rows)
    made = read(out.getvalue())
    assert told(made) == [(4, "quantity", "0 is not between 1 and 1000000")]
    made = read(out.getvalue().replace(f"{separator}0{separator}", f"{separator}2{separator}"))
    assert (made.whole().assets[0].model, made.assets[0].site) == ('two lines "here"', "x, y; z")


def test_damage_is_told_with_its_line() -> None:
    with pytest.raises(HustingsError, match=r"inventory.csv:2: NUL bytes"):
        read((HEADER + "\na,p\0c,,,,1,,,,,\n").encode())
    assert told(read(f'{HEADER}\na,"pc,,,,1,,,,,\nb,pc,,,,1\n'))[0] == (
        2, "", "a quotation mark is opened and never closed")
    assert told(read(f'{HEADER}\na,"p"c,,,,1,,,,,\n'))[0][0] == 2


@pytest.mark.parametrize(("start", "what"), [
    (b"%PDF-1.7", "a PDF document"), (b"<html><table>", "a web page"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"), (b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04rubbish", "damaged")])
def test_what_is_no_table_is_named(start: bytes, what: str) -> None:
    with pytest.raises(HustingsError, match=what):
        read(start + b" " * 40)


def test_files_over_the_limits_are_refused_before_work() -> None:
    with pytest.raises(HustingsError, match="the limit is"):
        read(b"a" * (LIMIT + 1))
    made = read(HEADER + "\n" + "a,pc\n" * (ROWS + 1))
    assert f"more than {ROWS} rows" in [what for _, _, what in told(made)] or len(made.problems) == 2000


def test_what_is_written_out_is_read_in_again() -> None:
    made = line(GOOD + ",S1;S2,yes,12.5,100,letter,2030-01-01,no", "serial,retire,hours,extend_cost,evidence,"
                "extended_until,counted")
    again = read(canonical_csv.write(made.entries))
    assert again.whole().entries == made.whole().entries
    assert "counted" not in canonical_csv.write(line(GOOD).entries)


def test_nothing_written_out_runs_in_a_spreadsheet() -> None:
    made = read(f"{HEADER}\n'=1+1,pc,'@x,-y,,1,,'+1,,,\n")
    assert made.whole().assets[0].id == "=1+1"
    written = canonical_csv.write(made.entries)
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert not [one for one in cells if one.startswith(("=", "+", "-", "@"))]
    assert read(written).whole().entries == made.entries


_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(_CELLS, max_size=13), max_size=6), st.booleans())
def test_any_table_gives_an_inventory_or_its_problems(rows: list[list[str]], header: bool) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(([HEADER.split(",")] if header else []) + rows)
    try:
        made = read(out.getvalue())
    except HustingsError:
        return
    assert bool(made.problems) != bool(made.entries)
    assert all(one.said()[0] and one.said("fr")[1] for one in made.problems)


@given(st.binary(max_size=300))
@example(b"PK\x03\x04")
@example(b"asset,kind\n\xff")
def test_any_bytes_give_an_inventory_or_an_error_a_person_can_act_on(data: bytes) -> None:
    try:
        made = inventory.read(data, "x.csv", table(), TODAY)
    except HustingsError:
        return
    assert made.problems or made.entries
