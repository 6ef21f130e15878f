"""The loader refuses every mistake with its file, its line and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hustings.errors import PolicyError
from hustings.facts import Registry
from policies.conditions import OPERATORS
from policies.loader import inspect, load_check, load_directory
from policies.model import Check
from tests.policies.building import REGISTRY

ROWS = {"PAT-01"}
GOOD = """\
title: {en: The number is small, fr: Le nombre est petit}
catalogue: PAT-01
severity: high
roles: [ems]
require: {fact: t.int, at_most: {param: limit}}
parameters: {limit: {default: 3, from_T: {90: 2}, meaning: {en: The limit, fr: La limite}}}
plain: {en: Too many things are open., fr: Trop de choses sont ouvertes.}
why: {en: Because., fr: Parce que.}
fix: [{platform: linux, text: {en: Close one., fr: Fermez-en un.}, command: close, effort: S}]
references: {cis: ["2.2"], csf: [PR.PS-02], cpg: ["2.B"], paris: [W5.6]}
examples:
  - {name: small, facts: {t.int: 3}, verdict: pass}
  - {name: large, facts: {t.int: 4}, verdict: fail}
  - {name: unread, facts: {t.int: {unknown: denied}}, verdict: unknown}
"""
REQUIRE = "require: {fact: t.int, at_most: {param: limit}}\n"


def load(tmp_path: Path, text: str, name: str = "area/check.yaml", registry: Registry = REGISTRY) -> Check:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_check(path, registry, ROWS)


def refusal(tmp_path: Path, old: str, new: str) -> PolicyError:
    assert old in GOOD
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    return caught.value


def asked(tmp_path: Path, condition: str) -> str:
    """What is said of ``condition`` in place of a good requirement; "" if nothing is."""
    text = GOOD.replace(REQUIRE, f"require: {condition}\napplies: {{fact: t.int, at_most: {{param: limit}}}}\n")
    try:
        load(tmp_path, text)
    except PolicyError as error:
        return str(error)
    return ""


def test_a_good_check_is_loaded_under_its_paths_name(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).id == "area/check"


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("severity: high", "severity: high\nseverety: low", 4, "unknown key 'severety'"),
    ("severity: high", "severity: grave", 3, "grave"),
    ("severity: high\n", "", 1, "'severity' is missing"),
    ("roles: [ems]", "roles: [no]", 4, "bare 'no'"),
    ("roles: [ems]", "roles: [ems]\nroles: [ems]", 5, "twice"),
    ("roles: [ems]", "roles: &a [ems]", 4, "anchors"),
    ("roles: [ems]", "roles: !!seq [ems]", 4, "tags"),
    ("roles: [ems]", "roles: [emss]", 4, "unknown role 'emss'"),
    ("roles: [ems]", "roles: [ems]\nid: area/other", 5, "unknown key 'id'"),
    ("roles: [ems]", "scope: site", 4, "scope is machine or office"),
    ("roles: [ems]", "scope: office", 4, "cannot see t.int"),
    ("roles: [ems]", "each: printer", 4, "nothing of kind 'printer'"),
    ("roles: [ems]", "on_missing: pass", 4, "never 'pass'"),
    ("roles: [ems]", "max_age: soon", 4, "not a duration"),
    ("roles: [ems]", "max_age: 26", 4, "max_age"),
    ("roles: [ems]", "stop: maybe", 4, "stop"),
    ("PAT-01", "PAT-99", 2, "not a row of the catalogue"),
    ("fact: t.int, at_most", "fact: t.itn, at_most", 5, "'t.itn' is not declared"),
    ("{param: limit}", "{param: limt}", 5, "parameter 'limt' is not declared"),
    ("{param: limit}", "3", 6, "parameter 'limit' is used nowhere"),
    ("default: 3", "default: three", 5, "takes int"),
    ("default: 3", "default: 3.5", 5, "takes int"),
    ("{90: 2}", "{90: few}", 6, "not of the default's kind"),
    ("{90: 2}", "{soon: 2}", 6, "days before a voting day"),
    ("{90: 2}", "{'090': 2}", 6, "days before a voting day"),
    ("Too many things are open.", "word " * 26, 7, "at most 25"),
    ("Trop de choses sont ouvertes.", "mot " * 26, 7, "at most 25"),
    ("Trop de choses sont ouvertes.", "''", 7, "plain.fr is empty"),
    (", fr: Parce que.", "", 8, "'fr' is missing"),
    ("platform: linux", "platform: plan9", 9, "unknown platform 'plan9'"),
    ("effort: S", "effort: XL", 9, "effort is S, M or L"),
    ("Fermez-en un.", "' '", 9, "text of a fix is empty"),
    ("cis:", "cvs:", 10, "unknown key 'cvs'"),
    ("verdict: pass", "verdict: unknown", 11, "no example with the verdict pass"),
    ("verdict: pass", "verdict: good", 12, "good"),
    ("name: large", "name: small", 13, "two examples are called 'small'"),
    ("{t.int: 4}", "{t.itn: 4}", 13, "'t.itn' is not declared"),
    ("{t.int: 4}", "{t.int: four}", 13, "not a whole number"),
    ("{t.int: 4}", "{t.int: true}", 13, "not a whole number"),
    ("{t.int: 4}", "{t.int: {absent: false}}", 13, "{absent: true}"),
    ("{t.int: 4}", "{t.int@x: 4}", 13, "about the whole machine"),
    ("{t.int: 4}", "{t.int: 4}, now: yesterday", 13, "not a time"),
    ("{t.int: 4}", "{t.int: 4}, voting_day: soon", 13, "not a day"),
    ("{t.int: 4}", "{t.int: 4}, parameters: {lim: 1}", 13, "'lim' is not declared"),
    ("{t.int: 4}", "{t.int: 4}, parameters: {limit: x}", 13, "takes int"),
    ("{t.int: 4}", "{t.int: 4}, as_of: {t.bool: 2026-01-01}", 13, "no fact 't.bool'"),
    ("{t.int: 4}", "{t.int: 4}, declared: {printer: [a]}", 13, "nothing of kind 'printer'"),
    ("{unknown: denied}", "{unknown: tired}", 14, "takes a reason"),
])
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    error = refusal(tmp_path, old, new)
    first = str(error).splitlines()
    assert any(said in one and f"check.yaml:{line}:" in one for one in first), str(error)
    assert "fix: " in str(error)


@pytest.mark.parametrize(("condition", "said"), [
    ("{}", "a condition is a map"),
    ("[]", "not keys with values"),
    ("{all: []}", "at least one condition"),
    ("{all: {fact: t.int}}", "takes a list"),
    ("{all: [5]}", "a condition is a map"),
    ("{all: [{fact: t.int, equals: 1}], any: [{fact: t.int, equals: 1}]}", "unknown key 'any'"),
    ("{not: [{fact: t.int, equals: 1}]}", "a condition is a map"),
    ("{equals: 1}", "start with all, any, not, fact"),
    ("{fact: t.int}", "exactly one operator, not 0"),
    ("{fact: t.int, equals: 1, at_most: 2}", "exactly one operator, not 2"),
    ("{fact: t.int, matches: '.*'}", "exactly one operator, not 0"),
    ("{fact: t.int, equals: 1, where: {}}", "unknown key 'where'"),
    ("{fact: [t.int], equals: 1}", "is not declared"),
    ("{fact: t.int@x, equals: 1}", "is not declared"),
    ("{field: name, equals: x}", "only has a meaning inside"),
    ("{fact: t.int, field: x, equals: 1}", "unknown condition"),
    ("{fact: t.int, at_least: true}", "takes int"),
    ("{fact: t.int, equals: '1'}", "takes int"),
    ("{fact: t.bool, equals: 1}", "takes bool"),
    ("{fact: t.bool, at_least: 1}", "cannot be asked of t.bool, which is bool"),
    ("{fact: t.text, at_least: 1}", "cannot be asked of"),
    ("{fact: t.time, equals: 2026-11-22}", "cannot be asked of"),
    ("{fact: t.text, one_of: linux}", "takes a list of texts"),
    ("{fact: t.text, one_of: []}", "takes a list of texts"),
    ("{fact: t.text, one_of: [1]}", "takes a list of texts"),
    ("{fact: t.int, one_of: [true]}", "takes a list of whole numbers"),
    ("{fact: t.text, contains: ''}", "not empty"),
    ("{fact: t.time, within: soon}", "takes a duration"),
    ("{fact: t.time, within: 24mo}", "takes a duration"),
    ("{fact: t.time, older_than: 999999999999d}", "takes a duration"),
    ("{fact: t.time, later_than: later}", "takes a date or a time"),
    ("{fact: t.version, version_at_least: 9.6p1}", "takes a version"),
    ("{fact: t.text, mode_within: 640}", "takes permission bits in octal"),
    ("{fact: t.text, mode_within: u=rw}", "takes permission bits in octal"),
    ("{fact: t.int, mode_within: '0640'}", "mode_within cannot be asked of t.int"),
    ("{fact: t.text, absent: x}", "true or false"),
    ("{fact: t.text, absent: {param: limit}}", "true or false"),
    ("{fact: t.int, equals: {param: [limit]}}", "not declared"),
    ("{fact: t.text, equals: {param: limit}}", "may not be 3"),
    ("{fact: t.int, equals: {fact: t.text}}", "cannot compare int with t.text"),
    ("{fact: t.int, one_of: {fact: t.texts}}", "cannot compare"),
    ("{fact: t.text, one_of: {fact: t.text}}", "cannot compare"),
    ("{fact: t.text, contains: {fact: t.int}}", "cannot compare"),
    ("{fact: t.int, equals: {value: 1}}", "an operand is a literal"),
    ("{fact: t.time, within: {today: +1d}}", "cannot be asked of today"),
    ("{fact: t.int, at_least: {today: +1d}}", "cannot be asked of today"),
    ("{fact: t.time, later_than: {today: 5}}", "signed length"),
    ("{fact: t.time, later_than: {today: +1q}}", "signed length"),
    ("{fact: t.records, every: {field: good, equals: true}}", "must say what an empty list means"),
    ("{fact: t.records, every: {field: good, equals: true}, empty_is: nothing}", "must say what an empty list means"),
    ("{fact: t.records, equals: x}", "cannot be asked of t.records"),
    ("{fact: t.int, every: {field: good, equals: true}, empty_is: pass}", "needs a list"),
    ("{fact: t.records, every: {field: bad, equals: true}, empty_is: pass}", "no field 'bad'"),
    ("{fact: t.records, every: {field: [good], equals: true}, empty_is: pass}", "no field"),
    ("{fact: t.texts, every: {field: name, equals: x}, empty_is: pass}", "only field is value"),
    ("{fact: t.records, every: {fact: r.latest, within: 1d}, empty_is: pass}", "add `each: repository`"),
    ("{fact: t.records, every: {field: good, equals: true}, none: {field: good, equals: true}, empty_is: pass}",
     "unknown key 'none'"),
    ("{fact: t.records, every: {field: good, equals: true}, same: name, empty_is: pass}", "unknown key 'same'"),
    ("{fact: t.records, count: 3, empty_is: pass}", "count takes one of"),
    ("{fact: t.records, count: {at_least: 1, at_most: 2}, empty_is: pass}", "count takes one of"),
    ("{fact: t.records, count: {more_than: 1}, empty_is: pass}", "count takes one of"),
    ("{fact: t.records, count: {at_least: one}, empty_is: pass}", "takes int"),
    ("{fact: t.records, count: {at_most: 1}, same: nothing, empty_is: pass}", "no field 'nothing'"),
    ("{fact: r.latest, within: 1d}", "add `each: repository`"),
    ("{fact: office.machines, at_least: 1}", "cannot see office.machines"),
    ("{not: " * 8 + "{fact: t.int, equals: 1}" + "}" * 8, "conditions nest deeper than 8"),
])
def test_an_illegal_condition_is_refused_with_the_remedy(tmp_path: Path, condition: str, said: str) -> None:
    error = asked(tmp_path, condition)
    assert said in error
    assert "fix: " in error
    assert "check.yaml:" in error


@pytest.mark.parametrize("condition", [
    "{fact: t.int, equals: 1}", "{fact: t.int, one_of: [1, 2]}", "{fact: t.float, at_least: 1}",
    "{fact: t.duration, at_most: 3d}", "{fact: t.duration, equals: 60}", "{fact: t.duration, older_than: 3d}",
    "{fact: t.time, older_than: {fact: t.duration}}", "{fact: t.time, later_than: {today: +24mo}}",
    "{fact: t.time, later_than: 2026-11-22}", "{fact: t.text, one_of: {fact: t.texts}}",
    "{fact: t.texts, contains: {fact: t.text}}", "{fact: t.int, at_most: {fact: t.float}}",
    "{fact: t.version, version_at_least: '9.6'}", "{fact: t.text, mode_within: '0640'}",
    "{fact: t.text, mode_within: {fact: t.text}}", "{fact: t.text, mode_covers: '027'}",
    "{fact: t.records, absent: true}",
    "{fact: t.texts, every: {field: value, one_of: [a]}, empty_is: fail}",
    "{fact: t.records, count: {at_most: {param: limit}}, same: group, empty_is: pass}",
    "{fact: t.records, count: {at_most: 3}, where: {field: seen, within: 3d}, empty_is: pass}",
    "{not: " * 7 + "{fact: t.int, equals: 1}" + "}" * 7,
    "{not: {any: [{fact: t.int, equals: 1}, {all: [{fact: t.bool, equals: true}]}]}}",
])
def test_a_legal_condition_is_taken(tmp_path: Path, condition: str) -> None:
    assert asked(tmp_path, condition) == ""


def test_every_operator_belongs_to_some_type_of_fact() -> None:
    assert [name for name, kinds in OPERATORS.items() if not kinds] == []


@pytest.mark.parametrize("facts", [
    "t.records: {items: [], whole: true}", "t.records: x", "t.records: [x]", "t.records: [{nom: x}]",
    "t.records: [{good: 1}]", "t.records: [{good: {reason: tired}}]", "t.texts: [1]", "t.time: noon", "t.duration: 3d",
    "t.texts: {items: [], complete: 'no'}",
])
def test_an_example_may_only_hold_facts_as_collectors_give_them(tmp_path: Path, facts: str) -> None:
    assert "fix: " in str(refusal(tmp_path, "facts: {t.int: 4}", f"facts: {{t.int: 4, {facts}}}"))


def test_several_mistakes_are_all_named_at_once(tmp_path: Path) -> None:
    said = str(refusal(tmp_path, "roles: [ems]", "roles: [emss]\non_missing: pass\neach: printer"))
    assert all(one in said for one in ("emss", "never 'pass'", "printer"))


@pytest.mark.parametrize("name", ["Area/check.yaml", "area/Check.yaml", "area/my_check.yaml", "a b/check.yaml"])
def test_names_are_lower_case_words_with_hyphens(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="lower-case"):
        load(tmp_path, GOOD, name)


@pytest.mark.parametrize("text", ["", "- a", "5", "title", "\x00", "title: [", "é: \udce9"])
def test_a_file_that_is_no_check_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "area" / "check.yaml"
    path.parent.mkdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PolicyError, match=r"check\.yaml"):
        load_check(path, REGISTRY, ROWS)


# -- a whole directory

def directory(tmp_path: Path, **checks: str) -> Path:
    (tmp_path / "pack.yaml").write_text("id: mine\nversion: '1'\n")
    tables = tmp_path / "tables"
    tables.mkdir(exist_ok=True)
    row = {"id": "PAT-01", "severity": "high", "roles": ["ems"], "evidence": "A"}
    (tables / "catalogue.json").write_text(json.dumps({"version": "1", "rows": [row]}))
    for name, text in checks.items():
        path = tmp_path / "library" / "area" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def faults(root: Path) -> list[str]:
    found, pack = inspect(root, REGISTRY)
    assert (pack is None) == bool(found)
    return [str(one) for one in found]


def test_a_good_directory_is_a_pack(tmp_path: Path) -> None:
    pack = load_directory(directory(tmp_path, one=GOOD, two=GOOD), REGISTRY)
    assert [one.id for one in pack.checks] == ["area/one", "area/two"]
    assert (pack.id, pack.version, [row.id for row in pack.rows]) == ("mine", "1", ["PAT-01"])


def test_an_empty_library_is_an_error(tmp_path: Path) -> None:
    assert "no check found" in faults(directory(tmp_path))[0]


@pytest.mark.parametrize("stray", ["library/area/b.yml", "library/b.yaml", "library/area/deep/b.yaml"])
def test_a_check_in_the_wrong_place_is_named_and_never_ignored(tmp_path: Path, stray: str) -> None:
    root = directory(tmp_path, one=GOOD)
    (root / stray).parent.mkdir(parents=True, exist_ok=True)
    (root / stray).write_text(GOOD)
    assert "would not be read" in faults(root)[0]


def test_faults_of_many_files_are_counted_and_the_first_ten_shown(tmp_path: Path) -> None:
    root = directory(tmp_path, **{f"c{number}": GOOD.replace("[ems]", "[emss]") for number in range(12)})
    assert len(faults(root)) == 12
    with pytest.raises(PolicyError, match=r"(?s)12 faults in.*and 2 more"):
        load_directory(root, REGISTRY)


@pytest.mark.parametrize(("name", "text", "said"), [
    ("pack.yaml", "id: mine", "'version' is missing"), ("pack.yaml", "id: mine\nversion: 1", "version"),
    ("tables/catalogue.json", '{"rows": [], "rows": []}', "twice"), ("tables/catalogue.json", "{}", "not a catalogue"),
    ("tables/catalogue.json", '{"rows": [{"id": "X"}]}', "not a catalogue"), ("tables/other.json", "{", "not JSON"),
])
def test_a_faulty_part_of_a_pack_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    root = directory(tmp_path, one=GOOD)
    (root / name).write_text(text)
    said_of_it = faults(root)[0]
    assert said in said_of_it
    assert name.rpartition("/")[2] in said_of_it


def test_a_directory_that_is_no_pack_says_what_one_is(tmp_path: Path) -> None:
    assert "pack.yaml is missing" in faults(tmp_path)[0]
