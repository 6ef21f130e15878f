"""What an office accepts for a while, and what it says does not apply."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

exceptions = sa.Table(
    "exceptions", metadata,
    number(),
    tenant(),
    sa.Column("kind", sa.Text, nullable=False, comment="exception or not_applicable"),
    sa.Column("subject", sa.Text, nullable=False, comment="a check, or a row of the catalogue"),
    sa.Column("asset", sa.Text, nullable=False, comment="its name; empty for the office as a whole"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("control", sa.Text, nullable=False, comment="of an exception: what protects meanwhile"),
    sa.Column("owner", sa.Text, nullable=False, comment="who answers for it"),
    sa.Column("approved_by", sa.Text, nullable=False, comment="the second person; empty for none"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("until", sa.Date, nullable=False, comment="the last day on which it holds"),
    sa.Index("ix_exceptions_tenant", "tenant", "id"),
)
"""Signed statements. The database itself refuses to change or remove a row."""

exception_ends = sa.Table(
    "exception_ends", metadata,
    tenant(),
    sa.Column("exception", Id, sa.ForeignKey("exceptions.id"), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("reason", sa.Text, nullable=False),
)
"""Those that were ended before their day, once and for good."""
