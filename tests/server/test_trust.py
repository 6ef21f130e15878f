"""The trust decision, rule by rule, and against a chain drawn at random."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.store.agents import State
from server.trust import Claim, Decision, Standing, decide, following

HERE = Standing("t", "a", State.APPROVED, "e1", 7, "d7", "inv")
NEXT = Claim("t", "a", "e1", 8, 8, "d7", "d8")


@pytest.mark.parametrize(("claim", "accepted", "seen", "decision", "expected"), [
    (NEXT, None, True, Decision.ACCEPT, 0),
    (replace(NEXT, tenant="other"), None, True, Decision.OTHER_AGENT, 0),
    (replace(NEXT, agent="other"), "d8", True, Decision.OTHER_AGENT, 0),
    (replace(NEXT, first=7, last=7, digest="d7", previous="d6"), "d7", True, Decision.REPEAT, 0),
    (replace(NEXT, epoch="e0", first=3, last=3, digest="old"), "old", True, Decision.REPEAT, 0),
    (replace(NEXT, first=7, last=7), "d7", True, Decision.FORK, 8),
    (replace(NEXT, first=5, last=5), None, True, Decision.FORK, 8),
    (replace(NEXT, first=6, last=9), None, True, Decision.FORK, 8),
    (replace(NEXT, first=9, last=9), None, True, Decision.GAP, 8),
    (replace(NEXT, previous="d6"), None, True, Decision.FORK, 8),
    (replace(NEXT, previous=None), None, True, Decision.FORK, 8),
    (replace(NEXT, last=12), None, True, Decision.ACCEPT, 0),
    (replace(NEXT, same_inventory="inv"), None, True, Decision.ACCEPT, 0),
    (replace(NEXT, same_inventory="older"), None, True, Decision.NEED_FULL, 0),
    (replace(NEXT, epoch="e0"), None, True, Decision.FORK, 0),
    (replace(NEXT, epoch="e2", first=1, last=1), None, False, Decision.ACCEPT, 0),
    (replace(NEXT, epoch="e2", first=1, last=1, previous=None), None, False, Decision.ACCEPT, 0),
    (replace(NEXT, epoch="e2", first=1, last=1, previous="d6"), None, False, Decision.FORK, 1),
    (replace(NEXT, epoch="e2", first=2, last=2), None, False, Decision.GAP, 1),
])
def test_each_rule(claim: Claim, accepted: str | None, seen: bool, decision: Decision, expected: int) -> None:
    ruling = decide(HERE, claim, accepted, seen)
    assert (ruling.decision, ruling.expected) == (decision, expected)


@pytest.mark.parametrize("state", [State.PENDING, State.REVOKED])
def test_nothing_is_taken_from_an_agent_that_is_not_approved(state: State) -> None:
    assert decide(replace(HERE, state=state), NEXT, None, True).decision is Decision.REVOKED
    assert decide(replace(HERE, state=state), NEXT, "d8", True).decision is Decision.REVOKED


def test_the_first_report_of_an_agent_starts_at_one_with_nothing_before() -> None:
    fresh = Standing("t", "a", State.APPROVED)
    first = Claim("t", "a", "e1", 1, 1, None, "d1")
    assert decide(fresh, first, None, False).decision is Decision.ACCEPT
    assert decide(fresh, replace(first, previous="d0"), None, False).decision is Decision.FORK
    assert decide(fresh, replace(first, first=2, last=2), None, False).decision is Decision.GAP


_claims = st.builds(
    Claim, st.just("t"), st.just("a"), st.sampled_from(["e1", "e2"]), st.integers(1, 4), st.integers(1, 4),
    st.sampled_from([None, "d1", "d2", "d3"]), st.sampled_from(["d1", "d2", "d3"]))


@given(st.lists(_claims.filter(lambda claim: claim.first <= claim.last), max_size=40))
def test_whatever_comes_no_place_is_ever_taken_twice(claims: list[Claim]) -> None:
    standing = Standing("t", "a", State.APPROVED)
    taken: dict[tuple[str, int], str] = {}
    chain: list[Claim] = []
    for claim in claims:
        seen = any(epoch == claim.epoch for epoch, _ in taken)
        ruling = decide(standing, claim, taken.get((claim.epoch, claim.last)), seen)
        if ruling.decision is Decision.ACCEPT:
            assert not any((claim.epoch, number) in taken for number in range(claim.first, claim.last + 1))
            assert claim.previous in ((standing.digest,) if chain and claim.epoch == standing.epoch
                                      else (None, standing.digest))
            chain.append(claim)
            taken |= {(claim.epoch, number): "" for number in range(claim.first, claim.last)}
            taken[claim.epoch, claim.last] = claim.digest
            standing = following(standing, claim, None)
