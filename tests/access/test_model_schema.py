"""The schema shown to editors and the reader are of one mind about keys, kinds and words."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hustings.access.file import AccessFile, schema
from hustings.access.notation import read_name, read_rights, write_columns, write_name, write_right
from hustings.access.reading_shape import read
from hustings.access.rights import RIGHTS
from hustings.yaml_source import Source
from tests.docs.documents import ROOT

SCHEMA = schema()
FULL: dict[str, Any] = {
    "model": 1, "system": "county", "owner": {"office": "o", "person": "p", "reviewed": "2026-11-15",
                                              "review_every_days": 90},
    "database": {"engine": "postgresql", "dsn_env": "X", "schema": "vr", "schemas": ["b"], "name": "n",
                 "production": True},
    "objects": {"voters": {"class": "restricted", "kind": "table", "columns": {"identity": ["dob"]}}},
    "roles": {"clerk": {"who": "humans", "allow": {"voters": "r"}, "deny": {"voters": "d"}, "database_roles": ["r"],
                        "rows": "own", "mfa": "required", "bulk_limit": {"rows_per_day": 3}, "expires": "seasonal",
                        "hosts": ["10.0.0.1"], "max_connections": 2, "tls": "require", "on": "replica",
                        "limits": {"statement_timeout": "2s", "read_only": True}, "superuser": "break_glass",
                        "attributes": ["createdb"], "member_of": ["pg_monitor"],
                        "window": {"max_hours": 8, "needs": ["ticket"], "session_recording": True},
                        "closed": {"calendar": "c", "applies_to": "a"}}},
    "owner_role": "o", "owner_members": False,
    "accounts": [{"login": "a", "roles": ["clerk"], "person": "p", "until": "2027-01-01", "state": "open", "owner": "o",
                  "email": "e"}],
    "never_together": [["a", "b"]],
    "exceptions": [{"check": "LPR-12", "reason": "r", "owner": "o", "until": "2027-01-01", "compensating": "c",
                    "account": "a", "object": "o"}],
    "windows": [{"login": "a", "opens": "2026-01-01T00:00:00Z", "closes": "2026-01-02T00:00:00Z", "ticket": "t",
                 "approver": "b"}],
    "leavers": {"p": "2026-01-01"}, "leavers_file": "f",
    "counts": {"c": {"sql": "select 1", "at_most": 0, "catalogue": "IAM-09"}},
    "reviewed_routines": {"f": "ab"}, "share": ["accounts"],
}
"""Every key there is, so that each can be spoilt."""


def valid(value: Any, rule: dict[str, Any]) -> bool:
    """Whether a value keeps the part of JSON Schema 2020-12 that the generated schema uses."""
    if "$ref" in rule:
        return valid(value, SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]])
    if "anyOf" in rule:
        return any(valid(value, one) for one in rule["anyOf"])
    if "enum" in rule and value not in rule["enum"]:
        return False
    kind = rule.get("type")
    if kind == "object":
        rest = rule.get("additionalProperties", True)
        known = rule.get("properties", {})
        return isinstance(value, dict) and set(rule.get("required", ())) <= value.keys() and all(
            valid(one, known[key]) if key in known else rest is not False and (rest is True or valid(one, rest))
            for key, one in value.items())
    if kind == "array":
        firsts = rule.get("prefixItems", [])
        rest = rule.get("items", True)
        return isinstance(value, list) and len(value) >= rule.get("minItems", 0) \
            and len(value) <= rule.get("maxItems", len(value)) \
            and all(valid(one, firsts[place] if place < len(firsts) else rest) for place, one in enumerate(value))
    if kind == "integer":
        return type(value) is int and rule.get("minimum", value) <= value <= rule.get("maximum", value)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "null":
        return value is None
    assert kind == "string", rule
    return isinstance(value, str) and len(value) >= rule.get("minLength", 0) and _of_format(value, rule.get("format"))


def _of_format(value: str, form: str | None) -> bool:
    if form != "date":
        return True  # a time's format has a reader of its own below
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def accepted(value: Any) -> bool:
    return not read(Source("f.yaml", value), AccessFile)[1]


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for key, each in inner for one in paths(each, (*path, key)))]


SPOILT = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.text(max_size=4), st.just([]), st.just({}),
                   st.just(["a"]), st.just([1, 2]), st.just({"a": 1}), st.just("2026-02-30"), st.just({"class": "x"}))


@given(st.sampled_from([one for one in paths(FULL) if one]), SPOILT, st.sampled_from(["set", "drop", "add"]))
def test_the_reader_refuses_what_the_schema_refuses_and_nothing_else(path: tuple[Any, ...], value: Any,
                                                                     how: str) -> None:
    spoilt = copy.deepcopy(FULL)
    holder = spoilt
    for key in path[:-1]:
        holder = holder[key]
    if how == "drop":
        del holder[path[-1]]
    elif how == "add" and isinstance(holder[path[-1]], dict):
        holder[path[-1]]["unknown_key"] = value
    else:
        holder[path[-1]] = value
    if path[0] == "windows" and path[-1] in ("opens", "closes") and how != "drop":
        return
    assert accepted(spoilt) == valid(spoilt, SCHEMA)


def test_a_file_with_every_key_is_good_and_has_every_key() -> None:
    assert accepted(FULL)
    assert valid(FULL, SCHEMA)
    for name, one in SCHEMA["$defs"].items():
        described = {key for path in paths(FULL) for key in path if isinstance(key, str)}
        assert set(one["properties"]) <= described, name


def test_every_key_says_what_it_means() -> None:
    for one in SCHEMA["$defs"].values():
        for key, rule in one["properties"].items():
            assert rule.get("description"), (one["title"], key)


def test_the_schema_beside_the_page_is_that_of_the_code() -> None:
    written = json.loads((ROOT / "docs" / "access-model.schema.json").read_text())
    assert written == json.loads(msgspec.json.encode(SCHEMA))


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)


@given(NAMES, NAMES, st.sampled_from(["table", "sequence", "routine", "schema"]), st.booleans())
def test_a_name_written_is_read_back(schema_name: str, name: str, kind: str, first: bool) -> None:
    schemas = (schema_name,) if first else ("other_schema",)
    found = read_name(write_name(schema_name, name, kind, schemas), schemas)
    assert found.label == (name if kind == "schema" else f"{schema_name}.{name}")
    assert found.kind in (kind, "") if kind == "table" else found.kind == kind


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True),
       st.lists(st.sampled_from(RIGHTS), min_size=1, max_size=4, unique=True))
def test_rights_written_are_read_back(columns: list[str], rights: list[str]) -> None:
    written = " ".join([*map(write_right, rights), "r" + write_columns(columns, ("identity",))])
    terms = read_rights(written)
    assert [one.right for one in terms] == [*rights, "SELECT"]
    assert terms[-1].columns == tuple(columns)
