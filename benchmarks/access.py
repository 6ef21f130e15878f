"""Effective rights and the difference on a real PostgreSQL of 5,000 tables and 500 roles, against the server's answers.

Every table has an access list of its own. "Dense": every group may also read every table, so that there are some two
and a half million rights. Ours is a whole process: connecting, reading, working out, and writing JSON; what the
server spends on answering is in the time by the clock alone. The server is asked ``has_table_privilege`` for every
account, table and right of the first case.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.process import Cost, cost
from benchmarks.table import Row
from tests.postgres import PostgresServer, running

TABLES, ACCOUNTS, GROUPS = 5_000, 450, 50
BOUND = "10 s, 300 MiB"


def measure(runs: int) -> list[Row]:
    """Rows for effective rights and for the difference."""
    rows = []
    with running(18, max_locks_per_transaction="4096") as server, tempfile.TemporaryDirectory() as scratch:
        _roles(server)
        model = Path(scratch, "model.yaml")
        model.write_text(_model(), encoding="utf-8")
        for name, dense in (("distinct access lists", False), ("dense", True)):
            database = server.create_database()
            _tables(server, database, dense=dense)
            environment = {"BENCHMARK_DSN": server.dsn(database, "auditor")}
            everything = ("--all", "--engine", "postgresql", "--dsn-env", "BENCHMARK_DSN")
            theirs = _asked(server, database) if not dense else 0.0
            for what, words in (("every effective right", everything), ("the difference", ("--model", str(model)))):
                command = [sys.executable, "-P", "-m", "hustings", "access", "diff", *words, "--format", "json"]
                spent = cost(command, runs=min(runs, 3), ok=(0, 1, 3), env=environment)
                rows.append(_row(f"{what}, {name}", spent, *_clock(command, environment), theirs))
    return rows


def _row(what: str, spent: Cost, seconds: float, count: int, theirs: float) -> Row:
    return Row(
        f"{TABLES} tables × {ACCOUNTS + GROUPS} roles: {what}",
        f"{seconds:.1f} s by the clock, {spent.cpu:.2f} s of processor time, {spent.mib:.0f} MiB ({count} rows)",
        f"asking the server {theirs:.1f} s" if theirs else "",
        f"{theirs / seconds:.1f} × less" if theirs else "", BOUND)


def _clock(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Seconds by the clock into a file, and how many rows it wrote."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        subprocess.run(command, stdout=out, env=os.environ | environment, check=False)
        seconds = time.monotonic() - start
        out.seek(0)
        return seconds, sum(line.count(b'{"account"') for line in out)


def _asked(server: PostgresServer, database: str) -> float:
    import psycopg

    with psycopg.connect(server.dsn(database)) as connection:
        start = time.monotonic()
        connection.execute("""select count(*) from pg_roles r, pg_class c,
            unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN']) p
            where r.rolcanlogin and c.relkind = 'r' and c.relnamespace = 'vr'::regnamespace
              and has_table_privilege(r.oid, c.oid, p)""")
        return time.monotonic() - start


def _roles(server: PostgresServer) -> None:
    server.execute(f"""do $$ begin
      create role auditor login;
      for i in 1..{GROUPS} loop execute format('create role grp_%s', i); end loop;
      for i in 1..{ACCOUNTS} loop
        execute format('create role acct_%s login in role grp_%s', i, i % {GROUPS} + 1);
        if i % 7 = 0 then execute format('grant grp_%s to acct_%s', i * 3 % {GROUPS} + 1, i); end if;
      end loop; end $$""")


def _tables(server: PostgresServer, database: str, *, dense: bool) -> None:
    everyone = f"(select string_agg('grp_' || g, ',') from generate_series(1, {GROUPS}) g)"
    also = f"execute format('grant select on vr.t_%s to ', i) || {everyone};" if dense else ""
    server.execute("create schema vr", database)
    for first in range(1, TABLES, 500):
        server.execute(f"""do $$ begin for i in {first}..{first + 499} loop
          execute format('create table vr.t_%s (id int, last_name text, first_name text, dob date, status text)', i);
          execute format('grant select, insert, update on vr.t_%s to grp_%s', i, i % {GROUPS} + 1);
          execute format('grant select on vr.t_%s to acct_%s, acct_%s', i, i * 7 % {ACCOUNTS} + 1,
                         (i * 13 + i / {ACCOUNTS}) % {ACCOUNTS} + 1);
          execute format('grant update (status), select (dob) on vr.t_%s to acct_%s', i, i * 11 % {ACCOUNTS} + 1);
          execute format('grant delete on vr.t_%s to grp_%s', i, (i * 17 + i / {GROUPS}) % {GROUPS} + 1);
          {also} end loop; end $$""", database)


def _model() -> str:
    """What the groups' own tables need is declared; the rest is in excess."""
    lines = ["model: 1", "system: benchmark", "database: {engine: postgresql, dsn_env: BENCHMARK_DSN, schema: vr}",
             "objects:", *(f"  t_{table}: {{class: internal}}" for table in range(1, TABLES + 1)), "roles:"]
    for group in range(1, GROUPS + 1):
        allowed = ", ".join(f't_{table}: "r i u"' for table in range(1, TABLES + 1) if table % GROUPS + 1 == group)
        lines.append(f"  role_{group}: {{who: humans, allow: {{{allowed}}}}}")
    lines += ["accounts:", *(f"  - {{login: acct_{one}, person: p-{one}, roles: [role_{one % GROUPS + 1}]}}"
                             for one in range(1, ACCOUNTS + 1))]
    return "\n".join(lines) + "\n"
