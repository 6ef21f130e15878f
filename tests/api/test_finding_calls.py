"""Findings through the API."""

from __future__ import annotations

from server.store.people import Role
from tests.api.asking import ask, token
from tests.api.failing import failing
from tests.reviewers.firms import engaged, firm, terms
from tests.server.setups import Office


def test_findings_come_in_pages_and_are_all_there_once(office: Office) -> None:
    failing(office, "registry", 7)
    secret = token(office, office.person("ann"))
    numbers, after = [], ""
    while True:
        page = ask(office, secret, "/v1/findings", params={"limit": 3, "after": after}).json()
        numbers += [one["number"] for one in page["items"]]
        assert len(page["items"]) <= 3
        if page["next"] is None:
            break
        after = page["next"]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 7


def test_a_filter_that_does_not_exist_is_refused_and_not_ignored(office: Office) -> None:
    secret = token(office, office.person("ann"))
    for wrong in ({"verdict": "fail"}, {"state": "nothing"}, {"limit": 0}, {"limit": 201}, {"limit": "x"},
                  {"after": "%%%"}, {"after": "WyJ4Il0"}, {"text": "x" * 201}, {"overdue": "perhaps"}):
        answer = ask(office, secret, "/v1/findings", params=wrong)
        assert (answer.status_code, answer.json()["type"]) == (400, "bad_request"), wrong
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_act_is_written_down_as_its_makers(office: Office) -> None:
    failing(office, "registry", 2)
    secret = token(office, office.person("ann"))
    done = ask(office, secret, "/v1/findings/1/acts", "POST", json={"kind": "comment", "text": "Ordered."})
    assert (done.status_code, done.json()) == (201, {"done": 1})
    assert ask(office, secret, "/v1/findings/acts", "POST", json={
        "numbers": [1, 2], "do": {"kind": "acknowledge"}}).json() == {"done": 2}
    found = ask(office, secret, "/v1/findings/1").json()
    assert [(one["by"], one["kind"], one["text"]) for one in found["acts"]] == [
        ("ann", "comment", "Ordered."), ("ann", "acknowledge", "")]
    assert found["finding"]["state"] == "acknowledged"


def test_what_cannot_be_done_says_what_and_how(office: Office) -> None:
    failing(office, "registry", 1)
    secret = token(office, office.person("ann"))
    for body, kind in (({"kind": "comment"}, "not_done"), ({"kind": "resolve"}, "malformed"),
                       ({"kind": "due", "due": "2099-01-01"}, "not_done"), ({"kind": "due", "due": "x"}, "malformed"),
                       ({"kind": "due", "due": "2026-12-01", "approved_by": "bob"}, "malformed"),
                       ({"kind": "false_alarm_decided"}, "malformed"), ({"kind": "assign", "person": 999}, "not_done"),
                       ([], "malformed")):
        answer = ask(office, secret, "/v1/findings/1/acts", "POST", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, kind), body
        assert answer.json()["detail"]
    sent = ask(office, secret, "/v1/findings/1/acts", "POST", content=b'{"kind":"comment","kind":"x"}',
               headers={"content-type": "application/json"})
    assert (sent.status_code, sent.json()["type"]) == (400, "bad_request")
    form = ask(office, secret, "/v1/findings/1/acts", "POST", data={"kind": "comment"})
    assert (form.status_code, form.json()["type"]) == (415, "unsupported_type")


def test_an_official_may_not_do_what_staff_do(office: Office) -> None:
    failing(office, "registry", 1)
    secret = token(office, office.person("olga", Role.OFFICIAL))
    assert ask(office, secret, "/v1/findings/1/acts", "POST", json={"kind": "acknowledge"}).status_code == 422
    assert ask(office, secret, "/v1/findings/1/acts", "POST", json={"kind": "comment", "text": "When?"}
               ).status_code == 201


def test_a_reviewers_token_sees_what_the_engagement_covers_under_pseudonyms(office: Office) -> None:
    machine = failing(office, "registry", 3)
    failing(office, "front-desk", 3)
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, machines=(machine.agent,)))
    secret = token(office, rita, engagement=number)
    found = ask(office, secret, "/v1/findings").json()["items"]
    assert {one["machine"] for one in found} == {machine.agent}
    assert len(found) == 3
    assert "registry" not in ask(office, secret, "/v1/findings").text
    foreign = [one["number"] for one in ask(office, token(office, office.person("ann")), "/v1/findings").json()["items"]
               if one["machine"] != machine.agent]
    gone = [ask(office, secret, f"/v1/findings/{number}") for number in (foreign[0], 999, 2**63 - 1)]
    assert {(one.status_code, one.content) for one in gone} == {(404, gone[0].content)}
    office.now.forward(days=40)
    assert ask(office, secret, "/v1/findings").status_code == 401
