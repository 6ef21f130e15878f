"""Elections and the windows around them, and what an office says of itself. Versions: added to, never edited."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Moment, metadata, number, tenant

elections = sa.Table(
    "elections", metadata,
    number(),
    tenant(),
    sa.Column("election", sa.Text, nullable=False, comment="its id: the same for all its versions"),
    sa.Column("version", sa.Integer, nullable=False, comment="from 1"),
    sa.Column("act", sa.Text, nullable=False, comment="add, call, change or cancel"),
    sa.Column("body", sa.JSON, nullable=False, comment="the whole election as it is from this version on"),
    sa.Column("note", sa.Text, nullable=False, comment="why, in the words of who did it"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.UniqueConstraint("tenant", "election", "version"),
    sa.Index("ix_elections_tenant", "tenant", "id"),
)
"""Every version of every election. The database itself refuses to change or remove a row."""

office_settings = sa.Table(
    "office_settings", metadata,
    number(),
    tenant(),
    sa.Column("profile", sa.Text, nullable=False, comment="office or campaign"),
    sa.Column("zone", sa.Text, nullable=False, comment="the time zone whose days count, by its IANA name"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Index("ix_office_settings_tenant", "tenant", "id"),
)
