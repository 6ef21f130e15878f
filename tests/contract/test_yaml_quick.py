"""The fast reader of plain YAML gives what the full reader gives, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hustings import yaml_source
from hustings.errors import ConfigError
from hustings.yaml_quick import compose
from tests.docs.documents import ROOT

FILES = sorted((ROOT / "policies" / "library").glob("*/*.yaml"))
LINES = [line for path in FILES[::9] for line in path.read_text(encoding="utf-8").splitlines()] + [
    "roles:", "  clerk:", "    allow: {voters: \"r i u(a,b)\", 'x': d}  # why", "accounts:", "- login: ann",
    "  roles: [a, b-c, \"d e\"]", "  until: 2027-06-30", "- {login: bob, opens: 2026-11-22T09:00:00-05:00}",
    "a: |", "  b", "k: 'it''s'", 'k: "a\\n"', "a: &x 1", "b: *x", "c: !t 1", "- - a", "? a", "k: [a,", "  b]", "k: a",
    "  b", "k:", "é: ü"]
SIGNS = [*" \n:-,[]{}\"'#&*!|>%@`?aB1_./\\~=é<\t\u2028\u00a0\ufeff", ": ", "- ", " #", "\n  ", "\n- ", "---", "[a: b]",
         "a: b"]
BEYOND = ["", "# nothing\n", "a: |\n  b\n", "a: &x 1\n", "a: !t 1\n", "a: [b,\n  c]\n", "a\n", "{a: b}\n",
          "a: b\n  c\n", "a: b: c\n", "a:\tb\n", "- - a\n", "---\na: b\n", "a: b\n...\n", "a: 'it''s'\n",
          'a: "\\n"\n', "a: b\r\n", "? a\n: b\n", "a: [b, ]\n", "a: {b}\n"]


def read(node: Any) -> Any:
    """Values and lines, or the refusal."""
    source = yaml_source.Source("f", None)
    try:
        value = yaml_source._convert(node, (), source, ConfigError) if node is not None else None
    except ConfigError as fault:
        return str(fault)
    return value, source.lines


def full(text: str) -> Any:
    return read(yaml_source._compose_whole(text, "f", ConfigError))


def test_every_policy_reads_the_same_and_most_are_read_fast() -> None:
    fast = 0
    for path in FILES[::4]:
        text = path.read_text(encoding="utf-8")
        node = compose(text)
        if node is not None:
            fast += 1
            assert read(node) == full(text), path
    assert fast > len(FILES[::4]) * 0.7


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Some lines of real files, spoilt here and there."""
    place = draw(st.integers(0, len(LINES) - 1))
    text = "\n".join(LINES[place:place + draw(st.integers(1, 6))])
    for _ in range(draw(st.integers(0, 4))):
        spot = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 3))
        text = text[:spot] + draw(st.sampled_from([*SIGNS, ""])) + text[spot + cut:]
    return text


@given(texts())
@settings(max_examples=2000)
def test_what_it_takes_the_full_reader_reads_the_same(text: str) -> None:
    node = compose(text)
    if node is not None:
        assert read(node) == full(text)


@pytest.mark.parametrize("text", BEYOND)
def test_what_is_not_plain_is_left_to_the_full_reader(text: str) -> None:
    assert compose(text) is None
