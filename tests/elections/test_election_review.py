from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hustings.report import Inventory, Product, Report
from hustings.verdicts import Verdict
from server.elections.review import Held, Machine, Review, Told, end_of, review
from server.records import Asset, Exemption
from tests.elections.made import VOTE, election
from tests.server.records import FAIL, INVENTORY, NA, PACK, PASS, UNKNOWN, heard, results

CRITICAL, MEDIUM, OTHER = "patching/critical", "identity/medium", "identity/second"
END = end_of(VOTE, "UTC")


def told(days: float, number: int = 1, **verdicts: Verdict) -> Told:
    """A report some days from the end of voting; checks by the last part of their names."""
    names = {one.id.partition("/")[2]: one.id for one in PACK.checks}
    return Told(number, END + timedelta(days=days), {names[name]: verdict for name, verdict in verdicts.items()})


def machine(*reports: Told, name: str = "desk-1") -> Machine:
    return Machine(f"agent-{name}", name, tuple(sorted((one for one in reports if one.at <= END),
                                                       key=lambda one: one.at, reverse=True)),
                   tuple(sorted((one for one in reports if one.at > END), key=lambda one: one.at)))


def held(report: Report, days: float) -> Held:
    assert isinstance(report.inventory, Inventory)
    return Held(END + timedelta(days=days), report.roles, report.inventory)


def of(*machines: Machine, **more: object) -> Review:
    return review(election(), machines, PACK, zone_name="UTC", **more)  # type: ignore[arg-type]


def test_a_failure_of_the_day_that_nobody_repaired_is_carried_on() -> None:
    found = of(machine(told(-3, critical=FAIL), told(-1, 2, critical=FAIL), told(4, 3, critical=FAIL)))
    [one] = found.open
    [place] = one.places
    assert (one.check, place.first_failed, place.repaired, place.seen, place.report) == (
        CRITICAL, END - timedelta(days=3), None, True, 2)
    assert found.left == found.open
    assert (found.failures, found.repaired) == (1, ())


def test_a_failure_that_a_later_report_passes_was_repaired_then() -> None:
    found = of(machine(told(-1, critical=FAIL), told(2, critical=UNKNOWN), told(3, critical=PASS),
                       told(9, critical=FAIL)))
    assert found.open[0].places[0].repaired == END + timedelta(days=3)
    assert found.left == ()


def test_silence_and_doubt_repair_nothing() -> None:
    found = of(machine(told(-5, critical=FAIL), told(-2, critical=UNKNOWN), told(-1, critical=NA)))
    assert found.open[0].check == CRITICAL
    assert not found.open[0].places[0].seen


def test_what_passed_by_then_was_not_open() -> None:
    assert of(machine(told(-5, critical=FAIL), told(-1, critical=PASS), told(1, critical=FAIL))).open == ()


def test_a_failure_is_as_old_as_its_last_pass_allows() -> None:
    found = of(machine(told(-50, critical=FAIL), told(-40, critical=PASS), told(-30, critical=FAIL),
                       told(-1, critical=FAIL)))
    assert found.open[0].places[0].first_failed == END - timedelta(days=30)
    assert found.open[0].places[0].overdue


def test_a_deadline_that_the_election_brought_forward_was_missed() -> None:
    serious = of(machine(told(-20, high=FAIL)), elections=[election()]).open[0]
    assert serious.places[0].overdue
    assert not of(machine(told(-20, high=FAIL))).open[0].places[0].overdue


def test_critical_ones_come_first_and_unknown_checks_last() -> None:
    gone = Told(1, END - timedelta(days=1), {"old/check": FAIL, OTHER: FAIL, CRITICAL: FAIL})
    assert [one.check for one in of(machine(gone)).open] == [CRITICAL, OTHER, "old/check"]
    assert of(machine(gone)).open[-1].severity is None


def test_machines_that_said_nothing_for_a_week_are_silent_and_so_are_assets_without_one() -> None:
    found = of(machine(told(-8, critical=PASS), name="old"), machine(told(-6, critical=PASS), name="Fresh"),
               machine(told(1, critical=PASS), name="later"),
               assets=[Asset("fresh", (), "", "us"), Asset("annex", (), "", "us")])
    assert [(one.name, one.last) for one in found.silent] == [
        ("annex", None), ("later", None), ("old", END - timedelta(days=8))]


