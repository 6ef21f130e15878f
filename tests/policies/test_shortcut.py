"""The shortcut for long lists says exactly what the full evaluation says, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hustings.facts import Missing, Observation, Reason
from policies.logic import Logic
from policies.shortcut import shortcut

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PARAMETERS = {"names": ["a", "b"], "none": [], "mixed": ["a", 1], "limit": 2, "long": "3d", "bits": "0640"}

texts = st.sampled_from(["a", "b", "3d", "2026-11-22", "0640", "0044"])
scalars = st.one_of(texts, st.integers(-1, 3), st.booleans(), st.none())
values = st.one_of(scalars, st.floats(-1, 3), st.just({"reason": "denied"}), st.just(Missing(Reason.DENIED)),
                   st.lists(st.sampled_from(["a", "b"]), max_size=2))
operands = st.one_of(scalars, st.sampled_from([{"param": name} for name in PARAMETERS]))
leaves = st.one_of(
    st.builds(lambda name, operator, operand: {"field": name, operator: operand}, st.sampled_from(["x", "y"]),
              st.sampled_from(["equals", "at_least", "at_most", "older_than", "contains", "mode_within"]), operands),
    st.builds(lambda name, operand: {"field": name, "one_of": operand}, st.sampled_from(["x", "y"]),
              st.one_of(st.lists(scalars, max_size=3), st.sampled_from([{"param": name} for name in PARAMETERS]))),
    st.builds(lambda name, absent: {"field": name, "absent": absent}, st.sampled_from(["x", "y"]), st.booleans()),
)
conditions = st.recursive(leaves, lambda inner: st.one_of(
    st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
    st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
    st.builds(lambda part: {"not": part}, inner)), max_leaves=6)


@given(conditions, st.dictionaries(st.sampled_from(["x", "y"]), values))
def test_it_agrees_with_the_full_evaluation_wherever_it_answers(condition: dict[str, Any],
                                                                record: dict[str, Any]) -> None:
    quick = shortcut(condition, PARAMETERS)(record)
    if quick is not None:
        logic = Logic(lambda name: (name, Observation(absent=True), []), PARAMETERS, NOW)
        assert logic.evaluate(condition, record).truth is quick
