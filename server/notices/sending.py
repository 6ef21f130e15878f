"""Sends what waits in the outbox: at least once, always under the same name.

A message is held while it is being sent. A server that is killed meanwhile cannot say whether it arrived, so the
next one sends it again under the same name. What cannot be delivered is tried again ever more rarely, and given up
after three days where everybody who looks after messages can see it.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from datetime import timedelta

from server.jobs.model import Context
from server.notices import content, events, host, mail, signed
from server.notices.host import Host, Mail
from server.notices.mail import Postman
from server.notices.outcome import Undelivered
from server.store import outbox, people, tenants, webhooks
from server.store.database import WHOLE_SERVER
from server.store.outbox import Channel, Notice

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than any try may take."""
GIVE_UP = timedelta(days=3)
FIRST_WAIT = 5.0
LONGEST_WAIT = 6 * 3600.0
AT_ONCE = 200
"""Messages of one round."""


def wait(attempts: int, chance: random.Random) -> timedelta:
    """How long to wait after a number of failed tries: five seconds, then twice as long each time, up to six hours;
    a quarter less or more, so that not all knock at once."""
    return timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, 20)) * chance.uniform(0.75, 1.25))


@dataclass
class Sender:
    """One round for one channel."""

    context: Context
    channel: Channel
    chance: random.Random = field(default_factory=random.SystemRandom)
    _postman: Postman | None = None

    def round(self) -> int:
        """Try what is due. How many arrived."""
        settings = host.load(self.context.config)
        arrived = 0
        try:
            for _ in range(AT_ONCE):
                if self.context.stop.is_set() or (one := self._claim()) is None:
                    break
                arrived += self._try(one, settings)
        finally:
            if self._postman is not None:
                self._postman.close()
                self._postman = None
        return arrived

    def _claim(self) -> Notice | None:
        now = self.context.clock()
        with self.context.database.write(WHOLE_SERVER) as connection:
            return outbox.claim(connection, self.channel, self.context.holder, now, now + LEASE)

    def _try(self, one: Notice, settings: Host) -> bool:
        try:
            if self.channel is Channel.MAIL:
                self._mail(one, settings.mail)
            else:
                self._webhook(one, settings)
        except Undelivered as trouble:
            self._failed(one, trouble)
            return False
        with self.context.database.write(one.tenant) as connection:
            outbox.sent(connection, one, self.context.clock())
        return True

    def _mail(self, one: Notice, settings: Mail | None) -> None:
        with self.context.database.read(one.tenant) as connection:
            person, office = people.get(connection, one.tenant, one.receiver), tenants.get(connection, one.tenant)
        if person is None or person.disabled is not None or not person.email:
            raise Undelivered("this person has no mail address here any more", for_good=True)
        if settings is None:
            raise Undelivered("no mail server is set")
        try:
            made = mail.message(one, content.read(one.content), office=office.name if office else "",
                                sender=settings.sender, to=person.email, language=person.language or "en",
                                base=self.context.config.url)
        except ValueError as error:
            raise Undelivered(f"the mail address cannot be used: {error}", for_good=True) from error
        if self._postman is None:
            self._postman = Postman(settings)
        self._postman.send(made, person.email)

    def _webhook(self, one: Notice, settings: Host) -> None:
        with self.context.database.read(one.tenant) as connection:
            to, office = webhooks.get(connection, one.tenant, one.receiver), tenants.get(connection, one.tenant)
        if to is None or to.ended is not None:
            raise Undelivered("this webhook is not used any more", for_good=True)
        key = to.key(self.context.config)
        signed.send(one, content.read(one.content), to, key, self.context.clock(),
                    office=office.name if office else "", base=self.context.config.url, reachable=settings.networks)

    def _failed(self, one: Notice, trouble: Undelivered) -> None:
        now = self.context.clock()
        again = now + max(wait(one.attempts + 1, self.chance), trouble.after or timedelta())
        over = trouble.for_good or again - one.made > GIVE_UP
        logger.warning("a message was given up" if over else "a message waits", extra={
            "notice": one.name, "channel": one.channel.value, "tries": one.attempts + 1, "why": trouble.why})
        with self.context.database.write(one.tenant) as connection:
            if not over:
                outbox.later(connection, one, again, trouble.why)
                return
            outbox.given_up(connection, one, now, trouble.why)
            if trouble.gone:
                webhooks.end(connection, one.tenant, one.receiver, now, "its receiver answered that it is gone")
            if _tells_of_failure(one):
                return
            events.happened(connection, one.tenant, "notice-given-up", one.name, "",
                            {"channel": one.channel.value}, now)


def _tells_of_failure(one: Notice) -> bool:
    """Whether it says nothing but that another could not be delivered: its own failure is not told of again."""
    parts = content.read(one.content).parts
    return bool(parts) and all(part.kind == "notice-given-up" for part in parts)
