"""What a signed document must hold to before it is stored: bounds that its types cannot say."""

from __future__ import annotations

import re
from datetime import datetime

from hustings.errors import BadDocument
from hustings.report import Enrollment, Lost, Report, Same

MAX_SEQUENCE = 2**53
MAX_CHECKS = 2_000
MAX_ROLES = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")
_CHECK = re.compile(r"[a-z0-9][a-z0-9._/-]{0,127}\Z")
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def report(document: Report) -> None:
    """Raises ``BadDocument`` naming the field that is out of bounds."""
    _place(document.epoch, document.sequence, document.sequence, document.previous)
    _aware("times.wall", document.times.wall)
    _label("host", document.host)
    _label("agent_version", document.agent_version)
    _label("pack", document.pack)
    _roles(document.roles)
    if isinstance(document.inventory, Same):
        _digest("inventory.same", document.inventory.same)
    else:
        _label("inventory.os.name", document.inventory.os.name, empty=True)
    if len(document.results) > MAX_CHECKS:
        raise BadDocument(f"results: {len(document.results)} checks; the limit is {MAX_CHECKS}")
    names = [result.check for result in document.results]
    for index, result in enumerate(document.results):
        if not _CHECK.match(result.check):
            raise BadDocument(f"results[{index}].check: not the id of a check")
        if result.valid_until is not None:
            _aware(f"results[{index}].valid_until", result.valid_until)
        if result.share is not None and not 0 <= result.share <= 1:
            raise BadDocument(f"results[{index}].share: a part is from 0 to 1")
    if len(set(names)) != len(names):
        raise BadDocument("results: a check appears twice")
    if document.recording is not None:
        _digest("recording.digest", document.recording.digest)
        _label("recording.recorded_by", document.recording.recorded_by)
        _aware("recording.recorded_at", document.recording.recorded_at)
    if not 0 <= document.spool.waiting < 2**31:
        raise BadDocument("spool.waiting: out of range")


def lost(document: Lost) -> None:
    """Raises ``BadDocument``. A statement must be whole: 1 <= first <= last."""
    _place(document.epoch, document.first, document.last, document.previous)


def enrollment(document: Enrollment) -> None:
    """Raises ``BadDocument``."""
    _label("host", document.host)
    _label("agent_version", document.agent_version)
    _roles(document.roles)
    _aware("time", document.time)


def _place(epoch: str, first: int, last: int, previous: str | None) -> None:
    if not _NAME.match(epoch):
        raise BadDocument("epoch: letters, digits and ._:- only, at most 128")
    if not 1 <= first <= last <= MAX_SEQUENCE:
        raise BadDocument("sequence: a whole number from 1, and first <= last")
    if previous is not None:
        _digest("previous", previous)


def _digest(field: str, text: str) -> None:
    if not _DIGEST.match(text):
        raise BadDocument(f"{field}: not sha256: and 64 hex digits")


def _aware(field: str, moment: datetime) -> None:
    if moment.tzinfo is None:
        raise BadDocument(f"{field}: a time needs its zone")
    if not 2000 <= moment.year < 9999:
        raise BadDocument(f"{field}: out of range")


def _label(field: str, text: str, *, empty: bool = False) -> None:
    if len(text) > 256 or not text.isprintable() or not (text or empty):
        raise BadDocument(f"{field}: {'at most' if empty else '1 to'} 256 printable characters")


def _roles(roles: tuple[str, ...]) -> None:
    if len(roles) > MAX_ROLES or not all(_ROLE.match(role) for role in roles):
        raise BadDocument(f"roles: at most {MAX_ROLES} names in lower case")
