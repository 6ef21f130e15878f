"""Signing in through an identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table("identity_providers",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False, comment="in the address that its people sign in at"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="entra or oidc"),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="sealed with the key of the data directory"),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False, comment="pairs of a group's id and a role"),
        sa.Column("proves_second_factor", sa.Boolean(), nullable=False),
        sa.Column("authorities", sa.Text(), nullable=False, comment="PEM; empty for the well-known ones"),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("disabled", MOMENT),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_identity_providers_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_providers"),
        sa.UniqueConstraint("slug", name="uq_identity_providers_slug"),
        sa.UniqueConstraint("tenant", "name", name="uq_identity_providers_tenant_name"))
    op.create_table("identities",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("provider", NUMBER, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="who somebody is at the provider"),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_identities_tenant"),
        sa.ForeignKeyConstraint(["provider"], ["identity_providers.id"], name="fk_identities_provider"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_identities_person"),
        sa.PrimaryKeyConstraint("provider", "subject", name="pk_identities"))
    op.create_index("ix_identities_tenant_person", "identities", ["tenant", "person"])
    op.create_table("sign_ins",
        sa.Column("state", sa.Text(), nullable=False, comment="SHA-256 of what the provider sends back"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("provider", NUMBER, nullable=False),
        sa.Column("browser", sa.Text(), nullable=False, comment="SHA-256 of the cookie of the browser that began it"),
        sa.Column("flow", sa.JSON(), nullable=False, comment="the code verifier and the nonce"),
        sa.Column("next", sa.Text(), nullable=False, comment="where to go then"),
        sa.Column("expires", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sign_ins_tenant"),
        sa.ForeignKeyConstraint(["provider"], ["identity_providers.id"], name="fk_sign_ins_provider"),
        sa.PrimaryKeyConstraint("state", name="pk_sign_ins"))
