"""Sign-ins one by one, asked of each policy as Microsoft describes it, beside what is decided of all at once."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hustings.declared import Tenant
from hustings.directory.entra import Guests, Policy, User
from policies.directory.context import Context
from policies.directory.entra_coverage import Box, Cell, Coverage
from policies.directory.entra_demands import Question
from policies.directory.entra_engine import DEMANDED, REFUSED, SLIPS, Engine
from policies.directory.entra_space import CLIENTS, PLATFORMS, RISKS, TRUSTED_IPS, Space
from tests.policies.directory.configurations import GLOBAL, NOW
from tests.policies.directory.test_effective_mfa import GROUPS, LISTS, ROLES, RULES, STRENGTHS, TENANTS, USERS, _state

OFFICE_APPS = {"00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000",
               "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", "something-of-office"}
PORTAL_APPS = {"something-of-portals"}
EVERY_APP = ("a1", "a2", "any-other", *sorted(OFFICE_APPS), *PORTAL_APPS)
PLACES = ("l1", "l2", TRUSTED_IPS)
TRUSTED = {"l1", TRUSTED_IPS}


@dataclass(frozen=True)
class SignIn:
    """One sign-in with nothing but a password. ``fits``: the device filters that its device matches."""

    app: str
    client: str
    platform: str
    risk: str
    places: frozenset[str]
    fits: frozenset[str]


def _a_sign_in(random: Random) -> SignIn:
    client = random.choice(CLIENTS)
    return SignIn(random.choice(EVERY_APP), client, random.choice(PLATFORMS), random.choice(RISKS),
                  frozenset(one for one in PLACES if random.random() < 0.4),
                  frozenset(one for one in RULES if random.random() < 0.4 and client != "other"))


def _is_guest_of(guests: Guests | None, user: User) -> bool:
    kind = ("b2bCollaborationGuest" if user.guest else "b2bCollaborationMember") if user.external else (
        "internalGuest" if user.guest else "nobody")
    return guests is not None and guests.all_tenants and kind in guests.kinds


def _meets(names: tuple[str, ...], groups: tuple[str, ...], roles: tuple[str, ...], guests: Guests | None,
           user: User) -> bool:
    mine = {one.id for one in GROUPS if user.id in one.members}
    held = {one.role for one in ROLES if one.principal == user.id or any(
        group.id == one.principal and user.id in group.direct for group in GROUPS)}
    return ("All" in names or user.id in names or bool(mine & set(groups)) or bool(held & set(roles))
            or ("GuestsOrExternalUsers" in names and (user.guest or user.external)) or _is_guest_of(guests, user))


def _applies(one: Policy, user: User, sign_in: SignIn) -> bool:
    def app(names: tuple[str, ...]) -> bool:
        return ("All" in names or sign_in.app in names or ("Office365" in names and sign_in.app in OFFICE_APPS))

    def place(names: tuple[str, ...]) -> bool:
        return "All" in names or bool(sign_in.places & set(names)) or (
            "AllTrusted" in names and bool(sign_in.places & TRUSTED))

    if one.state != "enabled" or one.others or one.user_actions or one.app_filter:
        return False
    if _meets(one.exclude_users, one.exclude_groups, one.exclude_roles, one.exclude_guests, user):
        return False
    if not _meets(one.include_users, one.include_groups, one.include_roles, one.include_guests, user):
        return False
    if not app(one.include_apps) or app(one.exclude_apps):
        return False
    if one.clients and "all" not in one.clients and sign_in.client not in one.clients:
        return False
    if one.include_platforms and "all" not in one.include_platforms and sign_in.platform not in one.include_platforms:
        return False
    if sign_in.platform in one.exclude_platforms or place(one.exclude_locations):
        return False
    if one.include_locations and not place(one.include_locations):
        return False
    if one.sign_in_risks and sign_in.risk not in one.sign_in_risks:
        return False
    mode, _, rule = one.device_filter.partition(" ")
    return not mode or (rule in sign_in.fits) == (mode == "include")


def _stops(one: Policy, sign_in: SignIn, managed: bool) -> bool:
    """Whether the policy, where it applies, lets nobody in with a password alone."""
    if "block" in one.controls:
        return True
    keys = {"s1": True, "s2": False, "gone": False}
    old = sign_in.client in ("exchangeActiveSync", "other")
    sees_devices = sign_in.client != "other"

    def met_by_password(control: str) -> bool:
        if control == "mfa":
            return False
        if control == "compliantDevice":
            return sees_devices and not managed
        return True

    met = [met_by_password(one) for one in one.controls]
    met += [not old and not keys[one.strength]] if one.strength else []
    met += [True for _ in one.other_controls]
    return bool(met) and not (all(met) if one.operator == "AND" else any(met))


def _open(policies: tuple[Policy, ...], user: User, sign_in: SignIn, tenant: Tenant) -> bool:
    declared = {one.casefold() for one in tenant.trusted_locations}
    accepted = {"l1"} if "l1" in declared else set[str]()
    if declared:
        accepted |= TRUSTED
    if sign_in.places & accepted or (tenant.accept_managed_devices and RULES[0] in sign_in.fits):
        return False
    if sign_in.client == "exchangeActiveSync" and sign_in.app != "00000002-0000-0ff1-ce00-000000000000":
        return False
    if user.per_user_mfa == "enforced" or (user.per_user_mfa == "enabled" and sign_in.client in CLIENTS[:2]):
        return False
    return not any(_applies(one, user, sign_in) and _stops(one, sign_in, tenant.accept_managed_devices)
                   for one in policies)


def _inside(hole: Cell, space: Space, part: dict[int, int]) -> SignIn:
    """A sign-in in a hole."""
    point = Coverage(part, [Box(0, one) for one in space.impossible()]).point(hole)
    assert point is not None
    chosen = {dimension: bits.bit_length() - 1 for dimension, bits in point.items()}
    app = space.apps[chosen[1]]
    named = app.id or ("something-of-office" if app.office else "something-of-portals" if app.portals else "any-other")
    inside = [dimension for dimension, bit in chosen.items() if dimension >= 5 and bit == 1]
    return SignIn(named, CLIENTS[chosen[0]], PLATFORMS[chosen[2]], RISKS[chosen[4]],
                  frozenset(space.location(one) for one in inside if space.location(one)),
                  frozenset(rule for rule in RULES for one in inside if space.rule(one) == rule.casefold()))


@settings(max_examples=60, deadline=None)
@given(LISTS, TENANTS, st.integers(0, 1 << 32))
def test_what_is_decided_at_once_is_what_each_sign_in_meets(policies: tuple[Policy, ...], tenant: Tenant,
                                                            seed: int) -> None:
    random = Random(seed)
    engine = Engine(_state(policies), Context(tenant, NOW))
    view = engine.view(Question.SECOND_FACTOR)
    sample = [_a_sign_in(random) for _ in range(150)]
    for user in USERS:
        verdict = engine.judge(user, view)
        if verdict.outcome in (DEMANDED, REFUSED):
            assert [one for one in sample if _open(policies, user, one, tenant)] == []
        if verdict.outcome == SLIPS:
            assert verdict.hole is not None
            found = _inside(verdict.hole, engine.space, engine._part(view))
            assert _open(policies, user, found, tenant), found


def test_the_cast_holds_what_the_sign_ins_suppose() -> None:
    assert {one.role for one in ROLES} == {GLOBAL}
    assert [one.id for one in STRENGTHS] == ["s1", "s2"]
