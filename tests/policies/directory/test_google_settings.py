"""Which setting of Google Workspace is in force for whom: units, groups, queries, and what cannot be told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.declared import Tenant
from hustings.directory.google import Group, Policy, State, Unit, User
from hustings.directory.google_query import covers, groups_in
from policies.directory.context import Context
from policies.directory.google_people import People
from policies.directory.google_settings import NOT_SET, Settings

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KIND = "gmail.pop_access"
UNITS = (Unit("root", "/"), Unit("staff", "/Staff"), Unit("counter", "/Staff/Counter"), Unit("staffing", "/Staffing"))


def one(value: object, unit: str = "root", order: float = 201.0, group: str = "", query: str = "", *,
        admin: bool = True) -> Policy:
    return Policy(KIND, {"enablePopAccess": value}, unit, group, query, order, admin)


def values(*policies: Policy, where: str = "/", groups: tuple[Group, ...] = (), units: tuple[Unit, ...] = UNITS,
           admin: bool = False) -> tuple[object, ...]:
    user = User("7", "ann@office.example", unit=where, super_admin=admin)
    state = State("C1", NOW, users=(user,), units=units, groups=groups, policies=policies)
    return Settings(state, People(state, Context(Tenant("office", kind="google"), NOW))).values(
        user, KIND, "enablePopAccess")


SYSTEM = one("system", order=101.0, admin=False)
MEMBER, STRANGER = Group("g1", "g1@office.example", members=("7",)), Group("g1", "g1@office.example", members=("8",))
LICENCE = "entity.licenses.exists(license, license in ['/product/Google-Apps/sku/1010020020'])"
IN_STAFF = "entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('staff'))"
IN_GROUP = "entity.groups.exists(group, group.group_id == groupId('g1'))"


@pytest.mark.parametrize(("policies", "more", "expected"), [
    ((), {}, (NOT_SET,)),
    ((SYSTEM,), {}, ("system",)),
    ((SYSTEM, one("office")), {}, ("office",)),
    ((SYSTEM, one("office"), one("staff", "staff", 202)), {}, ("office",)),
    ((SYSTEM, one("office"), one("staff", "staff", 202)), {"where": "/Staff"}, ("staff",)),
    ((SYSTEM, one("office"), one("staff", "staff", 202)), {"where": "/Staff/Counter"}, ("staff",)),
    ((one("staff", "staff", 202), SYSTEM), {"where": "/Staffing"}, ("system",)),
    ((one("staff", "staff", 202), one("counter", "counter", 203)), {"where": "/Staff/Counter"}, ("counter",)),
    ((one("counter", "counter", 203), one("staff", "staff", 202)), {"where": "/Staff"}, ("staff",)),
    ((SYSTEM, one("gone", "deleted", 202)), {}, ("system",)),
    ((SYSTEM, one("gone", "deleted", 202)), {"units": ()}, ("system",)),
    ((one("office"), one("gone", "deleted", 202)), {"units": ()}, ("gone", "office", NOT_SET)),
    ((SYSTEM, one("staff", "staff", 202)), {"units": UNITS[1:]}, ("system",)),
    ((SYSTEM, one("group", group="g1", order=399)), {"groups": (MEMBER,)}, ("group",)),
    ((SYSTEM, one("group", group="g1", order=399)), {"groups": (STRANGER,)}, ("system",)),
    ((SYSTEM, one("group", group="g1", order=399)), {}, ("group", "system")),
    ((SYSTEM, one("group", group="g1", order=399)), {"groups": (Group("g1", exists=False),)}, ("system",)),
    ((SYSTEM, one("group", group="g1", order=399)), {"groups": (Group("g1", everyone=True),)}, ("group",)),
    ((SYSTEM, one("group", group="g1", order=399)), {"groups": (Group("g1", complete=False),)}, ("group", "system")),
    ((one("staff", "staff", 202), one("group", group="g1", order=399)), {"where": "/Staff", "groups": (MEMBER,)},
     ("group",)),
    ((one("group", "staff", 399, "g1"), SYSTEM), {"groups": (MEMBER,)}, ("system",)),
    ((SYSTEM, one("admins", group="WORKSPACE_ALL_ADMIN_GROUP", order=399)), {"admin": True}, ("admins",)),
    ((SYSTEM, one("admins", group="WORKSPACE_ALL_ADMIN_GROUP", order=399)), {}, ("system",)),
    ((SYSTEM, one("licensed", query=f"{IN_STAFF} && {LICENCE}", order=301)), {}, ("system",)),
    ((SYSTEM, one("licensed", query=f"{IN_STAFF} && {LICENCE}", order=301)), {"where": "/Staff"},
     ("licensed", "system")),
    ((SYSTEM, one("same", query=LICENCE, order=301), one("same", order=201)), {}, ("same",)),
    ((SYSTEM, one("who", query="entity.something(new)", order=301)), {}, ("who", "system")),
    ((SYSTEM, one("not", query=f"!({IN_STAFF})", order=301)), {}, ("not",)),
    ((SYSTEM, one("or", query=f"{IN_STAFF} || {IN_GROUP}", order=301)), {"groups": (MEMBER,)}, ("or",)),
    ((one("low", order=0), one("deep", "staff", 0)), {"where": "/Staff"}, ("deep",)),
    ((one("own", order=0, admin=False), one("set", order=0)), {}, ("set",)),
    ((one("unit", "staff", 0), one("group", group="g1", order=0)), {"where": "/Staff", "groups": (MEMBER,)},
     ("group",)),
])
def test_the_setting_in_force_is_the_one_that_google_would_apply(policies, more, expected):
    assert values(*policies, **more) == expected


def test_a_field_that_the_first_setting_leaves_out_comes_from_the_next():
    partial = Policy(KIND, {"other": 1}, "root", order=900)
    assert values(partial, SYSTEM) == ("system",)


def test_the_order_in_which_google_gives_settings_does_not_matter():
    policies = [SYSTEM, one("office"), one("staff", "staff", 202), one("group", group="g1", order=399)]
    assert values(*policies, where="/Staff") == values(*reversed(policies), where="/Staff")


@pytest.mark.parametrize(("query", "expected"), [
    ("", True), ("true", True), ("false", False), ("!true", False), ("true && false || true", True),
    ("true || false && false", True), ("(true || false) && false", False), ("what && false", False),
    ("what || true", True), ("what", None), ("!what", None), ("(true", None), ("true)", None), ("true &&", None),
    ("'&&' == x && true", None), ("(" * 90 + "true" + ")" * 90, None), (f"{IN_STAFF}&&{IN_GROUP}", False),
    (f"{IN_STAFF} || {IN_GROUP}", True),
    (IN_STAFF.replace("'", '"'), True), (IN_STAFF.replace("org_unit,", "x,"), None)])
def test_queries_are_understood_or_are_not_known(query, expected):
    assert covers(query, lambda unit: unit == "staff", lambda group: False) is expected


def test_the_groups_of_a_query_are_found():
    assert groups_in(f"{IN_GROUP} || !({IN_GROUP.replace('g1', 'groups/g2')})") == ["g1", "g2"]


POLICIES = st.lists(st.builds(
    one, st.integers(0, 3), st.sampled_from(["root", "staff", "counter", "deleted"]),
    st.sampled_from([0, 101, 201, 201.5, 202, 203, 399]), st.sampled_from(["", "g1", "g2"]),
    st.sampled_from(["", LICENCE, IN_STAFF, f"!({IN_GROUP})", f"{IN_STAFF} || {LICENCE}"]), admin=st.booleans()),
    max_size=6)


@given(POLICIES, st.sampled_from(["/", "/Staff", "/Staff/Counter"]))
def test_knowing_less_of_groups_only_adds_to_what_may_be_in_force(policies, where):
    second = Group("g2", members=())
    for known in (MEMBER, STRANGER):
        whole = values(*policies, where=where, groups=(known, second))
        assert set(whole) <= set(values(*policies, where=where, groups=(second,)))


@given(POLICIES, st.sampled_from(["/", "/Staff", "/Staff/Counter"]), st.integers(0, 3))
def test_a_setting_for_everybody_with_the_greatest_order_is_in_force_alone(policies, where, value):
    assert values(*policies, one(value, order=1000), where=where) == (value,)


@given(POLICIES, st.sampled_from(["/", "/Staff", "/Staff/Counter"]))
def test_a_setting_for_another_unit_changes_nothing(policies, where):
    assert values(*policies, where=where) == values(*policies, one(9, "staffing", 1000), where=where)
