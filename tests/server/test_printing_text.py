"""Text from elsewhere in printed pages: shown as it is or as a box, never run, never in the way of the page."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from server.printing import glyphs
from server.printing.typeset import pdf

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def printed(*texts: str) -> str:
    """The text of a page that shows some texts as a list."""
    boxes = [{"title": "T", "lines": [{"kind": "some", "text": one} for one in texts], "rest": [""] * 99}]
    data = {"over": "o", "title": "t", "about": "", "days": ["", ""], "nothing": "", "grade": None, "no_grade": "n",
            "no_grade_why": "w", "questions_title": "q", "questions": [], "first_title": "f", "first": [],
            "first_all": "", "first_none": "-", "areas_title": "a", "areas": {"head": [], "rows": [], "caption": ""},
            "parties_title": "p", "parties": {"head": [], "rows": [], "caption": ""}, "boxes": boxes,
            "foot": {"lines": ["foot"], "page": "{page}/{pages}"}}
    made = pdf("scorecard", data, language="en", title="Title", now=NOW)
    return "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)


def test_every_character_that_is_let_through_can_be_printed() -> None:
    every = "".join(chr(code) for first, last in glyphs.RANGES for code in range(first, last + 1))
    assert printed(" ".join(every))


@pytest.mark.parametrize("seed", range(5))
def test_no_text_stops_a_page(seed: int) -> None:
    draw = random.Random(seed)
    texts = ["".join(chr(draw.choice((draw.randrange(0xD800), draw.randrange(0xE000, 0x11000),
                                      draw.randrange(0x1F000, 0x1FFFF), draw.randrange(0x300, 0x370))))
                     for _ in range(60)) for _ in range(8)]
    assert printed(*texts)


@pytest.mark.parametrize(("text", "shown"), [
    ("plain", "plain"), ("Montréal œuvre", "Montréal œuvre"), ("a\u202eb", "a□b"), ("a\u0007b", "a□b"), ("選挙", "□□"),
    ("a\tb\u2028c\u3000d", "a b c d"), ("\ufeffx", "□x"), ("e\u0301", "é"), ("", ""), ("🗳", "□")])
def test_what_the_fonts_lack_is_a_box(text: str, shown: str) -> None:
    assert glyphs.shown(text) == shown


@pytest.mark.parametrize("text", [
    '#panic("x")', '#read("/etc/passwd")', "#{while true {}}", "$x^2$", "= Heading", "*bold* _it_ `code`", '"quoted"',
    "\\u{41}", "#import \"@preview/x:1.0.0\": *", "<label> @ref", "https://example.org", "// gone", "/* gone */",
    "#sys.inputs", "]#panic()[", "- item", "~tilde--dash---em...", "{page} of {pages}"])
def test_markup_in_data_is_text(text: str) -> None:
    found = printed(f"BEGIN {text} END")
    assert f"BEGIN {text} END" in " ".join(found.replace("\u200b", "").split())


def test_lists_and_records_are_cleaned_all_the_way_down() -> None:
    assert glyphs.deep({"a": ["x\u0000", {"b": ("選",)}], "n": 1, "t": True, "z": None}) == {
        "a": ["x□", {"b": ["□"]}], "n": 1, "t": True, "z": None}
