"""The page on directories shows a declaration that is accepted, and a table that is what the checks do."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
import pytest

from agent import config
from hustings.declared import TENANTS, Tenant
from hustings.facts import Facts, Observation
from hustings.verdicts import Verdict
from policies import pack as packs
from policies.directory.facts import FACTS
from policies.evaluate import Context, judge
from policies.model import Check
from tests.docs.documents import ROOT, blocks

PAGE = (ROOT / "docs" / "directories.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
CHECKS = [one for one in packs.shipped().checks if one.id.startswith("identity/directory-") and one.each == "tenant"]


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called so."""
    lines = PAGE[PAGE.index(f"\n| {heading} |"):].lstrip("\n").partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def test_the_declaration_shown_is_accepted() -> None:
    shown = [text for document, text in blocks("yaml") if document == "docs/directories.md"]
    assert {one.kind for one in config.parse(shown[0], "machine.yaml").tenants} <= set(TENANTS)


def test_every_kind_has_its_line_and_every_key_shown_exists() -> None:
    kinds = [re.match(r"`([a-z-]+)`", row[0]) for row in table("Kind")]
    assert [one and one[1] for one in kinds] == list(TENANTS)
    keys = {key for row in table("Key") for key in re.findall(r"`([a-z_]+)`", row[0])}
    assert keys <= {one.name for one in msgspec.structs.fields(Tenant)}


def applies(check: Check, kind: str) -> bool:
    """Whether the check asks anything of a directory of that kind that has nothing but its kind."""
    seen: Facts = {f"{fact.id}@office": Observation(absent=True, as_of=NOW) for fact in FACTS}
    seen |= {"directory.kind@office": Observation(value=kind, as_of=NOW),
             "people.roster_declared": Observation(value=True, as_of=NOW)}
    return judge(check, seen, Context(NOW, declared={"tenant": ("office",)})).verdict is not Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("row", table("Row"), ids=lambda row: str(row[0]))
def test_the_table_says_of_which_kinds_a_row_is_judged(row: list[str]) -> None:
    rows = set(row[0].split(", "))
    mine = [one for one in CHECKS if one.catalogue in rows]
    assert {one.catalogue for one in mine} == rows
    for kind, said in zip(TENANTS, row[2:], strict=True):
        if said in ("yes", "–"):
            assert any(applies(one, kind) for one in mine) is (said == "yes"), kind


def test_the_table_leaves_out_no_row() -> None:
    named = {one for row in table("Row") for one in row[0].split(", ")}
    assert {one.catalogue for one in CHECKS} == named
