"""Following letters says what the whole of the reports says."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from evidence.ages import Ages, Said, following
from hustings.verdicts import Verdict
from server.elections.review import Machine, Review, Told, review
from server.elections.trail import After, Before
from tests.elections.made import election
from tests.elections.test_election_review import END
from tests.server.records import PACK

CHECKS = tuple(one.id for one in PACK.checks)
LISTS = (CHECKS[:1], CHECKS[:3], CHECKS[1:3], CHECKS[::-1][:3])
VERDICTS = {"p": Verdict.PASS, "f": Verdict.FAIL, "u": Verdict.UNKNOWN, "n": Verdict.NOT_APPLICABLE}
REPORTS = st.lists(st.tuples(st.integers(-40, 40), st.sampled_from(LISTS), st.text("pfun", min_size=3, max_size=3)),
                   max_size=14, unique_by=lambda one: one[0]).map(sorted)
History = list[tuple[int, tuple[str, ...], str]]


def at(day: int) -> datetime:
    return END + timedelta(days=day)


def reviewed(machine: Machine) -> Review:
    return review(election(windows=()), [machine], PACK, zone_name="UTC")


def whole(history: History) -> Machine:
    told = [Told(day + 100, at(day), {check: VERDICTS[letter] for check, letter in zip(checks, letters, strict=False)})
            for day, checks, letters in history]
    return Machine("a", "a", tuple(one for one in told[::-1] if one.at <= END),
                   tuple(one for one in told if one.at > END))


def trailed(history: History) -> tuple[Machine, int]:
    """The machine by its letters, and how many reports of the time before were read."""
    ages = Ages({}, {}, None)
    after = After()
    for day, checks, letters in history:
        ages = following(ages, Said(at(day), checks, letters[:len(checks)]))
        if day > 0:
            after.add(day + 100, at(day), checks, letters[:len(checks)])
    before = Before({check: since for check, since in ages.failing.items() if since <= END}, after.passed)
    read = 0
    for day, checks, letters in history[::-1]:
        if day <= 0 and not before.done:
            before.add(day + 100, at(day), checks, letters[:len(checks)])
            read += 1
    return Machine("a", "a", before.told(), after.told(), since=before.since()), read


@given(REPORTS)
def test_the_letters_of_reports_make_the_review_that_the_whole_reports_make(history: History) -> None:
    assert reviewed(trailed(history)[0]) == reviewed(whole(history))


def test_reports_older_than_any_doubt_are_not_read() -> None:
    history = [(day, CHECKS[:3], "pfu") for day in range(-40, 1)] + [(1, CHECKS[:3], "pfu")]
    machine, read = trailed(history)
    assert read == 1
    assert machine.since == {CHECKS[1]: at(-40)}
