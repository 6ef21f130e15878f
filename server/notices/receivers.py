"""Who of an office is told of a kind of event, by which channel, how soon. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.notices.kind import Kind, Timing
from server.store.notice_choices import Choices
from server.store.outbox import Channel
from server.store.people import Person, Role
from server.store.webhooks import Webhook


class Receiver(NamedTuple):
    channel: Channel
    number: int
    """Of a person or a webhook."""
    timing: Timing
    chosen: Choices


def timing(kind: Kind, role: Role, chosen: Choices) -> Timing:
    """How soon a person hears of a kind by mail. What a role may not know is never told, whatever was chosen."""
    if role not in kind.may:
        return Timing.NEVER
    said = chosen.mail.get(kind.name)
    if said in set(Timing):
        return Timing(said)
    return kind.timing if role in kind.told else Timing.NEVER


def fed(kind: Kind, role: Role, chosen: Choices) -> bool:
    """Whether a person's feed holds a kind."""
    return role in kind.may and kind.name not in chosen.unfed


def receivers(kind: Kind, people: Iterable[Person], choices: Mapping[int, Choices], webhooks: Iterable[Webhook], *,
              mailing: bool) -> list[Receiver]:
    """Everybody who is sent a kind. ``mailing``: whether there is a mail server."""
    found = []
    for person in people:
        chosen = choices.get(person.id, Choices())
        soon = timing(kind, person.role, chosen)
        if mailing and person.email and person.disabled is None and soon is not Timing.NEVER:
            found.append(Receiver(Channel.MAIL, person.id, soon, chosen))
    found += [Receiver(Channel.WEBHOOK, one.id, Timing.NOW, Choices()) for one in webhooks if kind.name in one.kinds]
    return found
