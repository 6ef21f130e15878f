"""Google Workspace: of whom 2-step verification is demanded, who slips through and why, over many configurations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.declared import MaySkip, Tenant
from hustings.directory.google import Device, Forwarding, Group, Policy, Role, SignOn, State, Unit, User
from hustings.directory.unread import Unread
from hustings.facts import Listing, Missing, Reason
from hustings.roster import Person, Roster, RosterFile
from policies.directory.context import Context
from policies.directory.device_support import with_support
from policies.directory.facts import FACTS
from policies.directory.google import ABSENT, answers, judged
from policies.directory.google_mfa import ACCEPTED, UNDECIDED, WHY, SecondSteps
from policies.directory.google_people import People
from policies.directory.google_rules import LEGACY_UNDECIDED, LEGACY_WHY
from policies.directory.google_settings import Settings

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OLD, YESTERDAY = NOW - timedelta(days=700), NOW - timedelta(days=1)
UNITS = (Unit("root", "/"), Unit("staff", "/Staff"), Unit("field", "/Field"))
ENFORCEMENT = "security.two_step_verification_enforcement"
DENIED = Unread(Reason.DENIED, "may not", grant="the scope x")


def since(text: str, unit: str = "root", order: float = 201, group: str = "") -> Policy:
    return Policy(ENFORCEMENT, {"enforcedFrom": text}, unit, group, order=order)


def setting(kind: str, name: str, value: object, unit: str = "root", order: float = 201, group: str = "") -> Policy:
    return Policy(kind, {name: value}, unit, group, order=order)


ON, OFF, LATER = "2024-02-16T23:22:21.732Z", "1970-01-01T00:00:00Z", "2027-01-01T08:00:00Z"
PERIOD = ("security.two_step_verification_grace_period", "enrollmentGracePeriod")
FACTORS = ("security.two_step_verification_enforcement_factor", "allowedSignInFactorSet")
ENROLMENT = ("security.two_step_verification_enrollment", "allowEnrollment")
WEEK, NONE = "604800s", "0s"


@dataclass
class Case:
    """An account, the settings, and the answer: ``demanded``, or the word why not."""

    expected: str
    policies: tuple[Policy, ...] = ()
    account: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


NEW = {"enrolled": False, "created": YESTERDAY, "last_sign_in": NOW}
NOT_ENROLLED = {"enrolled": False}
FREE = {"enforced": False}
CASES = {
    "Google alone says it": Case("demanded"),
    "both say it": Case("demanded", (since(ON),)),
    "Google alone says no": Case("own_choice", account=FREE),
    "nobody uses it": Case("not_enforced", account=FREE | NOT_ENROLLED),
    "switched off": Case("own_choice", (since(OFF),), FREE),
    "switched off and not set up": Case("not_enforced", (since(OFF),), FREE | NOT_ENROLLED),
    "from a later day": Case("starts_later", (since(LATER),), FREE),
    "from a later day and not set up": Case("starts_later", (since(LATER),), FREE | NOT_ENROLLED),
    "from this very moment": Case("demanded", (since("2026-11-22T09:00:00Z"),)),
    "from a moment later": Case("setting_says_no", (since("2026-11-22T09:00:01Z"),)),
    "not allowed": Case("not_allowed", (setting(*ENROLMENT, False),), FREE | NOT_ENROLLED),
    "allowed": Case("own_choice", (setting(*ENROLMENT, True),), FREE),
    "the setting says it and Google does not": Case("google_says_no", (since(ON),), FREE),
    "the setting says it and Google does not, not set up": Case("google_says_no", (since(ON),), FREE | NOT_ENROLLED),
    "Google says it and the setting is off": Case("setting_says_no", (since(OFF),)),
    "Google says it and the setting is not allowed": Case("setting_says_no", (setting(*ENROLMENT, False),)),
    "Google says it and the setting starts later": Case("setting_says_no", (since(LATER),)),
    "Google does not tell": Case("not_told", (since(ON),), {"enforced": None}),
    "a time of an unknown form": Case("demanded", (since("soon"),)),
    "off above, on for the unit": Case("demanded", (since(OFF), since(ON, "staff", 202)), {"unit": "/Staff"}),
    "off above, on for the unit above": Case("demanded", (since(OFF), since(ON, "staff", 202)),
                                             {"unit": "/Staff/Clerks"}),
    "on above, off for the unit": Case("setting_says_no", (since(ON), since(OFF, "field", 202)), {"unit": "/Field"}),
    "off for another unit": Case("demanded", (since(ON), since(OFF, "field", 202)), {"unit": "/Staff"}),
    "exempt by group": Case("own_choice", (since(ON), since(OFF, group="g1", order=399)), FREE, {
        "groups": (Group("g1", members=("7",)),)}),
    "exempt by group, against Google": Case("setting_says_no", (since(ON), since(OFF, group="g1", order=399)), {}, {
        "groups": (Group("g1", members=("7",)),)}),
    "not in the exempt group": Case("demanded", (since(ON), since(OFF, group="g1", order=399)), {}, {
        "groups": (Group("g1", members=("8",)),)}),
    "perhaps in the exempt group": Case("demanded", (since(ON), since(OFF, group="g1", order=399)), {}, {
        "groups": (Group("g1", complete=False),)}),
    "perhaps in the exempt group, Google says no": Case("own_choice", (since(ON), since(OFF, group="g1", order=399)),
                                                        FREE, {"groups": (Group("g1", complete=False),)}),
    "put on by group": Case("demanded", (since(OFF), since(ON, group="g1", order=399)), {}, {
        "groups": (Group("g1", everyone=True),)}),
    "locked out until set up": Case("demanded", (since(ON), setting(*PERIOD, NONE)), NOT_ENROLLED),
    "no enrolment period is set": Case("demanded", (since(ON),), NEW),
    "new, within the period": Case("new_account", (since(ON), setting(*PERIOD, WEEK)), NEW),
    "new, within the period, Google says no": Case("new_account", (since(ON), setting(*PERIOD, WEEK)), NEW | FREE),
    "new, and Google and the setting differ": Case("new_account", (since(OFF), setting(*PERIOD, WEEK)), NEW),
    "new, set up already": Case("demanded", (since(ON), setting(*PERIOD, WEEK)), NEW | {"enrolled": True}),
    "new, no period": Case("demanded", (since(ON), setting(*PERIOD, NONE)), NEW),
    "old, the period is over": Case("demanded", (since(ON), setting(*PERIOD, WEEK)), NOT_ENROLLED),
    "old, never signed in": Case("enrolment_period", (since(ON), setting(*PERIOD, WEEK)), NOT_ENROLLED | {
        "last_sign_in": None}),
    "old, never signed in, no period": Case("demanded", (since(ON), setting(*PERIOD, NONE)), NOT_ENROLLED | {
        "last_sign_in": None}),
    "when it was made is not told": Case("enrolment_period", (since(ON), setting(*PERIOD, WEEK)), NOT_ENROLLED | {
        "created": None}),
    "a period of an unknown form": Case("enrolment_period", (since(ON), setting(*PERIOD, "a week")), NEW),
    "period by unit": Case("new_account", (since(ON), setting(*PERIOD, NONE), setting(*PERIOD, WEEK, "staff", 202)),
                           NEW | {"unit": "/Staff"}),
    "period of another unit": Case("demanded", (since(ON), setting(*PERIOD, NONE), setting(*PERIOD, WEEK, "field",
                                                                                          202)), NEW),
    "set up or not is not told": Case("demanded", (since(ON),), {"enrolled": None}),
    "set up or not is not told, new": Case("enrolment_period", (since(ON), setting(*PERIOD, WEEK)), NEW | {
        "enrolled": None}),
    "settings not read": Case("demanded", unread=("policies",)),
    "settings not read, Google says no": Case("own_choice", (since(ON),), FREE, unread=("policies",)),
    "settings not read, new": Case("enrolment_period", account=NEW, unread=("policies",)),
    "settings not read, old": Case("demanded", account=NOT_ENROLLED, unread=("policies",)),
    "settings not read, old, never signed in": Case("enrolment_period", account=NOT_ENROLLED | {"last_sign_in": None},
                                                    unread=("policies",)),
    "units not read": Case("demanded", (since(OFF),), unread=("units",)),
    "units not read, new": Case("enrolment_period", (since(ON), setting(*PERIOD, NONE)), NEW, unread=("units",)),
    "signs in elsewhere": Case("signed_in_elsewhere", (since(ON),), {}, {"sign_on": (SignOn("SAML_SSO", "root"),)}),
    "signs in elsewhere by OpenID": Case("signed_in_elsewhere", (), {}, {"sign_on": (SignOn("OIDC_SSO", "root"),)}),
    "signs in here by exception": Case("demanded", (), {"unit": "/Staff"}, {"sign_on": (
        SignOn("SAML_SSO", "root"), SignOn("SSO_OFF", "staff"))}),
    "signs in here by group": Case("demanded", (), {}, {"groups": (Group("g1", members=("7",)),), "sign_on": (
        SignOn("SAML_SSO", "root"), SignOn("SSO_OFF", "", "g1", 1))}),
    "signs in elsewhere by the group that goes first": Case("signed_in_elsewhere", (), {}, {
        "groups": (Group("g1", members=("7",)), Group("g2", members=("7",))),
        "sign_on": (SignOn("SSO_OFF", "", "g1", 2), SignOn("SAML_SSO", "", "g2", 1))}),
    "perhaps elsewhere": Case("signed_in_elsewhere", (), {}, {"sign_on": (SignOn("SAML_SSO", "", "g1", 1),)}),
    "signs in elsewhere and Google says no": Case("own_choice", (), FREE, {"sign_on": (SignOn("SAML_SSO", "root"),)}),
    "an old sign-on that was never switched on": Case("demanded", (), {}, {
        "sign_on": (SignOn("DOMAIN_WIDE_SAML_IF_ENABLED", "root"),)}),
    "expired declaration": Case("own_choice", (), FREE, {"may_skip": date(2026, 11, 21)}),
}


def account(**more: Any) -> User:
    return User(**{"id": "7", "name": "ann@office.example", "enrolled": True, "enforced": True, "created": OLD,
                   "last_sign_in": YESTERDAY, "mailbox": True, **more})


def context(**declared: Any) -> Context:
    roster = declared.pop("roster", None)
    return Context(Tenant("office", kind="google", **declared), NOW, roster)


def state(*users: User, policies: tuple[Policy, ...] = (), unread: tuple[str, ...] = (), **more: Any) -> State:
    return State("C1", NOW, unread=dict.fromkeys(unread, DENIED), users=users, units=UNITS, policies=policies, **more)


def verdict(case: Case) -> str:
    more = dict(case.more)
    until = more.pop("may_skip", None)
    skip = (MaySkip("ann@office.example", "new phone", "boss", until),) if until else ()
    seen = state(account(**case.account), policies=case.policies, unread=case.unread, **more)
    people = People(seen, context(may_skip_mfa=skip))
    found = SecondSteps(people, Settings(seen, people)).judge(people.users[0])
    assert bool(found.slips) + bool(found.undecided) + found.demanded == 1
    if found.slips:
        assert found.detail
        assert found.near_miss
    return found.slips or found.undecided or "demanded"


@pytest.mark.parametrize("name", CASES)
def test_each_configuration_has_its_answer(name):
    assert verdict(CASES[name]) == CASES[name].expected


def test_every_reason_is_reached_and_explained():
    reached = {one.expected for one in CASES.values()}
    assert reached == {*WHY, *UNDECIDED, "demanded"}
    assert all(words.endswith(".") for words in (*WHY.values(), *UNDECIDED.values(), *ACCEPTED.values(),
                                                 *LEGACY_WHY.values(), *LEGACY_UNDECIDED.values()))


def test_the_answers_name_known_facts_and_every_other_one_is_said_to_be_absent():
    known = {one.id for one in FACTS} - {"directory.kind", "directory.unread"}
    found = answers(msgspec.json.encode(state(account())).decode(), context())
    assert set(found) | set(ABSENT) == known
    assert not set(found) & set(ABSENT)
    assert set(answers(msgspec.json.encode(state(unread=("users",))).decode(), context())) == set(found)
    for nobody in (state(unread=("users",)), state()):
        told = {name for name, one in judged(nobody, context()).items() if not isinstance(one, Missing)}
        assert told == {"directory.devices"}


def names(found: Any, key: str = "account") -> list[Any]:
    assert isinstance(found, Listing), found
    return [one[key] for one in found.items]


ADMIN = account(id="1", name="boss@office.example", super_admin=True)


def test_administrators_and_people_are_told_apart_and_declarations_differ_for_them():
    users = (account(id="1", name="boss@office.example", super_admin=True, enforced=False),
             account(id="2", name="key@office.example", super_admin=True, enforced=False),
             account(id="3", name="ann@office.example", enforced=False, aliases=("a.clark@office.example",)),
             account(id="4", name="in@office.example", enforced=False), account(id="5", name="x@office.example",
                                                                                enforced=False),
             account(id="6", name="scan@office.example", enforced=False),
             account(id="9", name="off@office.example", enforced=False, enabled=False))
    about = context(break_glass=("KEY@office.example",), service_accounts=("scan@office.example",), may_skip_mfa=(
        MaySkip("a.clark@office.example", "r", "o", date(2026, 11, 22)), MaySkip("Exempt", "r", "o"),
        MaySkip("boss@office.example", "r", "o")))
    found = judged(state(*users, groups=(Group("g1", "exempt@office.example", "exempt", members=("4",)),)), about)
    assert {one["account"]: one["declared"] for one in found["directory.admins_without_mfa"].items} == {
        "boss@office.example": False, "key@office.example": True}
    assert {one["account"]: one["declared"] for one in found["directory.people_without_mfa"].items} == {
        "ann@office.example": True, "in@office.example": True, "scan@office.example": True, "x@office.example": False}
    assert (found["directory.people"], found["directory.administrators"]) == (6, 2)


def test_where_groups_were_not_read_it_is_not_known_whether_a_declaration_lets_the_account_skip():
    about = context(may_skip_mfa=(MaySkip("exempt@office.example", "r", "o"),))
    found = judged(state(account(enforced=False), unread=("groups",)), about)
    assert found["directory.people_without_mfa"].items[0]["declared"]["reason"] == "denied"
    ended = context(may_skip_mfa=(MaySkip("exempt@office.example", "r", "o", date(2020, 1, 1)),))
    found = judged(state(account(enforced=False), unread=("groups",)), ended)
    assert found["directory.people_without_mfa"].items[0]["declared"] is False


def test_who_administers_through_groups_counts_and_a_group_of_unknown_members_is_said():
    roles = (Role("top", "g1", True, True), Role("help", "g2", True), Role("top", "1", False, True),
             Role("top", "robot", False, True))
    users = (account(id="1", name="boss@office.example", super_admin=True), account(id="7"),
             account(id="8", name="help@office.example", enforced=False))
    groups = (Group("g1", "top@office.example", members=("7",)), Group("g2", members=("8",)))
    found = judged(state(*users, roles=roles, groups=groups), context())
    assert found["directory.administrators"] == 3
    assert names(found["directory.admins_without_mfa"]) == ["help@office.example"]
    top = {one["account"]: (one["kind"], one["via"]) for one in found["directory.top_admins"].items}
    assert top == {"boss@office.example": ("person", []), "robot": ("service", []),
                   "ann@office.example": ("person", ["top@office.example"])}
    hidden = judged(state(*users, roles=roles, groups=groups[1:], unread=("groups",)), context())
    assert isinstance(hidden["directory.administrators"], Missing)
    assert hidden["directory.top_admins"].complete is False
    assert ("g1", "group") in {(one["account"], one["kind"]) for one in hidden["directory.top_admins"].items}
    assert hidden["directory.top_admins"].why.reason == Reason.DENIED


def test_a_break_glass_account_must_be_there_open_and_able_to_do_everything():
    users = (ADMIN, account(id="2", name="shut@office.example", super_admin=True, enabled=False), account(id="3"))
    about = context(break_glass=("boss@office.example", "shut@office.example", "ann@office.example", "no@x.example"))
    found = judged(state(*users), about)["directory.break_glass"]
    assert [(one["found"], one["usable"]) for one in found.items] == [(True, True), (True, False), (True, False),
                                                                      (False, False)]
    unread = judged(state(*users, unread=("roles",)), about)["directory.break_glass"]
    assert (len(unread.items), unread.complete) == (3, False)


@pytest.mark.parametrize(("value", "why"), [
    ("ALL", "any_method"), ("NO_TELEPHONY", "codes_and_prompts"), ("PASSKEY_PLUS_SECURITY_CODE", "security_codes"),
    ("PASSKEY_PLUS_IP_BOUND_SECURITY_CODE", "local_security_codes"), ("PASSKEY_ONLY", ""), (None, "any_method")])
def test_which_methods_are_accepted_of_administrators(value, why):
    policies = (since(ON), *((setting(*FACTORS, value),) if value else ()))
    found = judged(state(ADMIN, account(), policies=policies), context())["directory.weak_method_accepted"]
    assert [(one["account"], one["why"]) for one in found.items] == ([("boss@office.example", why)] if why else [])
    assert found.complete


def test_methods_that_this_release_does_not_know_are_no_pass_and_without_a_second_step_none_counts():
    unknown = judged(state(ADMIN, policies=(setting(*FACTORS, "QUANTUM_ONLY"),)), context())
    assert unknown["directory.weak_method_accepted"].complete is False
    slipping = msgspec.structs.replace(ADMIN, enforced=False)
    found = judged(state(slipping, policies=(setting(*FACTORS, "PASSKEY_ONLY"),)), context())
    assert names(found["directory.weak_method_accepted"], "why") == ["no_second_step"]
    high = judged(state(account(), policies=(setting(*FACTORS, "ALL"),)), context(high_value=("ann@office.example",)))
    assert names(high["directory.weak_method_accepted"]) == ["ann@office.example"]


def test_a_name_in_high_value_that_means_nobody_is_no_pass_where_it_may_be_somebody():
    about = context(high_value=("anne@office.example",))
    weak = (setting(*FACTORS, "ALL"), setting(*FACTORS, "PASSKEY_ONLY", "staff", 202))
    strong = msgspec.structs.replace(ADMIN, unit="/Staff")
    found = judged(state(strong, account(), policies=weak), about)["directory.weak_method_accepted"]
    assert (found.items, found.complete) == ([], False)
    found = judged(state(strong, account(unit="/Staff"), policies=weak), about)["directory.weak_method_accepted"]
    assert (found.items, found.complete) == ([], True)


MAIL = {"imap": ("gmail.imap_access", "enableImapAccess"), "pop": ("gmail.pop_access", "enablePopAccess"),
        "less_secure_apps": ("security.less_secure_apps", "allowLessSecureApps")}
SHUT = tuple(setting(*kind, False, order=101) for kind in MAIL.values())
OAUTH = Policy("gmail.imap_access", {"enableImapAccess": True, "imapAccessRestriction": {
    "allowedOauthMailClientList": ["id"]}}, "root", order=900)


@pytest.mark.parametrize(("policies", "more", "expected"), [
    (SHUT, {}, set()),
    ((*SHUT, setting(*MAIL["imap"], True)), {}, {"imap"}),
    ((*SHUT, setting(*MAIL["pop"], True)), {}, {"pop"}),
    ((*SHUT, setting(*MAIL["less_secure_apps"], True)), {}, {"less_secure_apps"}),
    ((*SHUT, OAUTH), {}, set()),
    ((*SHUT, setting(*MAIL["imap"], True, "field", 202)), {}, set()),
    ((*SHUT, setting(*MAIL["imap"], True), setting(*MAIL["pop"], True)), {"mailbox": False}, set()),
    ((*SHUT, setting(*MAIL["imap"], True), setting("gmail.service_status", "serviceState", "DISABLED")), {}, set()),
])
def test_old_protocols_are_open_where_the_setting_in_force_says_so(policies, more, expected):
    found = judged(state(account(**more), policies=policies), context())
    assert set(names(found["directory.legacy_open"], "why")) == expected
    assert (found["directory.legacy_open"].complete, found["directory.legacy_undecided"].items) == (True, [])


def test_old_protocols_of_which_google_says_nothing_are_undecided():
    found = judged(state(account()), context())
    assert set(names(found["directory.legacy_undecided"], "why")) == {"not_told"}
    assert found["directory.legacy_open"].complete is False
    perhaps = (*SHUT, setting(*MAIL["imap"], True, group="g1", order=399))
    found = judged(state(account(), policies=perhaps, unread=("groups",)), context())
    assert names(found["directory.legacy_undecided"], "why") == ["several"]
    assert found["directory.legacy_open"].why.reason == Reason.DENIED


def test_the_shortest_password_is_that_of_units_in_which_somebody_is():
    password = ("security.password", "minimumLength")
    policies = (setting(*password, 16), setting(*password, 8, "field", 202), setting(*password, "14", "staff", 202))
    users = (account(id="1"), account(id="2", unit="/Staff/Clerks"), account(id="3", unit="/Field", enabled=False))
    assert judged(state(*users, policies=policies), context())["directory.password_min_length"] == 14
    assert isinstance(judged(state(*users), context())["directory.password_min_length"], Missing)
    perhaps = (*policies, setting(*password, 6, group="g1", order=399))
    unread = judged(state(*users, policies=perhaps, unread=("groups",)), context())["directory.password_min_length"]
    assert isinstance(unread, Missing)


def test_forwarding_is_allowed_unless_everybody_may_not():
    kind = ("gmail.auto_forwarding", "enableAutoForwarding")
    assert judged(state(account()), context())["directory.forwarding_allowed"] is True
    policies = (setting(*kind, False),)
    assert judged(state(account(), policies=policies), context())["directory.forwarding_allowed"] is False
    policies += (setting(*kind, True, "field", 202),)
    assert judged(state(account(), policies=policies), context())["directory.forwarding_allowed"] is False
    users = (account(), account(id="8", unit="/Field"))
    assert judged(state(*users, policies=policies), context())["directory.forwarding_allowed"] is True


@pytest.mark.parametrize(("value", "expected"), [
    ("BLOCK_ALL_SCOPES", "none"), ("ALLOW_SIGN_IN_SCOPES_ONLY", "limited"), ("UNSPECIFIED_UBER_BLOCK", "any"),
    ("SOMETHING_NEW", None), (None, None)])
def test_what_users_may_let_in(value, expected):
    kind = ("api_controls.unconfigured_third_party_apps", "accessLevel")
    found = judged(state(account(), policies=(setting(*kind, value),) if value else ()), context())["directory.consent"]
    assert found == expected if expected else isinstance(found, Missing)


def test_leavers_are_found_by_any_of_their_addresses_and_only_while_the_account_is_open():
    roster = Roster(RosterFile((Person("ann", emails=("a.clark@office.example",), left=date(2026, 11, 21)),
                                Person("bob", emails=("bob@office.example",), left=date(2026, 11, 22)),
                                Person("cy", emails=("cy@office.example",), left=date(2026, 1, 1)))))
    users = (account(aliases=("a.clark@office.example",)), account(id="2", name="bob@office.example"),
             account(id="3", name="cy@office.example", enabled=False))
    found = judged(state(*users), context(roster=roster))["directory.leavers"]
    assert [(one["person"], one["account"], one["left"]) for one in found.items] == [
        ("ann", "ann@office.example", "2026-11-21")]
    assert judged(state(*users), context())["directory.leavers"] is None


def test_disused_accounts_count_the_days_since_the_last_sign_in_or_since_they_were_made():
    users = (account(id="1", name="a@x", last_sign_in=NOW - timedelta(days=29)),
             account(id="2", name="b@x", last_sign_in=NOW - timedelta(days=46)),
             account(id="3", name="c@x", last_sign_in=None),
             account(id="4", name="d@x", last_sign_in=None, created=None),
             account(id="5", name="e@x", last_sign_in=None, created=YESTERDAY))
    found = {one["account"]: one["days"] for one in judged(state(*users), context())["directory.dormant"].items}
    assert found == {"b@x": 46, "c@x": 700, "d@x": {"reason": "error", "detail":
                                                    "it never signed in, and when it was made is unknown"}}


def test_super_administrators_should_not_get_in_again_by_a_telephone_number():
    kind = ("security.super_admin_account_recovery", "enableAccountRecovery")
    for value, wrong in ((True, 1), (False, 0)):
        found = judged(state(ADMIN, policies=(setting(*kind, value),)), context())["directory.weak_settings"]
        assert (len(found.items), found.complete) == (wrong, True)
    perhaps = setting(*kind, True, group="g1", order=399)
    found = judged(state(ADMIN, policies=(perhaps,), unread=("groups",)), context())["directory.weak_settings"]
    assert (found.items, found.complete) == ([], False)


def test_of_devices_what_may_be_read_is_told_and_what_may_not_is_named():
    chromebook = Device("SN1", "chromeos", "130.0", True, None, False, supported_until=date(2032, 6, 10))
    found = judged(state(ADMIN, chromebooks=(chromebook,), unread=("computers",)), context())["directory.devices"]
    assert (found.complete, found.why.reason) == (False, Reason.DENIED)
    shown = with_support(found, Missing(Reason.ERROR, "no table"), NOW.date()).items[0]
    assert (shown["support"], shown["support_ends"], shown["compliant"]["reason"]) == (
        "dated", "2032-06-10", "unsupported")
    none = judged(state(ADMIN, unread=("computers", "mobiles", "chromebooks")), context())["directory.devices"]
    assert isinstance(none, Missing)
    assert none.detail.count("grant the scope x") == 1


def test_forwarding_counts_of_open_accounts_alone():
    passing = (Forwarding("boss@office.example", True), Forwarding("off@office.example", True))
    off = account(id="2", name="off@office.example", enabled=False)
    found = judged(state(ADMIN, off, forwardings=passing, unread=("forwardings",)), context())["directory.forwarding"]
    assert (names(found), found.complete) == (["boss@office.example"], False)


ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda more: st.lists(
    more, max_size=2) | st.dictionaries(st.text(max_size=3), more, max_size=2), max_leaves=4)
FIELDS = [(ENFORCEMENT, "enforcedFrom"), PERIOD, FACTORS, ENROLMENT, *MAIL.values(),
          ("gmail.imap_access", "imapAccessRestriction"), ("gmail.service_status", "serviceState"),
          ("security.password", "minimumLength"), ("security.password", "allowedStrength"),
          ("gmail.auto_forwarding", "enableAutoForwarding"),
          ("api_controls.unconfigured_third_party_apps", "accessLevel"),
          ("security.super_admin_account_recovery", "enableAccountRecovery")]


@given(st.lists(st.tuples(st.sampled_from(FIELDS), ANYTHING), max_size=8))
def test_values_of_any_form_are_judged_without_a_fault_and_never_open_a_list_that_is_whole(given_values):
    policies = tuple(setting(*field, value) for field, value in given_values)
    found = judged(state(ADMIN, account(), policies=policies), context())
    known = {field for field, _ in given_values}
    for fact, needs in (("directory.password_min_length", ("security.password", "minimumLength")),
                        ("directory.consent", ("api_controls.unconfigured_third_party_apps", "accessLevel"))):
        assert needs in known or isinstance(found[fact], Missing)
    assert isinstance(found["directory.weak_method_accepted"], Listing)


SETS = st.lists(st.builds(
    since, st.sampled_from([ON, OFF, LATER]), st.sampled_from(["root", "staff", "field"]),
    st.sampled_from([101, 201, 202, 399]), st.sampled_from(["", "g1", "g2"])), max_size=5)
ACCOUNTS = st.fixed_dictionaries({
    "enrolled": st.sampled_from([True, False, None]), "enforced": st.sampled_from([True, False, None]),
    "unit": st.sampled_from(["/", "/Staff", "/Field"]), "created": st.sampled_from([OLD, YESTERDAY, None]),
    "last_sign_in": st.sampled_from([YESTERDAY, None])})
PERIODS = st.sampled_from([(), (setting(*PERIOD, NONE),), (setting(*PERIOD, WEEK),)])
GROUPS = (Group("g1", members=("7",)), Group("g2"))


def outcome(policies: tuple[Policy, ...], given_account: dict[str, Any], **more: Any) -> str:
    found = verdict(Case("", policies, given_account, {"groups": GROUPS, **more.pop("more", {})}, **more))
    return "demanded" if found == "demanded" else "slips" if found in WHY else "undecided"


@given(SETS, ACCOUNTS, PERIODS)
def test_nobody_of_whom_google_says_no_is_ever_let_pass_and_knowing_less_never_does(policies, given_account, period):
    whole = outcome((*policies, *period), given_account)
    if given_account["enforced"] is not True:
        assert whole != "demanded"
    if whole == "slips":
        assert outcome((*policies, *period), given_account, more={"groups": ()}) != "demanded"
        assert outcome((*policies, *period), given_account | {"enforced": None}) != "demanded"
        assert outcome((*policies, *period), given_account | {"enrolled": None}) != "demanded"
        for section in ("policies", "units"):
            assert outcome((*policies, *period), given_account, unread=(section,)) != "demanded"


@given(SETS, ACCOUNTS, PERIODS)
def test_googles_word_alone_leaves_open_who_is_undecided(policies, given_account, period):
    for section in ("policies", "units", "sign_on", "groups"):
        lessened = {"groups": ()} if section == "groups" else {"groups": GROUPS}
        seen = state(account(**given_account), policies=(*policies, *period), unread=(section,), **lessened)
        found = judged(seen, context())["directory.mfa_undecided"]
        if section != "groups":
            assert not found.complete
            assert "the scope x" in str(found.why)
        elif found.complete and not found.items:
            assert outcome((*policies, *period), given_account) != "undecided"


def test_a_setting_that_may_cover_somebody_and_may_switch_it_off_leaves_that_open():
    licensed = Policy(ENFORCEMENT, {"enforcedFrom": OFF}, query="entity.licenses.exists(one, one.sku == 'x')",
                      order=900)
    seen = state(account(), policies=(since(ON), licensed))
    found = judged(seen, context())["directory.mfa_undecided"]
    assert not found.complete
    assert "which of several settings" in str(found.why)
    assert judged(state(account(), policies=(since(ON),)), context())["directory.mfa_undecided"].complete


@pytest.mark.parametrize(("mailbox", "days"), [(True, None), (None, None), (False, 400)])
def test_without_the_usage_report_a_mailbox_may_have_been_read_since(mailbox, days):
    seen = state(account(last_sign_in=NOW - timedelta(days=400), mailbox=mailbox), unread=("report",))
    found = judged(seen, context())["directory.dormant"].items[0]["days"]
    assert found == days if days else "the scope x" in str(found)


@given(SETS, ACCOUNTS, PERIODS)
def test_enforcing_it_for_everybody_lets_nobody_through_who_was_not(policies, given_account, period):
    order = {"demanded": 0, "undecided": 1, "slips": 2}
    before = outcome((*policies, *period), given_account)
    after = outcome((*policies, *period, since(ON, order=1000)), given_account)
    assert order[after] <= order[before] or given_account["enforced"] is None
    exempt = outcome((*policies, *period, since(OFF, order=1000)), given_account)
    assert order[exempt] >= order[before] or "undecided" in (exempt, before)
