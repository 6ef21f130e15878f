"""Findings as accepted reports make them: the same as a walk over all reports from the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from evidence import ages
from evidence.ages import Said
from server.triage.lives import Life, Source, Turn, after, turned

CHECKS = ("a", "b", "c")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Walked:
    """One check, by the plain reading of the rules: what began and ended, and when it was last seen to fail."""

    episodes: list[list[datetime | None]]
    sources: list[list[int | None]]
    unseen: datetime | None = None


def walk(history: list[Said], check: str) -> Walked | None:
    """The reference: report after report, with nothing carried but what the rules name."""
    found = Walked([], [])
    last_fail: datetime | None = None
    for place, said in enumerate(history):
        letter = dict(zip(said.checks, said.vector, strict=True)).get(check)
        failing = bool(found.episodes) and found.episodes[-1][1] is None
        if letter == "f":
            if failing:
                begun = found.episodes[-1][0]
                assert begun is not None
                found.episodes[-1][0] = min(begun, said.at)
            else:
                found.episodes.append([said.at, None])
                found.sources.append([place, None])
            found.unseen, last_fail = None, said.at
        elif letter == "p" and failing:
            begun = found.episodes[-1][0]
            assert begun is not None
            found.episodes[-1][1] = max(begun, said.at)
            found.sources[-1][1] = place
            found.unseen = None
        elif failing and found.unseen is None:
            found.unseen = last_fail
    return found if found.episodes else None


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    """Reports that list some checks each, by clocks that run forwards, stand still or jump back."""
    made = []
    for _ in range(draw(st.integers(0, 14))):
        listed = draw(st.lists(st.sampled_from(CHECKS), unique=True, max_size=3))
        letters = "".join(draw(st.sampled_from("pfun")) for _ in listed)
        made.append(Said(BEGAN + draw(st.integers(0, 20)) * HOUR, tuple(listed), letters))
    return made


def projected(history: list[Said]) -> dict[str, Life]:
    carried = ages.NONE
    lives: dict[str, Life] = {}
    for place, said in enumerate(history):
        following = ages.following(carried, said)
        for check, what, at in turned(carried, following):
            life = after(lives.get(check), Turn("m", check, what, at, Source(said.at, "e", place)))
            assert life is not None
            lives[check] = life
        carried = following
    return lives


@given(histories())
def test_what_is_carried_from_report_to_report_is_what_a_walk_over_all_of_them_gives(history: list[Said]) -> None:
    lives = projected(history)
    for check in CHECKS:
        wanted = walk(history, check)
        if wanted is None:
            assert check not in lives
            continue
        life = lives[check]
        assert [[one.opened, one.resolved] for one in life.episodes] == wanted.episodes
        assert [[one.opening.sequence, one.by.sequence if one.by else None] for one in life.episodes] == wanted.sources
        assert life.unseen == wanted.unseen


@given(histories())
def test_a_finding_is_unresolved_exactly_while_its_check_is_carried_as_failing(history: list[Said]) -> None:
    unresolved = {check for check, life in projected(history).items() if life.episodes[-1].resolved is None}
    assert unresolved == set(ages.ages(history).failing)


@given(histories(), st.integers(0, 14), st.lists(st.sampled_from("un"), min_size=3, max_size=3))
def test_only_a_report_that_says_pass_resolves_anything(history: list[Said], cut: int, letters: list[str]) -> None:
    before = projected(history[:cut])
    silent = Said(BEGAN + 30 * HOUR, CHECKS, "".join(letters))
    later = projected([*history[:cut], silent, Said(BEGAN + 31 * HOUR, (), "")])
    for check, life in before.items():
        assert later[check].episodes == life.episodes
