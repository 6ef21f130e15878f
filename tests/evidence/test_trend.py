"""Days one after the other, and what each change came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.day_inputs import Line
from evidence.trend import Carried, Closed, Enrolled, Exempted, InForce, Records, Series, following_days, ours
from hustings.verdicts import Severity
from policies.model import Pack
from tests.evidence.series import DAY, END, HOUR, NAMES, RULES, asset, closed, declared, line, records, rules
from tests.server.records import PACK, check

FIRST = DAY - timedelta(days=5)
HOSTS = ("desk-1", "desk-2", "desk-3")
OFFICE = records(*HOSTS, inventories=(declared(*(asset(host) for host in HOSTS)),))
Told = list[tuple[datetime, str, Line]]
histories = st.lists(st.tuples(
    st.sampled_from(HOSTS), st.integers(0, 6 * 24 - 1), st.integers(0, 80),
    st.lists(st.sampled_from("ppppfun"), min_size=len(NAMES), max_size=len(NAMES)).map("".join)), max_size=25)


def told(found: list[tuple[str, int, int, str]]) -> Told:
    """Reports in the order in which they arrive; some were made long before (late ones)."""
    began = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    made = []
    for number, (host, hour, delay, letters) in enumerate(sorted(found, key=lambda one: one[1])):
        received = began + hour * HOUR
        made.append((received, f"agent-{host}", line(letters, host=host, at=received - delay * HOUR, number=number)))
    return made


def daily(letters: Callable[[date], str], *, of: Records = OFFICE, pack: Callable[[date], str] | None = None,
          last: date = DAY) -> list[Closed]:
    """All machines report each noon."""
    reports: Told = []
    for day in [FIRST + timedelta(days=number) for number in range((last - FIRST).days + 1)]:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        reports += [(at, f"agent-{host}", line(letters(day), host=host, at=at,
                                               pack=pack(day) if pack else PACK.digest)) for host in HOSTS]
    return closed(of, reports, FIRST, last)


@settings(max_examples=60)
@given(histories)
def test_working_it_out_again_gives_the_same_bit_for_bit(found: list[tuple[str, int, int, str]]) -> None:
    once, again = (closed(OFFICE, told(found), FIRST, DAY) for _ in range(2))
    assert [msgspec.json.encode(one) for one in once] == [msgspec.json.encode(one) for one in again]


@settings(max_examples=60)
@given(histories, st.integers(1, 5))
def test_what_arrives_later_changes_no_closed_day(found: list[tuple[str, int, int, str]], cut: int) -> None:
    reports, last = told(found), FIRST + timedelta(days=cut - 1)
    known = [one for one in reports if one[0].date() <= last]
    assert closed(OFFICE, known, FIRST, last) == closed(OFFICE, reports, FIRST, DAY)[:cut]


@settings(max_examples=60)
@given(histories, st.integers(1, 5))
def test_a_series_that_stopped_goes_on_as_if_it_had_not(found: list[tuple[str, int, int, str]], cut: int) -> None:
    other = msgspec.structs.replace(PACK, checks=(*PACK.checks, check("logging/new", "LOG-01", Severity.HIGH)))
    of = msgspec.structs.replace(OFFICE, rules=(
        *OFFICE.rules, InForce(END - timedelta(days=3), rules(other))))
    reports = told(found)
    whole = closed(of, reports, FIRST, DAY)
    first = Series(of)
    for one in whole[:cut]:
        first.close(one.day, [each[1:] for each in reports if each[0].date() == one.day])
    stored = msgspec.json.decode(msgspec.json.encode(first.carried), type=Carried)
    second = Series(of, stored)
    assert [second.close(one.day, [each[1:] for each in reports if each[0].date() == one.day])
            for one in whole[cut:]] == whole[cut:]


@settings(max_examples=60)
@given(histories)
def test_the_parts_of_a_change_add_up(found: list[tuple[str, int, int, str]]) -> None:
    stricter = msgspec.structs.replace(PACK, checks=tuple(
        msgspec.structs.replace(one, severity=Severity.CRITICAL) for one in PACK.checks))
    of = msgspec.structs.replace(OFFICE, rules=(*OFFICE.rules, InForce(END - timedelta(days=2), rules(stricter))))
    whole = closed(of, told(found), FIRST, DAY)
    for before, now in pairwise(whole):
        a, b = before.points.office, now.points.office
        assert a is not None
        assert b is not None
        assert ours(a, b) + b.by_rules == b.lower - a.lower
        if before.rules == now.rules:
            assert b.by_rules == 0


def test_a_repair_is_our_doing() -> None:
    days = daily(lambda day: "fpppnnp" if day < DAY else "ppppnnp")
    before, now = (one.points.office for one in days[-2:])
    assert before is not None
    assert now is not None
    assert ours(before, now) == now.lower - before.lower > 0


def with_new_check(pack: Pack) -> Pack:
    return msgspec.structs.replace(pack, digest="sha256:new", checks=(
        *pack.checks, check("patching/new", "PAT-03", Severity.MEDIUM)))


def test_a_new_check_is_the_rules_doing_until_it_is_measured() -> None:
    of = msgspec.structs.replace(OFFICE, rules=(
        InForce(END - timedelta(days=1000), RULES), InForce(END - 12 * HOUR, rules(with_new_check(PACK)))))
    before, now = (one.points.office for one in daily(lambda _: "ppppnnp", of=of)[-2:])
    assert before is not None
    assert now is not None
    assert now.by_rules == now.lower - before.lower < 0
    assert ours(before, now) == 0


def test_a_check_defined_anew_is_the_rules_doing_where_the_new_pack_judged() -> None:
    redefined = msgspec.structs.replace(PACK, digest="sha256:new", checks=(
        msgspec.structs.replace(PACK.checks[0], max_age="20h"), *PACK.checks[1:]))
    of = msgspec.structs.replace(OFFICE, rules=(
        InForce(END - timedelta(days=1000), RULES), InForce(END - timedelta(days=3), rules(redefined))))
    days = daily(lambda day: "fpppnnp" if day == DAY else "ppppnnp", of=of,
                 pack=lambda day: redefined.digest if day == DAY else PACK.digest)
    before, now = (one.points.office for one in days[-2:])
    assert before is not None
    assert now is not None
    assert now.by_rules == now.lower - before.lower < 0
    same = daily(lambda day: "pfppnnp" if day == DAY else "ppppnnp", of=of,
                 pack=lambda day: redefined.digest if day == DAY else PACK.digest)[-1].points.office
    assert same is not None
    assert same.by_rules == 0


def test_days_before_the_log_began_are_graded_by_the_first_rules_on_record() -> None:
    late = msgspec.structs.replace(OFFICE, rules=(InForce(END, RULES),))
    assert daily(lambda _: "ppppnnp", of=late) == daily(lambda _: "ppppnnp")


def test_an_inventory_counts_from_the_day_it_was_declared() -> None:
    of = msgspec.structs.replace(OFFICE, inventories=(declared(*(asset(host) for host in HOSTS), at=END - 12 * HOUR),))
    days = daily(lambda _: "ppppnnp", of=of)
    assert [one.points.office is None for one in days] == [True] * 5 + [False]


def test_a_revoked_machine_leaves_on_its_day_and_a_new_one_comes_on_its() -> None:
    of = msgspec.structs.replace(OFFICE, machines=(
        Enrolled("agent-desk-1", "desk-1", (), False, END - timedelta(days=9), END - timedelta(days=2, hours=3)),
        Enrolled("agent-desk-2", "desk-2", (), False, END - timedelta(days=3, hours=3))))
    days = daily(lambda _: "ppppnnp", of=of)
    assert [sorted(one.points.machines) for one in days] == [["agent-desk-1"]] * 2 + [
        ["agent-desk-1", "agent-desk-2"]] + [["agent-desk-2"]] * 3


def test_a_declaration_holds_while_it_is_in_force() -> None:
    of = msgspec.structs.replace(OFFICE, exemptions=(
        Exempted(1, "not_applicable", NAMES[0], "desk-1", True, END - timedelta(days=4, hours=2),
                 END - timedelta(days=2)),
        Exempted(2, "exception", NAMES[0], "desk-2", True, END - timedelta(days=40), END)))
    lower = [one.points.machines["agent-desk-1"].lower for one in daily(lambda _: "fpppnnp", of=of)]
    assert [one > lower[0] for one in lower] == [False, True, True, True, False, False]


def test_only_days_that_ended_are_closed() -> None:
    assert list(following_days(None, DAY, END)) == [DAY]
    assert list(following_days(DAY, DAY, END + HOUR)) == []
    assert list(following_days(DAY, DAY, END + 25 * HOUR)) == [DAY + timedelta(days=1)]
