"""What `agent status` says, in plain words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from agent import contact as contacts
from agent import status as statuses
from agent.contact import Contact, troubled
from agent.identity import State
from agent.run import open_spool
from hustings.errors import CannotFinish, ConfigError
from tests.agent.doubles import NOW, enrolled, made

LATER = NOW + timedelta(hours=1)


def said(state: State) -> str:
    return statuses.as_text(statuses.status(state, LATER), LATER)


def test_a_machine_that_is_not_enrolled_is_told_how(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not enrolled"):
        statuses.status(State(tmp_path), NOW)


def test_never_having_reported_is_trouble_with_a_fix(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    text = said(state)
    assert "has never reported" in text
    assert "fix: run `hustings agent once`" in text


def test_all_is_well_after_a_report(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    contacts.save(state, Contact(received=NOW, sequence=4, skew=0.5, tried=NOW))
    assert "Last report: number 4" in said(state)
    assert said(state).endswith("Nothing is wrong.")


def test_what_waits_is_counted_and_the_trouble_named_with_its_beginning(tmp_path: Path) -> None:
    state, identity, _ = enrolled(tmp_path)
    spool, _ = open_spool(state, identity)
    for note in ("one", "two"):
        spool.append(lambda where, note=note: made(where, note=note))
    error = CannotFinish("refused the connection", where="https://server", remedy="check that the server runs")
    contacts.save(state, troubled(Contact(received=NOW, sequence=1), error, NOW))
    contacts.save(state, troubled(contacts.load(state), error, LATER))
    text = said(state)
    assert "Waiting to be sent: 2" in text
    assert "Wrong since 2026-11-22T12:00:00Z: https://server refused the connection" in text
    assert "fix: check that the server runs" in text


@pytest.mark.parametrize(("contact", "says"), [
    (Contact(received=NOW - timedelta(days=3)), "more than a day old"),
    (Contact(received=NOW, skew=900.0), "900 s ahead of"),
    (Contact(received=NOW, skew=-400.0), "400 s behind"),
])
def test_silence_and_a_wrong_clock_are_trouble(tmp_path: Path, contact: Contact, says: str) -> None:
    state, _, _ = enrolled(tmp_path)
    contacts.save(state, contact)
    assert says in said(state)


def test_reports_set_aside_are_mentioned(tmp_path: Path) -> None:
    state, identity, _ = enrolled(tmp_path)
    spool, _ = open_spool(state, identity)
    name = spool.append(lambda where: made(where))
    spool.acknowledge(name, b"{}")
    (spool.place / name.file("rejected")).write_bytes(b"")
    contacts.save(state, Contact(received=NOW))
    assert "kept aside" in said(state)
    assert "Nothing waits" in said(state)


def test_the_json_form_holds_the_same(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    plain = statuses.fields(statuses.status(state, LATER))
    assert plain["schema"] == "hustings.agent-status/1"
    assert plain["waiting"] == {"reports": 0, "size": 0, "oldest": None, "set_aside": 0}
    assert plain["trouble"][0]["remedy"]


def test_a_damaged_contact_file_only_costs_what_it_said(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    state.contact_file.write_bytes(b"{")
    assert contacts.load(state) == Contact()
    assert msgspec.json.encode(contacts.load(state))
