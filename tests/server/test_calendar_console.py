"""``hustings server elections`` and ``server profile`` as an administrator types them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from server.elections import template
from tests.server.test_console import Console, console, fresh

__all__ = ["console", "fresh"]
SOON = datetime.now(UTC).date() + timedelta(days=40)


def test_an_election_is_added_with_the_windows_of_its_template(console: Console) -> None:
    console.run("elections", "add", "General election", "2028-11-07", "--template", "us-federal-general")
    said = console.run("elections", "show")
    assert "2028-11-07  General election  in " in said
    assert "2028-09-23 to 2028-11-07  uocava\n" in said, "verified, so it carries no warning"
    assert "2028-08-09 to 2028-12-07  freeze  template, check with your law" in said
    [shown] = json.loads(console.run("elections", "show", "--format", "json"))
    assert (shown["name"], shown["template"], shown["called"]) == ("General election", "us-federal-general", False)
    assert console.trail()[0].action == "election.add"


def test_a_vote_called_suddenly_says_what_it_breaks(console: Console) -> None:
    said = console.run("elections", "call", "By-election", SOON.isoformat(), "--last",
                       (SOON + timedelta(days=1)).isoformat(), "--template", "ca-federal")
    assert "called suddenly" in said
    assert "No line of the plan breaks." in said
    assert console.trail()[0].action == "election.call"


def test_an_election_is_cancelled_by_its_name_or_id_and_stays_on_record(console: Console) -> None:
    console.run("elections", "add", "Runoff", "2028-06-06")
    assert "Cancelled: Runoff" in console.run("elections", "cancel", "Runoff", "--note", "one candidate won")
    assert "No elections are entered" in console.run("elections", "show")
    history = console.run("elections", "show", "--history")
    assert "one candidate won" in history
    assert [one["act"] for one in json.loads(console.run("elections", "show", "--history", "--format", "json"))] == [
        "cancel", "add"]
    refused = console.refused("elections", "cancel", "Runoff")
    assert "which election?" in refused.what


def test_setting_days_says_what_it_cancels(console: Console) -> None:
    console.run("elections", "add", "Runoff", "2099-06-06")
    assert "Cancelled: Runoff" in console.run("elections", "set", "2099-11-03")


@pytest.mark.parametrize(("args", "what"), [
    (("add", "X", "2028-13-01"), "not a date"), (("add", "X", "1999-01-01"), "between 2000 and 2199"),
    (("add", "", "2028-11-07"), "1 to 120"), (("add", "X", "2028-11-07", "--last", "2028-11-01"), "before the first"),
    (("add", "X", "2028-11-07", "--last", "2029-01-01"), "more than 31 days"),
    (("call", "X", "2028-11-07", "--template", "moon"), "no template 'moon'")])
def test_what_cannot_be_is_refused_and_nothing_stored(console: Console, args: tuple[str, ...], what: str) -> None:
    assert what in console.refused("elections", *args).what
    assert "No elections are entered" in console.run("elections", "show")


def test_templates_name_their_sources_and_what_was_not_checked() -> None:
    said = _templates()
    assert "us-federal-general: United States: federal general election" in said
    assert "uocava: T-45 to T-0. 52 U.S.C. 20302(a)(8)" in said
    assert "nomination: month 5, day 1 to month 8, friday 3." in said
    assert said.count("Template: check it with your law.") > 20


def _templates() -> str:
    from click.testing import CliRunner

    from server.cli import server

    result = CliRunner().invoke(server, ["elections", "templates"], catch_exceptions=False)
    assert result.exit_code == 0
    listed = json.loads(CliRunner().invoke(server, ["elections", "templates", "--format", "json"]).stdout)
    assert [one["id"] for one in listed] == list(template.every())
    return result.stdout


def test_the_calendar_is_exported(console: Console, tmp_path: Path) -> None:
    console.run("elections", "add", "Vote", "2028-11-07")
    file = tmp_path / "elections.ics"
    console.run("elections", "export-ics", "--language", "fr", "--out", str(file))
    found = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert [one["dtstart"].dt for one in found] == [date(2028, 11, 7), date(2028, 8, 9)]
    assert "Période de gel" in str(found[1]["summary"])
    assert console.run("elections", "export-ics").startswith("BEGIN:VCALENDAR")
    assert "folder" in console.refused("elections", "export-ics", "--out", str(tmp_path / "no" / "x.ics")).remedy


def test_a_campaign_says_that_it_is_one_and_whose_days_count(console: Console) -> None:
    assert console.run("profile") == "office, days in UTC\n"
    assert console.run("profile", "campaign", "--timezone", "America/Toronto") == "campaign, days in America/Toronto\n"
    assert json.loads(console.run("profile", "--format", "json")) == {
        "profile": "campaign", "timezone": "America/Toronto"}
    assert console.trail()[0].action == "office.profile"
    assert "America/Toronto" in console.refused("profile", "--timezone", "Elm/County").remedy
