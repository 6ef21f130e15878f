"""Retention, legal holds and deletions."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = "what was kept, held and deleted is append-only"
TABLES = ("holds", "hold_ends", "retention_policies", "retention_runs", "retention_ends", "wind_downs",
          "wind_down_ends", "data_exports", "deletions", "deletion_sweeps")


def upgrade() -> None:
    _versions("holds",
        sa.Column("matter", sa.Text(), nullable=False, comment="the case or request that it is for"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"))
    _end("hold_ends", "hold", "holds",
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False, comment="who agreed"),
        sa.Column("reason", sa.Text(), nullable=False))
    _versions("retention_policies",
        sa.Column("days", sa.JSON(), nullable=False,
                  comment="kind: how long it is kept; a kind that is not here is kept"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False))
    _versions("retention_runs",
        sa.Column("policy", NUMBER, nullable=False),
        sa.Column("announced", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False, comment="nothing is deleted before"),
        sa.Column("before", sa.JSON(), nullable=False, comment="kind: what is older than this moment"),
        sa.Column("counts", sa.JSON(), nullable=False, comment="kind: how many, as announced"),
        sa.ForeignKeyConstraint(["policy"], ["retention_policies.id"], name="fk_retention_runs_policy"))
    _end("retention_ends", "run", "retention_runs",
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="done, held or withdrawn"),
        sa.Column("counts", sa.JSON(), nullable=False, comment="kind: how many were deleted"),
        sa.Column("proofs", sa.JSON(), nullable=False, comment="kind: what stays of what was deleted"))
    _versions("wind_downs",
        sa.Column("at", MOMENT, nullable=False, comment="when the second person agreed"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due", MOMENT, nullable=False, comment="until then anybody who may ask for it can stop it"))
    _end("wind_down_ends", "wind_down", "wind_downs",
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False))
    _versions("data_exports",
        sa.Column("at", MOMENT, nullable=False, comment="when the second person agreed"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False, comment="it may be downloaded before"))
    op.create_table("deletions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False, comment="the id it had; there is no such tenant any more"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False, comment="JSON: counts, digests, fingerprints"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the certificate"),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"))
    op.create_table("deletion_sweeps",
        sa.Column("deletion", NUMBER, autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("how", sa.Text(), nullable=False, comment="what rewrote the space that the rows had been in"),
        sa.ForeignKeyConstraint(["deletion"], ["deletions.id"], name="fk_deletion_sweeps_deletion"),
        sa.PrimaryKeyConstraint("deletion", name="pk_deletion_sweeps"))
    _seal()


def _versions(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(name,
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=f"fk_{name}_tenant"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"))
    op.create_index(f"ix_{name}_tenant", name, ["tenant", "id"])


def _end(name: str, of: str, table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(name,
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column(of, NUMBER, autoincrement=False, nullable=False),
        *columns,
        sa.ForeignKeyConstraint([of], [f"{table}.id"], name=f"fk_{name}_{of}"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=f"fk_{name}_tenant"),
        sa.PrimaryKeyConstraint(of, name=f"pk_{name}"))


def _seal() -> None:
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION keeping_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION keeping_append_only()")
