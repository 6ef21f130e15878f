"""Findings and results as files, held against the schemas that are published for them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import jsonschema
import pytest

from policies.pack import shipped
from server.exports import writing
from server.exports.records import FindingRecord, FindingsFile, ResultRecord, ResultsFile
from server.store import audit, statements
from server.store import exceptions as exceptions_store
from tests.api import published
from tests.api.asking import ask, token
from tests.api.failing import failing
from tests.reviewers.firms import engaged, firm, terms
from tests.server.setups import Office

KINDS = {"findings": (FindingsFile, FindingRecord), "results": (ResultsFile, ResultRecord)}


def valid(document: Any, schema: Any) -> None:
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(document)


@pytest.fixture
def secret(office: Office) -> str:
    """A token of an office with findings, one of them accepted and one with a statement of a vendor."""
    failing(office, "registry", 5, actual="=1+1")
    check = next(one.id for one in shipped().checks if one.scope == "machine" and not one.stop)
    with office.database.write(office.tenant.id) as connection:
        statements.add(connection, office.tenant.id, finding=2, at=office.now(), party="vendor", by="link:1",
                       name="Vera", organisation="VoteTech", text="The next release mends it.")
        exceptions_store.add(
            connection, office.tenant.id, kind="exception", subject=check, asset="registry", reason="Parts on order.",
            control="Locked room.", owner="The clerk", approved_by="bob", at=office.now(), by="person:ann",
            until=office.now().date())
    office.now.forward(seconds=1)
    return token(office, office.person("ann"))


@pytest.mark.parametrize("of", ["findings", "results"])
def test_json_is_of_its_published_schema(office: Office, secret: str, of: str) -> None:
    made = ask(office, secret, f"/v1/exports/{of}").json()
    kind, record = KINDS[of]
    schema = json.loads(writing.schema(kind, f"hustings.{of}/1"))
    valid(made, schema)
    assert made["schema"] == f"hustings.{of}/1"
    assert made[of]
    assert tuple(made[of][0]) == writing.columns(record)
    truth = "overdue" if of == "findings" else "attested"
    for broken in ({**made, "office": 1}, {**made, of: [{**made[of][0], truth: 2}]}):
        with pytest.raises(jsonschema.ValidationError):
            valid(broken, schema)


@pytest.mark.parametrize("of", ["findings", "results"])
def test_sarif_is_of_the_schema_that_oasis_publishes(office: Office, secret: str, of: str) -> None:
    made = ask(office, secret, f"/v1/exports/{of}", params={"format": "sarif"})
    assert made.headers["content-type"] == "application/sarif+json"
    schema = published.sarif()
    valid(made.json(), schema)
    with pytest.raises(jsonschema.ValidationError):
        valid({**made.json(), "runs": [{"results": []}]}, schema)


def test_sarif_says_what_the_records_say(office: Office, secret: str) -> None:
    records = ask(office, secret, "/v1/exports/results").json()["results"]
    [run] = ask(office, secret, "/v1/exports/results", params={"format": "sarif"}).json()["runs"]
    rules = {one["id"] for one in run["tool"]["driver"]["rules"]}
    kinds = {"pass": "pass", "fail": "fail", "unknown": "open", "not_applicable": "notApplicable"}
    assert len(run["results"]) == len(records)
    for result, record in zip(run["results"], records, strict=True):
        assert result["ruleId"] == record["check"]
        assert result["ruleId"] in rules
        assert result["kind"] == kinds[record["verdict"]]
        assert (result["level"] == "none") == (record["verdict"] != "fail")


def test_an_accepted_failure_stays_one_in_every_form(office: Office, secret: str) -> None:
    found = ask(office, secret, "/v1/exports/findings").json()["findings"]
    [accepted] = [one for one in found if one["exception"]]
    assert (accepted["state"], accepted["verdict"], accepted["exception_reason"]) == (
        "excepted", "fail", "Parts on order.")
    [run] = ask(office, secret, "/v1/exports/findings", params={"format": "sarif"}).json()["runs"]
    [suppressed] = [one for one in run["results"] if "suppressions" in one]
    assert suppressed["kind"] == "fail"
    assert suppressed["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "Parts on order."}]


def test_a_statement_is_in_every_form(office: Office, secret: str) -> None:
    for form in ("csv", "json", "sarif"):
        assert "The next release mends it." in ask(
            office, secret, "/v1/exports/findings", params={"format": form}).text


def test_csv_runs_no_formula_and_has_the_columns_of_the_records(office: Office, secret: str) -> None:
    for of, (_, record) in KINDS.items():
        answer = ask(office, secret, f"/v1/exports/{of}", params={"format": "csv"})
        assert answer.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert tuple(rows[0]) == writing.columns(record)
        assert "'=1+1" in {cell for row in rows[1:] for cell in row}
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_each_download_is_in_the_trail(office: Office, secret: str) -> None:
    ask(office, secret, "/v1/exports/findings", params={"format": "sarif"})
    with office.database.read(office.tenant.id) as connection:
        act = audit.recent(connection, office.tenant.id)[0]
    assert (act.action, act.actor, act.subject, act.detail["format"]) == (
        "export.download", "person:ann", "findings", "sarif")


def test_a_reviewer_takes_away_what_the_engagement_covers_under_pseudonyms(office: Office) -> None:
    machine = failing(office, "registry", 3, actual="registry has no lock")
    failing(office, "front-desk", 3)
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, machines=(machine.agent,)))
    secret = token(office, rita, engagement=number)
    for of in KINDS:
        made = ask(office, secret, f"/v1/exports/{of}").json()[of]
        assert {one["machine"] for one in made} == {machine.agent}
        for form in ("csv", "json", "sarif"):
            text = ask(office, secret, f"/v1/exports/{of}", params={"format": form}).text
            assert "registry" not in text.replace("registry/", "").replace("registration", "")
            assert "front-desk" not in text
    with office.database.read(office.tenant.id) as connection:
        assert {one.action for one in audit.recent(connection, office.tenant.id, limit=20)} >= {"review.export"}


def test_rows_with_fields_left_out_are_still_files(office: Office, secret: str) -> None:
    """What a sharing profile leaves out is missing: unknown, and never a pass."""
    rows = [{"number": 1, "check": "patching/os-supported"}, {"check": "patching/os-supported", "verdict": "pass"}]
    made = json.loads(writing.as_sarif(rows, shipped(), "Office", office.now(), "TLP:AMBER"))
    valid(made, published.sarif())
    assert [one["kind"] for one in made["runs"][0]["results"]] == ["open", "pass"]
    assert made["runs"][0]["properties"]["marking"] == "TLP:AMBER"
    table = list(csv.reader(io.StringIO(writing.as_csv(rows, ("number", "verdict"), "TLP:AMBER").decode("utf-8-sig"))))
    assert table == [["number", "verdict", "marking"], ["1", "", "TLP:AMBER"], ["", "pass", "TLP:AMBER"]]
