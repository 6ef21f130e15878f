from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from server.elections.ics import as_ics
from server.elections.model import Election
from server.elections.timeline import LEFT, WIDTH, picture
from tests.elections.made import VOTE, election

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def entries(body: bytes) -> list[dict[str, object]]:
    return [{"uid": str(one["uid"]), "title": str(one["summary"]), "first": one["dtstart"].dt, "end": one["dtend"].dt,
             "about": str(one.get("description", ""))} for one in Calendar.from_ical(body).walk("VEVENT")]


def test_every_window_and_vote_is_an_entry_of_whole_days() -> None:
    made = election(kind="us-federal-general")
    found = entries(as_ics("Elm County", "t1", [made], NOW))
    assert len(found) == 1 + len(made.windows)
    [vote] = [one for one in found if one["title"] == f"Voting: {made.name}"]
    assert (vote["first"], vote["end"]) == (VOTE, VOTE + timedelta(days=1))
    [freeze] = [one for one in found if str(one["title"]).startswith("Freeze")]
    assert (freeze["first"], freeze["end"]) == (VOTE - timedelta(days=90), VOTE + timedelta(days=31))
    assert "check it with your law" in str(freeze["about"])


def test_entries_keep_their_ids_in_both_languages_and_when_days_change() -> None:
    made = election(kind="us-municipal")
    english, french = (entries(as_ics("O", "t1", [made], NOW, code)) for code in ("en", "fr"))
    assert [one["uid"] for one in english] == [one["uid"] for one in french]
    assert {str(one["title"]) for one in english}.isdisjoint({str(one["title"]) for one in french})
    later = election(VOTE + timedelta(days=7), kind="us-municipal", id=made.id)
    assert {one["uid"] for one in entries(as_ics("O", "t1", [later], NOW))} == {one["uid"] for one in english}
    assert len({one["uid"] for one in english}) == len(english)


def test_offices_never_share_an_entry() -> None:
    one, other = (entries(as_ics("O", tenant, [election()], NOW)) for tenant in ("t1", "t2"))
    assert {str(each["uid"]) for each in one}.isdisjoint({str(each["uid"]) for each in other})


def test_names_cannot_write_lines_of_their_own() -> None:
    made = election(name="Vote\r\nBEGIN:VEVENT\r\nSUMMARY:evil;x,y")
    found = entries(as_ics("O\r\nX:1", "t1", [made], NOW))
    assert len(found) == 1 + len(made.windows)


def test_without_elections_there_is_no_picture() -> None:
    assert picture([], VOTE) is None
    assert picture([election(date(2020, 1, 1))], VOTE) is None


def test_what_is_more_than_two_years_away_is_counted_and_left_out() -> None:
    found = picture([election(), election(date(2031, 11, 4))], VOTE - timedelta(days=10))
    assert found is not None
    assert (len(found.groups), found.later) == (1, 1)
    assert picture([election(date(2031, 11, 4))], VOTE) is None


ELECTIONS = st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2031, 1, 1)), st.integers(0, 20),
                               st.sampled_from(["default", "us-primary", "ca-federal"])), min_size=1, max_size=6)


@given(ELECTIONS, st.dates(date(2026, 1, 1), date(2031, 1, 1)))
def test_everything_lies_inside_the_picture(votes: list[tuple[date, int, str]], today: date) -> None:
    made: list[Election] = [election(first, first + timedelta(days=length), kind, id=str(number))
                            for number, (first, length, kind) in enumerate(votes)]
    found = picture(made, today)
    if found is None:
        return
    assert LEFT <= found.today <= WIDTH
    for group in found.groups:
        assert group.y + group.height <= found.height
        assert LEFT <= group.x <= WIDTH
        for lane in group.lanes:
            for bar in lane.bars:
                assert LEFT <= bar.x <= WIDTH
                assert bar.width > 0
                assert bar.x + bar.width <= WIDTH + 3.1
