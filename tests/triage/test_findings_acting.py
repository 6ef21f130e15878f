"""What people do about findings is written beside them: it changes no result, no grade and nobody else's finding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from server.reading import Reading
from server.scorecard import scorecard
from server.spoken import Spoken
from server.store import audit, findings
from server.store.people import Person, Role
from server.store.schema import heads, reports
from server.triage import acting
from server.triage.acts import Alarm, Kind, stand
from server.triage.model import Filter, State, Unseen
from server.triage.reading import pack
from server.two_people import Actor, decide, propose
from tests.server.setups import Office
from tests.triage.saying import GONE, OS, RECENT, listed, number, rows, say


def do(office: Office, person: Person, finding: int, kind: Kind, text: str = "", /, **data: Any) -> None:
    with office.database.write(office.tenant.id) as connection:
        acting.act(connection, office.tenant.id, finding, kind, Actor(f"person:{person.name}", person.id, person.role),
                   text, data, now=office.now())


def measured(office: Office) -> tuple[Any, ...]:
    """Everything that is recorded of machines, and the grade that follows."""
    card = scorecard(Reading(office.database).office(office.tenant.id), pack(), office.now())
    with office.database.read(office.tenant.id) as connection:
        return (card.grade, card.machines[0].results, card.machines[0].findings,
                [tuple(row) for row in connection.execute(sa.select(reports).order_by(reports.c.id))],
                [tuple(row) for row in connection.execute(sa.select(heads).order_by(heads.c.agent))],
                [(one.opened, one.resolved, one.episode) for one in rows(office)])


def test_nothing_that_people_do_changes_a_result_or_a_grade(office: Office) -> None:
    say(office, office.machine(), os="f", recent="f")
    ida, bob = office.person("ida"), office.person("bob", Role.OFFICIAL)
    before, found = measured(office), number(office, OS)
    soon = (office.now() + timedelta(days=1)).date().isoformat()
    for person, kind, text, data in (
            (ida, Kind.ACKNOWLEDGE, "", {}), (ida, Kind.ASSIGN, "", {"person": bob.id}),
            (ida, Kind.COMMENT, "Seen", {}), (ida, Kind.DUE, "Sooner", {"due": soon}),
            (ida, Kind.PROPOSE_FIX, "Upgrade", {}), (ida, Kind.FALSE_ALARM, "A test machine", {}),
            (bob, Kind.FALSE_ALARM_DECIDED, "Right", {"accepted": True})):
        do(office, person, found, kind, text, **data)
        assert measured(office) == before, kind
    one = next(each for each in listed(office) if each.number == found)
    assert (one.state, one.owner_name, one.false_alarm, one.comments) == (
        State.ACKNOWLEDGED, "bob", Alarm.ACCEPTED, 2)


def test_what_acts_come_to_is_what_all_of_them_say_from_the_beginning(office: Office) -> None:
    say(office, office.machine(), os="f")
    ida = office.person("ida")
    for kind, text in ((Kind.COMMENT, "a"), (Kind.ACKNOWLEDGE, ""), (Kind.FALSE_ALARM, "b"), (Kind.COMMENT, "c")):
        do(office, ida, 1, kind, text)
    with office.database.read(office.tenant.id) as connection:
        assert rows(office)[0].stand == stand(findings.acts(connection, office.tenant.id, 1))
        assert [one.action for one in audit.recent(connection, office.tenant.id) if one.action.startswith("finding")]


def test_one_that_comes_back_is_open_again_and_keeps_its_owner_and_its_history(office: Office) -> None:
    machine, ida = office.machine(), office.person("ida")
    say(office, machine, os="f")
    do(office, ida, 1, Kind.ACKNOWLEDGE)
    do(office, ida, 1, Kind.ASSIGN, person=ida.id)
    for letter, state in (("p", State.RESOLVED), ("f", State.OPEN)):
        office.now.forward(hours=1)
        say(office, machine, os=letter)
        [one] = listed(office, Filter(states=frozenset()))
        assert (one.state, one.owner_name) == (state, "ida")
    assert one.reopened
    with office.database.read(office.tenant.id) as connection:
        assert [act.episode for act in findings.acts(connection, office.tenant.id, 1)] == [1, 1]


@pytest.mark.parametrize("letter", ["u", "n", ""])
def test_what_cannot_be_seen_now_is_shown_as_not_seen_and_stays(office: Office, letter: str) -> None:
    machine = office.machine()
    say(office, machine, os="f", recent="p")
    first = office.now()
    for _ in range(2):
        office.now.forward(hours=1)
        say(office, machine, recent="p", **({"os": letter} if letter else {}))
    [one] = listed(office)
    assert (one.state, one.unseen, one.seen) == (State.OPEN, Unseen.REPORT, first)


def test_silent_and_revoked_machines_are_shown_for_what_they_are(office: Office) -> None:
    machine = office.machine()
    say(office, machine, os="f")
    first = office.now()
    office.now.forward(days=8)
    [one] = listed(office)
    assert (one.unseen, one.seen, one.overdue) == (Unseen.SILENT, first, True)
    with office.database.write(office.tenant.id) as connection:
        connection.execute(sa.text("UPDATE agents SET state = 'revoked', revoked = :now"), {"now": office.now()})
    assert [each.unseen for each in listed(office)] == [Unseen.REVOKED]


def test_no_day_later_than_the_rules_without_a_second_person(office: Office) -> None:
    say(office, office.machine(), os="f")
    ida, bob = office.person("ida"), office.person("bob", Role.OFFICIAL)
    later = (office.now() + timedelta(days=20)).date()
    with pytest.raises(Spoken, match="two people"):
        do(office, ida, 1, Kind.DUE, "The part is late", due=later.isoformat())
    with office.database.write(office.tenant.id) as connection:
        asked = propose(connection, office.tenant.id, "finding.later", "1", {
            "finding": 1, "due": later.isoformat(), "rule": "2026-01-01", "check": OS, "host": "front-desk",
            "episode": 1, "reason": "The part is late"}, Actor("person:ida", ida.id, ida.role), office.now())
    assert rows(office)[0].stand.due is None
    with office.database.write(office.tenant.id) as connection:
        decide(connection, office.tenant.id, asked, True, Actor("person:bob", bob.id, bob.role),
               "Seen the order", office.now())
    [one] = listed(office)
    assert (one.due.date(), one.due_changed, one.due_reason) == (later, True, "The part is late")
    assert one.rule.due.date() == (office.now() + timedelta(days=7)).date()


def test_all_or_none_of_several(office: Office) -> None:
    machine = office.machine()
    say(office, machine, os="f", recent="f")
    office.now.forward(hours=1)
    say(office, machine, os="f", recent="p")
    ida = office.person("ida")
    actor = Actor("person:ida", ida.id, ida.role)
    with pytest.raises(Spoken, match="resolved"), office.database.write(office.tenant.id) as connection:
        acting.act_on(connection, office.tenant.id, [number(office, OS), number(office, RECENT)], Kind.ACKNOWLEDGE,
                      actor, now=office.now())
    assert [one.acted for one in rows(office)] == [None, None]


def test_who_called_it_a_false_alarm_does_not_decide(office: Office) -> None:
    say(office, office.machine(), os="f")
    ida = office.person("ida")
    do(office, ida, 1, Kind.FALSE_ALARM, "Nothing is wrong")
    with pytest.raises(Spoken, match="yourself"):
        do(office, ida, 1, Kind.FALSE_ALARM_DECIDED, "Right", accepted=True)


def test_a_check_that_no_pack_has_any_more_keeps_what_its_report_said(office: Office) -> None:
    say(office, office.machine(), gone="f")
    [one] = listed(office)
    assert (one.check, one.known, one.row, one.severity.value) == (GONE, None, "IAM-01", "medium")
    assert listed(office, Filter(text="root-login"))
