"""Scores by day, the rules they were made with, exceptions: what can be rebuilt from reports and records."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Moment, metadata, number, tenant

rule_sets = sa.Table(
    "rule_sets", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False, comment="from when on the server graded with them"),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False, comment="the version of the grading method"),
    sa.Column("pack", sa.Text, nullable=False, comment="the digest of the policy pack"),
    sa.Column("version", sa.Text, nullable=False, comment="of the policy pack"),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="JSON in zstd"),
    sa.Index("ix_rule_sets_tenant", "tenant", "id"),
)
"""What the server graded with, and since when: added to when a release with other rules starts, never edited."""

days = sa.Table(
    "days", metadata,
    tenant(),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("rules", sa.Text, nullable=False, comment="the digest of the rules in force at its end"),
    sa.Column("inputs", sa.Text, nullable=False, comment="the digest of all it was made of"),
    sa.Column("points", sa.LargeBinary, nullable=False, comment="JSON: office, parties, sites, areas, counts"),
    sa.Column("machines", sa.LargeBinary, nullable=False, comment="JSON in zstd: points and reports by agent"),
    sa.PrimaryKeyConstraint("tenant", "day"),
)
"""Closed days. Each can be recomputed from the reports that were received by its end."""

day_states = sa.Table(
    "day_states", metadata,
    tenant(),
    sa.Column("day", sa.Date, nullable=False, comment="the last closed day"),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="JSON in zstd"),
    sa.PrimaryKeyConstraint("tenant"),
)
"""Where the reading of each office's reports stands, so that closing a day reads that day's reports alone."""

sharing = sa.Table(
    "sharing", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("parent", sa.Text, comment="the tenant that may see the points; none for nobody"),
    sa.Column("band", sa.Text, comment="the size the office declares; none where it is not counted"),
    sa.Index("ix_sharing_tenant", "tenant", "id"),
)
"""What an office lets others see of its points: versions, added to and never edited; the last one holds."""

# What an office accepts for a while, and what it says does not apply.
