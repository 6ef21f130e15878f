"""The chained audit trail, and acts that need two people."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = "what was asked for and decided is append-only"
TABLES = ("proposals", "decisions")


def upgrade() -> None:
    _chain()
    _two_people()
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION proposals_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION proposals_append_only()")


def _chain() -> None:
    """New columns alone: the rows there are may not be changed. The first line of the chain seals them."""
    op.add_column("audit", sa.Column("origin", sa.Text(), nullable=True, comment="from where; none before the chain"))
    op.add_column("audit", sa.Column("sequence", sa.BigInteger(), nullable=True,
                                     comment="place in the tenant's chain, from 1; none for lines before it"))
    op.add_column("audit", sa.Column("previous", sa.Text(), nullable=True, comment="digest of the line before"))
    op.add_column("audit", sa.Column("digest", sa.Text(), nullable=True, comment="SHA-256 over all of the line"))
    op.create_index("ix_audit_tenant_sequence", "audit", ["tenant", "sequence"], unique=True)
    op.create_index("ix_audit_tenant_action_subject", "audit", ["tenant", "action", "subject"])


def _two_people() -> None:
    op.create_table("proposals",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False,
                  comment="the name of a module's ACTION in server.two_people.actions"),
        sa.Column("subject", sa.Text(), nullable=False, comment="what it is about, in a few words"),
        sa.Column("payload", sa.JSON(), nullable=False, comment="everything that is done once it is approved"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME, reviewer:NAME or console:LOGIN"),
        sa.Column("person", NUMBER, nullable=True, comment="who asked, as a row of people; none at the console"),
        sa.Column("expires", MOMENT, nullable=False, comment="from then on it can be decided no more"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_proposals_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"))
    op.create_index("ix_proposals_tenant", "proposals", ["tenant", "id"])
    op.create_table("decisions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("proposal", NUMBER, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="approved, refused or withdrawn"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME, reviewer:NAME or console:LOGIN"),
        sa.Column("person", NUMBER, nullable=True, comment="who decided, as a row of people; none at the console"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.id"], name="fk_decisions_proposal"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_decisions_tenant"),
        sa.PrimaryKeyConstraint("proposal", name="pk_decisions"))
