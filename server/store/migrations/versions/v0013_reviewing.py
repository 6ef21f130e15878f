"""Engagements of outside reviewers, what they did, and sharing profiles."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nothing yet."""
