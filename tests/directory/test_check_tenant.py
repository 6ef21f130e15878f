"""`hustings check --tenant`: what it says of a tenant, and of one that lets nothing be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.check import check
from collectors import _entra_permissions
from tests.graph_server import CLIENT, SECRET, TENANT, serve
from tests.graph_tenant import office


@pytest.fixture
def config(tmp_path) -> Iterator[Path]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    with serve(permissions=sorted(one.name for one in _entra_permissions.PERMISSIONS)) as graph:
        office().install(graph)
        path = tmp_path / "machine.yaml"
        path.write_text(f"roles: [directory]\ntenants:\n  - name: office\n    kind: entra\n    id: {TENANT}\n"
                        f"    client_id: {CLIENT}\n    secret_file: {secret}\n    url: {graph.url}\n")
        yield path


def _run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(check, ["--config", str(config), "--tenant", "office", *words])


def test_the_exit_code_says_whether_something_urgent_fails(config):
    assert _run(config, "--only", "identity/directory-admins-mfa").exit_code == 0
    assert _run(config, "--only", "identity/directory-admins-registered", "--fail-on", "high").exit_code == 1


def test_a_tenant_that_lets_nothing_be_seen_is_no_success(config):
    config.with_name("secret").write_text("wrong-canary")
    done = _run(config, "--format", "json")
    assert done.exit_code == 3
    assert {one["verdict"] for one in json.loads(done.stdout)["results"]} <= {"unknown", "not_applicable"}
    assert "the secret is wrong" in done.stdout
    assert "wrong-canary" not in done.output
