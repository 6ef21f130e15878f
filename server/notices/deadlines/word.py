"""What people vouch for, and contacts that must be called again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.engine import Connection

from policies.model import Pack
from server.contacts import keeping
from server.notices.deadline import Deadline
from server.store import attestations, contacts


def upcoming(connection: Connection, tenant: str, now: datetime, pack: Pack) -> Iterable[Deadline]:
    """The attestation in force of each form, and each contact's next test call. What was withdrawn or superseded
    ends nothing."""
    newest = {one.form: one for one in attestations.every(connection, tenant)}
    for attested in newest.values():
        if attested.ended is None:
            yield Deadline("attestation-ending", str(attested.number), attested.form, _after(attested.until),
                           begins=attested.at)
    for contact in contacts.every(connection, tenant):
        yield Deadline("contact-test-ending", str(contact.number), contact.name, _after(keeping.due(contact)),
                       begins=max([contact.added, *(one.at for one in contact.tests)]),
                       before=(timedelta(days=14), timedelta(days=3)))


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
