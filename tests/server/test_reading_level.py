"""A county clerk reads these pages: grade 8 at most, sentence by sentence and page by page."""

from __future__ import annotations

import re

import pytest

from server.glossary import WORDS
from server.pages import words
from tests.server.extraction import texts
from tests.server.reading_level import level, syllables

PAGES = ("scorecard", "method", "glossary", "row", "points", "area", "exceptions", "machine", "phase", "effects")
MOST = 8.0


def said(page: str) -> list[str]:
    """The texts of a template that are sentences, blanks filled with a short word."""
    found = []
    for key, places in texts().items():
        text = key if isinstance(key, str) else key[1]
        if any(place.startswith(f"templates/{page}.html") for place in places):
            found.append(re.sub(r"%\(\w+\)s", "ten", text))
    return [one for one in found if len(one.split()) >= 4]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_at_grade_eight(page: str) -> None:
    assert level(said(page)) <= MOST, said(page)


@pytest.mark.parametrize("name", ["CAPS", "REASONS", "ADVICE", "WEIGHTS_WHY"])
def test_words_of_the_pages_read_at_grade_eight(name: str) -> None:
    assert level(getattr(words, name).values()) <= MOST


def test_the_glossary_explains_in_plain_words() -> None:
    assert level(one.meaning for one in WORDS) <= MOST
    assert len({one.code for one in WORDS}) == len(WORDS)
    assert all(one.en and one.fr and one.meaning for one in WORDS)


def test_the_plain_sentences_of_the_checks_read_at_grade_eight() -> None:
    from policies.pack import shipped

    assert level(check.plain.en for check in shipped().checks) <= MOST


@pytest.mark.parametrize(("word", "count"), [
    ("grade", 1), ("failed", 1), ("counted", 2), ("machine", 2), ("evidence", 3), ("the", 1), ("control", 2),
    ("table", 2), ("passes", 2), ("county", 2), ("a", 1), ("registration", 4), ("weighs", 1), ("unknown", 2)])
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_hard_text_reads_harder_than_an_easy_one() -> None:
    assert level(["The cat sat on the mat."]) < 2
    assert level(["Notwithstanding considerable administrative heterogeneity, jurisdictions demonstrate "
                  "extraordinary organizational interdependencies regarding infrastructure."]) > 20
