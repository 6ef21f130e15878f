"""A domain shaped like Active Directory on a real LDAP server: every planted fault is found, its clean twin is not."""

from datetime import UTC, datetime, timedelta

import pytest

from hustings.facts import Listing, Missing, Reason
from tests.directory.ldap_asking import accounts, judged, pairs, state, tenant
from tests.ldap_tree import DOMAIN, Domain, descriptor, filetime, schema, sid
from tests.slapd import READ_ALL, READER, running

NOW = datetime.now(UTC)
LONG_AGO = filetime(NOW - timedelta(days=200))
ADMINS = ("allow", f"{DOMAIN}-512", 0xF01FF)
GET_CHANGES, GET_ALL = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
MEMBER, RESET = "bf9679c0-0de6-11d0-a285-00aa003049e2", "00299570-246d-11d0-a768-00aa006e0529"
KEY = "5b47d60f-6090-40b2-9f37-2a4de88f3063"


def planted() -> Domain:
    domain = Domain(NOW)
    # administrators by nesting with a loop, by primary group, and from another domain
    domain.group("Nested One")
    domain.group("Nested Two")
    domain.member("Domain Admins", "Nested One")
    domain.member("Nested One", "Nested Two")
    domain.user("alice", groups=("Nested Two",), control=0x10200, extra={
        "servicePrincipalName": ["http/intranet.office.test"], "mail": "alice@office.test"})
    domain.member("Nested Two", "Nested One")
    domain.user("peter", primary=512)
    domain.user("card", groups=("Domain Admins",), control=0x40200)
    domain.user("closed-admin", groups=("Domain Admins",), control=0x202)
    stranger = "S-1-5-21-9-9-9-1105"
    domain.add(f"CN={stranger},CN=ForeignSecurityPrincipals", "foreignSecurityPrincipal", cn=stranger,
               objectSid=sid(stranger))
    domain.member("Administrators", stranger)
    domain.user("operator", groups=("Backup Operators",))
    # who could become one
    helpdesk = domain.group("Helpdesk")
    harry = domain.user("harry", groups=("Helpdesk",))
    dora, erin, olga = domain.user("dora"), domain.user("erin"), domain.user("olga")
    rita, kim = domain.user("rita"), domain.user("kim")
    domain.change("domain", nTSecurityDescriptor=descriptor(
        f"{DOMAIN}-512", ADMINS, ("allow", dora, 0x100, GET_CHANGES), ("allow", dora, 0x100, GET_ALL),
        ("allow", rita, 0x100, GET_CHANGES),  # half of what DCSync takes
        ("allow", kim, 0xF01FF, "", 0x8)))  # for children alone
    domain.change("AdminSDHolder", nTSecurityDescriptor=descriptor(f"{DOMAIN}-512", ADMINS, ("allow", erin, 0x40000)))
    domain.change("Domain Admins", nTSecurityDescriptor=descriptor(
        olga, ADMINS, ("deny", rita, 0x20, MEMBER), ("allow", rita, 0x20, MEMBER), ("allow", helpdesk, 0x20, MEMBER)))
    domain.change("alice", nTSecurityDescriptor=descriptor(
        f"{DOMAIN}-512", ADMINS, ("allow", helpdesk, 0x100, RESET), ("allow", kim, 0x20, KEY),
        ("allow", f"{DOMAIN}-999999", 0xF01FF)))  # nobody bears that identifier any more
    web = ("CN=Computers", "computer")
    domain.user("WEB1$", control=0x81000, kind=web[1], place=web[0], primary=515)
    domain.user("APP1$", control=0x1001000, kind=web[1], place=web[0], primary=515,
                extra={"msDS-AllowedToDelegateTo": ["cifs/dc1.office.test"]})
    domain.user("DC1$", control=0x82000, kind=web[1], place="OU=Domain Controllers", primary=516, extra={
        "msDS-AllowedToActOnBehalfOfOtherIdentity": descriptor(f"{DOMAIN}-512", ("allow", harry, 0xF01FF))})
    domain.user("migrated", extra={"sIDHistory": sid(f"{DOMAIN}-512")})
    # accounts and passwords
    domain.user("forever", control=0x10200)
    domain.user("empty", control=0x220)
    domain.user("roast", control=0x400200)
    domain.user("clerk1")
    domain.user("sleeper", extra={"lastLogonTimestamp": LONG_AGO})
    domain.user("lagging", extra={"lastLogonTimestamp": filetime(NOW - timedelta(days=40))})
    domain.user("never", without=("lastLogonTimestamp",))
    domain.user("expired", control=0x10200, extra={"accountExpires": LONG_AGO, "lastLogonTimestamp": LONG_AGO})
    domain.change("krbtgt", pwdLastSet=LONG_AGO)
    domain.change("domain", lockoutThreshold="0", pwdProperties="16", ms_DS_MachineAccountQuota="10")
    return domain


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    domain = planted()
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        one = tenant(server, tmp_path_factory.mktemp("domain"))
        seen = state(one)
        yield judged(seen, one), seen


