"""A whole tenant over the wire: every section, each permission and licence missing in turn, runs that are resumed."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent import collector_memory
from collectors import _entra_permissions, _entra_run, _entra_state, directory_entra, isolate
from collectors._entra_memory import Parts
from collectors._entra_reading import Reading
from collectors._patience import Clock, Patience
from collectors._web import Web
from collectors.base import ABSENT, Dated, Memory
from collectors.directory_entra import FACT
from collectors.graph_door import Graph, Token
from collectors.graph_errors import NotSignedIn
from collectors.graph_sign_in import connect
from collectors.host.live import LiveHost
from hustings.backoff import Backoff
from hustings.declared import AcceptedApplication, Declared, MaySkip, Tenant
from hustings.directory.entra import Forwarding, Group, State
from hustings.facts import Missing, Reason
from tests import graph_tenant
from tests.graph_server import CLIENT, SECRET, TENANT, Fault, GraphServer, serve
from tests.graph_tenant import GLOBAL, guid, office

EVERYTHING = {one.name for one in _entra_permissions.PERMISSIONS}
ALWAYS = {"tenant_forwarding"}


class Time:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.passed = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC), monotonic=lambda: self.passed,
                     sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture(scope="module")
def listening():
    with serve(permissions=sorted(EVERYTHING)) as server:
        yield server


@pytest.fixture
def server(listening) -> GraphServer:
    listening.resources.clear()
    listening.log.clear()
    listening.faults.clear()
    listening.app.permissions = set(EVERYTHING)
    return office().install(listening)


@pytest.fixture
def tenant(server, tmp_path) -> Tenant:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    return Tenant(name="office", kind="entra", id=TENANT, client_id=CLIENT, secret_file=str(secret), url=server.url,
                  mail_rules=True)


def patience(within: float = 60.0) -> Patience:
    return Patience(within, clock=Time().clock(), backoff=Backoff(tries=4, base=1.0, cap=60.0))


def state(tenant: Tenant, **more: object) -> State:
    read, left, _ = _entra_run.run(LiveHost(), tenant, within=60, patience=patience(), **more)
    assert left is None
    return msgspec.json.decode(msgspec.json.encode(read), type=State)


def test_every_section_is_read_as_graph_has_it(tenant, server):
    read = state(msgspec.structs.replace(
        tenant, may_skip_mfa=(MaySkip("Candidates", "r", "o"),), high_value=("candidates@office.example",),
        accepted_applications=(AcceptedApplication("Backup", "o"),)))
    assert set(read.unread) == ALWAYS
    people = {one.name.partition("@")[0]: one for one in read.users}
    assert people["clerk"].last_sign_in == datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
    assert people["never"].last_sign_in is None
    assert (people["never"].synced, people["never"].password_never_expires, people["never"].mailbox) == (True,) * 2 + (
        False,)
    assert [one.name for one in read.users if not one.enabled] == ["gone@office.example"]
    assert [one.guest and one.external for one in read.users].count(True) == 1
    assert [people["admin"].mailbox, people["clerk"].mailbox, people["gone"].mailbox] == [True, False, True]
    assert {name: one.per_user_mfa for name, one in people.items() if one.per_user_mfa != "disabled"} == {
        "clerk": "enforced", "gone": ""}
    groups = {one.name or one.id: one for one in read.groups}
    assert groups["Left out"].members == (people["clerk"].id,)
    assert groups["Administrators"].direct == (people["never"].id,)
    assert groups[guid(9, 2)] == Group(guid(9, 2), exists=False)
    assert groups["Candidates"].mail == "candidates@office.example"
    assert all(one.complete for one in read.groups)
    assert [(one.role, one.kind, one.eligible, one.privileged) for one in read.roles] == [
        (GLOBAL, "user", False, True), (GLOBAL, "group", False, True),
        (graph_tenant.READERS, "servicePrincipal", False, False), (GLOBAL, "user", True, True)]
    assert [one.strength for one in read.policies] == ["", guid(4, 6)]
    assert [one.combinations for one in read.strengths] == [("fido2", "windowsHelloForBusiness")]
    assert [(one.name, one.permissions, one.delegated, one.foreign) for one in read.applications] == [
        ("Backup", ("Mail.Read",), ("Files.Read.All", "offline_access"), True), ("Roll", (), (), False)]
    assert [(one.kind, one.ends.year) for one in read.applications[1].credentials] == [("secret", 2299)]
    assert read.authorization.invites == "adminsAndGuestInviters"
    assert read.passwords.lockout_threshold == 10
    assert [one.password_validity_days for one in read.domains] == [0]
    assert "AAD_PREMIUM_P2" in read.licences
    assert [(one.name, one.encrypted, one.compliant) for one in read.devices] == [("PC-7", True, True)]
    assert read.forwardings == (Forwarding("clerk@office.example", outside=True),)
    assert read.registrations[1].methods == ("fido2SecurityKey", "softwareOneTimePasscode")


def test_the_number_of_requests_is_stated_and_no_part_is_asked_for_twice(tenant, server):
    read = state(tenant)
    asked = [(one.path, tuple(sorted(one.query.items()))) for one in server.log
             if one.path.startswith(("/v1.0", "/beta")) and "$batch" not in one.path]
    assert len(asked) == len(set(asked))
    sent = [one for one in server.log if one.path.startswith(("/v1.0", "/beta")) and not one.batched]
    assert read.requests == len(sent) == 22
    assert {one.method for one in sent if "$batch" not in one.path} == {"GET"}


@pytest.mark.parametrize("permission", [one.name for one in _entra_permissions.PERMISSIONS])
def test_each_missing_permission_costs_exactly_its_sections_and_is_named(permission, tenant, server):
    server.app.permissions = EVERYTHING - {permission} - {"Directory.Read.All"}
    read = state(tenant)
    lost = set(_entra_permissions.opened_by(permission)) | set(_entra_permissions.opened_by("Directory.Read.All"))
    assert set(read.unread) - ALWAYS == lost
    for section in _entra_permissions.opened_by(permission):
        assert read.unread[section].reason is Reason.DENIED
        assert read.unread[section].grant == permission
        assert permission in read.unread[section].missing().detail
    assert [one.name for one in read.groups if not one.complete] == (
        ["Secret society"] if permission == "Member.Read.Hidden" else [])


@pytest.mark.parametrize(("plan", "lost"), [
    ("AAD_PREMIUM", {"sign_ins", "registrations"}), ("AAD_PREMIUM_P2", set()), ("INTUNE_A", set())])
def test_each_missing_licence_costs_exactly_its_sections_and_is_named(plan, lost, tenant, server):
    server.licences.discard(plan)
    read = state(tenant)
    assert set(read.unread) - ALWAYS == lost
    assert {read.unread[one].licence for one in lost} <= {"Microsoft Entra ID P1"}
    assert {read.unread[one].reason for one in lost} <= {Reason.UNSUPPORTED}
    assert len(read.users) == 5
    if plan == "AAD_PREMIUM_P2":
        assert not any(one.eligible for one in read.roles)
    if plan == "INTUNE_A":
        assert [(one.name, one.owner, one.encrypted) for one in read.devices] == [("PHONE-1", "personal", None)]


def test_without_intune_the_permission_for_devices_is_the_one_named(tenant, server):
    server.licences.discard("INTUNE_A")
    server.app.permissions = EVERYTHING - {"Device.Read.All", "Directory.Read.All"}
    assert state(tenant).unread["devices"].grant == "Device.Read.All"


def test_one_broad_permission_opens_what_the_narrow_ones_do(tenant, server):
    server.app.permissions = {"Directory.Read.All", "Policy.Read.All", "AuditLog.Read.All", "Member.Read.Hidden",
                              "RoleManagement.Read.Directory", "DeviceManagementManagedDevices.Read.All"}
    assert set(state(msgspec.structs.replace(tenant, mail_rules=False)).unread) - ALWAYS == {"forwardings"}


def test_a_tenant_that_lets_nothing_be_read_is_no_state(tenant, server):
    server.app.permissions = set()
    collected = directory_entra.collect(LiveHost(), Declared(tenants=(tenant,)))
    assert collected[f"{FACT}@office"].reason is Reason.DENIED
    assert "hustings directory setup entra" in collected[f"{FACT}@office"].detail
    Path(tenant.secret_file).write_text("wrong")
    with pytest.raises(NotSignedIn):
        state(tenant)


def test_tenants_of_another_kind_are_absent_and_images_are_not_asked(tenant, tmp_path):
    from collectors.host.image import ImageHost

    other = Tenant(name="other", kind="google")
    assert directory_entra.collect(LiveHost(), Declared(tenants=(other,))) == {f"{FACT}@other": ABSENT}
    (tmp_path / "etc").mkdir()
    collected = directory_entra.collect(ImageHost(str(tmp_path)), Declared(tenants=(tenant, other)))
    assert collected[f"{FACT}@office"].reason is Reason.UNSUPPORTED


def test_only_as_many_accounts_are_asked_one_by_one_as_declared_first_those_that_matter(tenant, server):
    read = state(msgspec.structs.replace(tenant, per_user_mfa=3, mail_rules=False))
    asked = [one.path.split("/")[3] for one in server.log if one.path.endswith("/requirements")]
    assert set(asked) == {guid(2, 1), guid(5, 1), guid(1, 1)}
    assert read.unread["per_user_mfa"].reason is Reason.TRUNCATED
    assert "3 of 4 enabled accounts" in read.unread["per_user_mfa"].detail


def test_a_tenant_without_any_account_or_administrator_is_one_that_was_not_shown(tenant, server):
    for content, section in ((graph_tenant.Tenant(assignments=office().assignments), "users"),
                             (graph_tenant.Tenant(users=office().users), "roles")):
        content.install(server)
        read = state(tenant)
        assert read.unread[section].reason is Reason.ERROR
        assert "every tenant has" in read.unread[section].detail


def test_where_only_v1_has_the_setting_by_user_it_is_asked_there(tenant, server):
    server.resources["/users/{}/authentication/requirements"].beta = False
    assert "per_user_mfa" not in state(tenant).unread


def test_where_only_get_is_let_through_everything_but_the_setting_by_user_is_asked_one_by_one(tenant, server):
    for version in ("/$batch", "/v1.0/$batch", "/beta/$batch"):
        server.faults.append(Fault(version, 405, times=10_000, body={"error": {"code": "MethodNotAllowed"}}))
    server.resources["/users/{}/mailFolders/inbox/messageRules"].permissions = ("nobody has it",)
    read = state(tenant)
    assert set(read.unread) - ALWAYS == {"per_user_mfa", "forwardings"}
    assert read.unread["forwardings"].grant == ""
    assert sorted(one.exists for one in read.groups) == [False, True, True, True]
    assert [one.permissions for one in read.applications] == [("Mail.Read",), ()]


def test_a_service_that_takes_no_page_size_is_asked_without(tenant, server):
    server.resources["/reports/authenticationMethods/userRegistrationDetails"].over = "never"
    server.resources["/users"].over = "never"
    read = state(tenant)
    assert len(read.registrations) == 2
    assert set(read.unread) == ALWAYS


def test_large_groups_and_pages_that_hold_nothing_are_read_to_the_end(tenant, server):
    office_ = office()
    office_.users += [graph_tenant.user(number) for number in range(10, 2510)]
    office_.groups[0].members += [one["id"] for one in office_.users]
    office_.install(server)
    server.resources["/users"].holes = 2
    server.resources["/groups/{}/transitiveMembers"].holes = 1
    read = state(msgspec.structs.replace(tenant, per_user_mfa=0, mail_rules=False))
    assert len(read.users) == 2505
    assert len(next(one for one in read.groups if one.name == "Left out").members) == 2505


def test_sign_ins_that_succeeded_count_and_attempts_only_where_none_is_known(tenant, server):
    server.resources["/users"].holds[0]["signInActivity"]["lastSuccessfulSignInDateTime"] = "2024-03-01T00:00:00Z"
    assert next(one for one in state(tenant).users if one.id == guid(1, 1)).last_sign_in.year == 2024


def test_a_principal_whose_kind_is_not_told_is_found_out(tenant, server):
    for one in server.resources["/roleManagement/directory/roleAssignments"].holds:
        one["principal"] = None
    read = state(tenant)
    assert [one.kind for one in read.roles if not one.eligible] == ["user", "group", "servicePrincipal"]
    assert guid(2, 3) not in {one.id for one in read.groups}
    roles = server.resources["/roleManagement/directory/roleAssignments"].holds
    roles.append(roles[0] | {"id": "left behind", "principalId": guid(404)})
    assert len(state(tenant).roles) == len(read.roles)


def test_groups_are_found_by_names_of_any_letters(tenant, server):
    odd = "Élus & l'équipe #1 + 50%"
    office_ = office()
    office_.groups.append(graph_tenant.group(8, odd, guid(1, 1)))
    office_.install(server)
    read = state(msgspec.structs.replace(tenant, high_value=(odd, "clerk@office.example", "Nobody's")))
    assert [one.members for one in read.groups if one.name == odd] == [(guid(1, 1),)]
    assert set(read.unread) == ALWAYS


def test_a_group_within_that_hides_its_members_leaves_a_group_partly_read(tenant, server):
    office_ = office()
    office_.groups += [graph_tenant.group(7, "Closed", guid(1, 1), visibility="HiddenMembership")]
    office_.groups[0].members.append(guid(7, 2))
    office_.install(server)
    server.app.permissions.discard("Member.Read.Hidden")
    assert {one.name for one in state(tenant).groups if not one.complete} == {"Left out", "Secret society"}
    server.app.permissions.add("Member.Read.Hidden")
    assert all(one.complete for one in state(tenant).groups)


def test_an_administrator_whose_mailbox_may_be_in_the_active_directory_has_one(tenant, server):
    never = server.resources["/users"].holds[4]
    never["mail"] = "never@Office.Example"
    read = {one.id: one for one in state(tenant).users}
    assert [read[never["id"]].mailbox, read[guid(1, 1)].mailbox] == [True, False]


def test_a_person_who_is_refused_in_spite_of_the_permission_lacks_a_role(tenant, server):
    server.app.permissions = {"Domain.Read.All"}
    token = connect(LiveHost(), tenant, within=60)._token(False)
    granted = Token(token.value, frozenset({"User.Read.All", "Domain.Read.All"}), delegated=True)
    reading = Reading(Graph(Web(server.url), lambda _: granted, patience()), tenant, Parts(datetime.now(UTC)))
    _entra_state.read(reading)
    assert reading.unread["users"].grant == "the role Global Reader to the person who signs in"
    assert reading.unread["groups" if "groups" in reading.unread else "roles"].grant != reading.unread["users"].grant


def test_a_throttled_run_says_how_far_it_came_and_the_next_goes_on_from_there(tenant, server):
    office_ = office()
    office_.users += [graph_tenant.user(number) for number in range(10, 2010)]
    office_.install(server)
    declared = Declared(tenants=(msgspec.structs.replace(tenant, per_user_mfa=0, mail_rules=False),))
    server.faults.append(Fault("/users", 429, {"Retry-After": "7200"}, times=1, after=2))
    first = io.BytesIO()
    said = directory_entra.recall(LiveHost(), declared, Memory(None, first))[f"{FACT}@office"]
    assert isinstance(said, Missing)
    assert said.reason is Reason.TIMEOUT
    assert "goes on next time, not before" in said.detail
    before = len(server.log)
    second = io.BytesIO()
    told = directory_entra.recall(LiveHost(), declared, Memory(io.BytesIO(first.getvalue()), second))[f"{FACT}@office"]
    assert isinstance(told, Dated)
    read = msgspec.json.decode(told.value, type=State)
    assert len(read.users) == 2005
    assert set(read.unread) == ALWAYS | {"forwardings", "per_user_mfa"}
    again = [one.path for one in server.log[before:] if one.path.startswith("/v1.0") and not one.batched]
    assert again.count("/v1.0/users") == 3
    assert "/v1.0/domains" not in again
    assert "/v1.0/identity/conditionalAccess/policies" not in again
    assert b'"tenants":{}' in second.getvalue()


def test_wherever_a_run_is_throttled_the_next_ends_with_what_one_run_reads(tenant, server):
    def whole(read: State) -> State:
        return msgspec.structs.replace(read, read_at=datetime(2026, 11, 22, tzinfo=UTC), requests=0)

    want = whole(state(tenant))
    asked = [one.path for one in server.log if not one.batched and one.path.startswith(("/v1.0/", "/beta/"))]
    taken_up = 0
    for at, path in enumerate(asked):
        part = path.split("/", 2)[2]
        server.faults[:] = [Fault(f"/{part}", 429, {"Retry-After": "600"}, after=asked[:at].count(path))]
        read, kept, _ = _entra_run.run(LiveHost(), tenant, within=60, patience=patience(), remembers=True)
        if kept is not None:
            taken_up += 1
            read, kept, _ = _entra_run.run(LiveHost(), tenant, within=60, patience=patience(), kept=kept,
                                           remembers=True)
        assert kept is None
        assert whole(read) == want, path
    assert taken_up >= len(asked) - 1


def test_the_agents_scheduled_runs_go_on_from_its_own_file_and_then_keep_none(tenant, server, tmp_path):
    declared, cache = Declared(tenants=(tenant,)), dict[str, isolate.Kept]()
    files = {collector_memory.ENTRA: tmp_path / "entra.memory"}
    server.faults.append(Fault("/reports", 429, {"Retry-After": "7200"}, times=1))
    seen, sent = [], []
    for _ in range(3):
        server.log.clear()
        with collector_memory.taken_up(files) as memories:
            looked = isolate.look(LiveHost(), [directory_entra.COLLECTOR], declared, cache=cache, memories=memories)
        seen.append(looked.facts[f"{FACT}@office"])
        sent.append(sum(not one.batched for one in server.log))
        if len(seen) == 1:
            assert files[collector_memory.ENTRA].stat().st_mode & 0o777 == 0o600
    assert "registrations; goes on next time" in seen[0].missing.detail
    assert seen[1].known
    assert seen[2] == seen[1]
    assert [sent[0] > 20, sent[1] < 8, sent[2]] == [True, True, 0]
    assert list(tmp_path.glob("*memory*")) == []


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema":"other/1","tenants":{}}', b"\xff"])
def test_a_memory_that_is_damaged_is_none(damage, tenant):
    told = directory_entra.recall(LiveHost(), Declared(tenants=(tenant,)), Memory(io.BytesIO(damage), io.BytesIO()))
    assert isinstance(told[f"{FACT}@office"], Dated)


def test_a_link_that_has_grown_stale_is_begun_again(tenant, server):
    office_ = office()
    office_.users += [graph_tenant.user(number) for number in range(10, 2010)]
    office_.install(server)
    small = msgspec.structs.replace(tenant, per_user_mfa=0, mail_rules=False)
    server.faults.append(Fault("/users", 429, {"Retry-After": "7200"}, times=1, after=2))
    _, left, _ = _entra_run.run(LiveHost(), small, within=60, patience=patience(), remembers=True)
    server.faults.append(Fault("/users", 400, times=1, body={"error": {
        "code": "Directory_ExpiredPageToken", "message": "The specified page token value has expired."}}))
    read, left, _ = _entra_run.run(LiveHost(), small, within=60, patience=patience(), kept=left, remembers=True)
    assert left is None
    assert len(read.users) == len({one.id for one in read.users}) == 2005


def test_who_goes_on_being_throttled_gets_what_there_is_in_the_end(tenant, server):
    left = None
    small = msgspec.structs.replace(tenant, mail_rules=False)
    for _ in range(6):
        server.faults.append(Fault("/identity/conditionalAccess", 429, times=1000))
        read, left, progress = _entra_run.run(LiveHost(), small, within=60, patience=patience(), kept=left,
                                              remembers=True)
    assert left is None
    assert read.unread["policies"].reason is Reason.TIMEOUT
    assert len(read.users) == 5
    assert "policies" not in progress


def test_without_a_memory_what_could_be_read_in_time_is_given(tenant, server):
    server.faults.append(Fault("/reports", 503, {"Retry-After": "7200"}, times=1))
    read = state(tenant)
    assert read.unread["registrations"].reason is Reason.TIMEOUT
    assert len(read.users) == 5
