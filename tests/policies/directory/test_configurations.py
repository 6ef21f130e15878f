"""What many kinds of tenant demand of each account, one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from collectors import _entra_policies as graph
from hustings.declared import Tenant
from hustings.directory.entra import Group, State, Strength, User
from policies.directory.context import Context
from policies.directory.entra import judged
from policies.directory.entra_demands import Question
from policies.directory.entra_engine import SLIPS, UNDECIDED, Engine
from policies.directory.entra_mfa import UNDECIDED_BY, Answers
from policies.directory.entra_near import WHY
from policies.directory.entra_people import People
from tests.policies.directory.configurations import NOW, Configuration, every

CONFIGURATIONS = every()
QUESTIONS = {"expect": Question.SECOND_FACTOR, "legacy": Question.OLD_PROTOCOLS,
             "resistant": Question.PHISHING_RESISTANT, "registration": Question.SECOND_FACTOR}
SAMPLE = Path(__file__).parents[4] / "shared/data/entra/provider-export-sample.json"


def _answers(one: Configuration) -> Answers:
    return Answers(Engine(one.state, one.context), People(one.state, one.context))


def _said(answers: Answers, user: User, question: str) -> tuple[str, str, str]:
    """The answer, the open way and the near miss of one account."""
    app = answers.people.context.tenant.registration_apps[0] if question == "registration" else ""
    view = answers.engine.view(QUESTIONS[question], app)
    verdict = answers.engine.judge(user, view)
    if verdict.outcome == UNDECIDED:
        return f"undecided {verdict.doubts[0]}", answers.doubt(verdict), ""
    if verdict.outcome != SLIPS:
        return verdict.outcome, "", ""
    found = answers.explain(user, verdict, view)
    return f"slips {found.why}", answers.detail(user, verdict, view), found.near_miss


@pytest.mark.parametrize("one", CONFIGURATIONS, ids=lambda one: one.name)
def test_each_account_gets_the_right_answer(one: Configuration) -> None:
    answers = _answers(one)
    users = {user.id: user for user in answers.people.users}
    for question in QUESTIONS:
        expected = one.expected(question)
        assert {name: _said(answers, users[name], question)[0] for name in expected} == expected, question
    for name, words in one.said.get("detail", {}).items():
        assert words in _said(answers, users[name], "expect")[1]
    for name, words in one.said.get("near_miss", {}).items():
        assert words in _said(answers, users[name], "expect")[2]
    assert not set(one.said.get("absent", ())) & set(users)
    if "excused" in one.said:
        assert [name for name, user in users.items() if answers.people.declared(user)] == one.said["excused"]


@pytest.mark.parametrize("one", CONFIGURATIONS, ids=lambda one: one.name)
def test_the_facts_say_what_the_answers_say(one: Configuration) -> None:
    facts, expected = judged(one.state, one.context), one.expected("expect")
    names = {user.id: user.name for user in one.state.users}
    slipping = {names[name] for name, said in expected.items() if said.startswith("slips")}
    undecided = {names[name] for name, said in expected.items() if said.startswith("undecided")}
    listed = [one for part in ("admins", "people") for one in facts[f"directory.{part}_without_mfa"].items]
    assert {record["account"] for record in listed} == slipping
    assert {record["account"] for record in facts["directory.mfa_undecided"].items} == undecided
    assert {record["why"] for record in listed} <= set(WHY)
    assert {record["why"] for record in facts["directory.mfa_undecided"].items} <= set(UNDECIDED_BY)
    administrators = {"gia@office.example", "tom@office.example", "eve@office.example", "vic@office.example"}
    if not one.state.missing("roles"):
        assert {record["account"] for record in facts["directory.admins_without_mfa"].items
                } == slipping & administrators


def test_whoever_may_be_missing_from_a_list_makes_it_incomplete_and_says_what_to_grant() -> None:
    one = next(one for one in CONFIGURATIONS if one.name.endswith("policies were not read"))
    facts = judged(one.state, one.context)
    for name in ("directory.admins_without_mfa", "directory.people_without_mfa", "directory.legacy_open",
                 "directory.weak_method_accepted"):
        listing = facts[name]
        assert not listing.complete
        assert listing.items == []
        assert listing.why is not None
        assert "grant Policy.Read.All" in listing.why.detail


def test_there_are_enough_configurations_and_no_two_are_alike() -> None:
    assert len(CONFIGURATIONS) >= 60
    assert len({one.name for one in CONFIGURATIONS}) == len(CONFIGURATIONS)


@pytest.mark.skipif(not SAMPLE.exists(), reason="no shared/data/entra beside the checkout")
def test_the_policies_of_a_real_tenant() -> None:
    """Two applications and two groups are left out there; a risk policy and many report-only ones do not help."""
    def graphs(value: object) -> object:
        if isinstance(value, dict):
            return {key[:1].lower() + key[1:]: graphs(inside) for key, inside in value.items()}
        return [graphs(inside) for inside in value] if isinstance(value, list) else value

    bodies = [graphs(one) for one in json.loads(SAMPLE.read_text("utf-8-sig"))["conditional_access_policies"]]
    policies = tuple(graph.policy(one) for one in bodies if isinstance(one, dict))
    assert len(policies) == 20
    users = (User("u1", "someone@tenant.example"), User("d5dd1c3a-c7d2-4f3e-b1cc-333df6c75aa0", "key@tenant.example"))
    groups = tuple(Group(one) for policy in policies for one in (*policy.include_groups, *policy.exclude_groups))
    state = State("t", NOW, users=users, policies=policies, groups=groups,
                  strengths=(Strength("a7a09591-49c1-4f33-bb37-76f0b6abf067", "Ours", ("fido2",)),))
    facts = judged(state, Context(Tenant("t", kind="entra"), NOW))
    found = {one["account"]: one for one in facts["directory.people_without_mfa"].items}
    left_out = "372140e0-b3b7-4226-8ef9-d57986796201"
    assert found["someone@tenant.example"]["why"] == "application"
    assert re.search(f"to the application {left_out}", found["someone@tenant.example"]["detail"])
    assert "Live - MFA SHALL be required for all users" in found["someone@tenant.example"]["near_miss"]
    assert "key@tenant.example" not in found
    assert facts["directory.legacy_open"].items == []
