"""Sends to webhooks."""

from __future__ import annotations

from datetime import timedelta

from server.jobs.model import Context, Job
from server.notices.sending import Sender
from server.store import outbox
from server.store.database import WHOLE_SERVER
from server.store.outbox import Channel


def run(context: Context) -> None:
    """What was being sent by a server that leads no more is free again; then what is due is tried."""
    with context.database.write(WHOLE_SERVER) as connection:
        outbox.free_from_others(connection, Channel.WEBHOOK, context.holder)
    Sender(context, Channel.WEBHOOK).round()


JOB = Job("webhooks", timedelta(seconds=5), run)
