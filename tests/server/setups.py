"""A server without a socket: a real database, the real application, and an HTTP client into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio.from_thread
import httpx
import sqlalchemy as sa

from server.access import cookies, passwords
from server.app import Application
from server.config import Config, Proxy, Settings
from server.store import people, sessions, tenants, tokens
from server.store.database import WHOLE_SERVER, Database
from server.store.migrate import migrate
from server.store.people import Person, Role
from server.store.tenants import Tenant
from tests.sender import Sender

PASSWORD = "correct horse battery staple"
HASH = passwords.hashed(PASSWORD)


class Now:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class Office:
    """One tenant of a server, and ways to talk to it."""

    database: Database
    application: Application
    tenant: Tenant
    now: Now
    tls: bool
    portal: Any
    config: Config

    def token(self, tenant: str = "", **changes: Any) -> str:
        with self.database.write(WHOLE_SERVER) as connection:
            return tokens.create(connection, tenant or self.tenant.id, **{
                "roles": (), "site": "", "life": timedelta(hours=24), "now": self.now(), "by": "test", **changes})

    def request(self, method: str, path: str, *, peer: str = "127.0.0.1", **options: Any) -> httpx.Response:
        """One request; ``options`` are httpx's."""
        return self.portal.call(self._request, method, path, peer, dict(options))

    async def _request(self, method: str, path: str, peer: str, options: dict[str, Any]) -> httpx.Response:
        base = f"{'https' if self.tls else 'http'}://localhost"
        transport = httpx.ASGITransport(self.application, client=(peer, 40000), raise_app_exceptions=False)
        cookies = options.pop("cookies", None)
        async with httpx.AsyncClient(transport=transport, base_url=base, cookies=cookies) as client:
            return await client.request(method, path, **options)

    def post(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        return self.request("POST", path, content=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def machine(self, tenant: str = "") -> Sender:
        """A machine that has enrolled."""
        sender = Sender()
        answer = self.post("/v1/enrollments", sender.enrollment(self.token(tenant)))
        assert answer.status_code == 201, answer.text
        return sender.enrolled(answer.content)

    def person(self, name: str, role: Role = Role.STAFF, *, tenant: str = "") -> Person:
        """Somebody who may sign in with ``PASSWORD``, of this tenant unless told."""
        of = tenant or self.tenant.id
        with self.database.write(of) as connection:
            return people.add(connection, of, name, role, HASH, self.now())

    def signed_in(self, person: Person) -> dict[str, str]:
        """The cookies of somebody who signed in with everything that is asked."""
        with self.database.write(person.tenant) as connection:
            return {cookies.name(tls=self.tls): sessions.start(connection, person, "password", self.now())}

    def other(self, name: str = "Another office") -> Tenant:
        """One more tenant of the same server."""
        with self.database.write(WHOLE_SERVER) as connection:
            return tenants.create(connection, name, self.now())

    def page(self, method: str, path: str, session: dict[str, str], **data: str) -> httpx.Response:
        """A page as a browser asks for it; what is posted carries the form's token."""
        headers = {"accept": "text/html"}
        if method == "GET":
            return self.request("GET", path, cookies=session, headers=headers)
        form = cookies.form_name(tls=self.tls)
        token = self.request("GET", "/en/method", cookies=session, headers=headers).cookies[form]
        return self.request(method, path, cookies={**session, form: token}, headers=headers,
                            data={"_csrf_token": token, **data})

    def stored(self, table: sa.Table) -> int:
        with self.database.read(WHOLE_SERVER) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@contextmanager
def office(database: Database, data: Path, *, tls: bool = False, clock: Callable[[], datetime] | None = None,
           proxy: tuple[str, ...] = ()) -> Iterator[Office]:
    """A server with one tenant and the administrator ``admin``."""
    now = Now()
    revision = migrate(database)
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "Office", now())
        people.add(connection, tenant.id, "admin", Role.ADMINISTRATOR, HASH, now())
    data.mkdir(exist_ok=True)
    config = Config(data, Settings(("localhost", "hustings.example"), 8443, tls=tls,
                                   proxy=Proxy(proxy, "127.0.0.1:8080") if proxy else None))
    application = Application(config, database, schema=revision, tls=tls, clock=clock or now)
    with anyio.from_thread.start_blocking_portal() as portal:
        yield Office(database, application, tenant, now, tls, portal, config)
    application.close()
