"""What `agent status` says, in plain words."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from agent import contact as contacts
from agent import status as statuses
from agent.contact import Contact, troubled
from agent.durable import unwritable
from agent.identity import Identity, State
from agent.reporting import Content
from agent.run import once, open_spool
from hustings.errors import CannotFinish, ConfigError
from tests.agent.doubles import NOW, Silent, clock, enrolled, made

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


def test_what_ended_the_last_run_is_said(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    contacts.save(state, Contact(received=NOW, sequence=4))

    def full(_: Identity, __: float | None) -> Content:
        raise unwritable(tmp_path / "spool", OSError(errno.ENOSPC, "No space left on device"))

    with pytest.raises(CannotFinish, match="No space left"):
        once(state, full, Silent(), clock(), server="https://server")
    text = said(state)
    assert "spool cannot be written: No space left on device" in text
    assert "fix: free some space" in text
    assert "Last report: number 4" in text


def test_a_full_disk_is_trouble_even_where_nothing_could_be_kept_of_it(small_disk: Callable[[], Path]) -> None:
    place = small_disk()
    state, _, _ = enrolled(place / "state")
    contacts.save(state, Contact(received=NOW))
    assert said(state).endswith("Nothing is wrong.")
    (place / "ballast").write_bytes(b"x" * shutil.disk_usage(place).free)
    assert "file system that is full" in said(state)
    assert "fix: free some space" in said(state)


def test_a_key_that_is_gone_or_damaged_is_trouble(tmp_path: Path) -> None:
    state, identity, _ = enrolled(tmp_path)
    contacts.save(state, Contact(received=NOW))
    (tmp_path / identity.key).write_bytes(b"{")
    assert "not a private key" in said(state)
    (tmp_path / identity.key).unlink()
    with pytest.raises(ConfigError, match="key is gone"):
        open_spool(state, identity)
    assert "private key is gone" in said(state)
    assert "fix: enrol again with --force and a new token" in said(state)


def test_a_damaged_contact_file_is_named_and_no_claim_is_made_without_it(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    state.contact_file.write_bytes(b"{")
    text = said(state)
    assert "contact.json is damaged" in text
    assert "fix: run `hustings agent once`" in text
    assert "never reported" not in text
    assert "has not received any" not in text


def test_a_damaged_contact_file_only_costs_what_it_said(tmp_path: Path) -> None:
    state, _, _ = enrolled(tmp_path)
    state.contact_file.write_bytes(b"{")
    assert contacts.load(state) == Contact()
    assert msgspec.json.encode(contacts.load(state))
