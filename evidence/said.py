"""What people had said for an office at a moment, from everything that was ever entered. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from policies.derive.attested import Attestation, Contact, Said


class Attested(msgspec.Struct, frozen=True):
    """An attestation, from when it was entered until it was withdrawn."""

    at: datetime
    word: Attestation
    ended: datetime | None = None


class Listed(msgspec.Struct, frozen=True):
    """A contact, from when it was entered until it was removed. ``calls`` are test calls that reached them: when
    each was entered, and its day."""

    sector: str
    added: datetime
    removed: datetime | None = None
    calls: tuple[tuple[datetime, date], ...] = ()


class Word(msgspec.Struct, frozen=True):
    """Everything that people of one office ever said, in the order in which it was entered."""

    attested: tuple[Attested, ...] = ()
    contacts: tuple[Listed, ...] = ()
    campaign: tuple[tuple[datetime, bool], ...] = ()
    """From when on it was a campaign, or was none."""


def said_at(moment: datetime, word: Word) -> Said:
    """What counted just before ``moment``: of each form the newest attestation, unless it was withdrawn, and the
    contacts on the list with the test calls entered by then."""
    newest = {one.word.form: one for one in word.attested if one.at < moment}
    kinds = [campaign for at, campaign in word.campaign if at < moment]
    return Said(
        "campaign" if kinds and kinds[-1] else "office",
        tuple(one.word for _, one in sorted(newest.items()) if one.ended is None or one.ended >= moment),
        tuple(Contact(one.sector, _last(one.calls, moment)) for one in word.contacts
              if one.added < moment and (one.removed is None or one.removed >= moment)))


def _last(calls: Iterable[tuple[datetime, date]], moment: datetime) -> date | None:
    return max((day for at, day in calls if at < moment), default=None)
