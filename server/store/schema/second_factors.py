"""Second factors: authenticator applications, passkeys, recovery codes; what was used up; and warnings to an office."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

authenticators = sa.Table(
    "authenticators", metadata,
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), primary_key=True, autoincrement=False),
    sa.Column("secret", sa.LargeBinary, nullable=False, comment="sealed with the key of the data directory"),
    sa.Column("created", Moment, nullable=False),
    sa.Column("step", sa.BigInteger, nullable=False, comment="of the last code taken: none at or before it is again"),
)
"""One time-based code generator a person (RFC 6238)."""

passkeys = sa.Table(
    "passkeys", metadata,
    number(),
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("credential", sa.LargeBinary, nullable=False, unique=True, comment="its id, given by the device"),
    sa.Column("public_key", sa.LargeBinary, nullable=False, comment="COSE"),
    sa.Column("signatures", sa.BigInteger, nullable=False, comment="how many it made, as the device counts; often 0"),
    sa.Column("host", sa.Text, nullable=False, comment="the name of this server that it was made for"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("transports", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("used", Moment),
    sa.Index("ix_passkeys_tenant_person", "tenant", "person"),
)

recovery_codes = sa.Table(
    "recovery_codes", metadata,
    sa.Column("code", sa.Text, primary_key=True, comment="SHA-256 of the code with its person"),
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("used", Moment),
    sa.Index("ix_recovery_codes_tenant_person", "tenant", "person"),
)

used_challenges = sa.Table(
    "used_challenges", metadata,
    sa.Column("challenge", sa.Text, primary_key=True, comment="SHA-256 of it"),
    tenant(),
    sa.Column("expires", Moment, nullable=False),
)
"""Challenges that were answered: none is taken twice."""

warnings = sa.Table(
    "warnings", metadata,
    number(),
    tenant(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="what happened, as one word"),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Index("ix_warnings_tenant", "tenant", "id"),
)
"""What everybody of an office is told at their next sign-in."""

warnings_seen = sa.Table(
    "warnings_seen", metadata,
    tenant(),
    sa.Column("warning", Id, sa.ForeignKey("warnings.id"), nullable=False),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("warning", "person"),
)
