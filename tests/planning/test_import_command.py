"""``hustings plan import``: preview, mapping, questions, answers, and an inventory to plan with."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hustings.errors import HustingsError, UsageError
from server.planning.import_cli import import_inventory
from tests.planning.lists import HEADER
from tests.planning.messy_lists import as_csv, as_xlsx, county_rows

NAMES = "Jurisdiction,Equipment Type,Make,Model,First Fielded,Quantity,Clerk\n"


def run(*arguments: object, fails: bool = False) -> Result:
    found = CliRunner().invoke(import_inventory, [*map(str, arguments), "--today", "2026-11-22"])
    if not fails and found.exception is not None:
        raise found.exception
    return found


def test_questions_are_written_answered_and_gone(tmp_path: Path) -> None:
    source = tmp_path / "county.csv"
    source.write_text(NAMES + "Adams,BMD,ES&S,AutoMARK,Fall 2016,~40,Pat Doe\n")
    shown = run(source, "--write-mapping", tmp_path / "m.yaml", "--questions", tmp_path / "q.csv")
    assert "ask: Quantity, row 2: ~40 is not a sure count. How many are there? [40]" in shown.output
    assert "1 rows: 1 assets (1 units), 0 with an end; 2 open questions" in shown.output
    assert "Pat Doe" not in shown.output
    with (tmp_path / "q.csv").open(newline="") as file:
        asked = list(csv.DictReader(file))
    given = {"Quantity": "40", "First Fielded": "2016-10-01"}
    with (tmp_path / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, asked[0])
        writer.writeheader()
        writer.writerows({**one, "value": given[one["column"]]} for one in asked)
    done = run(source, "--mapping", tmp_path / "m.yaml", "--answers", tmp_path / "a.csv", "-o", tmp_path / "i.csv")
    assert "0 open questions" in done.output
    assert (tmp_path / "i.csv").read_text().splitlines() == [
        HEADER, "Adams BMD AutoMARK,bmd,ES&S,AutoMARK,,40,2016-10-01,Adams,,,"]
    again = run(tmp_path / "i.csv", "--format", "json")
    assert json.loads(again.output)["assets"][0]["asset"]["ends"]["day"] == "2026-10-01"


def test_dates_may_be_taken_as_their_first_day_when_told_so(tmp_path: Path) -> None:
    source = tmp_path / "county.csv"
    source.write_text(NAMES + "Adams,BMD,ES&S,AutoMARK,Fall 2016,4,\n")
    found = json.loads(run(source, "--dates", "earliest", "--format", "json").output)
    assert found["assets"][0]["asset"]["purchased"] == "2016-09-01"
    assert found["mapping"]["dates"] == "earliest"
    assert any("Fall 2016 → 2016-09-01" in one for one in found["notes"])


def test_a_guess_that_is_not_sure_is_not_written_out_unseen(tmp_path: Path) -> None:
    source = tmp_path / "list.csv"
    source.write_text("Thing name tag,Sort of type,Modell\nA,pc,x\n")
    with pytest.raises(UsageError, match="--write-mapping"):
        run(source, "-o", tmp_path / "i.csv")
    assert not (tmp_path / "i.csv").exists()
    run(source, "--write-mapping", tmp_path / "m.yaml")
    run(source, "--mapping", tmp_path / "m.yaml", "-o", tmp_path / "i.csv")
    assert (tmp_path / "i.csv").exists()


def test_problems_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    source = tmp_path / "i.csv"
    source.write_text(f"{HEADER}\na,pc,,,,-1,2026-02-30,,,,\n")
    with pytest.raises(HustingsError, match="nothing was imported") as raised:
        run(source, "-o", tmp_path / "o.csv")
    assert "column quantity: -1 is less than one" in str(raised.value)
    assert raised.value.exit_code == 2
    assert not (tmp_path / "o.csv").exists()


def test_questions_come_in_french_too(tmp_path: Path) -> None:
    source = tmp_path / "county.csv"
    source.write_text(NAMES + "Adams,BMD,ES&S,AutoMARK,2016-01-01,~40,\n")
    assert "~40 n’est pas un compte sûr. Combien y en a-t-il?" in run(source, "--language", "fr").output


@pytest.mark.parametrize("data", [as_csv(county_rows(50)).encode(), as_csv(county_rows(50), ";").encode("cp1252"),
                                  as_xlsx(county_rows(50))])
def test_a_published_county_list_is_previewed_whatever_its_form(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "list").write_bytes(data)
    found = json.loads(run(tmp_path / "list", "--format", "json").output)
    assert (found["rows"], found["problems"]) == (len(county_rows(50)) - 4 - _no_equipment(), [])
    assert len(found["assets"]) + found["held_back"] == found["rows"]


def _no_equipment() -> int:
    return sum(1 for one in county_rows(50) if len(one) > 3 and one[3].startswith("Hand Counted"))


@pytest.mark.parametrize(("name", "what"), [("absent.csv", "cannot be read"), ("", "cannot be read")])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, name: str, what: str) -> None:
    found = run(tmp_path / name, fails=True)
    assert what in str(found.exception) or "is a directory" in found.output


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"  \n \n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "county.csv"
    source.write_bytes(content)
    with pytest.raises(HustingsError, match="the file is empty"):
        run(source)


def test_as_many_rows_as_are_promised_are_read_below_the_names(tmp_path: Path) -> None:
    from server.planning.delimited import ROWS, rows
    from server.planning.row_problem import Problems

    problems = Problems()
    assert sum(1 for _ in rows("asset,kind\n" + "a,pc\n" * ROWS, ",", problems)) == ROWS + 1
    assert not problems
