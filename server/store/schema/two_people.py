"""Acts that wait for a second person. Both tables are added to and never edited; the database itself sees to it."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

proposals = sa.Table(
    "proposals", metadata,
    number(),
    tenant(),
    sa.Column("action", sa.Text, nullable=False, comment="the name of a module's ACTION in server.two_people.actions"),
    sa.Column("subject", sa.Text, nullable=False, comment="what it is about, in a few words"),
    sa.Column("payload", sa.JSON, nullable=False, comment="everything that is done once it is approved"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME, reviewer:NAME or console:LOGIN"),
    sa.Column("person", Id, comment="who asked, as a row of people; none at the console"),
    sa.Column("expires", Moment, nullable=False, comment="from then on it can be decided no more"),
    sa.Index("ix_proposals_tenant", "tenant", "id"),
)
"""What somebody asked for that another person has to approve."""

decisions = sa.Table(
    "decisions", metadata,
    tenant(),
    sa.Column("proposal", Id, sa.ForeignKey("proposals.id"), primary_key=True),
    sa.Column("outcome", sa.Text, nullable=False, comment="approved, refused or withdrawn"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME, reviewer:NAME or console:LOGIN"),
    sa.Column("person", Id, comment="who decided, as a row of people; none at the console"),
    sa.Column("reason", sa.Text, nullable=False),
)
"""How each ended, once and for good."""
