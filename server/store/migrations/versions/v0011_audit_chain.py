"""The chained audit trail, and acts that need two people."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing yet."""
