from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.elections import form
from server.elections.model import Election, WindowKind
from server.elections.rules import faults
from tests.elections.made import VOTE, election, window


def typed(one: Election, **changes: str) -> dict[str, str]:
    """The form of an election as a browser sends it."""
    fields = {"name": one.name, "first": one.first.isoformat(), "last": one.last.isoformat(), "scale": one.scale}
    for line in form.lines(one):
        fields |= {f"{name}-{line.number}": getattr(line, name)
                   for name in ("kind", "first", "last", "rule", "equipment")}
    return {**fields, **changes}


@pytest.mark.parametrize("kind", ["default", "us-federal-general", "ca-on-municipal"])
def test_a_form_sent_back_untouched_changes_nothing(kind: str) -> None:
    made = election(kind=kind)
    again, found = form.changed(made, typed(made))
    assert found == ()
    assert again is not None
    assert sorted(again.windows, key=repr) == sorted(made.windows, key=repr)
    assert msgspec.structs.replace(again, windows=made.windows) == made


def test_moving_the_vote_moves_windows_that_were_left_alone() -> None:
    made = election(kind="us-municipal")
    later = (VOTE + timedelta(days=7)).isoformat()
    again, _ = form.changed(made, typed(made, first=later, last=later, **{"last-1": "2027-12-31"}))
    assert again is not None
    nomination = again.of(WindowKind.NOMINATION)[0]
    assert nomination.first == made.of(WindowKind.NOMINATION)[0].first + timedelta(days=7)
    assert again.of(WindowKind.FREEZE)[0].last == date(2027, 12, 31)


def test_windows_are_added_and_removed() -> None:
    made = election()
    again, _ = form.changed(made, typed(made, **{
        "remove-0": "yes", "kind-1": "freeze", "first-1": "2027-10-01", "last-1": "2027-11-10",
        "rule-1": "order 12", "equipment-1": "ems  pollbook ems"}))
    assert again is not None
    assert again.windows == (window(WindowKind.FREEZE, -32, 8, rule="order 12", equipment=("ems", "pollbook")),)


@pytest.mark.parametrize(("changes", "field", "said"), [
    ({"first": "soon"}, "first", "soon is not a day. Write it as 2027-11-02."),
    ({"first": ""}, "first", "Write a day"), ({"last": "2027-02-29"}, "last", "2027-02-29 is not a day"),
    ({"first": "20271102"}, "first", "20271102 is not a day"),
    ({"scale": "huge"}, "scale", "how much of the electorate"), ({"kind-0": "party"}, "window-0", "what this window"),
    ({"first-0": "x"}, "window-0", "x is not a day"), ({"last-0": ""}, "window-0", "Write a day")])
def test_what_cannot_be_read_is_said_where_it_stands(changes: dict[str, str], field: str, said: str) -> None:
    made = election()
    again, found = form.changed(made, typed(made, **changes))
    assert again is None
    assert [(one.field, said in one.say()) for one in found] == [(field, True)]
    assert found[0].say("fr") != found[0].say("en")


@pytest.mark.parametrize(("changes", "field", "said"), [
    ({"name": " "}, "name", "1 to 120"), ({"name": "x" * 121}, "name", "1 to 120"),
    ({"name": "a\nb"}, "name", "one line"), ({"name": "evil\u202etxt"}, "name", "one line"),
    ({"first": date(1999, 1, 1)}, "first", "between 2000 and 2199"),
    ({"last": date(2027, 11, 1)}, "last", "before the first"),
    ({"last": date(2027, 12, 3)}, "last", "more than 31 days"),
    ({"windows": (window(WindowKind.AUDIT, 5, 1),)}, "window-0", "before it begins"),
    ({"windows": (window(WindowKind.AUDIT, 5, 900),)}, "window-0", "Check the years"),
    ({"windows": (window(WindowKind.NOMINATION, -900, -5),)}, "window-0", "Check the years"),
    ({"windows": (window(WindowKind.FREEZE, -90, -1),)}, "window-0", "hold through voting"),
    ({"windows": (window(WindowKind.AUDIT, 1, 2, rule="r" * 301),)}, "window-0", "300 letters"),
    ({"windows": (window(WindowKind.AUDIT, 1, 2),) * 41}, "windows", "more than 40")])
def test_what_may_not_be_stored_is_said_with_how_to_mend_it(changes: dict[str, object], field: str,
                                                            said: str) -> None:
    found = faults(election(**{"name": "A vote", **changes}) if "first" not in changes and "last" not in changes else
                   msgspec.structs.replace(election(name="A vote"), **changes))
    assert field in {one.field for one in found}
    assert any(said in one.say() for one in found)


def test_two_votes_on_one_day_need_two_names() -> None:
    one = election(name="Vote", id="a")
    assert [each.field for each in faults(msgspec.structs.replace(one, id="b"), [one])] == ["name"]
    assert faults(msgspec.structs.replace(one, id="b", name="Other"), [one]) == ()
    assert faults(one, [one]) == ()


@given(st.dictionaries(st.sampled_from(["name", "first", "last", "template", "act", "scale", "kind-0", "first-0",
                                        "last-0", "rule-0", "remove-0", "kind-7", "equipment-0"]),
                       st.text(max_size=30) | st.sampled_from(["2027-11-02", "freeze", "default", "call", "large"])))
def test_whatever_is_typed_gives_an_election_or_a_fault(fields: dict[str, str]) -> None:
    for made, found in (form.new(fields), form.changed(election(), fields)):
        assert (made is None) == bool(found)
        if made is not None:
            faults(made)
        for one in found:
            assert one.say("fr")
