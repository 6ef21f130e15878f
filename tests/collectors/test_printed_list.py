import os
import shutil
from hashlib import sha256

import pytest

from collectors import printed_list
from collectors.base import ABSENT
from collectors.host.live import LiveHost
from collectors.host.protocol import NotThere, Output
from hustings.declared import Declared, PrintedList
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

PDF = "%PDF-1.4 a list"
TEXT = ("          Voters of Lyon County                 page 1\n"
        "  1   ABBOTT, Ann        12 Elm Street\n  2   ABEL, Bo           3 High Street\n\f"
        "          Voters of Lyon County                 page 2\n"
        "  3   ADAMS, Cy          9 Elm Street\n                 48211 voters\n\f")


def look(text=TEXT, *, answer=None, approved=PDF, pages=2, certified=3):
    host = FakeHost({"/srv/list.pdf": PDF}, commands={
        ("pdftotext", "-layout", "-enc", "UTF-8", "/srv/list.pdf", "-"): answer or Output(0, text, "")})
    one = PrintedList(name="november", file="/srv/list.pdf", sha256=sha256(approved.encode()).hexdigest(), pages=pages,
                      certified=certified)
    return {name.removesuffix("@november"): value for name, value in
            printed_list.collect(host, Declared(printed_lists=(one,))).items()}


def test_a_list_with_every_voter_and_page_is_complete():
    seen = look()
    assert (seen["printed.pages"], seen["printed.rows"]) == (2, 3)
    assert (seen["printed.complete"], seen["printed.approved"]) == (True, True)


@pytest.mark.parametrize("given", [{"certified": 4}, {"pages": 3}, {"text": TEXT.replace("  2   ABEL", "  7   ABEL")}])
def test_a_missing_voter_page_or_number_makes_it_incomplete(given):
    assert look(**given)["printed.complete"] is False


def test_another_file_than_the_approved_one_is_told():
    assert look(approved="another")["printed.approved"] is False


def test_a_list_for_each_polling_place_may_begin_again_on_a_new_page():
    assert printed_list.count("1 A a\n2 B b\n\f1 C c\n\f2 D d\n\f") == (3, 4)
    assert printed_list.count("1 A a\n1 B b\n\f") == (1, 1)


def test_rows_without_numbers_cannot_be_counted():
    seen = look("ABBOTT, Ann\nABEL, Bo\n\f")
    assert (seen["printed.rows"], seen["printed.complete"]) == (ABSENT, ABSENT)
    assert seen["printed.pages"] == 1


def test_without_pdftotext_nothing_is_counted_and_the_digest_still_holds():
    seen = look(answer=NotThere("pdftotext"))
    assert isinstance(seen["printed.complete"], Missing)
    assert seen["printed.complete"].reason is Reason.UNSUPPORTED
    assert seen["printed.approved"] is True


def pdf(pages):
    """A PDF of lines of text, as plain as it gets."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>",
               f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
               "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"]
    for number, lines in enumerate(pages):
        text = "".join(f"BT /F 10 Tf 40 {760 - 14 * row} Td ({line}) Tj ET\n" for row, line in enumerate(lines))
        objects += [f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
                    "/Resources << /Font << /F 3 0 R >> >> >>", f"<< /Length {len(text)} >>\nstream\n{text}endstream"]
    made, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(made))
        made += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return made + (f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
                   f"startxref\n{len(made)}\n%%EOF\n").encode()


def test_a_real_pdf_is_counted(tmp_path):
    if shutil.which("pdftotext") is None:
        assert os.environ.get("CI") != "true", "pdftotext must be installed where CI=true"
        pytest.skip("pdftotext is not installed")
    path = tmp_path / "list.pdf"
    path.write_bytes(pdf([[f"{number}   Voter {number}, Elm Street" for number in range(start, start + 40)]
                          for start in (1, 41, 81)]))
    one = PrintedList(name="november", file=str(path), sha256=sha256(path.read_bytes()).hexdigest(), pages=3,
                      certified=120)
    seen = printed_list.collect(LiveHost(), Declared(printed_lists=(one,)))
    assert (seen["printed.pages@november"], seen["printed.rows@november"]) == (3, 120)
    assert seen["printed.complete@november"] is True
