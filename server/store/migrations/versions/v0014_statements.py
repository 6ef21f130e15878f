"""Attestations, contacts, statements on findings and requests for evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = "attestations, statements and what came in answer to a request are append-only"
TABLES = ("attestations", "attestation_ends", "contact_tests", "finding_statements", "evidence_uploads",
          "evidence_decisions")


def upgrade() -> None:
    op.create_table("attestations",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False, comment="the row of the catalogue that it is about"),
        sa.Column("at", MOMENT, nullable=False, comment="when it was entered"),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME, who entered it"),
        sa.Column("person", sa.Text(), nullable=False, comment="who attests"),
        sa.Column("function", sa.Text(), nullable=False, comment="of who attests"),
        sa.Column("day", sa.Date(), nullable=False, comment="the day of the fact attested"),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day on which it holds"),
        sa.Column("file", sa.Text(), nullable=False, comment="the name of the artefact; empty for none"),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="of the artefact in bytes, where the server read it"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the artefact; empty for none"),
        sa.Column("answers", sa.JSON(), nullable=False, comment="what was answered, by field of the form"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_attestations_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_attestations"))
    op.create_index("ix_attestations_tenant", "attestations", ["tenant", "form", "id"])
    op.create_table("attestation_ends",
        sa.Column("attestation", NUMBER, autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["attestation"], ["attestations.id"], name="fk_attestation_ends_attestation"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_attestation_ends_tenant"),
        sa.PrimaryKeyConstraint("attestation", name="pk_attestation_ends"))
    op.create_table("contacts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, comment="what to call them for"),
        sa.Column("added", MOMENT, nullable=False),
        sa.Column("removed", MOMENT, nullable=True, comment="since when it is none; who it was is blanked then"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_contacts_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"))
    op.create_index("ix_contacts_tenant", "contacts", ["tenant", "id"])
    op.create_table("contact_tests",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("contact", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="when they were called"),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_contact_tests_tenant"),
        sa.ForeignKeyConstraint(["contact"], ["contacts.id"], name="fk_contact_tests_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_tests"))
    op.create_index("ix_contact_tests_tenant", "contact_tests", ["tenant", "contact", "id"])
    op.create_table("finding_statements",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("finding", NUMBER, nullable=False, comment="the number of the finding"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("party", sa.Text(), nullable=False, comment="office or vendor"),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME, or link:NUMBER for a vendor"),
        sa.Column("name", sa.Text(), nullable=False, comment="who speaks"),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_finding_statements_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_finding_statements"))
    op.create_index("ix_finding_statements_tenant", "finding_statements", ["tenant", "finding", "id"])
    op.create_table("statement_links",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the link's secret"),
        sa.Column("finding", NUMBER, nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False, comment="whom it was made for"),
        sa.Column("shown", sa.JSON(), nullable=False, comment="what the office chose to show, as it was then"),
        sa.Column("made", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("used", MOMENT, nullable=True),
        sa.Column("revoked", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_statement_links_tenant"),
        sa.UniqueConstraint("secret", name="uq_statement_links_secret"),
        sa.PrimaryKeyConstraint("id", name="pk_statement_links"))
    op.create_index("ix_statement_links_tenant", "statement_links", ["tenant", "finding", "id"])
    op.create_table("evidence_requests",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False, comment="vendor, state or county: who answers for it"),
        sa.Column("recipient", sa.Text(), nullable=False, comment="whom is asked"),
        sa.Column("address", sa.Text(), nullable=False, comment="their e-mail address; empty where it is not known"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False, comment="what is asked, line by line"),
        sa.Column("assets", sa.JSON(), nullable=False, comment="the assets it is about"),
        sa.Column("day", sa.Date(), nullable=False, comment="when it was asked"),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("made", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the upload link's secret"),
        sa.Column("expires", MOMENT, nullable=False, comment="of the link"),
        sa.Column("closed", MOMENT, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="why it was closed"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_evidence_requests_tenant"),
        sa.UniqueConstraint("secret", name="uq_evidence_requests_secret"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_requests"))
    op.create_index("ix_evidence_requests_tenant", "evidence_requests", ["tenant", "id"])
    op.create_table("evidence_uploads",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("request", NUMBER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False, comment="the name they gave"),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the bytes as they came; never opened here"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_evidence_uploads_tenant"),
        sa.ForeignKeyConstraint(["request"], ["evidence_requests.id"], name="fk_evidence_uploads_request"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_uploads"))
    op.create_index("ix_evidence_uploads_tenant", "evidence_uploads", ["tenant", "request", "id"])
    op.create_table("evidence_decisions",
        sa.Column("upload", NUMBER, autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="what it is, or why it was refused"),
        sa.Column("imported", sa.Text(), nullable=False, comment="the machine whose report it became; empty for none"),
        sa.ForeignKeyConstraint(["upload"], ["evidence_uploads.id"], name="fk_evidence_decisions_upload"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_evidence_decisions_tenant"),
        sa.PrimaryKeyConstraint("upload", name="pk_evidence_decisions"))
    if op.get_context().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END")
        return
    op.execute("CREATE FUNCTION statements_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION statements_append_only()")
