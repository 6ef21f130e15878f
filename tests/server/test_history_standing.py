"""What was worked out of a machine serves as long as time alone changes nothing, and no longer."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.standing import SILENT_AFTER, Standing, standing
from tests.server.records import CHECKS, DAY, FAIL, HOUR, NA, NOW, PACK, PASS, UNKNOWN, heard, past, result, results

CRITICAL = "patching/critical"
MOMENTS = st.integers(-30 * 24, 40 * 24).map(lambda hours: NOW + hours * HOUR)


def shown(one: Standing) -> object:
    return (one.now, one.roles, one.results, one.findings, one.grade, one.doubts, one.late, one.newly_not_applicable)


@given(st.lists(st.tuples(st.sampled_from((PASS, FAIL, UNKNOWN, NA)), st.none() | MOMENTS), min_size=len(CHECKS),
                max_size=len(CHECKS)),
       st.dictionaries(st.sampled_from([one.id for one in CHECKS]), MOMENTS.filter(lambda at: at <= NOW)),
       st.lists(MOMENTS, min_size=1, max_size=8))
def test_a_kept_standing_reads_as_one_made_afresh(said: list[tuple[object, datetime | None]],
                                                  since: dict[str, datetime], asked: list[datetime]) -> None:
    made = [msgspec.structs.replace(result(one.id, verdict), valid_until=until)
            for one, (verdict, until) in zip(CHECKS, said, strict=True)]
    kept = heard(made, failing_since=since)
    for now in asked:
        fresh = heard(made, failing_since=since)
        assert shown(standing(kept, PACK, now)) == shown(standing(fresh, PACK, now))


def test_nothing_is_worked_out_twice_before_time_changes_it() -> None:
    kept = heard(results())
    first = standing(kept, PACK, NOW)
    assert standing(kept, PACK, NOW) is first
    assert standing(kept, PACK, NOW + HOUR).results is first.results
    assert standing(kept, PACK, NOW + 2 * DAY).results is not first.results


def test_a_kept_standing_ends_with_silence_and_with_deadlines() -> None:
    endless = [result(one.check, one.verdict, valid_until=None) for one in results(critical=FAIL)]
    kept = heard(endless, past=past((timedelta(days=6), {CRITICAL: FAIL})))
    assert not standing(kept, PACK, NOW).findings[CRITICAL].overdue
    assert standing(kept, PACK, NOW + DAY + HOUR).findings[CRITICAL].overdue
    assert standing(kept, PACK, NOW + SILENT_AFTER).verdict(CRITICAL) is FAIL
    assert standing(kept, PACK, NOW + SILENT_AFTER + HOUR).verdict(CRITICAL) is UNKNOWN


def test_other_roles_or_another_pack_are_worked_out_anew() -> None:
    kept = heard(results())
    assert standing(kept, PACK, NOW, ("registration-db",)).roles_not_judged == ("registration-db",)
    assert standing(kept, PACK, NOW).roles_not_judged == ()
    fewer = msgspec.structs.replace(PACK, checks=CHECKS[1:])
    assert standing(kept, fewer, NOW).grade != standing(kept, PACK, NOW).grade


def test_an_earlier_moment_is_worked_out_anew() -> None:
    kept = heard(results())
    assert standing(kept, PACK, NOW + 2 * DAY).verdict(CRITICAL) is UNKNOWN
    assert standing(kept, PACK, NOW).verdict(CRITICAL) is PASS
