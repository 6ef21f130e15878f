"""Equipment lists from upload through the preview to a version, or not at all."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest

from server.store import audit, equipment
from server.store.database import WHOLE_SERVER
from server.store.people import Role
from server.store.schema import planning as tables
from tests.server.planning_forms import LIST, budgeted, get, imported, post, send, session
from tests.server.setups import Office

TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MESSY = """Ville;Type d'équipement;Fabricant;Modèle;Quantité;Année d'achat
Sainte-Foy;Tabulatrice;Premier/Diebold (Dominion);AccuVote OS;douze;2016
Beauport;Tabulatrice;ES&S;DS200;~40;Automne 2016
"""
WRONG = b"asset,kind,quantity,purchased\nA,pc,2,2020-01-01\nB,pc,-3,2020-01-01\nC,pc,1,2020-02-30\nD,,1,2020-01-01\n"


@pytest.fixture
def at(office: Office) -> Office:
    office.now.at = TODAY
    return office


def test_a_list_is_looked_at_before_anything_is_stored(at: Office) -> None:
    signed = session(at)
    answer = send(at, "/en/plan/equipment", signed, LIST)
    assert answer.status_code == 303
    text = get(at, answer.headers["location"], signed).text
    assert "Nothing is stored yet" in text
    assert "Import 4 lines" in text
    assert at.stored(tables.equipment_lists) == 0
    assert post(at, answer.headers["location"], signed, {"do": "import"}).status_code == 303
    with at.database.read(WHOLE_SERVER) as connection:
        version = equipment.current(connection, at.tenant.id)
        assert version is not None
        rows = equipment.rows(connection, at.tenant.id, version.id)
        [act] = [one for one in audit.recent(connection, at.tenant.id) if one.action == "equipment.import"]
    assert [one.asset for one in rows] == ["CLERK-PCS", "SCANNERS", "POLLBOOKS", "BADGES"]
    assert (version.file, version.imported_by) == ("list.csv", "person:admin")
    assert act.detail["sha256"] == version.digest
    assert at.stored(tables.plan_uploads) == 0


def test_a_file_with_bad_rows_is_imported_not_at_all(at: Office) -> None:
    signed = session(at)
    place = send(at, "/en/plan/equipment", signed, WRONG).headers["location"]
    text = get(at, place, signed).text
    assert "3 mistakes" in text
    assert all(f"line {line}" in text for line in (3, 4, 5))
    assert "Import" not in re.sub("Importing|Nothing can be imported|nothing can be imported", "", text)
    assert post(at, place, signed, {"do": "import"}).status_code == 400
    assert at.stored(tables.equipment_lists) == 0


def test_a_document_renamed_to_a_table_is_refused_in_words(at: Office) -> None:
    signed = session(at)
    word = b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + bytes(range(256)) * 20 + b"word/document.xml"
    answer = send(at, "/en/plan/equipment", signed, word, "list.csv")
    assert answer.status_code == 303
    shown = get(at, answer.headers["location"], signed)
    assert shown.status_code == 400
    assert "Nothing was stored" in shown.text
    assert at.stored(tables.equipment_lists) == 0


def test_nobody_elses_upload_is_there_nor_one_of_an_hour_ago(at: Office) -> None:
    mine, theirs = session(at), session(at, Role.STAFF)
    place = send(at, "/en/plan/equipment", mine, LIST).headers["location"]
    assert get(at, place, theirs).status_code == 404
    assert post(at, place, theirs, {"do": "import"}).status_code == 404
    assert get(at, place, session(at, Role.OFFICIAL)).status_code == 403
    assert get(at, place, mine).status_code == 200
    at.now.forward(minutes=61)
    assert get(at, place, session(at)).status_code == 404


def test_a_list_is_imported_once(at: Office) -> None:
    signed = session(at)
    place = send(at, "/en/plan/equipment", signed, LIST).headers["location"]
    assert post(at, place, signed, {"do": "import"}).status_code == 303
    assert post(at, place, signed, {"do": "import"}).status_code == 404
    assert at.stored(tables.equipment_lists) == 1


def test_no_file_and_a_huge_one_are_told(at: Office) -> None:
    signed = session(at)
    assert "Choose a file first" in post(at, "/en/plan/equipment", signed, files={"x": ("x", b"")}).text
    assert send(at, "/en/plan/equipment", signed, b"x" * ((16 << 20) + 1)).status_code == 413
    assert send(at, "/en/plan/equipment", signed, b"x" * (18 << 20)).status_code == 413


def test_other_columns_are_mapped_and_what_is_not_sure_is_asked(at: Office) -> None:
    signed = session(at)
    place = send(at, "/fr/plan/equipment", signed, MESSY.encode("cp1252"), "parc.csv").headers["location"]
    text = html.unescape(get(at, place, signed).text)
    assert "Automne 2016" in text
    assert "~40" in text
    fields = re.findall(r'name="(answer:[^"]*\S)"', get(at, place, signed).text)
    assert fields
    selects = dict(re.findall(r'<select id="column-\d+" name="(column:\w+)">.*?<option value="(\w*)" selected', text,
                              re.DOTALL))
    assert "quantity" in selects.values()
    assert "model" in selects.values()
    answers = {html.unescape(one): "?" for one in fields}
    done = post(at, place, signed, {**selects, **answers, "do": "import"})
    assert done.status_code == 303, done.text[:3000]
    with at.database.read(WHOLE_SERVER) as connection:
        version = equipment.current(connection, at.tenant.id)
        assert version is not None
        rows = equipment.rows(connection, at.tenant.id, version.id)
    assert version.mapping["columns"]
    assert version.answers
    assert len(rows) == 2
    assert 12 in [one.row["asset"]["quantity"] for one in rows]


def test_a_saved_mapping_is_offered_for_the_same_columns(at: Office) -> None:
    signed = session(at)
    place = send(at, "/en/plan/equipment", signed, MESSY.encode(), "a.csv").headers["location"]
    assert post(at, place, signed, {"column:A": "owner", "column:B": "kind", "column:D": "model", "do": "import"}
                ).status_code == 303
    again = send(at, "/en/plan/equipment", signed, MESSY.encode(), "b.csv").headers["location"]
    text = get(at, again, signed).text
    first = text[text.index('name="column:A"'):text.index('name="column:B"')]
    assert '<option value="owner" selected>' in first


def test_what_a_list_says_is_never_markup(at: Office) -> None:
    signed = session(at)
    evil = '"<script>alert(1)</script>"'
    listed = f"asset,kind,make,model\n{evil},printer,{evil},{evil}\n".encode()
    place = send(at, "/en/plan/equipment", signed, listed, "<b>.csv").headers["location"]
    assert "<script>alert" not in get(at, place, signed).text
    assert imported(at, signed, listed).status_code == 303
    for path in ("/plan", "/plan/equipment"):
        assert "<script>alert" not in get(at, f"/en{path}", signed).text


@pytest.mark.parametrize(("body", "says"), [
    (b"fund,year,amount,kinds\nGeneral,2027,lots,\n", "lots"), (b"a,b\n1,2\n", "column"), (b"\x00\xff\x00", "")])
def test_a_bad_budget_is_told_and_not_stored(at: Office, body: bytes, says: str) -> None:
    answer = budgeted(at, session(at), body)
    assert answer.status_code == 400
    assert "Nothing was stored" in answer.text
    assert says in answer.text
    assert at.stored(tables.budgets) == 0


def test_typed_budget_lines_come_back_with_what_is_wrong(at: Office) -> None:
    signed = session(at)
    bad = post(at, "/en/plan/budget", signed, {"fund-0": "General", "year-0": "2027", "amount-0": "lots"})
    assert bad.status_code == 400
    assert 'value="lots"' in bad.text
    assert "line 1" in bad.text
    good = post(at, "/en/plan/budget", signed, {"fund-0": "General", "year-0": "2027", "amount-0": "1000",
                                                "fund-2": "Grant", "year-2": "2027", "amount-2": "500.50",
                                                "match-2": "0.2"})
    assert good.status_code == 303
    assert 'value="500.50"' in get(at, "/en/plan/budget", signed).text
