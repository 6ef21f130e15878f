"""Google Workspace and Active Directory over the wire to verdicts, as the command audits them: what is missing turns
into unknown what rests on it, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import audit as audits
from collectors.host.live import LiveHost
from hustings.declared import Declared, Tenant
from hustings.directory.google_sections import SECTIONS, Section
from hustings.verdicts import Result, Verdict
from policies.conditions import facts_used
from policies.pack import shipped
from tests.directory import google_office
from tests.google_server import GoogleServer, serve
from tests.ldap_tree import Domain, schema
from tests.slapd import PASSWORD, READER, running

PACK = shipped()
CHECKS = {one.id.removeprefix("identity/directory-"): one for one in PACK.checks
          if one.id.startswith("identity/directory-") and one.each}

ASK_WHO_IT_IS = {"admins-registered", "people-registered"}
"""Checks of a fact that is whole without roles and groups, and whose records then do not say who administers, and who
is in a group that is declared."""


def judged(tenant: Tenant) -> dict[str, Result]:
    found = audits.audit(LiveHost(), Declared(roles=("directory",), tenants=(tenant,)), PACK,
                         only=[one.id for one in CHECKS.values()])
    return {one.check.removeprefix("identity/directory-"): one for one in found.results}


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleServer]:
    with serve(google_office.office()) as server:
        yield server


@pytest.fixture(scope="module")
def workspace(google: GoogleServer, tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    key = google.key_file(tmp_path_factory.mktemp("google"))
    return google_office.tenant(google, key, key_file=str(key), mail_rules=True)


@pytest.fixture(scope="module")
def whole(workspace: Tenant) -> dict[str, Result]:
    return judged(workspace)


def test_a_whole_workspace_is_judged(whole: dict[str, Result]) -> None:
    assert {name for name, one in whole.items() if one.verdict is Verdict.FAIL} >= {
        "people-registered", "people-mfa", "no-dormant-accounts", "no-forwarding-outside", "devices-encrypted"}
    assert whole["no-risky-applications"].verdict is Verdict.UNKNOWN
    assert whole["lockout"].verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.name)
def test_a_missing_scope_changes_the_verdicts_that_rest_on_it_to_unknown_and_no_other(
        section: Section, google: GoogleServer, workspace: Tenant, whole: dict[str, Result]) -> None:
    google.granted.discard(section.scope)
    try:
        found = judged(workspace)
    finally:
        google.granted.add(section.scope)
    for name, one in found.items():
        if one.verdict is whole[name].verdict:
            continue
        assert (name, one.verdict) == (name, Verdict.UNKNOWN)
        if name in ASK_WHO_IT_IS and section.name in ("roles", "groups"):
            continue
        used = facts_used(CHECKS[name].require) | facts_used(CHECKS[name].unknown_when)
        assert "*" in section.facts or used & set(section.facts), name
        assert section.scope in str(one.reason), name


def test_a_domain_over_ldap_is_judged_by_the_command(tmp_path: Path) -> None:
    domain = Domain(datetime.now(UTC))
    for number, name in enumerate(("alice", "bob")):
        domain.user(name, groups=("Domain Admins",), control=0x40200 if number else 0x10200)
    domain.user("front-counter")
    with running(domain.entries(), schema=schema(), head=domain.head) as server:
        secret = tmp_path / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        path = tmp_path / "machine.yaml"
        path.write_text(f"roles: [directory]\ntenants:\n  - name: forest\n    kind: active-directory\n"
                        f"    url: {server.url}\n    bind: {READER}\n    password_file: {secret}\n")
        done = subprocess.run([sys.executable, "-m", "hustings", "check", "--config", str(path), "--tenant", "forest",
                               "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    said = {one["check"]: one["verdict"] for one in json.loads(done.stdout)["results"]}
    assert said["identity/directory-no-shared-accounts"] == "fail"
    assert said["identity/directory-two-top-admins"] == "pass"
    assert said["identity/directory-admins-mfa"] == "not_applicable"
    assert PASSWORD not in done.stdout + done.stderr
