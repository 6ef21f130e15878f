"""The audit trail for people: a sentence for every act, a page, and the console's commands."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hustings.errors import HustingsError, Untrusted
from server import origin
from server.cli import server
from server.config import database_url
from server.pages.audit import FAULTS, PAGE
from server.pages.language import catalogue
from server.store import audit, audit_chain, tenants
from server.store.audit import Act
from server.store.audit_check import Fault
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.trail import telling
from server.trail.sentences import every
from tests.server import audited_actions
from tests.server.setups import Office
from tests.server.test_console import Console, console, fresh

__all__ = ["console", "fresh"]


def act(action: str, subject: str = "", actor: str = "person:ann", **detail: object) -> Act:
    from datetime import UTC, datetime

    return Act(1, datetime(2026, 11, 22, tzinfo=UTC), actor, action, subject, detail)


def test_every_act_in_the_sources_has_its_sentence_and_no_sentence_is_left_over() -> None:
    written = audited_actions.found()
    missing = {action: places for action, places in written.items() if action not in every()}
    assert not missing, "add them to a module of server/trail/sentences, with their French"
    assert set(every()) <= set(written), "no longer written; remove their sentences"


def test_every_sentence_has_its_french() -> None:
    have = {message.id for message in catalogue("fr") if message.id and isinstance(message.id, str)}
    assert set(every().values()) <= have


def test_what_the_reader_of_the_sources_cannot_read_is_said(tmp_path: Path) -> None:
    import ast

    tree = ast.parse('def f(x):\n    audit.record(c, t, n, b, f"a.{x}")\n')
    [(call, function)] = audited_actions._calls(tree)
    with pytest.raises(audited_actions.Unreadable):
        audited_actions._values(call.args[4], function, tree, "here")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_can_be_said_of_a_line_that_holds_nothing_else(language: str) -> None:
    for action in every():
        said = telling.sentence(act(action), language)
        assert said
        assert "%(" not in said
        assert telling.label(action, language) != action


def test_a_line_is_told_with_its_details() -> None:
    one = act("person.add", "bob", "console:root", role="official", more=[1, {"a": None}])
    assert telling.sentence(one, "en") == "root (at the server’s console) let bob sign in as official."
    assert telling.details(one) == [("role", "official"), ("more", "1, a: –")]
    assert telling.whence("address:203.0.113.7", "fr") == "depuis l’adresse 203.0.113.7"
    assert telling.whence("", "en") == ""


def test_an_act_that_no_sentence_is_known_for_is_named_as_it_is() -> None:
    assert telling.sentence(act("some.thing", "x"), "en") == "ann: some.thing, x"


def test_what_a_line_holds_is_inert_wherever_it_is_told() -> None:
    evil = "\x1b[2J\u202e<b>%(who)s"
    said = telling.sentence(act("person.add", evil, f"person:{evil}", role=evil), "en")
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert all("\x1b" not in value for _, value in telling.details(act("x", **{evil: evil})))


def test_every_fault_is_said() -> None:
    assert set(FAULTS) == set(Fault)


def recorded(office: Office, count: int) -> None:
    for number in range(count):
        with origin.address("203.0.113.7"), office.database.write(office.tenant.id) as connection:
            audit.record(connection, office.tenant.id, office.now() - timedelta(days=number % 3), "person:Ann",
                         "link.create" if number % 2 else "person.reset", f"<b>{number}</b>")


def test_the_page_tells_what_happened_from_where_and_the_head_to_note_down(office: Office) -> None:
    recorded(office, 2)
    session = office.signed_in(office.person("sam"))
    text = office.page("GET", "/en/office/audit", session).text
    assert "Ann gave &lt;b&gt;0&lt;/b&gt; a new password" in text
    assert "from the address 203.0.113.7" in text
    with office.database.read(office.tenant.id) as connection:
        assert str(audit_chain.head(connection, office.tenant.id)) in text
    checked = office.page("GET", "/fr/office/audit?check=yes", session).text
    assert "La chaîne tient" in checked


def test_the_page_is_searched_and_paged_without_losing_or_repeating_a_line(office: Office) -> None:
    recorded(office, PAGE + 20)
    session = office.signed_in(office.person("sam"))
    seen: list[str] = []
    path = "/en/office/audit?person=ann"
    for _ in range(2):
        text = office.page("GET", path, session).text
        seen += [part.split("&lt;/b&gt;")[0] for part in text.split("&lt;b&gt;")[1:]]
        if "Older lines" in text:
            path = text.split("Older lines")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert list(dict.fromkeys(seen)) == [str(number) for number in reversed(range(PAGE + 20))]
    day = (office.now() - timedelta(days=1)).date()
    found = office.page("GET", f"/en/office/audit?day={day}&action=link.create", session).text
    assert "&lt;b&gt;1&lt;/b&gt;" in found
    assert "&lt;b&gt;3&lt;/b&gt;" not in found


@pytest.mark.parametrize(("query", "status"), [
    ("day=soon", 400), ("person=" + "x" * 101, 400), ("person=%E2%80%AE", 400), ("before=x", 404), ("before=-1", 404),
    ("before=%C2%B9", 404), ("action=nothing", 200), ("person=%25", 200)])
def test_what_cannot_be_looked_for_is_said(office: Office, query: str, status: int) -> None:
    session = office.signed_in(office.person("sam"))
    assert office.page("GET", f"/en/office/audit?{query}", session).status_code == status


def test_no_line_of_another_office_is_found(office: Office) -> None:
    other = office.other()
    otto = office.signed_in(office.person("otto", Role.ADMINISTRATOR, tenant=other.id))
    recorded(office, 3)
    for query in ("", "?person=ann", "?before=99999", "?check=yes", "?action=link.create"):
        assert "Ann" not in office.page("GET", f"/en/office/audit{query}", otto).text


def test_a_sign_in_is_written_down_with_its_address(office: Office) -> None:
    with office.database.read(office.tenant.id) as connection:
        before = len(audit.recent(connection, office.tenant.id))
    ann = office.signed_in(office.person("ann", Role.OFFICIAL))
    office.page("POST", "/en/publish/handling", ann, line="x")
    admin = office.signed_in(office.person("eve", Role.ADMINISTRATOR))
    assert office.page("POST", "/en/publish/handling", admin, line="TLP:RED").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        [one] = audit.recent(connection, office.tenant.id)[:-before or None]
    assert (one.action, one.origin) == ("handling.set", "address:127.0.0.1")


# -- at the console

def test_the_console_writes_down_its_host(console: Console) -> None:
    console.run("user", "add", "ann", "--role", "official", "--password-file", _password(console))
    assert [one.origin.partition(":")[0] for one in console.trail()] == ["console"] * len(console.trail())
    assert all(one.origin.partition(":")[2] for one in console.trail())


def test_show_tells_the_trail_and_verify_says_that_it_holds(console: Console) -> None:
    console.run("user", "add", "ann", "--role", "official", "--password-file", _password(console))
    assert "let ann sign in as official" in console.run("audit", "show")
    assert "a ouvert un compte à ann" in console.run("audit", "show", "--language", "fr", "--action", "person.add")
    told = json.loads(console.run("audit", "show", "--format", "json", "--person", "console"))
    assert told[0]["action"] == "person.add"
    said = console.run("audit", "verify")
    assert "The chain holds: 2 lines." in said
    head = said.rpartition("elsewhere: ")[2].strip()
    assert json.loads(console.run("audit", "verify", "--head", head, "--format", "json"))["holds"] is True
    for wrong in (("audit", "verify", "--head", "12"), ("audit", "show", "--day", "soon")):
        assert console.refused(*wrong)


def test_verify_names_the_first_line_that_does_not_hold_and_exits_with_one(console: Console) -> None:
    console.run("user", "add", "ann", "--password-file", _password(console))
    head = json.loads(console.run("audit", "verify", "--format", "json"))["head"]
    database = Database(database_url(console.data))
    with database.owner() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("UPDATE audit SET subject = 'eve' WHERE sequence = 2"))
    database.close()
    for more in ((), ("--head", head), ("--format", "json")):
        with pytest.raises(Untrusted, match="line 2") as caught:
            CliRunner().invoke(server, ["audit", "verify", "--data", str(console.data), *more], catch_exceptions=False)
        assert int(caught.value.exit_code) == 1
        assert "edited" in str(caught.value)


def test_what_is_taken_out_computes_to_the_same_chain(console: Console, tmp_path: Path) -> None:
    console.run("user", "add", "ann", "--password-file", _password(console))
    lines = [json.loads(line) for line in console.run("audit", "export").splitlines()]
    previous = lines[0]["previous"]
    for number, line in enumerate(lines, 1):
        moment = audit_chain.Line(line["tenant"], _moment(line["at"]), line["actor"], line["origin"], line["action"],
                                  line["subject"], line["detail"])
        assert (line["sequence"], line["previous"]) == (number, previous)
        previous = audit_chain.line_digest(moment, number, previous)
        assert line["digest"] == previous
    rows = list(csv.DictReader(io.StringIO(console.run("audit", "export", "--format", "csv"))))
    assert [row["digest"] for row in rows] == [line["digest"] for line in lines]
    file = tmp_path / "trail.jsonl"
    console.run("audit", "export", "--output", str(file))
    assert len(file.read_text("utf-8").splitlines()) == len(lines)
    with pytest.raises(HustingsError) as caught:
        CliRunner().invoke(server, ["audit", "export", "--output", str(file), "--data", str(console.data)],
                           catch_exceptions=False)
    assert caught.value.remedy


def test_what_a_spreadsheet_would_run_is_defused_in_csv(console: Console) -> None:
    database = Database(database_url(console.data))
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.only(connection).id
    with database.write(tenant) as connection:
        audit.record(connection, tenant, console.trail()[0].at, "person:=cmd()", "person.reset", "@x\x1b[2J")
    database.close()
    rows = list(csv.DictReader(io.StringIO(console.run("audit", "export", "--format", "csv"))))
    assert not rows[-1]["subject"].startswith("@")
    assert "\x1b" not in console.run("audit", "show")


def test_the_console_lists_refuses_and_does_not_approve(console: Console) -> None:
    assert "Nothing waits" in console.run("decision", "list")
    assert "No such command" in CliRunner().invoke(server, ["decision", "approve", "1"]).output
    assert "no such request" in str(console.refused("decision", "refuse", "1", "--reason", "It is not needed.")).lower()
    assert json.loads(console.run("decision", "list", "--all", "--format", "json")) == []


def _password(console: Console) -> str:
    file = console.data.parent / "password"
    file.write_text("correct horse battery staple\n", "utf-8")
    return str(file)


def _moment(text: str):  # type: ignore[no-untyped-def]
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00"))
