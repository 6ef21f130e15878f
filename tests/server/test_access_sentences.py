"""What is said of a difference follows from its facts, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hustings.facts import Facts, Listing, Missing, Observation, Reason, Registry
from policies.access import summary
from policies.pack import shipped
from server import access_difference as names
from server import access_matrix, access_sentences
from server.access_difference import Cell, Picture, pictures
from server.access_sentences import Kind, Sentence
from server.pages import words
from server.pages.language import language
from server.standing import standing
from tests.server import access_facts
from tests.server.access_facts import CLEAN, FOUND, fault, leaver, right
from tests.server.records import HOUR, NOW, PACK, heard, results


def picture(facts: Facts, database: str = "roll", **changes: Any) -> Picture:
    machine = standing(heard(results(), facts=facts, **changes), PACK, NOW)
    found = names.picture(machine, database)
    assert found is not None
    return found


def said(lists: dict[str, list[Any]], code: str = "en", **changes: Any) -> list[Sentence]:
    one = picture(access_facts.facts(NOW, {**CLEAN, **lists}, **changes))
    return list(access_sentences.sentences(one, shipped(), language(code)))


def texts(lists: dict[str, list[Any]], code: str = "en", **changes: Any) -> list[str]:
    return [one.text for one in said(lists, code, **changes)]


def test_every_fact_that_is_read_here_is_declared_for_databases() -> None:
    registry = Registry.shipped()
    for name in names.FACTS:
        fact = registry.get(name)
        assert fact is not None, name
        assert fact.each == "database", name


def test_the_fixture_has_the_fields_that_the_facts_declare() -> None:
    registry = Registry.shipped()
    for name, items in FOUND.items():
        fact = registry.get(name)
        assert fact is not None
        assert {field for item in items for field in item} <= {one.name for one in fact.fields}, name


@pytest.mark.parametrize(("left", "english", "french"), [
    (["2026-06-30", "2026-06-02"], "Two people who left in June can still change voter records.",
     "Deux personnes parties en juin peuvent encore modifier les dossiers d’électeurs."),
    (["2026-06-30"], "One person who left in June can still change voter records.",
     "Une personne partie en juin peut encore modifier les dossiers d’électeurs."),
    (["2026-06-30", "2025-03-01", "2026-01-01"],
     "Three people who left since March 2025 can still change voter records.",
     "Trois personnes parties depuis mars 2025 peuvent encore modifier les dossiers d’électeurs."),
    (["2025-06-30"], "One person who left in June 2025 can still change voter records.",
     "Une personne partie en juin 2025 peut encore modifier les dossiers d’électeurs."),
    (["", "2026-06-30"], "Two people who left can still change voter records.",
     "Deux personnes parties peuvent encore modifier les dossiers d’électeurs."),
    (["2026-08-01"] * 12, "12 people who left in August can still change voter records.",
     "12 personnes parties en août peuvent encore modifier les dossiers d’électeurs.")])
def test_who_left_and_can_still_change_the_roll_is_said_first(left: list[str], english: str, french: str) -> None:
    people = {names.LEAVERS: [leaver(f"p-{number}", day) for number, day in enumerate(left)],
              names.ANOMALIES: [fault("LPR-02", "boss"), fault("IAM-12", "a-p-0")]}
    assert texts(people)[0] == english
    assert texts(people, "fr")[0] == french
    assert not [one for one in texts(people)[1:] if "left" in one], "the same people are not counted twice"


def test_one_person_with_two_accounts_is_one_person() -> None:
    one = leaver("p-1", "2026-06-30")
    assert texts({names.LEAVERS: [one, {**one, "account": "second"}]})[0].startswith("One person")
    assert texts({names.LEAVERS: [one, {**one, "account": "second", "changes": False}]}) == [
        "One person who left in June can still change voter records."]


def test_who_left_and_can_only_sign_in_is_said_apart() -> None:
    lists = {names.LEAVERS: [leaver("p-1", "2026-06-30"), leaver("p-2", "2026-06-30", changes=False)]}
    assert texts(lists)[:2] == ["One person who left in June can still change voter records.",
                                "One person who left in June can still sign in to the voter database."]
    assert texts(lists, "fr")[1] == "Une personne partie en juin peut encore se connecter à la base des électeurs."


@pytest.mark.parametrize(("row", "english", "french"), [
    ("LPR-02", "Two accounts can do anything in the database, whatever was declared.",
     "Deux comptes peuvent tout faire dans la base, quoi qu’on ait déclaré."),
    ("LPR-05", "Two accounts can change or delete voter records in bulk, and nobody declared it.",
     "Deux comptes peuvent modifier ou supprimer des dossiers d’électeurs en masse sans que personne l’ait déclaré."),
    ("IAM-11", "Two accounts were not used in 61 days of logs.",
     "Deux comptes n’ont pas servi en 61 jours de journaux.")])
def test_a_row_counts_its_accounts_once(row: str, english: str, french: str) -> None:
    lists = {names.ANOMALIES: [fault(row, "a", "vr.voters"), fault(row, "a", "vr.addresses"), fault(row, "b")]}
    assert texts(lists) == [english]
    assert texts(lists, "fr") == [french]


def test_another_row_borrows_the_plain_sentence_of_its_check() -> None:
    check = access_sentences.check_for(shipped(), "LPR-09")
    assert check is not None
    for code in ("en", "fr"):
        assert texts({names.ANOMALIES: [fault("LPR-09", "", "vr.f")]}, code) == [check.plain.say(code)]


def test_a_row_nobody_knows_is_still_said() -> None:
    assert texts({names.ANOMALIES: [fault("ZZZ-01"), fault("ZZZ-01")]}) == ["Two faults were found under ZZZ-01."]


def test_the_gravest_rows_come_first() -> None:
    rows = [one.catalogue for one in said({names.ANOMALIES: [fault("LPR-19", "a"), fault("LPR-09", "a"),
                                                             fault("LPR-02", "a")]})]
    assert rows == ["LPR-02", "LPR-09", "LPR-19"]


def test_rights_are_counted_and_agree_in_number() -> None:
    one, many = {names.EXCESS: [right()]}, {names.EXCESS: [right()] * 11, names.MISSING: [right()]}
    assert texts(one) == ["One right is held that nobody declared."]
    assert texts(one, "fr") == ["Un droit est détenu sans avoir été déclaré."]
    assert texts(many) == ["11 rights are held that nobody declared.",
                           "One declared right is not held: work that needs it will be refused."]


def test_all_is_well_only_where_everything_is_known_whole_and_of_today() -> None:
    [well] = said({})
    assert (well.kind, well.text) == (
        Kind.PASS, "Every account holds exactly the rights that were declared for it.")
    at = NOW.replace(microsecond=0)
    for name in ("excess_rights", "missing_rights", "anomalies", "access_unread"):
        for seen in (access_facts.missing(Reason.DENIED), Observation(absent=True, as_of=at),
                     Observation(listing=Listing([], complete=False, why=Missing(Reason.TRUNCATED)), as_of=at)):
            found = said({}, **{name: seen})
            assert {one.kind for one in found} == {Kind.UNKNOWN}, name
    assert {one.kind for one in said({}, difference_hash=access_facts.missing(Reason.TIMEOUT))} == {Kind.UNKNOWN}


def test_what_left_out_a_list_says_that_it_is_not_known() -> None:
    facts = access_facts.facts(NOW, {name: [] for name in CLEAN if name != names.ANOMALIES})
    found = access_sentences.sentences(picture(facts), shipped(), language("en"))
    assert [one.text for one in found] == ["Whether there are other faults is not known."]


def test_an_old_report_is_never_good_news() -> None:
    old = access_facts.facts(NOW - timedelta(hours=27), CLEAN)
    one = picture(old, received=NOW - timedelta(hours=27))
    assert one.stale
    assert [said.kind for said in access_sentences.sentences(one, shipped(), language("en"))] == [Kind.UNKNOWN]
    assert picture(access_facts.facts(NOW - timedelta(hours=27), CLEAN)).stale, "old facts in a young report"
    assert not picture(access_facts.facts(NOW - HOUR, CLEAN)).stale


def test_names_that_stay_at_home_are_counted_and_never_read_as_none() -> None:
    at = NOW.replace(microsecond=0)
    found = texts({}, anomalies=access_facts.counted(at, 3), excess_rights=access_facts.counted(at, 12))
    assert found == ["Three faults were found in who may do what; the names stay on the machine.",
                     "12 rights are held that nobody declared."]


def test_what_could_not_be_judged_is_counted_by_row() -> None:
    lists = {names.UNREAD: [{"catalogue": "LPR-13", "reason": "a"}, {"catalogue": "LPR-13", "reason": "b"}]}
    assert texts(lists) == ["One control could not be judged; unproven is no pass."]


def test_a_database_without_a_model_declares_nothing() -> None:
    facts = {"registration.version@plain": Observation(value="15", as_of=NOW),
             **access_facts.facts(NOW, {}, "none", difference_hash=Observation(absent=True, as_of=NOW),
                                  model_declared=Observation(value=False, as_of=NOW))}
    machine = standing(heard(results(), facts=facts), PACK, NOW)
    assert [(one.database, one.declared) for one in pictures(machine)] == [("none", False), ("plain", False)]


def test_a_model_that_cannot_be_read_is_declared_all_the_same() -> None:
    facts = access_facts.facts(NOW, {}, difference_hash=access_facts.missing(Reason.ERROR, "roll.access.yaml:3"))
    assert picture(facts).declared
    assert picture(facts).why_unknown == Missing(Reason.ERROR, "roll.access.yaml:3")


# -- the picture

def cell(role: str, name: str, sensitivity: str = "internal", **letters: str) -> Cell:
    return Cell(role, name, sensitivity, "table", accounts=1, **{
        "declared": "", "excess": "", "missing": "", **letters})


def test_what_an_account_of_the_role_lacks_is_not_called_held() -> None:
    one = cell("clerk", "vr.voters", declared="riu", missing="u")
    assert (one.held, one.idle) == ("ri", "")
    nobody = replace(one, accounts=0, missing="")
    assert (nobody.held, nobody.idle) == ("", "riu")


def test_every_letter_of_the_picture_is_explained() -> None:
    assert set(words.LETTERS) == {*summary.LETTER.values(), "+"}


def test_voter_data_comes_first_and_strangers_come_last() -> None:
    made = access_matrix.matrix([cell("", "b.x", "restricted", excess="d"), cell("z", "a.y", "public", declared="r"),
                                 cell("a", "b.a", "restricted", declared="ri")])
    [block] = made.blocks
    assert block.roles == ("a", "z", "")
    assert [line.object for line in block.lines] == ["b.a", "b.x", "a.y"]
    assert [one.excess if one else None for one in block.lines[1].cells] == [None, None, "d"]


def test_a_large_picture_loses_no_cell() -> None:
    cells = [cell(f"r{role:02}", f"t.{name:03}", declared="r") for role in range(30) for name in range(130)]
    seen = set()
    for page in range(1, 4):
        made = access_matrix.matrix(cells, page)
        assert (made.pages, made.objects, made.roles) == (3, 130, 30)
        for block in made.blocks:
            assert len(block.roles) <= access_matrix.ROLES_ACROSS
            seen |= {(one.role, one.object) for line in block.lines for one in line.cells if one}
    assert len(seen) == 30 * 130


def test_a_page_that_is_not_there_is_the_last_one() -> None:
    assert access_matrix.matrix([cell("a", "t.x")], 99).page == 1
    assert access_matrix.matrix([], 1).blocks == ()
