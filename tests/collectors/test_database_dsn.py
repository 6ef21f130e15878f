"""Addresses of databases: what is taken, what is refused, and that nothing of them is ever repeated."""

from __future__ import annotations

import pytest

from collectors.database_dsn import NotReached, mariadb_address, postgresql, postgresql_arguments
from hustings.errors import UsageError
from hustings.facts import Reason
from tests.postgres import PostgresServer

PASSWORD = "Hidden-Word"


@pytest.mark.parametrize("dsn", [
    f"postgresql://ann:{PASSWORD}@127.0.0.1:5433/roll", f"host=localhost password={PASSWORD} user=ann",
    f"postgresql://ann:{PASSWORD}@[::1]/roll", f"host=/run/postgresql user=ann password={PASSWORD}", "dbname=roll"])
def test_this_machine_may_be_asked_without_tls(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGHOST", raising=False)
    assert "sslmode" not in postgresql_arguments(dsn, "ROLL")


@pytest.mark.parametrize(("dsn", "mode"), [
    ("postgresql://ann@db.example/roll", "verify-full"), ("host=10.0.0.5 sslmode=require", "require"),
    ("host=10.0.0.5 sslmode=verify-ca", "verify-ca"), ("host=localhost,db.example", "verify-full"),
    ("host=localhost hostaddr=10.0.0.5", "verify-full"), ("service=roll", "verify-full"),
])
def test_another_machine_is_spoken_to_under_tls(dsn: str, mode: str) -> None:
    assert postgresql_arguments(dsn, "ROLL")["sslmode"] == mode


def test_a_host_from_the_environment_is_another_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGSSLMODE", "disable")
    assert postgresql_arguments("dbname=roll", "ROLL")["sslmode"] == "verify-full"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_another_machine_without_tls_is_refused(mode: str) -> None:
    with pytest.raises(UsageError, match=f"sslmode={mode}") as refused:
        postgresql_arguments(f"host=db.example password={PASSWORD} sslmode={mode}", "ROLL")
    assert PASSWORD not in str(refused.value)
    assert refused.value.where == "ROLL"


@pytest.mark.parametrize("dsn", [
    f"postgres:{PASSWORD}@db/roll", f"postgresql://ann:x@{PASSWORD}@db/roll", f"postgresql://ann:{PASSWORD}%zz@db/roll",
    f"postgresql://ann@db:{PASSWORD}/roll", f"hostname={PASSWORD}", f"postgresql://ann:a/{PASSWORD}@db/roll", "nothing",
])
def test_what_is_no_address_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(UsageError) as refused:
        postgresql_arguments(dsn, "ROLL")
    assert PASSWORD not in str(refused.value)
    assert "ROLL" in str(refused.value)
    assert refused.value.remedy


def test_a_session_is_read_only_limited_in_time_and_named(postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    with postgresql(postgres_server.dsn(name), "ROLL", within=7) as connection:
        shown = {one: connection.execute(f"show {one}").fetchall()[0][0] for one in (
            "default_transaction_read_only", "statement_timeout", "lock_timeout", "application_name", "search_path")}
    assert shown == {"default_transaction_read_only": "on", "statement_timeout": "7s", "lock_timeout": "1s",
                     "application_name": "hustings", "search_path": "pg_catalog"}


def test_what_the_address_says_of_the_session_does_not_outdo_this(postgres_server: PostgresServer) -> None:
    dsn = postgres_server.dsn() + "?options=-csearch_path%3Devil%20-cdefault_transaction_read_only%3Doff"
    with postgresql(dsn, "ROLL") as connection:
        assert connection.execute("show search_path").fetchall() == [("pg_catalog",)]
        assert connection.execute("show default_transaction_read_only").fetchall() == [("on",)]


def test_a_database_that_is_not_there_says_where_and_not_how(postgres_server: PostgresServer) -> None:
    with pytest.raises(NotReached) as refused:
        postgresql(postgres_server.dsn("nowhere"), "ROLL")
    assert refused.value.reason == Reason.DENIED
    assert f"ROLL: 127.0.0.1:{postgres_server.port}" in str(refused.value)


def test_a_server_that_is_not_there_is_told_apart_from_one_that_refuses() -> None:
    with pytest.raises(NotReached) as refused:
        postgresql(f"postgresql://ann:{PASSWORD}@127.0.0.1:1/roll", "ROLL")
    assert refused.value.reason == Reason.ERROR
    assert "Connection refused" in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_mariadb_address_is_taken_apart() -> None:
    one = mariadb_address("mariadb://ann:p%40ss%2F@db.example:3307/roll?ssl_ca=/etc/ca.pem", "ROLL")
    assert (one.host, one.port, one.user, one.password, one.database, one.ssl_ca, one.local) == (
        "db.example", 3307, "ann", "p@ss/", "roll", "/etc/ca.pem", False)
    assert "p@ss" not in repr(one)
    assert mariadb_address("mysql://ann@127.0.0.1/roll", "ROLL").local
    assert mariadb_address("mariadb://ann@/roll?unix_socket=/run/db.sock", "ROLL").place == "/run/db.sock"


@pytest.mark.parametrize("dsn", [
    f"postgresql://ann:{PASSWORD}@db/roll", f"mariadb://ann:x@{PASSWORD}@db/roll", f"mariadb://ann@db:{PASSWORD}/roll",
    f"mariadb://:{PASSWORD}@db/roll", f"mariadb://ann:x?{PASSWORD}=y@db/roll", f"mariadb://ann:{PASSWORD}@db/roll?ssl=off",
    f"mariadb://ann:{PASSWORD}@/roll", f"mariadb://ann@db/roll?{PASSWORD}", f"mariadb://ann@[{PASSWORD}/roll",
])
def test_what_is_no_mariadb_address_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(UsageError) as refused:
        mariadb_address(dsn, "ROLL")
    assert PASSWORD not in str(refused.value)
