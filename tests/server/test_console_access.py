"""``hustings server access-review`` as a person at the console types it, on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hustings import envelope, keys
from server.access_review import Statement
from server.config import Settings, settings_file
from server.store.database import Database
from tests.server import access_facts, setups
from tests.server.access_facts import DIFFERENCE, FOUND
from tests.server.setups import Office
from tests.server.test_access_pages import report
from tests.server.test_console import Console


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Office, Console]]:
    """A server whose data directory the console finds, with one machine that reports a database."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings_file(data).write_bytes(msgspec.json.encode(Settings(("localhost",), 8443, tls=False)))
    with setups.office(Database(f"sqlite:///{data / 'hustings.db'}"), data) as office:
        office.now.forward(seconds=-60)  # the console's clock is the machine's own
        report(office, access_facts.facts(office.now().replace(microsecond=0), FOUND))
        yield office, Console(data)


def test_a_review_is_shown_signed_and_handed_out(served: tuple[Office, Console], tmp_path: Path) -> None:
    _, console = served
    assert "never" in console.run("access-review", "show")
    console.run("access-review", "sign", "Front-Desk", "roll", "--difference", f"sha256:{DIFFERENCE}",
                "--person", "J. Roy")
    [line] = json.loads(console.run("access-review", "show", "--format", "json"))
    assert (line["state"], line["person"], line["difference"], line["proof"]) == (
        "signed", "J. Roy", DIFFERENCE, "attested")
    assert line["by"].startswith("console:")
    sealed = console.run("access-review", "statement", "front-desk", "roll")
    public = keys.public_bytes(keys.load(tmp_path / "data" / "recordings.key"))
    statement = msgspec.json.decode(
        envelope.verify(envelope.parse(sealed.strip().encode()), envelope.ACCESS_REVIEW, public), type=Statement)
    assert (statement.person, statement.difference, statement.host) == ("J. Roy", DIFFERENCE, "front-desk")
    assert console.trail()[0].action == "access.review"


@pytest.mark.parametrize(("words", "said"), [
    (("front-desk", "roll", "--difference", "0" * 64, "--person", "J. Roy"), "has changed since it was read"),
    (("front-desk", "rolls", "--difference", DIFFERENCE, "--person", "J. Roy"), "no machine front-desk reports"),
    (("front-desk", "roll", "--difference", DIFFERENCE, "--person", " "), "not a name"),
    (("front-desk", "roll", "--difference", DIFFERENCE, "--person", "a\x1b[2J"), "not a name")])
def test_what_cannot_be_signed_is_said_with_what_to_do(served: tuple[Office, Console], words: tuple[str, ...],
                                                       said: str) -> None:
    _, console = served
    assert said in str(console.refused("access-review", "sign", *words))
    assert "never" in console.run("access-review", "show")


def test_what_nobody_signed_is_not_handed_out(served: tuple[Office, Console]) -> None:
    _, console = served
    assert "nobody signed" in str(console.refused("access-review", "statement", "front-desk", "roll"))


def test_what_is_too_old_is_not_signed(served: tuple[Office, Console]) -> None:
    office, console = served
    office.now.forward(days=-3)
    machine = office.machine()
    old = access_facts.facts(office.now().replace(microsecond=0), FOUND, "old")
    assert office.post("/v1/reports", machine.report(facts=old, host="attic")).status_code == 201
    error = console.refused("access-review", "sign", "attic", "old", "--difference", DIFFERENCE, "--person", "J. Roy")
    assert "hustings agent once" in error.remedy
