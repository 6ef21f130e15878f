"""The tables of intake, of signing in and of what an office declares. Every row carries its tenant.

The envelopes in ``reports`` are the record; ``heads``, ``sections``,
``check_lists`` and the counts can be rebuilt from them.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

tenants = sa.Table(
    "tenants", metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("created", Moment, nullable=False),
    sa.Column("handle", sa.Text, nullable=False, server_default=sa.text("''"), comment="people sign in as NAME@HANDLE"),
    sa.Column("kind", sa.Text, nullable=False, server_default="office", comment="office, campaign or firm"),
    sa.Index("ix_tenants_handle", "handle", unique=True),
)

agents = sa.Table(
    "agents", metadata,
    sa.Column("id", sa.Text, primary_key=True),
    tenant(),
    sa.Column("public_key", sa.LargeBinary, nullable=False, comment="the 32 raw bytes"),
    sa.Column("key_id", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False, comment="approved, pending or revoked"),
    sa.Column("host", sa.Text, nullable=False, comment="the name it enrolled under"),
    sa.Column("roles", sa.JSON, nullable=False, comment="the roles its enrolment gave it"),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("enrolled", Moment, nullable=False),
    sa.Column("revoked", Moment),
    sa.Index("ix_agents_tenant", "tenant"),
)

heads = sa.Table(
    "heads", metadata,
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), primary_key=True),
    tenant(),
    sa.Column("epoch", sa.Text, comment="of the last accepted payload"),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text),
    sa.Column("inventory", sa.Text, comment="digest of the last accepted inventory section"),
    sa.Column("lost", sa.BigInteger, nullable=False, comment="reports it said are gone for good"),
    sa.Column("report", sa.BigInteger, comment="sequence of the last report (not lost statement)"),
    sa.Column("report_epoch", sa.Text),
    sa.Column("received", Moment),
    sa.Column("made", Moment),
    sa.Column("clock_off", sa.Boolean, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("os", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False, comment="the roles it said it was judged for"),
    sa.Column("agent_version", sa.Text, nullable=False),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("passed", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("unknown", sa.Integer, nullable=False),
    sa.Column("not_applicable", sa.Integer, nullable=False),
    sa.Column("failed_critical", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Integer, nullable=False, comment="reports spooled on the machine"),
    sa.Column("vouched", Moment, comment="when the last report's verdicts were true, as far as the server can vouch"),
    sa.Column("checks", sa.Text, comment="digest of the last report's list of check ids"),
    sa.Column("vector", sa.Text, comment="its verdicts, one letter a check"),
    sa.Column("failing", sa.JSON, comment="check: first failure since its last pass"),
    sa.Column("applied", sa.JSON, comment="check that the last report does not judge: when one last did"),
    sa.Index("ix_heads_tenant", "tenant"),
)
"""Where each agent's chain stands, what its last report said and since when: a row an agent; no page scans."""

reports = sa.Table(
    "reports", metadata,
    number(),
    tenant(),
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False, comment="equals sequence but for lost statements"),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="report or lost"),
    sa.Column("digest", sa.Text, nullable=False, comment="of the payload"),
    sa.Column("envelope", sa.LargeBinary, nullable=False, comment="the signed bytes as received, one zstd frame"),
    sa.Column("receipt", sa.LargeBinary, nullable=False, comment="the very bytes that were answered"),
    sa.Column("received", Moment, nullable=False),
    sa.Column("made", Moment, comment="by the clock of the machine; none for lost statements"),
    sa.Column("clock_off", sa.Boolean, nullable=False, comment="time-dependent verdicts read as unknown"),
    sa.Column("inventory", sa.Text, comment="digest of the inventory section it holds or names"),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("checks", sa.Text, comment="digest of the list of check ids that vector follows"),
    sa.Column("vector", sa.Text, nullable=False, comment="one letter a check: p, f, u, n"),
    sa.Column("overridden", sa.JSON, comment="checks judged with other parameters than the pack's; none for lost"),
    sa.Column("host", sa.Text, comment="the name the machine gave itself; none for lost"),
    sa.UniqueConstraint("tenant", "agent", "epoch", "sequence"),
    sa.Index("ix_reports_tenant_agent_id", "tenant", "agent", "id"),
    sa.Index("ix_reports_tenant_agent_received", "tenant", "agent", "received"),
    sa.Index("ix_reports_tenant_received", "tenant", "received"),
)

check_lists = sa.Table(
    "check_lists", metadata,
    tenant(),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("checks", sa.JSON, nullable=False),
    sa.PrimaryKeyConstraint("tenant", "digest"),
)

sections = sa.Table(
    "sections", metadata,
    tenant(),
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="JSON in zstd"),
    sa.PrimaryKeyConstraint("tenant", "agent", "digest"),
)
"""Inventory sections that later reports name by digest."""

