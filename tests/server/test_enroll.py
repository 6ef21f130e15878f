"""Enrolment: one token, one machine, whatever is lost, repeated or raced."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from hustings import keys
from hustings.errors import UsageError
from hustings.report import Enrolled
from server.enroll import enroll
from server.problems import Refused
from server.store import agents, audit, schema, tokens
from server.store.database import WHOLE_SERVER
from tests.sender import Sender, flipped
from tests.server.setups import Office

PATH = "/v1/enrollments"


def test_a_token_makes_an_agent_with_what_the_token_says(office: Office) -> None:
    machine = Sender()
    token = office.token(roles=("registration-db",), site="Town hall")
    answer = office.post(PATH, machine.enrollment(token))
    assert answer.status_code == 201
    said = msgspec.json.decode(answer.content, type=Enrolled)
    assert (said.tenant, said.state) == (office.tenant.id, "approved")
    with office.database.read(WHOLE_SERVER) as connection:
        [agent] = agents.every(connection, office.tenant.id)
        [act] = audit.recent(connection, office.tenant.id)
    assert (agent.id, agent.public_key, agent.roles, agent.site) == (
        said.agent, machine.public, ("registration-db",), "Town hall")
    assert (act.action, act.subject) == ("agent.enroll", agent.id)
    assert token not in repr(act)


def test_without_roles_in_the_token_the_machines_own_count(office: Office) -> None:
    office.post(PATH, Sender().enrollment(office.token()))
    with office.database.read(WHOLE_SERVER) as connection:
        assert agents.every(connection, office.tenant.id)[0].roles == ("office-workstation",)


def test_the_same_request_again_gets_the_same_answer(office: Office) -> None:
    request = Sender().enrollment(office.token())
    first = office.post(PATH, request)
    office.now.forward(hours=80)
    again = office.post(PATH, request)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert office.stored(schema.agents) == 1


def test_bad_tokens_are_refused_alike(office: Office) -> None:
    used, old = office.token(), office.token(life=timedelta(minutes=1))
    office.post(PATH, Sender().enrollment(used))
    office.now.forward(minutes=2)
    answers = [office.post(PATH, Sender().enrollment(token)) for token in (used, old, "never was", "", used[:-1])]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert answers[0].json()["type"] == "bad_token"
    assert office.stored(schema.agents) == 1


def test_a_used_token_with_a_different_request_by_the_same_key_is_refused(office: Office) -> None:
    machine, token = Sender(), office.token()
    office.post(PATH, machine.enrollment(token))
    assert office.post(PATH, machine.enrollment(token, host="other")).json()["type"] == "bad_token"


def test_a_request_without_proof_of_the_key_is_refused_and_the_token_lives(office: Office) -> None:
    token = office.token()
    machine, thief = Sender(), Sender()
    answer = office.post(PATH, thief.enrollment(token, public_key=keys.encode(machine.public)))
    assert (answer.status_code, answer.json()["type"]) == (401, "bad_signature")
    request = machine.enrollment(token)
    hint = range(request.index(b'"keyid":"') + 9, request.index(b'","sig"'))  # nothing is decided by it
    for wrong in flipped(request, [at for at in range(0, len(request), 9) if at not in hint]):
        assert office.post(PATH, wrong).status_code in (401, 422)
    assert office.stored(schema.agents) == 0
    assert office.post(PATH, request).status_code == 201


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31), b"\xff" * 32])
def test_keys_no_honest_signer_has_are_refused(office: Office, point: bytes) -> None:
    answer = office.post(PATH, Sender().enrollment(office.token(), public_key=keys.encode(point)))
    assert answer.status_code == 401
    assert office.stored(schema.agents) == 0


def test_a_key_enrols_once(office: Office) -> None:
    machine = office.machine()
    answer = office.post(PATH, machine.enrollment(office.token()))
    assert (answer.status_code, answer.json()["type"]) == (409, "key_in_use")


@pytest.mark.parametrize("changes", [{"host": "a\x00b"}, {"host": ""}, {"roles": ("A B",)}, {"agent_version": "\n"}])
def test_a_request_out_of_bounds_is_malformed(office: Office, changes: dict[str, object]) -> None:
    answer = office.post(PATH, Sender().enrollment(office.token(), **changes))
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed")


def test_of_two_machines_at_the_same_moment_one_gets_the_token(office: Office) -> None:
    for _ in range(5):
        token, barrier = office.token(), threading.Barrier(4)
        before = office.stored(schema.agents)

        def one(token: str = token, barrier: threading.Barrier = barrier) -> str:
            request = Sender().enrollment(token)
            barrier.wait()
            try:
                enroll(office.database, request, office.now)
            except Refused as refused:
                return refused.kind
            return "enrolled"

        with ThreadPoolExecutor(4) as pool:
            outcomes = sorted(future.result() for future in [pool.submit(one) for _ in range(4)])
        assert outcomes == ["bad_token"] * 3 + ["enrolled"]
        assert office.stored(schema.agents) == before + 1


def test_the_same_request_twice_at_the_same_moment_is_one_machine(office: Office) -> None:
    request, barrier = Sender().enrollment(office.token()), threading.Barrier(2)

    def one() -> bytes:
        barrier.wait()
        return enroll(office.database, request, office.now)

    with ThreadPoolExecutor(2) as pool:
        first, second = [future.result() for future in [pool.submit(one) for _ in range(2)]]
    assert first == second
    assert office.stored(schema.agents) == 1


def test_a_token_is_not_kept_and_lives_at_most_three_days(office: Office) -> None:
    secret = office.token()
    with office.database.write(WHOLE_SERVER) as connection:
        assert secret not in repr(connection.execute(schema.tokens.select()).all())
        with pytest.raises(UsageError, match="72 hours"):
            tokens.create(connection, office.tenant.id, roles=(), site="", life=timedelta(hours=73),
                          now=office.now(), by="test")
