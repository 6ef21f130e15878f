"""The page on writing policies names everything there is, and its example is a check."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hustings.declared import KINDS
from hustings.facts import Reason, Registry
from policies import pack as packs
from policies.conditions import EMPTY, OPERATORS, QUANTIFIERS
from policies.examples import run
from policies.loader import PLATFORMS, load_check
from policies.model import CHECK_LIMIT, DEPTH_LIMIT, PACK_LIMIT, TABLE_LIMIT, Check, Example, Fix, References
from tests.docs.documents import ROOT, blocks

PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
KEYS = [one.name for kind in (Check, Fix, Example, References) for one in msgspec.structs.fields(kind)
        if one.name != "id"]


@pytest.mark.parametrize("name", sorted({
    *OPERATORS, *QUANTIFIERS, *EMPTY, *KEYS, *KINDS, *PLATFORMS, *map(str, Reason), "all", "any", "not", "where",
    "same", "empty_is", "from_T", "param", "today", "field"}))
def test_every_word_of_the_policy_language_is_on_the_page(name: str) -> None:
    assert any(form in PAGE for form in (f"`{name}`", f"{{{name}: ", f" {name}: ", f"\n{name}: "))


@pytest.mark.parametrize("key", [one.name for one in msgspec.structs.fields(Check) if one.name != "id"])
def test_every_key_of_a_check_has_its_line_in_the_table(key: str) -> None:
    assert f"\n| `{key}` |" in PAGE


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_its_line_in_the_table(operator: str) -> None:
    assert any(line.startswith("| ") and f"`{operator}`" in line.split("|")[1] for line in PAGE.splitlines())


def test_the_limits_are_those_that_hold() -> None:
    assert f"{CHECK_LIMIT:,} checks, {PACK_LIMIT >> 20} MiB of checks and {TABLE_LIMIT >> 20} MiB of tables" in PAGE
    assert f"at most {DEPTH_LIMIT} deep" in PAGE


def test_the_check_shown_lints_clean_and_its_examples_hold(tmp_path: Path) -> None:
    shown = [text for document, text in blocks("yaml") if document == "docs/policies.md"]
    assert len(shown) == 1
    path = tmp_path / "backups" / "shown.yaml"
    path.parent.mkdir()
    path.write_text(shown[0], encoding="utf-8")
    rows = {row.id for row in packs.shipped().rows}
    check = load_check(path, Registry.shipped(), rows)
    assert [(one.name, run(check, one).verdict) for one in check.examples] == [
        (one.name, one.verdict) for one in check.examples]


def test_the_check_shown_uses_every_key() -> None:
    shown = next(text for document, text in blocks("yaml") if document == "docs/policies.md")
    missing = [one.name for one in msgspec.structs.fields(Check) if one.name != "id" and f"{one.name}:" not in shown]
    assert missing == []
