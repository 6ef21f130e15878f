"""A real domain controller (Samba): what is planted in the domain is found, over the wire, and nothing else."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.directory.setup_ldap import active_directory
from hustings.declared import Tenant
from hustings.facts import Missing
from tests import samba_dc
from tests.directory.ldap_asking import accounts, judged, pairs, state
from tests.samba_dc import BASE, PASSWORD

PLANTED = """
for name in ("hustings", "alice", "bob", "carol", "dave", "erin", "peter", "frank", "clerk1", "closed", "zoe"):
    sam.newuser(name, password)
for name in ("Nested1", "Nested2", "Helpdesk"):
    sam.newgroup(name)
def join(group, *members):
    sam.add_remove_group_members(group, members, add_members_operation=True)
join("Domain Admins", "Nested1", "peter"); join("Nested1", "Nested2"); join("Nested2", "Nested1", "alice")
join("Backup Operators", "bob"); join("Helpdesk", "carol")
change("peter", primaryGroupID="512")
grant(base, "(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;%s)" % sid("dave"))
grant(base, "(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;%s)" % sid("dave"))
grant("CN=AdminSDHolder,CN=System," + base, "(A;;GA;;;%s)" % sid("erin"))
grant("Domain Admins", "(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;%s)" % sid("Helpdesk"))
grant("Administrator", "(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;%s)" % sid("Helpdesk"))
grant("alice", "(OA;;WP;5b47d60f-6090-40b2-9f37-2a4de88f3063;;%s)" % sid("closed"))
sam.newcomputer("WEB1"); sam.newcomputer("APP1"); sam.newcomputer("OFF1")
change("WEB1$", userAccountControl=str(0x81000)); change("OFF1$", userAccountControl=str(0x81002))
change("APP1$", userAccountControl=str(0x1001000))
change("APP1$", msDS_AllowedToDelegateTo="cifs/dc1.office.test")
change("alice", servicePrincipalName="http/intranet.office.test")
change("frank", userAccountControl=str(0x410200))
change("closed", userAccountControl=str(0x202))
change("clerk1", userAccountControl=str(0x220))
change(base, lockoutThreshold="5"); change(base, minPwdLength="16")
sam.add({"dn": "CN=weak,CN=Password Settings Container,CN=System," + base, "objectClass": "msDS-PasswordSettings",
  "msDS-PasswordSettingsPrecedence": "10", "msDS-MinimumPasswordLength": "9", "msDS-LockoutThreshold": "7",
  "msDS-PasswordHistoryLength": "24", "msDS-PasswordComplexityEnabled": "TRUE",
  "msDS-PasswordReversibleEncryptionEnabled": "FALSE", "msDS-MinimumPasswordAge": "-864000000000",
  "msDS-MaximumPasswordAge": "-36288000000000", "msDS-LockoutDuration": "-18000000000",
  "msDS-LockoutObservationWindow": "-18000000000", "msDS-PSOAppliesTo": dn("Helpdesk")})
"""


@pytest.fixture(scope="module")
def controller():
    with samba_dc.running(PLANTED) as one:
        yield one


def domain(controller, tmp_path: Path, who: str) -> Tenant:
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o600)
    return Tenant(name="office", kind="active-directory", url=controller.url, bind=f"{who}@office.test",
                  password_file=str(secret), break_glass=("Administrator",))


def test_every_planted_fault_of_a_real_domain_is_found_and_its_clean_twin_is_not(controller, tmp_path):
    one = domain(controller, tmp_path, "Administrator")
    seen = state(one)
    answers = judged(seen, one)
    assert seen.unread == {}
    assert accounts(answers["directory.top_admins"]) == ["Administrator", "alice", "peter"]
    assert answers["directory.administrators"] == 4
    assert pairs(answers["directory.hidden_admins"], "right") == [
        ("APP1$", "protocol_transition"), ("WEB1$", "unconstrained_delegation"), ("carol", "add_member"),
        ("carol", "reset_password"), ("dave", "replicate"), ("erin", "all")]
    assert pairs(answers["directory.no_password_needed"], "why") == [
        ("alice", "crackable_ticket"), ("clerk1", "password_not_required"), ("frank", "no_preauthentication")]
    assert accounts(answers["directory.never_expiring"]) == ["frank"]
    assert accounts(answers["directory.shared_accounts"]) == ["clerk1"]
    assert accounts(answers["directory.default_accounts"]) == []
    assert (answers["directory.password_min_length"], answers["directory.lockout_threshold"]) == (9, 7)
    assert answers["directory.break_glass"].items == [{"account": "Administrator", "found": True, "usable": True}]
    assert seen.settings.machine_quota == 10
    assert seen.settings.anonymous is False


def test_an_ordinary_account_lacks_the_fine_grained_policies_alone_and_setup_opens_them(controller, tmp_path):
    one = domain(controller, tmp_path, "hustings")
    seen = state(one)
    answers = judged(seen, one)
    assert set(seen.unread) == {"fine_policies"}
    blocked = {fact for fact, answer in answers.items() if isinstance(answer, Missing)}
    assert blocked == {f"directory.{fact}" for fact in (
        "password_min_length", "lockout_threshold", "weak_password_rules", "never_expiring")}
    assert accounts(answers["directory.top_admins"]) == ["Administrator", "alice", "peter"]
    machine = tmp_path / "machine.yaml"
    machine.write_text(
        f"roles: [directory]\ntenants:\n- {{name: office, kind: active-directory, url: '{controller.url}', bind: "
        f"hustings@office.test, password_file: {one.password_file}}}\n", encoding="utf-8")
    asked = ["--check", "office", "--config", str(machine)]
    refused = CliRunner().invoke(active_directory, asked)
    assert refused.exit_code == 1
    assert "CN=Password Settings Container" in refused.output
    assert "opens identity/directory-password-length" in refused.output
    controller.change(f"""
grant("CN=Password Settings Container,CN=System,{BASE}", "(A;CI;GR;;;%s)" % sid("hustings"))
grant("CN=weak,CN=Password Settings Container,CN=System,{BASE}", "(A;;GR;;;%s)" % sid("hustings"))
""")
    granted = CliRunner().invoke(active_directory, asked)
    assert (granted.exit_code, "everything that is looked at can be read" in granted.output) == (0, True)
    assert judged(state(one), one)["directory.password_min_length"] == 9

