"""A directory of people on a real OpenLDAP: groups of every kind, ppolicy, lastbind, what is hidden."""

from datetime import UTC, datetime, timedelta

import pytest

from hustings import roster
from hustings.facts import Listing, Missing, Reason
from tests.directory.ldap_asking import accounts, judged, pairs, state, tenant
from tests.ldap_tree import person, places
from tests.slapd import READ_ALL, READER, SUFFIX, running

NOW = datetime.now(UTC)


def stamp(days):
    return (NOW - timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def group(name, members, kind="groupOfNames", attribute="member"):
    return f"cn={name},ou=groups,{SUFFIX}", {"objectClass": kind, "cn": name, attribute: members}


def at(uid):
    return f"uid={uid},ou=people,{SUFFIX}"


def policy(name, **said):
    return f"cn={name},ou=policies,{SUFFIX}", {
        "objectClass": ["pwdPolicy", "namedObject"], "cn": name, "pwdAttribute": "userPassword", **said}


STRICT = {"pwdMinLength": "16", "pwdCheckQuality": "2", "pwdLockout": "TRUE", "pwdMaxFailure": "5",
          "pwdMaxAge": "7776000", "pwdInHistory": "10"}
DEFAULT = f"cn=default,ou=policies,{SUFFIX}"
OVERLAYS = f"overlay ppolicy\nppolicy_default \"{DEFAULT}\"\nlastbind on"
CONFIG = f'to * by dn.exact="{READER}" read by * none'


def office():
    """An office with faults, each beside what is in order."""
    yield from places("people", "groups", "policies")
    yield policy("default", **STRICT)
    yield policy("weak", pwdMinLength="16", pwdLockout="TRUE", pwdMaxFailure="50")
    yesterday, made = {"pwdLastSuccess": stamp(1), "createTimestamp": stamp(900)}, {"createTimestamp": stamp(900)}
    yield person("alice", **yesterday)
    yield person("bob", **yesterday)
    yield person("carol", **yesterday)
    yield person("dora", pwdLastSuccess=stamp(100), **made)
    yield person("never", **made)
    yield person("new", createTimestamp=stamp(2))
    yield person("locked", pwdAccountLockedTime="000001010000Z", pwdLastSuccess=stamp(100), **made)
    yield person("tired", pwdAccountLockedTime=stamp(100), pwdLastSuccess=stamp(60), **made)
    yield person("expired", objectClass=["inetOrgPerson", "shadowAccount"], shadowExpire="15000", **made)
    yield person("gone", pwdLastSuccess=stamp(3), **made)
    yield person("gone-closed", pwdAccountLockedTime="000001010000Z", **made)
    yield person("counter2", **yesterday)
    yield person("unix", objectClass=["inetOrgPerson", "posixAccount"], uidNumber="1000", gidNumber="27",
                 homeDirectory="/home/unix", **yesterday)
    yield f"cn=backup,{SUFFIX}", {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": "backup",
                                  "userPassword": "x", **made}
    yield group("admins", [at("alice"), f"cn=nested,ou=groups,{SUFFIX}", f"cn=backup,{SUFFIX}"])
    yield group("nested", [f"CN=unique, OU=groups, {SUFFIX}", at("locked")])
    yield group("unique", [f"{at('bob')}#'0101'B", f"cn=admins,ou=groups,{SUFFIX}"], "groupOfUniqueNames",
                "uniqueMember")
    yield (f"cn=wheel,ou=groups,{SUFFIX}", {"objectClass": "posixGroup", "cn": "wheel", "gidNumber": "27",
                                            "memberUid": ["carol"]})


PEOPLE = roster.parse("people:\n- {id: gone, accounts: [gone], left: 2026-01-31}\n"
                      "- {id: closed, emails: [gone-closed@office.test], left: 2026-01-31}\n", "roster")


def test_a_directory_of_people_is_judged_fault_by_fault(tmp_path):
    with running(office(), overlays=OVERLAYS, config_access=CONFIG) as server:
        one = tenant(server, tmp_path, "ldap", url=server.tls_url, tls_ca=str(server.authority),
                     admin_groups=("admins", f"cn=wheel,ou=groups,{SUFFIX}"), service_accounts=("backup",))
        seen = state(one)
        answers = judged(seen, one, PEOPLE)
    assert seen.unread == {}
    assert pairs(answers["directory.top_admins"], "kind") == [
        ("alice", "person"), ("backup", "service"), ("bob", "person"), ("carol", "person"), ("unix", "person")]
    idle = {one["account"]: one["days"] for one in answers["directory.dormant"].items}
    assert idle == {"dora": 100, "tired": 60, "never": 100}, "who never signed in did not since sign-ins are noted"
    assert [(one["person"], one["account"], one["left"]) for one in answers["directory.leavers"].items] == [
        ("gone", "gone", "2026-01-31")]
    assert accounts(answers["directory.shared_accounts"]) == ["counter2"]
    assert answers["directory.people"] == 10
    assert (answers["directory.password_min_length"], answers["directory.lockout_threshold"]) == (16, 5)
    assert answers["directory.weak_password_rules"] == Listing([])
    assert answers["directory.weak_settings"] == Listing([])
    assert answers["directory.default_accounts"] is None
    assert answers["directory.hidden_admins"].reason is Reason.UNSUPPORTED


def test_the_weakest_policy_that_somebody_has_counts_and_one_that_is_not_enforced_is_none(tmp_path):
    tree = [*office(), person("lax", pwdPolicySubentry=f"cn=weak,ou=policies,{SUFFIX}")]
    with running(tree, overlays=OVERLAYS, config_access=CONFIG) as server:
        one = tenant(server, tmp_path, "ldap")
        answers = judged(state(one), one)
    assert answers["directory.password_min_length"] == 0, "without pwdCheckQuality nobody looks at the length"
    assert answers["directory.lockout_threshold"] == 50
    assert [one["account"] for one in answers["directory.never_expiring"].items] == ["lax"]


def test_which_policy_is_the_default_is_read_declared_or_unknown(tmp_path):
    def lengths(server, **said):
        one = tenant(server, tmp_path, "ldap", url=server.url, **said)
        return judged(state(one), one)["directory.password_min_length"]

    with running(office(), overlays=OVERLAYS) as server:
        unknown = lengths(server)
        assert isinstance(unknown, Missing)
        assert "password_policy in machine.yaml" in unknown.detail
        assert lengths(server, password_policy=DEFAULT) == 16
        assert "does not exist" in lengths(server, password_policy=f"cn=other,{SUFFIX}").detail
    with running(office(), overlays="overlay ppolicy", config_access=CONFIG) as server:
        assert lengths(server) == 0, "the overlay without a default holds for nobody"
    with running([*places("people"), person("alice")]) as server:
        assert lengths(server) == 0, "without the overlay there are no rules"


def test_without_declared_groups_nobody_knows_who_administers(tmp_path):
    with running(office(), overlays=OVERLAYS) as server:
        one = tenant(server, tmp_path, "ldap")
        answers = judged(state(one), one)
        for fact in ("administrators", "top_admins", "admins_with_mailbox"):
            assert "admin_groups" in answers[f"directory.{fact}"].detail, fact
        absent = tenant(server, tmp_path, "ldap", admin_groups=("admins", "no such group"))
        top = judged(state(absent), absent)["directory.top_admins"]
        assert not top.complete
        assert "admin_groups" in top.why.detail


def test_passwords_that_can_be_read_are_a_finding_and_never_kept(tmp_path):
    tree = [*places("people"), person("hash", userPassword="{SSHA}c2VjcmV0LWNhbmFyeQ=="),
            person("plain", userPassword="canary-in-the-clear"), person("strong", userPassword="{ARGON2}$argon2id$x")]
    open_to_reader = (f'to attrs=userPassword by dn.exact="{READER}" read by anonymous auth by * none', READ_ALL[1])
    with running(tree, access=open_to_reader) as server:
        one = tenant(server, tmp_path, "ldap")
        seen = state(one)
        answers = judged(seen, one)
    assert seen.readable_passwords == 3
    assert [(one["account"], one["why"]) for one in answers["directory.no_password_needed"].items] == [
        ("hash", "readable_password"), ("plain", "readable_password")]
    assert "3 passwords" in answers["directory.weak_password_rules"].items[-1]
    assert "canary" not in repr(seen)
    assert "c2VjcmV0" not in repr(seen)


def test_what_everybody_may_read_without_signing_in_is_found(tmp_path):
    with running(office(), overlays=OVERLAYS, access=(READ_ALL[0], "to * by * read")) as server:
        one = tenant(server, tmp_path, "ldap")
        assert judged(state(one), one)["directory.weak_settings"].items == [
            "people's entries are shown to whoever does not sign in"]
        nobody = tenant(server, tmp_path, "ldap", bind="", password_file="")
        assert judged(state(nobody), nobody)["directory.people"] == 10


@pytest.mark.parametrize(("rule", "fact", "grant"), [
    ("to attrs=pwdLastSuccess", "dormant", "authTimestamp"),
    ("to attrs=pwdAccountLockedTime", "people", "pwdAccountLockedTime"),
    ("to attrs=memberUid", "administrators", "members of groups"),
    ("to attrs=member", "administrators", "members of groups"),
    ("to attrs=uid,mail", "leavers", "uid and mail"),
])
def test_what_the_rules_of_access_hide_is_unknown_and_named(tmp_path, rule, fact, grant):
    access = (READ_ALL[0], f'{rule} by dn.exact="{READER}" none', READ_ALL[1])
    with running(office(), overlays=OVERLAYS, access=access, config_access=CONFIG) as server:
        one = tenant(server, tmp_path, "ldap", admin_groups=("wheel", "admins"))
        seen = state(one)
        answers = judged(seen, one, PEOPLE)
    answer = answers[f"directory.{fact}"]
    assert isinstance(answer, Missing) or not answer.complete, answer
    assert any(grant in one.grant for one in seen.unread.values()), seen.unread
    assert answers["directory.password_min_length"] == 16
    assert isinstance(answers["directory.shared_accounts"], Listing) or fact in ("people",)


def test_one_hidden_lock_leaves_only_that_account_open(tmp_path):
    hiding = f'to dn.exact="{at("locked")}" attrs=pwdAccountLockedTime by * none'
    with running(office(), overlays=OVERLAYS, access=(READ_ALL[0], hiding, READ_ALL[1])) as server:
        one = tenant(server, tmp_path, "ldap")
        answers = judged(state(one), one)
    dormant = answers["directory.dormant"]
    assert "locked" not in [one["account"] for one in dormant.items]
    assert not dormant.complete


def test_a_limit_of_size_leaves_what_was_read_and_says_so(tmp_path):
    tree = [*places("people"), *(person(f"user{number}") for number in range(700)), person("counter1")]
    with running(tree, limits="sizelimit 300") as server:
        one = tenant(server, tmp_path, "ldap")
        seen = state(one)
        answers = judged(seen, one)
    assert len(seen.accounts) == 300
    assert seen.unread["accounts"].reason is Reason.TRUNCATED
    assert answers["directory.people"].reason is Reason.TRUNCATED
    assert not (isinstance(answers["directory.dormant"], Listing) and answers["directory.dormant"].complete)


def test_referrals_are_not_followed_and_leave_the_accounts_open(tmp_path):
    tree = [*office(), (f"ou=branch,{SUFFIX}", {"objectClass": ["referral", "extensibleObject"], "ou": "branch",
                                               "ref": "ldap://192.0.2.1/ou=branch,dc=office,dc=test"})]
    with running(tree, overlays=OVERLAYS) as server:
        one = tenant(server, tmp_path, "ldap")
        seen = state(one)
    assert "another server" in seen.unread["accounts"].detail
    assert not judged(seen, one)["directory.shared_accounts"].complete
