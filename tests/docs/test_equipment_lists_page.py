"""The page on equipment lists names every column, every key of a mapping, and the limits, as the code has them."""

from __future__ import annotations

import re

from server.planning import decoding, delimited, workbook_file
from server.planning.columns import BASE, BY_NAME, HEADER
from server.planning.mapping import Mapping
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "equipment-lists.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    part = PAGE.split(f"## {heading}\n")[1].partition("\n## ")[0]
    return {name for line in part.splitlines() if line.startswith("| `")
            for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])}


def test_the_keys_of_a_mapping_are_those_of_the_code() -> None:
    assert first_cells("The mapping") == set(Mapping.__struct_fields__)


def test_the_columns_are_those_of_the_code() -> None:
    assert f"`{HEADER}`" in PAGE
    assert first_cells("The published columns") | {one.name for one in BASE} == set(BY_NAME)


def test_the_limits_are_those_of_the_code() -> None:
    assert (f"up to {decoding.LIMIT >> 20} MB, {delimited.ROWS:,} rows and {delimited.COLUMNS} columns; a "
            f"workbook up to {workbook_file.INFLATED >> 20} MB") in PAGE
