"""A server's jobs of messages, run by hand at the time a test says."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.pack import shipped
from server.config import Config, Settings
from server.jobs import mail, notices, webhooks
from server.jobs.model import Context
from server.notices import events, host
from server.notices.host import Host, Mail, Security
from server.store import people
from server.store import webhooks as webhook_store
from server.store.notice_choices import Choices, write
from server.store.people import Person, Role
from tests.server.setups import Office


@dataclass
class Post:
    """The office's post: what happens, and what is sent of it."""

    office: Office
    context: Context

    def happens(self, kind: str, key: str, subject: str = "", **data: Any) -> bool:
        with self.office.database.write(self.office.tenant.id) as connection:
            return events.happened(connection, self.office.tenant.id, kind, key, subject, data, self.office.now())

    def run(self) -> None:
        """One round of every job that messages need."""
        for job in (notices, mail, webhooks):
            job.run(self.context)

    def mail_at(self, port: int, **changes: Any) -> None:
        settings = {"host": "127.0.0.1", "port": port, "security": Security.NONE, "sender": "hustings@elections.test"}
        kept = host.load(self.context.config)
        host.save(self.context.config, Host(Mail(**{**settings, **changes}), kept.reachable))

    def reach(self, *networks: str) -> None:
        host.save(self.context.config, Host(host.load(self.context.config).mail, networks))

    def reader(self, name: str, role: Role = Role.STAFF, *, email: str = "", language: str = "en",
               **choices: Any) -> Person:
        """Somebody with an address, and what they chose."""
        person = self.office.person(name, role)
        with self.office.database.write(self.office.tenant.id) as connection:
            people.set_contact(connection, person, email or f"{name}@elections.test", language)
            if choices:
                write(connection, self.office.tenant.id, person.id, Choices(**choices), self.office.now())
            found = people.get(connection, self.office.tenant.id, person.id)
        assert found is not None
        return found

    def hook(self, url: str, *kinds: str) -> str:
        """A webhook; its secret."""
        with self.office.database.write(self.office.tenant.id) as connection:
            return webhook_store.add(connection, self.office.tenant.id, "hook", url, kinds, self.office.now(), "test",
                                     self.context.config)[1]


def post(office: Office, data: Path) -> Post:
    """The post of an office whose server keeps its things in ``data``."""
    with suppress(FileExistsError):
        data.mkdir()
    config = Config(data, Settings(("hustings.example",), 8443, tls=True))
    return Post(office, Context(office.database, config, office.now, shipped()))
