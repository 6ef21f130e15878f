"""`hustings directory setup entra`: what to grant, what it opens, and a granted set compared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.directory.openings import Openings, known, without
from collectors._entra_permissions import BY_NAME, PERMISSIONS, SECTIONS, held, opened_by, writes
from hustings.directory.entra import State
from policies import pack as packs
from tests.graph_server import CLIENT, SECRET, TENANT, serve

PASSWORDS = ["identity/directory-lockout", "identity/directory-password-rules"]
NEEDED = {one.name for one in PERMISSIONS if not one.optional}


@pytest.fixture(scope="module")
def server():
    with serve() as graph:
        yield graph


@pytest.fixture
def config(server, tmp_path) -> Path:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    path = tmp_path / "machine.yaml"
    path.write_text(f"tenants:\n  - {{name: office, kind: entra, id: {TENANT}, client_id: {CLIENT}, "
                    f"secret_file: {secret}, url: '{server.url}'}}\n")
    return path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", "-m", "hustings", "directory", "setup", "entra", *words],
                          capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def openings() -> Openings:
    return Openings(packs.shipped())


def test_what_is_printed_names_every_permission_and_what_it_opens():
    text = run().stdout
    assert text.index("Optional:") > max(text.index(one) for one in NEEDED)
    assert all(one.name in text for one in PERMISSIONS)
    assert "openssl req -x509" in text
    assert f"for name in {' '.join(one.name for one in PERMISSIONS if not one.optional)}" in text
    said = {one["permission"]: one for one in json.loads(run("--format", "json").stdout)["permissions"]}
    assert said["GroupSettings.Read.All"]["opens"] == PASSWORDS
    assert all(said[one.name]["without"] for one in PERMISSIONS if one.optional)


def test_what_is_needed_is_enough_and_nothing_in_it_can_write(config, server):
    server.app.permissions = set(NEEDED)
    done = run("--check", "office", "--config", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    assert "every permission that is needed was granted" in done.stdout
    assert "optional, not granted: MailboxSettings.Read" in done.stdout
    assert not any(writes(one.name) or any(writes(more) for more in one.instead) for one in PERMISSIONS)


def test_what_is_missing_and_what_is_too_much_are_named(config, server):
    server.app.permissions = NEEDED - {"AuditLog.Read.All"} | {"Mail.Send", "Chat.Read.All", "full_access_as_app"}
    done = run("--check", "office", "--config", str(config))
    assert done.returncode == 1
    assert "missing: AuditLog.Read.All" in done.stdout
    assert "opens identity/directory-no-dormant-accounts" in done.stdout
    assert "can write, take it away: Mail.Send" in done.stdout
    assert "can write, take it away: full_access_as_app" in done.stdout
    assert "not needed, take it away: Chat.Read.All" in done.stdout
    said = json.loads(run("--check", "office", "--config", str(config), "--format", "json").stdout)
    assert [one["permission"] for one in said["missing"]] == ["AuditLog.Read.All"]
    assert said["writes"] == ["Mail.Send", "full_access_as_app"]


def test_a_sign_in_that_is_refused_is_no_answer(config, tmp_path):
    (tmp_path / "secret").write_text("wrong")
    done = run("--check", "office", "--config", str(config))
    assert done.returncode == 3
    assert "the secret is wrong" in done.stderr


def test_a_permission_that_opens_more_stands_for_a_narrow_one():
    assert held("User.Read.All", frozenset({"Directory.Read.All"}))
    assert held("User.Read.All", frozenset({"User.ReadWrite.All"}))
    assert held("MailboxSettings.Read", frozenset({"MailboxSettings.ReadWrite"}))
    assert not held("AuditLog.Read.All", frozenset({"Directory.Read.All"}))
    assert not held("Policy.Read.All", frozenset({"Policy.Read.ConditionalAccess"}))


def test_every_section_takes_permissions_of_the_one_list_and_every_field_is_a_section():
    used = {one for needed in SECTIONS.values() for one in needed}
    assert used | {"Device.Read.All", "Member.Read.Hidden"} == set(BY_NAME)
    fields = set(State.__struct_fields__) - {"id", "read_at", "requests", "unread"}
    assert fields <= set(SECTIONS)


def test_each_permission_that_is_needed_decides_some_check(openings):
    assert all(openings.of(opened_by(one)) for one in NEEDED)


def test_the_checks_a_permission_opens_are_found_by_judging_without_it(openings):
    assert openings.of(()) == []
    assert openings.of(("passwords",)) == PASSWORDS
    assert openings.of(("delegated",)) == ["identity/directory-no-risky-applications"]
    assert "identity/directory-admins-mfa" in openings.of(("security_defaults",))
    assert "identity/directory-few-top-admins" in openings.of(("groups",))
    lost = without(known()[0], ("users", "sign_ins", "eligible"))
    assert lost.users == ()
    assert set(lost.unread) == {"users", "sign_ins", "eligible"}
