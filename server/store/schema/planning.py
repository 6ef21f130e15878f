"""Equipment, budgets, plans and their approvals.

Everything here is added to and never edited; the database itself refuses to change or remove a row, but for
``plan_uploads``, which hold what waits for somebody's word and nothing else.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

equipment_lists = sa.Table(
    "equipment_lists", metadata,
    number(),
    tenant(),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the file that was read"),
    sa.Column("mapping", sa.JSON, nullable=False, comment="columns to fields; empty for the canonical columns"),
    sa.Column("answers", sa.JSON, nullable=False, comment="row, column and value of what was asked and answered"),
    sa.Column("open", sa.Integer, nullable=False, comment="questions that were left open"),
    sa.Column("imported", Moment, nullable=False),
    sa.Column("imported_by", sa.Text, nullable=False),
    sa.Index("ix_equipment_lists_tenant", "tenant", "id"),
)
"""Versions of the equipment list: added to, never edited."""

equipment = sa.Table(
    "equipment", metadata,
    tenant(),
    sa.Column("list", Id, sa.ForeignKey("equipment_lists.id"), nullable=False),
    sa.Column("line", sa.Integer, nullable=False, comment="in the file"),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("row", sa.JSON, nullable=False, comment="what the line says, as planning.inventory reads it"),
    sa.PrimaryKeyConstraint("list", "asset"),
)

equipment_matches = sa.Table(
    "equipment_matches", metadata,
    number(),
    tenant(),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("product", sa.Text, nullable=False, comment="of the table of support dates; empty withdraws"),
    sa.Column("cycle", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Index("ix_equipment_matches_tenant", "tenant", "id"),
)
"""What a person said a piece of equipment is, where its words do not say it."""

budgets = sa.Table(
    "budgets", metadata,
    number(),
    tenant(),
    sa.Column("file", sa.Text, nullable=False, comment="empty where it was typed in"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the file, or of the lines as they were typed"),
    sa.Column("lines", sa.JSON, nullable=False),
    sa.Column("declared", Moment, nullable=False),
    sa.Column("declared_by", sa.Text, nullable=False),
    sa.Index("ix_budgets_tenant", "tenant", "id"),
)

planning_settings = sa.Table(
    "planning_settings", metadata,
    number(),
    tenant(),
    sa.Column("hours_per_month", sa.Float, comment="what the office's own staff can give; none: no limit"),
    sa.Column("declared", Moment, nullable=False),
    sa.Column("declared_by", sa.Text, nullable=False),
    sa.Index("ix_planning_settings_tenant", "tenant", "id"),
)

plans = sa.Table(
    "plans", metadata,
    number(),
    tenant(),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the document"),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="the canonical JSON, one zstd frame"),
    sa.Column("record", sa.LargeBinary, nullable=False, comment="problem and answer in JSON, one zstd frame"),
    sa.Column("inputs", sa.Text, nullable=False, comment="SHA-256 of all that decides it, but the day"),
    sa.Column("equipment", Id, sa.ForeignKey("equipment_lists.id"), nullable=False),
    sa.Column("budget", Id, sa.ForeignKey("budgets.id")),
    sa.Column("made", Moment, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Index("ix_plans_tenant", "tenant", "id"),
)

plan_approvals = sa.Table(
    "plan_approvals", metadata,
    number(),
    tenant(),
    sa.Column("plan", Id, sa.ForeignKey("plans.id"), nullable=False),
    sa.Column("digest", sa.Text, nullable=False, comment="the hash that was read and approved"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME"),
    sa.Column("words", sa.Text, nullable=False, comment="what they added to it"),
    sa.Index("ix_plan_approvals_tenant", "tenant", "id"),
)

plan_uploads = sa.Table(
    "plan_uploads", metadata,
    sa.Column("secret", sa.Text, primary_key=True, comment="SHA-256 of what the form holds"),
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="the file as it came, one zstd frame"),
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Index("ix_plan_uploads_person", "person"),
)
"""Files that wait for somebody to confirm how they are read. Removed when they are imported, replaced or too old."""

APPEND_ONLY = ("equipment_lists", "equipment", "equipment_matches", "budgets", "planning_settings", "plans",
               "plan_approvals")
