"""The way of a report into the store, through the application, on both databases."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from hustings import envelope, report
from hustings.envelope import MAX_ENVELOPE
from hustings.errors import BadDocument
from hustings.report import Receipt
from hustings.verdicts import Verdict
from server.ledger import FORKS_KEPT
from server.store import agents, frames, reports, schema, tenants
from server.store.database import WHOLE_SERVER
from tests.sender import INVENTORY, RESULTS, Sender, flipped, same, squeezed
from tests.server.setups import Office

REPORTS = "/v1/reports"


def test_a_report_is_stored_and_receipted(office: Office) -> None:
    machine = office.machine()
    document = machine.document()
    body = machine.send(document)
    answer = office.post(REPORTS, squeezed(body), content_encoding="zstd")
    assert answer.status_code == 201
    receipt = msgspec.json.decode(answer.content, type=Receipt)
    assert (receipt.tenant, receipt.agent, receipt.epoch, receipt.sequence) == (
        machine.tenant, machine.agent, "epoch-1", 1)
    assert receipt.digest == envelope.digest(report.encode(document))
    with office.database.read(WHOLE_SERVER) as connection:
        found = reports.latest(connection, office.tenant.id, machine.agent)
        assert found is not None
        assert found.report == document
        assert reports.envelope_bytes(connection, office.tenant.id, found.id) == body


def test_the_summary_of_an_agent_says_what_its_last_report_said(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, machine.report())
    with office.database.read(WHOLE_SERVER) as connection:
        [summary] = agents.summaries(connection, office.tenant.id)
        [line] = reports.history(connection, office.tenant.id, machine.agent)
    assert (summary.passed, summary.failed, summary.unknown, summary.not_applicable) == (1, 1, 1, 1)
    assert (summary.failed_critical, summary.host, summary.clock_off) == (1, "front-desk", False)
    assert summary.os == INVENTORY.os.name
    assert line.verdicts["identity/root-login"] is Verdict.FAIL
    assert list(line.verdicts.values()) == [Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE]


def test_a_repeat_gets_the_very_same_receipt(office: Office) -> None:
    machine = office.machine()
    first, second = machine.report(), machine.report()
    receipts = [office.post(REPORTS, first), office.post(REPORTS, second)]
    office.now.forward(hours=3)
    for body, receipt in zip((first, second), receipts, strict=True):
        again = office.post(REPORTS, squeezed(body), content_encoding="zstd")
        assert (again.status_code, again.content) == (200, receipt.content)
    assert office.stored(schema.reports) == 2


def inflated(frame: bytes) -> bytes | None:
    """What is in a frame, or None if it is not whole."""
    try:
        return frames.unpack(frame, MAX_ENVELOPE)
    except BadDocument:
        return None


def test_one_flipped_bit_anywhere_stores_nothing(office: Office) -> None:
    machine = office.machine()
    body = machine.report()
    middle = [body.index(b'"payload":"') + 20, len(body) // 2, body.index(b'"signatures"') - 40]
    signature = [body.index(b'"sig":"') + 10, body.index(b'"keyid":"') + 20]
    rest = range(body.index(b'"payloadType"'), len(body), 3)
    for wrong in flipped(body, [*range(12), *middle, *rest, *signature]):
        answer = office.post(REPORTS, wrong)
        assert answer.status_code in (401, 422), (wrong, answer.text)
        assert answer.json()["type"] in ("bad_signature", "malformed")
    ends = [body.index(b'","payloadType"') - back for back in range(1, 5)] + [len(body) - 5 - back for back in range(4)]
    for wrong in [body[:at] + bytes([body[at] ^ 1 << bit]) + body[at + 1:] for at in ends for bit in range(8)]:
        assert office.post(REPORTS, wrong).status_code in (401, 422), wrong
    for wrong in flipped(body, middle + signature):
        assert office.post(REPORTS, wrong).status_code == 401
    frame = squeezed(body)
    for wrong in flipped(frame, range(0, len(frame), 7)):
        if inflated(wrong) == body:  # a zstd frame has spare bits: the signed bytes are untouched
            continue
        assert office.post(REPORTS, wrong, content_encoding="zstd").status_code in (401, 413, 422)
    assert office.stored(schema.reports) == 0
    assert office.stored(schema.forks) == 0
    assert office.post(REPORTS, body).status_code == 201


def test_a_key_nobody_enrolled_is_a_bad_signature_like_any_other(office: Office) -> None:
    machine = office.machine()
    stranger = Sender(tenant=machine.tenant, agent=machine.agent)
    unknown = office.post(REPORTS, stranger.report())
    wrong = office.post(REPORTS, flipped(body := machine.report(), [len(body) // 2])[0])
    assert (unknown.status_code, unknown.json()["type"]) == (401, "bad_signature")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "bad_signature")


def test_a_signature_made_for_another_purpose_is_refused(office: Office) -> None:
    machine = office.machine()
    payload = report.encode(machine.document())
    for kind in (envelope.LOST, envelope.ENROLLMENT, "text/plain"):
        assert office.post(REPORTS, machine.seal(payload, kind)).status_code in (401, 422)
    resealed = msgspec.json.decode(machine.seal(payload, envelope.LOST))
    resealed["payloadType"] = envelope.REPORT
    assert office.post(REPORTS, msgspec.json.encode(resealed)).status_code == 401
    assert office.stored(schema.reports) == 0


def test_other_bytes_at_a_taken_place_are_a_fork_that_is_kept_and_not_scored(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, machine.report())
    other = machine.document(sequence=1, previous=None, host="elsewhere")
    for _ in range(2):
        answer = office.post(REPORTS, machine.seal(report.encode(other)))
        assert (answer.status_code, answer.json()["type"], answer.json()["expected"]) == (409, "fork", 2)
    with office.database.read(WHOLE_SERVER) as connection:
        [fork] = reports.forked(connection, office.tenant.id, machine.agent)
        summary = agents.summary(connection, office.tenant.id, machine.agent)
    assert fork.digest == envelope.digest(report.encode(other))
    assert summary is not None
    assert (summary.host, summary.forks) == ("front-desk", 1)


def test_forks_are_kept_up_to_a_number_an_hour(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, machine.report())
    answers = [
        office.post(REPORTS, machine.seal(report.encode(machine.document(sequence=1, previous=None, host=f"h{n}"))))
        for n in range(FORKS_KEPT + 1)]
    assert [answer.status_code for answer in answers] == [409] * FORKS_KEPT + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert office.stored(schema.forks) == FORKS_KEPT


def test_a_wrong_previous_is_a_fork(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, machine.report())
    answer = office.post(REPORTS, machine.report(previous="sha256:" + "1" * 64))
    assert (answer.status_code, answer.json()["type"]) == (409, "fork")


def test_a_report_ahead_of_its_turn_is_a_gap_and_the_expected_one_is_named(office: Office) -> None:
    machine = office.machine()
    bodies = [machine.report() for _ in range(4)]
    office.post(REPORTS, bodies[0])
    answer = office.post(REPORTS, bodies[3])
    assert (answer.status_code, answer.json()["type"], answer.json()["expected"]) == (409, "gap", 2)
    assert [office.post(REPORTS, body).status_code for body in bodies] == [200, 201, 201, 201]


def test_an_inventory_named_by_digest_must_be_the_last_accepted_one(office: Office) -> None:
    machine = office.machine()
    ahead = machine.seal(report.encode(machine.document(inventory=same())))
    answer = office.post(REPORTS, ahead)
    assert (answer.status_code, answer.json()["type"]) == (409, "need_full")
    office.post(REPORTS, machine.report())
    assert office.post(REPORTS, machine.report(inventory=same())).status_code == 201
    with office.database.read(WHOLE_SERVER) as connection:
        found = reports.latest(connection, office.tenant.id, machine.agent)
    assert found is not None
    assert found.inventory == INVENTORY
    newer = msgspec.structs.replace(INVENTORY, products=())
    office.post(REPORTS, machine.report(inventory=newer))
    stale = office.post(REPORTS, machine.seal(report.encode(machine.document(inventory=same()))))
    assert stale.json()["type"] == "need_full"
    assert office.post(REPORTS, machine.report(inventory=same(newer))).status_code == 201


def test_a_lost_statement_moves_the_chain_on_and_is_shown(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, machine.report())
    statement = machine.lost(3)
    answer = office.post(REPORTS, statement)
    assert (answer.status_code, answer.json()["sequence"]) == (201, 4)
    assert office.post(REPORTS, statement).status_code == 200
    assert office.post(REPORTS, machine.report()).status_code == 201
    with office.database.read(WHOLE_SERVER) as connection:
        [lost] = reports.lost(connection, office.tenant.id, machine.agent)
        summary = agents.summary(connection, office.tenant.id, machine.agent)
        found = reports.latest(connection, office.tenant.id, machine.agent)
    assert (lost.first, lost.last) == (2, 4)
    assert summary is not None
    assert summary.lost == 3
    assert found is not None
    assert found.report.sequence == 5


def test_after_a_lost_statement_the_last_report_is_still_the_latest(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, machine.report())
    office.post(REPORTS, machine.lost(1))
    with office.database.read(WHOLE_SERVER) as connection:
        found = reports.latest(connection, office.tenant.id, machine.agent)
    assert found is not None
    assert found.report.sequence == 1


def test_a_new_epoch_starts_over_and_the_old_one_never_resumes(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, first := machine.report())
    old = machine.document()
    linked = machine.document(epoch="epoch-2", sequence=1)
    assert office.post(REPORTS, machine.send(linked)).status_code == 201
    resumed = office.post(REPORTS, machine.seal(report.encode(old)))
    assert (resumed.status_code, resumed.json()["type"]) == (409, "fork")
    assert office.post(REPORTS, first).status_code == 200
    late = office.post(REPORTS, machine.seal(report.encode(machine.document(epoch="epoch-3", sequence=2))))
    assert (late.json()["type"], late.json()["expected"]) == ("gap", 1)
    assert office.post(REPORTS, machine.report(epoch="epoch-3", sequence=1, previous=None)).status_code == 201


def test_a_revoked_agent_is_refused_even_its_repeats(office: Office) -> None:
    machine = office.machine()
    office.post(REPORTS, first := machine.report())
    with office.database.write(WHOLE_SERVER) as connection:
        assert agents.revoke(connection, office.tenant.id, machine.agent, office.now())
    for body in (first, machine.report()):
        answer = office.post(REPORTS, body)
        assert (answer.status_code, answer.json()["type"]) == (403, "revoked")
    assert office.stored(schema.reports) == 1


@pytest.mark.parametrize("field", ["agent", "tenant"])
def test_a_report_that_claims_to_be_another_is_refused(office: Office, field: str) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        elsewhere = tenants.create(connection, "Campaign", office.now())
    machine, other = office.machine(), office.machine(elsewhere.id)
    answer = office.post(REPORTS, machine.report(**{field: getattr(other, field)}))
    assert (answer.status_code, answer.json()["type"]) == (403, "other_agent")
    assert office.stored(schema.reports) == 0


def test_one_tenant_never_reads_what_another_reported(office: Office) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        elsewhere = tenants.create(connection, "Campaign", office.now())
    machine = office.machine()
    office.post(REPORTS, machine.report())
    with office.database.read(WHOLE_SERVER) as connection:
        [line] = reports.history(connection, office.tenant.id, machine.agent)
        assert reports.latest(connection, elsewhere.id, machine.agent) is None
        assert reports.every_latest(connection, elsewhere.id) == {}
        assert reports.get(connection, elsewhere.id, line.id) is None
        assert reports.envelope_bytes(connection, elsewhere.id, line.id) is None
        assert reports.history(connection, elsewhere.id, machine.agent) == []
        assert agents.get(connection, elsewhere.id, machine.agent) is None
        assert agents.summaries(connection, elsewhere.id) == []
    with office.database.write(WHOLE_SERVER) as connection:
        assert not agents.revoke(connection, elsewhere.id, machine.agent, office.now())


def test_a_clock_that_runs_ahead_is_marked_and_a_late_report_is_not(office: Office) -> None:
    machine = office.machine()
    times = machine.document().times
    for ahead, skew, marked in ((6, None, True), (4, None, False), (-60 * 24 * 30, None, False), (0, -400.0, True)):
        wall = office.now() + timedelta(minutes=ahead)
        body = machine.report(times=msgspec.structs.replace(times, wall=wall, skew=skew))
        assert office.post(REPORTS, body).status_code == 201
        with office.database.read(WHOLE_SERVER) as connection:
            found = reports.latest(connection, office.tenant.id, machine.agent)
        assert found is not None
        assert found.clock_off is marked


def test_a_change_of_roles_is_kept(office: Office) -> None:
    machine = office.machine()
    for roles in (("office-workstation",), ("office-workstation", "registration-db"), ("registration-db",)):
        office.post(REPORTS, machine.report(roles=roles))
    with office.database.read(WHOLE_SERVER) as connection:
        history = agents.role_history(connection, office.tenant.id, machine.agent)
    assert [(one.source, one.after) for one in history] == [
        ("enrolment", ("office-workstation",)),
        ("report", ("office-workstation", "registration-db")),
        ("report", ("registration-db",))]


@pytest.mark.parametrize("changes", [
    {"host": "a\x00b"}, {"host": ""}, {"host": "x" * 300}, {"epoch": "../up"}, {"sequence": 0},
    {"sequence": 2**60}, {"previous": "nonsense"}, {"roles": ("Robert'); DROP TABLE",)}, {"pack": "a\nb"},
    {"results": (msgspec.structs.replace(RESULTS[0], share=1e308),)},
    {"results": (msgspec.structs.replace(RESULTS[0], share=-0.5),)},
])
def test_a_signed_report_out_of_bounds_is_malformed_and_says_where(office: Office, changes: dict[str, object]) -> None:
    machine = office.machine()
    answer = office.post(REPORTS, machine.report(**changes))
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed")
    assert next(iter(changes)) in answer.json()["detail"]
    assert office.stored(schema.reports) == 0


@pytest.mark.parametrize("payload", [
    b"", b"{}", b"[]", b'{"schema":"hustings.report/1"}',
    b'{"schema":"hustings.report/1","schema":"hustings.report/1"}',
    b'{"schema":"hustings.report/2"}', b"\xff", b"[" * 5000,
])
def test_a_signed_payload_that_is_no_report_is_malformed(office: Office, payload: bytes) -> None:
    machine = office.machine()
    answer = office.post(REPORTS, machine.seal(payload))
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed")
    assert answer.headers["content-type"] == "application/problem+json"
