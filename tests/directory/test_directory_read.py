"""`hustings directory read`: a tenant into a file of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors import _entra_permissions
from tests.graph_server import CLIENT, SECRET, TENANT, Fault, serve
from tests.graph_tenant import office


@pytest.fixture(scope="module")
def server():
    with serve(permissions=sorted(one.name for one in _entra_permissions.PERMISSIONS)) as graph:
        yield office().install(graph)


@pytest.fixture
def config(server, tmp_path) -> Path:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    path = tmp_path / "machine.yaml"
    path.write_text(f"roles: [directory]\ntenants:\n  - name: office\n    kind: entra\n    id: {TENANT}\n"
                    f"    client_id: {CLIENT}\n    secret_file: {secret}\n    url: {server.url}\n")
    return path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", "-m", "hustings", "directory", *words], capture_output=True,
                          text=True, check=False)


def test_a_tenant_is_read_into_a_new_file_for_its_owner_alone(config, tmp_path):
    output = tmp_path / "state.json"
    done = run("read", "office", "--config", str(config), "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert output.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(output.read_text())["users"]) == 5
    assert "not read: forwardings" in done.stderr
    again = run("read", "office", "--config", str(config), "--output", str(output))
    assert again.returncode == 2
    assert "there is such a file already" in again.stderr


def test_a_sign_in_that_is_refused_leaves_no_file_and_says_what_to_mend(config, tmp_path):
    (tmp_path / "secret").write_text("wrong-canary")
    done = run("read", "--config", str(config), "--output", str(tmp_path / "state.json"))
    assert done.returncode == 3
    assert "the secret is wrong" in done.stderr
    assert "wrong-canary" not in done.stdout + done.stderr
    assert not (tmp_path / "state.json").exists()


def test_what_there_was_no_time_for_is_said_and_the_rest_is_kept(config, server, tmp_path):
    server.faults.append(Fault("/applications", 429, {"Retry-After": "3600"}))
    output = tmp_path / "state.json"
    done = run("read", "--deadline", "60s", "--config", str(config), "--output", str(output))
    assert done.returncode == 4, done.stderr
    assert "not read: applications (timeout: throttled by Microsoft Graph (429)" in done.stderr
    assert len(json.loads(output.read_text())["users"]) == 5


@pytest.mark.parametrize(("words", "said"), [
    (("--deadline", "soon"), "--deadline"), (("--deadline", "0s"), "no time at all"),
    (("elsewhere",), "no tenant 'elsewhere'")])
def test_bad_words_are_answered_with_what_to_write_instead(words, said, config, tmp_path):
    done = run("read", *words, "--config", str(config), "--output", str(tmp_path / "state.json"))
    assert done.returncode == 2
    assert said in done.stderr
    assert "fix:" in done.stderr
    assert not (tmp_path / "state.json").exists()
