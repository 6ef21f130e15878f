"""An engagement: who gets it, what it covers, and the very second at which it ends."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings.errors import UsageError
from server.reviewers import accepting, granting
from server.spoken import Spoken
from server.store import engagements, people, secrets
from server.store.database import WHOLE_SERVER
from server.store.engagements import Terms
from server.store.people import Role
from tests.reviewers.firms import BASIS, engaged, firm, granted, holding, terms, trail
from tests.server.setups import Office


def test_it_holds_from_acceptance_to_the_last_second_of_its_last_day(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = granted(office, "rita@acme", terms(office, days=3))
    assert holding(office, number, rita) is None
    session = acme.session(rita, office.signed_in(rita))
    accepting.answer(office.database, session, number, office.now(), accept=True)
    found = holding(office, number, rita)
    assert found is not None
    assert (found.tenant, found.office, found.names_shown, found.basis) == (
        office.tenant.id, "Office", False, BASIS)
    end = datetime.combine(found.until + timedelta(days=1), time(), UTC)
    office.now.at = end - timedelta(seconds=1)
    assert holding(office, number, rita) is not None
    office.now.at = end
    assert holding(office, number, rita) is None


def test_revoked_it_ends_at_that_moment_and_only_once(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita)
    office.now.forward(hours=1)
    with office.database.write(office.tenant.id) as connection:
        granting.revoke(connection, office.tenant.id, number, role=Role.OFFICIAL, by="person:bob",
                        reason="The contract is over.", now=office.now())
    assert holding(office, number, rita) is None
    with pytest.raises(Spoken, match="ended before"), office.database.write(office.tenant.id) as connection:
        granting.revoke(connection, office.tenant.id, number, role=None, by="console:root",
                        reason="Once more", now=office.now())
    assert [one.action for one in trail(office)].count("engagement.revoke") == 1


@pytest.mark.parametrize("role", [Role.STAFF, Role.REVIEWER])
def test_only_administrators_and_officials_end_it(office: Office, role: Role) -> None:
    acme = firm(office)
    number = engaged(office, acme, acme.reviewer())
    with pytest.raises(UsageError), office.database.write(office.tenant.id) as connection:
        granting.revoke(connection, office.tenant.id, number, role=role, by="person:x", reason="Because",
                        now=office.now())


def test_another_person_holds_nothing_by_it(office: Office) -> None:
    acme = firm(office)
    rita, otto = acme.reviewer(), acme.reviewer("otto")
    number = engaged(office, acme, rita)
    assert holding(office, number, otto) is None
    with office.database.read(WHOLE_SERVER) as connection:
        assert engagements.of_person(connection, acme.tenant.id, otto.id, office.now()) == []
        assert [one.id for one in engagements.of_person(connection, acme.tenant.id, rita.id, office.now())] == [number]
        assert engagements.of_person(connection, office.tenant.id, rita.id, office.now()) == []


def test_who_is_disabled_holds_nothing(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita)
    with office.database.write(acme.tenant.id) as connection:
        people.disable(connection, rita, office.now())
    assert holding(office, number, rita) is None


def test_a_name_that_does_not_exist_reads_like_one_that_has_not_accepted(office: Office) -> None:
    acme = firm(office)
    acme.reviewer()
    offered = [granted(office, name) for name in ("rita@acme", "nobody@acme", "rita@nowhere")]
    with office.database.read(office.tenant.id) as connection:
        found = {one.id: one for one in engagements.of_tenant(connection, office.tenant.id)}
    states = {(found[one].accepted, found[one].reviewer, found[one].declined) for one in offered}
    assert states == {(None, "", None)}


@pytest.mark.parametrize(("role", "kind"), [(Role.ADMINISTRATOR, "firm"), (Role.REVIEWER, "office")])
def test_only_a_reviewer_of_a_firm_is_offered_anything(office: Office, role: Role, kind: str) -> None:
    acme = firm(office)
    other = office.other("Oak County")
    home = acme.tenant if kind == "firm" else other
    person = office.person("pat", role, tenant=home.id)
    number = granted(office, f"pat@{home.handle}")
    session = acme.session(person, office.signed_in(person))
    assert accepting.offers(office.database, session, office.now()) == []
    with pytest.raises(Spoken):
        accepting.answer(office.database, session, number, office.now(), accept=True)
    _, kept = code = secrets.fresh()
    granted(office, "", code=kept)
    with pytest.raises(Spoken):
        accepting.with_code(office.database, session, code[0], office.now())


def test_a_code_works_once_and_says_nothing_of_why_it_does_not(office: Office) -> None:
    acme = firm(office)
    rita, otto = acme.reviewer(), acme.reviewer("otto")
    code, kept = secrets.fresh()
    number = granted(office, "", code=kept)
    first = acme.session(rita, office.signed_in(rita))
    second = acme.session(otto, office.signed_in(otto))
    accepting.with_code(office.database, first, f" {code} ", office.now())
    assert holding(office, number, rita) is not None
    said = []
    for wrong in (code, "never", ""):
        with pytest.raises(Spoken) as caught:
            accepting.with_code(office.database, second, wrong, office.now())
        said.append(str(caught.value))
    assert len(set(said)) == 1
    with office.database.read(office.tenant.id) as connection:
        [found] = engagements.of_tenant(connection, office.tenant.id)
    assert found.reviewer == "rita@acme"


def test_an_offer_that_was_turned_down_revoked_or_is_too_old_is_none(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    session = acme.session(rita, office.signed_in(rita))
    declined, revoked, old = (granted(office, "rita@acme", terms(office, days=days)) for days in (5, 5, 0))
    accepting.answer(office.database, session, declined, office.now(), accept=False)
    with office.database.write(office.tenant.id) as connection:
        granting.revoke(connection, office.tenant.id, revoked, role=None, by="console:root", reason="No need",
                        now=office.now())
    office.now.forward(days=1)
    assert accepting.offers(office.database, session, office.now()) == []
    for number in (declined, revoked, old):
        with pytest.raises(Spoken):
            accepting.answer(office.database, session, number, office.now(), accept=True)


def test_both_sides_have_the_acceptance_in_their_trails(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    engaged(office, acme, rita)
    assert ("engagement.accept", "reviewer:rita@acme") in {(one.action, one.actor) for one in trail(office)}
    assert ("engagement.accept", "person:rita") in {(one.action, one.actor) for one in trail(office, acme.tenant.id)}


FORM = {"addressee": "rita@acme", "basis": BASIS, "names": "hidden"}


@pytest.mark.parametrize(("changes", "field"), [
    ({"until": ""}, "until"), ({"until": "2027-02-31"}, "until"), ({"until": -1}, "until"), ({"until": 91}, "until"),
    ({"basis": "short"}, "basis"), ({"basis": "x" * 501}, "basis"), ({"basis": BASIS + "\u202e"}, "basis"),
    ({"basis": BASIS + "\x07"}, "basis"), ({"addressee": "rita"}, "addressee"),
    ({"addressee": "a b@acme"}, "addressee"),
    ({"addressee": "r\u202eita@acme"}, "addressee"), ({"addressee": "r" * 121 + "@acme"}, "addressee"),
    ({"names": ""}, "names"), ({"machines": ["nothing"]}, "machines"), ({"areas": ["XXX"]}, "areas")])
def test_what_cannot_be_granted_says_which_field(office: Office, changes: dict[str, object], field: str) -> None:
    asked = FORM | {"until": 30} | changes
    if isinstance(asked["until"], int):
        asked["until"] = (office.now() + timedelta(days=asked["until"])).date().isoformat()
    with office.database.read(office.tenant.id) as connection, pytest.raises(Spoken) as caught:
        granting.read(connection, office.tenant.id, asked, office.now())
    assert caught.value.field == field
    assert caught.value.said("fr")[0] != caught.value.said("en")[0]


def test_another_offices_machine_is_no_machine(office: Office) -> None:
    elsewhere = office.machine(office.other().id)
    own = office.machine()
    asked = FORM | {"until": office.now().date().isoformat()}
    with office.database.read(office.tenant.id) as connection:
        good = granting.read(connection, office.tenant.id, asked | {"machines": [own.agent]}, office.now())
        with pytest.raises(Spoken):
            granting.read(connection, office.tenant.id, asked | {"machines": [elsewhere.agent]}, office.now())
    assert good.terms == Terms((own.agent,), (), False, office.now().date(), BASIS)


def test_the_database_keeps_engagements_as_they_were(office: Office) -> None:
    acme = firm(office)
    engaged(office, acme, acme.reviewer())
    for table in ("engagements", "engagement_acts", "pseudonym_keys"):
        for act in (f"DELETE FROM {table}", f"UPDATE {table} SET tenant = 'x'"):
            with pytest.raises(DBAPIError, match="append-only"), office.database.write(WHOLE_SERVER) as connection:
                connection.execute(sa.text(act))
