"""What people attest, as facts: an answer that nothing can be held against is not one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from policies.attestations import Kind, forms
from policies.derive.attested import Attestation, Said, attested_facts
from policies.derive.office import Asset

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ABOUT_ASSETS = [(form, one) for form in forms().values() for one in form.fields if one.kind is Kind.ASSETS]


def record(assets: tuple[Asset, ...] | None, answer: Any) -> dict[str, Any]:
    [(form, question)] = ABOUT_ASSETS
    word = Attestation(form.id, date(2026, 11, 1), date(2027, 6, 1), True, {question.name: answer})
    listing = attested_facts(Said(attestations=(word,)), assets, (), NOW)[form.fact].listing
    assert listing is not None
    [item] = listing.items
    return dict(item)


@pytest.mark.parametrize("answer", [[], ["registry"], "registry", None])
def test_without_an_inventory_no_answer_about_assets_is_complete(answer: Any) -> None:
    assert not any(name.endswith("_missing") for name in record(None, answer))


@pytest.mark.parametrize(("answer", "missing"), [
    (["registry"], 0), ([], 1), (["another"], 1), ("registry", 1), (None, 1)])
def test_assets_that_the_inventory_has_and_the_answer_leaves_out_are_counted(answer: Any, missing: int) -> None:
    [(_, question)] = ABOUT_ASSETS
    found = record((Asset("registry", (question.roles[0],), "Hall", "us"),), answer)
    assert found[f"{question.name}_missing"] == missing
