"""Elections with windows, in versions; voting days become elections named by their date. Settings of an office."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = "versions of elections are append-only"
BEFORE, AFTER = 90, 30
"""The freeze around every voting day up to this version."""


def upgrade() -> None:
    op.create_table("elections",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("election", sa.Text(), nullable=False, comment="its id: the same for all its versions"),
        sa.Column("version", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("act", sa.Text(), nullable=False, comment="add, call, change or cancel"),
        sa.Column("body", sa.JSON(), nullable=False, comment="the whole election as it is from this version on"),
        sa.Column("note", sa.Text(), nullable=False, comment="why, in the words of who did it"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_elections_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_elections"),
        sa.UniqueConstraint("tenant", "election", "version", name="uq_elections_tenant_election_version")
    )
    op.create_index("ix_elections_tenant", "elections", ["tenant", "id"])
    op.create_table("office_settings",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False, comment="office or campaign"),
        sa.Column("zone", sa.Text(), nullable=False, comment="the time zone whose days count, by its IANA name"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_office_settings_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_office_settings")
    )
    op.create_index("ix_office_settings_tenant", "office_settings", ["tenant", "id"])
    op.create_index("ix_reports_tenant_agent_received", "reports", ["tenant", "agent", "received"])
    _carry_over()
    op.drop_index("ix_calendars_tenant", "calendars")
    op.drop_table("calendars")
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER elections_no_{act.lower()} BEFORE {act} ON elections "
                       f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION elections_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    op.execute("CREATE TRIGGER elections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON elections "
               "FOR EACH STATEMENT EXECUTE FUNCTION elections_append_only()")


def _carry_over() -> None:
    """Every declaration of voting days in its turn: a day that appears is added, one that is left out is cancelled."""
    from datetime import date, timedelta

    calendars = sa.table("calendars", sa.column("id"), sa.column("tenant"), sa.column("days", sa.JSON()),
                         sa.column("declared", MOMENT), sa.column("declared_by"))
    elections = sa.table("elections", sa.column("tenant"), sa.column("election"), sa.column("version"),
                         sa.column("act"), sa.column("body", sa.JSON()), sa.column("note"), sa.column("at", MOMENT),
                         sa.column("by"))
    connection = op.get_bind()
    standing: dict[tuple[str, str], bool] = {}
    versions: dict[tuple[str, str], int] = {}
    for row in connection.execute(sa.select(calendars).order_by(calendars.c.id)).all():
        mine = {day for (tenant, day), stands in standing.items() if tenant == row.tenant and stands}
        for day, act in (*((day, "add") for day in row.days if day not in mine),
                         *((day, "cancel") for day in sorted(mine - set(row.days)))):
            voting = date.fromisoformat(day)
            freeze = {"kind": "freeze", "first": (voting - timedelta(days=BEFORE)).isoformat(),
                      "last": (voting + timedelta(days=AFTER)).isoformat()}
            body = {"id": day, "name": day, "first": day, "last": day, "scale": "large", "template": "default",
                    "called": False, "windows": [freeze]}
            key = (row.tenant, day)
            versions[key] = versions.get(key, 0) + 1
            standing[key] = act == "add"
            connection.execute(sa.insert(elections).values(
                tenant=row.tenant, election=day, version=versions[key], act=act, body=body, note="",
                at=row.declared, by=row.declared_by))
