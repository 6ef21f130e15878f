"""From a tenant that was read to the report that leaves: the right verdicts, and names only as their office says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent import audit as audits
from agent.audit import Audit
from agent.identity import Identity
from agent.reporting import prepare
from hustings import pseudonyms, report
from hustings.declared import KINDS, Declared
from hustings.directory.google_sections import SECTIONS as GOOGLE_SECTIONS
from hustings.directory.unread import Unread
from hustings.facts import ACCOUNT, PERSON, Facts, Missing, Observation, Reason
from hustings.verdicts import Result, Verdict
from policies import pack as packs
from policies.derive.base import derive_all
from policies.derive.directory import STATES
from policies.evaluate import Context, judge_all
from tests.directory import tenants

KEY = bytes(range(32))
IDENTITY = Identity("s", "https://server", "t", "agent", "0" * 32, "key", datetime(2026, 1, 1, tzinfo=UTC), True)
REGISTRY = audits.registry()
PACK = packs.shipped()


def audited(state: msgspec.Struct, declared: Declared) -> Audit:
    """The audit of a machine that read this state."""
    def seen(value: Any) -> Observation:
        return Observation(value=value, as_of=tenants.NOW) if value else Observation(absent=True, as_of=tenants.NOW)

    looked: Facts = {f"{name}@office": seen("") for name in STATES.values()}
    looked |= {f"{STATES[declared.tenants[0].kind]}@office": seen(msgspec.json.encode(state).decode()),
               "people.roster": seen(tenants.ROSTER if declared.roster else ""),
               "people.roster_declared": Observation(value=bool(declared.roster), as_of=tenants.NOW)}
    facts = derive_all(looked, declared, PACK.tables, tenants.NOW)
    context = Context(tenants.NOW, declared.roles, {kind: tuple(declared.instances(kind)) for kind in KINDS})
    only = [one.id for one in PACK.checks if one.id.startswith("identity/directory-")]
    return Audit("desk", tenants.NOW, 0.1, declared, PACK, facts, judge_all(PACK, facts, context, only=only), (), {})


def sent(found: Audit) -> bytes:
    return report.encode(prepare(found, IDENTITY, REGISTRY, None).report)


def verdicts(found: Audit) -> Mapping[str, str]:
    return {one.check.removeprefix("identity/directory-"): str(one.verdict) for one in found.results}


def told(data: bytes) -> list[str]:
    """The names that can be read in it."""
    text = data.decode().casefold()
    return [name for name in tenants.NAMES if name.casefold() in text]


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "office.key"
    pseudonyms.create(path, KEY)
    return str(path)


EVERYWHERE = {"strong-method-registered", "admins-without-mailbox", "no-dormant-accounts", "leavers-have-no-account",
              "no-shared-accounts"}
CLOUD = EVERYWHERE | {
    "admins-mfa", "people-mfa", "strong-method-demanded", "legacy-blocked", "no-forwarding-outside",
    "devices-encrypted", "devices-compliant", "devices-supported"}
FAULTS = {
    "entra": (CLOUD | {"people-registered", "no-risky-applications", "invitations-limited", "consent-limited",
                       "application-credentials"},
              {"few-top-admins", "two-top-admins", "no-hidden-admins", "no-guest-top-admin",
               "no-application-top-admin", "admins-registered", "forwarding-not-allowed"}),
    "google": (CLOUD | {"two-top-admins", "password-length", "forwarding-not-allowed"}, {"no-risky-applications"}),
    "active-directory": (EVERYWHERE | {"no-hidden-admins", "password-needed", "default-accounts", "settings"},
                         {"lockout", "password-length", "password-rules", "no-never-expiring"}),
}
"""By kind, the checks that fail on the state with faults, and those of which a part that was not read is needed."""
NEVER_KNOWN = {"entra": {"forwarding-not-allowed"}, "google": {"no-risky-applications"}, "active-directory": set()}
"""What the service shows nobody."""


@pytest.mark.parametrize("kind", tenants.KINDS)
def test_faults_are_found_and_what_was_not_read_is_unknown(kind: str) -> None:
    said = verdicts(audited(tenants.KINDS[kind][0](), tenants.declared(kind=kind)))
    failing, unknown = FAULTS[kind]
    assert {name for name, verdict in said.items() if verdict == "fail"} == failing
    assert {name for name, verdict in said.items() if verdict == "unknown"} == unknown


@pytest.mark.parametrize("kind", tenants.KINDS)
def test_the_same_mended_fails_nothing(kind: str) -> None:
    said = verdicts(audited(tenants.KINDS[kind][1](), tenants.declared(kind=kind)))
    assert {name for name, verdict in said.items() if verdict not in ("pass", "not_applicable")} == NEVER_KNOWN[kind]
    assert {name for name, verdict in said.items() if verdict == "pass"} >= FAULTS[kind][0] - NEVER_KNOWN[kind]


@pytest.mark.parametrize("kind", tenants.KINDS)
def test_no_name_leaves_unless_it_is_shared(kind: str, key: str) -> None:
    for state in (made() for made in tenants.KINDS[kind]):
        for office_key in ("/nowhere/office.key", key):
            assert told(sent(audited(state, tenants.declared(kind=kind, office_key=office_key)))) == []
        shared = tenants.declared(kind=kind, office_key=key, share=("objects",))
        people = {one for one in tenants.PEOPLE.values() if one != "counter"}
        assert people.isdisjoint(told(sent(audited(state, shared))))


def test_without_a_key_nothing_but_numbers_leaves() -> None:
    found = audited(tenants.entra(), tenants.declared())
    data = sent(found)
    assert told(data) == []
    kept = msgspec.json.decode(data)["facts"]["directory.dormant@office"]
    assert kept["value"] == {"count": 1, "complete": True}


def test_under_the_offices_key_names_leave_as_pseudonyms(key: str) -> None:
    data = sent(audited(tenants.entra(), tenants.declared(office_key=key)))
    assert told(data) == []
    facts = msgspec.json.decode(data)["facts"]
    assert [one["account"] for one in facts["directory.dormant@office"]["listing"]["items"]] == [
        pseudonyms.pseudonym(KEY, ACCOUNT, tenants.mail("u4"))]
    assert facts["directory.leavers@office"]["listing"]["items"][0]["person"] == pseudonyms.pseudonym(
        KEY, PERSON, "p-worker-19")
    assert {one["grant"] for one in facts["directory.unread@office"]["listing"]["items"]} == {
        "RoleEligibilitySchedule.Read.Directory", "Policy.Read.All"}


def test_what_the_office_shares_leaves_by_name_and_the_rest_does_not(key: str) -> None:
    accounts = told(sent(audited(tenants.entra(), tenants.declared(share=("accounts",), office_key=key))))
    assert {"zelda.quimby", "casimir.vole", "p-worker-19"} <= set(accounts)
    assert {"Ledger Hound", "TOAD-LAPTOP-7", "Scanner Fellows"}.isdisjoint(accounts)
    everything = told(sent(audited(tenants.entra(), tenants.declared(share=("accounts", "objects"), office_key=key))))
    assert {"zelda.quimby", "Ledger Hound", "TOAD-LAPTOP-7"} <= set(everything)


def test_what_the_directory_answered_and_the_roster_stay(key: str) -> None:
    facts = msgspec.json.decode(sent(audited(tenants.entra(), tenants.declared(
        share=("accounts", "objects"), office_key=key))))["facts"]
    for name in ("directory.entra_state@office", "people.roster"):
        assert facts[name] == {"missing": {"reason": "withheld"}}


SECTIONS = {
    "entra": ("users", "registrations", "roles", "groups", "policies", "security_defaults", "applications",
              "authorization", "passwords", "devices", "forwardings", "sign_ins", "mailboxes", "eligible", "licences",
              "domains", "locations", "strengths", "per_user_mfa"),
    "google": tuple(one.name for one in GOOGLE_SECTIONS),
    "active-directory": ("accounts", "groups", "names", "enabled", "expires", "last_sign_ins", "policies",
                         "default_policy", "fine_policies", "rights", "passwords", "machine_quota", "laps",
                         "anonymous"),
}


@cache
def before_it(kind: str, mended: int) -> Mapping[str, str]:
    """The verdicts with everything that these states hold."""
    return verdicts(audited(tenants.KINDS[kind][mended](), tenants.declared(kind=kind)))


@pytest.mark.parametrize(("kind", "section"), [(kind, one) for kind, names in SECTIONS.items() for one in names])
def test_a_section_that_was_not_read_turns_no_verdict_into_another_but_unknown(kind: str, section: str) -> None:
    declared = tenants.declared(kind=kind)
    for mended in (0, 1):
        state, before = tenants.KINDS[kind][mended](), before_it(kind, mended)
        unread = {**state.unread, section: Unread(Reason.DENIED, f"{section}: 403", "Some.Permission")}
        held = getattr(state, section, None)
        emptied = {section: None} if section == "report" else {section: ()} if isinstance(held, tuple) else {}
        after = verdicts(audited(msgspec.structs.replace(state, unread=unread, **emptied), declared))
        gained = {name: (before[name], one) for name, one in after.items() if one not in (before[name], "unknown")}
        assert gained == {}


def by_check(found: Audit, name: str) -> Result:
    return next(one for one in found.results if one.check == f"identity/directory-{name}")


def test_a_directory_that_could_not_be_asked_is_unknown_throughout_and_says_why_only_here() -> None:
    declared = tenants.declared()
    looked: Facts = {name: Observation(missing=Missing(Reason.DENIED, "refused for zelda.quimby"))
                     for name in ("directory.entra_state@office", "directory.google_state@office",
                                  "directory.ldap_state@office")}
    looked["people.roster"] = Observation(absent=True, as_of=tenants.NOW)
    facts = derive_all(looked, declared, PACK.tables, tenants.NOW)
    context = Context(tenants.NOW, declared.roles, {"tenant": ("office",)})
    only = [one.id for one in PACK.checks if one.id.startswith("identity/directory-") and one.each]
    results = judge_all(PACK, facts, context, only=only)
    assert {one.verdict for one in results} <= {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}
    found = Audit("desk", tenants.NOW, 0.1, declared, PACK, facts, results, (), {})
    assert "zelda" in str(by_check(found, "admins-mfa").reason)
    assert told(sent(found)) == []
