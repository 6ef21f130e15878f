"""Findings with a life, made of the reports that are there."""

import sqlalchemy as sa
from alembic import op

from server.store import findings_rebuild

revision = "0012"
down_revision = "0011"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = "what people did about findings, and how office checks came out, are append-only"
TABLES = ("finding_acts", "office_verdicts")


def _of_finding(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant", "finding"], ["findings.tenant", "findings.number"],
                                   name=f"fk_{table}_tenant_finding")


def _tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=f"fk_{table}_tenant")


def upgrade() -> None:
    op.create_table("findings",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, autoincrement=False, nullable=False, comment="counted within the tenant"),
        sa.Column("agent", sa.Text(), nullable=False, comment="the machine; empty for the office as a whole"),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("catalogue", sa.Text(), nullable=False, comment="as the report said that last opened it"),
        sa.Column("severity", sa.Text(), nullable=False, comment="as that report said"),
        sa.Column("first_failed", MOMENT, nullable=False, comment="of all episodes"),
        sa.Column("episode", sa.Integer(), nullable=False, comment="from 1: how often it has begun"),
        sa.Column("opened", MOMENT, nullable=False, comment="since when the last episode fails"),
        sa.Column("opened_told", MOMENT, nullable=False, comment="when the server heard of it"),
        sa.Column("opened_epoch", sa.Text(), nullable=False, comment="with opened_sequence: the report that opened it"),
        sa.Column("opened_sequence", sa.BigInteger(), nullable=False),
        sa.Column("resolved", MOMENT, comment="none while it fails"),
        sa.Column("resolved_told", MOMENT),
        sa.Column("resolved_epoch", sa.Text(), comment="with resolved_sequence: the report that passed"),
        sa.Column("resolved_sequence", sa.BigInteger()),
        sa.Column("unseen", MOMENT, comment="when it was last seen to fail, if later reports say nothing of it"),
        _tenant("findings"),
        sa.PrimaryKeyConstraint("tenant", "number", name="pk_findings"),
        sa.UniqueConstraint("tenant", "agent", "check", name="uq_findings_tenant_agent_check"))
    op.create_table("finding_episodes",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("finding", NUMBER, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.Column("opened_told", MOMENT, nullable=False),
        sa.Column("opened_epoch", sa.Text(), nullable=False),
        sa.Column("opened_sequence", sa.BigInteger(), nullable=False),
        sa.Column("resolved", MOMENT, nullable=False),
        sa.Column("resolved_told", MOMENT, nullable=False),
        sa.Column("resolved_epoch", sa.Text(), nullable=False),
        sa.Column("resolved_sequence", sa.BigInteger(), nullable=False),
        _tenant("finding_episodes"), _of_finding("finding_episodes"),
        sa.PrimaryKeyConstraint("tenant", "finding", "episode", name="pk_finding_episodes"))
    op.create_table("finding_numbers",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("last", NUMBER, nullable=False, comment="the highest number given"),
        _tenant("finding_numbers"),
        sa.PrimaryKeyConstraint("tenant", name="pk_finding_numbers"))
    op.create_table("finding_acts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("finding", NUMBER, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False, comment="of the finding, when it was done"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("person", NUMBER, comment="their number; none at the console"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        _tenant("finding_acts"), _of_finding("finding_acts"),
        sa.PrimaryKeyConstraint("id", name="pk_finding_acts"))
    op.create_index("ix_finding_acts_tenant_finding", "finding_acts", ["tenant", "finding", "id"])
    op.create_index("ix_finding_acts_tenant_at", "finding_acts", ["tenant", "at"])
    op.create_table("finding_states",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("finding", NUMBER, nullable=False),
        sa.Column("owner", NUMBER, comment="a person's number"),
        sa.Column("owner_name", sa.Text(), nullable=False, comment="empty for nobody"),
        sa.Column("acknowledged", sa.Integer(), nullable=False, comment="the episode that was; 0 for none"),
        sa.Column("due", sa.Date(), comment="the last day that people set, for due_episode"),
        sa.Column("due_episode", sa.Integer(), nullable=False),
        sa.Column("due_reason", sa.Text(), nullable=False),
        sa.Column("false_alarm", sa.Text(), nullable=False, comment="empty, claimed, accepted or rejected"),
        sa.Column("false_alarm_episode", sa.Integer(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("acted", MOMENT, nullable=False, comment="when something was last done"),
        _tenant("finding_states"), _of_finding("finding_states"),
        sa.PrimaryKeyConstraint("tenant", "finding", name="pk_finding_states"))
    op.create_table("finding_views",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False, comment="whose it is; perhaps of another tenant"),
        sa.Column("by", sa.Text(), nullable=False, comment="their name"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="the filter, as it stands in an address"),
        sa.Column("shared", sa.Boolean(), nullable=False, comment="with everybody of the office"),
        sa.Column("created", MOMENT, nullable=False),
        _tenant("finding_views"),
        sa.PrimaryKeyConstraint("id", name="pk_finding_views"),
        sa.UniqueConstraint("tenant", "person", "name", name="uq_finding_views_tenant_person_name"))
    op.create_table("finding_visits",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False, comment="perhaps of another tenant"),
        sa.Column("before", MOMENT, comment="the end of the visit before this one"),
        sa.Column("seen", MOMENT, nullable=False, comment="the last look"),
        _tenant("finding_visits"),
        sa.PrimaryKeyConstraint("tenant", "person", name="pk_finding_visits"))
    op.create_table("office_verdicts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False, comment="check, row of the catalogue and severity of each"),
        sa.Column("vector", sa.Text(), nullable=False, comment="one letter a check: p, f, u, n"),
        _tenant("office_verdicts"),
        sa.PrimaryKeyConstraint("id", name="pk_office_verdicts"))
    op.create_index("ix_office_verdicts_tenant", "office_verdicts", ["tenant", "id"])
    _append_only()
    findings_rebuild.rebuild(op.get_bind(), write=True)


def _append_only() -> None:
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION findings_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION findings_append_only()")
