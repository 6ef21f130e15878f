"""YAML that a person wrote: a mistake is found on its line and nothing is guessed."""

from __future__ import annotations

import msgspec
import pytest

from hustings import yaml_source
from hustings.errors import ConfigError, PolicyError


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    port: int = 1


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: list[Inner] = []
    word: str = ""


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        yaml_source.convert(yaml_source.load(text, "f.yaml"), Outer)
    return str(caught.value)


def test_scalars_are_read_by_few_and_plain_rules() -> None:
    text = 'a: 5\nb: -3\nc: 2.50\nd: true\ne: null\nf:\ng: 007\nh: 1e5\ni: 0x1F\n'
    text += 'j: "5"\nk: 2026-11-22\nl: 1:30\nm: "no"'
    assert yaml_source.load(text, "f").value == {
        "a": 5, "b": -3, "c": 2.5, "d": True, "e": None, "f": None, "g": "007", "h": "1e5", "i": "0x1F", "j": "5",
        "k": "2026-11-22", "l": "1:30", "m": "no"}


@pytest.mark.parametrize("word", ["no", "No", "NO", "yes", "on", "Off", "y", "N", "True", "FALSE", "Null"])
def test_a_bare_word_that_readers_differ_on_is_refused(word: str) -> None:
    for text in (f"a: 1\nword: {word}", f"a: 1\n{word}: 1", f"a: 1\nb: [x, {word}]"):
        with pytest.raises(ConfigError, match=f"(?s)f:2: bare '{word}'.*fix: write"):
            yaml_source.load(text, "f")


@pytest.mark.parametrize(("text", "line", "said"), [
    ("a: 1\nb: 2\na: 3", 3, "twice"),
    ("a:\n  b: 1\n  'b': 2", 3, "twice"),
    ("90: 1\n'90': 2", 2, "twice"),
    ("a: &x 1\nb: *x", 1, "anchors and aliases"),
    ("a: 1\nb: *x", 2, "aliases are not allowed"),
    ("a: 1\nb: !!str 5", 2, "tags"),
    ("a: 1\nb: !foo {c: 1}", 2, "tags"),
    ("a: 1\nb: !!python/object:os.system []", 2, "tags"),
    ("a: 1\nb: !!set {c}", 2, "tags"),
    ("a: 1\n---\nb: 1", 2, "another document"),
    ("a: 1\n\tb: 2", 2, "not YAML"),
    ("a: [1, 2", 1, "not YAML"),
    ("a: 1\n? [x]\n: 1", 2, "a key must be text"),
    ("a: 1\ntrue: 1", 2, "a key must be text"),
    ("a: 1\n1.5: 1", 2, "a key must be text"),
])
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        yaml_source.load(text, "f")
    assert caught.value.where == f"f:{line}"


def test_an_exclamation_mark_inside_a_text_is_no_tag() -> None:
    assert yaml_source.load("a: Stop!\nb: 'x ! y'", "f").value == {"a": "Stop!", "b": "x ! y"}


@pytest.mark.parametrize("text", [
    "a: \x00", "\ud800", "[" * 2000, "a: " + "{a: " * 40 + "1" + "}" * 40, "- " * 60 + "x",
])
def test_hostile_text_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(ConfigError):
        yaml_source.load(text, "f")


def test_a_text_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(ConfigError, match="limit"):
        yaml_source.load("[" * (yaml_source.LIMIT + 1), "f")


def test_the_callers_own_error_is_raised() -> None:
    with pytest.raises(PolicyError):
        yaml_source.load("a: no", "f", error=PolicyError)


def test_an_empty_document_is_nothing() -> None:
    assert yaml_source.load("# only a comment\n", "f").value is None


def test_an_unknown_key_is_named_with_those_there_are() -> None:
    said = refused("word: x\nwrod: z")
    assert "f.yaml:2" in said
    assert "unknown key 'wrod'" in said
    assert "known keys: inner, word" in said


def test_faults_deep_inside_carry_their_own_line() -> None:
    assert "f.yaml:3" in refused("inner:\n  - name: a\n  - name: 5\n")
    assert "f.yaml:3: unknown key 'prot'" in refused("inner:\n  - name: a\n    prot: 5\n")
    missing = refused("inner:\n  - port: 5\n")
    assert "the key 'name' is missing" in missing
    assert "f.yaml:2" in missing


def test_a_document_of_another_shape_is_refused() -> None:
    assert "f.yaml:1" in refused("[1, 2]")
