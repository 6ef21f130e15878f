from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.verdicts import Verdict
from policies.pack import shipped
from server import scorecard_text
from server.pages import words
from server.records import Asset, RoleChange
from server.scorecard import Scope, Scorecard, everyone, scorecard, speakers
from tests.server.records import DAY, FAIL, HOUR, NA, NOW, PACK, PASS, UNKNOWN, heard, office, past, results

DESK = Asset("desk-1", ("office-workstation",), "hall", "us")
SILENT = Asset("desk-2", ("office-workstation",), "hall", "us")
VENDOR = Asset("tally", ("office-workstation",), "hall", "vendor")


def card(*machines: object, **changes: object) -> Scorecard:
    return scorecard(office(*machines, **changes), PACK, NOW)


def test_one_machine_without_an_inventory_is_graded_by_itself() -> None:
    shown = card(heard(results()))
    assert (shown.scope, shown.grade.letter if shown.grade else "") == (Scope.MACHINE, "A")


def test_several_machines_without_an_inventory_have_no_common_grade() -> None:
    shown = card(heard(results()), heard(results(), agent="agent-2", host="desk-2"))
    assert (shown.scope, shown.grade, len(shown.machines)) == (Scope.MACHINES, None, 2)


def test_before_the_first_report_there_is_nothing_to_grade() -> None:
    assert card(heard((), report=None, received=None)).scope is Scope.NOTHING
    assert card().scope is Scope.NOTHING


def test_a_revoked_machine_is_not_graded() -> None:
    assert card(heard(results(), revoked=True)).scope is Scope.NOTHING


def test_an_inventory_gives_the_office_a_grade() -> None:
    shown = card(heard(results()), assets=(DESK,))
    assert shown.scope is Scope.OFFICE
    assert shown.grade is not None


def test_a_silent_asset_lowers_coverage_and_never_raises_the_lower_bound() -> None:
    alone = card(heard(results()), assets=(DESK,)).grade
    joined = card(heard(results()), assets=(DESK, SILENT)).grade
    assert alone is not None
    assert joined is not None
    assert joined.coverage < alone.coverage
    assert joined.lower < alone.lower
    assert [one.name for one in card(heard(results()), assets=(DESK, SILENT)).silent] == ["desk-2"]


def test_what_a_vendor_answers_for_is_graded_apart_and_not_dropped() -> None:
    vendors = heard(results(default=FAIL), agent="agent-2", host="tally")
    shown = card(heard(results()), vendors, assets=(DESK, VENDOR))
    assert [(one.responsible, one.grade.letter) for one in shown.parties] == [("vendor", "F")]
    alone = card(heard(results()), assets=(DESK,))
    assert shown.grade is not None
    assert alone.grade is not None
    assert shown.grade.lower == alone.grade.lower


def test_a_machine_that_is_not_on_the_list_is_named_and_not_counted() -> None:
    shown = card(heard(results()), heard(results(default=FAIL), agent="x", host="kiosk"), assets=(DESK,))
    assert [one.name for one in shown.undeclared] == ["kiosk"]
    assert len(shown.machines) == 1


def test_of_two_machines_of_one_name_the_last_heard_speaks() -> None:
    machines = everyone(office(heard(results(), agent="old", received=NOW - DAY), heard(results(), agent="new")),
                        PACK, NOW)
    assert speakers([DESK], machines)["desk-1"].heard.agent == "new"


def test_names_match_whatever_their_case() -> None:
    shown = card(heard(results(), host="DESK-1"), assets=(DESK,))
    assert shown.silent == ()


def test_office_checks_are_judged_from_the_records() -> None:
    pack = shipped()
    shown = scorecard(office(heard(results()), assets=(DESK, SILENT)), pack, NOW)
    verdicts = {one.check: one.verdict for one in shown.together}
    assert verdicts["office/inventory-complete"] is FAIL
    whole = scorecard(office(heard(results()), assets=(DESK,)), pack, NOW)
    assert {one.check: one.verdict for one in whole.together}["office/inventory-complete"] is PASS


def test_below_half_coverage_there_is_no_letter() -> None:
    shown = card(heard(results(default=UNKNOWN)))
    assert shown.grade is not None
    assert shown.grade.letter is None


def test_what_is_unproven_is_grouped_by_reason() -> None:
    shown = card(heard(results(critical=UNKNOWN, high=UNKNOWN)))
    (only,) = shown.unproven
    assert (only.kind, [check for check, _ in only.checks]) == ("denied", ["patching/critical", "patching/high"])


def test_at_most_three_things_come_first() -> None:
    assert len(card(heard(results(default=FAIL))).first) == 3


@pytest.mark.parametrize(("days", "left"), [
    ((date(2026, 11, 22),), 0), ((date(2026, 11, 21), date(2027, 11, 2)), 345), ((date(2026, 11, 21),), None),
    ((), None)])
def test_days_are_counted_to_the_next_voting_day(days: tuple[date, ...], left: int | None) -> None:
    assert card(heard(results()), voting_days=days).days == left


