"""Tokens of the API."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

api_tokens = sa.Table(
    "api_tokens", metadata,
    number(),
    tenant(),
    sa.Column("secret", sa.Text, nullable=False, unique=True, comment="SHA-256 of the token, which is not kept"),
    sa.Column("ends_with", sa.Text, nullable=False, comment="its last characters, to tell it from others"),
    sa.Column("name", sa.Text, nullable=False, comment="what it is for"),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False, comment="who made it, or for whom"),
    sa.Column("engagement", Id, comment="of a reviewer: the engagement whose office it looks at"),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("used", Moment, comment="when it was last used, to within a few minutes"),
    sa.Column("used_from", sa.Text, nullable=False, comment="the address it was last used from; empty: never"),
    sa.Column("revoked", Moment),
    sa.Column("revoked_by", sa.Text, nullable=False, comment="empty: nobody"),
    sa.Index("ix_api_tokens_tenant", "tenant", "person"),
)
"""Of the tenant whose person made it. A token does what its scopes and its maker's role both allow."""
