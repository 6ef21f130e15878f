"""Engagements of outside reviewers, what became of them, keys of pseudonyms, and sharing profiles.

Added to, never edited: the database itself refuses a change.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

engagements = sa.Table(
    "engagements", metadata,
    number(),
    tenant(),
    sa.Column("addressee", sa.Text, nullable=False, comment="name@handle it is offered to; empty with a code"),
    sa.Column("code", sa.Text, unique=True, comment="SHA-256 of the invitation code; none with an addressee"),
    sa.Column("machines", sa.JSON, nullable=False, comment="ids of agents; none for every machine"),
    sa.Column("areas", sa.JSON, nullable=False, comment="areas of the catalogue; none for every area"),
    sa.Column("names_shown", sa.Boolean, nullable=False, comment="no: hosts and people are pseudonyms"),
    sa.Column("until", sa.Date, nullable=False, comment="the last day on which it holds (UTC)"),
    sa.Column("basis", sa.Text, nullable=False, comment="on what legal basis"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="who proposed it"),
    sa.Column("approved_by", sa.Text, nullable=False, comment="the second person"),
    sa.Index("ix_engagements_tenant", "tenant", "id"),
    sa.Index("ix_engagements_addressee", "addressee"),
)
"""What an office offers an outside reviewer. ``tenant`` is the office."""

engagement_acts = sa.Table(
    "engagement_acts", metadata,
    number(),
    tenant(),
    sa.Column("engagement", Id, sa.ForeignKey("engagements.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="accepted, declined or revoked"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME@HANDLE, person:NAME or console:LOGIN"),
    sa.Column("home", sa.Text, comment="of accepted: the firm's tenant"),
    sa.Column("person", Id, comment="of accepted: the reviewer, a person of home"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("tenant", "engagement", "kind"),
    sa.Index("ix_engagement_acts_person", "person"),
)
"""What became of an engagement, each at most once."""

pseudonym_keys = sa.Table(
    "pseudonym_keys", metadata,
    sa.Column("tenant", sa.Text, sa.ForeignKey("tenants.id"), primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False, comment="32 random bytes: pseudonyms are keyed by it"),
    sa.Column("at", Moment, nullable=False),
)

sharing_profiles = sa.Table(
    "sharing_profiles", metadata,
    number(),
    tenant(),
    sa.Column("recipient", sa.Text, nullable=False, comment="who receives it"),
    sa.Column("fields", sa.JSON, nullable=False, comment="field: shown or pseudonym; others are left out"),
    sa.Column("marking", sa.Text, nullable=False, comment="a label of TLP 2.0"),
    sa.Column("basis", sa.Text, nullable=False, comment="on what legal basis"),
    sa.Column("until", sa.Date, nullable=False, comment="the last day on which it holds (UTC)"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Index("ix_sharing_profiles_tenant", "tenant", "id"),
)
"""What one recipient may be given of the findings."""

sharing_profile_ends = sa.Table(
    "sharing_profile_ends", metadata,
    tenant(),
    sa.Column("profile", Id, sa.ForeignKey("sharing_profiles.id"), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)
"""Those that were ended before their day."""

disclosures = sa.Table(
    "disclosures", metadata,
    number(),
    tenant(),
    sa.Column("profile", Id, sa.ForeignKey("sharing_profiles.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False, comment="csv, json, sarif or pdf"),
    sa.Column("rows", sa.Integer, nullable=False, comment="findings in it"),
    sa.Column("digest", sa.Text, nullable=False, comment="sha256:… of the very bytes"),
    sa.Index("ix_disclosures_tenant", "tenant", "profile", "id"),
)
"""Every file that left through a profile."""
