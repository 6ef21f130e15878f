"""``docs/api.md`` and what is published beside it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click
import jsonschema

from server.api.application import discovered
from server.api.door import REQUESTS_A_SECOND, REQUESTS_AT_ONCE
from server.api.openapi import published
from server.api.scopes import SCOPES
from server.cli import server
from server.store.api_tokens import PREFIX

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_is_one() -> None:
    found = re.findall(r"^\$ hustings server (.+)$", PAGE, re.MULTILINE)
    assert len(found) >= 4
    for line in found:
        words = re.findall(r'"[^"]*"|\S+', line)
        group = server.commands[words[0]]
        assert isinstance(group, click.Group)
        one = group.commands[words[1]]
        known = {option for parameter in one.params for option in parameter.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= known, line


def test_every_scope_and_address_of_the_page_is_one() -> None:
    assert set(re.findall(r"--scope (\S+)", PAGE)) <= set(SCOPES)
    paths = {path for one in discovered() for path in one.paths}
    for address in re.findall(r"/v1/[a-z./-]+", PAGE):
        assert address.rstrip(".") in paths, address


def test_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"ask {REQUESTS_AT_ONCE} times at once and {REQUESTS_A_SECOND:g} times a second" in PAGE
    assert f"begins with `{PREFIX}`" in PAGE


def test_what_is_published_is_current_and_valid() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generate import findings_schema, openapi, results_schema
    finally:
        sys.path.remove(str(ROOT / "docs"))
    for name, make in (("openapi.json", openapi), ("findings.schema.json", findings_schema),
                       ("results.schema.json", results_schema)):
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == make(), f"run make docs: {name}"
        if "schema" in name:
            jsonschema.Draft202012Validator.check_schema(json.loads(make()))


def test_the_description_is_openapi_3_1_and_whole() -> None:
    from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

    made = json.loads(published())
    OPENAPI_31_VALIDATOR.validate(made)
    known = set(made["components"]["schemas"])
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', published().decode()))
    assert named <= known
    assert not [name for name in known if "." in name], "two structs of one name"
    for path, methods in made["paths"].items():
        for one in methods.values():
            assert {"summary", "security", "responses"} <= set(one), path
            scopes = [scope for each in one["security"] for scope in each["token"]]
            assert set(scopes) <= set(SCOPES)
    assert made["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
