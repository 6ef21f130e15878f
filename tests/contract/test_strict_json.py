"""JSON that means one thing, or is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings import strict_json
from hustings.errors import BadJson, TooLarge

LIMIT = 1 << 20

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc[]{}\"\\", max_size=4), inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int, *, odd: str = "") -> bytes:
    opening, closing = ('{"a":', "}") if odd == "objects" else ("[", "]")
    text = "0"
    for level in range(depth):
        alternate = odd == "mixed" and level % 2
        text = f'{{"k":{text}}}' if alternate else f"{opening}{text}{closing}"
    return text.encode()


@given(plain)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert strict_json.loads(strict_json.dumps(value), limit=LIMIT) == value


@given(plain)
def test_it_reads_what_the_standard_library_wrote(value: Any) -> None:
    assert strict_json.loads(json.dumps(value).encode(), limit=LIMIT) == value


@pytest.mark.parametrize("text", [
    '{"a":1,"a":1}', '{"a":1,"b":2,"a":3}', '[{"x":[{"k":0,"k":1}]}]', '{"a":1,"\\u0061":2}',
])
def test_a_key_may_not_appear_twice_at_any_depth(text: str) -> None:
    with pytest.raises(BadJson, match="twice"):
        strict_json.loads(text.encode(), limit=LIMIT)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "[NaN]", "1e999", "-1e999", '{"a":1e400}'])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        strict_json.loads(text.encode(), limit=LIMIT)


def test_a_number_no_reader_can_hold_is_refused() -> None:
    with pytest.raises(BadJson, match="5000 digits"):
        strict_json.loads(b"1" * 5000, limit=LIMIT)


@pytest.mark.parametrize("text", [
    b'"\\ud800"', b'"\\udc00x"', b'{"\\ud800":1}', b'["ok","\\ude00"]', b'"\xed\xa0\x80"',
])
def test_half_a_surrogate_pair_is_refused(text: bytes) -> None:
    with pytest.raises(BadJson):
        strict_json.loads(text, limit=LIMIT)


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert strict_json.loads(b'"\\ud83d\\uddf3"', limit=LIMIT) == "🗳"


@pytest.mark.parametrize("text", [
    b"", b" ", b"{", b"[1,]", b"{'a':1}", b"[1] x", b"\xef\xbb\xbf[]", b"\xff", b"01", b'"\x01"', b"nul",
    b"[1]]", b"]" * 40,
])
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(BadJson):
        strict_json.loads(text, limit=LIMIT)


@pytest.mark.parametrize("odd", ["", "objects", "mixed"])
def test_the_depth_limit_is_exact(odd: str) -> None:
    strict_json.loads(nested(strict_json.MAX_DEPTH, odd=odd), limit=LIMIT)
    with pytest.raises(BadJson, match="deeper"):
        strict_json.loads(nested(strict_json.MAX_DEPTH + 1, odd=odd), limit=LIMIT)


def test_wide_is_not_deep() -> None:
    assert len(strict_json.loads(b"[" + b"[],{}," * 500 + b"0]", limit=LIMIT)) == 1001


@given(st.lists(st.text('[]{}"\\ab'), min_size=20, max_size=60))
def test_brackets_inside_strings_do_not_count(texts: list[str]) -> None:
    assert strict_json.loads(json.dumps(texts).encode(), limit=LIMIT) == texts


@given(st.lists(st.text('[]{}"\\', max_size=5), max_size=10), st.integers(20, 45))
def test_strings_full_of_brackets_hide_no_depth(texts: list[str], depth: int) -> None:
    between = ",".join(map(json.dumps, texts))
    inner = "0"
    for _ in range(depth):
        inner = f"[{between},{inner}]" if between else f"[{inner}]"
    if depth <= strict_json.MAX_DEPTH:
        strict_json.loads(inner.encode(), limit=LIMIT)
    else:
        with pytest.raises(BadJson):
            strict_json.loads(inner.encode(), limit=LIMIT)


@pytest.mark.parametrize("bomb", [
    b"[" * 4_000_000, b'{"a":' * 800_000, b'["[",' * 800_000, b"[" * 2_000_000 + b"]" * 2_000_000,
], ids=["open", "objects", "strings", "balanced"])
def test_a_bomb_is_refused_before_any_parser_recurses(bomb: bytes) -> None:
    with pytest.raises(BadJson, match="deeper"):
        strict_json.loads(bomb, limit=8 << 20)


def test_a_text_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(TooLarge, match="limit is 10"):
        strict_json.loads(b"\xff" * 11, limit=10)
