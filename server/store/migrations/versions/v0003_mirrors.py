"""Assets that mirror the registration database of another."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("assets", sa.Column("mirror_of", sa.Text(), comment="the asset whose database it mirrors"))
