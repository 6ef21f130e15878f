"""What holds of every set of policies, and of the covering itself against counting every sign-in one by one."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hustings.declared import Tenant
from hustings.directory.entra import Group, Guests, Location, Policy, RoleAssignment, State, Strength, User
from hustings.directory.unread import Unread
from hustings.facts import Reason
from policies.directory.context import Context
from policies.directory.entra_coverage import Box, Coverage, Hole
from policies.directory.entra_demands import Question
from policies.directory.entra_engine import DEMANDED, REFUSED, SLIPS, UNDECIDED, Engine
from policies.directory.entra_space import CLIENTS, PLATFORMS, RISKS
from tests.policies.directory.configurations import GLOBAL, NOW

USERS = (
    User("ann", "ann@o.example"), User("bob", "bob@o.example", per_user_mfa="enabled"), User("gia", "gia@o.example"),
    User("pat", "pat#EXT#@o.example", guest=True, external=True), User("max", "max@o.example", guest=True),
    User("eve", "eve@o.example", per_user_mfa="enforced"),
)
GROUPS = (Group("g1", "One", ("ann", "bob"), ("ann",)), Group("g2", "Two", ("bob", "pat", "gia"), ("bob",)))
ROLES = (RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
         RoleAssignment(GLOBAL, "Global Administrator", "g2", "group"))
APPS = ("a1", "a2", "Office365", "00000002-0000-0ff1-ce00-000000000000")
PLACES = ("l1", "l2", "AllTrusted")
RULES = ("device.isCompliant -eq True", "device.displayName -startsWith \"x\"")
STRENGTHS = (Strength("s1", "Keys", ("fido2",)), Strength("s2", "Text", ("sms", "fido2")))


def _some(words: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), max_size=most, unique=True).map(tuple)


GUESTS = st.one_of(st.none(), st.none(), st.builds(
    Guests, _some(("internalGuest", "b2bCollaborationGuest", "serviceProvider")), st.booleans()))
POLICIES = st.builds(
    Policy, id=st.sampled_from([f"p{one}" for one in range(40)]), name=st.just("P"),
    state=st.sampled_from(("enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled")),
    include_users=st.one_of(st.just(("All",)), st.just(("All",)), _some(("ann", "gia", "GuestsOrExternalUsers"))),
    exclude_users=_some(("ann", "eve", "GuestsOrExternalUsers"), 1), include_groups=_some(("g1", "g2")),
    exclude_groups=_some(("g1", "g2"), 1), include_roles=_some((GLOBAL,), 1), exclude_roles=_some((GLOBAL,), 1),
    include_guests=GUESTS, exclude_guests=GUESTS,
    include_apps=st.one_of(st.just(("All",)), st.just(("All",)), _some(APPS)), exclude_apps=_some(APPS, 1),
    app_filter=st.sampled_from((False,) * 9 + (True,)), user_actions=st.sampled_from(((),) * 9 + (("x",),)),
    clients=st.one_of(st.just(()), st.just(("all",)), _some(CLIENTS, 3)),
    include_platforms=st.one_of(st.just(()), st.just(("all",)), _some(PLATFORMS[:3])),
    exclude_platforms=_some(PLATFORMS[:2], 1),
    include_locations=st.one_of(st.just(()), st.just(("All",)), _some(PLACES)),
    exclude_locations=_some(PLACES, 1), sign_in_risks=st.one_of(st.just(()), _some(RISKS, 3)),
    device_filter=st.one_of(st.just(""), st.just(""), st.builds(
        "{} {}".format, st.sampled_from(("include", "exclude")), st.sampled_from(RULES))),
    others=st.sampled_from(((),) * 9 + (("insiderRiskLevels",),)), operator=st.sampled_from(("OR", "AND")),
    controls=_some(("mfa", "mfa", "block", "compliantDevice", "approvedApplication")),
    strength=st.sampled_from(("", "", "", "s1", "s2", "gone")), other_controls=_some(("custom",), 1))
LISTS = st.lists(POLICIES, max_size=5, unique_by=lambda one: one.id).map(tuple)
TENANTS = st.builds(Tenant, name=st.just("o"), kind=st.just("entra"), trusted_locations=_some(("l1", "AllTrusted"), 1),
                    accept_managed_devices=st.booleans())
GOOD = {DEMANDED, REFUSED}
STRENGTH = {SLIPS: 0, UNDECIDED: 1, DEMANDED: 2, REFUSED: 2}
many = settings(max_examples=50, deadline=None)


def _state(policies: tuple[Policy, ...], **more: Any) -> State:
    plain = State("o", NOW, users=USERS, groups=GROUPS, roles=ROLES, policies=policies, strengths=STRENGTHS,
                  locations=(Location("l1", "Hall", True), Location("l2", "Shed")))
    return msgspec.structs.replace(plain, **more)


def _outcomes(state: State, tenant: Tenant) -> dict[tuple[str, Question], str]:
    engine = Engine(state, Context(tenant, NOW))
    return {(user.id, question): engine.judge(user, engine.view(question)).outcome
            for user in state.users for question in Question}


def _no_worse(before: dict[tuple[str, Question], str], after: dict[tuple[str, Question], str]) -> None:
    assert {key for key in before if STRENGTH[after[key]] < STRENGTH[before[key]]} == set()


@many
@given(LISTS, POLICIES, TENANTS)
def test_an_enforced_policy_never_lets_more_through(policies: tuple[Policy, ...], more: Policy, tenant: Tenant) -> None:
    added = msgspec.structs.replace(more, id="new", state="enabled")
    _no_worse(_outcomes(_state(policies), tenant), _outcomes(_state((*policies, added)), tenant))


@many
@given(LISTS.filter(len), st.sampled_from(("exclude_users", "exclude_groups", "exclude_roles", "exclude_apps",
                                           "exclude_platforms", "exclude_locations")), TENANTS)
def test_an_exclusion_never_lets_fewer_through(policies: tuple[Policy, ...], field: str, tenant: Tenant) -> None:
    more = {"exclude_users": "gia", "exclude_groups": "g2", "exclude_roles": GLOBAL, "exclude_apps": "a1",
            "exclude_platforms": "macOS", "exclude_locations": "l2"}[field]
    first = msgspec.structs.replace(policies[0], **{field: (*getattr(policies[0], field), more)})
    _no_worse(_outcomes(_state((first, *policies[1:])), tenant), _outcomes(_state(policies), tenant))


@many
@given(LISTS, TENANTS)
def test_what_is_not_enforced_is_as_if_it_were_not_there(policies: tuple[Policy, ...], tenant: Tenant) -> None:
    enforced = tuple(one for one in policies if one.state == "enabled")
    assert _outcomes(_state(policies), tenant) == _outcomes(_state(enforced), tenant)


@many
@given(st.lists(POLICIES, max_size=5, unique_by=lambda one: one.id), st.randoms(), TENANTS)
def test_order_does_not_matter(policies: list[Policy], random: Random, tenant: Tenant) -> None:
    before = _outcomes(_state(tuple(policies)), tenant)
    random.shuffle(policies)
    assert _outcomes(_state(tuple(policies)), tenant) == before


@many
@given(LISTS, TENANTS, st.sampled_from(("groups", "roles", "strengths", "locations", "policies", "security_defaults",
                                        "per_user_mfa", "a member")))
def test_knowing_less_never_decides_what_was_not(policies: tuple[Policy, ...], tenant: Tenant, section: str) -> None:
    """Nobody who slips through or is undecided becomes one of whom it is demanded, and nobody slips through of whom
    it was demanded."""
    less: dict[str, Any] = {"unread": {section: Unread(Reason.DENIED, "no")}}
    match section:
        case "groups":
            less["groups"] = GROUPS[:1]
        case "a member":
            less = {"groups": (msgspec.structs.replace(GROUPS[0], members=("ann",), complete=False), GROUPS[1])}
        case "roles" | "strengths" | "locations":
            less[section] = ()
        case "policies":
            less[section] = policies[1:]
        case "per_user_mfa":
            less["users"] = tuple(msgspec.structs.replace(one, per_user_mfa="") for one in USERS)
    before, after = _outcomes(_state(policies), tenant), _outcomes(_state(**{"policies": policies, **less}), tenant)
    assert {key for key in before if after[key] in GOOD and before[key] not in GOOD} == set()
    if section != "per_user_mfa":
        assert {key for key in before if after[key] == SLIPS and before[key] in GOOD} == set()


@many
@given(LISTS, TENANTS)
def test_a_way_that_is_said_to_be_open_is_open(policies: tuple[Policy, ...], tenant: Tenant) -> None:
    """No box of a policy that surely applies reaches into the hole of an account that slips through."""
    engine = Engine(_state(policies), Context(tenant, NOW))
    for user, question in product(USERS, Question):
        view = engine.view(question)
        verdict, part = engine.judge(user, view), engine._part(view)
        if verdict.outcome == SLIPS:
            assert verdict.hole is not None
            hole = {dimension: verdict.hole.get(dimension, bits) & bits for dimension, bits in part.items()}
            assert all(hole.values())
            assert [box for box in engine._boxes(view, sure=True) if box.policy & engine.applies(user).sure
                    and all(bits & hole[dimension] for dimension, bits in box.allows.items())] == []


BOXES = st.lists(st.builds(
    Box, st.integers(0, 4).map(lambda one: 1 << one),
    st.dictionaries(st.integers(0, 3), st.integers(0, 15), max_size=4)), max_size=14)
VOID = st.lists(st.builds(Box, st.just(0), st.dictionaries(
    st.integers(0, 3), st.integers(0, 15), min_size=2, max_size=2)), max_size=1)
SPACE = {0: 0b1111, 1: 0b111, 2: 0b11, 3: 0b1111}


@settings(max_examples=400, deadline=None)
@given(BOXES, VOID, st.lists(st.integers(0, 31), min_size=1, max_size=6))
def test_covering_agrees_with_counting_every_point(boxes: list[Box], void: list[Box], asked: list[int]) -> None:
    coverage = Coverage(SPACE, [*boxes, *void])
    points = [dict(enumerate(one)) for one in product(*([1 << bit for bit in range(4) if SPACE[dimension] >> bit & 1]
                                                        for dimension in SPACE))]
    points = [one for one in points if not any(all(one[key] & bits for key, bits in box.allows.items())
                                               for box in void)]

    def reached(point: dict[int, int], policies: int) -> bool:
        return any(box.policy & policies and all(point[key] & bits for key, bits in box.allows.items())
                   for box in boxes)

    for policies in asked:
        found = coverage.decide(policies)
        open_points = [point for point in points if not reached(point, policies)]
        if isinstance(found, Hole):
            inside = [point for point in points if all(point[key] & bits for key, bits in found.cell.items())]
            assert inside
            assert coverage.point(found.cell) in inside
            assert [point for point in inside if reached(point, policies)] == []
        else:
            assert open_points == []
            assert found & ~policies == 0
            assert all(reached(point, found) for point in points)
