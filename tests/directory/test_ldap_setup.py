"""What setup prints for OpenLDAP is enough and no more, and a whole check of a directory says no secret."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from agent.directory.setup_ldap import STEPS_LDAP, active_directory, ldap
from tests.directory.ldap_asking import judged, state, tenant
from tests.directory.test_ldap_people import DEFAULT, OVERLAYS, office
from tests.slapd import PASSWORD, SUFFIX, running


def rules():
    """The rules of access that setup prints, for the test's server: for the data and for cn=config."""
    text = STEPS_LDAP.replace("dc=office,dc=example", SUFFIX).replace("\n    by", " by")
    found = re.findall(r"olcAccess: \{\d\}(.*)", text)
    return tuple(one for one in found if "cn=config" not in one), next(one for one in found if "cn=config" in one)


@pytest.fixture(scope="module")
def server():
    access, config = rules()
    with running(office(), overlays=OVERLAYS, access=(*access, "to * by anonymous auth by * none"),
                 config_access=config, limits=f'limits dn.exact="cn=hustings,{SUFFIX}" size=unlimited') as one:
        yield one


def machine(server, tmp_path, **said):
    """A machine.yaml for it; the file with the password is written too."""
    one = tenant(server, tmp_path, "ldap")
    keys = {"name": "office", "kind": "ldap", "url": server.tls_url, "tls_ca": str(server.authority),
            "bind": one.bind, "password_file": one.password_file, "admin_groups": ["admins", "wheel"], **said}
    path = tmp_path / "machine.yaml"
    path.write_text(json.dumps({"roles": ["directory"], "tenants": [keys]}), encoding="utf-8")
    return path


def test_the_printed_rules_open_everything_and_no_password(server, tmp_path):
    one = tenant(server, tmp_path, "ldap", url=server.tls_url, tls_ca=str(server.authority), admin_groups=("admins",))
    seen = state(one)
    assert seen.unread == {}
    assert seen.readable_passwords == 0
    assert judged(seen, one)["directory.password_min_length"] == 16
    told = CliRunner().invoke(ldap, ["--check", "office", "--config", str(machine(server, tmp_path))])
    assert (told.exit_code, "everything that is looked at can be read" in told.output) == (0, True)


def test_what_is_missing_is_named_with_the_checks_it_opens(tmp_path):
    access, _ = rules()
    with running(office(), overlays=OVERLAYS, access=access) as hiding:
        asked = ["--check", "office", "--config", str(machine(hiding, tmp_path))]
        told = CliRunner().invoke(ldap, asked)
        assert told.exit_code == 1
        assert "password_policy in machine.yaml" in told.output
        assert "opens identity/directory-password-length" in told.output
        as_json = json.loads(CliRunner().invoke(ldap, [*asked, "--format", "json"]).output)
        assert [one["section"] for one in as_json["missing"]] == ["default_policy"]
        declared = machine(hiding, tmp_path, password_policy=DEFAULT)
        assert CliRunner().invoke(ldap, ["--check", "office", "--config", str(declared)]).exit_code == 0


@pytest.mark.parametrize("command", [active_directory, ldap])
def test_the_steps_name_each_right_and_what_rests_on_it(command):
    told = CliRunner().invoke(command, [])
    assert told.exit_code == 0
    assert "identity/directory-leavers-have-no-account" in told.output
    assert f"hustings directory setup {command.name} --check office" in told.output
    as_json = json.loads(CliRunner().invoke(command, ["--format", "json"]).output)
    assert all(one["grant"] for one in as_json["rights"])


def test_a_whole_check_of_a_directory_says_what_fails_and_never_the_password(server, tmp_path):
    path = machine(server, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "hustings", "check", "--config", str(path), "--format", "json", "--only",
         "identity/directory-no-dormant-accounts", "--only", "identity/directory-password-length"],
        capture_output=True, text=True, check=False, timeout=120)
    results = {one["check"]: one for one in json.loads(done.stdout)["results"]}
    assert results["identity/directory-no-dormant-accounts"]["verdict"] == "fail"
    assert results["identity/directory-password-length"]["verdict"] == "pass"
    wrong = tmp_path / "wrong"
    wrong.write_text("canary-wrong", encoding="utf-8")
    wrong.chmod(0o600)
    path = machine(server, tmp_path, password_file=str(wrong))
    refused = subprocess.run(
        [sys.executable, "-m", "hustings", "check", "--config", str(path), "--only",
         "identity/directory-password-length"],
        capture_output=True, text=True, check=False, timeout=120, env={"HUSTINGS_DEBUG": "1", "PATH": "/usr/bin:/bin"})
    assert "denied" in refused.stdout
    for said in (done.stdout, done.stderr, refused.stdout, refused.stderr):
        assert PASSWORD not in said
        assert "canary-wrong" not in said
