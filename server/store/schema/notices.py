"""What happened, who is told how, and what waits to be sent."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.schema.base import Id, Moment, metadata, number, tenant

events = sa.Table(
    "events", metadata,
    number(),
    tenant(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="tells it from every other of its kind"),
    sa.Column("subject", sa.Text, nullable=False, comment="a name people would recognise"),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("routed", Moment, comment="when it was decided who is told"),
    sa.UniqueConstraint("tenant", "kind", "key"),
    sa.Index("ix_events_routed", "routed", "tenant"),
    sa.Index("ix_events_at", "tenant", "at"),
)
"""Written in the transaction of what happened: one row, however often it is seen."""

notices = sa.Table(
    "notices", metadata,
    number(),
    tenant(),
    sa.Column("name", sa.Text, nullable=False, unique=True, comment="what the receiver knows it by, on every try"),
    sa.Column("channel", sa.Text, nullable=False, comment="mail or webhook"),
    sa.Column("receiver", Id, nullable=False, comment="the number of a person or a webhook"),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="waiting, sent or given_up"),
    sa.Column("due", Moment, nullable=False, comment="when it is tried next"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("holder", sa.Text, nullable=False, comment="who is sending it; empty: nobody"),
    sa.Column("leased", Moment, comment="until when"),
    sa.Column("ended", Moment, comment="when it was sent or given up"),
    sa.Column("trouble", sa.Text, nullable=False, comment="why the last try failed; empty: it did not"),
    sa.Index("ix_notices_state", "state", "due"),
    sa.Index("ix_notices_tenant", "tenant", "id"),
)
"""The outbox: one row a message, sent at least once and always under the same name."""

notice_lines = sa.Table(
    "notice_lines", metadata,
    tenant(),
    sa.Column("event", Id, sa.ForeignKey("events.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False, comment="mail or webhook"),
    sa.Column("receiver", Id, nullable=False, comment="the number of a person or a webhook"),
    sa.Column("timing", sa.Text, nullable=False, comment="now, daily or weekly"),
    sa.Column("due", Moment, comment="when it is put into a message; none: held back for an election"),
    sa.Column("notice", Id, sa.ForeignKey("notices.id"), comment="the message it went into"),
    sa.PrimaryKeyConstraint("event", "channel", "receiver"),
    sa.Index("ix_notice_lines_notice", "notice", "tenant", "due"),
)
"""Which event somebody is told of, and in which message: each once."""

notice_preferences = sa.Table(
    "notice_preferences", metadata,
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), primary_key=True, autoincrement=False),
    sa.Column("mail", sa.JSON, nullable=False, comment="kind of event: now, daily, weekly or never"),
    sa.Column("feed", sa.JSON, nullable=False, comment="kinds of events that are not in the feed"),
    sa.Column("quiet_from", sa.Text, nullable=False, comment="HH:MM of the office; empty: no quiet hours"),
    sa.Column("quiet_to", sa.Text, nullable=False),
    sa.Column("pierce", sa.Boolean, nullable=False, comment="whether what is critical breaks quiet hours"),
    sa.Column("changed", Moment, nullable=False),
)
"""What a person chose. Who has no row gets what the kinds of events say."""

notice_feeds = sa.Table(
    "notice_feeds", metadata,
    sa.Column("secret", sa.Text, primary_key=True, comment="SHA-256 of the secret in the address"),
    tenant(),
    sa.Column("person", Id, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.UniqueConstraint("person"),
)
"""A feed a person; taking it back removes the row."""

webhooks = sa.Table(
    "webhooks", metadata,
    number(),
    tenant(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False, comment="what messages are signed with, sealed"),
    sa.Column("kinds", sa.JSON, nullable=False, comment="the kinds of events it is told of"),
    sa.Column("created", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Column("ended", Moment),
    sa.Column("ended_why", sa.Text, nullable=False, comment="empty while it is used"),
    sa.Index("ix_webhooks_tenant", "tenant", "id"),
)

notice_settings = sa.Table(
    "notice_settings", metadata,
    number(),
    tenant(),
    sa.Column("details", sa.Boolean, nullable=False, comment="whether messages name machines and checks"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="person:NAME or console:LOGIN"),
    sa.Index("ix_notice_settings_tenant", "tenant", "id"),
)
"""Versions of what an office says of its messages."""

attempts = sa.Table(
    "attempts", metadata,
    tenant(),
    sa.Column("day", sa.Date, nullable=False, comment="UTC"),
    sa.Column("what", sa.Text, nullable=False, comment="signature, sign_in or token"),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("tenant", "day", "what"),
)
"""Refused attempts to get in, counted by day."""