def test_only_exceptions_in_force_on_the_day_count() -> None:
    def exemption(number: int, until: date, **changes: object) -> Exemption:
        made = {"kind": "exception", "subject": CRITICAL, "asset": "desk-1", "reason": "r", "control": "c",
                "owner": "o", "approved_by": "", "at": END - timedelta(days=30), "by": "t"}
        return Exemption(number=number, until=until, **{**made, **changes})  # type: ignore[arg-type]

    on = exemption(1, VOTE + timedelta(days=2))
    over = exemption(2, VOTE - timedelta(days=2))
    other = exemption(3, VOTE + timedelta(days=2), kind="not_applicable")
    found = of(machine(told(-1, critical=FAIL, medium=FAIL)), exemptions=[on, over, other])
    assert found.exceptions == (on,)
    assert {one.check: one.places[0].accepted for one in found.open} == {CRITICAL: True, MEDIUM: False}


def test_changes_between_both_ends_of_the_freeze_are_named() -> None:
    old = heard(results()).report
    newer = msgspec.structs.replace(INVENTORY, products=(Product("bash", "5.3", "dpkg"), Product("curl", "8", "dpkg")))
    new = heard(results(), inventory=newer, roles=("registration-db",)).report
    assert old is not None
    assert new is not None
    base = machine(told(-1, critical=PASS))
    both = Machine(base.agent, base.name, base.before, (), held(old, -95), held(new, 0))
    alike = Machine("b", "b", base.before, (), held(old, -95), held(old, 0))
    one_sided = Machine("c", "c", base.before, (), None, held(old, 0))
    found = of(both, alike, one_sided)
    [changed] = found.changed
    assert changed.products == (("bash", "5.2", "5.3"), ("curl", "", "8"))
    assert changed.roles == (("office-workstation",), ("registration-db",))
    assert changed.system is None
    assert [one.name for one in found.unknown_changes] == ["c"]


def test_an_inventory_that_is_not_whole_leaves_changes_unknown() -> None:
    part = heard(results(), inventory=msgspec.structs.replace(INVENTORY, complete=False)).report
    assert part is not None
    base = machine(told(-1, critical=PASS))
    found = of(Machine(base.agent, base.name, base.before, (), held(part, -95), held(part, 0)))
    assert [one.name for one in found.unknown_changes] == ["desk-1"]


def test_without_a_freeze_nothing_is_compared() -> None:
    bare = election(windows=())
    found = review(bare, [machine(told(-1, critical=PASS))], PACK, zone_name="UTC")
    assert (found.freeze, found.changes) == (None, ())


def test_the_day_ends_where_the_office_is() -> None:
    assert end_of(date(2027, 11, 2), "Pacific/Honolulu").astimezone(UTC) == datetime(2027, 11, 3, 10, tzinfo=UTC)
    assert end_of(date(2027, 3, 14), "America/Toronto").astimezone(UTC) == datetime(2027, 3, 15, 4, tzinfo=UTC)


VERDICTS = st.sampled_from([PASS, FAIL, UNKNOWN, NA])


@given(st.lists(st.tuples(st.integers(-60, 60), VERDICTS), max_size=12, unique_by=lambda one: one[0]))
def test_it_says_what_a_plain_replay_of_the_reports_says(history: list[tuple[int, Verdict]]) -> None:
    found = of(machine(*(told(day, critical=verdict) for day, verdict in history)))
    since: int | None = None
    repaired: int | None = None
    for day, verdict in sorted(history):
        if day > 0:
            repaired = day if repaired is None and verdict is PASS else repaired
        elif verdict is FAIL:
            since = day if since is None else since
        elif verdict is PASS:
            since = None
    assert bool(found.open) == (since is not None)
    if since is not None:
        place = found.open[0].places[0]
        assert place.first_failed == END + timedelta(days=since)
        assert place.repaired == (None if repaired is None else END + timedelta(days=repaired))


def test_a_day_on_which_every_machine_was_silent_is_not_a_day_without_failures() -> None:
    assert of(machine(told(-30, critical=PASS)), machine(told(3, critical=PASS), name="desk-2")).heard == 0
    assert of(machine(told(-30, critical=PASS)), machine(told(-1, critical=PASS), name="desk-2")).heard == 1
