"""A browser's way through signing in, for tests: its cookies, the forms it fills, the authenticator of its person."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pyotp

from server.access import authenticator, cookies, factors
from server.seal import seal
from server.store import authenticators, people
from server.store.people import Person
from tests.server.setups import PASSWORD, Office

HTML = {"accept": "text/html", "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


class Browser:
    """One browser: it keeps its cookies and sends a form as the page has it."""

    def __init__(self, office: Office, peer: str = "127.0.0.1") -> None:
        self.office = office
        self.peer = peer
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._keep(self.office.request("GET", path, peer=self.peer, cookies=self.cookies,
                                              headers={**HTML, **options}))

    def post(self, path: str, **data: str) -> httpx.Response:
        if cookies.form_name(tls=self.office.tls) not in self.cookies:
            self.get("/sign-in")
        token = self.cookies[cookies.form_name(tls=self.office.tls)]
        return self._keep(self.office.request("POST", path, peer=self.peer, cookies=self.cookies, headers=HTML,
                                              data={"_csrf_token": token, **data}))

    def password(self, name: str = "admin", password: str = PASSWORD) -> httpx.Response:
        return self.post("/sign-in", name=name, password=password)

    @property
    def session(self) -> str:
        """The session's secret."""
        return self.cookies[cookies.name(tls=self.office.tls)]

    def question(self, path: str) -> str:
        """What a page asks the browser's passkeys."""
        page = self.get(path)
        found = re.search(r'data-question="([^"]*)"', page.text)
        assert found, page.text
        return html.unescape(found[1])

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        self.cookies.update(answer.cookies)
        return answer


def admin(office: Office) -> Person:
    with office.database.read(office.tenant.id) as connection:
        person = people.by_name(connection, office.tenant.id, "admin")
    assert person is not None
    return person


def with_authenticator(office: Office, person: Person) -> str:
    """Give a person an authenticator application; the secret it holds."""
    secret = authenticator.fresh()
    with office.database.write(person.tenant) as connection:
        authenticators.put(connection, person, seal(office.config, secret.encode(), factors.purpose(
            person.tenant, person.id)), 0, office.now())
    return secret


def code(office: Office, secret: str, steps: int = 0) -> str:
    """What the application shows now, or some steps from now."""
    return pyotp.TOTP(secret).generate_otp(int(office.now().timestamp()) // authenticator.STEP + steps)
