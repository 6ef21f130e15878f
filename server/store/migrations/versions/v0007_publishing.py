"""Public versions, who approved them, and the handling line of the annex."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = "what was published and who approved it is append-only"


def upgrade() -> None:
    op.create_table("publications",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("prepared", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False,
                  comment="SHA-256 over the digests of both files: what is approved"),
        sa.Column("en", sa.LargeBinary(), nullable=False, comment="the very PDF, in English"),
        sa.Column("fr", sa.LargeBinary(), nullable=False, comment="the very PDF, in French"),
        sa.Column("record", sa.Text(), nullable=False, comment="JSON: every number in it"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_publications_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_publications"))
    op.create_index("ix_publications_tenant", "publications", ["tenant", "id"])
    op.create_table("publication_acts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("publication", NUMBER, nullable=False),
        sa.Column("act", sa.Text(), nullable=False, comment="approve or withdraw"),
        sa.Column("digest", sa.Text(), nullable=False, comment="of what was approved or withdrawn"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False, comment="who answers for it"),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("block", sa.Text(), nullable=False,
                  comment="the election whose publication block held then; empty: none"),
        sa.Column("reason", sa.Text(), nullable=False,
                  comment="why in spite of the block, or why it was withdrawn"),
        sa.ForeignKeyConstraint(["publication"], ["publications.id"], name="fk_publication_acts_publication"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_publication_acts_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_publication_acts"))
    op.create_index("ix_publication_acts_tenant", "publication_acts", ["tenant", "publication", "id"])
    op.create_table("handling_lines",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False, comment="on every page of the detailed annex"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_handling_lines_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_handling_lines"))
    op.create_index("ix_handling_lines_tenant", "handling_lines", ["tenant", "id"])
    tables = ("publications", "publication_acts", "handling_lines")
    if op.get_context().dialect.name == "sqlite":
        for table in tables:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION publications_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in tables:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION publications_append_only()")
