"""What left for the public, and who approved it. Added to, never edited: the database itself refuses a change."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

publications = sa.Table(
    "publications", metadata,
    number(),
    tenant(),
    sa.Column("prepared", Moment, nullable=False),
    sa.Column("prepared_by", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 over the digests of both files: what is approved"),
    sa.Column("en", sa.LargeBinary, nullable=False, comment="the very PDF, in English"),
    sa.Column("fr", sa.LargeBinary, nullable=False, comment="the very PDF, in French"),
    sa.Column("record", sa.Text, nullable=False, comment="JSON: every number in it"),
    sa.Index("ix_publications_tenant", "tenant", "id"),
)
"""Public versions as they were prepared, byte for byte."""

publication_acts = sa.Table(
    "publication_acts", metadata,
    number(),
    tenant(),
    sa.Column("publication", Id, sa.ForeignKey("publications.id"), nullable=False),
    sa.Column("act", sa.Text, nullable=False, comment="approve or withdraw"),
    sa.Column("digest", sa.Text, nullable=False, comment="of what was approved or withdrawn"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("person", sa.Text, nullable=False, comment="who answers for it"),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("block", sa.Text, nullable=False, comment="the election whose publication block held then; empty: none"),
    sa.Column("reason", sa.Text, nullable=False, comment="why in spite of the block, or why it was withdrawn"),
    sa.Index("ix_publication_acts_tenant", "tenant", "publication", "id"),
)

handling_lines = sa.Table(
    "handling_lines", metadata,
    number(),
    tenant(),
    sa.Column("line", sa.Text, nullable=False, comment="on every page of the detailed annex"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Index("ix_handling_lines_tenant", "tenant", "id"),
)
