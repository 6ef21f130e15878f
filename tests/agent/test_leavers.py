"""People who left: the roster, what is derived from it, and ``hustings leavers``."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from agent import audit as audits
from agent.leavers import accesses, leavers
from hustings import roster
from hustings.access.state import Membership, Principal, State
from hustings.declared import Database, Declared
from hustings.errors import ConfigError
from hustings.facts import Facts, Listing, Missing, Observation, Reason, disclose
from hustings.pseudonyms import Pseudonyms, pseudonym
from policies.derive.base import derive_all

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SALT = "9c1f0d5b7a42"
ROSTER = f"""
people:
  - {{id: jdoe, emails: [Jane.Doe@example.org], accounts: [r_jdoe], left: 2026-09-30}}
  - {{id: sroy, emails: [s@example.org]}}
  - {{id: today, left: 2026-11-22}}
salt: {SALT}
left_hashed: [{hashlib.sha256(f"{SALT}gone@example.org".encode()).hexdigest()}]
"""


def account(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "interactive": True, "password_usable": True, **more}


def derived(text: str | Missing | None = ROSTER, accounts: list[dict[str, Any]] | Missing | None = None,
            state: State | None = None) -> Facts:
    facts: Facts = {
        "people.roster": Observation(missing=text) if isinstance(text, Missing)
        else Observation(absent=True, as_of=NOW) if text is None else Observation(text, as_of=NOW),
        "accounts.local": Observation(missing=accounts) if isinstance(accounts, Missing)
        else Observation(listing=Listing(accounts or []), as_of=NOW),
        "registration.access_model@roll": Observation(absent=True, as_of=NOW)}
    if state is not None:
        facts["registration.access_state@roll"] = Observation(msgspec.json.encode(state).decode(), as_of=NOW)
    declared = Declared(databases=(Database("roll", "postgresql"),), roster="/r.yaml")
    return derive_all(facts, declared, {}, NOW)


def items(seen: Observation) -> list[Any]:
    assert seen.listing is not None
    return seen.listing.items


def test_accounts_are_matched_by_every_name_of_a_person_whatever_the_case() -> None:
    known = roster.parse(ROSTER, "r.yaml")
    day = NOW.date()
    assert [known.leaver(day, name) is not None for name in
            ("JDOE", "jane.doe@EXAMPLE.org", "r_jdoe", "GONE@example.org", "s@example.org", "today", "stranger")] \
        == [True, True, True, True, False, False, False]


@pytest.mark.parametrize(("change", "is_open"), [
    ({}, True), ({"interactive": False}, False), ({"closes": "2026-10-01"}, False), ({"closes": "2027-10-01"}, True),
    ({"password_usable": False}, None), ({"password_usable": Missing(Reason.DENIED)}, None),
    ({"closes": Missing(Reason.DENIED)}, None),
    ({"interactive": False, "password_usable": Missing(Reason.DENIED)}, False)])
def test_an_account_of_this_machine_is_open_unless_it_is_known_to_be_closed(change: dict[str, Any],
                                                                            is_open: bool | None) -> None:
    found = items(derived(accounts=[account("jdoe", **change), account("sroy")])["accounts.leavers"])
    assert [(one["person"], one["left"]) for one in found] == [("jdoe", "2026-09-30")]
    assert found[0]["open"] is is_open or (is_open is None and isinstance(found[0]["open"], Missing))


@pytest.mark.parametrize(("number", "groups", "admin"), [
    (0, [], True), (1000, ["jdoe"], True), (1000, ["sroy"], False), (1000, Missing(Reason.DENIED), None),
    (0, Missing(Reason.DENIED), True)])
def test_an_account_of_this_machine_that_administers_it_is_named_so(number: int, groups: list[str] | Missing,
                                                                    admin: bool | None) -> None:
    facts: Facts = {
        "people.roster": Observation(ROSTER, as_of=NOW),
        "accounts.local": Observation(listing=Listing([account("jdoe", uid=number)]), as_of=NOW),
        "accounts.administrators": Observation(missing=groups) if isinstance(groups, Missing)
        else Observation(listing=Listing([{"name": one, "group": "sudo"} for one in groups]), as_of=NOW)}
    facts = derive_all(facts, Declared(roster="/r.yaml"), {}, NOW)
    found = next(accesses({"accounts.leavers": facts["accounts.leavers"]}, "desk"))
    assert (found.account, found.admin) == ("jdoe", admin)


def test_what_could_not_be_read_is_never_nobody() -> None:
    denied = Missing(Reason.DENIED, "no")
    for facts in (derived(denied), derived(accounts=denied), derived("people: [{id: a}, {id: a}]"),
                  derived("people: 3")):
        assert facts["accounts.leavers"].missing is not None
    assert derived(None)["accounts.leavers"].absent
    assert derived()["registration.leavers@roll"].missing is not None


def test_accounts_of_a_database_are_open_while_they_can_sign_in() -> None:
    state = State(engine="postgresql", version="16", database="roll", as_of="2026-11-22T12:00:00Z", user="audit",
                  principals=(Principal("r_jdoe", login=True), Principal("jdoe", login=True, locked=True),
                              Principal("JDOE", login=False), Principal("boss", superuser=True),
                              Principal("sroy", login=True),
                              Principal("jane.doe@example.org", login=True, valid_until="2026-10-01T00:00:00Z")),
                  memberships=(Membership("boss", "r_jdoe"),))
    found = items(derived(state=state)["registration.leavers@roll"])
    assert [(one["account"], one["open"], one["admin"]) for one in found] == [
        ("r_jdoe", True, True), ("jdoe", False, False), ("jane.doe@example.org", False, False)]


def test_no_name_leaves_with_them() -> None:
    state = State(engine="postgresql", version="16", database="roll", as_of="2026-11-22T12:00:00Z", user="audit",
                  principals=(Principal("r_jdoe", login=True),))
    facts = derived(accounts=[account("jdoe", password_usable=Missing(Reason.DENIED, "of jdoe"))], state=state)
    for names in (None, Pseudonyms(), Pseudonyms(b"k" * 32)):
        left = disclose(facts, audits.registry(), names)
        said = msgspec.json.encode(left).decode()
        assert "jdoe" not in said.lower()
        assert "example.org" not in said
        for fact in ("accounts.leavers", "registration.leavers@roll"):
            seen = left[fact]
            if names is not None and names.can_say(["person"], None):
                record = items(seen)[0]
                assert record["person"] == pseudonym(b"k" * 32, "person", "jdoe")
                assert record["left"] == "2026-09-30"
            else:
                assert seen.value == {"count": 1, "complete": True}


@pytest.mark.parametrize(("text", "said"), [
    ("people:\n  - {id: a}\n  - {id: a}\n", "two people"), ("people:\n  - {id: ''}\n", "no id"),
    ("people:\n  - {id: a, emails: [x@y]}\n  - {id: b, accounts: [X@y]}\n", "is an account of"),
    ("", "empty"), ("people: []\nleft_hashed: [abc]\nsalt: x\n", "SHA-256"),
    ("people:\n  - {id: a, left: yesterday}\n", "not a day"), ("people:\n  - {id: a, left: 2026}\n", "not a day"),
    ("people:\n  - {id: a, emails: x@y}\n", "not a list"), ("people:\n  - jdoe\n", "not keys with values"),
    (f"people: []\nleft_hashed: [{'a' * 64}]\n", "salt"), ("people:\n  - {id: a, gone: 1}\n", "gone")])
def test_a_roster_with_a_fault_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        roster.parse(text, "r.yaml")
    assert said in str(refused.value)
    assert "r.yaml" in str(refused.value)


def run(tmp_path: Path, text: str, *more: str) -> Any:
    (tmp_path / "roster.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "machine.yaml").write_text("roles: []\n", encoding="utf-8")
    return CliRunner().invoke(leavers, ["--roster", str(tmp_path / "roster.yaml"),
                                        "--config", str(tmp_path / "machine.yaml"), *more])


def test_the_command_lists_this_machines_own(tmp_path: Path) -> None:
    done = run(tmp_path, "people:\n  - {id: who, accounts: [nobody], left: 2026-01-01}\n", "--format", "json")
    assert done.exit_code == 0, done.output
    assert [(one["person"], one["kind"], one["open"]) for one in json.loads(done.output)["accounts"]] == [
        ("who", "machine", False)]
    text = run(tmp_path, "people:\n  - {id: who, accounts: [nobody], left: 2026-01-01}\n").output
    assert "Nobody who left is known to have access." in text


def test_the_command_without_a_roster_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "machine.yaml").write_text("roles: []\n", encoding="utf-8")
    done = CliRunner().invoke(leavers, ["--config", str(tmp_path / "machine.yaml")])
    assert done.exception is not None
    assert "--roster" in str(done.exception)
