"""What is kept and for how long: legal holds, retention, the end of an office, and what was deleted.

Everything here is added to and never edited; the database itself refuses to change or remove a row.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

holds = sa.Table(
    "holds", metadata,
    number(),
    tenant(),
    sa.Column("matter", sa.Text, nullable=False, comment="the case or request that it is for"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Index("ix_holds_tenant", "tenant", "id"),
)
"""Legal holds: while one stands, nothing of the office is deleted."""

hold_ends = sa.Table(
    "hold_ends", metadata,
    tenant(),
    sa.Column("hold", Id, sa.ForeignKey("holds.id"), primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("second", sa.Text, nullable=False, comment="who agreed"),
    sa.Column("reason", sa.Text, nullable=False),
)

retention_policies = sa.Table(
    "retention_policies", metadata,
    number(),
    tenant(),
    sa.Column("days", sa.JSON, nullable=False, comment="kind: how long it is kept; a kind that is not here is kept"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Index("ix_retention_policies_tenant", "tenant", "id"),
)
"""Versions; the last one holds."""

retention_runs = sa.Table(
    "retention_runs", metadata,
    number(),
    tenant(),
    sa.Column("policy", Id, sa.ForeignKey("retention_policies.id"), nullable=False),
    sa.Column("announced", Moment, nullable=False),
    sa.Column("due", Moment, nullable=False, comment="nothing is deleted before"),
    sa.Column("before", sa.JSON, nullable=False, comment="kind: what is older than this moment"),
    sa.Column("counts", sa.JSON, nullable=False, comment="kind: how many, as announced"),
    sa.Index("ix_retention_runs_tenant", "tenant", "id"),
)
"""Deletions that were announced."""

retention_ends = sa.Table(
    "retention_ends", metadata,
    tenant(),
    sa.Column("run", Id, sa.ForeignKey("retention_runs.id"), primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False, comment="done, held or withdrawn"),
    sa.Column("counts", sa.JSON, nullable=False, comment="kind: how many were deleted"),
    sa.Column("proofs", sa.JSON, nullable=False, comment="kind: what stays of what was deleted"),
)

wind_downs = sa.Table(
    "wind_downs", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False, comment="when the second person agreed"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("second", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("due", Moment, nullable=False, comment="until then anybody who may ask for it can stop it"),
    sa.Index("ix_wind_downs_tenant", "tenant", "id"),
)
"""Offices that are to be deleted with all that is theirs."""

wind_down_ends = sa.Table(
    "wind_down_ends", metadata,
    tenant(),
    sa.Column("wind_down", Id, sa.ForeignKey("wind_downs.id"), primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""Those that were stopped in time."""

data_exports = sa.Table(
    "data_exports", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False, comment="when the second person agreed"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("second", sa.Text, nullable=False),
    sa.Column("until", Moment, nullable=False, comment="it may be downloaded before"),
    sa.Index("ix_data_exports_tenant", "tenant", "id"),
)
"""Leave to download everything of an office."""

deletions = sa.Table(
    "deletions", metadata,
    number(),
    sa.Column("tenant", sa.Text, nullable=False, comment="the id it had; there is no such tenant any more"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("certificate", sa.Text, nullable=False, comment="JSON: counts, digests, fingerprints"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the certificate"),
)
"""The server's ledger of deleted offices. It holds nothing that they held."""

deletion_sweeps = sa.Table(
    "deletion_sweeps", metadata,
    sa.Column("deletion", Id, sa.ForeignKey("deletions.id"), primary_key=True, autoincrement=False),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("how", sa.Text, nullable=False, comment="what rewrote the space that the rows had been in"),
)

APPEND_ONLY = ("holds", "hold_ends", "retention_policies", "retention_runs", "retention_ends", "wind_downs",
               "wind_down_ends", "data_exports", "deletions", "deletion_sweeps")
LEDGER = ("deletions", "deletion_sweeps")
"""Tables that outlive the tenant they name."""
