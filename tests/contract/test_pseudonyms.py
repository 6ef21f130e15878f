"""Names leave under pseudonyms, or where their office says so, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings import pseudonyms
from hustings.errors import ConfigError
from hustings.facts import (
    ACCOUNT,
    OBJECT,
    PERSON,
    WORDS,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Observation,
    Reason,
    Registry,
    Type,
    disclose,
)
from hustings.pseudonyms import Pseudonyms, pseudonym

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY, OTHER = b"k" * 32, b"o" * 32
FACT = Fact("a.rights", Type.RECORDS, "", Disclosure.PSEUDONYM, each="database", fields=(
    Field("account", Type.TEXT, "", ACCOUNT), Field("object", Type.TEXT, "", OBJECT),
    Field("via", Type.TEXTS, "", ACCOUNT), Field("person", Type.TEXT, "", PERSON), Field("said", Type.TEXT, "", WORDS),
    Field("right", Type.TEXT, "")))
REGISTRY = Registry([FACT])
RECORD = {"account": "jdoe", "object": "vr.voters", "via": ["clerk", "PUBLIC"], "person": "p-014",
          "said": "jdoe may change vr.voters", "right": "SELECT", "undeclared": "jdoe"}


def left(names: Pseudonyms | None, record: object = RECORD) -> Observation:
    seen = Observation(listing=Listing([record], False, Missing(Reason.TRUNCATED, "jdoe")), as_of=NOW)
    return disclose({"a.rights@roll": seen}, REGISTRY, names)["a.rights@roll"]


def of(one: Observation) -> dict[str, object]:
    assert one.listing is not None
    (record,) = one.listing.items
    assert isinstance(record, dict)
    return record


def test_one_name_is_one_pseudonym_under_one_key_and_another_under_another() -> None:
    one = Pseudonyms(KEY).say(ACCOUNT, "jdoe", "roll")
    assert one == Pseudonyms(KEY).say(ACCOUNT, "jdoe", "pollbook") == pseudonym(KEY, ACCOUNT, "jdoe")
    assert len({one, pseudonym(KEY, OBJECT, "jdoe"), pseudonym(OTHER, ACCOUNT, "jdoe"),
                pseudonym(KEY, ACCOUNT, "jdoe2")}) == 4
    assert one.startswith("p-")
    assert len(one) == 12


def test_names_leave_as_pseudonyms_and_sentences_that_quote_them_stay() -> None:
    record = of(left(Pseudonyms(KEY)))
    assert record == {"account": pseudonym(KEY, ACCOUNT, "jdoe"), "object": pseudonym(KEY, OBJECT, "vr.voters"),
                      "via": [pseudonym(KEY, ACCOUNT, "clerk"), pseudonym(KEY, ACCOUNT, "PUBLIC")],
                      "person": pseudonym(KEY, PERSON, "p-014"), "right": "SELECT"}


def test_without_a_key_counts_leave_and_nothing_else() -> None:
    assert left(Pseudonyms()).value == left(None).value == {"count": 1, "complete": False}


def test_what_the_office_shares_leaves_by_name_without_a_key() -> None:
    both = Pseudonyms(shared={"roll": frozenset({ACCOUNT, OBJECT})})
    assert of(left(both)) == {name: value for name, value in RECORD.items() if name != "undeclared"}
    some = Pseudonyms(KEY, {"roll": frozenset({ACCOUNT})})
    assert of(left(some)) == {"account": "jdoe", "object": pseudonym(KEY, OBJECT, "vr.voters"), "person": "p-014",
                              "via": ["clerk", "PUBLIC"], "right": "SELECT"}
    assert left(Pseudonyms(shared={"roll": frozenset({ACCOUNT})})).value == {"count": 1, "complete": False}
    elsewhere = Pseudonyms(KEY, {"pollbook": frozenset({ACCOUNT, OBJECT})})
    assert of(left(elsewhere))["account"] == pseudonym(KEY, ACCOUNT, "jdoe")


@given(st.dictionaries(st.sampled_from(["account", "object", "via", "person", "said", "more"]), st.sampled_from(
    ["SECRET", {"reason": "denied", "detail": "SECRET"}, {"unknown": "denied: SECRET"}, {"reason": "SECRET"},
     {"SECRET": "SECRET"}, None, Missing(Reason.ERROR, "SECRET"), ["SECRET"]])))
def test_no_name_leaves_in_any_shape(record: dict[str, object]) -> None:
    for names in (None, Pseudonyms(), Pseudonyms(KEY)):
        assert b"SECRET" not in msgspec.json.encode(left(names, record))


def test_why_a_list_is_not_whole_leaves_as_its_word() -> None:
    one = left(Pseudonyms(KEY))
    assert one.listing is not None
    assert one.listing.why == Missing(Reason.TRUNCATED)


def test_a_key_that_others_may_read_is_refused_and_a_missing_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    assert pseudonyms.load(path) is None
    key = pseudonyms.create(path)
    assert pseudonyms.load(path) == key
    with pytest.raises(FileExistsError):
        pseudonyms.create(path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="may be read by others"):
        pseudonyms.load(path)
    path.chmod(0o600)
    for bad in ("short", "é", "AAAA"):
        path.write_text(bad)
        with pytest.raises(ConfigError, match="not an office key"):
            pseudonyms.load(path)


def test_a_name_is_found_again_by_who_has_the_key() -> None:
    names = ["mtremblay", "jdoe", "vr.voters"]
    assert list(pseudonyms.resolve(KEY, pseudonym(KEY, ACCOUNT, "jdoe"), names)) == [(ACCOUNT, "jdoe")]
    assert list(pseudonyms.resolve(OTHER, pseudonym(KEY, ACCOUNT, "jdoe"), names)) == []
