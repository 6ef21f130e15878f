"""Statements that no server would run, as logs of errors and of attacks hold them."""

from __future__ import annotations

import random

import pytest

from collectors.statement_log.derive import derive, unwrapped
from collectors.statement_log.names import Names
from collectors.statement_log.scan import shapes
from collectors.statement_log.tokens import tokens
from hustings.access.rights import MARIADB, POSTGRESQL
from tests.access import statements
from tests.access.test_usage_mariadb import COLUMNS, STATEMENTS

OTHERS = (
    "copy vr.voters (a, b) from stdin", "truncate vr.a, b cascade", "lock table a in share mode", "call vr.f(1)",
    "create table x as select 1", "create index i on vr.a (b)", "alter table vr.a add b int", "grant select on a to b",
    "create trigger t before insert on vr.a for each row execute function f()", "explain analyze select 1",
    "declare c cursor for select a from b", "prepare p(int) as select 1", "vacuum (full) vr.a", "show create view v",
    "create view v as (select a from b)", "load data infile 'x' into table t", "lock tables a read, b write",
    "select nextval('a.b')", "create procedure p() begin select 1; end", "merge into a using b on c = d when matched",
)


@pytest.mark.parametrize("engine", [POSTGRESQL, MARIADB])
def test_a_mangled_statement_is_understood_or_is_said_not_to_be(engine: str) -> None:
    pool = [*(list(statements.postgresql())[:70] if engine == POSTGRESQL else STATEMENTS), *OTHERS]
    read = [[token.text for token in tokens(text, engine)] for text in pool]
    every = [text for one in read for text in one]
    names = Names(engine)
    names.relations = {"vr": {"voters": ("voter_id", "last_name", "county"), **COLUMNS}}
    chosen, refused = random.Random(5), 0
    for number in range(2500):
        one = list(chosen.choice(read))
        for _ in range(chosen.randrange(1, 4)):
            at = chosen.randrange(len(one)) if one else 0
            match chosen.randrange(4):
                case 0:
                    del one[at:at + 1]
                case 1:
                    one.insert(at, chosen.choice(every))
                case 2:
                    one[at:at + 1] = [chosen.choice(every)]
                case _:
                    one = one[:at] + one[at:at + 5] * 2 + one[at + 5:]
        for shaped in shapes(" ".join(one), engine):
            told = derive(unwrapped(shaped.text), names, ("vr",) if number % 2 else (), whole=shaped.whole,
                          sequences=shaped.sequences)
            assert told.understood == (told.why == "")
            refused += not told.understood
    assert refused > 100
