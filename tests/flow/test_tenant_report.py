"""From a tenant that was read to the report that leaves: the right verdicts, and names only as their office says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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
from hustings.directory.entra import State
from hustings.directory.unread import Unread
from hustings.facts import ACCOUNT, PERSON, Facts, Missing, Observation, Reason
from hustings.verdicts import Result, Verdict
from policies import pack as packs
from policies.derive.base import derive_all
from policies.evaluate import Context, judge_all
from tests.directory import tenants

KEY = bytes(range(32))
IDENTITY = Identity("s", "https://server", "t", "agent", "0" * 32, "key", datetime(2026, 1, 1, tzinfo=UTC), True)
REGISTRY = audits.registry()


def audited(state: State, declared: Declared) -> Audit:
    """The audit of a machine that read this state."""
    def seen(value: Any) -> Observation:
        return Observation(value=value, as_of=tenants.NOW) if value else Observation(absent=True, as_of=tenants.NOW)

    pack = packs.shipped()
    looked: Facts = {"directory.entra_state@office": seen(msgspec.json.encode(state).decode()),
                     "directory.google_state@office": seen(""), "directory.ldap_state@office": seen(""),
                     "people.roster": seen(tenants.ROSTER if declared.roster else ""),
                     "people.roster_declared": Observation(value=bool(declared.roster), as_of=tenants.NOW)}
    facts = derive_all(looked, declared, pack.tables, tenants.NOW)
    context = Context(tenants.NOW, declared.roles, {kind: tuple(declared.instances(kind)) for kind in KINDS})
    only = [one.id for one in pack.checks if one.id.startswith("identity/directory-")]
    return Audit("desk", tenants.NOW, 0.1, declared, pack, facts, judge_all(pack, facts, context, only=only), (), {})


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


def test_a_tenant_with_faults_fails_each_check_that_speaks_of_them() -> None:
    said = verdicts(audited(tenants.entra(), tenants.declared()))
    failing = {name for name, verdict in said.items() if verdict == "fail"}
    assert failing == {
        "admins-mfa", "people-mfa", "people-registered", "strong-method-registered", "strong-method-demanded",
        "legacy-blocked", "no-risky-applications", "invitations-limited", "consent-limited",
        "admins-without-mailbox", "application-credentials", "no-dormant-accounts", "leavers-have-no-account",
        "no-shared-accounts", "no-forwarding-outside", "devices-encrypted", "devices-compliant", "devices-supported"}
    unknown = {name for name, verdict in said.items() if verdict == "unknown"}
    assert unknown >= {"few-top-admins", "two-top-admins", "no-hidden-admins", "no-guest-top-admin"}, \
        "who may activate a role was not read"


def test_the_same_tenant_mended_fails_nothing() -> None:
    said = verdicts(audited(tenants.clean(), tenants.declared()))
    assert {name: verdict for name, verdict in said.items() if verdict not in ("pass", "not_applicable")} == {
        "forwarding-not-allowed": said["forwarding-not-allowed"]}
    assert said["forwarding-not-allowed"] in ("unknown", "not_applicable")
    assert said["admins-mfa"] == said["strong-method-demanded"] == said["no-hidden-admins"] == "pass"


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


@pytest.mark.parametrize("section", ["users", "registrations", "roles", "groups", "policies", "security_defaults",
                                     "applications", "authorization", "passwords", "devices", "forwardings",
                                     "sign_ins", "mailboxes", "eligible"])
def test_a_section_that_was_not_read_turns_no_verdict_into_another_but_unknown(section: str) -> None:
    for state in (tenants.entra(), tenants.clean()):
        before = verdicts(audited(state, tenants.declared()))
        unread = {**state.unread, section: Unread(Reason.DENIED, f"{section}: 403", "Some.Permission")}
        emptied = {section: type(getattr(state, section))()} if section in State.__struct_fields__ and isinstance(
            getattr(state, section), tuple) else {}
        after = verdicts(audited(msgspec.structs.replace(state, unread=unread, **emptied), tenants.declared()))
        gained = {name: (before[name], one) for name, one in after.items() if one not in (before[name], "unknown")}
        assert gained == {}


def by_check(found: Audit, name: str) -> Result:
    return next(one for one in found.results if one.check == f"identity/directory-{name}")


def test_a_directory_that_could_not_be_asked_is_unknown_throughout_and_says_why_only_here() -> None:
    declared = tenants.declared()
    pack = packs.shipped()
    looked: Facts = {name: Observation(missing=Missing(Reason.DENIED, "refused for zelda.quimby"))
                     for name in ("directory.entra_state@office", "directory.google_state@office",
                                  "directory.ldap_state@office")}
    looked["people.roster"] = Observation(absent=True, as_of=tenants.NOW)
    facts = derive_all(looked, declared, pack.tables, tenants.NOW)
    context = Context(tenants.NOW, declared.roles, {"tenant": ("office",)})
    only = [one.id for one in pack.checks if one.id.startswith("identity/directory-") and one.each]
    results = judge_all(pack, facts, context, only=only)
    assert {one.verdict for one in results} <= {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}
    found = Audit("desk", tenants.NOW, 0.1, declared, pack, facts, results, (), {})
    assert "zelda" in str(by_check(found, "admins-mfa").reason)
    assert told(sent(found)) == []