def test_administrators_are_found_through_loops_primary_groups_and_other_domains(found):
    answers, _ = found
    assert pairs(answers["directory.top_admins"], "kind") == [
        ("Administrator", "person"), ("S-1-5-21-9-9-9-1105", "guest"), ("alice", "person"), ("card", "person"),
        ("peter", "person")]
    assert answers["directory.administrators"] == 5
    via = {one["account"]: one["via"] for one in answers["directory.top_admins"].items}
    assert via["alice"] == ["Domain Admins", "Nested One", "Nested Two"]
    assert via["peter"] == ["Domain Admins"]


def test_who_can_become_administrator_is_found_and_nobody_else(found):
    answers, _ = found
    assert pairs(answers["directory.hidden_admins"], "right") == [
        ("APP1$", "protocol_transition"), ("WEB1$", "unconstrained_delegation"), ("dora", "replicate"),
        ("erin", "write_rights"), ("harry", "add_member"), ("harry", "reset_password"),
        ("harry", "resource_delegation"), ("kim", "write_key"), ("migrated", "former_identity"), ("olga", "owner")]


def test_passwords_that_are_none_or_never_change_are_found(found):
    answers, _ = found
    assert pairs(answers["directory.no_password_needed"], "why") == [
        ("alice", "crackable_ticket"), ("empty", "password_not_required"), ("roast", "no_preauthentication")]
    assert accounts(answers["directory.never_expiring"]) == ["alice", "forever"]
    assert answers["directory.password_min_length"] == 14
    assert answers["directory.lockout_threshold"] == 0
    assert answers["directory.weak_password_rules"].items == [
        "passwords need not be complex", "passwords are kept so that they can be read back"]


def test_unused_shared_and_built_in_accounts_are_found(found):
    answers, _ = found
    idle = {one["account"]: one["days"] for one in answers["directory.dormant"].items}
    assert idle.keys() == {"sleeper", "never"}, "40 days since the last note may be 26 days of disuse"
    assert idle["sleeper"] == 186
    assert accounts(answers["directory.shared_accounts"]) == ["clerk1"]
    assert pairs(answers["directory.default_accounts"], "why") == [
        ("Administrator", "administrator_open"), ("krbtgt", "krbtgt_old_password")]
    assert accounts(answers["directory.weak_method"]) == ["Administrator", "alice", "operator", "peter"]
    assert accounts(answers["directory.admins_with_mailbox"]) == ["alice"]
    assert any("join 10 computers" in one for one in answers["directory.weak_settings"].items)


def test_a_domain_in_order_has_no_findings(tmp_path):
    domain = Domain(NOW)
    domain.user("jane", groups=("Domain Admins",), control=0x40200)
    domain.user("john")
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        one = tenant(server, tmp_path, break_glass=("Administrator",))
        answers = judged(state(one), one)
    for fact in ("hidden_admins", "no_password_needed", "never_expiring", "dormant", "shared_accounts",
                 "default_accounts", "admins_with_mailbox"):
        assert accounts(answers[f"directory.{fact}"]) == [], fact
    assert answers["directory.weak_password_rules"] == Listing([])
    assert answers["directory.people"] == 3
    assert answers["directory.break_glass"].items == [{"account": "Administrator", "found": True, "usable": True}]
    assert answers["directory.lockout_threshold"] == 10


def test_fine_grained_policies_hold_for_those_they_are_for_and_the_weakest_in_force_counts(tmp_path):
    domain = Domain(NOW)
    place = "CN=Password Settings Container,CN=System"
    domain.add(place, "msDS-PasswordSettingsContainer", cn="Password Settings Container")
    domain.group("Everybody Here")
    domain.group("Vendors")
    domain.group("Lists", extra={"groupType": "2"})
    for name in ("jane", "john", "vendor"):
        domain.user(name, groups=("Everybody Here",))
    domain.member("Everybody Here", "Administrator")
    domain.member("Vendors", "vendor")
    domain.member("Lists", "john")

    def settings(name, length, precedence, *targets):
        domain.add(f"CN={name},{place}", "msDS-PasswordSettings", {
            "cn": name, "msDS-MinimumPasswordLength": str(length), "msDS-PasswordSettingsPrecedence": str(precedence),
            "msDS-LockoutThreshold": "5", "msDS-PasswordHistoryLength": "24", "msDS-PasswordComplexityEnabled": "TRUE",
            "msDS-MaximumPasswordAge": "-36288000000000", "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PSOAppliesTo": [domain.dn(one) for one in targets]})

    settings("strong", 20, 20, "Everybody Here")
    settings("weaker but later", 8, 30, "Everybody Here")
    settings("for a mere list", 4, 1, "Lists")
    settings("own", 16, 90, "vendor")
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        one = tenant(server, tmp_path)
        answers = judged(state(one), one)
        assert (answers["directory.password_min_length"], answers["directory.lockout_threshold"]) == (16, 5)
    settings("vendors first", 6, 5, "Vendors")
    settings("for john", 7, 5, "john")
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        answers = judged(state(tenant(server, tmp_path, url=server.url)), one)
        assert answers["directory.password_min_length"] == 7, "an account's own comes before a group's"


