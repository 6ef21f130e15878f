"""Notices: what happened, who is told, what waits to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table("events",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="tells it from every other of its kind"),
        sa.Column("subject", sa.Text(), nullable=False, comment="a name people would recognise"),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("routed", MOMENT, comment="when it was decided who is told"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_events_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("tenant", "kind", "key", name="uq_events_tenant_kind_key"))
    op.create_index("ix_events_at", "events", ["tenant", "at"])
    op.create_index("ix_events_routed", "events", ["routed", "tenant"])
    op.create_table("notices",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what the receiver knows it by, on every try"),
        sa.Column("channel", sa.Text(), nullable=False, comment="mail or webhook"),
        sa.Column("receiver", NUMBER, nullable=False, comment="the number of a person or a webhook"),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, sent or given_up"),
        sa.Column("due", MOMENT, nullable=False, comment="when it is tried next"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False, comment="who is sending it; empty: nobody"),
        sa.Column("leased", MOMENT, comment="until when"),
        sa.Column("ended", MOMENT, comment="when it was sent or given up"),
        sa.Column("trouble", sa.Text(), nullable=False, comment="why the last try failed; empty: it did not"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_notices_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("name", name="uq_notices_name"))
    op.create_index("ix_notices_state", "notices", ["state", "due"])
    op.create_index("ix_notices_tenant", "notices", ["tenant", "id"])
    op.create_table("notice_lines",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="mail or webhook"),
        sa.Column("receiver", NUMBER, nullable=False, comment="the number of a person or a webhook"),
        sa.Column("timing", sa.Text(), nullable=False, comment="now, daily or weekly"),
        sa.Column("due", MOMENT, comment="when it is put into a message; none: held back for an election"),
        sa.Column("notice", NUMBER, comment="the message it went into"),
        sa.ForeignKeyConstraint(["event"], ["events.id"], name="fk_notice_lines_event"),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name="fk_notice_lines_notice"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_notice_lines_tenant"),
        sa.PrimaryKeyConstraint("event", "channel", "receiver", name="pk_notice_lines"))
    op.create_index("ix_notice_lines_notice", "notice_lines", ["notice", "tenant", "due"])
    op.create_table("notice_preferences",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, autoincrement=False, nullable=False),
        sa.Column("mail", sa.JSON(), nullable=False, comment="kind of event: now, daily, weekly or never"),
        sa.Column("feed", sa.JSON(), nullable=False, comment="kinds of events that are not in the feed"),
        sa.Column("quiet_from", sa.Text(), nullable=False, comment="HH:MM of the office; empty: no quiet hours"),
        sa.Column("quiet_to", sa.Text(), nullable=False),
        sa.Column("pierce", sa.Boolean(), nullable=False, comment="whether what is critical breaks quiet hours"),
        sa.Column("changed", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_notice_preferences_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_notice_preferences_tenant"),
        sa.PrimaryKeyConstraint("person", name="pk_notice_preferences"))
    op.create_table("notice_feeds",
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the secret in the address"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_notice_feeds_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_notice_feeds_tenant"),
        sa.PrimaryKeyConstraint("secret", name="pk_notice_feeds"),
        sa.UniqueConstraint("person", name="uq_notice_feeds_person"))
    op.create_table("webhooks",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="what messages are signed with, sealed"),
        sa.Column("kinds", sa.JSON(), nullable=False, comment="the kinds of events it is told of"),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.Column("ended", MOMENT),
        sa.Column("ended_why", sa.Text(), nullable=False, comment="empty while it is used"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_webhooks_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"))
    op.create_index("ix_webhooks_tenant", "webhooks", ["tenant", "id"])
    op.create_table("notice_settings",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("details", sa.Boolean(), nullable=False, comment="whether messages name machines and checks"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_notice_settings_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_settings"))
    op.create_index("ix_notice_settings_tenant", "notice_settings", ["tenant", "id"])
    op.create_table("attempts",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC"),
        sa.Column("what", sa.Text(), nullable=False, comment="signature, sign_in or token"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_attempts_tenant"),
        sa.PrimaryKeyConstraint("tenant", "day", "what", name="pk_attempts"))
