"""Findings, what people did about them, and views they saved."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

findings = sa.Table(
    "findings", metadata,
    tenant(),
    sa.Column("number", Id, nullable=False, autoincrement=False, comment="counted within the tenant"),
    sa.Column("agent", sa.Text, nullable=False, comment="the machine; empty for the office as a whole"),
    sa.Column("check", sa.Text, nullable=False),
    sa.Column("catalogue", sa.Text, nullable=False, comment="as the report said that last opened it"),
    sa.Column("severity", sa.Text, nullable=False, comment="as that report said"),
    sa.Column("first_failed", Moment, nullable=False, comment="of all episodes"),
    sa.Column("episode", sa.Integer, nullable=False, comment="from 1: how often it has begun"),
    sa.Column("opened", Moment, nullable=False, comment="since when the last episode fails"),
    sa.Column("opened_told", Moment, nullable=False, comment="when the server heard of it"),
    sa.Column("opened_epoch", sa.Text, nullable=False, comment="with opened_sequence: the report that opened it"),
    sa.Column("opened_sequence", sa.BigInteger, nullable=False),
    sa.Column("resolved", Moment, comment="none while it fails"),
    sa.Column("resolved_told", Moment),
    sa.Column("resolved_epoch", sa.Text, comment="with resolved_sequence: the report that passed"),
    sa.Column("resolved_sequence", sa.BigInteger),
    sa.Column("unseen", Moment, comment="when it was last seen to fail, if later reports say nothing of it"),
    sa.PrimaryKeyConstraint("tenant", "number"),
    sa.UniqueConstraint("tenant", "agent", "check"),
)
"""A check that fails or failed on a machine: the last episode of it. Made of accepted reports alone, and again from
them (``server.store.findings_rebuild``)."""

finding_episodes = sa.Table(
    "finding_episodes", metadata,
    tenant(),
    sa.Column("finding", Id, nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("opened", Moment, nullable=False),
    sa.Column("opened_told", Moment, nullable=False),
    sa.Column("opened_epoch", sa.Text, nullable=False),
    sa.Column("opened_sequence", sa.BigInteger, nullable=False),
    sa.Column("resolved", Moment, nullable=False),
    sa.Column("resolved_told", Moment, nullable=False),
    sa.Column("resolved_epoch", sa.Text, nullable=False),
    sa.Column("resolved_sequence", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("tenant", "finding", "episode"),
    sa.ForeignKeyConstraint(["tenant", "finding"], ["findings.tenant", "findings.number"]),
)
"""Episodes before the last one of a finding that came back."""

finding_numbers = sa.Table(
    "finding_numbers", metadata,
    tenant(),
    sa.Column("last", Id, nullable=False, comment="the highest number given"),
    sa.PrimaryKeyConstraint("tenant"),
)

finding_acts = sa.Table(
    "finding_acts", metadata,
    number(),
    tenant(),
    sa.Column("finding", Id, nullable=False),
    sa.Column("episode", sa.Integer, nullable=False, comment="of the finding, when it was done"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("person", Id, comment="their number; none at the console"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "finding"], ["findings.tenant", "findings.number"]),
    sa.Index("ix_finding_acts_tenant_finding", "tenant", "finding", "id"),
    sa.Index("ix_finding_acts_tenant_at", "tenant", "at"),
)
"""What people did about findings. The database itself refuses to change or remove a row."""

finding_states = sa.Table(
    "finding_states", metadata,
    tenant(),
    sa.Column("finding", Id, nullable=False),
    sa.Column("owner", Id, comment="a person's number"),
    sa.Column("owner_name", sa.Text, nullable=False, comment="empty for nobody"),
    sa.Column("acknowledged", sa.Integer, nullable=False, comment="the episode that was; 0 for none"),
    sa.Column("due", sa.Date, comment="the last day that people set, for due_episode"),
    sa.Column("due_episode", sa.Integer, nullable=False),
    sa.Column("due_reason", sa.Text, nullable=False),
    sa.Column("false_alarm", sa.Text, nullable=False, comment="empty, claimed, accepted or rejected"),
    sa.Column("false_alarm_episode", sa.Integer, nullable=False),
    sa.Column("comments", sa.Integer, nullable=False),
    sa.Column("acted", Moment, nullable=False, comment="when something was last done"),
    sa.PrimaryKeyConstraint("tenant", "finding"),
    sa.ForeignKeyConstraint(["tenant", "finding"], ["findings.tenant", "findings.number"]),
)
"""What the acts of each finding come to: made again from them alone."""

finding_views = sa.Table(
    "finding_views", metadata,
    number(),
    tenant(),
    sa.Column("person", Id, nullable=False, comment="whose it is; perhaps of another tenant"),
    sa.Column("by", sa.Text, nullable=False, comment="their name"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False, comment="the filter, as it stands in an address"),
    sa.Column("shared", sa.Boolean, nullable=False, comment="with everybody of the office"),
    sa.Column("created", Moment, nullable=False),
    sa.UniqueConstraint("tenant", "person", "name"),
)

finding_visits = sa.Table(
    "finding_visits", metadata,
    tenant(),
    sa.Column("person", Id, nullable=False, comment="perhaps of another tenant"),
    sa.Column("before", Moment, comment="the end of the visit before this one"),
    sa.Column("seen", Moment, nullable=False, comment="the last look"),
    sa.PrimaryKeyConstraint("tenant", "person"),
)

office_verdicts = sa.Table(
    "office_verdicts", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("checks", sa.JSON, nullable=False, comment="check, row of the catalogue and severity of each"),
    sa.Column("vector", sa.Text, nullable=False, comment="one letter a check: p, f, u, n"),
    sa.Index("ix_office_verdicts_tenant", "tenant", "id"),
)
"""How the checks of an office as a whole came out, whenever that changed. Never changed or removed."""
