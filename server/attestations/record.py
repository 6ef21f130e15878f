"""From the store to the records that facts are made of."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from evidence.said import Attested, Listed, Word
from policies.derive.attested import Attestation
from server.store import attestations, contacts, settings
from server.store.settings import Profile


def word(connection: Connection, tenant: str) -> Word:
    """Everything that the people of an office ever said."""
    return Word(
        tuple(Attested(one.at, Attestation(one.form, one.day, one.until, bool(one.sha256), one.answers), one.ended)
              for one in attestations.every(connection, tenant)),
        tuple(Listed(one.sector, one.added, one.removed,
                     tuple((test.at, test.day) for test in one.tests if test.reached))
              for one in contacts.every(connection, tenant, removed=True)),
        tuple((at, one.profile is Profile.CAMPAIGN) for at, one in settings.history(connection, tenant)))
