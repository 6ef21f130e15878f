"""Statements of a registration office, made from parts: several hundred, of the constructions that applications use."""

# ruff: noqa: E501 - a statement stands on one line

from __future__ import annotations

from collections.abc import Iterator

TABLES = """
create schema vr;
create table vr.voters (voter_id bigint primary key, last_name text, first_name text, dob date, county text,
  status text default 'active', changed timestamptz default now(), score numeric(8, 2), extra jsonb, tags text[]);
create table vr.addresses (address_id bigserial primary key, voter_id bigint references vr.voters, line1 text,
  precinct text, since date);
create table vr.absentee (request_id bigserial primary key, voter_id bigint, requested date, election int,
  constraint once unique (voter_id, election));
create view vr.lookup_v as select voter_id, last_name, status from vr.voters;
create function vr.full_years(since date) returns int language sql as $$ select 1 $$;
create function vr.matches(wanted text) returns table (voter_id bigint, rank int) language sql as
  $$ select 1::bigint, 1 $$;
create procedure vr.close_day(day date) language sql as $$ select 1 $$;
"""


def postgresql() -> Iterator[str]:
    """As applications send them, literals and all."""
    yield from (
        "select * from vr.voters",
        "select v.* from vr.voters v where v.voter_id = 7",
        "select voter_id, last_name || ', ' || first_name as name from vr.voters where county = 'Essex' order by name",
        "select count(*) from vr.voters",
        "select count(*), 1 from vr.voters where status <> 'removed' group by county having count(*) > 5 order by 1",
        "select county, count(distinct status) filter (where dob < date '1990-01-01') from vr.voters group by 1 order by 2 desc",
        "select v.last_name, a.line1 from vr.voters v join vr.addresses a on a.voter_id = v.voter_id where a.precinct = 'P-1'",
        "select last_name, precinct from vr.voters join vr.addresses using (voter_id)",
        "select last_name, line1 from vr.voters left join vr.addresses a on a.voter_id = voters.voter_id and a.since > now() - "
        "interval '30 days'",
        "select last_name from vr.voters v where exists (select 1 from vr.addresses a where a.voter_id = v.voter_id and "
        "a.precinct like 'P%')",
        "select last_name from vr.voters where voter_id in (select voter_id from vr.absentee where election = 2026)",
        "select (select max(since) from vr.addresses a where a.voter_id = v.voter_id) from vr.voters v",
        "with recent as (select voter_id, max(requested) as latest from vr.absentee group by voter_id) select r.latest, v.county "
        "from recent r join vr.voters v using (voter_id) where r.latest > '2026-10-01'",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10) select n.i, v.status from n join "
        "vr.voters v on v.voter_id = n.i",
        "select status from vr.voters union select precinct from vr.addresses order by 1 limit 10 offset 5",
        "(select voter_id from vr.voters) except (select voter_id from vr.absentee)",
        "select row_number() over (partition by county order by last_name) from vr.voters",
        "select sum(score) over w from vr.voters window w as (partition by county)",
        "select case when status = 'active' then 1 else 0 end, coalesce(score, 0), score * 1.5 from vr.voters",
        "select last_name from vr.lookup_v where voter_id between 1 and 500",
        "select voter_id from vr.voters where (last_name, first_name) in (('a', 'b'), ('c', 'd'))",
        "select voter_id from vr.voters where last_name = any('{a,b}') and first_name = any(array['c', 'd'])",
        "select extra->>'email', extra #>> '{a,b}', tags[1] from vr.voters where extra @> '{\"x\": 1}'",
        "select extract(year from dob), date_trunc('month', changed), to_char(dob, 'YYYY') from vr.voters",
        "select changed at time zone 'America/New_York', dob + 3, dob - interval '2' month from vr.voters",
        "select vr.full_years(dob) from vr.voters where vr.full_years(date '2000-01-01') > 18",
        "select m.rank from vr.matches('smith') m join vr.lookup_v l on l.voter_id = m.voter_id",
        "select v.voter_id, l.line1 from vr.voters v cross join lateral (select line1 from vr.addresses a where a.voter_id = "
        "v.voter_id limit 1) l",
        "select g.day, v.county from generate_series(date '2026-01-01', date '2026-02-01', interval '1 day') g(day) join "
        "vr.voters v on v.dob = g.day::date",
        "select v from vr.voters v",
        "select xmin, voter_id from vr.voters",
        "select last_name from vr.voters where voter_id = 5 for update",
        "select last_name from vr.voters v join vr.addresses a using (voter_id) for share of a",
        "select distinct on (county) county, last_name from vr.voters order by county, changed desc nulls last",
        "select string_agg(last_name, ', ' order by first_name) from vr.voters",
        "select last_name from vr.voters tablesample bernoulli (10)",
        "select * from (select county, status from vr.voters) q where q.status = 'x'",
        "select last_name, b.election from (vr.voters v join vr.addresses a using (voter_id)) left join vr.absentee b using "
        "(voter_id)",
        "values (1, 'a'), (2, 'b')",
        "table vr.absentee",
        "insert into vr.voters (voter_id, last_name) values (1, 'a'), (2, 'b'), (3, 'c')",
        "insert into vr.voters values (1, 'a', 'b', '1990-01-01', 'Essex', 'active', now(), 1.5, '{}', '{}')",
        "insert into vr.absentee (voter_id, requested) select voter_id, current_date from vr.voters where county = 'Essex'",
        "insert into vr.absentee (voter_id, election) values (1, 2) returning request_id, requested",
        "insert into vr.absentee (voter_id, election) values (1, 2) on conflict do nothing",
        "insert into vr.absentee (voter_id, election) values (1, 2) on conflict (voter_id, election) do nothing",
        "insert into vr.absentee (voter_id, election) values (1, 2) on conflict (voter_id, election) do update set requested = "
        "excluded.requested where absentee.requested < '2026-01-01'",
        "insert into vr.voters values (1, 'a'), (2, 'b')",
        "insert into vr.absentee (voter_id) overriding user value values (1)",
        "insert into vr.voters default values",
        "merge into vr.voters v using (values (1, 'a')) as s (id, name) on v.voter_id = s.id when not matched then insert values (s.id, s.name)",
        "select tags::varchar[] from vr.voters",
        "select last_name from vr.voters tablesample system (10) repeatable (5)",
        "update vr.voters set status = 'removed'",
        "update vr.voters set status = 'removed', changed = now() where voter_id = 9 and county = 'Essex'",
        "update vr.voters set score = score + 1 where voter_id = 3 returning last_name",
        "update vr.voters v set county = a.precinct from vr.addresses a where a.voter_id = v.voter_id",
        "update vr.voters set (first_name, last_name) = ('a', 'b') where voter_id = 1",
        "update vr.addresses set line1 = (select last_name from vr.voters v where v.voter_id = addresses.voter_id)",
        "update vr.voters set extra['a'] = '1' where voter_id = 1",
        "delete from vr.absentee",
        "delete from vr.absentee where requested < now() - interval '1 year'",
        "delete from vr.absentee b using vr.voters v where v.voter_id = b.voter_id and v.status = 'removed' returning b.*",
        "with gone as (delete from vr.absentee where election = 1 returning voter_id) update vr.voters set status = 'x' from gone "
        "where gone.voter_id = voters.voter_id",
        "with moved as (delete from vr.absentee returning *) select count(*) from moved",
        "merge into vr.voters v using vr.addresses a on a.voter_id = v.voter_id when matched and a.precinct = 'x' then update set "
        "county = a.precinct when not matched then insert (voter_id, county) values (a.voter_id, 'y')",
        "merge into vr.absentee b using vr.voters v on v.voter_id = b.voter_id when matched then delete",
        "select current_setting('TimeZone'), now(), pg_backend_pid()",
        "select 1 where 1 = 1",
        "select e'a\\'b' || $$c'd$$, b'101', x'1f', U&'\\0061', 1e5, .5, 0.25, 12345678901",
        "select voter_id from vr.voters -- a comment with 'quote\n where /* and /* nested */ 5 */ county = 'x'",
        'select "voter_id", "v"."last_name" from "vr"."voters" "v" where "v"."county" = \'x\'',
        "select last_name from vr.voters fetch first 5 rows only",
        "select last_name from vr.voters where last_name ilike '%x%' escape '!' and first_name similar to 'a|b' and county ~ '^x'",
        "select cast('2026-01-01' as date), '5'::int, '1.5'::numeric(5, 1), timestamp '2026-01-01 00:00', "
        "timestamp with time zone '2026-01-01 00:00+00', time '10:00', interval '1 day' * 3",
        "select round(score, 2), abs(-5), greatest(1, 2), power(score, 2), substring(last_name from 1 for 3) from vr.voters",
        "select generate_series(1, 10), nullif(voter_id, 0), voter_id % 10, -voter_id from vr.voters",
        "select grouping(county), county, status from vr.voters group by rollup (county, status)",
    )
    for column, value in (
        ("last_name", "'O''Brien'"),
        ("dob", "'1970-01-01'"),
        ("county", "'Essex'"),
        ("status", "'x'"),
        ("score", "7.5"),
        ("voter_id", "12"),
        ("changed", "'2026-01-01'"),
    ):
        for operator in ("=", "<>", "<", ">=", "is distinct from"):
            yield f"select voter_id from vr.voters where {column} {operator} {value}"
            yield f"select count(*) from vr.voters v where v.{column} {operator} {value} and v.county = 'Essex'"
        yield f"select {column} from vr.voters where {column} in ({value}, {value}, {value}) limit 10"
        yield f"select max({column}), min({column}) from vr.voters where {column} between {value} and {value}"
        yield f"update vr.voters set {column} = {value} where voter_id = 4 and {column} <> {value}"
        yield (
            f"insert into vr.voters (voter_id, {column if column != 'voter_id' else 'county'}) values (5, "
            f"{value if column != 'voter_id' else 12})"
        )
        yield f"delete from vr.voters where {column} = {value}"
        for other in ("precinct", "line1", "since"):
            yield (
                f"select a.{other}, v.{column} from vr.voters v join vr.addresses a using (voter_id) where v.{column} = {value} "
                f"order by a.{other} desc limit 20 offset 40"
            )
            yield (
                f"with q as (select voter_id, {column} as c from vr.voters where {column} > {value}) select q.c, a.{other} from q "
                "join vr.addresses a on a.voter_id = q.voter_id"
            )
            yield (
                f"select {column} from vr.voters v where not exists (select 1 from vr.addresses a where a.voter_id = v.voter_id "
                f"and a.{other} is not null) and {column} = {value}"
            )
            yield f"select {column}, (select min({other}) from vr.addresses) from vr.voters group by {column} order by 1"
