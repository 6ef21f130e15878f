"""Equipment lists, budgets, plans and their approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
REFUSED = "equipment lists, budgets, plans and approvals are append-only"
TABLES = ("equipment_lists", "equipment", "equipment_matches", "budgets", "planning_settings", "plans",
          "plan_approvals")


def upgrade() -> None:
    op.create_table("equipment_lists",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the file that was read"),
        sa.Column("mapping", sa.JSON(), nullable=False, comment="columns to fields; empty for the canonical columns"),
        sa.Column("answers", sa.JSON(), nullable=False, comment="row, column and value of what was asked and answered"),
        sa.Column("open", sa.Integer(), nullable=False, comment="questions that were left open"),
        sa.Column("imported", MOMENT, nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_equipment_lists_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_equipment_lists")
    )
    op.create_index("ix_equipment_lists_tenant", "equipment_lists", ["tenant", "id"])
    op.create_table("equipment",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("list", NUMBER, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="in the file"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False, comment="what the line says, as planning.inventory reads it"),
        sa.ForeignKeyConstraint(["list"], ["equipment_lists.id"], name="fk_equipment_list"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_equipment_tenant"),
        sa.PrimaryKeyConstraint("list", "asset", name="pk_equipment")
    )
    op.create_table("equipment_matches",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False, comment="of the table of support dates; empty withdraws"),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_equipment_matches_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_equipment_matches")
    )
    op.create_index("ix_equipment_matches_tenant", "equipment_matches", ["tenant", "id"])
    op.create_table("budgets",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False, comment="empty where it was typed in"),
        sa.Column("digest", sa.Text(), nullable=False,
                  comment="SHA-256 of the file, or of the lines as they were typed"),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("declared", MOMENT, nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_budgets_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_budgets")
    )
    op.create_index("ix_budgets_tenant", "budgets", ["tenant", "id"])
    op.create_table("planning_settings",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("hours_per_month", sa.Float(), comment="what the office's own staff can give; none: no limit"),
        sa.Column("declared", MOMENT, nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_planning_settings_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_planning_settings")
    )
    op.create_index("ix_planning_settings_tenant", "planning_settings", ["tenant", "id"])
    op.create_table("plans",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the document"),
        sa.Column("document", sa.LargeBinary(), nullable=False, comment="the canonical JSON, one zstd frame"),
        sa.Column("record", sa.LargeBinary(), nullable=False, comment="problem and answer in JSON, one zstd frame"),
        sa.Column("inputs", sa.Text(), nullable=False, comment="SHA-256 of all that decides it, but the day"),
        sa.Column("equipment", NUMBER, nullable=False),
        sa.Column("budget", NUMBER),
        sa.Column("made", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["budget"], ["budgets.id"], name="fk_plans_budget"),
        sa.ForeignKeyConstraint(["equipment"], ["equipment_lists.id"], name="fk_plans_equipment"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_plans_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_plans")
    )
    op.create_index("ix_plans_tenant", "plans", ["tenant", "id"])
    op.create_table("plan_approvals",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("plan", NUMBER, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="the hash that was read and approved"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME"),
        sa.Column("words", sa.Text(), nullable=False, comment="what they added to it"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_plan_approvals_plan"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_plan_approvals_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_approvals")
    )
    op.create_index("ix_plan_approvals_tenant", "plan_approvals", ["tenant", "id"])
    op.create_table("plan_uploads",
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of what the form holds"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the file as it came, one zstd frame"),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_plan_uploads_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_plan_uploads_tenant"),
        sa.PrimaryKeyConstraint("secret", name="pk_plan_uploads")
    )
    op.create_index("ix_plan_uploads_person", "plan_uploads", ["person"])
    _append_only()


def _append_only() -> None:
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END")
        return
    op.execute("CREATE FUNCTION planning_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION planning_append_only()")