forks = sa.Table(
    "forks", metadata,
    number(),
    tenant(),
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("envelope", sa.LargeBinary, nullable=False),
    sa.Column("received", Moment, nullable=False),
    sa.UniqueConstraint("tenant", "agent", "digest"),
)
"""Verified payloads that contradict the accepted chain: kept as evidence, never scored."""

role_changes = sa.Table(
    "role_changes", metadata,
    number(),
    tenant(),
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("source", sa.Text, nullable=False, comment="enrolment or report"),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Index("ix_role_changes_tenant_agent", "tenant", "agent"),
)

tokens = sa.Table(
    "tokens", metadata,
    number(),
    tenant(),
    sa.Column("secret", sa.Text, nullable=False, unique=True, comment="SHA-256 of the secret, which is not kept"),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("redeemed", Moment),
    sa.Column("request", sa.Text, comment="digest of the signed request that redeemed it"),
    sa.Column("answer", sa.LargeBinary, comment="the very bytes that were answered"),
    sa.Column("agent", sa.Text),
)

inventories = sa.Table(
    "inventories", metadata,
    number(),
    tenant(),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the source file"),
    sa.Column("imported", Moment, nullable=False),
    sa.Column("imported_by", sa.Text, nullable=False),
    sa.Index("ix_inventories_tenant", "tenant", "id"),
)
"""Versions of the office's declared inventory: added to, never edited."""

assets = sa.Table(
    "assets", metadata,
    tenant(),
    sa.Column("inventory", Id, sa.ForeignKey("inventories.id"), nullable=False),
    sa.Column("line", sa.Integer, nullable=False, comment="in the source file"),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("responsible", sa.Text, nullable=False, comment="us, vendor, state or county"),
    sa.Column("mirror_of", sa.Text, comment="the asset whose database it mirrors"),
    sa.PrimaryKeyConstraint("inventory", "asset"),
)

people = sa.Table(
    "people", metadata,
    number(),
    tenant(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False, comment="administrator, staff, official or reviewer"),
    sa.Column("password", sa.Text, comment="argon2id; none means sign-in by passkey or one-time link alone"),
    sa.Column("created", Moment, nullable=False),
    sa.Column("disabled", Moment),
    sa.Column("email", sa.Text, comment="where notices go; none for nowhere"),
    sa.Column("language", sa.Text, comment="en or fr; none follows the browser"),
    sa.Column("invited", Moment, comment="while the invitation is not accepted"),
    sa.UniqueConstraint("tenant", "name"),
)

sessions = sa.Table(
    "sessions", metadata,
    sa.Column("secret", sa.Text, primary_key=True, comment="SHA-256 of what the cookie holds"),
    sa.Column("id", sa.Text, nullable=False, unique=True, comment="what it is called in a list: no secret"),
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("via", sa.Text, nullable=False, comment="password, passkey, single or link"),
    sa.Column("proven", sa.Boolean, nullable=False, comment="a second factor was proven, or cannot be asked"),
    sa.Column("acting", Id, comment="the engagement a reviewer looks at"),
    sa.Column("peer", sa.Text, nullable=False, comment="the address it was started from"),
    sa.Column("device", sa.Text, nullable=False, comment="browser and system, in short"),
    sa.Column("ended", Moment, comment="by somebody, before its time"),
    sa.Column("why", sa.Text, comment="of ended: a word"),
    sa.Index("ix_sessions_person", "person"),
)

links = sa.Table(
    "links", metadata,
    sa.Column("secret", sa.Text, primary_key=True, comment="SHA-256 of the secret in the link"),
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, comment="sign-in or invitation"),
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("used", Moment),
)

audit = sa.Table(
    "audit", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("origin", sa.Text, comment="from where; none before the chain"),
    sa.Column("sequence", sa.BigInteger, comment="place in the tenant's chain, from 1; none for lines before it"),
    sa.Column("previous", sa.Text, comment="digest of the line before"),
    sa.Column("digest", sa.Text, comment="SHA-256 over all of the line"),
    sa.Index("ix_audit_tenant", "tenant", "id"),
    sa.Index("ix_audit_tenant_sequence", "tenant", "sequence", unique=True),
    sa.Index("ix_audit_tenant_action_subject", "tenant", "action", "subject"),
)
"""Every privileged act. The database itself refuses to change or remove a row."""

access_reviews = sa.Table(
    "access_reviews", metadata,
    number(),
    tenant(),
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("database", sa.Text, nullable=False, comment="its name in the machine's declaration"),
    sa.Column("difference", sa.Text, nullable=False, comment="hash of the difference that was signed"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("person", sa.Text, nullable=False, comment="who answers for it"),
    sa.Column("envelope", sa.LargeBinary, nullable=False, comment="the statement, signed by the server's own key"),
    sa.Index("ix_access_reviews_tenant", "tenant", "id"),
)
"""Signed reviews of who may do what. The database itself refuses to change or remove a row."""
