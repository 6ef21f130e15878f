"""The API under generated requests: four roles of two offices, no failure of ours, nothing of the other office."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode

from server.api.openapi import published
from server.problems import PROBLEMS
from server.store.database import Database
from server.store.people import Person, Role
from tests.api.asking import token
from tests.reviewers.firms import engaged, firm, terms
from tests.server import setups
from tests.server.furnished import furnish
from tests.server.setups import Office

OURS, THEIRS = "canary-ours", "canary-theirs"
EXAMPLES = 3
"""Generated requests for each route and caller, good and bad ones: the whole takes about a minute."""
DOCUMENT = json.loads(published())
OPERATIONS = [one.ok() for one in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]


class Callers:
    """Tokens of four roles in each of two offices, by what must not be in an answer to them."""

    def __init__(self, office: Office) -> None:
        self.office = office
        other = office.other("Office of " + THEIRS)
        acme = firm(office)
        self.tokens: list[tuple[str, str, str]] = []
        for tenant, canary, foreign in ((office.tenant.id, OURS, THEIRS), (other.id, THEIRS, OURS)):
            things = furnish(office, tenant, lambda name, mark=canary: f"{mark} {name}", canary)
            for role, person in things.people.items():
                self.tokens.append((f"{role} of {canary}", token(office, person), foreign))
            reviewer: Person = acme.reviewer(f"of-{canary}")
            number = engaged(office, acme, reviewer, terms(office, names_shown=True), tenant=tenant)
            self.tokens.append((f"{Role.REVIEWER} of {canary}", token(office, reviewer, engagement=number), foreign))
        assert len(self.tokens) == 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def callers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder: Path = tmp_path_factory.mktemp("fuzzing")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'hustings.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = str(server.dsn(server.create_database()))
    with setups.office(Database(url), folder / "data") as found:
        yield Callers(found)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_no_request_fails_or_shows_another_office(callers: Callers, operation: Any) -> None:
    asked = cycle(callers.tokens)
    varied = bool(operation.query or operation.path_parameters or operation.body)
    modes = list(GenerationMode) if varied else [GenerationMode.POSITIVE]
    validators = validators_of(operation)

    rounds = EXAMPLES if callers.office.database.sqlite else 1

    @settings(max_examples=rounds * len(callers.tokens), deadline=None, database=None, derandomize=True,
              phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(one_of(*(operation.as_strategy(mode) for mode in modes)))
    def ask(case: Any) -> None:
        name, secret, foreign = next(asked)
        sent = case.as_transport_kwargs(base_url="http://localhost")
        body = {"json": sent["json"]} if "json" in sent else {"content": sent["data"]} if "data" in sent else {}
        kind = {"content-type": "application/json"} if "data" in sent else {}
        answer = callers.office.request(
            case.method, sent["url"], peer="192.0.2.1", params=sent.get("params") or None, **body,
            headers={**kind, "authorization": f"Bearer {secret}"})
        where = f"{name}: {case.method} {sent['url']} {sent.get('params')} -> {answer.status_code} {answer.text[:200]}"
        assert answer.status_code < 500, where
        assert foreign not in answer.text, where
        assert foreign not in str(answer.headers), where
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", where
            assert answer.json()["type"] in PROBLEMS, where
        elif answer.status_code in validators:
            validators[answer.status_code].validate(answer.json())

    ask()


def validators_of(operation: Any) -> dict[int, Any]:
    """What answers to an operation must look like, by status; only where they are JSON of a described shape."""
    found = {}
    for status, answer in DOCUMENT["paths"][operation.path][operation.method]["responses"].items():
        schema = answer["content"].get("application/json", {}).get("schema")
        if schema:
            found[int(status)] = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    return found
