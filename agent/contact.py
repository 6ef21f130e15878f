"""What the last talk with the server left behind: its receipt, the clocks, and any trouble."""

from __future__ import annotations

from datetime import datetime

import msgspec

from agent import durable
from agent.identity import State
from hustings.errors import CannotFinish, HustingsError


class Trouble(msgspec.Struct, frozen=True):
    """Why reports are not getting through, for a person."""

    what: str
    since: datetime
    where: str = ""
    remedy: str = ""


class Contact(msgspec.Struct, frozen=True):
    """``contact.json``. Losing it loses no report: it only informs."""

    tried: datetime | None = None
    """The last attempt to send."""
    received: datetime | None = None
    """When the server says it stored our last report."""
    sequence: int = 0
    digest: str = ""
    skew: float | None = None
    """Seconds this machine's clock was ahead of the server's."""
    not_before: datetime | None = None
    """The server asked us to stay away until then."""
    trouble: Trouble | None = None


def load(state: State) -> Contact:
    """What is known; nothing, if there is no such file or it is damaged. Raises ``CannotFinish``."""
    return read(state) or Contact()


def read(state: State) -> Contact | None:
    """What is known, or None where the file is damaged and cannot say. Raises ``CannotFinish``."""
    try:
        return msgspec.json.decode(state.contact_file.read_bytes(), type=Contact)
    except FileNotFoundError:
        return Contact()
    except msgspec.MsgspecError:
        return None
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(state.contact_file),
                           remedy="run as root, or as the account the agent runs under") from error


def save(state: State, contact: Contact) -> None:
    """Keep it. Raises ``CannotFinish``."""
    durable.write(state.contact_file, msgspec.json.encode(contact))


def troubled(contact: Contact, error: HustingsError, now: datetime) -> Contact:
    """``contact`` with ``error`` as its trouble, dated from when the same trouble began."""
    old = contact.trouble
    since = old.since if old is not None and old.what == error.what else now
    return msgspec.structs.replace(contact, trouble=Trouble(error.what, since, error.where, error.remedy))
