"""Engagements of outside reviewers, what they did, and sharing profiles."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = "engagements, sharing profiles and what became of them are append-only"
TABLES = ("engagements", "engagement_acts", "pseudonym_keys", "sharing_profiles", "sharing_profile_ends",
          "disclosures")


def upgrade() -> None:
    op.create_table("engagements",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("addressee", sa.Text(), nullable=False, comment="name@handle it is offered to; empty with a code"),
        sa.Column("code", sa.Text(), comment="SHA-256 of the invitation code; none with an addressee"),
        sa.Column("machines", sa.JSON(), nullable=False, comment="ids of agents; none for every machine"),
        sa.Column("areas", sa.JSON(), nullable=False, comment="areas of the catalogue; none for every area"),
        sa.Column("names_shown", sa.Boolean(), nullable=False, comment="no: hosts and people are pseudonyms"),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day on which it holds (UTC)"),
        sa.Column("basis", sa.Text(), nullable=False, comment="on what legal basis"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="who proposed it"),
        sa.Column("approved_by", sa.Text(), nullable=False, comment="the second person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_engagements_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_engagements"),
        sa.UniqueConstraint("code", name="uq_engagements_code"))
    op.create_index("ix_engagements_tenant", "engagements", ["tenant", "id"])
    op.create_index("ix_engagements_addressee", "engagements", ["addressee"])
    op.create_table("engagement_acts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("engagement", NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="accepted, declined or revoked"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME@HANDLE, person:NAME or console:LOGIN"),
        sa.Column("home", sa.Text(), comment="of accepted: the firm's tenant"),
        sa.Column("person", NUMBER, comment="of accepted: the reviewer, a person of home"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["engagement"], ["engagements.id"], name="fk_engagement_acts_engagement"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_engagement_acts_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_engagement_acts"),
        sa.UniqueConstraint("tenant", "engagement", "kind", name="uq_engagement_acts_tenant_engagement_kind"))
    op.create_index("ix_engagement_acts_person", "engagement_acts", ["person"])
    op.create_table("pseudonym_keys",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="32 random bytes: pseudonyms are keyed by it"),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_pseudonym_keys_tenant"),
        sa.PrimaryKeyConstraint("tenant", name="pk_pseudonym_keys"))
    op.create_table("sharing_profiles",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False, comment="who receives it"),
        sa.Column("fields", sa.JSON(), nullable=False, comment="field: shown or pseudonym; others are left out"),
        sa.Column("marking", sa.Text(), nullable=False, comment="a label of TLP 2.0"),
        sa.Column("basis", sa.Text(), nullable=False, comment="on what legal basis"),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day on which it holds (UTC)"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sharing_profiles_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_sharing_profiles"))
    op.create_index("ix_sharing_profiles_tenant", "sharing_profiles", ["tenant", "id"])
    op.create_table("sharing_profile_ends",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("profile", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["profile"], ["sharing_profiles.id"], name="fk_sharing_profile_ends_profile"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sharing_profile_ends_tenant"),
        sa.PrimaryKeyConstraint("profile", name="pk_sharing_profile_ends"))
    op.create_table("disclosures",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("profile", NUMBER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False, comment="csv, json, sarif or pdf"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="findings in it"),
        sa.Column("digest", sa.Text(), nullable=False, comment="sha256:… of the very bytes"),
        sa.ForeignKeyConstraint(["profile"], ["sharing_profiles.id"], name="fk_disclosures_profile"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_disclosures_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_disclosures"))
    op.create_index("ix_disclosures_tenant", "disclosures", ["tenant", "profile", "id"])
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION engagements_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION engagements_append_only()")