@pytest.mark.parametrize(("attributes", "blocked", "grant", "still"), [
    ("nTSecurityDescriptor", {"hidden_admins"}, "Read Permissions", "top_admins"),
    ("minPwdLength,lockoutThreshold", {"password_min_length", "lockout_threshold", "weak_password_rules",
                                       "never_expiring"}, "Password & Lockout", "dormant"),
    ("userAccountControl", {"people", "administrators"}, "userAccountControl", "password_min_length"),
    ("member", {"administrators"}, "member", "password_min_length"),
    ("lastLogonTimestamp,lastLogon,logonCount", {"dormant"}, "lastLogonTimestamp", "hidden_admins"),
    ("servicePrincipalName", set(), "servicePrincipalName", "hidden_admins"),
    ("primaryGroupID", {"administrators"}, "groups", "password_min_length"),
    ("msDS-AllowedToDelegateTo", {"hidden_admins"}, "Read Permissions", "dormant"),
])
def test_what_is_hidden_turns_what_rests_on_it_unknown_and_names_what_to_grant(
        tmp_path, attributes, blocked, grant, still):
    domain = Domain(NOW)
    domain.user("jane", control=0x10220, extra={"lastLogonTimestamp": LONG_AGO})
    hiding = f'to attrs={attributes} by dn.exact="{READER}" none by * none'
    with running(domain.entries(), schema=schema(), head=domain.head, access=(READ_ALL[0], hiding, READ_ALL[1])) as at:
        one = tenant(at, tmp_path)
        seen = state(one)
        answers = judged(seen, one)
    for fact in blocked:
        answer = answers[f"directory.{fact}"]
        assert isinstance(answer, Missing), (fact, answer)
        assert answer.reason is Reason.DENIED
    assert any(grant in why.grant for why in seen.unread.values()), seen.unread
    assert not isinstance(answers[f"directory.{still}"], Missing)
    lists = [name for name, one in answers.items() if isinstance(one, Listing) and one.complete and not one.items]
    if attributes == "userAccountControl":
        assert set(lists) <= {"directory.break_glass", "directory.weak_password_rules"}, "hidden accounts pass nothing"


def test_an_attribute_hidden_of_one_account_leaves_that_list_open(tmp_path):
    domain = Domain(NOW)
    domain.user("jane")
    domain.user("john", control=0x220)
    hiding = f'to dn.exact="{domain.dn("jane")}" attrs=userAccountControl by * none'
    with running(domain.entries(), schema=schema(), head=domain.head, access=(READ_ALL[0], hiding, READ_ALL[1])) as at:
        one = tenant(at, tmp_path)
        answers = judged(state(one), one)
    found = answers["directory.no_password_needed"]
    assert [one["account"] for one in found.items] == ["john"]
    assert not found.complete
    assert isinstance(answers["directory.people"], Missing)


def test_a_domain_of_twenty_thousand_accounts_is_read_in_pages_within_the_budget(tmp_path):
    domain = Domain(NOW)
    for number in range(20_000):
        domain.user(f"user{number}", groups=("Domain Users",) if number < 3000 else ())
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        one = tenant(server, tmp_path)
        seen = state(one)
        answers = judged(seen, one)
    assert answers["directory.people"] == 20_001
    assert accounts(answers["directory.hidden_admins"]) == []
    assert seen.requests < 150, "pages, not one request for each account"


@pytest.mark.parametrize(("attributes", "fact"), [
    ("maxPwdAge", "never_expiring"), ("pwdHistoryLength", "weak_password_rules"),
    ("pwdProperties", "weak_password_rules"), ("pwdLastSet", "default_accounts")])
def test_a_hidden_rule_is_no_rule_in_order(tmp_path, attributes, fact):
    domain = Domain(NOW)
    hiding = f'to attrs={attributes} by dn.exact="{READER}" none by * none'
    with running(domain.entries(), schema=schema(), head=domain.head, access=(READ_ALL[0], hiding, READ_ALL[1])) as at:
        one = tenant(at, tmp_path, break_glass=("Administrator",))
        answers = judged(state(one), one)
    assert isinstance(answers[f"directory.{fact}"], Missing)
    assert answers["directory.password_min_length"] == 14


def test_one_entry_that_makes_no_sense_costs_itself_alone(tmp_path):
    domain = Domain(NOW)
    domain.user("clerk1")
    domain.user("broken", extra={"objectSid": b"\1\5nonsense"})
    domain.change("Domain Admins", nTSecurityDescriptor=b"\1\0\4\x80")
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        one = tenant(server, tmp_path)
        seen = state(one)
        answers = judged(seen, one)
    assert [one["account"] for one in answers["directory.shared_accounts"].items] == ["clerk1"]
    assert not answers["directory.shared_accounts"].complete
    assert seen.unread.keys() >= {"accounts", "rights"}
    assert isinstance(answers["directory.hidden_admins"], Missing)
