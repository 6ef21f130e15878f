"""Identity providers and sign-ins under way."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

identity_providers = sa.Table(
    "identity_providers", metadata,
    number(),
    tenant(),
    sa.Column("slug", sa.Text, nullable=False, unique=True, comment="in the address that its people sign in at"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="entra or oidc"),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False, comment="sealed with the key of the data directory"),
    sa.Column("claim", sa.Text, nullable=False),
    sa.Column("groups", sa.JSON, nullable=False, comment="pairs of a group's id and a role"),
    sa.Column("proves_second_factor", sa.Boolean, nullable=False),
    sa.Column("authorities", sa.Text, nullable=False, comment="PEM; empty for the well-known ones"),
    sa.Column("created", Moment, nullable=False),
    sa.Column("disabled", Moment),
    sa.UniqueConstraint("tenant", "name"),
)

identities = sa.Table(
    "identities", metadata,
    tenant(),
    sa.Column("provider", Id, sa.ForeignKey("identity_providers.id"), nullable=False),
    sa.Column("subject", sa.Text, nullable=False, comment="who somebody is at the provider"),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.PrimaryKeyConstraint("provider", "subject"),
    sa.Index("ix_identities_tenant_person", "tenant", "person"),
)

sign_ins = sa.Table(
    "sign_ins", metadata,
    sa.Column("state", sa.Text, primary_key=True, comment="SHA-256 of what the provider sends back"),
    tenant(),
    sa.Column("provider", Id, sa.ForeignKey("identity_providers.id"), nullable=False),
    sa.Column("browser", sa.Text, nullable=False, comment="SHA-256 of the cookie of the browser that began it"),
    sa.Column("flow", sa.JSON, nullable=False, comment="the code verifier and the nonce"),
    sa.Column("next", sa.Text, nullable=False, comment="where to go then"),
    sa.Column("expires", Moment, nullable=False),
)
"""Sign-ins under way at a provider. Each is taken once."""
