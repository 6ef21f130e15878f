"""Enrolment costs one token whatever happens, and never leaves half an identity."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.enroll import Wish, enroll
from agent.identity import State
from agent.transport import Answer
from hustings import envelope, keys, report
from hustings.errors import CannotFinish, ConfigError, HustingsError, Untrusted, UsageError
from hustings.report import Enrolled
from tests.agent.doubles import NOW, answer, problem

PIN = "sha256:" + "a" * 64
WISH = Wish("https://office", "one-time", "", "front-desk", ("office-workstation",))
OK = msgspec.json.encode(Enrolled("county", "agent-1", "approved", NOW))


class Office:
    """``Transport`` that answers from a list and remembers what it was sent."""

    def __init__(self, *answers: Answer | HustingsError) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert path == "/v1/enrollments"
        self.bodies.append(body)
        one = self.answers.pop(0)
        if isinstance(one, HustingsError):
            raise one
        return one


def go(state: State, office: Office, wish: Wish = WISH, **options: Any) -> Any:
    return enroll(state, wish, pause=lambda _: None, connect=lambda *_: office,
                  fetch=options.pop("fetch", lambda *_: "PEM"), **options)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_the_request_is_signed_by_the_key_it_names(state: State) -> None:
    office = Office(answer(201, OK))
    found = go(state, office)
    sealed = envelope.parse(office.bodies[0])
    request = report.decode_enrollment(sealed.content())
    envelope.verify(sealed, envelope.ENROLLMENT, keys.decode(request.public_key))
    assert (request.token, request.host, request.roles) == ("one-time", "front-desk", ("office-workstation",))
    assert keys.public_bytes(state.signer(found).private) == keys.decode(request.public_key)
    assert (found.agent, found.tenant, found.approved) == ("agent-1", "county", True)
    assert state.load() == found


def test_everything_is_for_this_account_alone(state: State) -> None:
    go(state, Office(answer(201, OK)))
    assert state.place.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in state.place.iterdir()} == {0o600}


def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(state: State) -> None:
    silent = Office(*[CannotFinish("silence")] * 4)
    with pytest.raises(CannotFinish):
        go(state, silent)
    assert not state.enrolled()
    office = Office(answer(503), answer(201, OK))
    go(state, office)
    assert len(set(silent.bodies + office.bodies)) == 1
    assert state.enrolled()
    assert not state.pending_file.exists()


def test_another_token_makes_another_key(state: State) -> None:
    silent, office = Office(*[CannotFinish("silence")] * 4), Office(answer(201, OK))
    with pytest.raises(CannotFinish):
        go(state, silent)
    go(state, office, changed(WISH, token="another"))
    assert silent.bodies[0] != office.bodies[0]
    assert len(list(state.place.glob("agent-*.key"))) == 1


def changed(wish: Wish, **changes: Any) -> Wish:
    from dataclasses import replace

    return replace(wish, **changes)


def test_a_wrong_pin_stops_before_anything_is_sent_and_leaves_nothing(state: State) -> None:
    def wrong(*_: str) -> str:
        raise Untrusted("another pin")

    office = Office()
    with pytest.raises(Untrusted):
        go(state, office, changed(WISH, pin=PIN), fetch=wrong)
    assert office.bodies == []
    assert not state.place.exists()


def test_the_pinned_authority_is_kept_and_used(state: State) -> None:
    used: list[Path | None] = []

    def connect(server: str, ca: Path | None, proxy: str) -> Office:
        used.append(ca)
        return Office(answer(201, OK))

    found = enroll(state, changed(WISH, pin=PIN), pause=lambda _: None, connect=connect,
                   fetch=lambda *_: "PEM")
    assert used == [state.place / found.ca]
    assert (state.place / found.ca).read_text() == "PEM"


@pytest.mark.parametrize(("reply", "kind", "said"), [
    (problem(401, "bad_token"), Untrusted, "refused the token"),
    (problem(409, "key_in_use", detail="make a new key"), CannotFinish, "make a new key"),
    (problem(422, "malformed"), CannotFinish, "malformed"),
    (answer(200, b"<html>"), CannotFinish, "something else"),
    (answer(201, b'{"tenant":"t","agent":"../../etc","state":"approved","server_time":"2026-11-22T00:00:00Z"}'),
     CannotFinish, "unusable id"),
    (answer(404), CannotFinish, "404"),
])
def test_a_refusal_leaves_the_machine_not_enrolled(state: State, reply: Answer, kind: type[HustingsError],
                                                   said: str) -> None:
    with pytest.raises(kind, match=said) as refused:
        go(state, Office(reply))
    assert refused.value.remedy
    assert not state.enrolled()


def test_an_enrolment_is_replaced_only_by_force_and_then_whole(state: State) -> None:
    first = go(state, Office(answer(201, OK)))
    with pytest.raises(UsageError, match="enrolled at https://office"):
        go(state, Office(answer(201, OK)))
    failed = Office(problem(401, "bad_token"))
    with pytest.raises(Untrusted):
        go(state, failed, changed(WISH, token="bad"), force=True)
    assert state.load() == first
    state.signer(first)
    other = msgspec.json.encode(Enrolled("county", "agent-2", "pending", NOW))
    second = go(state, Office(answer(201, other)), changed(WISH, token="new"), force=True)
    assert (second.agent, second.approved) == ("agent-2", False)
    assert second.epoch != first.epoch
    assert second.key != first.key
    assert not (state.place / first.key).exists()


@pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX")
@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_directory_others_may_write_to_is_refused(state: State, mode: int) -> None:
    go(state, Office(answer(201, OK)))
    state.place.chmod(mode)
    with pytest.raises(ConfigError, match="others may write") as refused:
        state.load()
    assert "chmod 700" in refused.value.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a directory away needs root")
def test_a_directory_of_another_account_is_refused(state: State) -> None:
    go(state, Office(answer(201, OK)))
    os.chown(state.place, 65534, 65534)
    with pytest.raises(ConfigError, match="belongs to") as refused:
        state.load()
    assert "runuser" in refused.value.remedy


def test_a_key_others_may_read_is_refused(state: State) -> None:
    found = go(state, Office(answer(201, OK)))
    (state.place / found.key).chmod(0o640)
    with pytest.raises(ConfigError, match="may be read by others"):
        state.signer(found)


def test_a_link_in_place_of_the_directory_is_refused(state: State, tmp_path: Path) -> None:
    go(state, Office(answer(201, OK)))
    link = tmp_path / "link"
    link.symlink_to(state.place)
    with pytest.raises(ConfigError, match="not a directory"):
        State(link).load()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema":"hustings.agent/2"}'])
def test_a_damaged_identity_is_said_with_a_remedy(state: State, damage: bytes) -> None:
    go(state, Office(answer(201, OK)))
    state.identity_file.write_bytes(damage)
    with pytest.raises(ConfigError) as refused:
        state.load()
    assert "--force" in refused.value.remedy


def test_a_machine_that_is_not_enrolled_says_what_to_do(state: State) -> None:
    with pytest.raises(ConfigError, match="not enrolled") as refused:
        state.load()
    assert "agent enroll" in refused.value.remedy


def test_plain_http_cannot_be_pinned(state: State) -> None:
    with pytest.raises(UsageError, match="no certificate to pin"):
        go(state, Office(), Wish("http://127.0.0.1:1", "t", PIN, "h", ()))
