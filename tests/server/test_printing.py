"""Printed pages: how many there are, what screen readers are told, and what must never be in them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from policies.pack import shipped
from server.pages import words
from server.printing.annex import annex_pdf
from server.printing.board import board_pdf
from server.printing.card import scorecard_pdf
from server.printing.public import Money, Plan, Public, Trend, plan_numbers, public
from server.records import Office
from server.scorecard import Scorecard
from tests.server import printed, records

PLAN = Plan(date(2026, 10, 3), (Money(2027, "General fund", 1_840_000), Money(2027, "Grant", 5_200_000),
                                Money(2028, "General fund", 900_050)),
            (("replace", 12), ("keep", 4)), date(2027, 1, 15), date(2029, 8, 1))
TREND = Trend(tuple((date(2026, month, 1), None if month == 3 else 40 + month) for month in range(1, 13)), 14.0, -2.5)
OFFICES: dict[str, Callable[[], Office]] = {
    "usual": printed.usual, "largest": printed.largest, "good": lambda: printed.usual(printed.GOOD),
    "nothing": lambda: records.office(), "one machine": lambda: records.office(
        printed.machine("registry", ("registration-db",), printed.TURNS)),
    "no list": lambda: records.office(*printed.usual().machines)}
EVERY = [(name, language) for name in OFFICES for language in ("en", "fr")]


def reader(content: bytes) -> PdfReader:
    return PdfReader(BytesIO(content))


def text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in reader(content).pages)


@cache
def card_of(name: str) -> Scorecard:
    return printed.card(OFFICES[name]())


def make(kind: str, name: str, language: str) -> bytes:
    card = card_of(name)
    if kind == "scorecard":
        return scorecard_pdf(card, shipped(), language)
    if kind == "board":
        return board_pdf(public(card, shipped(), plan=PLAN, trend=TREND), language)
    return annex_pdf(card, shipped(), language, handling="TLP:AMBER")


def roles(node: Any) -> list[tuple[str, DictionaryObject]]:
    """Every element of the tree that screen readers follow, in order."""
    found: list[tuple[str, DictionaryObject]] = []
    children = node.get("/K", [])
    for child in children if isinstance(children, ArrayObject) else [children]:
        one = child.get_object()
        if isinstance(one, DictionaryObject) and "/S" in one:
            found.append((one["/S"], one))
            found += roles(one)
    return found


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_scorecard_is_one_page_whatever_the_office(name: str, language: str) -> None:
    assert len(reader(make("scorecard", name, language)).pages) == 1


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_board_version_is_two_pages_whatever_the_office(name: str, language: str) -> None:
    assert len(reader(make("board", name, language)).pages) == 2


def test_the_board_version_is_two_pages_whatever_the_plan() -> None:
    plan = Plan(None, tuple(Money(year, f"A fund {'of a long name ' * 9}{number}", 99_999_999_999)
                            for year in range(2027, 2050) for number in range(40)),
                tuple((act, 99_999) for act in ("replace", "upgrade", "extend", "retire", "keep")), None, None)
    for language in ("en", "fr"):
        record = public(card_of("largest"), shipped(), plan=plan, trend=TREND)
        assert len(reader(board_pdf(record, language)).pages) == 2


@pytest.mark.parametrize("kind", ["scorecard", "board", "annex"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_printed_page_is_tagged_for_screen_readers(kind: str, language: str) -> None:
    read = reader(make(kind, "usual", language))
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"].startswith(language)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value
    assert "Elm County" in read.metadata.title
    assert "pdfuaid:part" in root["/Metadata"].get_object().get_data().decode()
    found = roles(root["/StructTreeRoot"].get_object())
    names = [name for name, _ in found]
    assert names.count("/H1") == 1
    levels = [int(name[2]) for name in names if re.fullmatch(r"/H\d", name)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    figures = [one for name, one in found if name == "/Figure"]
    assert all(str(one.get("/Alt", "")).strip() for one in figures)
    assert figures or kind == "annex"
    tables = [one for name, one in found if name == "/Table"]
    assert tables
    assert all("/TH" in [name for name, _ in roles(one)] for one in tables)


@pytest.mark.parametrize("kind", ["scorecard", "board", "annex"])
def test_every_font_is_embedded_and_nothing_runs(kind: str) -> None:
    content = make(kind, "usual", "fr")
    for page in reader(content).pages:
        for font in page["/Resources"]["/Font"].values():
            below = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert any(name in below for name in ("/FontFile", "/FontFile2", "/FontFile3"))
    for word in (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/OpenAction", b"/URI"):
        assert word not in content


@pytest.mark.parametrize("kind", ["scorecard", "board", "annex"])
def test_the_same_record_gives_the_same_bytes(kind: str) -> None:
    assert make(kind, "usual", "fr") == make(kind, "usual", "fr")


def test_the_scorecard_reads_in_the_order_of_the_page() -> None:
    said = " ".join(text(make("scorecard", "usual", "en")).split())
    parts = ["Cyber-hygiene scorecard", "Grade F: Failing", "Five questions", "Do these first", "By area",
             "What others answer for", "What is not proven", "The list and the machines", "Measured by the audit agent",
             "Page 1 of 1"]
    places = [said.index(one) for one in parts]
    assert places == sorted(places)
    for name in ("annex-desk", "stray", "A vendor"):
        assert name in said


def test_what_does_not_fit_is_counted() -> None:
    assert re.search(r"and \d+ more", text(make("scorecard", "largest", "en")))


def test_the_handling_line_is_on_every_page_of_the_annex() -> None:
    content = annex_pdf(card_of("usual"), shipped(), "en", handling="TLP:AMBER+STRICT Elm")
    pages = reader(content).pages
    assert len(pages) > 2
    assert all(page.extract_text().count("TLP:AMBER+STRICT Elm") == 2 for page in pages)
    with pytest.raises(ValueError, match="handling"):
        annex_pdf(card_of("usual"), shipped(), "en", handling=" ")


def test_the_annex_has_every_failing_row_of_every_machine() -> None:
    card = card_of("one machine")
    said = " ".join(text(annex_pdf(card, shipped(), "en", handling="TLP:RED")).replace("\u200b", "").split())
    for one in (*card.machines, *card.undeclared):
        assert one.name in said
        for result in one.failing:
            check = shipped().check(result.check)
            assert check is not None
            assert check.title.en in said


def _secrets(office: Office) -> set[str]:
    """Whatever a public version must not hold: names, and what falls short."""
    found = {asset.name for asset in office.assets or ()} | {asset.site for asset in office.assets or ()}
    for one in office.machines:
        assert one.report is not None
        found |= {one.host, one.agent}
        found |= {product.name for product in one.report.inventory.products}
        found |= {one.report.inventory.os.name, one.report.inventory.hardware.model}
    found |= {check.title.say(language) for check in shipped().checks for language in ("en", "fr")}
    found |= {check.id for check in shipped().checks} | {row.id for row in shipped().rows}
    found |= {*words.AREAS.values(), *words.CAPS.values(), *words.ANSWERS.values(), *words.ROLES.values()}
    found |= {party for code, party in words.PARTIES.items() if code != "us"}
    return {one for one in found if len(one) > 3}


@pytest.mark.parametrize("name", ["usual", "largest", "no list"])
def test_the_public_version_names_no_machine_and_no_weakness(name: str) -> None:
    office = OFFICES[name]()
    record = public(card_of(name), shipped(), plan=PLAN, trend=TREND)
    said = msgspec.json.encode(record).decode()
    for language in ("en", "fr"):
        said += " ".join(text(board_pdf(record, language)).replace("\u200b", "").split())
    secrets = "|".join(re.escape(one) for one in sorted(_secrets(office)))
    assert not re.findall(rf"(?<!\w)(?:{secrets})(?!\w)", said)


def test_a_name_in_a_public_version_would_be_found() -> None:
    secrets = "|".join(re.escape(one) for one in sorted(_secrets(printed.usual())))
    said = " ".join(text(make("scorecard", "usual", "en")).split())
    assert len(set(re.findall(rf"(?<!\w)(?:{secrets})(?!\w)", said))) > 10


def test_the_fields_of_the_public_record_are_the_ones_that_were_weighed() -> None:
    assert set(Public.__struct_fields__) == {
        "schema", "office", "day", "made", "method", "pack", "letter", "graded", "lower", "upper", "coverage", "listed",
        "reporting", "controls", "passing", "failing", "unknown", "measured", "voting_day", "days", "plan", "trend"}


def test_the_numbers_of_a_plan_come_from_its_document() -> None:
    made = plan_numbers({"lines": [
        {"asset": "secret-1", "option": "replace", "order_by": "2027-02-01", "go_live": "2027-08-01", "fund": "A",
         "cost": 100.5},
        {"asset": "secret-2", "option": "replace", "order_by": "2027-01-01", "go_live": "2028-08-01", "fund": "A",
         "cost": 50},
        {"asset": "secret-3", "option": "keep", "order_by": None, "go_live": None, "fund": "", "cost": 0}]}, None)
    assert made == Plan(None, (Money(2027, "A", 15_050),), (("replace", 2), ("keep", 1)), date(2027, 1, 1),
                        date(2028, 8, 1))
    assert made.total == 15_050
