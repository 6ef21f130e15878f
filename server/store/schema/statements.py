"""Attestations, contacts, statements on findings and requests for evidence.

What somebody said is added to and never edited: the database itself refuses a change. Contacts are people's own data,
so that they can be changed and blanked.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

attestations = sa.Table(
    "attestations", metadata,
    number(),
    tenant(),
    sa.Column("form", sa.Text, nullable=False, comment="the row of the catalogue that it is about"),
    sa.Column("at", Moment, nullable=False, comment="when it was entered"),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME, who entered it"),
    sa.Column("person", sa.Text, nullable=False, comment="who attests"),
    sa.Column("function", sa.Text, nullable=False, comment="of who attests"),
    sa.Column("day", sa.Date, nullable=False, comment="the day of the fact attested"),
    sa.Column("until", sa.Date, nullable=False, comment="the last day on which it holds"),
    sa.Column("file", sa.Text, nullable=False, comment="the name of the artefact; empty for none"),
    sa.Column("size", sa.BigInteger, nullable=True, comment="of the artefact in bytes, where the server read it"),
    sa.Column("sha256", sa.Text, nullable=False, comment="of the artefact; empty for none"),
    sa.Column("answers", sa.JSON, nullable=False, comment="what was answered, by field of the form"),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("ix_attestations_tenant", "tenant", "form", "id"),
)
"""What a named person attests. The newest of a form speaks for it."""

attestation_ends = sa.Table(
    "attestation_ends", metadata,
    sa.Column("attestation", Id, sa.ForeignKey("attestations.id"), primary_key=True, autoincrement=False),
    tenant(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""Attestations that were withdrawn."""

contacts = sa.Table(
    "contacts", metadata,
    number(),
    tenant(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("sector", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, comment="what to call them for"),
    sa.Column("added", Moment, nullable=False),
    sa.Column("removed", Moment, nullable=True, comment="since when it is none; who it was is blanked then"),
    sa.Index("ix_contacts_tenant", "tenant", "id"),
)
"""Whom the office calls when something happens."""

contact_tests = sa.Table(
    "contact_tests", metadata,
    number(),
    tenant(),
    sa.Column("contact", Id, sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("day", sa.Date, nullable=False, comment="when they were called"),
    sa.Column("reached", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Index("ix_contact_tests_tenant", "tenant", "contact", "id"),
)
"""Test calls."""

finding_statements = sa.Table(
    "finding_statements", metadata,
    number(),
    tenant(),
    sa.Column("finding", Id, nullable=False, comment="the number of the finding"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("party", sa.Text, nullable=False, comment="office or vendor"),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME, or link:NUMBER for a vendor"),
    sa.Column("name", sa.Text, nullable=False, comment="who speaks"),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("ix_finding_statements_tenant", "tenant", "finding", "id"),
)
"""What the office and named vendors say of a finding: the right of reply."""

statement_links = sa.Table(
    "statement_links", metadata,
    number(),
    tenant(),
    sa.Column("secret", sa.Text, nullable=False, unique=True, comment="SHA-256 of the link's secret"),
    sa.Column("finding", Id, nullable=False),
    sa.Column("vendor", sa.Text, nullable=False, comment="whom it was made for"),
    sa.Column("shown", sa.JSON, nullable=False, comment="what the office chose to show, as it was then"),
    sa.Column("made", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("used", Moment, nullable=True),
    sa.Column("revoked", Moment, nullable=True),
    sa.Index("ix_statement_links_tenant", "tenant", "finding", "id"),
)
"""One-time links by which a vendor answers to one finding."""

evidence_requests = sa.Table(
    "evidence_requests", metadata,
    number(),
    tenant(),
    sa.Column("party", sa.Text, nullable=False, comment="vendor, state or county: who answers for it"),
    sa.Column("recipient", sa.Text, nullable=False, comment="whom is asked"),
    sa.Column("address", sa.Text, nullable=False, comment="their e-mail address; empty where it is not known"),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("asked", sa.JSON, nullable=False, comment="what is asked, line by line"),
    sa.Column("assets", sa.JSON, nullable=False, comment="the assets it is about"),
    sa.Column("day", sa.Date, nullable=False, comment="when it was asked"),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False, unique=True, comment="SHA-256 of the upload link's secret"),
    sa.Column("expires", Moment, nullable=False, comment="of the link"),
    sa.Column("closed", Moment, nullable=True),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False, comment="why it was closed"),
    sa.Index("ix_evidence_requests_tenant", "tenant", "id"),
)
"""What was asked of a vendor, the state or the county."""

evidence_uploads = sa.Table(
    "evidence_uploads", metadata,
    number(),
    tenant(),
    sa.Column("request", Id, sa.ForeignKey("evidence_requests.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("sender", sa.Text, nullable=False, comment="the name they gave"),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="the bytes as they came; never opened here"),
    sa.Index("ix_evidence_uploads_tenant", "tenant", "request", "id"),
)
"""What came in answer, byte for byte."""

evidence_decisions = sa.Table(
    "evidence_decisions", metadata,
    sa.Column("upload", Id, sa.ForeignKey("evidence_uploads.id"), primary_key=True, autoincrement=False),
    tenant(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("accepted", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False, comment="what it is, or why it was refused"),
    sa.Column("imported", sa.Text, nullable=False, comment="the machine whose report it became; empty for none"),
)
"""What a person of the office made of an upload."""
