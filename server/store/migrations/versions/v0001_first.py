"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = "the audit trail is append-only"


def upgrade() -> None:
    op.create_table("tenants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("name", name="uq_tenants_name")
    )
    op.create_table("agents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="the 32 raw bytes"),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="approved, pending or revoked"),
        sa.Column("host", sa.Text(), nullable=False, comment="the name it enrolled under"),
        sa.Column("roles", sa.JSON(), nullable=False, comment="the roles its enrolment gave it"),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("enrolled", MOMENT, nullable=False),
        sa.Column("revoked", MOMENT),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_agents_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
        sa.UniqueConstraint("key_id", name="uq_agents_key_id")
    )
    op.create_index("ix_agents_tenant", "agents", ["tenant"])
    op.create_table("audit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_audit_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_audit")
    )
    op.create_index("ix_audit_tenant", "audit", ["tenant", "id"])
    op.create_table("calendars",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False, comment="voting days as ISO dates, in order"),
        sa.Column("declared", MOMENT, nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_calendars_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_calendars")
    )
    op.create_index("ix_calendars_tenant", "calendars", ["tenant", "id"])
    op.create_table("check_lists",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_check_lists_tenant"),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_check_lists")
    )
    op.create_table("inventories",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the source file"),
        sa.Column("imported", MOMENT, nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_inventories_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_inventories")
    )
    op.create_index("ix_inventories_tenant", "inventories", ["tenant", "id"])
    op.create_table("people",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="administrator, staff, official or reviewer"),
        sa.Column("password", sa.Text(), comment="argon2id; none means sign-in by one-time link alone"),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("disabled", MOMENT),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_people_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("name", name="uq_people_name")
    )
    op.create_table("tokens",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the secret, which is not kept"),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("redeemed", MOMENT),
        sa.Column("request", sa.Text(), comment="digest of the signed request that redeemed it"),
        sa.Column("answer", sa.LargeBinary(), comment="the very bytes that were answered"),
        sa.Column("agent", sa.Text()),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_tokens_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("secret", name="uq_tokens_secret")
    )
    op.create_table("assets",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("inventory", NUMBER, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="in the source file"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False, comment="us, vendor, state or county"),
        sa.ForeignKeyConstraint(["inventory"], ["inventories.id"], name="fk_assets_inventory"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_assets_tenant"),
        sa.PrimaryKeyConstraint("inventory", "asset", name="pk_assets")
    )
    op.create_table("forks",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_forks_agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_forks_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_forks"),
        sa.UniqueConstraint("tenant", "agent", "digest", name="uq_forks_tenant_agent_digest")
    )
    op.create_table("heads",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), comment="of the last accepted payload"),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("inventory", sa.Text(), comment="digest of the last accepted inventory section"),
        sa.Column("lost", sa.BigInteger(), nullable=False, comment="reports it said are gone for good"),
        sa.Column("report", sa.BigInteger(), comment="sequence of the last report (not lost statement)"),
        sa.Column("report_epoch", sa.Text()),
        sa.Column("received", MOMENT),
        sa.Column("made", MOMENT),
        sa.Column("clock_off", sa.Boolean(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("os", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False, comment="the roles it said it was judged for"),
        sa.Column("agent_version", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("not_applicable", sa.Integer(), nullable=False),
        sa.Column("failed_critical", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False, comment="reports spooled on the machine"),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_heads_agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_heads_tenant"),
        sa.PrimaryKeyConstraint("agent", name="pk_heads")
    )
    op.create_index("ix_heads_tenant", "heads", ["tenant"])
    op.create_table("links",
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the secret in the link"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_links_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_links_tenant"),
        sa.PrimaryKeyConstraint("secret", name="pk_links")
    )
    op.create_table("reports",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False, comment="equals sequence but for lost statements"),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="report or lost"),
        sa.Column("digest", sa.Text(), nullable=False, comment="of the payload"),
        sa.Column("envelope", sa.LargeBinary(), nullable=False, comment="the signed bytes as received, one zstd frame"),
        sa.Column("receipt", sa.LargeBinary(), nullable=False, comment="the very bytes that were answered"),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("made", MOMENT, comment="by the clock of the machine; none for lost statements"),
        sa.Column("clock_off", sa.Boolean(), nullable=False, comment="time-dependent verdicts read as unknown"),
        sa.Column("inventory", sa.Text(), comment="digest of the inventory section it holds or names"),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("checks", sa.Text(), comment="digest of the list of check ids that vector follows"),
        sa.Column("vector", sa.Text(), nullable=False, comment="one letter a check: p, f, u, n"),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_reports_agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_reports_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("tenant", "agent", "epoch", "sequence", name="uq_reports_tenant_agent_epoch_sequence")
    )
    op.create_index("ix_reports_tenant_agent_id", "reports", ["tenant", "agent", "id"])
    op.create_table("role_changes",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="enrolment or report"),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_role_changes_agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_role_changes_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_role_changes")
    )
    op.create_index("ix_role_changes_tenant_agent", "role_changes", ["tenant", "agent"])
    op.create_table("sections",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="JSON in zstd"),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_sections_agent"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sections_tenant"),
        sa.PrimaryKeyConstraint("tenant", "agent", "digest", name="pk_sections")
    )
    op.create_table("sessions",
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("via", sa.Text(), nullable=False, comment="password or link"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_sessions_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sessions_tenant"),
        sa.PrimaryKeyConstraint("secret", name="pk_sessions")
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    _append_only()


def _append_only() -> None:
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
                       f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    op.execute("CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
               "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()")
