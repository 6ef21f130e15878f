"""Points by day, the rules they were made with, and what the heads carry of older reports."""

import sqlalchemy as sa
from alembic import op

from server.store import rebuild

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("heads", sa.Column("vouched", MOMENT,
        comment="when the last report's verdicts were true, as far as the server can vouch"))
    op.add_column("heads", sa.Column("checks", sa.Text(), comment="digest of the last report's list of check ids"))
    op.add_column("heads", sa.Column("vector", sa.Text(), comment="its verdicts, one letter a check"))
    op.add_column("heads", sa.Column("failing", sa.JSON(), comment="check: first failure since its last pass"))
    op.add_column("heads", sa.Column("applied", sa.JSON(),
        comment="check that the last report does not judge: when one last did"))
    op.add_column("reports", sa.Column("overridden", sa.JSON(),
        comment="checks judged with other parameters than the pack's; none for lost"))
    op.add_column("reports", sa.Column("host", sa.Text(), comment="the name the machine gave itself; none for lost"))
    op.create_index("ix_reports_tenant_received", "reports", ["tenant", "received"])
    op.create_table("rule_sets",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False, comment="from when on the server graded with them"),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="the version of the grading method"),
        sa.Column("pack", sa.Text(), nullable=False, comment="the digest of the policy pack"),
        sa.Column("version", sa.Text(), nullable=False, comment="of the policy pack"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="JSON in zstd"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_rule_sets_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_sets"))
    op.create_index("ix_rule_sets_tenant", "rule_sets", ["tenant", "id"])
    op.create_table("days",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False, comment="the digest of the rules in force at its end"),
        sa.Column("inputs", sa.Text(), nullable=False, comment="the digest of all it was made of"),
        sa.Column("points", sa.LargeBinary(), nullable=False, comment="JSON: office, parties, sites, areas, counts"),
        sa.Column("machines", sa.LargeBinary(), nullable=False,
                  comment="JSON in zstd: points and reports by agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_days_tenant"),
        sa.PrimaryKeyConstraint("tenant", "day", name="pk_days"))
    op.create_table("day_states",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the last closed day"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="JSON in zstd"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_day_states_tenant"),
        sa.PrimaryKeyConstraint("tenant", name="pk_day_states"))
    op.create_table("sharing",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), comment="the tenant that may see the points; none for nobody"),
        sa.Column("band", sa.Text(), comment="the size the office declares; none where it is not counted"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sharing_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_sharing"))
    op.create_index("ix_sharing_tenant", "sharing", ["tenant", "id"])
    rebuild.rebuild(op.get_bind(), write=True)
