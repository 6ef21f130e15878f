"""Accepted failures, and what an office says does not apply."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = "accepted failures and their ends are append-only"
TABLES = ("exceptions", "exception_ends")


def upgrade() -> None:
    op.create_table("exceptions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="exception or not_applicable"),
        sa.Column("subject", sa.Text(), nullable=False, comment="a check, or a row of the catalogue"),
        sa.Column("asset", sa.Text(), nullable=False, comment="its name; empty for the office as a whole"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("control", sa.Text(), nullable=False, comment="of an exception: what protects meanwhile"),
        sa.Column("owner", sa.Text(), nullable=False, comment="who answers for it"),
        sa.Column("approved_by", sa.Text(), nullable=False, comment="the second person; empty for none"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day on which it holds"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_exceptions_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_exceptions"))
    op.create_index("ix_exceptions_tenant", "exceptions", ["tenant", "id"])
    op.create_table("exception_ends",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("exception", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["exception"], ["exceptions.id"], name="fk_exception_ends_exception"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_exception_ends_tenant"),
        sa.PrimaryKeyConstraint("exception", name="pk_exception_ends"))
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION exceptions_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION exceptions_append_only()")
