"""Points by day, the rules they were made with, and what the heads carry of older reports."""

import sqlalchemy as sa
from alembic import op

from server.store import rebuild

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("heads", sa.Column("vouched", MOMENT,
        comment="when the last report's verdicts were true, as far as the server can vouch"))
    op.add_column("heads", sa.Column("checks", sa.Text(), comment="digest of the last report's list of check ids"))
    op.add_column("heads", sa.Column("vector", sa.Text(), comment="its verdicts, one letter a check"))
    op.add_column("heads", sa.Column("failing", sa.JSON(), comment="check: first failure since its last pass"))
    op.add_column("heads", sa.Column("applied", sa.JSON(),
        comment="check that the last report does not judge: when one last did"))
    op.add_column("reports", sa.Column("overridden", sa.JSON(),
        comment="checks judged with other parameters than the pack's; none for lost"))
    rebuild.rebuild(op.get_bind(), write=True)
