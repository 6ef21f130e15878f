"""The pages of settings and of what is kept: who may do what, what is typed, what is said."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from server.keeping import exporting, holds, retention, winding
from server.keeping.framing import Unpacked
from server.store import audit, sharing
from server.store import settings as own_settings
from server.store.people import Role
from server.store.proposals import waiting
from server.store.schema.keeping import holds as hold_table
from server.two_people import Actor, decide
from tests.server.setups import Office

KEEPING, SETTINGS = "/en/office/keeping", "/en/office/settings"


def approved(office: Office, name: str = "second") -> None:
    """Everything that waits, by another person."""
    second = office.person(name, Role.OFFICIAL)
    with office.database.write(office.tenant.id) as connection:
        for one in waiting(connection, office.tenant.id, office.now()):
            decide(connection, office.tenant.id, one.number, True, Actor(f"person:{name}", second.id, Role.OFFICIAL),
                   "", office.now())


@pytest.mark.parametrize(("form", "path"), [
    ("hold", "hold"), ("lift", "lift"), ("retention", "retention"), ("export", "export"), ("wind-down", "wind-down"),
    ("stop", "stop")])
def test_staff_read_and_change_nothing(office: Office, form: str, path: str) -> None:
    staff = office.signed_in(office.person("sam"))
    assert office.page("GET", KEEPING, staff).status_code == 200
    answer = office.page("POST", f"{KEEPING}/{path}", staff, reason="A long enough reason", matter="x", hold="1")
    assert answer.status_code == 403, form
    assert office.page("GET", f"{KEEPING}/everything.hustings", staff).status_code == 403


def test_one_person_sets_a_hold_and_two_lift_it(office: Office) -> None:
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    assert office.page("POST", f"{KEEPING}/hold", ann, matter="Recount", reason="The court asked.").status_code == 303
    assert "Recount" in office.page("GET", KEEPING, ann).text
    with office.database.read(office.tenant.id) as connection:
        standing = holds.held(connection, office.tenant.id)
    assert standing is not None
    asked = office.page("POST", f"{KEEPING}/lift", ann, hold=str(standing.id), reason="It is over.")
    assert asked.headers["location"].startswith("/en/office/decisions/")
    with office.database.read(office.tenant.id) as connection:
        assert holds.held(connection, office.tenant.id) == standing
    approved(office)
    with office.database.read(office.tenant.id) as connection:
        assert holds.held(connection, office.tenant.id) is None
        [one] = holds.every(connection, office.tenant.id)
    assert (one.lifted_by, one.lifted_reason) == (("person:ann", "person:second"), "It is over.")
    assert "second" in office.page("GET", KEEPING, ann).text


@pytest.mark.parametrize("bad", ["", "   ", "x" * 501, "turned \u202e around", "a\x00b", "a\x1b[31mb"])
def test_what_says_nothing_is_refused_with_a_sentence_and_stays_typed(office: Office, bad: str) -> None:
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    answer = office.page("POST", f"{KEEPING}/hold", ann, matter="Kept as typed", reason=bad)
    assert answer.status_code == 400
    assert "Write 1 to 500 characters" in answer.text
    assert "Kept as typed" in answer.text
    assert office.stored(hold_table) == 0


def test_another_offices_hold_is_not_there(office: Office) -> None:
    other = office.other()
    with office.database.write(other.id) as connection:
        number = holds.set_hold(connection, other.id, "Theirs", "Not ours.", now=office.now(), by="person:x")
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    for given in (str(number), "999", "x", "9" * 40):
        assert office.page("POST", f"{KEEPING}/lift", ann, hold=given, reason="A reason.").status_code == 404
    assert "Theirs" not in office.page("GET", KEEPING, ann).text


def test_how_long_is_said_in_days_that_are_safe(office: Office) -> None:
    admin = office.signed_in(office.person("ada", Role.ADMINISTRATOR))
    for bad in ("1", "399", "-5", "many", "99999999"):
        answer = office.page("POST", f"{KEEPING}/retention", admin, reports=bad)
        assert (answer.status_code, "from 400 to" in answer.text) == (400, True), bad
    assert office.page("POST", f"{KEEPING}/retention", admin, reports="400", audit="").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        said = retention.policy(connection, office.tenant.id)
    assert said is not None
    assert said.days == {retention.Kind.REPORTS: 400}
    assert 'value="400"' in office.page("GET", KEEPING, admin).text


def test_everything_is_taken_after_two_people_agreed_and_each_time_on_record(office: Office) -> None:
    ada = office.person("ada", Role.ADMINISTRATOR)
    admin = office.signed_in(ada)
    assert office.page("GET", f"{KEEPING}/everything.hustings", admin).status_code == 404
    asked = office.page("POST", f"{KEEPING}/export", admin, reason="The campaign is over.")
    assert asked.headers["location"].startswith("/en/office/decisions/")
    assert office.page("GET", f"{KEEPING}/everything.hustings", admin).status_code == 404
    approved(office)
    other = office.other("Never-In-It")
    answer = office.page("GET", f"{KEEPING}/everything.hustings", admin)
    assert answer.status_code == 200
    found: dict[str, list[list[object]]] = {}
    reading = Unpacked(rows=lambda table, rows: found.setdefault(table.name, []).extend(rows))
    reading.write(BytesIO(answer.content).read())
    manifest = reading.close()
    assert manifest.tables["people"].rows == 3
    assert {row[0] for row in found["tenants"]} == {office.tenant.id}
    assert other.id.encode() not in answer.content
    assert reading.header is not None
    for table in reading.header.tables:
        assert not [one.name for one in table.columns if one.name in ("password", "secret", "code")], table.name
    with office.database.read(office.tenant.id) as connection:
        [act] = audit.recent(connection, office.tenant.id, asked=audit.Asked(action="data.export"))
    assert act.actor == "person:ada"
    office.now.forward(days=8)
    again = office.signed_in(ada)
    assert office.page("GET", f"{KEEPING}/everything.hustings", again).status_code == 404
    with office.database.read(office.tenant.id) as connection:
        assert exporting.leave(connection, office.tenant.id, office.now()) is None


def test_the_end_of_an_office_needs_its_name_two_people_and_can_be_stopped(office: Office) -> None:
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    wrong = office.page("POST", f"{KEEPING}/wind-down", ann, name="Another", reason="It is over.")
    assert (wrong.status_code, "not the name of this office" in wrong.text) == (400, True)
    asked = office.page("POST", f"{KEEPING}/wind-down", ann, name=office.tenant.name, reason="It is over.")
    assert asked.status_code == 303
    twice = office.page("POST", f"{KEEPING}/wind-down", ann, name=office.tenant.name, reason="It is over.")
    assert twice.status_code == 400
    approved(office)
    page = office.page("GET", KEEPING, ann).text
    assert "This office is deleted on" in page
    assert office.page("POST", f"{KEEPING}/stop", ann, reason="").status_code == 400
    assert office.page("POST", f"{KEEPING}/stop", ann, reason="We go on.").status_code == 303
    assert office.page("POST", f"{KEEPING}/stop", ann, reason="We go on.").status_code == 400
    with office.database.read(office.tenant.id) as connection:
        assert winding.standing(connection, office.tenant.id) is None


def test_under_a_hold_nobody_asks_for_the_end(office: Office) -> None:
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    office.page("POST", f"{KEEPING}/hold", ann, matter="Recount", reason="The court asked.")
    answer = office.page("POST", f"{KEEPING}/wind-down", ann, name=office.tenant.name, reason="It is over.")
    assert (answer.status_code, "A legal hold stands: Recount" in answer.text) == (400, True)


def test_settings_are_changed_by_who_may_and_are_on_record(office: Office) -> None:
    admin, official = (office.signed_in(office.person(name, role)) for name, role in (
        ("ada", Role.ADMINISTRATOR), ("ann", Role.OFFICIAL)))
    assert office.page("POST", f"{SETTINGS}/profile", official, profile="campaign", zone="UTC").status_code == 403
    assert office.page("POST", f"{SETTINGS}/profile", admin, profile="campaign",
                       zone="America/Toronto").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        assert own_settings.current(connection, office.tenant.id) == own_settings.Settings(
            own_settings.Profile.CAMPAIGN, "America/Toronto")
        assert audit.recent(connection, office.tenant.id)[0].action == "office.profile"
    for field, value in (("profile", "party"), ("zone", "../etc/passwd"), ("zone", "Mars/Olympus")):
        data = {"profile": "office", "zone": "UTC", field: value}
        answer = office.page("POST", f"{SETTINGS}/profile", admin, **data)
        assert (answer.status_code, 'role="alert"' in answer.text) == (400, True), value


def test_consent_is_given_by_a_code_and_taken_back(office: Office) -> None:
    parent = office.other("The county")
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    for bad in ("nobody", office.tenant.id, "The county", "' OR 1=1", "x" * 64):
        answer = office.page("POST", f"{SETTINGS}/sharing", ann, parent=bad)
        assert (answer.status_code, 'role="alert"' in answer.text) == (400, True), bad
    assert office.page("POST", f"{SETTINGS}/sharing", ann, parent=parent.id, band="10k-50k").status_code == 303
    assert "The county" in office.page("GET", SETTINGS, ann).text
    assert office.page("POST", f"{SETTINGS}/sharing", ann, keep="yes", band="").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        now = sharing.current(connection, office.tenant.id)
    assert now is not None
    assert (now.parent, now.band) == (parent.id, None)
    assert office.page("POST", f"{SETTINGS}/sharing", ann, band="").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        gone = sharing.current(connection, office.tenant.id)
        assert audit.recent(connection, office.tenant.id)[0].action == "share.withdraw"
    assert gone is not None
    assert gone.parent is None


def test_the_job_deletes_what_is_due_and_nothing_under_a_hold(office: Office) -> None:
    from policies.pack import shipped
    from server.jobs import wind_down
    from server.jobs.model import Context
    from server.keeping import erasing
    from server.store.schema import agents, tenants

    other = office.other()
    for of in (office.tenant, other):
        office.machine(of.id)
        with office.database.write(of.id) as connection:
            winding.begin(connection, of.id, "Over.", by="person:ann", second="person:bob", now=office.now())
    with office.database.write(other.id) as connection:
        number = holds.set_hold(connection, other.id, "Recount", "The court asked.", now=office.now(), by="person:x")
    context = Context(office.database, office.application._config, office.now, shipped())
    wind_down.run(context)
    assert office.stored(tenants) == 2
    office.now.forward(days=7, seconds=1)
    wind_down.run(context)
    [done] = erasing.every(office.database)
    assert (done.tenant, done.swept is not None, office.stored(tenants), office.stored(agents)) == (
        office.tenant.id, True, 1, 1)
    with office.database.write(other.id) as connection:
        holds.lift(connection, other.id, number, "Over.", now=office.now(), by="person:x", second="person:y")
    wind_down.run(context)
    assert (len(erasing.every(office.database)), office.stored(tenants)) == (2, 0)


def test_a_machine_of_a_deleted_office_is_refused_like_a_stranger(office: Office) -> None:
    machine = office.machine()
    with office.database.write(office.tenant.id) as connection:
        winding.begin(connection, office.tenant.id, "Over.", by="person:ann", second="person:bob", now=office.now())
    office.now.forward(days=8)
    winding.carry_out(office.database, office.tenant.id, office.now())
    stranger = office.post("/v1/reports", machine.report())
    assert (stranger.status_code, stranger.json()["type"]) == (401, "bad_signature")
    with office.database.read(office.tenant.id) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM sessions")) == 0
    assert timedelta(days=7) == winding.COOLING
