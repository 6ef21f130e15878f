"""Second factors, passkeys, recovery codes, sessions that can be listed and ended."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
