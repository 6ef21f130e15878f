"""The second wall: PostgreSQL's row-level security, with the queries' own conditions taken away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

import server
from server.store.database import ONE_TENANT_ROLE, TENANT_SETTING, WHOLE_SERVER, Database
from server.store.migrate import migrate
from server.store.people import Role
from server.store.schema import agents, audit, metadata
from server.store.tenants import Tenant
from server.store.walls import raise_walls
from tests.server import setups
from tests.server.setups import Office
from tests.server.test_pages import judged

CANARY = "zebra-of-the-others"
PAGES = ("/", "/machines", "/access", "/leavers", "/plan", "/plan/software", "/calendar", "/trend", "/points",
         "/areas/PAT", "/rows/PAT-01", "/exceptions", "/publish", "/office")
_OWN = re.compile(r'(?<![\w.])(?:\w+\.)?tenant = %\(\w+\)s(?:::[A-Z]+)?')


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    postgres = request.getfixturevalue("postgres_server")
    return str(postgres.dsn(postgres.create_database()))


@pytest.fixture
def two(url: str, tmp_path: Path) -> Iterator[tuple[Office, Tenant]]:
    """An office and another one on the same server, each with a machine that reports and an inventory."""
    with setups.office(Database(url), tmp_path / "data") as office:
        other = office.other(CANARY)
        for tenant, host in ((office.tenant, "our-desk"), (other, CANARY)):
            machine = office.machine(tenant.id)
            assert office.post("/v1/reports", machine.report(results=judged(office), host=host)).status_code == 201
            office.person(f"{host}-person", Role.OFFICIAL, tenant=tenant.id)
        yield office, other


def without_conditions(database: Database) -> None:
    """Every query from here on has lost its ``tenant =``."""

    @event.listens_for(database.engine, "before_cursor_execute", retval=True)
    def _strip(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any,
               _many: bool) -> tuple[str, Any]:
        return (_OWN.sub("TRUE", statement) if statement.startswith("SELECT") else statement), parameters


def test_every_table_stands_behind_the_wall(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.owner() as connection:
        tables = connection.execute(sa.text(
            "SELECT relname, relrowsecurity AND relforcerowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = "
            "c.oid) FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")).all()
    database.close()
    assert {name for name, *_ in tables} == {*metadata.tables, "alembic_version"}
    assert {name for name, walled, policies in tables if not walled or policies != 2} == {"alembic_version"}


def test_a_second_start_touches_no_table(url: str) -> None:
    database = Database(url)
    migrate(database)
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with database.owner() as connection:
        raise_walls(connection)
    database.close()
    assert seen
    assert not [one for one in seen if one.startswith(("ALTER", "CREATE POLICY", "DROP"))]


def test_without_the_queries_own_conditions_no_foreign_row_is_seen(two: tuple[Office, Tenant]) -> None:
    office, other = two
    session = office.signed_in(office.person("ada", Role.ADMINISTRATOR))
    without_conditions(office.database)
    with office.database.read(WHOLE_SERVER) as connection:
        assert set(connection.scalars(sa.select(agents.c.tenant).where(agents.c.tenant == office.tenant.id))) == {
            office.tenant.id, other.id}, "the conditions are still there: this test proves nothing"
    with office.database.read(office.tenant.id) as connection:
        for table in metadata.sorted_tables:
            own = table.c.get("tenant", table.c.get("id"))
            assert set(connection.scalars(sa.select(own).distinct())) <= {office.tenant.id}, table.name
    for path in PAGES:
        answer = office.page("GET", f"/en{path}", session)
        assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
        assert CANARY not in answer.text, path
    assert "our-desk" in office.page("GET", "/en/machines", session).text


def test_a_transaction_that_names_no_tenant_fails(two: tuple[Office, Tenant]) -> None:
    office, _ = two
    for setting in (sa.null(), ""):
        with office.database.owner() as connection:
            connection.execute(sa.select(sa.func.set_config("role", ONE_TENANT_ROLE, True),
                                         sa.func.set_config(TENANT_SETTING, setting, True)))
            with pytest.raises(DBAPIError, match="names no tenant"), connection.begin_nested():
                connection.execute(sa.select(agents)).all()
    with pytest.raises(ValueError, match="no tenant"), office.database.read(""):
        pass


def test_nothing_is_written_for_another_tenant(two: tuple[Office, Tenant]) -> None:
    office, other = two
    with pytest.raises(DBAPIError, match="row-level security"), office.database.write(office.tenant.id) as connection:
        connection.execute(sa.insert(audit).values(
            tenant=other.id, at=office.now(), actor="x", action="x", subject="x", detail={}))
    with pytest.raises(DBAPIError, match="row-level security"), office.database.write(office.tenant.id) as connection:
        connection.execute(sa.update(agents).values(tenant=other.id))
    with office.database.write(office.tenant.id) as connection:
        changed = connection.execute(sa.update(agents).where(agents.c.tenant == other.id).values(site="stolen"))
        assert changed.rowcount == 0
        assert connection.execute(sa.delete(agents).where(agents.c.tenant == other.id)).rowcount == 0


def test_a_pooled_connection_carries_nothing_over_after_a_failure(two: tuple[Office, Tenant], url: str) -> None:
    office, other = two
    database = Database(url)
    database.engine = sa.create_engine(database.url, pool_size=1, max_overflow=0)
    seen = []
    with pytest.raises(ZeroDivisionError), database.write(other.id) as connection:
        seen = [connection.scalar(sa.text("SELECT pg_backend_pid()")), *connection.scalars(sa.select(agents.c.tenant)),
                1 // 0]
    with database.write(other.id) as connection:
        seen = [connection.scalar(sa.text("SELECT pg_backend_pid()")), *connection.scalars(sa.select(agents.c.tenant))]
    assert seen[1:] == [other.id]
    with pytest.raises(DBAPIError), database.read(other.id) as connection:
        connection.execute(sa.text("SELECT 1/0"))
    with database.owner(writing=False) as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) == seen[0]
        assert connection.scalar(sa.text("SELECT current_setting('hustings.tenant', true)")) in ("", None)
        assert connection.scalar(sa.text("SELECT current_user")) == "postgres"
    with database.read(office.tenant.id) as connection:
        assert set(connection.scalars(sa.select(agents.c.tenant))) == {office.tenant.id}
    database.close()


def test_the_owner_of_the_tables_fails_without_a_role(url: str) -> None:
    """A login that owns the tables and is no superuser: what most servers run with."""
    opened = Database(url)
    with opened.owner() as connection:
        name = f"plain_{opened.url.database}"
        connection.execute(sa.text(f"CREATE ROLE {name} LOGIN CREATEROLE"))
        connection.execute(sa.text(f"ALTER DATABASE {opened.url.database} OWNER TO {name}"))
        connection.execute(sa.text(f"GRANT ALL ON SCHEMA public TO {name}"))
        for role in (ONE_TENANT_ROLE, "hustings_server"):
            connection.execute(sa.text(
                f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"))
            connection.execute(sa.text(f"GRANT {role} TO {name}"))
    opened.close()
    plain = Database(str(opened.url.set(username=name).render_as_string(hide_password=False)))
    migrate(plain)
    from server.store import tenants

    with plain.write(WHOLE_SERVER) as connection:
        made = tenants.create(connection, "Office", setups.Now()())
    with pytest.raises(DBAPIError, match="names no tenant"), plain.owner(writing=False) as connection:
        connection.execute(sa.text("SELECT count(*) FROM tenants"))
    with plain.read(made.id) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM tenants")) == 1
    plain.close()


WIDE = {
    "store/database.py", "app.py", "enroll.py", "intake.py", "history.py", "closing.py", "plan_cli.py",
    "access/guard.py", "access/sign_in.py", "access/invitation_routes.py", "api/door.py", "single_sign_on/service.py",
    "pages/jurisdiction.py",
    "console/common.py", "console/history.py",
    "jobs/attempts.py", "jobs/deadlines.py", "jobs/mail.py", "jobs/notices.py", "jobs/silence.py", "jobs/support.py",
    "jobs/office_findings.py",
    "jobs/webhooks.py", "notices/sending.py", "pages/evidence.py", "pages/feed.py", "pages/reply.py",
    "console/running.py", "reviewers/accepting.py", "reviewers/queue.py",
    "console/backups.py", "console/tenants.py", "jobs/retention.py", "jobs/wind_down.py", "keeping/backup.py",
    "keeping/erasing.py", "keeping/restore.py", "office_settings.py",
}
"""What may look at everybody's rows: signing in, whose key or secret it is, timed work, the host's console, and the
pages of consented comparison."""


def test_only_these_modules_look_beyond_one_tenant() -> None:
    room = Path(server.__file__).parent
    found = {str(file.relative_to(room)) for file in room.rglob("*.py")
             if any(isinstance(node, ast.Name) and node.id == "WHOLE_SERVER" for node in ast.walk(
                 ast.parse(file.read_text("utf-8"))))}
    assert found - WIDE == set(), "say why here, or name the tenant"
    assert WIDE - found == set()
