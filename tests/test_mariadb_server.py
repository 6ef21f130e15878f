"""The scratch server that other tests stand on."""

from __future__ import annotations

import subprocess

import pytest

from tests.mariadb import MariadbServer


def test_the_scratch_server_runs_scripts_and_lets_accounts_in_by_password(mariadb_server: MariadbServer) -> None:
    name = mariadb_server.create_database()
    mariadb_server.script("delimiter //\ncreate procedure p() begin select 1; end//\ndelimiter ;\n"
                          "create table t (a int); insert into t values (7);", name)
    mariadb_server.execute("create user scratch@'127.0.0.1' identified by 'p @/:w'", f"grant select on {name}.* to "
                           "scratch@'127.0.0.1'")
    try:
        connection = mariadb_server.connect("scratch", "p @/:w", name)
        try:
            with connection.cursor() as cursor:
                cursor.execute("select current_user(), a from t")
                assert cursor.fetchall() == (("scratch@127.0.0.1", 7),)
        finally:
            connection.close()
    finally:
        mariadb_server.execute("drop user scratch@'127.0.0.1'", f"drop database {name}")


def test_a_script_that_fails_says_so(mariadb_server: MariadbServer) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        mariadb_server.script("select * from nowhere.nothing;")
    assert b"nowhere" in failed.value.stderr
