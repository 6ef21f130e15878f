"""Reports: read back as written, quickly or strictly, and never both ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings import report, strict_json
from hustings.errors import BadDocument, BadJson, TooLarge
from hustings.facts import Listing, Missing, Observation, Reason
from hustings.report import Enrollment, Hardware, Inventory, Lost, Os, Product, Report, Same, Spool, Times
from hustings.verdicts import Instance, Result, Severity, Verdict

NOW = datetime(2026, 11, 22, 2, 42, 33, tzinfo=UTC)
words = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from(
    [UTC, timezone(timedelta(hours=-5))]))
missing = st.builds(Missing, st.sampled_from(Reason), words)
listings = st.builds(Listing, st.lists(words | st.dictionaries(words, scalars, max_size=3), max_size=4), st.booleans(),
                     st.none() | missing)
observations = (st.builds(Observation, value=scalars, as_of=moments) | st.builds(Observation, missing=missing)
                | st.builds(Observation, absent=st.just(True), as_of=moments)
                | st.builds(Observation, listing=listings, as_of=moments))
results = st.builds(
    Result, check=words, catalogue=words, severity=st.sampled_from(Severity), verdict=st.sampled_from(Verdict),
    expected=words, actual=words, reason=st.none() | words, valid_until=st.none() | moments,
    facts=st.dictionaries(words, scalars | st.lists(scalars, max_size=3), max_size=3),
    instances=st.lists(st.builds(Instance, words, st.sampled_from(Verdict), words, st.none() | words),
                       max_size=2).map(tuple),
    share=st.none() | st.floats(0, 1), timed=st.booleans())
inventories = st.builds(
    Inventory, st.builds(Os, words, words, words, words, words), st.builds(Hardware, words, words, words, words),
    st.lists(st.builds(Product, words, words, words, words), max_size=3).map(tuple), st.booleans(), words)
reports = st.builds(
    Report, schema=st.just(report.SCHEMA), tenant=words, agent=words, epoch=words,
    sequence=st.integers(1, (1 << 63) - 1), previous=st.none() | words,
    times=st.builds(Times, moments, st.floats(0, 1e9), words, st.none() | st.floats(-1e6, 1e6)),
    agent_version=words, pack=words, host=words, roles=st.lists(words, max_size=2).map(tuple),
    inventory=inventories | st.builds(Same, words), facts=st.dictionaries(words, observations, max_size=4),
    results=st.lists(results, max_size=3).map(tuple), spool=st.builds(Spool, st.integers(0, 9), st.integers(0, 9)),
    privileges=st.lists(words, max_size=2).map(tuple), parameters=st.dictionaries(words, scalars, max_size=2))

PLAIN = Report(
    schema=report.SCHEMA, tenant="t", agent="a", epoch="e", sequence=1, previous=None,
    times=Times(NOW, 1.5, "b"), agent_version="0", pack="sha256:0", host="h", roles=(), inventory=Same("sha256:1"),
    facts={"x.y": Observation(value=1, as_of=NOW)}, results=(), spool=Spool(0, 0), privileges=())


def changed(**changes: Any) -> bytes:
    return json.dumps({**json.loads(report.encode(PLAIN)), **changes}).encode()


@given(reports)
def test_a_report_reads_back_as_it_was_written(document: Report) -> None:
    assert report.decode_report(report.encode(document)) == document


@given(reports)
def test_the_quick_and_the_strict_way_read_the_same(document: Report) -> None:
    quick = report.encode(document)
    spaced = json.dumps(json.loads(quick), indent=1).encode()
    assert msgspec.json.encode(report.decode_report(spaced)) == quick


@given(st.integers(1, 9), st.integers(1, 9))
def test_a_lost_statement_names_a_range_that_is_one(first: int, last: int) -> None:
    lost = Lost(report.LOST_SCHEMA, "t", "a", "e", first, last, None, "disk")
    if first <= last:
        assert report.decode_lost(report.encode(lost)) == lost
    else:
        with pytest.raises(BadDocument, match="first"):
            report.decode_lost(report.encode(lost))


def test_an_enrolment_reads_back_as_it_was_written() -> None:
    document = Enrollment(report.ENROLLMENT_SCHEMA, "tok", "key", "h", ("directory",), "0", NOW)
    assert report.decode_enrollment(report.encode(document)) == document


@pytest.mark.parametrize("duplicate", [
    b'{"schema":"hustings.report/1",', b'{"sequence":2,', b'{"facts":{},',
])
def test_what_a_lenient_reader_would_take_is_refused(duplicate: bytes) -> None:
    doubled = duplicate + report.encode(PLAIN)[1:]
    msgspec.json.decode(doubled, type=Report)
    with pytest.raises(BadJson, match="twice"):
        report.decode_report(doubled)


def test_a_duplicate_deep_inside_a_fact_is_refused() -> None:
    doubled = report.encode(PLAIN).replace(b'"value":1', b'"value":{"k":1,"k":1}')
    msgspec.json.decode(doubled, type=Report)
    with pytest.raises(BadJson, match="twice"):
        report.decode_report(doubled)


@pytest.mark.parametrize("depth", [40, 400])
def test_depth_written_exactly_as_we_write_is_refused_all_the_same(depth: int) -> None:
    deep = report.encode(PLAIN).replace(b'"value":1', b'"value":' + b"[" * depth + b"]" * depth)
    assert msgspec.json.encode(msgspec.json.decode(deep, type=Report)) == deep
    with pytest.raises(BadJson, match="deeper"):
        report.decode_report(deep)


@given(st.data())
def test_whatever_the_quick_way_takes_the_strict_reader_takes_too(data: st.DataObject) -> None:
    payload = bytearray(report.encode(data.draw(reports)))
    for _ in range(data.draw(st.integers(0, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.sampled_from(list(b'"{}[]:,\\ 0e-tnu\xed')))
    try:
        report.decode_report(bytes(payload))
    except BadDocument:
        return
    strict_json.loads(bytes(payload), limit=1 << 20)


@pytest.mark.parametrize(("changes", "said"), [
    ({"schema": "hustings.report/2"}, "not a hustings.report/1"),
    ({"schema": None}, "not a hustings.report/1"),
    ({"sequence": 0}, "sequence"),
    ({"sequence": 1 << 63}, "sequence"),
    ({"sequence": "1"}, "sequence"),
    ({"surprise": 1}, "surprise"),
    ({"times": {"wall": "2026-11-22T00:00:00", "monotonic": 1.0, "boot_id": "b"}}, "times.wall"),
    ({"facts": {"x": {"value": 1, "as_of": "2026-11-22T00:00:00"}}}, "timezone"),
    ({"inventory": {"kind": "other"}}, "inventory"),
    ({"results": [{"check": "x"}]}, "results"),
])
def test_a_report_of_another_shape_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadDocument, match=said):
        report.decode_report(changed(**changes))


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"\xff", b"{}", b'{"schema":["hustings.report/1"]}'])
def test_what_is_no_report_is_refused(text: bytes) -> None:
    with pytest.raises(BadDocument):
        report.decode_report(text)


def test_a_report_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        report.decode_report(b" " * (report.MAX_REPORT + 1))


def test_a_document_of_one_kind_is_never_read_as_another() -> None:
    lost = report.encode(Lost(report.LOST_SCHEMA, "t", "a", "e", 1, 1, None, "disk"))
    with pytest.raises(BadDocument, match=r"not a hustings\.report/1"):
        report.decode_report(lost)
    with pytest.raises(BadDocument, match=r"not a hustings\.lost/1"):
        report.decode_lost(report.encode(PLAIN))


@given(inventories, inventories)
def test_a_section_is_named_by_its_content(one: Inventory, other: Inventory) -> None:
    assert (report.section_digest(one) == report.section_digest(other)) == (one == other)
