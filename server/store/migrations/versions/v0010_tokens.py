"""Tokens of the API."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table("api_tokens",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the token, which is not kept"),
        sa.Column("ends_with", sa.Text(), nullable=False, comment="its last characters, to tell it from others"),
        sa.Column("name", sa.Text(), nullable=False, comment="what it is for"),
        sa.Column("person", NUMBER, nullable=False, comment="who made it, or for whom"),
        sa.Column("engagement", NUMBER, comment="of a reviewer: the engagement whose office it looks at"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("used", MOMENT, comment="when it was last used, to within a few minutes"),
        sa.Column("used_from", sa.Text(), nullable=False, comment="the address it was last used from; empty: never"),
        sa.Column("revoked", MOMENT),
        sa.Column("revoked_by", sa.Text(), nullable=False, comment="empty: nobody"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_api_tokens_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_api_tokens_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("secret", name="uq_api_tokens_secret"))
    op.create_index("ix_api_tokens_tenant", "api_tokens", ["tenant", "person"])
