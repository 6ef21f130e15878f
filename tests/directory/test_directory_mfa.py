"""`hustings directory mfa`: who must use a second factor, who slips through, and why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from agent import config as config_file
from agent.directory.mfa import mfa
from collectors import _entra_permissions
from hustings.directory import google
from hustings.directory.entra import Group, Policy, State, User
from hustings.directory.unread import Unread
from hustings.errors import UsageError
from hustings.facts import Reason
from tests.graph_server import CLIENT, SECRET, TENANT, serve
from tests.graph_tenant import office
from tests.policies.directory.configurations import NOW

EVERYBODY = Policy("p", "Everybody", "enabled", include_users=("All",), exclude_groups=("out",), include_apps=("All",),
                   controls=("mfa",))
CLOSED = Policy("q", "Closed", "enabled", include_users=("eve",), include_apps=("All",), controls=("block",))


def tenant(**more: Any) -> State:
    plain: dict[str, Any] = {
        "users": (User("ann", "ann@o.example"), User("bob", "bob@o.example", "b@o.example"),
                  User("eve", "eve@o.example"), User("off", "off@o.example", enabled=False)),
        "groups": (Group("out", "Scanners", ("bob",)),), "policies": (EVERYBODY, CLOSED)}
    return State(TENANT, NOW, **plain | more)


@pytest.fixture
def config(tmp_path) -> Path:
    return _config(tmp_path)


def _config(place: Path, more: str = "") -> Path:
    secret = place / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    path = place / "machine.yaml"
    path.write_text(f"roles: [directory]\ntenants:\n  - name: office\n    kind: entra\n    id: {TENANT}\n"
                    f"    client_id: {CLIENT}\n    secret_file: {secret}\n{more}")
    return path


def _words(config: Path, *words: str, state: State | bytes | None = None) -> list[str]:
    if state is not None:
        path = config.parent / "state.json"
        path.write_bytes(state if isinstance(state, bytes) else msgspec.json.encode(state))
        words = (*words, "--state", str(path))
    return ["--config", str(config), *words]


def _run(config: Path, *words: str, state: State | bytes | None = None) -> Result:
    return CliRunner().invoke(mfa, _words(config, *words, state=state))


def test_who_slips_through_is_shown_with_the_reason_and_what_would_settle_it(config):
    done = _run(config, state=tenant())
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "not demanded  bob@o.example",
        "              excluded: A password alone lets it in from anywhere, to any application.",
        "              It would pass if the exclusion of the group \"Scanners\" from the policy \"Everybody\" were "
        "declared in may_skip_mfa, or taken back.",
        "office, as read 2026-11-22 03:00 UTC. Accounts: 3. A second factor is demanded of 1; refused: 1; "
        "slipping through: 1 (as declared: 0); undecided: 0"]


def test_everybody_and_by_which_policies(config):
    done = _run(config, "--all", "--format", "json", state=tenant())
    document = json.loads(done.stdout)
    assert document["schema"] == "hustings.directory-mfa/1"
    assert {one["account"]: (one["outcome"], one["by"]) for one in document["accounts"]} == {
        "ann@o.example": ("demanded", ['the policy "Everybody"']), "bob@o.example": ("not demanded", []),
        "eve@o.example": ("refused", ['the policy "Closed"'])}
    assert document["summary"] == {"accounts": 3, "demanded": 1, "refused": 1, "not_demanded": 1, "undecided": 0,
                                   "not_demanded_declared": 0}


def test_what_is_declared_is_shown_and_is_no_fault(tmp_path):
    config = _config(tmp_path, "    may_skip_mfa:\n      - {who: scanners, reason: cannot, owner: IT}\n")
    done = _run(config, state=tenant())
    assert done.exit_code == 0
    assert "not demanded  bob@o.example (declared)" in done.stdout


def test_what_cannot_be_said_is_said_with_what_to_grant(config):
    unread = {"groups": Unread(Reason.DENIED, "Graph refused the members", grant="GroupMember.Read.All")}
    done = _run(config, state=tenant(groups=(), unread=unread))
    assert done.exit_code == 3
    assert "undecided     ann@o.example" in done.stdout
    assert "not read      groups: denied: Graph refused the members; grant GroupMember.Read.All" in done.stdout


def test_one_account_by_any_of_its_names(config):
    done = _run(config, "--account", "B@O.example", state=tenant())
    assert done.exit_code == 1
    assert "not demanded  bob@o.example" in done.stdout
    done = _run(config, "--account", "ann", state=tenant())
    assert (done.exit_code, "demanded      ann@o.example" in done.stdout) == (0, True)


nothing_declared = pytest.mark.skipif(config_file.DEFAULT_PATH.exists(), reason="this machine may declare tenants")


@nothing_declared
@pytest.mark.parametrize(("words", "called"), [((), TENANT), (("office",), "office")])
def test_a_file_alone_is_judged_as_a_tenant_of_which_nothing_is_declared(words, called, tmp_path):
    path = tmp_path / "office.json"
    path.write_bytes(msgspec.json.encode(tenant()))
    done = CliRunner().invoke(mfa, [*words, "--state", str(path)])
    assert done.exit_code == 1, done.exception
    assert "not demanded  bob@o.example" in done.stdout
    assert f"{called}, as read" in done.stdout


@nothing_declared
@pytest.mark.parametrize("data", [b"{", b"[]", b'{"id": 7}', b'{"strange": 1}', b"\xff"])
def test_a_file_alone_that_is_none_is_refused(data, tmp_path):
    path = tmp_path / "office.json"
    path.write_bytes(data)
    done = CliRunner().invoke(mfa, ["--state", str(path)])
    assert isinstance(done.exception, UsageError)
    assert "not what was read of a tenant" in str(done.exception)
    assert "fix:" in str(done.exception)


@pytest.mark.parametrize(("words", "state", "said"), [
    (("--account", "nobody"), tenant(), "no account 'nobody'"),
    (("--account", ""), tenant(), "no account ''"),
    (("--account", "off"), tenant(), "'off' is disabled"),
    ((), b"{", "not what was read"),
    ((), b"[]", "not what was read"),
    ((), b"\xff\xfe", "not what was read"),
    ((), msgspec.json.encode({"id": TENANT, "read_at": NOW, "org_units": []}), "it holds 'org_units'"),
    ((), State(TENANT, NOW), "no accounts at all"),
    ((), msgspec.structs.replace(tenant(), id="99999999-0000-0000-0000-000000000000"), "of the tenant 99999999"),
    (("elsewhere",), tenant(), "no tenant 'elsewhere'"),
    (("--state", "/nowhere/at/all"), None, "cannot be read"),
])
def test_bad_words_and_files_are_answered_with_what_to_do(words, state, said, config):
    done = _run(config, *words, state=state)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert "fix:" in str(done.exception)


def test_without_a_file_the_tenant_is_asked(tmp_path):
    with serve(permissions=sorted(one.name for one in _entra_permissions.PERMISSIONS)) as graph:
        office().install(graph)
        done = _run(_config(tmp_path, f"    url: {graph.url}\n"), "--all")
        assert done.exit_code in (0, 1), done.exception
        assert "Accounts: 4. " in done.stdout
        (tmp_path / "secret").write_text("wrong-canary")
        refused = subprocess.run([sys.executable, "-P", "-m", "hustings", "directory", "mfa",
                                  *_words(tmp_path / "machine.yaml")], capture_output=True, text=True, check=False)
        assert refused.returncode == 3
        assert "fix:" in refused.stderr
        assert "wrong-canary" not in refused.stdout + refused.stderr


@pytest.mark.parametrize(("section", "code"), [("", 0), ("policies", 3), ("units", 3), ("sign_on", 3), ("report", 0)])
def test_googles_word_alone_proves_it_of_nobody(section, code, tmp_path):
    config = tmp_path / "machine.yaml"
    config.write_text(f"roles: [directory]\ntenants:\n  - name: office\n    kind: google\n"
                      f"    key_file: {tmp_path}/key.json\n    administrator: boss@o.example\n")
    unread = {section: Unread(Reason.DENIED, "may not", "the scope x")} if section else {}
    seen = google.State("C1", NOW, unread=unread, users=(
        google.User("1", "boss@o.example", enrolled=True, enforced=True, created=NOW, last_sign_in=NOW),))
    done = _run(config, state=msgspec.json.encode(seen))
    assert done.exit_code == code, done.output
