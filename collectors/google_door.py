"""The way to Google's interfaces: one token for all that is granted, pages, throttling, every refusal as a reason.

Nothing is sent to another host than Google's (or, in a rehearsal, than the one declared): the only addresses are those
of ``google_sections``, and redirects are refused (``collectors._web``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from collectors._patience import OutOfTime, Patience
from collectors._web import Answer, NoAnswer, Web, origin
from collectors.google_errors import (
    THROTTLED,
    GoogleError,
    NotGranted,
    Throttled,
    Unreachable,
    reasons_in,
    refusal,
)
from collectors.google_sign_in import Account, ScopeRefused
from hustings.declared import Tenant
from hustings.directory.google_sections import Section

_TIMEOUT = 60.0
_TRIES = {429: 8, 403: 8, 500: 4, 502: 4, 503: 6, 504: 4}
"""Attempts in all, by the status that asks for another; a 403 only where it is about the rate."""
_LOST = 3
"""Attempts where the connection is lost."""
_PAGES = 100_000

T = TypeVar("T")


class Google:
    """A session with one tenant, for one run."""

    def __init__(self, tenant: Tenant, account: Account, wanted: tuple[Section, ...], patience: Patience) -> None:
        self.requests = 0
        self.patience = patience
        self._tenant = tenant
        self._account = account
        self._wanted = tuple(one.scope for one in wanted)
        self._one_by_one = False
        self._tokens: dict[tuple[str, str], str] = {}
        self._webs: dict[str, Web] = {}

    def get(self, section: Section, path: str, params: Mapping[str, str], *, subject: str = "") -> bytes:
        """The body of an answer. ``subject``: in whose name, instead of the administrator's.
        Raises ``GoogleError`` and its kin."""
        again = True
        while True:
            token = self._token(section, subject)
            url = f"{self._base(section)}{path}?{urlencode(params)}" if params else self._base(section) + path
            status, body = self._send("GET", url, {"Authorization": f"Bearer {token}"})
            if status == 200:
                return body
            if status != 401 or not again:
                raise refusal(status, body, section)
            again = False
            self._tokens.clear()

    def one(self, section: Section, path: str, params: Mapping[str, str], kind: type[T], *, subject: str = "") -> T:
        """One answer in a known shape."""
        return decoded(self.get(section, path, params, subject=subject), kind)

    def pages(self, section: Section, path: str, params: Mapping[str, str], kind: type[T], *,
              pause: float = 0.0) -> Iterator[T]:
        """Every page of a list: ``kind`` has a field ``nextPageToken``. ``pause``: seconds between two pages.
        A page may be empty and still not be the last."""
        token = ""
        seen: set[str] = set()
        for _ in range(_PAGES):
            page = self.one(section, path, {**params, **({"pageToken": token} if token else {})}, kind)
            yield page
            token = str(getattr(page, "nextPageToken", ""))
            if not token:
                return
            if token in seen:
                raise GoogleError("Google's pages go round in a circle")
            seen.add(token)
            self._pause(pause)
        raise GoogleError("Google's pages do not end")

    def sign_in(self, first: Section) -> None:
        """Get a token for everything that is wanted; where Google will not have it all, find out part by part, as
        each is asked for. Raises ``NotSignedIn`` and ``Unreachable``: then nothing can be read."""
        try:
            self._token(first, "")
        except NotGranted:
            return

    def _token(self, section: Section, subject: str) -> str:
        who = subject or self._tenant.administrator
        scopes = (section.scope,) if subject or self._one_by_one else self._wanted
        held = self._tokens.get((" ".join(scopes), who))
        if held is not None:
            return held
        try:
            token = self._account.token(scopes, who, self._post)
        except ScopeRefused:
            if len(scopes) == 1:
                raise NotGranted("the service account may not ask for this", grant=section.grant) from None
            self._one_by_one = True
            return self._token(section, subject)
        self._tokens[(" ".join(scopes), who)] = token
        return token

    def _base(self, section: Section) -> str:
        return self._tenant.url.rstrip("/") if self._tenant.url else f"https://{section.host}"

    def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        return self._send("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, bytes]:
        """The last answer, after as many attempts as its status is worth."""
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._once(method, url, headers, body)
            except NoAnswer as lost:
                if attempt >= _LOST:
                    raise Unreachable(lost.missing.detail) from None
                self._wait(attempt, None)
                continue
            status = answer.status
            if status not in _TRIES or (status == 403 and not reasons_in(answer.body) & THROTTLED):
                return status, answer.body
            if attempt >= _TRIES[status]:
                if status in (403, 429):
                    raise Throttled(f"Google asked {attempt} times to come back later ({status})", status=status)
                raise Unreachable(f"Google answered {attempt} times with status {status}", status=status)
            self._wait(attempt, answer.retry_after(self.patience.clock.now()))

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        try:
            left = self.patience.left()
        except OutOfTime:
            raise Unreachable("the time for reading this tenant is used up") from None
        self.requests += 1
        at = origin(url)
        if at not in self._webs:
            self._webs[at] = Web(at, tls_ca=self._tenant.tls_ca)
        return self._webs[at].ask(method, url, headers={"Accept": "application/json", **headers}, body=body,
                                  timeout=min(_TIMEOUT, left))

    def _wait(self, attempt: int, after: float | None) -> None:
        try:
            self.patience.wait(attempt, after)
        except OutOfTime:
            raise Throttled("Google asks to wait longer than reading may last") from None

    def _pause(self, seconds: float) -> None:
        try:
            self.patience.pause(seconds)
        except OutOfTime:
            raise Unreachable("the time for reading this tenant is used up") from None


def decoded(body: bytes, kind: type[T]) -> T:
    """An answer in a known shape; further fields are passed over. Raises ``GoogleError``."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GoogleError("Google's answer has a shape that this release does not know") from error

