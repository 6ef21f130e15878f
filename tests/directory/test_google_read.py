"""Reading a Google Workspace tenant over real HTTP: the sign-in, pages, refusals, throttling, and what is kept."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from collectors.base import observe
from collectors.directory_google import COLLECTOR, collect
from collectors.google_errors import NotSignedIn
from collectors.google_sign_in import Account
from collectors.host.protocol import Denied, LookError, Unreadable, Unsupported
from hustings.declared import Declared, Tenant
from hustings.directory.google import State
from hustings.directory.google_sections import BY_NAME, SECTIONS
from hustings.facts import Reason
from policies.directory.context import Context
from policies.directory.google import judged
from tests.directory.google_office import (
    ADMINISTRATOR,
    BOSS,
    CLERK,
    EXEMPT,
    OPEN,
    SUPER,
    days_ago,
    declared,
    host,
    looked,
    office,
    tenant,
)
from tests.directory.signing_in import Time
from tests.google_server import AUTH, CUSTOMER, Fault, GoogleServer, rsa_key, serve, user

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "google"


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with serve(office()) as running:
        yield running


@pytest.fixture
def key(server: GoogleServer, tmp_path: Path) -> Path:
    return server.key_file(tmp_path)


def test_a_whole_tenant_is_read_with_one_token_and_few_requests(server, key):
    state = looked(server, key)
    assert state.unread.keys() == {"forwardings"}
    assert "mail_rules" in state.unread["forwardings"].detail
    assert (state.requests, len(server.paths("/token"))) == (len(server.asked), 1) == (17, 1)
    people = {one.name: one for one in state.users}
    assert len(people) == 11
    assert {one for one, seen in people.items() if not seen.enabled} == {"out@office.example", "kept@office.example"}
    assert people[BOSS].aliases == ("chief@office.example",)
    assert {one.id: one.path for one in state.units}["03counter"] == "/Staff/Counter"
    groups = {one.id: one for one in state.groups}
    assert (groups[SUPER].members, groups[EXEMPT].members, groups[SUPER].complete) == (("103",), ("105",), True)
    assert {one.type for one in state.policies} & {"calendar.external_invitations"} == set()
    assert {(one.os, one.version, one.encrypted) for one in (*state.computers, *state.mobiles, *state.chromebooks)} == {
        ("windows", "10.0.22631.4460", False), ("android", "14", True), ("chromeos", "130.0.6723", True)}
    assert [str(one.supported_until) for one in state.chromebooks] == ["2032-06-10"]
    assert {path for _, path in server.asked if "/gmail/" in path} == set()


def test_pages_are_followed_to_the_last(server, key):
    server.page = 2
    whole = looked(server, key)
    assert (len(whole.users), len(whole.policies)) == (11, len(office().policies) - 1)
    assert len(server.paths("/admin/directory/v1/users")) == 6
    assert {one.id: one.members for one in whole.groups}[SUPER] == ("103",)


def test_the_newest_day_that_has_a_usage_report_is_taken(server, key):
    state = looked(server, key)
    assert state.report is not None
    assert isinstance(state.report.day, date)
    assert state.report.day.isoformat() == max(server.workspace.usage)
    server.workspace.usage.clear()
    assert "usage report" in looked(server, key).unread["report"].detail


def test_a_service_that_counts_no_passkeys_yet_is_asked_for_the_rest(server, key):
    server.reported.discard("accounts:num_passkeys_enrolled")
    report = looked(server, key).report
    assert report is not None
    assert {(one.security_keys, one.passkeys) for one in report.accounts} == {(0, None), (2, None)}
    server.reported.clear()
    assert "400" in looked(server, key).unread["report"].detail


def test_mailboxes_are_asked_only_where_the_declaration_says_so_each_as_its_own_user(server, key):
    state = looked(server, key, mail_rules=True)
    assert "forwardings" not in state.unread
    assert {(one.user, one.outside) for one in state.forwardings} == {(CLERK, False), (OPEN, True)}
    assert not [one for one in state.forwardings if "elsewhere" in repr(one)]
    assert {subject for scopes, subject in server.tokens.values() if AUTH + "gmail.settings.basic" in scopes} >= {CLERK}


def test_a_mailbox_that_cannot_be_asked_costs_itself_alone_and_one_without_mail_nothing(server, key):
    del server.workspace.mail[BOSS]
    assert "forwardings" not in looked(server, key, mail_rules=True).unread
    server.faults = [Fault("/gmail", 403, "forbidden")]
    state = looked(server, key, mail_rules=True)
    assert state.unread["forwardings"].detail.startswith("1 mailboxes")
    assert len(state.forwardings) == 2


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.name != "forwardings"], ids=lambda one: one.name)
def test_a_missing_scope_is_named_and_makes_exactly_what_rests_on_it_unknown(server, key, section):
    whole = _unknown(server, key, mail_rules=True)
    assert whole == {"directory.risky_applications"}
    server.granted.discard(section.scope)
    state = looked(server, key, mail_rules=True)
    assert state.unread.keys() == {section.name, *(("forwardings",) if section.name == "users" else ())}
    assert section.scope in state.unread[section.name].grant
    assert state.unread[section.name].reason == Reason.DENIED
    found = _unknown(server, key, mail_rules=True)
    if section.facts == ("*",):
        assert len(found) > 20
    else:
        assert found - whole <= set(section.facts)
        assert found - whole


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.name not in ("users", "forwardings")],
                         ids=lambda one: one.name)
def test_over_tenants_in_which_everything_matters_a_scope_is_missed_where_the_table_says(server, key, section):
    server.granted.discard(section.scope)
    lost: set[str] = set()
    for change in ({}, {"isEnforcedIn2Sv": False, "isEnrolledIn2Sv": False, "isAdmin": False},
                   {"isEnrolledIn2Sv": False, "creationTime": days_ago(2)}):
        server.workspace = office()
        for one in server.workspace.users:
            one |= {**change, "isMailboxSetup": True}
        if change:
            server.workspace.policies += [
                {**one, "policyQuery": {**one["policyQuery"], "group": f"groups/{EXEMPT}", "sortOrder": 400 + index},
                 "setting": {**one["setting"], "value": _other(one["setting"]["value"])}}
                for index, one in enumerate(list(server.workspace.policies))]
        lost |= _unknown(server, key)
    assert lost - {"directory.risky_applications", "directory.forwarding"} == set(section.facts)


def _other(value: dict[str, object]) -> dict[str, object]:
    """A setting turned round, so that it matters whom it covers."""
    turned = {"ALL": "PASSKEY_ONLY", "PASSKEY_ONLY": "ALL", "NO_TELEPHONY": "PASSKEY_ONLY", "STRONG": "WEAK",
              "BLOCK_ALL_SCOPES": "ALLOW_SIGN_IN_SCOPES_ONLY", "2024-02-16T23:22:21.732Z": "1970-01-01T00:00:00Z"}
    return {name: not one if isinstance(one, bool) else 6 if name == "minimumLength" else turned.get(str(one), one)
            for name, one in value.items()}


def _unknown(server: GoogleServer, key: Path, **more: object) -> set[str]:
    """The facts that are unknown, or lists that are not whole."""
    state = looked(server, key, **more)
    answers = judged(state, Context(tenant(server, key), state.read_at))
    return {name for name, one in answers.items()
            if type(one).__name__ == "Missing" or getattr(one, "complete", True) is False}


@pytest.mark.parametrize(("host_name", "sections"), [
    ("cloudidentity.googleapis.com", {"policies", "sign_on", "computers"}),
    ("gmail.googleapis.com", {"forwardings"})])
def test_an_interface_that_is_not_enabled_is_named(server, key, host_name, sections):
    server.disabled.add(host_name)
    state = looked(server, key, mail_rules=True)
    assert state.unread.keys() == sections
    assert all("enable it" in one.grant and host_name in one.grant for one in state.unread.values())


def test_a_privilege_that_the_administrator_lacks_is_named(server, key):
    server.unprivileged.add("/admin/directory/v1/customer/C03ymv5su/devices")
    state = looked(server, key)
    assert state.unread.keys() == {"mobiles", "chromebooks", "forwardings"}
    assert state.unread["mobiles"].grant == "that administrator the privilege: Mobile device management"


@pytest.mark.parametrize(("status", "reason", "headers"), [
    (403, "userRateLimitExceeded", {}), (403, "quotaExceeded", {}), (429, "rateLimitExceeded", {"Retry-After": "7"}),
    (503, "backendError", {}), (500, "internalError", {})])
def test_what_passes_is_waited_for(server, key, status, reason, headers):
    server.faults = [Fault("/admin/directory/v1/users", status, reason, 2, headers),
                     Fault("/v1/policies", status, reason, 1, headers)]
    time = Time()
    state = looked(server, key, time)
    assert len(state.users) == 11
    assert state.unread.keys() == {"forwardings"}
    assert time.passed >= (14 if headers else 0.01)


def test_what_does_not_pass_costs_its_part_alone_and_the_run_ends_in_time(server, key):
    server.faults = [Fault("/v1/policies", 429, "rateLimitExceeded", 99)]
    state = looked(server, key)
    assert state.unread.keys() == {"policies", "forwardings"}
    assert state.unread["policies"].reason == Reason.TIMEOUT
    server.faults = [Fault("/v1/policies", 429, "rateLimitExceeded", 99, {"Retry-After": "3600"})]
    time = Time()
    assert looked(server, key, time).unread["policies"].reason == Reason.TIMEOUT
    assert time.passed < 600


def test_the_policy_interface_is_asked_no_more_than_once_a_second(server, key):
    server.page = 5
    time = Time()
    state = looked(server, key, time)
    assert len(state.policies) == len(office().policies) - 1
    assert time.slept == [1.0] * (len(server.paths("/v1/policies")) - 1)


@pytest.mark.parametrize("change", [
    {"type": "authorized_user"}, {"private_key": "-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n"},
    {"client_email": ""}])
def test_a_file_that_is_no_key_is_refused_with_a_remedy_and_tells_nothing_of_itself(server, tmp_path, change):
    file = server.key_file(tmp_path, **change)
    with pytest.raises(Unreadable) as refused:
        looked(server, file)
    assert "key" in str(refused.value)
    assert "BEGIN" not in str(refused.value)
    assert server.asked == []


def test_a_key_that_others_may_read_is_not_used(server, key):
    from collectors.directory_google import read

    with pytest.raises(Denied, match="chmod 600"):
        read(host(key, 0o640), tenant(server, key), within=10)


@pytest.mark.parametrize(("declared_url", "token_uri"), [
    ("", "https://tokens.attacker.example/token"), ("", "http://127.0.0.1.attacker.example/token"),
    ("https://proxy.attacker.example", "https://oauth2.googleapis.com/token")])
def test_the_assertion_goes_to_google_or_to_this_machine_and_nowhere_else(server, tmp_path, declared_url, token_uri):
    text = server.key_file(tmp_path, token_uri=token_uri).read_text()
    declared_tenant = Tenant("office", kind="google", key_file="/key.json", administrator=ADMINISTRATOR,
                             url=declared_url)
    with pytest.raises(Unsupported):
        Account(text, declared_tenant)
    rehearsal = Account(text, msgspec.structs.replace(declared_tenant, url=server.url))
    assert rehearsal.endpoint == server.url + "/token"
    assert "canary" not in repr(rehearsal)


@pytest.mark.parametrize(("change", "says"), [
    ({"administrator": "nobody@office.example"}, "administrator"),
    ({"administrator": "out@office.example"}, "administrator")])
def test_a_refused_sign_in_makes_the_whole_state_unknown_and_says_what_to_mend(server, key, change, says):
    with pytest.raises(NotSignedIn, match=says):
        looked(server, key, **change)


def test_no_scope_at_all_makes_the_whole_state_unknown(server, key):
    server.granted.clear()
    with pytest.raises(LookError, match=r"admin\.directory\.user\.readonly"):
        looked(server, key)


def test_a_token_that_is_no_longer_accepted_is_renewed_once(server, key):
    server.faults = [Fault("/v1/policies", 401, "authError", 1)]
    assert "policies" not in looked(server, key).unread
    assert len(server.paths("/token")) == 2
    server.faults = [Fault("/v1/policies", 401, "authError", 9)]
    assert "policies" in looked(server, key).unread


def test_a_redirect_is_not_followed(server, key):
    server.faults = [Fault("/v1/policies", 302, "", 1, {"Location": "https://attacker.example/"})]
    state = looked(server, key)
    assert "redirect" in state.unread["policies"].detail


def test_recorded_answers_of_the_policy_interface_are_read_as_they_are(server, key):
    if not SAMPLES.is_dir():
        pytest.skip("shared/ is not beside the checkout")
    for number in range(1, 13):
        sample = json.loads((SAMPLES / f"policyapi_get_policies{number}.json").read_text())
        answers = sample.get("responses") or [sample["response"]]
        server.workspace.policy_answers = answers
        state = looked(server, key)
        kept = [one for answer in answers for one in answer["policies"]
                if one["setting"]["type"].startswith(("settings/security.", "settings/gmail.service_status"))]
        assert "policies" not in state.unread
        assert len(state.policies) == len(kept)


def test_recorded_answers_give_the_settings_that_were_recorded_with_them(server, key):
    if not SAMPLES.is_dir():
        pytest.skip("shared/ is not beside the checkout")
    from policies.directory.google_people import People
    from policies.directory.google_settings import Settings

    sample = json.loads((SAMPLES / "policyapi_get_policies2.json").read_text())
    server.workspace.policy_answers = sample["responses"]
    server.workspace.units = [{"orgUnitId": f"id:{one}", "orgUnitPath": seen["path"], "name": seen["name"]}
                              for one, seen in sample["orgunits"].items()]
    first, second = sample["groups"]
    server.workspace.groups |= {first: {"email": sample["groups"][first], "name": "one", "members": ["104"]},
                                second: {"email": sample["groups"][second], "name": "two", "members": []}}
    server.workspace.users += [user("sub@office.example", "201", orgUnitPath="/subOU/deeper"),
                               user("second@office.example", "202", orgUnitPath="/secondOU"),
                               user("deep@office.example", "203", orgUnitPath="/1/1-1/1-1-1/1-1-1-1")]
    state = looked(server, key)
    people = People(state, Context(tenant(server, key), state.read_at))
    settings = Settings(state, people)
    recovery = ("security.super_admin_account_recovery", "enableAccountRecovery")
    expected = sample["results"]
    by_name = {one.name: one for one in state.users}
    for who, where in ((BOSS, "topOU"), ("sub@office.example", "subOU"), ("second@office.example", "secondOU"),
                       (CLERK, f"topOU (group {sample['groups'][first]})")):
        assert settings.values(by_name[who], *recovery) == (
            expected[where]["security_super_admin_account_recovery"]["enableAccountRecovery"],), where


def test_a_collector_keeps_the_state_on_the_machine_and_other_kinds_have_none(server, key):
    about = Declared(tenants=(*declared(server, key).tenants, Tenant("ad", kind="active-directory")))
    machine = host(key)
    machine.kind = "live"
    seen = observe(COLLECTOR, collect(machine, about), machine.now(), about)
    assert seen["directory.google_state@ad"].absent
    state = msgspec.json.decode(str(seen["directory.google_state@office"].value), type=State)
    assert state.id == CUSTOMER
    assert COLLECTOR.facts[0].disclosure == "local"


def test_no_secret_is_in_anything_that_a_run_leaves(server, key, capfd, caplog):
    caplog.set_level(0)
    server.faults = [Fault("/v1/policies", 400, "badRequest", 9), Fault("/v1/devices", 403, "forbidden", 9)]
    server.granted.discard(BY_NAME["roles"].scope)
    machine = host(key)
    machine.kind = "live"
    about = declared(server, key, mail_rules=True)
    left = repr(collect(machine, about)) + repr(about) + caplog.text + "".join(capfd.readouterr())
    private = json.loads(key.read_text())["private_key"].splitlines()[3]
    assert "ya29" not in left
    assert private not in left
    assert server.tokens
    assert rsa_key().private_numbers().d  # the key exists, and is the one that signed


def test_twenty_thousand_accounts_take_few_requests(server, key):
    draw = random.Random(3)
    server.workspace.users += [
        user(f"p{number}@office.example", f"5{number:06d}", isEnforcedIn2Sv=draw.random() > 0.1,
             orgUnitPath=draw.choice(["/", "/Staff", "/Staff/Counter", "/Field"])) for number in range(20_000)]
    state = looked(server, key)
    assert (len(state.users), state.requests) == (20_011, 57)
    answers = judged(state, Context(tenant(server, key), datetime.now(UTC)))
    assert answers["directory.people"] == 20_009
    assert len(answers["directory.people_without_mfa"].items) > 1_900