def test_thresholds_roles_and_what_stopped_applying_are_on_page_one() -> None:
    change = RoleChange(NOW - DAY, "report", ("registration-db",), ("office-workstation",))
    old = RoleChange(NOW - 100 * DAY, "report", ("ems",), ("registration-db",))
    shown = card(heard(results(critical=NA), parameters={"patching/high": {"days": 30}}, role_changes=(old, change),
                       past=past((DAY, {"patching/critical": PASS}))))
    assert [(one.check, one.value) for one in shown.overrides] == [("patching/high", {"days": 30})]
    assert [one for _, one in shown.role_changes] == [change]
    assert [checks for _, checks in shown.shrunk] == [("patching/critical",)]


@given(st.lists(st.sampled_from(list(Verdict)), min_size=7, max_size=7), st.sampled_from([0, 8, 40]),
       st.sampled_from([("registration-db",), ("office-workstation",)]))
def test_every_cap_has_its_sentence_and_every_answer_its_words(verdicts: list[Verdict], age: int,
                                                                roles: tuple[str, ...]) -> None:
    names = ("critical", "high", "medium", "second", "rights", "restored", "stop")
    said = results(roles=roles, **dict(zip(names, verdicts, strict=True)))
    history = past((age * DAY, {one.check: one.verdict for one in said}))
    shown = card(heard(said, roles=roles, past=history))
    assert shown.grade is not None
    assert {cap.code for cap in shown.grade.limits} <= set(words.CAPS)
    assert all(words.answer(one.code, one.answer) for one in shown.questions)
    assert {one.kind for one in shown.unproven} <= set(words.REASONS)


@given(st.lists(st.sampled_from(list(Verdict)), min_size=7, max_size=7))
def test_silence_never_raises_a_grade(verdicts: list[Verdict]) -> None:
    names = ("critical", "high", "medium", "second", "rights", "restored", "stop")
    said = results(**dict(zip(names, verdicts, strict=True)))
    now, later = card(heard(said)), scorecard(office(heard(said)), PACK, NOW + DAY + HOUR)
    assert now.grade is not None
    assert later.grade is not None
    assert later.grade.lower <= now.grade.lower


def test_the_terminal_says_what_the_page_says() -> None:
    shown = card(heard(results(critical=FAIL, high=UNKNOWN)))
    text = scorecard_text.as_text(shown, "en")
    assert "Title of patching/critical" in text
    assert "7 checks: 3 pass, 1 fail, 1 unknown, 2 not applicable" in text
    assert "apt" in text
    french = scorecard_text.as_text(shown, "fr")
    assert "Fiche de cyberhygiène" in french
    assert "7 contrôles" in french


def test_the_document_for_programs_names_the_pack_and_the_method() -> None:
    data = scorecard_text.as_data(card(heard(results(critical=FAIL))), PACK)
    assert (data["schema"], data["pack"]["digest"], data["grade"]["letter"]) == (
        "hustings.scorecard/1", PACK.digest, "D")


def test_who_takes_a_machine_out_of_the_reports_is_seen_to_do_it() -> None:
    gone = heard(results(critical=FAIL), revoked=True, revoked_at=NOW - 90 * DAY)
    shown = card(gone, assets=(DESK,))
    assert [one.host for one in shown.revoked] == ["desk-1"]
    assert "desk-1 was revoked, and its reports count no more" in scorecard_text.as_text(shown, "en")
    assert card(heard(results(), revoked=True, revoked_at=NOW - 91 * DAY), assets=(DESK,)).revoked == ()
    assert card(heard(results(), revoked=True), assets=(DESK,)).revoked == ()  # never approved


def test_a_second_machine_of_one_name_is_not_just_one_that_is_missing_on_the_list() -> None:
    shown = card(heard(results(critical=FAIL), received=NOW - HOUR),
                 heard(results(), agent="twin", host="DESK-1"), heard(results(), agent="guest", host="guest"),
                 assets=(DESK,))
    assert [one.heard.agent for one in shown.doubles] == ["agent-1"]
    assert [one.name for one in shown.strangers] == ["guest"]
    assert "A second machine reports as desk-1" in scorecard_text.as_text(shown, "en")


def test_another_policy_pack_is_named_on_page_one() -> None:
    shown = card(heard(results(), pack="sha256:" + "b" * 64), assets=(DESK,))
    assert [one.name for one in shown.other_packs] == ["desk-1"]
    assert "judged by another policy pack" in scorecard_text.as_text(shown, "en")
    assert scorecard_text.as_data(shown, PACK)["other_packs"][0]["machine"] == "desk-1"


def test_the_terminal_says_how_many_lines_it_leaves_out() -> None:
    machines = [heard(results(), agent=f"a{number}", host=f"pc-{number}", parameters={"identity/medium": 9})
                for number in range(9)]
    said = scorecard_text.as_text(card(*machines, assets=tuple(Asset(f"pc-{number}", DESK.roles, "", "us")
                                                               for number in range(9))), "en")
    assert said.count("is judged with another threshold") == scorecard_text.LISTED
    assert "and 4 more" in said
