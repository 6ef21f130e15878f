"""Shapes hold no value of any statement, and statements that differ in values alone are one shape."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.statement_log import quick
from collectors.statement_log.scan import shapes
from collectors.statement_log.tokens import CUT
from hustings.access.rights import MARIADB, POSTGRESQL

NUMBERS = st.integers(1000, 10**12).map(str)
"""Longer than a place in a list, which stays."""
PLAIN = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="'\\\"`"), min_size=12, max_size=30
)


def postgresql_strings(text: str) -> list[str]:
    return [
        f"'{text}'",
        f"'{text}''{text}'",
        f"E'{text}\\'{text}'",
        f"$${text}$$",
        f"$q${text}$q$",
        f"U&'{text}'",
        f"date '{text}'",
        f"'{text}'::text",
        f"N'{text}'",
        f"interval '{text}' day",
    ]


def mariadb_strings(text: str) -> list[str]:
    return [
        f"'{text}'",
        f'"{text}"',
        f"'{text}\\'{text}'",
        f"_utf8mb4'{text}'",
        f"N'{text}'",
        f"date '{text}'",
        f"'{text}''{text}'",
    ]


TEMPLATES = (
    "select a, t1.b from vr.t1 where x = {0} and y in ({1}, {2}, {3}) limit {4}",
    "insert into vr.t1 (a, b) values ({0}, {1}), ({2}, {3})",
    "update vr.t1 set a = {0} where b between {1} and {2} or c like {3}",
    "select f({0}, {1}), case when a = {2} then {3} else {4} end from vr.t1 order by 1, 2 offset {4}",
    "delete from t1 where a={0} and b={1}--{2}\n and c = {3} /* {4} */",
    "begin; select {0}; update t1 set a = {1}; commit",
)


@given(
    st.sampled_from(TEMPLATES),
    st.lists(NUMBERS, min_size=5, max_size=5),
    PLAIN,
    st.data(),
    st.sampled_from((POSTGRESQL, MARIADB)),
)
def test_no_value_of_a_statement_survives_in_its_shape(
    template: str, numbers: list[str], text: str, data: st.DataObject, engine: str
) -> None:
    kinds = postgresql_strings(text) if engine == POSTGRESQL else mariadb_strings(text)
    values = [data.draw(st.sampled_from([number, *kinds])) for number in numbers]
    sql = template.format(*values)
    written = "\n".join(one.text for one in shapes(sql, engine))
    assert text not in written
    assert not re.search(r"\d{4}", written), written
    assert "'" not in written
    key = quick.key(sql, engine)
    assert text not in key
    assert not re.search(r"\d{4}", key), key


@given(st.text(max_size=80), st.sampled_from((POSTGRESQL, MARIADB)))
def test_any_text_at_all_has_a_key_and_shapes(text: str, engine: str) -> None:
    quick.key(text, engine)
    for one in shapes(text, engine):
        assert one.text


@given(st.sampled_from(TEMPLATES), st.lists(NUMBERS, min_size=10, max_size=10), st.sampled_from((POSTGRESQL, MARIADB)))
def test_statements_that_differ_in_values_alone_have_one_key_and_one_shape(
    template: str, numbers: list[str], engine: str
) -> None:
    one, other = (template.format(*(f"'{part}'" for part in half)) for half in (numbers[:5], numbers[5:]))
    assert quick.key(one, engine) == quick.key(other, engine)
    assert shapes(one, engine) == shapes(other, engine)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select a from t where b IN (1,2,3)", "select a from t where b in ($1)"),
        ("select a from t where b in ('x')", "select a from t where b in ($1)"),
        ("select a from t where b in ($1, $2) and c = $3", "select a from t where b in ($1) and c = $2"),
        ("select a from t where b = $2 and c = $1 and d = 5", "select a from t where b = $1 and c = $2 and d = $3"),
        ("insert into t values (1, 'a'), (2, 'b')", "insert into t values ($1, $2)"),
        (
            "insert into t values (1, f(2)), (3, f(4))",
            "insert into t values ($1, f(cast($2 as integer))), ($3, f(cast($4 as integer)))",
        ),
        (
            "select x::numeric(10, 2), 1.5 from t group by 1 order by 2",
            "select x::numeric(10, 2), cast($1 as numeric) from t group by 1 order by 2",
        ),
        ("select timestamp with time zone '2026-01-01'", "select cast($1 as timestamp with time zone)"),
        ("select * from t /* a /* nested */ comment */ where a = 1 -- more", "select * from t where a = $1"),
        ('select "Odd Name" from "T"', 'select "Odd Name" from "T"'),
    ],
)
def test_a_shape_reads_as_a_statement_with_placeholders(sql: str, expected: str) -> None:
    assert [one.text for one in shapes(sql, POSTGRESQL)] == [expected]


def test_quoted_names_of_different_objects_are_never_one_key() -> None:
    assert quick.key('select 1 from "t 1"', POSTGRESQL) != quick.key('select 1 from "t 2"', POSTGRESQL)
    assert quick.key("select 1 from `t 1`", MARIADB) != quick.key("select 1 from `t 2`", MARIADB)
    assert quick.key("select nextval('a')", POSTGRESQL) != quick.key("select nextval('b')", POSTGRESQL)


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t where b = 'never ends",
        "select a from t where b = $$never ends",
        f"select a from t where b = 1 and{CUT}",
        'select a from "t',
        "select a from t where b = E'x\\'",
    ],
)
def test_a_statement_that_is_cut_is_known_to_be(sql: str) -> None:
    assert [one.whole for one in shapes(sql, POSTGRESQL)] == [False]


def test_a_routine_without_quotes_is_one_statement() -> None:
    body = "create procedure p() begin update t set a = 1; delete from t; end"
    assert len(shapes(body, MARIADB)) == 1
    assert len(shapes("select 1; select 2;", MARIADB)) == 2
