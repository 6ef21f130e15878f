"""Making the table of support dates from an export."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from hustings.errors import PolicyError
from policies.cli import policy
from policies.lifecycle import End, Lifecycle, Period
from policies.pack import HERE
from policies.tables_import import RULES, Rules, encode, import_export, read_rules

EXPORT = Path(__file__).resolve().parents[3] / "shared" / "data" / "lifecycle" / "endoflife-products.json"
SHIPPED = HERE / "tables" / "lifecycle.json"
RULES_READ = read_rules()


def rules(**products: dict[str, Any]) -> Rules:
    return msgspec.convert({"vendor_marks": [], "backport_marks": [], "products": products}, Rules)


def export(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "export.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def product(*releases: dict[str, Any], title: str = "A thing") -> dict[str, Any]:
    return {"title": title, "category": "os", "tags": "", "identifiers": [], "releases": list(releases)}


def release(**changes: Any) -> dict[str, Any]:
    return {"releaseCycle": "1", "releaseDate": "2020-01-01", "eol": "2030-01-01",
            "latestReleaseDate": "2026-01-01"} | changes


def periods(tmp_path: Path, rule: dict[str, Any], **changes: Any) -> tuple[tuple[Period, ...], list[str]]:
    made = import_export(export(tmp_path, {"thing": product(release(**changes))}), rules(thing=rule))
    return made.table.products[0].cycles[0].periods, made.notes


def test_false_means_no_end_announced_and_true_means_ended_on_an_unknown_day(tmp_path: Path) -> None:
    assert periods(tmp_path, {"category": "os"}, eol=False)[0][0].end is End.OPEN
    over = periods(tmp_path, {"category": "os"}, eol=True)[0][0]
    assert (over.end, over.ends) == (End.OVER, None)


def test_an_extended_support_is_named_by_our_rules_and_noted_where_they_do_not(tmp_path: Path) -> None:
    rule = {"category": "os", "extended": {"kind": "paid", "name": "Extra"}}
    found, notes = periods(tmp_path, rule, eoes="2033-01-01")
    assert [(str(one.kind), one.name, one.ends) for one in found] == [
        ("vendor", "", date(2030, 1, 1)), ("paid", "Extra", date(2033, 1, 1))]
    assert not notes
    found, notes = periods(tmp_path, {"category": "os"}, eoes="2033-01-01")
    assert len(found) == 1
    assert notes == ["thing 1: it has an extended support, and our rules do not say of which kind; left out"]


def test_nothing_is_dropped_without_a_word(tmp_path: Path) -> None:
    content = {"thing": product(release()), "other": product(release()), "third": product(release())}
    made = import_export(export(tmp_path, content), rules(thing={"category": "os"}, absent={"category": "web"}))
    assert made.left_out == ["other", "third"]
    assert made.notes == ["absent: the export does not know it; it is recognised but has no dates"]


def test_an_edition_our_rules_do_not_know_is_noted(tmp_path: Path) -> None:
    rule = {"category": "os", "editions": {"w": ["Core"]}}
    content = {"thing": product(release(releaseCycle="11-w"), release(releaseCycle="11-iot"))}
    made = import_export(export(tmp_path, content), rules(thing=rule))
    assert [one.editions for one in made.table.products[0].cycles] == ["w", ""]
    assert made.notes == ["thing 11-iot: our rules do not say which editions these are"]


def test_the_age_of_an_export_is_that_of_its_newest_release(tmp_path: Path) -> None:
    content = {"thing": product(release(), release(releaseCycle="2", latestReleaseDate="2026-08-01"))}
    path = export(tmp_path, content)
    assert import_export(path, rules()).table.sources["endoflife.date"].looked_up == date(2026, 8, 1)
    later = import_export(path, rules(), looked_up=date(2026, 9, 1))
    assert later.table.version == "2026-09-01"
    with pytest.raises(PolicyError, match="knows a release of 2026-08-01"):
        import_export(path, rules(), looked_up=date(2026, 7, 1))


@pytest.mark.parametrize(("content", "said"), [
    ("", "not JSON"), ("[]", "maps no products"), ("{}", "maps no products"),
    ('{"a": {}, "a": {}}', "appears twice"), ('{"thing": 3}', "thing: not a product"),
    ('{"thing": {"title": "A", "releases": [{"releaseCycle": 7, "eol": false}]}}', "thing: not a product"),
    (json.dumps({"thing": product(release(eol="soon"))}), "thing 1: eol: 'soon' is not a date"),
    (json.dumps({"thing": product(release(eol=None))}), "thing: not a product"),
    (json.dumps({"thing": product(release(latestReleaseDate="31/12/2026"))}), "is not a date"),
    (json.dumps({"thing": product(release(), release())}), "thing 1: this release appears twice"),
    (json.dumps({"thing": product(release(latestReleaseDate=""))}), "how old it is"),
])
def test_malformed_input_is_refused_with_place_and_remedy(tmp_path: Path, content: str, said: str) -> None:
    path = export(tmp_path, content)
    with pytest.raises(PolicyError) as refused:
        import_export(path, rules(thing={"category": "os"}))
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert "fix:" in str(refused.value)


def test_the_shipped_table_has_the_shipped_rules() -> None:
    """The table repeats the rules so that a pack is whole; here the two are compared."""
    table = msgspec.json.decode(SHIPPED.read_bytes(), type=Lifecycle)
    assert [one.id for one in table.products] == list(RULES_READ.products)
    assert (table.vendor_marks, table.backport_marks) == (RULES_READ.vendor_marks, RULES_READ.backport_marks)
    for one in table.products:
        rule = RULES_READ.products[one.id]
        for part in ("category", "systems", "packages", "aliases", "starts", "editions"):
            assert getattr(one, part) == getattr(rule, part), (one.id, part)
    assert encode(table) == SHIPPED.read_bytes()


def test_the_shipped_table_speaks_of_what_matters_here() -> None:
    table = msgspec.json.decode(SHIPPED.read_bytes(), type=Lifecycle)
    assert sum(bool(one.cycles) for one in table.products) >= 45


def test_the_real_export_gives_the_shipped_table() -> None:
    if not EXPORT.is_file():
        where = " (CI has no shared data)" if os.environ.get("CI") == "true" else ""
        pytest.skip(f"no real export beside the checkout{where}: {EXPORT}")
    made = import_export(EXPORT, RULES_READ)
    assert encode(made.table) == SHIPPED.read_bytes()
    assert {note.partition(":")[0] for note in made.notes} == {
        "edge", "chromium", "thunderbird", "openjdk", "openssh", "samba"}
    assert len(made.left_out) + sum(bool(one.cycles) for one in made.table.products) == len(
        json.loads(EXPORT.read_bytes()))


def test_a_bad_rule_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("vendor_marks: []\nbackport_marks: []\nproducts:\n  thing:\n    categroy: os\n")
    with pytest.raises(PolicyError, match=r"rules\.yaml:\d+: unknown key 'categroy'"):
        read_rules(path)


def test_the_command_writes_a_table_and_tells_what_it_left_out(tmp_path: Path) -> None:
    path = export(tmp_path, {"debian": product(release(releaseCycle="12"), title="Debian"), "zzz": product(release())})
    output = tmp_path / "lifecycle.json"
    result = CliRunner().invoke(policy, ["tables", "import", str(path), "--output", str(output)])
    assert result.exit_code == 0, result.output
    assert "left out, because no rule recognises them (1): zzz" in result.stderr
    assert "looked up on 2026-01-01" in result.stderr
    table = msgspec.json.decode(output.read_bytes(), type=Lifecycle)
    assert [one.cycle for p in table.products if p.id == "debian" for one in p.cycles] == ["12"]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_rules_file_ships_beside_the_table() -> None:
    assert RULES.parent == SHIPPED.parent
