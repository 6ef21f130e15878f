"""The door to Microsoft Graph, over real HTTP: pages, throttling, broken answers, refusals, batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from collectors._patience import Patience
from collectors._web import Untrusted
from collectors.graph_door import EMPTY_PAGES, TRIES, Page
from collectors.graph_errors import (
    Gone,
    GraphError,
    NoLicence,
    NoPermission,
    NotSignedIn,
    Throttled,
    Unreachable,
    refusal,
    shape,
)
from collectors.graph_sign_in import connect
from collectors.host.protocol import LookError
from hustings.facts import Reason
from tests.directory.signing_in import Time, connected, host, tenant
from tests.graph_server import Fault, Gate, GraphServer, Resource, serve

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "entra"
READ = ("User.Read.All",)
PEOPLE = [{"id": f"00000000-0000-4000-8000-{number:012d}", "userPrincipalName": f"p{number}@office.example",
           "accountEnabled": number % 2 == 0, "signInActivity": {"lastSignInDateTime": "2026-11-01T00:00:00Z"}}
          for number in range(250)]


@pytest.fixture
def server() -> Iterator[GraphServer]:
    with serve(permissions=READ) as running:
        running.resources["/users"] = Resource(
            PEOPLE, READ, usual=("id", "userPrincipalName"), holes=2,
            gated={"signInActivity": Gate(("AuditLog.Read.All",), "AAD_PREMIUM")})
        running.resources["/users/{}"] = Resource(
            lambda keys: next((one for one in PEOPLE if one["id"] == keys[0]), None), READ)
        running.resources["/identity/conditionalAccess/policies"] = Resource([], (), kind="policy")
        yield running


def test_pages_that_hold_nothing_go_on_and_what_was_selected_filtered_and_counted_is_what_comes(server):
    graph = connected(server)
    pages = list(graph.pages("/users", params={"$select": "id,accountEnabled", "$filter": "accountEnabled eq true",
                                               "$top": "50", "$count": "true"}, eventual=True))
    assert [len(page.items) for page in pages] == [50, 50, 0, 25]
    assert [page.count for page in pages] == [125, None, None, None]
    assert (pages[0].items[0], pages[-1].next) == ({"id": PEOPLE[0]["id"], "accountEnabled": True}, "")
    assert graph.requests == 4
    assert all(one.headers["consistencylevel"] == "eventual" for one in server.log if one.path == "/v1.0/users")
    assert {one.method for one in server.log if one.path.startswith("/v1.0")} == {"GET"}
    assert {one.headers["user-agent"].split("/")[0] for one in server.log} == {"hustings"}


@pytest.mark.parametrize("status", [429, 503])
def test_what_graph_asks_to_wait_is_waited_in_seconds_and_as_a_date(server, status):
    time = Time()
    graph = connected(server, time)
    server.faults += [Fault("/users", status, {"Retry-After": "17"}),
                      Fault("/users", status, {"Retry-After": format_datetime(time.start + timedelta(seconds=58),
                                                                               usegmt=True)})]
    assert sum(len(page.items) for page in graph.pages("/users")) == 250
    first, second = time.slept
    assert 17 <= first <= 19
    assert 58 - first - 2 <= second <= 62 - first


def test_a_429_that_says_nothing_is_met_with_growing_random_waits_until_it_stops(server):
    time = Time()
    graph = connected(server, time)
    server.faults.append(Fault("/users", 429, times=12))
    assert len(next(graph.pages("/users")).items) == 100
    assert len(time.slept) == 12
    assert all(slept <= min(60.0, 2.0**attempt) for attempt, slept in enumerate(time.slept))
    assert max(time.slept[6:]) > max(time.slept[:3])


def test_conditional_access_is_asked_once_a_second_and_really_gets_through_where_that_is_enforced(server):
    time = Time()
    paced = connected(server, time)
    for _ in range(3):
        paced.get("/identity/conditionalAccess/policies")
    assert time.slept == [1.0, 1.0]
    server.strict_pace = True
    really = connect(host(), tenant(server), within=30, patience=Patience(30))
    for _ in range(2):
        really.get("/identity/conditionalAccess/policies")


def test_a_wait_beyond_the_runs_end_is_not_begun_and_a_later_run_goes_on_from_the_last_page(server):
    time = Time()
    server.faults.append(Fault("/users", 429, {"Retry-After": "3600"}, after=2))
    pages = connected(server, time).pages("/users", params={"$select": "id"})
    given = [next(pages), next(pages)]
    kept, link = [one for page in given for one in page.items], given[-1].next
    with pytest.raises(Throttled) as stopped:
        next(pages)
    assert time.slept == []
    assert (stopped.value.missing.reason, stopped.value.status) == (Reason.TIMEOUT, 429)
    assert abs((stopped.value.again - time.start).total_seconds() - 3600) < 400
    assert len(kept) == 200
    later = connected(server)
    kept += [one for page in later.pages("/users", start=link) for one in page.items]
    assert [one["id"] for one in kept] == [one["id"] for one in PEOPLE]
    assert later.requests == 2


def test_a_run_that_is_over_asks_no_more(server):
    time = Time()
    graph = connected(server, time, within=100)
    pages = graph.pages("/users")
    next(pages)
    time.slept.append(101)
    with pytest.raises(Throttled, match="the time for this run is over"):
        next(pages)


def test_resets_answers_cut_short_and_no_json_are_asked_for_again_and_at_last_given_up(server):
    graph = connected(server)
    server.faults += [Fault("/users"), Fault("/users", cut=True), Fault("/users", 200, body=b'{"value": [{"id"'),
                      Fault("/users", 502)]
    assert len(next(graph.pages("/users")).items) == 100
    assert graph.requests == TRIES
    for fault, error, words in ((Fault("/users", times=99), Unreachable, "broke off"),
                                (Fault("/users", cut=True, times=99), Unreachable, "broke off"),
                                (Fault("/users", 200, body=b"<html>", times=99), LookError, "no JSON"),
                                (Fault("/users", 200, body=b'{"value":[],"value":[]}', times=99), LookError, "no JSON"),
                                (Fault("/users", 500, times=99), GraphError, "answered 500")):
        server.faults[:] = [fault]
        before = graph.requests
        with pytest.raises(error, match=words):
            next(graph.pages("/users"))
        assert graph.requests == before + TRIES


def test_an_answer_of_another_form_or_too_large_is_an_error_and_never_an_empty_one(server):
    graph = connected(server)
    for body in ({}, {"value": {}}, {"value": ["text"]}, {"value": [], "@odata.nextLink": 7}, []):
        server.faults[:] = [Fault("/users", 200, body=json.dumps(body).encode())]
        with pytest.raises(LookError) as wrong:
            next(graph.pages("/users"))
        assert wrong.value.missing.reason is Reason.ERROR
    server.faults[:] = [Fault("/users", 200, body=b" " * (33 << 20))]
    with pytest.raises(LookError) as wrong:
        next(graph.pages("/users"))
    assert wrong.value.missing.reason is Reason.TRUNCATED


def test_the_token_goes_to_no_other_origin(server):
    with serve() as elsewhere:
        for link in (f"{elsewhere.url}/v1.0/users?$skiptoken=x", "https://graph.microsoft.com/v1.0/users",
                     f"//127.0.0.1:{elsewhere.url.rpartition(':')[2]}/v1.0/users", "http://office.example/users",
                     server.url.replace("http://", "http://me@") + "/v1.0/users"):
            server.faults[:] = [Fault("/users", 200, body={"value": [{"id": "a"}], "@odata.nextLink": link})]
            with pytest.raises(LookError):
                list(connected(server).pages("/users"))
            with pytest.raises(LookError):
                list(connected(server).pages("/users", start=link))
        server.faults[:] = [Fault("/users", 302, {"Location": f"{elsewhere.url}/v1.0/users"})]
        with pytest.raises(Untrusted, match="redirect"):
            list(connected(server).pages("/users"))
        assert elsewhere.log == []


def test_pages_that_repeat_for_ever_are_an_error(server):
    link = f"{server.url}/v1.0/users?$skiptoken="
    same = {"value": [{"id": "a"}], "@odata.nextLink": link + "1"}
    server.faults[:] = [Fault("/users", 200, body=same, times=9)]
    with pytest.raises(LookError, match="repeat"):
        list(connected(server).pages("/users"))
    server.faults[:] = [Fault("/users", 200, body={**same, "@odata.nextLink": f"{link}{n}"}) for n in range(9)]
    with pytest.raises(LookError, match="repeat"):
        list(connected(server).pages("/users"))
    server.faults[:] = [Fault("/users", 200, body={"value": [], "@odata.nextLink": f"{link}{n}"})
                        for n in range(EMPTY_PAGES + 2)]
    with pytest.raises(LookError, match="without an end"):
        list(connected(server).pages("/users"))


def test_a_token_that_ends_in_the_middle_is_renewed_once_and_one_that_is_never_accepted_ends_it(server):
    graph = connected(server)
    seen = []
    for page in graph.pages("/users"):
        seen += page.items
        server.entra.revoke()
    assert len(seen) == 250
    expired = {"error": {"code": "InvalidAuthenticationToken", "message": "Access token has expired."}}
    server.faults[:] = [Fault("/users", 401, body=expired, times=99)]
    with pytest.raises(NotSignedIn) as refused:
        next(graph.pages("/users"))
    assert refused.value.missing.reason is Reason.DENIED
    assert server.faults[0].times == 97


def test_a_token_near_its_end_is_not_used(server):
    time = Time()
    graph = connected(server, time)
    graph.get("/users")
    time.slept.append(3500)
    with pytest.raises(Throttled):
        graph.get("/users")
    time = Time()
    graph = connected(server, time, within=10_000)
    time.slept.append(3500)
    graph.get("/users")
    assert len([one for one in server.log if one.path.endswith("/token")]) == 3


def test_every_way_of_saying_that_a_permission_or_a_licence_is_missing_is_told_apart(server):
    for kind in ("directory", "audit", "policy", "pim", "intune", "mail"):
        server.resources["/thing"] = Resource([], ("Thing.Read.All",), "SOMETHING", kind)
        server.app.permissions = {"User.Read.All"}
        with pytest.raises(NoPermission) as denied:
            connected(server).get("/thing")
        assert denied.value.missing.reason is Reason.DENIED
        assert denied.value.wants == (("Thing.Read.All",) if kind in ("audit", "pim") else ())
        server.app.permissions = {"Thing.Read.All"}
        with pytest.raises(NoLicence) as unlicensed:
            connected(server).get("/thing")
        assert unlicensed.value.missing.reason is Reason.UNSUPPORTED
        server.licences.add("SOMETHING")
        assert connected(server).get("/thing")["value"] == []
        server.licences.discard("SOMETHING")
    assert len([one for one in server.log if one.path == "/v1.0/thing"]) == 18
    server.app.permissions = {"User.Read.All"}
    with pytest.raises(NoPermission):
        connected(server).get("/users", params={"$select": "id,signInActivity"})


def test_a_refusal_says_its_code_and_names_nobody(server):
    who = PEOPLE[0]["id"].replace("0000-4", "ffff-4")
    with pytest.raises(Gone) as gone:
        connected(server).get(f"/users/{who}")
    assert "(Request_ResourceNotFound) to /users/{id}" in gone.value.missing.detail
    with pytest.raises(GraphError, match="400") as wrong:
        connected(server).get("/users", params={"$top": "5000"})
    assert type(wrong.value) is GraphError
    quoting = {"error": {"code": "Bad name@office.example", "message": "name@office.example"}}
    assert "name" not in refusal(403, quoting, "/users/name@office.example/x").missing.detail
    assert shape("/users('name@office.example')/messages?$filter=x") == "/users({id})/messages"
    for body in (None, [], "text", {"error": "text"}, {"error": {"code": 7}}, {"error": {"message": "{" * 50}}):
        assert isinstance(refusal(403, body, "/x"), NoPermission)
    assert isinstance(refusal(401, {}, "/x"), NotSignedIn)


@pytest.mark.parametrize("name", ["userRegistrationDetails.json", "securityDefaults.json"])
def test_recorded_answers_of_graph_are_read_as_they_are(server, name):
    sample = SAMPLES / name
    if not sample.is_file():
        pytest.skip("shared/ is not beside the checkout")
    server.faults.append(Fault("/sample", 200, body=sample.read_bytes()))
    recorded = json.loads(sample.read_bytes())
    if "value" in recorded:
        assert list(connected(server).pages("/sample")) == [Page(recorded["value"], "")]
        assert [len(one["methodsRegistered"]) for one in recorded["value"]] == [2, 0]
    else:
        assert connected(server).get("/sample") == recorded


def test_a_batch_asks_twenty_at_a_time_and_its_throttled_parts_alone_again(server):
    time = Time()
    graph = connected(server, time)
    asked = [(str(number), f"/users/{one['id']}?$select=userPrincipalName") for number, one in enumerate(PEOPLE[:45])]
    asked += [("gone", "/users/nobody"), ("denied", "/users?$select=signInActivity")]
    server.faults += [Fault(f"/users/{PEOPLE[3]['id']}", 429, {"Retry-After": "5"}, times=2),
                      Fault(f"/users/{PEOPLE[4]['id']}", 503, {"Retry-After": "30"}),
                      Fault(f"/users/{PEOPLE[44]['id']}", 500, times=99)]
    answers = {name: (status, body) for name, status, body in graph.batch(asked)}
    assert len(answers) == len(asked)
    assert [answers[str(number)] [1]["userPrincipalName"] for number in range(44)] == [
        one["userPrincipalName"] for one in PEOPLE[:44]]
    assert (answers["gone"][0], answers["44"][0]) == (404, 500)
    assert isinstance(refusal(*answers["denied"], "/users"), NoPermission)
    assert 30 <= time.slept[0] <= 34
    parts = [one.path for one in server.log if one.batched]
    assert parts.count(f"/v1.0/users/{PEOPLE[0]['id']}") == 1
    assert parts.count(f"/v1.0/users/{PEOPLE[3]['id']}") == 3
    assert parts.count(f"/v1.0/users/{PEOPLE[44]['id']}") == TRIES


def test_a_part_of_a_batch_whose_token_has_ended_is_asked_again_with_a_new_one(server):
    graph = connected(server)
    ended = {"error": {"code": "InvalidAuthenticationToken", "message": "Access token has expired."}}
    asked = [(str(number), f"/users/{PEOPLE[number]['id']}") for number in range(3)]
    server.faults.append(Fault(f"/users/{PEOPLE[1]['id']}", 401, body=ended))
    assert {status for _, status, _ in graph.batch(asked)} == {200}
    assert len([one for one in server.log if one.path.endswith("/token")]) == 2
    server.faults.append(Fault(f"/users/{PEOPLE[1]['id']}", 401, body=ended, times=9))
    assert sorted(status for _, status, _ in graph.batch(asked)) == [200, 200, 401]


def test_a_batch_that_is_answered_in_part_or_with_something_else_is_an_error(server):
    graph = connected(server)
    right = {"id": "1", "status": 200, "body": {}}
    for responses in ([], [right, right], [{**right, "id": "2"}], [{**right, "status": "200"}], None, ["text"],
                      [{"id": "1", "status": 200}], [{**right, "body": "eyJ9"}]):
        server.faults[:] = [Fault("/$batch", 200, body={"responses": responses})]
        with pytest.raises(LookError):
            list(graph.batch([("1", "/users/x")]))
    with pytest.raises(ValueError, match="same id"):
        list(graph.batch([("1", "/users/x"), ("1", "/users/y")]))


def test_a_throttled_batch_beyond_the_runs_end_keeps_what_was_answered(server):
    graph = connected(server, within=60)
    server.faults.append(Fault(f"/users/{PEOPLE[1]['id']}", 429, {"Retry-After": "300"}))
    answers = graph.batch([(str(n), f"/users/{PEOPLE[n]['id']}") for n in range(3)])
    answered = [next(answers)[:2], next(answers)[:2]]
    with pytest.raises(Throttled):
        next(answers)
    assert sorted(answered) == [("0", 200), ("2", 200)]
