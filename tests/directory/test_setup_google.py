"""`hustings directory setup google`: what to grant, what it opens, and a granted set tried."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.directory.setup_google import checks
from hustings.directory.google_sections import BY_NAME, SECTIONS
from policies import pack as packs
from policies.directory.facts import FACTS
from policies.directory.google import ABSENT
from tests.directory.google_office import office
from tests.google_server import ADMINISTRATOR, ALL_SCOPES, GoogleServer, serve


@pytest.fixture(scope="module")
def server() -> Iterator[GoogleServer]:
    with serve(office()) as running:
        yield running


@pytest.fixture
def config(server: GoogleServer, tmp_path: Path) -> Path:
    path = tmp_path / "machine.yaml"
    server.granted = set(ALL_SCOPES)
    path.write_text(f"tenants:\n  - {{name: office, kind: google, key_file: {server.key_file(tmp_path)}, "
                    f"administrator: {ADMINISTRATOR}, url: '{server.url}'}}\n")
    return path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", "-m", "hustings", "directory", *words], capture_output=True, text=True,
                          check=False)


def test_what_is_printed_names_every_scope_the_steps_and_what_each_opens():
    text = run("setup", "google").stdout
    assert all(one.scope in text for one in SECTIONS)
    assert text.index("Optional:") > max(text.index(one.scope) for one in SECTIONS if not one.optional)
    assert "Manage domain-wide delegation" in text
    said = {one["scope"]: one for one in json.loads(run("setup", "google", "--format", "json").stdout)["scopes"]}
    assert said[BY_NAME["report"].scope]["opens"] == [
        "identity/directory-admins-without-mailbox", "identity/directory-no-dormant-accounts",
        "identity/directory-no-dormant-guests", "identity/directory-strong-method-registered"]
    assert [one["scope"] for one in said.values() if not one["scope"].endswith(".readonly")] == [
        BY_NAME["forwardings"].scope]


def test_every_fact_that_google_answers_rests_on_a_section_and_every_section_names_facts_that_there_are():
    known = {one.id for one in FACTS}
    assert all(set(one.facts) <= known | {"*"} for one in SECTIONS)
    assert not {fact for one in SECTIONS for fact in one.facts} & set(ABSENT)
    assert all(checks()[one.name] for one in SECTIONS if one.name != "sign_on")
    assert set(checks()["users"]) <= {one.id for one in packs.shipped().checks}


def test_a_whole_grant_is_enough(config):
    done = run("setup", "google", "--check", "office", "--config", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "office: signed in.\nevery scope that is needed was granted.\n"


def test_what_is_missing_is_named_with_what_it_would_open(config, server):
    server.granted -= {BY_NAME["policies"].scope, BY_NAME["mobiles"].scope}
    done = run("setup", "google", "--check", "office", "--config", str(config))
    assert done.returncode == 1
    assert f"missing: {BY_NAME['policies'].scope}" in done.stdout
    assert "opens identity/directory-legacy-blocked" in done.stdout
    assert f"optional, not granted: {BY_NAME['mobiles'].scope}" in done.stdout
    said = json.loads(run("setup", "google", "--check", "office", "--config", str(config), "--format", "json").stdout)
    assert [one["section"] for one in said["missing"]] == ["policies"]
    assert "domain-wide delegation" in said["missing"][0]["grant"]


def test_mailboxes_are_needed_where_the_declaration_wants_them(config, server):
    server.granted.discard(BY_NAME["forwardings"].scope)
    assert run("setup", "google", "--check", "office", "--config", str(config)).returncode == 0
    config.write_text(config.read_text().replace("url:", "mail_rules: true, url:"))
    assert run("setup", "google", "--check", "office", "--config", str(config)).returncode == 1


def test_a_refused_sign_in_says_what_to_mend(config):
    config.write_text(config.read_text().replace(ADMINISTRATOR, "nobody@office.example"))
    done = run("setup", "google", "--check", "office", "--config", str(config))
    assert done.returncode == 3
    assert "administrator's address" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_tenant_is_read_into_a_file_that_stays_here(config, tmp_path):
    done = run("read", "office", "--output", str(tmp_path / "office.json"), "--config", str(config))
    assert (done.returncode, done.stderr.count("not read")) == (0, 1)
    assert "mail_rules" in done.stderr
    assert json.loads((tmp_path / "office.json").read_text())["users"]
    assert "PRIVATE KEY" not in (tmp_path / "office.json").read_text()


def test_who_must_use_a_second_step_is_told_account_by_account(config, tmp_path):
    kept = str(tmp_path / "kept.json")
    assert run("read", "office", "--output", kept, "--config", str(config)).returncode == 0
    done = run("mfa", "office", "--config", str(config), "--state", kept)
    assert (done.returncode, done.stderr) == (1, "")
    assert "not demanded  newcomer@office.example\n              new_account: " in done.stdout
    assert "Accounts: 9. A second factor is demanded of 7; refused: 0; slipping through: 2 (" in done.stdout
    asked = run("mfa", "--config", str(config), "--account", "CHIEF@office.example", "--format", "json")
    assert asked.returncode == 0
    assert [one["account"] for one in json.loads(asked.stdout)["accounts"]] == ["boss@office.example"]
    (tmp_path / "other.json").write_text('{"id": "x", "read_at": "2026-11-22T00:00:00Z", "policies": [1]}')
    refused = run("mfa", "office", "--config", str(config), "--state", str(tmp_path / "other.json"))
    assert (refused.returncode, "Google Workspace" in refused.stderr) == (2, True)
