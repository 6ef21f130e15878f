"""Sharing profiles: only what is given leaves, marked, written down, and not a day longer."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from server.exports.records import FindingRecord
from server.reviewers import profiles
from server.spoken import Spoken
from server.store import sharing_profiles, statements
from server.store.database import WHOLE_SERVER
from server.store.people import Role
from tests.api.asking import ask, token
from tests.reviewers.firms import BACKUP, BASIS, OS, engaged, failing, firm, terms, trail
from tests.server.setups import Office


def form(office: Office, **changes: str) -> dict[str, str]:
    return {"recipient": "Provincial CSIRT", "marking": "TLP:AMBER+STRICT", "basis": BASIS,
            "until": (office.now() + timedelta(days=30)).date().isoformat(), "field-check": "shown",
            "field-severity": "shown", "field-name": "pseudonym", **changes}


def made(office: Office, session: dict[str, str], **changes: str) -> str:
    answer = office.page("POST", "/en/office/sharing-profiles", session, **form(office, **changes))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture
def ann(office: Office) -> dict[str, str]:
    return office.signed_in(office.person("ann", Role.ADMINISTRATOR))


def said(office: Office, finding: int, text: str) -> None:
    with office.database.write(office.tenant.id) as connection:
        statements.add(connection, office.tenant.id, finding=finding, at=office.now(), party="vendor", by="link:1",
                       name="Jo", organisation="Example Inc.", text=text)


def test_a_file_holds_the_given_fields_the_marking_and_the_right_of_reply(office: Office, ann: dict[str, str]) -> None:
    failing(office, "secret-registry", OS, BACKUP)
    said(office, 1, "secret-registry gets its update in May.")
    place = made(office, ann)
    answer = office.page("POST", f"{place}/export", ann, format="json")
    assert answer.status_code == 200
    assert "tlp-amber-strict" in answer.headers["content-disposition"]
    found: dict[str, Any] = json.loads(answer.content)
    assert found["marking"] == "TLP:AMBER+STRICT"
    assert {frozenset(one) for one in found["findings"]} == {frozenset(("check", "severity", "name", "statements"))}
    assert {one["check"] for one in found["findings"]} == {OS[0], BACKUP[0]}
    [host] = {one["name"] for one in found["findings"]}
    assert host.startswith("machine-")
    assert "secret-registry" not in answer.text
    [reply] = [each for one in found["findings"] for each in one["statements"]]
    assert reply["text"] == f"{host} gets its update in May."


def test_a_spreadsheet_has_the_marking_on_every_line_and_runs_nothing(office: Office, ann: dict[str, str]) -> None:
    failing(office, "=cmd|' /C calc'!A0", OS)
    place = made(office, ann, **{"field-name": "shown"})
    content = office.page("POST", f"{place}/export", ann, format="csv").content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content))
    assert head == ["name", "check", "severity", "statements", "marking"]
    assert rows == [["'=cmd|' /C calc'!A0", OS[0], "critical", "", "TLP:AMBER+STRICT"]]


def test_a_sarif_file_carries_the_marking_and_what_is_not_shared_reads_so(office: Office, ann: dict[str, str]) -> None:
    failing(office, "secret-registry", OS)
    place = made(office, ann, **{"field-number": "shown", "field-check": "left_out"})
    answer = office.page("POST", f"{place}/export", ann, format="sarif")
    [run] = json.loads(answer.content)["runs"]
    assert run["properties"]["marking"] == "TLP:AMBER+STRICT"
    [result] = run["results"]
    assert result["ruleId"] == "not shared"
    assert "secret-registry" not in answer.text


def test_every_column_of_an_export_can_be_given_or_left_out() -> None:
    assert [*(one.name for one in profiles.FIELDS), "statements"] == list(FindingRecord.__struct_fields__)


def test_two_profiles_share_no_pseudonym(office: Office, ann: dict[str, str]) -> None:
    failing(office, "registry", OS)
    hosts = set()
    for _ in range(2):
        place = made(office, ann)
        hosts |= {one["name"] for one in json.loads(
            office.page("POST", f"{place}/export", ann, format="json").content)["findings"]}
    assert len(hosts) == 2


def test_every_file_is_written_down_with_its_digest(office: Office, ann: dict[str, str]) -> None:
    failing(office, "registry", OS)
    place = made(office, ann)
    content = office.page("POST", f"{place}/export", ann, format="csv").content
    with office.database.read(office.tenant.id) as connection:
        [left] = sharing_profiles.disclosed(connection, office.tenant.id)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    assert (left.by, left.format, left.rows, left.digest) == ("person:ann", "csv", 1, digest)
    [act] = [one for one in trail(office) if one.action == "sharing-profile.disclose"]
    assert (act.detail["recipient"], act.detail["marking"], act.detail["digest"]) == (
        "Provincial CSIRT", "TLP:AMBER+STRICT", digest)
    assert digest[7:] in office.page("GET", place, ann).text


@pytest.mark.parametrize("how", ["ended", "over"])
def test_nothing_leaves_by_a_profile_that_is_over(office: Office, how: str) -> None:
    ann = office.person("ann", Role.ADMINISTRATOR)
    place = made(office, office.signed_in(ann))
    if how == "ended":
        assert office.page("POST", f"{place}/end", office.signed_in(ann)).status_code == 303
        assert office.page("POST", f"{place}/end", office.signed_in(ann)).status_code == 409
    else:
        office.now.forward(days=31)
    answer = office.page("POST", f"{place}/export", office.signed_in(ann), format="json")
    assert answer.status_code == 409
    with office.database.read(office.tenant.id) as connection:
        assert sharing_profiles.disclosed(connection, office.tenant.id) == []


@pytest.mark.parametrize(("changes", "field"), [
    ({"recipient": ""}, "recipient"), ({"recipient": "a\u202eb"}, "recipient"), ({"marking": "TLP:WHITE"}, "marking"),
    ({"basis": "no"}, "basis"), ({"until": "tomorrow"}, "until"), ({"until": "2020-01-01"}, "until"),
    ({"field-check": "pseudonym"}, "field-check"), ({"field-name": "everything"}, "field-name"),
    ({"field-check": "left_out", "field-severity": "left_out", "field-name": "left_out"}, "fields")])
def test_a_profile_that_cannot_be_says_which_field(office: Office, ann: dict[str, str], changes: dict[str, str],
                                                   field: str) -> None:
    with pytest.raises(Spoken) as caught:
        profiles.read(form(office, **changes), office.now())
    assert caught.value.field == field
    assert caught.value.said("fr")[0] != caught.value.said("en")[0]
    answer = office.page("POST", "/fr/office/sharing-profiles", ann, **form(office, **changes))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_who_may_not_define_or_export_does_not(office: Office, ann: dict[str, str]) -> None:
    place = made(office, ann)
    staff = office.signed_in(office.person("sam", Role.STAFF))
    assert office.page("POST", "/en/office/sharing-profiles", staff, **form(office)).status_code == 403
    assert office.page("POST", f"{place}/end", staff).status_code == 403
    assert office.page("POST", f"{place}/export", staff, format="csv").status_code == 200
    rita = office.signed_in(firm(office).reviewer())
    for method, path in (("GET", place), ("POST", f"{place}/export"), ("GET", "/en/office/sharing-profiles")):
        assert office.page(method, path, rita).status_code == 404


def test_another_offices_profile_is_not_there(office: Office) -> None:
    other = office.other("Oak County")
    eve = office.signed_in(office.person("eve", Role.ADMINISTRATOR, tenant=other.id))
    place = made(office, eve)
    ann = office.signed_in(office.person("ann", Role.ADMINISTRATOR))
    for path in (place, "/en/office/sharing-profiles/4711", "/en/office/sharing-profiles/99999999999999999999"):
        assert office.page("GET", path, ann).status_code == 404
        assert office.page("POST", f"{path}/export", ann, format="csv").status_code == 404
        assert office.page("POST", f"{path}/end", ann).status_code == 404
    assert "Provincial CSIRT" not in office.page("GET", "/en/office/sharing-profiles", ann).text


def test_the_database_keeps_profiles_and_disclosures_as_they_were(office: Office, ann: dict[str, str]) -> None:
    place = made(office, ann)
    office.page("POST", f"{place}/export", ann, format="csv")
    office.page("POST", f"{place}/end", ann)
    for table in ("sharing_profiles", "sharing_profile_ends", "disclosures"):
        for act in (f"DELETE FROM {table}", f"UPDATE {table} SET tenant = 'x'"):
            with pytest.raises(DBAPIError, match="append-only"), office.database.write(WHOLE_SERVER) as connection:
                connection.execute(sa.text(act))


def test_a_token_takes_a_file_through_a_profile_and_no_reviewer_does(office: Office, ann: dict[str, str]) -> None:
    failing(office, "secret-registry", OS, BACKUP)
    number = made(office, ann).rpartition("/")[2]
    secret = token(office, office.person("bot", Role.ADMINISTRATOR), ["export"])
    answer = ask(office, secret, "/v1/exports/findings", params={"format": "json", "profile": number})
    assert answer.status_code == 200, answer.text
    assert answer.json()["marking"] == "TLP:AMBER+STRICT"
    assert "secret-registry" not in answer.text
    with office.database.read(office.tenant.id) as connection:
        [left] = sharing_profiles.disclosed(connection, office.tenant.id)
    assert (left.by, left.digest) == ("person:bot", "sha256:" + hashlib.sha256(answer.content).hexdigest())
    for wrong in ("4711", "99999999999999999999"):
        assert ask(office, secret, "/v1/exports/findings", params={"profile": wrong}).status_code in (404, 422)
    acme = firm(office)
    rita = acme.reviewer()
    engagement = engaged(office, acme, rita, terms(office, names_shown=True))
    hers = token(office, rita, ["export"], engagement=engagement)
    assert ask(office, hers, "/v1/exports/findings", params={"profile": number}).status_code == 404
