"""What access lists of Active Directory grant: held to a plain reading of the standard, entry by entry."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.directory.ldap_openings import resting
from hustings import roster
from hustings.declared import Tenant
from hustings.directory.ldap import Account, Entry, Group, PasswordPolicy, Protected, State
from hustings.directory.ldap_sections import GRANTS
from hustings.directory.membership import Membership
from hustings.facts import Missing
from policies.directory import ldap_accounts, ldap_passwords
from policies.directory.context import Context
from policies.directory.facts import FACTS
from policies.directory.ldap import answers
from policies.directory.ldap_access import CONTROL, REPLICATE, REPLICATE_ALL, RIGHTS, WRITE, Grants, rights

SIDS = ("S-1-1-0", "S-1-5-21-1-2-3-1101", "S-1-5-21-1-2-3-1102")
MASKS = (0x20, 0x100, 0x40000, 0x80000, 0xF01FF, 0x10000000, 0x40000000, 0x20094)
OBJECTS = ("", REPLICATE, REPLICATE_ALL, "bf9679c0-0de6-11d0-a285-00aa003049e2", "00299570-246d-11d0-a768-00aa006e0529")
ENTRIES = st.lists(st.builds(Entry, st.sampled_from(SIDS), st.sampled_from(MASKS), st.booleans(),
                             st.sampled_from(OBJECTS)), max_size=8)
KINDS = ("domain", "holder", "group", "account", "controller", "container", "policy")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def plainly(entries, token, bit, wanted):
    """The first entry that concerns the bearer, the bit and the object decides."""
    for one in entries:
        mask = one.mask | (0xF01FF if one.mask & 0x10000000 else 0x28 if one.mask & 0x40000000 else 0)
        if one.sid in token and mask & bit and one.object in ("", wanted):
            return one.allow
    return False


@given(ENTRIES, st.sets(st.sampled_from(SIDS)))
def test_the_first_entry_that_concerns_somebody_decides(entries, token):
    granted = Grants(tuple(entries), frozenset(token))
    for bit in (WRITE, CONTROL, 0x40000, 0x80000):
        for wanted in OBJECTS:
            assert granted.may(bit, wanted) is plainly(entries, token, bit, wanted)


@given(ENTRIES, st.sampled_from(KINDS))
def test_an_entry_more_that_allows_never_takes_a_way_and_one_that_denies_first_never_gives_one(entries, kind):
    token = frozenset(SIDS[:2])

    def found(*more):
        return set(rights(Protected("dc=x", kind, entries=tuple(more)), token))

    before = found(*entries)
    assert before <= RIGHTS.keys()
    assert bool(found(*entries, Entry(SIDS[1], 0xF01FF))) >= bool(before)
    assert found(Entry(SIDS[0], 0xF01FF, False), *entries) == set()


def test_half_of_a_replication_is_none_and_all_extended_rights_are_both_halves():
    def of(*entries):
        return list(rights(Protected("dc=x", "domain", entries=entries), frozenset(SIDS)))

    assert of(Entry(SIDS[1], CONTROL, True, REPLICATE)) == []
    assert of(Entry(SIDS[1], CONTROL, True, REPLICATE_ALL)) == []
    assert of(Entry(SIDS[1], CONTROL, True, REPLICATE), Entry(SIDS[2], CONTROL, True, REPLICATE_ALL)) == ["replicate"]
    assert of(Entry(SIDS[1], CONTROL)) == ["replicate"]


GROUP_IDS = [f"g{number}" for number in range(6)]


@given(st.dictionaries(st.sampled_from(GROUP_IDS), st.lists(st.sampled_from([*GROUP_IDS, "a", "b"]), max_size=5)))
def test_membership_is_what_walking_every_way_finds(tree):
    groups = [Group(one, one, one, tuple(members)) for one, members in tree.items()]

    def walk(start, seen):
        found = set()
        for one in tree.get(start, ()):
            if one in tree:
                found |= walk(one, {*seen, one}) if one not in seen else set()
            else:
                found.add(one)
        return found

    membership = Membership(groups, ())
    above = membership.above()
    for one in tree:
        principals = membership.of(one).principals
        assert principals.keys() == walk(one, {one})
        for principal in principals:
            assert one in above[principal]


@pytest.mark.parametrize("kind", ["active-directory", "ldap"])
def test_every_section_opens_something_and_every_answer_is_a_declared_fact(kind):
    found = resting(kind)
    assert found.keys() == GRANTS[kind].keys()
    assert all(found.values()), [one for one, facts in found.items() if not facts]
    assert set().union(*found.values()) <= {fact.id for fact in FACTS}


def judged(state, *, people=None, **said):
    import msgspec

    tenant = Tenant(name="office", kind=state.kind, **said)
    return answers(msgspec.json.encode(state).decode(), Context(tenant, NOW, people))


def account(name, **said):
    return Account(name, name, f"cn={name}", **{"created": NOW, "idle_since": NOW, "last_sign_in": NOW, **said})


def test_reasons_are_of_the_fixed_lists_and_each_is_explained():
    assert set(ldap_accounts.DEFAULTS.values()) <= ldap_accounts.WHY.keys()
    assert {"crackable_ticket", "readable_password"} <= ldap_passwords.WHY.keys()
    assert all(one.endswith(".") for one in (*ldap_accounts.WHY.values(), *ldap_passwords.WHY.values()))


def test_nonsense_in_place_of_a_state_is_a_reason_for_every_fact():
    context = Context(Tenant(name="office", kind="ldap"), NOW)
    for text in ('{"kind": 1}', "{}", '{"kind":"ldap","base":"x","read_at":"never"}'):
        found = answers(text, context)
        assert found.keys() == {fact.id for fact in FACTS}
        assert all(isinstance(one, Missing) for one in found.values())


def test_a_leaver_is_found_by_every_name_and_closed_or_expired_accounts_are_not():
    people = roster.parse(
        "people:\n- {id: ann, emails: [ann@office.test], left: 2026-11-21}\n"
        "- {id: bea, accounts: [bea], left: 2026-01-01}\n- {id: cy, accounts: [cy], left: 2026-01-01}\n"
        "- {id: dan, accounts: [dan], left: 2026-11-22}\n", "roster")
    state = State("ldap", "dc=x", NOW, accounts=(
        account("a.smith", names=("Ann@Office.test",)), account("bea", enabled=False),
        account("cy", expires=NOW - timedelta(days=1)), account("dan")))
    found = judged(state, people=people)["directory.leavers"]
    assert [(one["person"], one["account"]) for one in found.items] == [("ann", "a.smith")]
    assert judged(state)["directory.leavers"] is None
    assert isinstance(judged(state, people=Missing("denied"))["directory.leavers"], Missing)


def test_the_lag_of_notes_is_allowed_for_and_declared_accounts_are_said_to_be():
    old = NOW - timedelta(days=59)
    rules = (PasswordPolicy("p", default=True, min_length=16),)
    state = State("active-directory", "dc=x", NOW, policies=rules, accounts=(
        account("lazy", last_sign_in=old, idle_since=old + timedelta(days=14)), account("sync", idle_since=old)))
    found = judged(state, service_accounts=("SYNC",))["directory.dormant"].items
    assert {one["account"]: (one["days"], one["declared"]) for one in found} == {
        "lazy": (45, False), "sync": (59, True)}
