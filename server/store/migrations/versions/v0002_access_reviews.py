"""Signed reviews of access rights."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = "signed reviews are append-only"


def upgrade() -> None:
    op.create_table("access_reviews",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("database", sa.Text(), nullable=False, comment="its name in the machine's declaration"),
        sa.Column("difference", sa.Text(), nullable=False, comment="hash of the difference that was signed"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("person", sa.Text(), nullable=False, comment="who answers for it"),
        sa.Column("envelope", sa.LargeBinary(), nullable=False,
                  comment="the statement, signed by the server's own key"),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_access_reviews_agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_access_reviews_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_access_reviews")
    )
    op.create_index("ix_access_reviews_tenant", "access_reviews", ["tenant", "id"])
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER access_reviews_no_{act.lower()} BEFORE {act} ON access_reviews "
                       f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION access_reviews_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    op.execute("CREATE TRIGGER access_reviews_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_reviews "
               "FOR EACH STATEMENT EXECUTE FUNCTION access_reviews_append_only()")
